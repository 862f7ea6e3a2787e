# SPDX-License-Identifier: GPL-2.0
"""Build the kernel of a tree in a variant, and test modules, by a recipe.

A tree has one object directory for each architecture. So a build after another variant
compiles only the files that the series changes.
"""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

from ..util.archs import ARCH, COMPILERS
from ..util.cpus import alone
from ..util.errors import UserError, log
from ..util.files import digest, require_space, scratch_dir, set_stamp, up_to_date, write_file
from ..util.paths import BUILD, TESTS
from ..util.process import require_programs, run_program
from ..sources import tree as trees
from ..series import selection
from .variant import Variant, patched_sources

# Target of make, and path of the image.
IMAGES = {"arm64": ("Image", "arch/arm64/boot/Image"),
          "arm": ("zImage", "arch/arm/boot/zImage"), "x86_64": ("vmlinux", "vmlinux")}
MODULES = {"arm64": TESTS / "test_modules", "arm": TESTS / "test_modules",
           "x86_64": TESTS / "edu/test_modules"}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to build a kernel.

    fragments -- files with options
    options   -- {file: options to add if the source has the file}
    modules   -- the directories of the test modules
    objects   -- suffix of the object directory's name, or ""
    variables -- "NAME=value" for the kernel's make
    """
    arch: str
    fragments: tuple[pathlib.Path, ...]
    options: dict[pathlib.PurePath, str] = dataclasses.field(default_factory=dict)
    modules: tuple[pathlib.Path, ...] = ()
    objects: str = ""
    variables: tuple[str, ...] = ()

    def text(self, source: pathlib.Path) -> str:
        """Return the options for a source."""
        return "".join([*(f.read_text() for f in self.fragments), *(
            text for file, text in self.options.items() if (source / file).exists())])


@dataclasses.dataclass
class Kernel:
    """A built kernel.

    applied -- the names in series/ of its patches
    series  -- the names of all patches for its tree
    """
    image: pathlib.Path
    modules: list[pathlib.Path]
    applied: list[str]
    series: list[str]


def environment() -> dict[str, str]:
    """Return the environment for make in a kernel."""
    env = dict(os.environ, KBUILD_BUILD_TIMESTAMP="@0", KBUILD_BUILD_USER="xen-dma",
               KBUILD_BUILD_HOST="xen-dma", KBUILD_BUILD_VERSION="1", LC_ALL="C",
               CCACHE_DIR=str(BUILD / "ccache"), CCACHE_BASEDIR=str(BUILD),
               # ccache runs the preprocessor only once at a miss: a third less work.
               CCACHE_DEPEND="1")
    env["PATH"] = "/usr/lib/ccache:" + env["PATH"]
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "KDIR", "ARCH", "TREE", "XEN", "SERIES",
                 "OUT", "RECORD", "CASES", "UPSTREAM"):
        env.pop(name, None)
    return env


def make_argv(source: pathlib.Path, objects: pathlib.Path, *targets: str,
              arch: str = ARCH) -> list[str]:
    """Return the command line of the kernel's make."""
    return ["make", "-C", str(source), f"O={objects}", f"ARCH={arch}",
            f"CROSS_COMPILE={COMPILERS[arch]}", f"-j{os.cpu_count() or 1}", *targets]


