# SPDX-License-Identifier: GPL-2.0
"""make board: a kit with which a real board runs the tests."""

import collections.abc
import dataclasses
import json
import os
import pathlib
import shutil

from ..util.archs import ARCH
from ..util.errors import UserError, log
from ..util.files import digest, scratch_dir, write_file
from ..util.paths import BUILD
from ..util.process import require_programs, run_program
from ..sources import hypervisor, tree as trees
from ..results import boards as tests
from ..series import generate, selection
from ..rig import build, initramfs
from ..rig.boards import devicetree, fdt, image, place, script
from ..rig.machines import virt
from ..rig.variant import PATCHED, STOCK
from . import kernels, selftest

XEN_ARGS = "console=dtuart dtuart={} dom0_mem=256M dom0_max_vcpus=1 iommu=no"
FACTS, CONTROL, README, IMAGE = "kit.json", "stock-failures.ini", "README.txt", "sd.img"
BUILDER = "build-kernels.sh"
VARIANTS = {tests.STOCK: STOCK, tests.PATCHED: PATCHED}
CONFIGURED = "board"	# suffix of the objects of kernels with CONFIG=
LONGEST_CONFIG = 1 << 20


@dataclasses.dataclass
class Board:
    """A board: its file, its tree, its memory, and the places on it.

    memory -- MEMORY=, or ""
    """
    dtb: pathlib.Path
    tree: fdt.Tree
    at: place.Place
    memory: str

    @property
    def name(self) -> str:
        return self.dtb.name.removesuffix(".dtb") or "board"

    @property
    def compatible(self) -> str:
        return self.tree.root.strings("compatible")[0] or "unknown"

    @property
    def banks(self) -> list[fdt.Range]:
        return place.memory(self.tree, self.memory, f"DTB={self.dtb}")


def read(dtb: str, xen: str, given: dict[str, str]) -> Board:
    """Return the Board of DTB=; Stop if Xen and the tests have no place on it.

    given -- as for place.place()
    """
    if not dtb:
        raise UserError("make board needs the board's device tree: give DTB=/path/to/board.dtb, "
                        "from the board (/sys/firmware/fdt) or from 'make dtbs' of a kernel")
    path = pathlib.Path(dtb)
    tree = fdt.read(path)
    drivers = hypervisor.binary(xen).read_bytes()
    return Board(path, tree, place.place(tree, f"DTB={dtb}", drivers, given), given["MEMORY"])


def steps(release: str, outside: bool) -> list[script.Step]:
    """Return the boots: all tests on both kernels, then real faults, one in each boot."""
    names = tests.dangerous(release, outside)
    return [script.Step(tests.STOCK), script.Step(tests.PATCHED),
            script.Step(tests.PATCHED, ",".join(names), real=True),
            *(script.Step(tests.STOCK, name, real=True) for name in names)]


def recipe(tree: trees.Tree, config: str) -> build.Recipe:
    """Return the recipe of the kernels, with the options of CONFIG=."""
    usual = kernels.recipe(tree)
    if not config:
        return usual
    path = pathlib.Path(config)
    try:
        lines = path.read_text(encoding="ascii").splitlines() \
            if path.stat().st_size < LONGEST_CONFIG else ["too long"]
    except (OSError, ValueError) as e:
        raise UserError(f"CONFIG={config}: cannot read it: "
                        f"{getattr(e, 'strerror', None) or 'it is no text'}; name a file with "
                        "options of the kernel") from None
    bad = [l for l in lines if l.strip() and not l.startswith(("CONFIG_", "#"))]
    if bad:
        raise UserError(f"CONFIG={config} is no file of kernel options: {bad[0][:60]!r}; each "
                        "line is CONFIG_NAME=value or a comment")
    return dataclasses.replace(usual, fragments=(*usual.fragments, path), objects=CONFIGURED)


def arguments(tree: trees.Tree) -> dict[str, str]:
    """Return {stock or patched: the usual arguments of the kernel}."""
    return {name: " ".join([virt.DOM0_ARGS, "oops=panic", *selftest.words(tree, variant)])
            for name, variant in VARIANTS.items()}


def write_tree(board: Board, args: str, home: pathlib.Path) -> None:
    """Write and check the device tree in a directory."""
    made = home / "board.dtb"
    devicetree.compile_tree(board.dtb, board.tree, board.at, board.banks, not board.memory, args,
                            XEN_ARGS.format(board.at.console), made)
    devicetree.check(board.tree, made, board.at, board.banks)


