# SPDX-License-Identifier: GPL-2.0
"""Compile the device tree of a board with our devices, and check the result."""

import collections.abc
import pathlib

from ...util.errors import UserError
from ...util.process import require_programs, run_program
from ..machines import virt
from . import fdt, place

# Xen, U-Boot and the test kernel find nothing of the board's own kernel in the tree.
OF_ANOTHER_KERNEL = ("bootargs", "linux,initrd-start", "linux,initrd-end", "kaslr-seed",
                     "rng-seed")
# The most in one range whose size has one cell.
PIECE = 1 << 31
# Space for values that U-Boot sets.
PADDING = 0x4000


def range_text(r: fdt.Range, tall: int) -> str:
    """Return a range as cells: two for the address, and tall for the size."""
    (start, size), low = r, (1 << 32) - 1
    cells = [start >> 32, start & low, size >> 32, size & low]
    return " ".join(f"{n:#x}" for n in (cells if tall == 2 else [*cells[:2], cells[3]]))


def split_banks(banks: list[fdt.Range], tall: int) -> list[fdt.Range]:
    """Return banks in pieces whose sizes fit into tall cells."""
    if tall > 1:
        return banks
    return [(at, min(PIECE, start + size - at)) for start, size in banks
            for at in range(start, start + size, PIECE)]


def base(dtb: pathlib.Path, tree: fdt.Tree, at: place.Place, banks: list[fdt.Range],
         own: bool) -> str:
    """Return the board's tree as text.

    Each range that the board reserves becomes one of /memreserve/.  So dom0 gets no pool of
    a driver that the test kernel does not have.

    banks -- the memory
    own   -- whether it is that of the tree
    """
    text = run_program(["dtc", "-q", "-I", "dtb", "-O", "dts", dtb], f"reading {dtb}")
    listed = [r for r in place.reserved(tree) if r not in tree.reserved]
    more = "".join(f"/memreserve/ {start:#x} {size:#x};\n"
                   for start, size in [*listed, *at.reservations()])
    gone = [f"\t/delete-node/ {n.name};\n" for n in tree.root.children
            if n.name == "reserved-memory"]
    chosen = "".join(f"\t\t/delete-property/ {p};\n" for p in OF_ANOTHER_KERNEL)
    if not own:
        gone += [f"\t/delete-node/ {n.name};\n" for n in place.memory_nodes(tree)]
        tall = tree.root.widths()[1]
        cells = " ".join(range_text(r, tall) for r in split_banks(banks, tall))
        gone.append(f"\tmemory@{banks[0][0]:x} {{\n\t\tdevice_type = \"memory\";\n"
                    f"\t\treg = <{cells}>;\n\t}};\n")
    # Deletions come first, and then the nodes of the same name.
    return (text.replace("/dts-v1/;", "/dts-v1/;\n" + more, 1)
            + "/ {\n" + "".join(gone) + "\tchosen {\n" + chosen + "\t};\n};\n")


def compile_tree(dtb: pathlib.Path, tree: fdt.Tree, at: place.Place,
                 banks: list[fdt.Range], own: bool, args: str, xen_args: str,
                 to: pathlib.Path) -> None:
    """Write the tree of a kit; banks and own are those of base().

    U-Boot sets the arguments and the sizes of kernel and ramdisk: they are the largest here.
    """
    require_programs("dtc", "cpp")
    defines = {"XEN_ARGS": f'"{xen_args}"', "DOM0_ARGS": f'"{args}"', **at.defines()}
    for name, offset in (("KERNEL", place.KERNEL), ("RAMDISK", place.RAMDISK)):
        defines |= {f"{name}_UNIT": f"{at.ram + offset:x}", f"{name}_ADDR": at.address(offset),
                    f"{name}_SIZE": f"{place.SPACE[name]:#x}"}
    virt.compile_device_tree(base(dtb, tree, at, banks, own), to, defines)
    run_program(["dtc", "-q", "-I", "dtb", "-O", "dtb", "-p", str(PADDING), "-o", to, to],
                f"padding {to.name}")


def modules(tree: fdt.Tree) -> collections.abc.Iterator[tuple[str, fdt.Range]]:
    """Yield the files that Xen gets from U-Boot."""
    chosen = tree.root.find("/chosen")
    for node in chosen.children if chosen else []:
        if node.compatible("multiboot,module"):
            yield node.strings("compatible")[0], node.ranges()[0]


def pools(tree: fdt.Tree) -> collections.abc.Iterator[tuple[str, fdt.Range]]:
    """Yield the pools with an address."""
    top = tree.root.find("/reserved-memory")
    for node in top.children if top else []:
        yield from ((node.name, r) for r in node.ranges() if r[1])


def overlaps(board: fdt.Tree, made: fdt.Tree, at: place.Place,
             banks: list[fdt.Range]) -> list[str]:
    """Return the pieces of a made tree that are not where they must be, one line each.

    Each must lie in memory and in the window, and on nothing else.
    """
    pieces = [*modules(made), *pools(made),
              ("Xen", (at.ram + place.XEN, place.SPACE["XEN"])),
              ("tree", (at.ram + place.DTB, place.SPACE["DTB"])),
              ("memory of dom0", (at.ram + place.BANK[0], place.BANK[1])),
              *((f"pool {n}", (at.ram + start, size)) for n, (start, size) in
                enumerate(place.POOLS) if start != place.STATIC)]
    first, length = at.window
    lines = []
    for number, (name, (start, size)) in enumerate(pieces):
        what = f"{name} at {start:#x}+{size:#x}"
        if (name, (start, size)) == ("outside@1000000000", place.OUTSIDE):
            continue
        if not first <= start <= start + size <= first + length:
            lines.append(f"{what} is not in the window {first:#x}+{length:#x}")
        if not any(s <= start and start + size <= s + n for s, n in banks):
            lines.append(f"{what} is not in memory")
        lines += [f"{what} overlaps {other} at {r[0]:#x}+{r[1]:#x}"
                  for other, r in [*pieces[:number],
                                   *(("memory of the board", r) for r in place.reserved(board))]
                  if place.overlap((start, size), r)]
    return lines


def check(board: fdt.Tree, made: pathlib.Path, at: place.Place,
          banks: list[fdt.Range]) -> None:
    """Stop if something overlaps in a tree that was made."""
    lines = overlaps(board, fdt.read(made), at, banks)
    if lines:
        raise UserError(f"{made.name}: {lines[0]}: this is a mistake of make board; report it, "
                        "and give LOAD=")
