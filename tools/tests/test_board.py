# SPDX-License-Identifier: GPL-2.0
"""make board: places for the kit on boards, and bad input."""

import struct
import subprocess

from xendma.util.errors import UserError
from xendma.sources import tree
from xendma.rig.boards import devicetree, fdt, place
from xendma.runs import board

from .support import Case, make

NONE = {"MEMORY": "", "LOAD": "", "CONSOLE": ""}
# The board's tree in the kernel, memory that U-Boot adds, and the address of the window,
# or the reason for none.
TREES = {
    "broadcom/bcm2711-rpi-4-b": ("0x0,0x3b400000 0x40000000,0x80000000", 0x50000000),
    "xilinx/zynqmp-zcu102-rev1.0": ("", 0x40000000),
    "freescale/imx8mp-evk": ("", "this Xen has no driver for the console"),
    "freescale/imx8qm-mek": ("", 0xa0000000),
    "renesas/r8a77951-salvator-xs": ("", 0x50000000),
    "rockchip/rk3399-rockpro64": ("0x200000,0xf7e00000", 0x20000000),
    "ti/k3-am625-sk": ("", 0xa0000000),
    "arm/juno-r2": ("", 0x90000000),
}
NO_MEMORY = ("broadcom/bcm2711-rpi-4-b", "rockchip/rk3399-rockpro64")

SMALL = """/dts-v1/;
/memreserve/ 0x41000000 0x1000;
/ {
	compatible = "a,board";
	#address-cells = <2>;
	#size-cells = <2>;
	aliases { serial0 = "/soc/serial@1000"; };
	chosen { stdout-path = "serial0:115200n8"; bootargs = "root=/dev/sda"; };
	cpus { #address-cells = <1>; #size-cells = <0>;
		cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; }; };
	timer { compatible = "arm,armv8-timer"; };
	gic: gic { compatible = "arm,gic-400"; };
	memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x40000000>; };
	reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
		firmware@7f000000 { reg = <0 0x7f000000 0 0x100000>; };
		theirs { compatible = "shared-dma-pool"; size = <0 0x100000>; };
	};
	soc { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>;
		ranges = <0x0 0x0 0x10000000 0x1000000>;
		serial@1000 { compatible = "arm,pl011"; reg = <0x1000 0x1000>; };
		watchdog@2000 { reg = <0x2000 0x1000>; };
	};
};
"""


def compiled(text, to):
    """Compile a device tree; return its path."""
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", to, "-"], input=text.encode(),
                   check=True, stderr=subprocess.PIPE)
    return to


def of_kernel(name, to):
    """Compile a board's device tree of the newest kernel; return its path."""
    source = tree.get("newest").path
    path = source / f"arch/arm64/boot/dts/{name}.dts"
    text = subprocess.run(["cpp", "-nostdinc", "-undef", "-P", "-x", "assembler-with-cpp",
                           f"-I{source}/include", f"-I{path.parent}",
                           f"-I{source}/scripts/dtc/include-prefixes", path], check=True,
                          capture_output=True, text=True).stdout
    return compiled(text, to)


class Placed(Case):
    """Trees with pools and modules."""

    def board(self, dtb, **given):
        return board.read(str(dtb), "4.20", NONE | given)

    def made(self, found):
        """Compile and check the tree of a board; return its path."""
        to = self.tmp / "made.dtb"
        devicetree.compile_tree(found.dtb, found.tree, found.at,
                                found.banks, not found.memory, "its=args", "xen=args", to)
        devicetree.check(found.tree, to, found.at, found.banks)
        return to

    def small(self, *changes, **given):
        """Return the Board of the small tree, after (old, new) changes."""
        text = SMALL
        for old, new in changes:
            self.assertEqual(text.count(old), 1, old)
            text = text.replace(old, new)
        return self.board(compiled(text, self.tmp / "small.dtb"), **given)

    def stops(self, pattern, *changes, **given):
        with self.assertRaisesRegex(UserError, pattern) as caught:
            self.small(*changes, **given)
        self.assertNotIn("\n", str(caught.exception))


