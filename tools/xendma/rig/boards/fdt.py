# SPDX-License-Identifier: GPL-2.0
"""Read a compiled device tree."""

import collections.abc
import dataclasses
import pathlib
import struct

from ...util.errors import UserError

MAGIC = 0xd00dfeed
BEGIN, END, PROP, NOP, LAST = 1, 2, 3, 4, 9
LARGEST = 16 << 20
DEEPEST = 64
# (address, size)
Range = tuple[int, int]


@dataclasses.dataclass
class Node:
    """A node; path is its full name."""
    path: str
    props: dict[str, bytes] = dataclasses.field(default_factory=dict)
    children: list["Node"] = dataclasses.field(default_factory=list)
    parent: "Node | None" = None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def strings(self, name: str) -> list[str]:
        """Return the strings of a property."""
        return self.props.get(name, b"").decode(errors="replace").rstrip("\0").split("\0")

    def cells(self, name: str) -> list[int]:
        """Return the cells of a property."""
        data = self.props.get(name, b"")
        return [int.from_bytes(data[at:at + 4], "big") for at in range(0, len(data) & ~3, 4)]

    def number(self, name: str, usual: int) -> int:
        """Return a property of one cell."""
        return (self.cells(name) or [usual])[0]

    def widths(self) -> tuple[int, int]:
        """Return the numbers of cells of an address and of a size of the children."""
        return self.number("#address-cells", 2), self.number("#size-cells", 1)

    def ranges(self) -> list[Range]:
        """Return the ranges of reg."""
        wide, tall = self.parent.widths() if self.parent else (2, 1)
        found, cells = [], self.cells("reg")
        while wide + tall and len(cells) >= wide + tall:
            found.append((joined(cells[:wide]), joined(cells[wide:wide + tall])))
            cells = cells[wide + tall:]
        return found

    def enabled(self) -> bool:
        return self.strings("status")[0] in ("", "okay", "ok")

    def all(self) -> collections.abc.Iterator["Node"]:
        """Yield this node and all below it."""
        yield self
        for child in self.children:
            yield from child.all()

    def find(self, path: str) -> "Node | None":
        """Return the node of a full path."""
        return next((node for node in self.all() if (node.path or "/") == path), None)

    def compatible(self, *names: str) -> bool:
        """Return whether the node is compatible with one of these."""
        return bool(set(names) & set(self.strings("compatible")))


@dataclasses.dataclass
class Tree:
    """A device tree: its root, and the ranges of /memreserve/."""
    root: Node
    reserved: list[Range]


def joined(cells: list[int]) -> int:
    """Return the number that some cells are."""
    number = 0
    for cell in cells:
        number = number << 32 | cell
    return number


def address_of(node: Node) -> int | None:
    """Return the address of a node's registers for the CPU; None without one."""
    if not node.ranges():
        return None
    addr, bus = node.ranges()[0][0], node.parent
    while bus and bus.parent:
        wide, tall = bus.widths()
        above = bus.parent.widths()[0]
        if "ranges" not in bus.props:
            return None
        cells, step = bus.cells("ranges"), wide + above + tall
        for at in range(0, len(cells) - step + 1, step):
            mid, end = at + wide, at + wide + above
            low, high, size = (joined(cells[at:mid]), joined(cells[mid:end]),
                               joined(cells[end:at + step]))
            if low <= addr < low + size:
                addr += high - low
                break
        else:
            if cells:
                return None
        bus = bus.parent
    return addr


def _parse(data: bytes) -> Tree:
    """Return a Tree; raise struct.error, ValueError or IndexError on damage."""
    size, at, strings, reserve = struct.unpack_from(">4I", data, 4)
    if size > len(data):
        raise ValueError(f"it is cut off after {len(data)} of {size} bytes")
    reserved = []
    while True:
        start, length = struct.unpack_from(">2Q", data, reserve)
        reserve += 16
        if not (start or length):
            break
        reserved.append((start, length))
    root: Node | None = None
    here: Node | None = None
    depth = 0
    while True:
        (token,) = struct.unpack_from(">I", data, at)
        at += 4
        if token == BEGIN and depth < DEEPEST:
            depth += 1
            end = data.index(b"\0", at)
            name = data[at:end].decode("ascii")
            node = Node(f"{here.path}/{name}" if here else "", parent=here)
            if here:
                here.children.append(node)
            root, here = root or node, node
            at = end + 4 & ~3
        elif token == PROP and here:
            length, offset = struct.unpack_from(">2I", data, at)
            offset += strings
            value = data[at + 8:at + 8 + length]
            if len(value) < length:
                raise ValueError("a property is cut off")
            here.props[data[offset:data.index(b"\0", offset)].decode("ascii")] = value
            at += 8 + length + 3 & ~3
        elif token == END and here:
            here, depth = here.parent, depth - 1
        elif token == LAST and root:
            return Tree(root, reserved)
        elif token != NOP:
            raise ValueError("its structure is damaged")


def read(path: pathlib.Path, name: str = "DTB") -> Tree:
    """Return the Tree in a file; Stop if there is none."""
    try:
        if not path.is_file():
            raise UserError(f"{name}={path}: no such file; name the compiled tree (.dtb) of the "
                            "board")
        with open(path, "rb") as f:
            data = f.read(LARGEST + 1)
    except OSError as e:
        raise UserError(f"{name}={path}: cannot read it: {e.strerror}; correct that") from None
    if data[:4] != MAGIC.to_bytes(4, "big"):
        source = data.lstrip()[:9] == b"/dts-v1/;"
        raise UserError(f"{name}={path} is no compiled device tree" + (
            ": compile this source with dtc, or with 'make dtbs' of the kernel" if source
            else "; name the .dtb of the board"))
    if len(data) > LARGEST:
        raise UserError(f"{name}={path} has more than {LARGEST >> 20} MiB, which no device tree "
                        "has; name the .dtb of the board")
    try:
        return _parse(data)
    except (struct.error, ValueError, IndexError) as e:
        why = str(e) if str(e).startswith("it is cut off") else "it is damaged"
        raise UserError(f"{name}={path}: {why}; copy or compile it again") from None