def make(source: pathlib.Path, objects: pathlib.Path, what: str, *targets: str,
         arch: str = ARCH) -> int:
    """Run the kernel's make; report and return the number of objects."""
    console = objects.parent / (objects.name + ".log")
    done, started, reported = 0, time.monotonic(), time.monotonic()
    with open(console, "a", encoding="utf-8") as out:
        with subprocess.Popen(make_argv(source, objects, *targets, arch=arch), env=environment(),
                              text=True, errors="replace", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
            tail: list[str] = []
            assert child.stdout
            for line in child.stdout:
                out.write(line)
                tail = tail[-200:] + [line.rstrip()]
                done += bool(re.match(r"  (CC|AS|LD|AR|HOSTCC)\b", line))
                if time.monotonic() - reported > 10:
                    reported = time.monotonic()
                    log(f"{what}: {done} objects, {reported - started:.0f} s")
    if child.returncode:
        why = [l for l in tail if re.search(r"error|\*\*\*|No space", l, re.I)] or tail[-1:]
        raise UserError(f"{what}: {why[0].strip() if why else 'make failed'}; see {console}")
    return done


def work_tree(tree: trees.Tree) -> pathlib.Path:
    """Return a copy of the tree (hard links) in which files may be replaced."""
    assert tree.name and tree.package, "only Debian's trees are built"
    path = BUILD / "work" / tree.name
    if not up_to_date(path / ".xendma", tree.package):
        log(f"linking the source of Linux {tree.release}")
        with scratch_dir(BUILD) as tmp:
            run_program(["cp", "-al", tree.path, tmp / "tree"], "copying the source")
            shutil.rmtree(path, ignore_errors=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(tmp / "tree", path)
        set_stamp(path / ".xendma", tree.package)
    return path


def sync_worktree(tree: trees.Tree, work: pathlib.Path, changed: dict[str, bytes]) -> None:
    """Give the work tree these contents, and stock elsewhere; leave equal files alone."""
    record = work / ".xendma-changed"
    before = set(record.read_text().split()) if record.exists() else set()
    write_file(record, "\n".join(sorted(before | set(changed))))
    for name in before | set(changed):
        stock = tree.path / name
        data = changed.get(name) or (stock.read_bytes() if stock.exists() else None)
        if data is None:
            (work / name).unlink(missing_ok=True)
        elif not (work / name).exists() or (work / name).read_bytes() != data:
            write_file(work / name, data)


def configure(tree: trees.Tree, work: pathlib.Path, objects: pathlib.Path,
              recipe: Recipe) -> None:
    """Configure the object directory; Stop if an option is not in the result."""
    text = recipe.text(work)
    key = digest(text, tree.package)
    if up_to_date(objects / ".xendma-config", key):
        return
    objects.mkdir(parents=True, exist_ok=True)
    (objects / ".xendma-config").unlink(missing_ok=True)
    fragment = objects / ".xendma-fragment"
    write_file(fragment, text)
    env = environment() | {"KCONFIG_ALLCONFIG": str(fragment)}
    run_program(make_argv(work, objects, "-s", "allnoconfig", arch=recipe.arch),
                "configuring the kernel", env=env)
    have = set((objects / ".config").read_text().splitlines())
    # A later fragment can take an option of an earlier one back.
    asked = {l for l in text.splitlines() if l.startswith("CONFIG_")
             and f"# {l.partition('=')[0]} is not set" not in text}
    lost = sorted(asked - have)
    if lost:
        raise UserError(f"configuring {tree.package}: {lost[0]} is not in the result; see "
                        f"{fragment} and {objects}/.config")
    set_stamp(objects / ".xendma-config", key)


def prepare(tree: trees.Tree, changed: dict[str, bytes],
            recipe: Recipe) -> tuple[pathlib.Path, pathlib.Path]:
    """Return (work tree, object directory), configured; changed as in patched_sources()."""
    require_programs(COMPILERS[recipe.arch] + "gcc", "make", "flex", "bison", "bc")
    objects = BUILD / "obj" / "-".join(filter(None, (tree.name, recipe.arch, recipe.objects)))
    if not objects.exists():
        require_space(2.5, f"building Linux {tree.release}")
    work = work_tree(tree)
    sync_worktree(tree, work, changed)
    configure(tree, work, objects, recipe)
    return work, objects


def module_name(place: pathlib.Path) -> str:
    """Return the name of the module in a directory."""
    (name,) = re.findall(r"^obj-m \+= (\w+)\.o", (place / "Makefile").read_text(), re.M)
    return name


def build_module(place: pathlib.Path, to: pathlib.Path, work: pathlib.Path,
                 objects: pathlib.Path, arch: str, what: str) -> None:
    """Build one test module."""
    # Build a copy, because kbuild writes objects beside the source of a module.
    copy = objects.with_name(f"{objects.name}-module")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(place, copy)
    make(work, objects, f"{what}, {to.name}", f"M={copy}", "modules", arch=arch)
    write_file(to, (copy / to.name).read_bytes())


@alone("build")
def build(tree: trees.Tree, variant: Variant, recipe: Recipe) -> Kernel:
    """Return the Kernel of a Tree in a Variant; build only the stale parts, one at a time."""
    changed, applied = patched_sources(tree, variant)
    name = "-".join(filter(None, (recipe.arch, variant.name, recipe.objects)))
    what = f"building Linux {tree.release} {name.replace('-', ' ')}"
    home = BUILD / "kernel" / f"{tree.name}-{name}"
    target, image = IMAGES[recipe.arch]
    kernel = Kernel(home / pathlib.PurePath(image).name,
                    [home / f"{module_name(place)}.ko" for place in recipe.modules], applied,
                    [p.name for p in selection.patches_for(tree)])
    key = digest(tree.package, *recipe.fragments, json.dumps(
        {str(file): text for file, text in recipe.options.items()}), *recipe.variables,
                 *(x for item in changed.items() for x in item))
    # Each module has a key of its own, because not every boot needs it.
    keys = {to: digest(key, *sorted(place.iterdir()))
            for place, to in zip(recipe.modules, kernel.modules)}
    symbols = home / "System.map"
    fresh = up_to_date(home / ".xendma", key) and symbols.exists()
    stale = [(place, to) for place, to in zip(recipe.modules, kernel.modules)
             if not (fresh and up_to_date(to.with_suffix(".key"), keys[to]))]
    if fresh and not stale:
        return kernel
    work, objects = prepare(tree, changed, recipe)
    log(what)
    # The object directory may have another variant, also if the image is fresh.
    make(work, objects, what, *recipe.variables, target, "modules", arch=recipe.arch)
    if not fresh:
        (home / ".xendma").unlink(missing_ok=True)
        write_file(kernel.image, (objects / image).read_bytes())
        write_file(symbols, (objects / symbols.name).read_bytes())
        set_stamp(home / ".xendma", key)
    for place, to in stale:
        build_module(place, to, work, objects, recipe.arch, what)
        set_stamp(to.with_suffix(".key"), keys[to])
    return kernel
