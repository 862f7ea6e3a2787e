# SPDX-License-Identifier: GPL-2.0
"""make harden: the tests in kernels that report wrong accesses, locking, races and leaks.

A report that stock has as well is known (sanitize/splats.ini) or a fault.  A test module
makes one fault for each sanitizer, which must be reported.
"""

import collections.abc
import dataclasses
import re

from ..util.archs import ARCH
from ..util.errors import UserError
from ..util.paths import TESTS
from ..sources import tree as trees
from ..results import expected, ktap, report, splats, tables
from ..results.run import Run
from ..rig import initramfs
from ..rig.boot import TIMEOUT, Boot, read_console
from ..rig.variant import PATCHED, Variant
from . import drivers, fuzz, kernels, kunit, selftest, stress

MODULE = TESTS / "sanitize/test_modules"
XEN = "4.20"
# {fault of the module: its report}.  lockdep ends at its first report, and at one of KASAN.
# The last fault ends its process; the kernel does not panic.
FAULTS = {"inverted-locks": "WARNING: possible circular locking dependency",
          "use-after-free": "KASAN: slab-use-after-free in ",
          "beyond-vmalloc": "KASAN: vmalloc-out-of-bounds in ",
          "wide-shift": "UBSAN: shift-out-of-bounds in ",
          "index-beyond-end": "UBSAN: array-index-out-of-bounds in ",
          "sleep-in-atomic": "BUG: sleeping function called from invalid context|"
                             "BUG: scheduling while atomic",
          "virt-to-phys": "virt_to_phys used for non-linear address|WARNING: .*physaddr",
          "unmap-of-nothing": "DMA-API: .* device driver tries to free DMA memory it has not",
          "long-segment": "DMA-API: .* mapping sg segment longer than device claims",
          "leak": "unreferenced object",
          "vmalloc-in-sg": "kernel BUG at|Oops - BUG"}
RACES = {"race": "BUG: KCSAN: data-race in "}
BY_KIND = {kernels.SANITIZE: FAULTS, kernels.KCSAN: RACES}
# Without it, KASAN reports only the first wrong access of a boot.
EACH_REPORT = "kasan_multi_shot"
# Tests that sanitizers break.  KASAN keeps freed pages back; kmemleak counts leaks there.
# kmemleak would print thousands of tables that a control keeps on purpose.  The shadow of
# KASAN takes the memory that a device with a narrow bus reaches.
LEFT_OUT = ("T:no_leak", "T:sg_leak", "V:narrow", "V:ram_above_mask", "V:pool_above_mask",
            "F:logged")
LONGEST = 2 * TIMEOUT	# seconds of a boot; sanitizers take time
# Pages that KASAN keeps back: a 32nd of the memory.
KEPT = 2048
# memunmap_pages() stops the kernel with KASAN, in kasan_remove_zero_shadow(): leave out the
# case "maintain" of KUnit, which makes device pages.
SUITE = f"{kunit.NAME}.*[!n]"


@dataclasses.dataclass
class Judged:
    """A boot: its name, its Run, its unexpected results and reports, and the known ones."""
    name: str
    run: Run
    unexpected: list[str]
    known: list[str]


def judge(name: str, boot: Boot, faults: list[str], run: Run,
          timeout: float = TIMEOUT) -> Judged:
    """Judge the tests of a Run without the reports, and the reports."""
    console = (run.home / "console.log").read_text(errors="replace")
    found = splats.find(console)
    read_console(run, boot.tree, splats.without(console), boot.seconds >= timeout)
    known = splats.load(run.release)
    seen = [k.name for k in known if name in k.boots and any(map(k.is_of, found))]
    # Only a boot that leaves tests out may lack them.
    left_out = [word.partition(":")[2] for word in LEFT_OUT if word in str(boot.args)]
    lines = [line for line in report.unexpected(run) if not (
        line.endswith(": no such test ran") and any(word in line for word in left_out))]
    lines = [*faults, *lines, *splats.unexpected(run, name, known, found),
             *splats.blind(console)]
    if boot.recipe.objects == kernels.SANITIZE and "# leaks counted" not in console:
        lines.append("kmemleak was not asked")
    return Judged(name, run, lines, seen)


def prepare_tests(tree_name: str, kind: str, variant: Variant) -> Boot:
    """Return the Boot with the tests."""
    boot = selftest.prepare(tree_name, XEN, variant, kind=kind)
    if kind == kernels.SANITIZE:
        boot.args = f"{boot.args} without={','.join(LEFT_OUT)}"
    if kind == kernels.PAGES_64K:
        # The usual atomic pool has two of these pages.  The control counts smaller ones.
        boot.args = f"{boot.args} coherent_pool=4M without=T:sg_leak"
        boot.files = {"bin/xen_dma_test": initramfs.program(
            "xen_dma_test-64k", initramfs.program_sources(ARCH), ARCH, macros=("PAGE=65536ul",))}
    return boot


def prepare_deadly(tree_name: str, kind: str, variant: Variant) -> Boot:
    """Return the Boot with the test that ends a stock kernel."""
    boot = selftest.prepare(tree_name, XEN, variant, kind=kind, workload="deadly")
    boot.control = expected.NO_FAILURES
    return boot