def check_sizes(home: pathlib.Path) -> None:
    """Stop if a file is larger than its place in memory."""
    for name in VARIANTS:
        for kind, path in (("KERNEL", home / f"{name}.img"), ("RAMDISK", home / f"{name}.rd")):
            size, space = path.stat().st_size, place.SPACE[kind]
            if size > space:
                raise UserError(f"{path.name} has {size >> 20} MiB, and its place has "
                                f"{space >> 20}: leave options out of CONFIG=")


READ_ME = """\
This kit runs the tests of xen-dma on a board: {compatible}.
Kit {kit}, Linux {release}, Xen {xen}, {count} boots.
{kernels}
1. Connect the serial console, and save all that it shows to a file.
2. Write sd.img to a medium (dd if=sd.img of=/dev/...), or copy the files to the
   first FAT partition of one.  U-Boot finds boot.scr there.
3. Start the board, and wait for "{done}".
4. make board-report LOG=FILE

Memory from {low:#x} to {high:#x} must be free: see "bdinfo" in U-Boot.
There is no extlinux.conf, because U-Boot's extlinux does not load dom0's kernel
and ramdisk for Xen.  On such a board, run the script at U-Boot's prompt:
   load mmc 0:1 ${{scriptaddr}} boot.scr; source ${{scriptaddr}}
"""
NO_KERNELS = """
The kernels are missing: sh build-kernels.sh /path/to/linux builds them from a copy of
your source, and adds them to this directory and to sd.img.
"""


def add_kernels(tree: trees.Tree, how: build.Recipe, home: pathlib.Path) -> list[str]:
    """Build both kernels of a Debian tree; return the names of the patches."""
    built = {name: build.build(tree, variant, how) for name, variant in VARIANTS.items()}
    for name, kernel in built.items():
        shutil.copyfile(kernel.image, home / f"{name}.img")
        initramfs.initramfs(kernel.modules, home / f"{name}.rd", ARCH, virt.Virt().init)
    check_sizes(home)
    return built[tests.PATCHED].applied


def add_source(tree: trees.Tree, how: build.Recipe, home: pathlib.Path) -> list[str]:
    """Write all that the user needs to build both kernels; return the names of the patches."""
    generate.generate(tree, home / "series", rig=True)
    write_file(home / "kernel.config", how.text(tree.path))
    shutil.copytree(build.MODULES[ARCH], home / "module")
    initramfs.initramfs([], home / "base.rd", ARCH, virt.Virt().init)
    shutil.copyfile(pathlib.Path(script.__file__).with_name(BUILDER), home / BUILDER)
    return [p.name for p in selection.patches_for(tree)]


def files_below(home: pathlib.Path) -> list[pathlib.Path]:
    """Return the files in a directory and below it."""
    return sorted(p for p in home.rglob("*") if p.is_file())


def names_below(home: pathlib.Path) -> list[str]:
    """Return the names of these files, from the directory on."""
    return [str(p.relative_to(home)) for p in files_below(home)]


