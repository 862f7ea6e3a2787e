# SPDX-License-Identifier: GPL-2.0
"""Build the kernel of a tree, stock or with the series, and the test module.

One object directory per tree and architecture: between stock and patched only
the files that the series changes are compiled again.
"""

import dataclasses
import functools
import os
import pathlib
import re
import shutil
import subprocess
import time

from . import patch, rules, series
from .common import BUILD, ROOT, Stop, digest, mark, need, room, run, say, scratch, up_to_date, \
    write

ARCH = "arm64"	# that is booted; the others are compiled for
COMPILERS = {"arm64": "aarch64-linux-gnu-", "arm": "arm-linux-gnueabihf-",
             "x86_64": "x86_64-linux-gnu-"}
TESTS = ROOT / "tools/testing/selftests/xen-dma"
CLIENTS = TESTS / "clients"
# The suite of the series, and the option that it is built by.
SUITE = pathlib.PurePath("drivers/xen/tests/swiotlb_xen_kunit.c")
SUITE_OPTION = "CONFIG_SWIOTLB_XEN_KUNIT_TEST=y\n"
BENCH = "bench"	# see build()
# What make is to build, and where that is.
IMAGES = {"arm64": ("Image", "arch/arm64/boot/Image"),
          "arm": ("zImage", "arch/arm/boot/zImage"), "x86_64": ("vmlinux", "vmlinux")}
MODULES = {"arm64": TESTS / "test_modules", "arm": TESTS / "test_modules",
           "x86_64": TESTS / "edu/test_modules"}


@dataclasses.dataclass(frozen=True)
class Variant:
    """A kernel to build: how much of the series it has.

    patches -- how many, None for all
    part    -- the patches of this part alone, on stock
    spoil   -- (old, new, old, new ...): text to replace in the patched files, for tests
               that must see the difference
    rule    -- (file, sites): a rule of tools/xendma/compare for MAIN_FILE
    """
    name: str
    patches: int | None = None
    spoil: tuple = ()
    rule: tuple = ()
    part: str = ""


STOCK, PATCHED = Variant("stock", 0), Variant("patched")
CALLERS = Variant("callers", part="callers")
# What was proposed before: not for whose memory it is, but for whose device.
RFC = Variant("rfc", 0, rule=("swiotlb-xen.rfc.cocci", 4))


@dataclasses.dataclass
class Kernel:
    """What was built.

    applied -- the names in series/ of its patches
    series  -- ... of those that there are for its tree
    """
    image: pathlib.Path
    modules: list
    applied: list
    series: list


def environment():
    env = dict(os.environ, KBUILD_BUILD_TIMESTAMP="@0", KBUILD_BUILD_USER="xen-dma",
               KBUILD_BUILD_HOST="xen-dma", KBUILD_BUILD_VERSION="1", LC_ALL="C",
               CCACHE_DIR=str(BUILD / "ccache"), CCACHE_BASEDIR=str(BUILD))
    env["PATH"] = "/usr/lib/ccache:" + env["PATH"]
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "KDIR", "ARCH", "TREE", "XEN", "SERIES", "OUT",
                 "RECORD", "CELLS", "UPSTREAM"):
        env.pop(name, None)
    return env


def make_argv(source, objects, *targets, arch=ARCH):
    return ["make", "-C", str(source), f"O={objects}", f"ARCH={arch}",
            f"CROSS_COMPILE={COMPILERS[arch]}", f"-j{os.cpu_count() or 1}", *targets]


