# SPDX-License-Identifier: GPL-2.0
"""make static: the programs in checks/, before and after the series.

A stock kernel has warnings, too, so only new findings count.
"""

import collections
import collections.abc
import json
import os
import pathlib
import re
import subprocess

from ..util.archs import COMPILERS
from ..util.errors import UserError, log
from ..util.files import digest, write_file
from ..util.paths import BUILD, ROOT
from ..util.process import require_programs
from ..sources import sparse, tree as trees
from ..series import selection
from ..rig import build
from ..rig.variant import PATCHED, STOCK, Variant, patched_sources
from . import kernels

# Check, findings before and after, new findings; see table().
Row = tuple[str, int | None, int | None, list[str]]
CHECKS = pathlib.Path(__file__).parent / "checks"
# These checks read the source, so their result does not depend on the architecture.
OF_SOURCE = ("coccicheck", "kernel-doc", "checkpatch", "get_maintainer")
NAMES = ("gcc", "without-kunit", "clang", "sparse", *OF_SOURCE)
CANNOT = 2	# exit status of a check that has no program here, or nothing to check
# Objects of the files that the series changes, and the option that builds each.
TARGETS = {"drivers/gpu/drm/rockchip/rockchip_drm_gem.o": "CONFIG_DRM_ROCKCHIP",
           "drivers/misc/fastrpc.o": "CONFIG_QCOM_FASTRPC",
           "drivers/rpmsg/virtio_rpmsg_bus.o": "CONFIG_RPMSG_VIRTIO",
           "drivers/xen/gntdev-dmabuf.o": "CONFIG_XEN_GNTDEV_DMABUF",
           "drivers/xen/swiotlb-xen.o": "CONFIG_SWIOTLB_XEN",
           "drivers/xen/tests/swiotlb_xen_kunit.o": "CONFIG_SWIOTLB_XEN_KUNIT_TEST",
           "kernel/dma/coherent.o": "CONFIG_DMA_DECLARE_COHERENT",
           "kernel/dma/swiotlb.o": "CONFIG_SWIOTLB"}
# Directories of the other files.
DIRECTORIES = {"arm64": "arch/arm64/xen/", "arm": "arch/arm/xen/"}


def only_x86(target: str, objects: pathlib.Path) -> bool:
    """Return whether the source compiles an object for x86 only, as the part speed asks."""
    place, _, name = target.rpartition("/")
    rules = objects / "source" / place / "Makefile"
    return rules.exists() and re.search(
        rf"^\S+-\$\(CONFIG_X86\)\s*\+=\s*{re.escape(name)}$", rules.read_text(), re.M) is not None


def compiled(objects: pathlib.Path, arch: str) -> list[str]:
    """Return the targets of make in an object directory: objects and directories."""
    config = (objects / ".config").read_text()
    return [o for o, option in TARGETS.items() if f"{option}=y" in config
            and not (arch in DIRECTORIES and only_x86(o, objects))] + \
        ([DIRECTORIES[arch]] if arch in DIRECTORIES else [])


def concerns(names: list[str], objects: pathlib.Path, arch: str) -> bool:
    """Return whether the configuration compiles or includes one of these files."""
    found = compiled(objects, arch)
    return any(name.endswith((".h", "Kconfig", "Makefile")) or name[:-1] + "o" in found
               or (name.startswith(tuple(DIRECTORIES.values())) and arch in DIRECTORIES)
               for name in names)


def targets(objects: pathlib.Path, arch: str) -> list[str]:
    """Remove the targets here and in the directories of checks; return compiled()."""
    found = compiled(objects, arch)
    for place in filter(pathlib.Path.is_dir, (objects, *objects.parent.glob(objects.name + "-*"))):
        for old in (*(place / o for o in found if o in TARGETS),
                    *(place / "arch").glob("arm*/xen/*.o")):
            old.unlink(missing_ok=True)
    return found


def prepared(tree: trees.Tree, variant: Variant, arch: str) -> tuple[pathlib.Path, pathlib.Path]:
    """Return (source, object directory), ready for the checks."""
    require_programs("make", "perl")
    work, objects = build.prepare(tree, patched_sources(tree, variant)[0],
                                  kernels.recipe(tree, arch))
    build.make(work, objects, f"preparing Linux {tree.release} {arch}", "prepare", arch=arch)
    return work, objects