def stranger(kit: pathlib.Path) -> str:
    """Return a file or directory in a kit's directory that make board did not write, or ""."""
    try:
        own = {FACTS, *json.loads((kit / FACTS).read_text(encoding="utf-8"))["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        own = {FACTS}
    tops = {str(name).partition("/")[0] for name in own}
    for name in names_below(kit):
        top = name.partition("/")[0]
        if name not in own:
            return name if top in tops else top
    return ""


def write_kit(board: Board, tree: trees.Tree, xen: str, how: build.Recipe,
              home: pathlib.Path) -> str:
    """Write the files of a kit to a directory; return the id of the kit."""
    shutil.copyfile(hypervisor.binary(xen), home / "xen")
    applied = (add_kernels if tree.package else add_source)(tree, how, home)
    args = arguments(tree)
    write_tree(board, args[tests.STOCK], home)
    write_file(home / CONTROL, tests.loosened(tree.release, board.at.outside))
    boots = steps(tree.release, board.at.outside)
    facts: dict[str, object] = {
        "board": board.compatible, "release": tree.release, "tree": tree.name or tree.release,
        "xen": xen, "series": applied, "applied": {tests.STOCK: [], tests.PATCHED: applied},
        "boots": [dataclasses.asdict(step) for step in boots]}
    kit = digest(json.dumps(facts), *files_below(home))[:12]
    write_file(home / "boot.cmd", script.text(kit, boots, board.at, args,
                                              script.watchdogs(board.tree)))
    run_program(["mkimage", "-A", "arm64", "-T", "script", "-C", "none", "-n", "xen-dma", "-d",
                 home / "boot.cmd", home / "boot.scr"], "making boot.scr",
                env=dict(os.environ, SOURCE_DATE_EPOCH="0"))
    write_file(home / "lava.yaml", script.lava(kit, boots, board.compatible))
    low, size = board.at.window
    write_file(home / README, READ_ME.format(
        compatible=board.compatible, kit=kit, release=tree.release, xen=xen, count=len(boots),
        done=script.done(kit), low=low, high=low + size,
        kernels="" if tree.package else NO_KERNELS))
    facts["files"] = sorted([*names_below(home), FACTS, IMAGE])
    write_file(home / FACTS, json.dumps({"kit": kit, **facts}, indent=1) + "\n")
    image.write([p for p in sorted(home.iterdir()) if p.is_file()], home / IMAGE)
    return kit


def check_outdir(out: pathlib.Path, tree: trees.Tree) -> None:
    """Stop unless a directory is new, empty or only a kit, and not in the user's source."""
    real = pathlib.Path(os.path.realpath(out))
    if not tree.package and pathlib.Path(os.path.realpath(tree.path)) in [real, *real.parents]:
        raise UserError(f"OUT={out} is in the kernel source, which is only read: name another "
                        "directory")
    try:
        there = sorted(p.name for p in out.iterdir())
    except FileNotFoundError:
        return
    except OSError as e:
        raise UserError(f"OUT={out}: cannot write there: {e.strerror}; name another directory") \
            from None
    if there and FACTS not in there:
        raise UserError(f"OUT={out} has other files in it ({there[0]}): name an empty or a new "
                        "directory")
    if there and stranger(out):
        raise UserError(f"OUT={out} has {stranger(out)}, which is not of make board: move it away, "
                        "or name another directory")


def replace(made: pathlib.Path, out: pathlib.Path) -> None:
    """Move a finished kit to its place; the old one stays if it cannot be written."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with scratch_dir(out.parent) as tmp:
            shutil.copytree(made, tmp / "new", copy_function=shutil.copy)
            if out.exists():
                os.replace(out, tmp / "old")
            os.replace(tmp / "new", out)
    except OSError as e:
        raise UserError(f"OUT={out}: cannot write there: {e.strerror}; name another directory") \
            from None


def make(dtb: str, which: collections.abc.Callable[[], trees.Tree], xen: str, out: str,
         config: str, given: dict[str, str]) -> tuple[pathlib.Path, str]:
    """Make a kit; return (its directory, a line about it).

    which -- function that returns the Tree: for one of a package, build its kernels; any
             other is a source of the user, which is only read
    given -- as for place.place()
    """
    require_programs("dtc", "mkimage", "mformat", "mcopy")
    board = read(dtb, xen, given)
    tree = which()
    home = pathlib.Path(out) if out else BUILD / "board" / board.name
    check_outdir(home, tree)
    how = recipe(tree, config)
    with scratch_dir(BUILD) as tmp:
        (tmp / "kit").mkdir()
        log(f"making the kit for {board.compatible}")
        kit = write_kit(board, tree, xen, how, tmp / "kit")
        replace(tmp / "kit", home)
    low, size = board.at.window
    return home, (f"kit {kit} for {board.compatible}: Linux {tree.release}, Xen {xen}, console "
                  f"{board.at.console}, memory {low:#x} to {low + size:#x}")


def kit_home(given: str, kit: str, name: str) -> pathlib.Path:
    """Return the directory of a kit: KIT=, or the one in the build directory.

    kit  -- the id in the log
    name -- the log, for messages
    """
    if given:
        return pathlib.Path(given)
    for facts in sorted((BUILD / "board").glob(f"*/{FACTS}")):
        try:
            if json.loads(facts.read_text(encoding="utf-8"))["kit"] == kit:
                return facts.parent
        except (OSError, ValueError, KeyError, TypeError):
            continue
    raise UserError(f"{name} is of kit {kit}, which is not in {BUILD / 'board'}: give "
                    "KIT=/path/to/the/kit")