class Boards(Placed):
    """Boards of the kernel source."""

    def test_each_board(self):
        """Each has a tree that compiles, with no overlap, or one line says why not."""
        for name, (memory, wanted) in TREES.items():
            dtb = of_kernel(name, self.tmp / "board.dtb")
            if isinstance(wanted, str):
                with self.assertRaisesRegex(UserError, wanted):
                    self.board(dtb, MEMORY=memory)
                continue
            found = self.board(dtb, MEMORY=memory)
            self.assertEqual(found.at.window[0], wanted, name)
            made = fdt.read(self.made(found))
            self.assertEqual(len(list(devicetree.modules(made))), 2, name)
            self.assertIn("static-pool", dict(devicetree.pools(made)), name)

    def test_memory_that_u_boot_adds(self):
        for name in NO_MEMORY:
            with self.assertRaisesRegex(UserError, "does not say where memory is.*MEMORY="):
                self.board(of_kernel(name, self.tmp / "board.dtb"))

    def test_every_overlap_is_found(self):
        """Move a reservation of the board onto each piece: the check must name it."""
        found = self.small()
        made = fdt.read(self.made(found))
        pieces = [(name, r) for name, r in [*devicetree.modules(made), *devicetree.pools(made)]
                  if r != place.OUTSIDE]
        pieces.append(("bank", (found.at.ram + place.BANK[0], place.BANK[1])))
        self.assertGreater(len(pieces), 3)
        for name, (start, size) in pieces:
            self.assertEqual(devicetree.overlaps(found.tree, made, found.at, found.banks), [])
            found.tree.reserved.append((start + size - 1, 1))
            lines = devicetree.overlaps(found.tree, made, found.at, found.banks)
            self.assertTrue(any("memory of the board" in l for l in lines), name)
            found.tree.reserved.pop()

    def test_piece_that_is_not_in_memory(self):
        found = self.small()
        made = fdt.read(self.made(found))
        lines = devicetree.overlaps(found.tree, made, found.at, [(0x40000000, 0x10000000)])
        self.assertTrue(any("is not in memory" in l for l in lines), lines)


class Places(Placed):
    def test_window_is_free(self):
        found = self.small()
        self.assertEqual(found.at.window, (0x50000000, place.WINDOW[1] - place.WINDOW[0]))
        self.assertEqual((found.at.console, found.at.registers), ("serial0", 0x10001000))

    def test_made_tree_keeps_the_rest_from_xen(self):
        found = self.small()
        made = fdt.read(self.made(found))
        self.assertIn((0x41000000, 0x1000), made.reserved)
        self.assertIn((0x7f000000, 0x100000), made.reserved)
        self.assertIn((0, 0x50000000), made.reserved)
        self.assertIn((0x70000000, 0x90000000), made.reserved)
        names = [n.name for n in made.root.find("/reserved-memory").children]
        self.assertNotIn("theirs", names)
        self.assertNotIn("bootargs", made.root.find("/chosen").props)
        self.assertEqual(made.root.find("/chosen").strings("xen,dom0-bootargs"), ["its=args"])

    def test_reservation_moves_the_window(self):
        found = self.small(("0x41000000 0x1000", "0x6f000000 0x1000"))
        self.assertEqual(found.at.window[0], 0x40000000)

    def test_given_address_and_memory(self):
        found = self.small(LOAD="0x90000000", MEMORY="0x40000000,0x80000000")
        self.assertEqual(found.at.window[0], 0x90000000)
        found = self.small(MEMORY="0x80000000,0x30000000")
        self.assertEqual(found.at.window[0], 0x80000000)
        made = fdt.read(self.made(found))
        self.assertEqual([n.ranges() for n in place.memory_nodes(made)],
                         [[(0x80000000, 0x30000000)]])

    def test_size_of_one_cell(self):
        """The root of the Raspberry Pi's tree has such sizes."""
        cells = "#address-cells = <2>;\n\t#size-cells = <{}>;\n\taliases"
        found = self.small((cells.format(2), cells.format(1)),
                           ("0x40000000 0 0x40000000>", "0x40000000 0x40000000>"),
                           MEMORY="0x80000000,0x30000000")
        made = fdt.read(self.made(found))
        self.assertEqual(place.memory(made, "", "x"), [(0x80000000, 0x30000000)])

    def test_banks_that_are_too_large_for_one_cell(self):
        found = self.small(("#address-cells = <2>;\n\t#size-cells = <2>;\n\taliases",
                            "#address-cells = <2>;\n\t#size-cells = <1>;\n\taliases"),
                           ("0x40000000 0 0x40000000>", "0x40000000 0x40000000>"),
                           MEMORY="0x80000000,0x30000000 0x100000000,0x100000000")
        made = fdt.read(self.made(found))
        self.assertEqual(place.memory(made, "", "x"), [
            (0x80000000, 0x30000000), (0x100000000, 0x80000000), (0x180000000, 0x80000000)])

    def test_no_free_memory(self):
        self.stops("has no 512 MiB of free memory in one piece",
                   ("0x41000000 0x1000", "0x58000000 0x1000"))
        self.stops("has no 512 MiB", MEMORY="0x40000000,0x10000000")

    def test_bad_values(self):
        self.stops("MEMORY=lots is no memory: give start,size", MEMORY="lots")
        self.stops("is no memory", MEMORY="0x40000000,0xffffffffffffffff")
        self.stops("LOAD=0x1234 is no multiple of 0x10000000", LOAD="0x1234")
        self.stops("LOAD=0x40000000: 512 MiB are not free there.*0x50000000", LOAD="0x40000000")
        self.stops("has no serial port serial9", CONSOLE="serial9")

    def test_boards_that_xen_cannot_run_on(self):
        self.stops(r"is no tree of an arm64 machine.*\(CPU: arm,cortex-a53\)",
                   ("arm,armv8-timer", "arm,armv7-timer"))
        self.stops("no interrupt controller that Xen knows", ("arm,gic-400", "apple,aic"))
        self.stops("has no driver for the console /soc/serial@1000 ..?a,uart",
                   ("arm,pl011", "a,uart"))
        self.stops("names no console", ('stdout-path = "serial0:115200n8";', ""))


