# SPDX-License-Identifier: GPL-2.0
"""make mutants: one-line changes of the series, each of which a test must detect.

All mutants are in one kernel, see rig/mutate.py.  Each boot selects one, and ends at the
first failed test.  A mutant that survives a workload goes to the next one.
"""

import collections.abc
import dataclasses
import fnmatch
import os
import pathlib
import threading
import time
from concurrent import futures

from ..util.archs import ARCH
from ..util.errors import UserError, log
from ..util.files import digest
from ..util.paths import BUILD, ROOT, TESTS
from ..sources import tree as trees
from ..results import mutants as results
from ..results.mutants import Explanation, Store
from ..rig import boot as boots, build, mutate
from ..rig.boot import Boot
from ..rig.machines import MACHINES, virt
from ..rig.mutate import Mutant
from ..rig.variant import MUTANTS, PATCHED, patched_sources
from . import barriers, bench, kernels, kunit, selftest, stress

XEN = "4.20"
TESTS_RUN, SUITE, STRESS, BARRIERS = "tests", "KUnit", "stress", "barriers"
# {workload: (pattern of the files whose mutants run it, seconds until it is ended)}
WORKLOADS = {TESTS_RUN: ("*", 120), SUITE: ("*", 60), STRESS: ("arch/arm/xen/p2m.c", 400),
             BARRIERS: ("arch/arm/xen/dma.c", 600)}
# The kernel without a mutant must pass all workloads.
NONE = Mutant(0, "none", "", "", "", "")
# Files that decide about a result, besides the sources of the kernel.
DECIDE = ("*.[ch]", "config*", "stock-failures.ini", "test_modules/*", "stress/test_modules/*",
          "dom0/*")
JUDGES = ("runs/barriers.py", "results/*.py", "rig/trace.py", "rig/machines/virt.py")


class Impatient(virt.Virt):
    """QEMU's machine "virt", which ends at the first failure."""

    def ended(self, line: str) -> bool:
        return results.ends(line)


@dataclasses.dataclass
class Work:
    """The kernels of one run, and the store of its results."""
    tree: trees.Tree
    mutants: list[Mutant]
    store: Store
    kernels: dict[str, build.Kernel] = dataclasses.field(default_factory=dict)
    normal: barriers.Counts | None = None	# of the kernel without a mutant
    stopped: threading.Event = dataclasses.field(default_factory=threading.Event)


def all_mutants(tree: trees.Tree) -> list[Mutant]:
    """Return the mutants of the series for a tree."""
    return mutate.mutate(tree.path, patched_sources(tree, PATCHED)[0])[1]


def key_of(tree: trees.Tree) -> str:
    """Return a digest of all that decides about the results."""
    changed, _ = patched_sources(tree, MUTANTS)
    files = sorted({f for place, patterns in ((TESTS, DECIDE), (ROOT / "tools/xendma", JUDGES))
                    for pattern in patterns for f in place.glob(pattern) if f.is_file()})
    return digest(tree.package, *(x for item in changed.items() for x in item), *files)


def prepare(workload: str, mutant: Mutant) -> Boot:
    """Return the Boot of one mutant with one workload."""
    if workload == STRESS:
        boot = stress.prepare("newest", XEN, MUTANTS, kind="")
    else:
        boot = selftest.prepare("newest", XEN, MUTANTS)
    if workload == SUITE:
        boot.args = f"{MACHINES[ARCH].dom0_args} {kunit.dom0_args()}"
    if workload == BARRIERS:
        boot.args, boot.devices = bench.ARGS.format("hvc0"), list(bench.ICOUNT)
    usual = boot.emulator
    assert isinstance(usual, virt.Virt)
    boot.machine = Impatient(**{f.name: getattr(usual, f.name)
                                for f in dataclasses.fields(usual)})
    boot.args = f"{boot.args} {mutate.CHOICE}={mutant.number}"
    boot.home = BUILD / "mutants" / f"{mutant.number}-{workload}"
    return boot


def clear(boot: Boot) -> None:
    """Remove the large files of a boot, because there are hundreds; the log stays."""
    for name in ("initrd.gz", "dom0.dtb"):
        (boot.home / name).unlink(missing_ok=True)


def boot_once(work: Work, workload: str, mutant: Mutant, timeout: float) -> str:
    """Boot a mutant; return its killer, or ""."""
    boot = prepare(workload, mutant)
    vars(boot)["kernel"] = work.kernels[workload]	# in place of the cached property
    boot.home.mkdir(parents=True, exist_ok=True)
    if workload == BARRIERS:
        first = mutant == NONE and work.normal is None
        counts, killer = barriers.run(boot, work.kernels[workload], work.normal, timeout)
        clear(boot)
        if first:
            work.normal = counts
            # A second boot shows that the counts are always the same.
            return killer or boot_once(work, workload, mutant, timeout)
        return killer
    with boots.cpus_of(boot.command):
        if work.stopped.is_set():	# while it waited
            return ""
        console, timed_out = boots.run_qemu(boot.command, boot.home / "console.log", False,
                                            timeout, boot.emulator)
    clear(boot)
    if workload == SUITE:
        return results.killer_in_suite(console, timed_out)
    run = boot.result()
    boots.read_console(run, work.tree, console, timed_out)
    return results.killer(run, console)