def make(source, objects, what, *targets, arch=ARCH):
    """Run the kernel's make with a count of what it has done."""
    log = objects.parent / (objects.name + ".log")
    done, started, said = 0, time.monotonic(), time.monotonic()
    with open(log, "a", encoding="utf-8") as out:
        with subprocess.Popen(make_argv(source, objects, *targets, arch=arch), env=environment(),
                              text=True, errors="replace", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
            tail = []
            for line in child.stdout:
                out.write(line)
                tail = tail[-200:] + [line.rstrip()]
                done += bool(re.match(r"  (CC|AS|LD|AR|HOSTCC)\b", line))
                if time.monotonic() - said > 10:
                    said = time.monotonic()
                    say(f"{what}: {done} objects, {said - started:.0f} s")
    if child.returncode:
        why = [l for l in tail if re.search(r"error|\*\*\*|No space", l, re.I)] or tail[-1:]
        raise Stop(f"{what}: {why[0].strip() if why else 'make failed'}; see {log}")
    return done


def work_tree(tree):
    """A copy of the tree (hard links) in which files may be replaced."""
    path = BUILD / "work" / tree.name
    if not up_to_date(path / ".xendma", tree.package):
        say(f"linking the source of Linux {tree.release}")
        with scratch(BUILD) as tmp:
            run(["cp", "-al", tree.path, tmp / "tree"], "copying the source")
            shutil.rmtree(path, ignore_errors=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(tmp / "tree", path)
        mark(path / ".xendma", tree.package)
    return path


def patched_files(tree, patches):
    """{name: content} of the files that the patches change."""
    with scratch() as tmp:
        names = set()
        for p in patches:
            names |= set(re.findall(r"^\+\+\+ b/(\S+)", p.read_text(), re.M))
        for name in names:
            if (tree.path / name).is_file():
                (tmp / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(tree.path / name, tmp / name)
        run(["git", "apply", "--whitespace=nowarn", *patches], "applying the series", cwd=tmp,
            env=dict(os.environ, GIT_CEILING_DIRECTORIES=str(tmp.parent)))
        return {name: (tmp / name).read_bytes() for name in sorted(names)}


def switch(tree, work, changed):
    """Make the work tree stock plus these contents; touch nothing else."""
    record = work / ".xendma-changed"
    before = set(record.read_text().split()) if record.exists() else set()
    write(record, "\n".join(sorted(before | set(changed))))
    for name in before | set(changed):
        stock = tree.path / name
        data = changed.get(name) or (stock.read_bytes() if stock.exists() else None)
        if data is None:
            (work / name).unlink(missing_ok=True)
        elif not (work / name).exists() or (work / name).read_bytes() != data:
            write(work / name, data)


def for_tree(tree):
    """The patches that a tree gets: it may have some already."""
    return series.without_done(tree, series.choose(tree, patch.load()))[0]


@functools.cache
def patch_files(tree):
    """The patches of a Tree as files, for as long as this process runs."""
    # Not build/series: that one is the user's, and may be signed off.
    return series.generate(tree, BUILD / "kernel" / f"{tree.name}-series", rig=True)[1:]


def compared(tree, rule, sites):
    """{MAIN_FILE: content} as a rule outside the series makes it."""
    with scratch() as tmp:
        shutil.copyfile(tree.path / series.MAIN_FILE, tmp / "a.c")
        rules.spatch(ROOT / "tools/xendma/compare" / rule, sites, tmp / "a.c",
                     f"rule {rule}, file {series.MAIN_FILE} of {tree.path}")
        return {series.MAIN_FILE: (tmp / "a.c").read_bytes()}


def contents(tree, variant):
    """({name: content} that differs from stock, names of the patches in it)."""
    if variant.rule:
        return compared(tree, *variant.rule), []
    pairs = [(p, file) for p, file in zip(for_tree(tree), patch_files(tree))
             if variant.part in ("", p.part)][:variant.patches]
    if not pairs:
        return {}, []
    chosen = [p for p, _ in pairs]
    changed = patched_files(tree, [file for _, file in pairs])
    for old, new in zip(variant.spoil[::2], variant.spoil[1::2]):
        hits = [n for n, data in changed.items() if data.count(old.encode()) == 1]
        if len(hits) != 1:
            raise Stop(f"variant {variant.name}: {old!r} is not in the patched files once")
        changed[hits[0]] = changed[hits[0]].replace(old.encode(), new.encode())
    return changed, [p.name for p in chosen]


def has_clients(tree, arch, extra=""):
    """Whether a kernel has the drivers of make demo."""
    return tree.newest and extra != BENCH and (TESTS / f"config.clients.{arch}").exists()


def has_suite(tree):
    """Whether its series has the KUnit suite."""
    return any(SUITE in p.adds for p in for_tree(tree))


def fragments(tree, arch, extra=""):
    """Return the files with options; extra -- as build() has it."""
    names = [tree.name, f"{tree.name}.{arch}"]
    names += [f"{extra}.{arch}"] if extra else []
    names += [f"debug.{arch}"] if extra != BENCH else []
    names += [f"clients.{arch}"] if has_clients(tree, arch, extra) else []
    # In stock too: the rest is compiled alike then.
    names += ["kunit"] if has_suite(tree) else []
    files = [TESTS / ("config" if arch == ARCH else f"config.{arch}"),
             *(TESTS / f"config.{name}" for name in names)]
    return [f for f in files if f.exists()]


def configure(tree, work, objects, arch, extra=""):
    package = tree.package
    text = "".join(f.read_text() for f in fragments(tree, arch, extra))
    text += SUITE_OPTION if (work / SUITE).exists() else ""
    key = digest(text, package)
    if up_to_date(objects / ".xendma-config", key):
        return
    objects.mkdir(parents=True, exist_ok=True)
    (objects / ".xendma-config").unlink(missing_ok=True)
    fragment = objects / ".xendma-fragment"
    write(fragment, text)
    env = environment() | {"KCONFIG_ALLCONFIG": str(fragment)}
    run(make_argv(work, objects, "-s", "allnoconfig", arch=arch), "configuring the kernel", env=env)
    have = set((objects / ".config").read_text().splitlines())
    lost = [l for l in text.splitlines() if l.startswith("CONFIG_")
            and l not in have]
    if lost:
        raise Stop(f"configuring {package}: {lost[0]} did not take; see {fragment} and "
                   f"{objects}/.config")
    mark(objects / ".xendma-config", key)


def prepare(tree, changed, arch=ARCH, extra=""):
    """(work tree, object directory), configured; changed -- as in contents()."""
    need(COMPILERS[arch] + "gcc", "make", "flex", "bison", "bc")
    objects = BUILD / "obj" / "-".join(filter(None, (tree.name, arch, extra)))
    if not objects.exists():
        room(2.5, f"building Linux {tree.release}")
    work = work_tree(tree)
    switch(tree, work, changed)
    configure(tree, work, objects, arch, extra)
    return work, objects


def program_sources(arch):
    """What the test program is made of, which runs in user space."""
    if MODULES[arch].parent == TESTS:
        return sorted(TESTS.glob("*.c"))
    return [TESTS / "outcome.c", *sorted(MODULES[arch].parent.glob("*.c"))]


def modules(tree, arch, variant, extra=""):
    """The directories of the test modules for a kernel."""
    clients = has_clients(tree, arch, extra) and variant in (STOCK, PATCHED, CALLERS)
    return [MODULES[arch]] + ([CLIENTS / "test_modules"] if clients and arch == ARCH else [])


def module_name(place):
    (name,) = re.findall(r"^obj-m \+= (\w+)\.o", (place / "Makefile").read_text(), re.M)
    return name


def build(tree, variant, arch=ARCH, extra=""):
    """The Kernel of a Tree in a Variant.

    extra -- with config.<extra>.<arch>, in its own object directory; BENCH: no config.debug
    """
    changed, applied = contents(tree, variant)
    name = "-".join(filter(None, (arch, variant.name, extra)))
    what = f"building Linux {tree.release} {name.replace('-', ' ')}"
    home = BUILD / "kernel" / f"{tree.name}-{name}"
    places = modules(tree, arch, variant, extra)
    sources = [f for place in places for f in sorted(place.iterdir())]
    key = digest(tree.package, *fragments(tree, arch, extra), *sources,
                 *(x for item in changed.items() for x in item))
    target, image = IMAGES[arch]
    kernel = Kernel(home / pathlib.PurePath(image).name,
                    [home / f"{module_name(place)}.ko" for place in places], applied,
                    [p.name for p in for_tree(tree)])
    if up_to_date(home / ".xendma", key):
        return kernel
    work, objects = prepare(tree, changed, arch, extra)
    (home / ".xendma").unlink(missing_ok=True)
    say(what)
    make(work, objects, what, target, "modules", arch=arch)
    write(kernel.image, (objects / image).read_bytes())
    # Out of the source: kbuild puts a module's objects beside it.
    module = BUILD / "obj" / f"{tree.name}-{arch}-module"
    for place, to in zip(places, kernel.modules):
        shutil.rmtree(module, ignore_errors=True)
        shutil.copytree(place, module)
        make(work, objects, f"{what}, {to.name}", f"M={module}", "modules", arch=arch)
        write(to, (module / to.name).read_bytes())
    mark(home / ".xendma", key)
    return kernel