def lines(name: str, work: pathlib.Path, objects: pathlib.Path, arch: str, files: list[str],
          with_sparse: bool = False) -> list[str] | None:
    """Return the findings of a check, without line numbers; None if it cannot run here."""
    env = build.environment() | {
        "WORK": str(work), "OBJECTS": str(objects), "ARCH": arch,
        "CROSS_COMPILE": COMPILERS[arch], "TARGETS": " ".join(targets(objects, arch)),
        "FILES": " ".join(f for f in files if (work / f).exists()),
        "RULES": " ".join(str(p) for p in ROOT.glob("scripts/coccinelle/*/*.cocci")
                          if not (work / p.relative_to(ROOT)).exists()),
        "SPARSE": str(sparse.program()) if name == "sparse" or with_sparse else ""}
    done = subprocess.run([CHECKS / name], env=env, text=True, errors="replace",
                          capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode == CANNOT:
        log(f"{name} is left out: {done.stderr.strip()}")
        return None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        why = next((l for l in said if re.search(r"\berror\b|\*\*\*", l)), said[-1])
        raise UserError(f"check {name} of {work}, {arch}: {why}")
    place = re.escape(str(pathlib.Path(os.path.commonpath([work, objects]))))
    return [re.sub(rf"{place}/|{re.escape(str(ROOT))}/|\S*\.\./|:\d+(?=[:.])", "", l)
            for l in done.stdout.splitlines()]


def remembered(name: str, work: pathlib.Path, objects: pathlib.Path, arch: str,
               files: list[str]) -> list[str] | None:
    """Return lines(); run a check in OF_SOURCE only once for the same source."""
    if name not in OF_SOURCE:
        return lines(name, work, objects, arch, files)
    inputs = [work / f for f in (*files, "MAINTAINERS") if (work / f).exists()]
    rules = sorted(ROOT.glob("scripts/coccinelle/*/*.cocci"))
    key = digest((work / ".xendma").read_text(), CHECKS / name, *map(str, inputs), *inputs, *rules)
    note = BUILD / "static" / f"{name}-{key}.json"
    if not note.exists():
        write_file(note, json.dumps(lines(name, work, objects, arch, files)))
    return json.loads(note.read_text())


def prefixes(tree: trees.Tree,
             arch: str) -> collections.abc.Iterator[tuple[int, pathlib.Path, pathlib.Path]]:
    """Yield (n, source, object directory): stock, then with the first n patches.

    Leave out each n whose last patch does not change compiled files.
    """
    last: dict[str, bytes] = {}
    objects = pathlib.Path()
    for n in range(len(selection.patches_for(tree)) + 1):
        changed = patched_sources(tree, Variant(f"first-{n}", n))[0]
        names = [name for name, data in changed.items() if last.get(name) != data]
        last = changed
        if n and not concerns(names, objects, arch):
            continue
        work, objects = build.prepare(tree, changed, kernels.recipe(tree, arch))
        yield n, work, objects


def new_findings(before: collections.Counter[str], after: collections.Counter[str],
                 files: list[str]) -> collections.Counter[str]:
    """Return the findings that stock does not have; files -- those that the series changes.

    Leave out those of sparse in another header: sparse checks a function of a header without
    its callers, and stock has the same finding in each file that uses it.  A compiler inlines
    the function, and marks its warnings with their option.
    """
    def of_other_header(line: str) -> bool:
        name = line.partition(":")[0]
        return name.endswith(".h") and not line.endswith("]") and \
            not f"/{name}".endswith(tuple(f"/{f}" for f in files))
    return collections.Counter({line: n for line, n in (after - before).items()
                                if not of_other_header(line)})


def each_patch(tree: trees.Tree, arch: str, files: list[str]) -> Row:
    """Return a row of table(): gcc and sparse on each of prefixes()."""
    before: collections.Counter[str] | None = None
    new: collections.Counter[str] = collections.Counter()
    most = 0
    log(f"gcc and sparse, Linux {tree.release} {arch}, after each patch")
    for _, work, objects in prefixes(tree, arch):
        found = collections.Counter(
            lines("gcc", work, objects, arch, files, with_sparse=True) or [])
        before = found if before is None else before
        most = max(most, found.total())
        new |= new_findings(before, found, files)
    assert before is not None
    return "each patch", before.total(), most, sorted(new.elements())


def table(tree_name: str, arch: str, names: tuple[str, ...] = NAMES) -> list[Row]:
    """Return [(check, before, after, new findings)]; a count is None without a result.

    Stop if a kernel does not compile after one of the patches.
    """
    tree = trees.get(tree_name)
    files = sorted(patched_sources(tree, PATCHED)[0])
    for f in files:
        if f.endswith(".c") and f[:-1] + "o" not in TARGETS and \
                not f.startswith(tuple(DIRECTORIES.values())):
            raise UserError(f"tools/xendma/runs/static.py: TARGETS lacks {f}, which the "
                            "series changes")
    found: list[dict[str, list[str] | None]] = []
    for variant in (STOCK, PATCHED):
        work, objects = prepared(tree, variant, arch)
        found.append({})
        for name in names:
            log(f"{name}, Linux {tree.release} {arch} {variant.name}")
            found[-1][name] = remembered(name, work, objects, arch, files)
    rows = []
    if "gcc" in names:
        rows.append(each_patch(tree, arch, files))
    for name in names:
        before, after = (each[name] for each in found)
        if before is None or after is None:
            rows.append((name, None, None, []))
            continue
        new = new_findings(collections.Counter(before), collections.Counter(after), files)
        rows.append((name, len(before), len(after), sorted(new.elements())))
    return rows


def text(rows: list[Row]) -> str:
    """Return the table as text."""
    out = [f"{'check':16}{'stock':>8}{'patched':>9}{'new':>6}"]
    for name, before, after, new in rows:
        out.append(f"{name:16}" + (f"{before:8}{after:9}{len(new):6}" if before is not None else
                                   "   left out: no program for it here, or nothing to check"))
        out += [f"    {l}" for l in new]
    return "\n".join(out)