def judge(work: Work, workload: str, mutant: Mutant) -> str:
    """Return the killer of a mutant, or ""; boot it unless its result is known."""
    known = work.store.get(mutant.name, workload)
    # Other mutants need the counts of this one.
    count = workload == BARRIERS and mutant == NONE and work.normal is None
    if known is not None and not count:
        return known
    started, timeout = time.monotonic(), WORKLOADS[workload][1]
    killer = boot_once(work, workload, mutant, timeout)
    # An interrupt within an operation can change a count, but hardly twice.
    unsure = results.UNSURE.search(killer) or killer and workload == BARRIERS
    if unsure and not work.stopped.is_set():
        killer = boot_once(work, workload, mutant, 2 * timeout)
    # After an interruption, QEMU has ended early for another reason.  A failed control is
    # not kept, so that the next run repeats it.
    if not work.stopped.is_set() and not (killer and mutant == NONE):
        work.store.add(mutant.name, workload, killer, time.monotonic() - started)
    return killer


def judge_all(work: Work, workload: str, mutants: list[Mutant]) -> list[Mutant]:
    """Judge the mutants, as many at a time as there are CPUs; return those that survive."""
    started, alive = time.monotonic(), []
    pool = futures.ThreadPoolExecutor(os.cpu_count())
    try:
        waiting = {pool.submit(judge, work, workload, m): m for m in mutants}
        for n, done in enumerate(futures.as_completed(waiting), 1):
            mutant, killer = waiting[done], done.result()
            alive += [] if killer else [mutant]
            log(f"{workload}, {n} of {len(mutants)}: {mutant.name}: "
                + (f"killed by {killer}" if killer else "survives")
                + f", {time.monotonic() - started:.0f} s")
    except BaseException:
        work.stopped.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return [m for m in mutants if m in alive]


def check(work: Work, workload: str) -> None:
    """Stop unless the kernel without a mutant passes a workload."""
    control = judge(work, workload, NONE)
    if control:
        raise UserError(f"without a mutant, {control} fails: see "
                        f"{prepare(workload, NONE).home}/console.log")
    log(f"{workload}: the kernel without a mutant passes")


def choose(mutants: list[Mutant], only: collections.abc.Iterable[str]) -> list[Mutant]:
    """Return the mutants whose names match a pattern; Stop if there are none."""
    patterns = list(only)
    found = [m for m in mutants if any(fnmatch.fnmatchcase(m.name, p) for p in patterns)]
    if not found:
        raise UserError(f"ONLY={' '.join(patterns)} matches no mutant: names are like "
                        f"{mutants[0].name}; * matches any text")
    return found


def begin(tree_name: str = "newest", path: pathlib.Path = results.RESULTS) -> Work:
    """Return the Work for a tree, with its kernel."""
    tree = trees.get(tree_name)
    work = Work(tree, all_mutants(tree), Store(key_of(tree), path))
    for workload in WORKLOADS:
        modules = (stress.MODULE,) if workload == STRESS else ()
        work.kernels[workload] = build.build(tree, MUTANTS,
                                             kernels.recipe(tree, modules=modules))
    return work


def run(only: collections.abc.Iterable[str] = ("*",)) -> tuple[Work, list[Mutant]]:
    """Judge the mutants whose names match a pattern; return (Work, these mutants)."""
    patterns = list(only)
    choose(all_mutants(trees.get("newest")), patterns)	# stop before the build
    work = begin()
    chosen = alive = choose(work.mutants, patterns)
    for workload, (files, _) in WORKLOADS.items():
        # Stop now rather than after hundreds of boots.
        if fnmatch.filter((m.file for m in chosen), files) and \
                work.store.get(NONE.name, workload) is None:
            check(work, workload)
    for workload, (files, _) in WORKLOADS.items():
        now = [m for m in alive if fnmatch.fnmatchcase(m.file, files)]
        if all(work.store.get(m.name, workload) is not None for m in now):
            alive = [m for m in alive if m not in now or not work.store.get(m.name, workload)]
            continue
        check(work, workload)
        left = judge_all(work, workload, now)
        alive = [m for m in alive if m not in now or m in left]
    return work, chosen


def text(work: Work, chosen: list[Mutant], known: list[Explanation]) -> str:
    """Return the killer of each mutant, and the survivors with their explanations."""
    lines = []
    for mutant in chosen:
        workload, killer = work.store.killed(mutant.name)
        lines.append(f"{mutant.name}: " + (f"killed by {killer} ({workload})" if killer
                                           else "survives"))
    return "\n".join([*lines, "", *results.survivors(chosen, work.store, known)])