def prepare_fuzz(kind: str, variant: Variant) -> Boot:
    """Return the Boot with the fuzzer."""
    boot = fuzz.prepare(XEN, variant, fuzz.Plan(seconds=60), kind=kind)
    boot.args = f"{boot.args} fuzz.kept={KEPT}"
    return boot


def boots(tree_name: str, kind: str,
          variant: Variant) -> dict[str, collections.abc.Callable[[], Boot]]:
    """Return {name: function that returns the Boot} for a kernel.

    The tests of hotplug boot the stress test in the kernel with KASAN.
    """
    newest = trees.get(tree_name).newest
    found: dict[str, collections.abc.Callable[[], Boot]] = {}
    if kind != kernels.KCSAN:
        found["tests"] = lambda: prepare_tests(tree_name, kind, variant)
        if variant == PATCHED and newest:	# the patch for it is for mainline
            found["deadly"] = lambda: prepare_deadly(tree_name, kind, variant)
    if kind == kernels.KCSAN and newest:
        found["stress"] = lambda: stress.prepare(tree_name, XEN, variant, kind)
    if kind == kernels.SANITIZE and newest:
        found["drivers"] = lambda: drivers.with_devices(XEN, variant, kind=kind)
        if variant == PATCHED:	# on stock, the first sequence fails
            found["fuzz"] = lambda: prepare_fuzz(kind, variant)
    # The known reports differ between kernels.
    return found if kind == kernels.SANITIZE else {
        f"{name}-{kind}": boot for name, boot in found.items()}


def run_boot(name: str, boot: Boot) -> Judged:
    """Boot, and judge the Run."""
    boot.args = f"{boot.args} {EACH_REPORT}"
    run, faults = drivers.photograph(boot, LONGEST) if name == "drivers" \
        else (boot.run(timeout=LONGEST), [])
    return judge(name, boot, faults, run, LONGEST)


def run_kunit(tree: trees.Tree, kind: str) -> Judged:
    """Run the KUnit suite of the series in a dom0."""
    cases = kunit.run_in_dom0(tree, ARCH, XEN, PATCHED, kind,
                              SUITE if kind == kernels.SANITIZE else kunit.NAME)
    run = Run(str(tree.name), tree.release, XEN, PATCHED.name, [], [],
              kunit.home_of(tree, ARCH, f"xen{XEN}", PATCHED, kind),
              tests={name: (status, "") for name, status in cases.items()})
    return Judged("kunit", run, kunit.unexpected({f"Xen {XEN}": cases}, ARCH), [])


def run(tree_name: str, kind: str, variant: Variant = PATCHED) -> list[Judged]:
    """Boot a kernel for each suite; return the boots."""
    judged = [run_boot(name, boot())
              for name, boot in boots(tree_name, kind, variant).items()]
    if variant == PATCHED and kind != kernels.KCSAN and kernels.has_suite(trees.get(tree_name)):
        judged.append(run_kunit(trees.get(tree_name), kind))
    return judged


def reports(console: str) -> dict[str, list[str]]:
    """Return {fault of the module: titles of the reports after it}."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in ktap.whole_lines(console).splitlines():
        if line.startswith("# fault "):
            name = line.split()[2]
            found[name] = []
        elif name and (ktap.SPLAT.match(line) or "DMA-API: " in line or "non-linear" in line):
            found[name].append(line)
    # kmemleak reports at the end.
    if "leak" in found:
        found["leak"] = [s.title for s in splats.find(console) if "lose_memory" in s.functions]
    return found


def controls(tree_name: str, kind: str) -> list[str]:
    """Make each fault; return those that their sanitizer has not reported."""
    want = BY_KIND[kind]
    boot = selftest.prepare(tree_name, XEN, PATCHED, workload="sanitize", kind=kind,
                            modules=(MODULE,))
    if kind == kernels.KCSAN:
        boot.machine = stress.MACHINE
        boot.args = f"{stress.MACHINE.dom0_args} workload=sanitize"
    boot.args = f"{boot.args} faults={','.join(want)} {EACH_REPORT}"
    console, timed_out = boot.console()
    if timed_out:
        raise UserError(f"the faults for sanitizers timed out; see {boot.home}/console.log")
    found = reports(console)
    return [f"{name}: no report of {pattern}" for name, pattern in want.items()
            if not any(re.search(pattern, line) for line in found.get(name, []))]


def rows(judged: collections.abc.Iterable[tuple[str, str, Judged]]) \
        -> collections.abc.Iterator[tuple[str, ...]]:
    """Yield the table: a head, and a row for each (tree, kind, boot)."""
    yield ("tree", "kernel", "boot", "variant", "tests", "known reports", "unexpected")
    for tree, kind, j in judged:
        yield (tree, kind, j.name, j.run.variant, str(len(j.run.tests)), str(len(j.known)),
               str(len(j.unexpected)))


def text(judged: list[tuple[str, str, Judged]]) -> str:
    """Return the table as text."""
    return tables.text(rows(judged))
