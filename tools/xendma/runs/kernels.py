# SPDX-License-Identifier: GPL-2.0
"""The recipes of the kernels that the runs boot."""

import pathlib

from ..util.archs import ARCH
from ..util.paths import TESTS
from ..sources import tree as trees
from ..series import selection
from ..rig import build


# The KUnit suite of the series, and the option that builds it.
SUITE = pathlib.PurePath("drivers/xen/tests/swiotlb_xen_kunit.c")
SUITE_OPTION = "CONFIG_SWIOTLB_XEN_KUNIT_TEST=y\n"
CLIENTS = TESTS / "clients"
# The kinds of kernels besides the usual one; each has an object directory of its own.
BENCH, GUEST, RATE, LOCKDEP, DEVICES = "bench", "guest", "rate", "lockdep", "devices"
# Kernels with sanitizers, and one with pages of 64 KiB.
SANITIZE, KCSAN, PAGES_64K = "sanitize", "kcsan", "64k"
# Kernels that are measured have no debug options.
MEASURED = (BENCH, RATE)
WITHOUT_DRIVERS = (*MEASURED, LOCKDEP, DEVICES, KCSAN, PAGES_64K)
# The files whose coverage a fuzzer sees: others would only slow it down.
COVERED = tuple(f"KCOV_INSTRUMENT_{name}.o=y" for name in (
    "swiotlb-xen", "dma", "mm", "p2m", "direct", "coherent", "swiotlb"))


def has_drivers(tree: trees.Tree, arch: str) -> bool:
    """Return whether the kernels of a tree have the drivers of make demo."""
    return tree.newest and (TESTS / f"config.clients.{arch}").exists()


def has_suite(tree: trees.Tree) -> bool:
    """Return whether the series for a tree has the KUnit suite."""
    return any(SUITE in p.adds for p in selection.patches_for(tree))


def fragments(tree: trees.Tree, arch: str, kind: str = "") -> list[pathlib.Path]:
    """Return the files with options; RATE and SANITIZE have a backend, as GUEST has.

    Those of WITHOUT_DRIVERS have no drivers of make demo.
    """
    names = [str(tree.name), f"{tree.name}.{arch}"]
    names += [f"{GUEST}.{arch}"] if kind in (RATE, SANITIZE) else []
    names += [f"{kind}.{arch}", f"{tree.name}.{kind}.{arch}"] if kind else []
    names += [f"debug.{arch}"] if kind not in MEASURED else []
    if kind not in WITHOUT_DRIVERS and has_drivers(tree, arch):
        names.append(f"clients.{arch}")
    # Stock has the options, too, so that all other files are equal in both kernels.
    names += ["kunit"] if has_suite(tree) else []
    files = [TESTS / ("config" if arch == ARCH else f"config.{arch}"),
             *(TESTS / f"config.{name}" for name in names)]
    return [f for f in files if f.exists()]


def recipe(tree: trees.Tree, arch: str = ARCH, kind: str = "",
           modules: tuple[pathlib.Path, ...] = ()) -> build.Recipe:
    """Return the recipe of a kernel; modules -- additional test modules."""
    return build.Recipe(arch, tuple(fragments(tree, arch, kind)), {SUITE: SUITE_OPTION},
                        (build.MODULES[arch], *modules), kind,
                        COVERED if kind == SANITIZE else ())


def for_demo(tree: trees.Tree, arch: str = ARCH, kind: str = "") -> build.Recipe:
    """Return the recipe of a kernel for make demo, with its test modules."""
    has_module = arch == ARCH and kind not in MEASURED
    return recipe(tree, arch, kind, (CLIENTS / "test_modules",) if has_module else ())