class Input(Case):
    """Files that are no device tree of a board."""

    def stops(self, *words, dtb=None, **given):
        values = {"DTB": dtb or self.tmp / "x.dtb", **given}
        self.assert_stops(make("board", *(f"{k}={v}" for k, v in values.items())), *words)

    def test_none(self):
        self.assert_stops(make("board"), "make board needs the board's device tree", "DTB=")

    def test_damaged_files(self):
        good = compiled(SMALL, self.tmp / "good.dtb").read_bytes()
        cases = {b"": "is no compiled device tree", b"\x7fELF" + bytes(60): "is no compiled",
                 b"/dts-v1/;\n": "compile this source with dtc", good[:len(good) // 2]: "cut off",
                 good[:4] + bytes(60): "it is damaged", good[:4]: "it is damaged"}
        for data, words in cases.items():
            (self.tmp / "x.dtb").write_bytes(data)
            with self.assertRaisesRegex(UserError, words):
                fdt.read(self.tmp / "x.dtb")
        self.stops("it is damaged", "copy or compile it again")
        self.stops("no such file", dtb=self.tmp / "missing.dtb")

    def test_trees_that_are_too_large_or_too_deep(self):
        begin = struct.pack(">2I", fdt.BEGIN, 0)
        for depth, words in ((fdt.DEEPEST, ""), (fdt.DEEPEST + 1, "it is damaged"),
                             (100000, "it is damaged")):
            body = begin * depth + struct.pack(">I", fdt.END) * depth + struct.pack(">I", fdt.LAST)
            data = struct.pack(">10I", fdt.MAGIC, 56 + len(body), 56, 56, 40, 17, 16, 0, 0, 0)
            (self.tmp / "x.dtb").write_bytes(data + bytes(16) + body)
            if not words:
                self.assertEqual(len(list(fdt.read(self.tmp / "x.dtb").root.all())), depth)
                continue
            with self.assertRaisesRegex(UserError, words):
                fdt.read(self.tmp / "x.dtb")
        with open(self.tmp / "x.dtb", "r+b") as f:
            f.truncate(fdt.LARGEST + 1)
        self.stops("has more than 16 MiB, which no device tree has", "name the .dtb")

    def test_every_prefix_is_refused(self):
        """No part of a tree counts as a tree, and none raises another error."""
        good = compiled(SMALL, self.tmp / "good.dtb").read_bytes()
        for length in range(0, len(good), 7):
            (self.tmp / "x.dtb").write_bytes(good[:length])
            with self.assertRaises(UserError):
                fdt.read(self.tmp / "x.dtb")

    def test_bits_that_flip(self):
        """Damage gives a tree or one line, and no traceback."""
        good = bytearray(compiled(SMALL, self.tmp / "good.dtb").read_bytes())
        for at in range(0, len(good), 11):
            bad = bytearray(good)
            bad[at] ^= 0xff
            (self.tmp / "x.dtb").write_bytes(bad)
            try:
                place.place(fdt.read(self.tmp / "x.dtb"), "x", b"\0arm,pl011\0", NONE)
            except UserError as e:
                self.assertNotIn("\n", str(e))

    def test_config(self):
        newest = tree.get("newest")
        for data in ("hello\n", "#!/bin/sh\nrm -rf /\n"):
            (self.tmp / "config").write_text(data)
            with self.assertRaisesRegex(UserError, "is no file of kernel options"):
                board.recipe(newest, str(self.tmp / "config"))
        with self.assertRaisesRegex(UserError, "cannot read it"):
            board.recipe(newest, str(self.tmp / "none"))
        (self.tmp / "config").write_text("# text\nCONFIG_X=y\n")
        self.assertEqual(board.recipe(newest, str(self.tmp / "config")).fragments[-1],
                         self.tmp / "config")

    def test_directory_with_other_files(self):
        (self.tmp / "out").mkdir()
        (self.tmp / "out/notes").write_text("mine\n")
        compiled(SMALL, self.tmp / "x.dtb")
        with self.unwritten(self.tmp / "out"):
            self.stops("has other files in it (notes)", OUT=self.tmp / "out")
