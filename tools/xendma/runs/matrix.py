# SPDX-License-Identifier: GPL-2.0
"""make check-all: every tree, Xen and architecture, and every test of make check.

One cell is one boot, the static checks of a kernel, or one file of tests.  Run a cell
unless it passed with the same inputs.  Continue after a failed cell.
"""

import collections.abc
import contextlib
import dataclasses
import datetime
import email
import fnmatch
import functools
import json
import pathlib
import re
import shutil
import time
import typing
from concurrent import futures

from ..util.archs import ARCH, COMPILERS
from ..util.errors import UserError, log
from ..util.files import digest, write_file
from ..util.paths import BUILD, ROOT
from ..util.process import run_program
from ..sources import debian, hypervisor, toolstack
from ..results import html, report
from ..rig.machines import MACHINES
from ..rig.variant import PATCHED, STOCK
from . import demo, domains, drivers, inputs, kunit, selftest, static, testfile

# Unexpected results, and a summary.
Outcome = tuple[list[str], str]
Result = dict[str, typing.Any]
HOME = BUILD / "report"
PASSED, FAILED = "passed", "FAILED"
VARIANTS = {"stock": STOCK, "patched": PATCHED}


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell; the row names its kernel or tests, the column its Xen or kind.

    stage    -- of the tests
    parallel -- whether its tests boot nothing, so that they can run at the same time
    """
    row: str
    column: str
    tree: str = ""
    arch: str = ""
    xen: str = ""
    variant: str = ""
    tests: str = ""
    stage: str = "all"
    parallel: bool = False

    @property
    def name(self) -> str:
        tests = f"{self.tests}-{self.stage}" if self.stage != "all" else self.tests
        return tests or f"{self.tree}-{self.arch}-" + (
            f"xen{self.xen}-{self.variant}" if self.xen else self.column.split()[0].lower())


def boots() -> list[Cell]:
    """Return the cells that are boots, one kernel after another."""
    return [Cell(f"{tree} {arch} {variant}", f"Xen {xen}", tree, arch, xen, variant)
            for arch in MACHINES for tree in debian.names("tree") for variant in VARIANTS
            for xen in hypervisor.versions(arch)]


def static_checks() -> list[Cell]:
    """Return the cells that are static checks, of each tree and architecture."""
    return [Cell(f"{tree} {arch}", "static checks", tree, arch)
            for arch in COMPILERS for tree in debian.names("tree")]


def demos() -> list[Cell]:
    """Return the cells that are make demo: stock and patched in one."""
    return [Cell(f"newest {arch} demo", f"Xen {xen}", "newest", arch, xen, "demo")
            for arch in MACHINES for xen in hypervisor.versions(arch)]


def suites() -> list[Cell]:
    """Return the cells that are the KUnit suite, without Xen and under each Xen."""
    return [Cell(f"{tree} {arch}", "KUnit", tree, arch) for arch in COMPILERS
            for tree in kunit.trees_with_suite()]


def tests() -> list[Cell]:
    """Return the cells that are files of tests."""
    names = sorted(p.stem for p in (ROOT / "tools/tests").glob("test_*.py"))
    return [Cell(name, "", tests=name) for name in names]


def cells() -> list[Cell]:
    """Return all cells."""
    return [*boots(), *demos(), *suites(), *static_checks(), *tests()]


def chosen(cells: list[Cell], only: list[str], examples: str) -> list[Cell]:
    """Return the cells whose names match a pattern; Stop if there are none."""
    found = [c for c in cells if any(fnmatch.filter((c.name, c.tests), p) for p in only)]
    if not found:
        raise UserError(f"ONLY={' '.join(only)} matches no cell: names are like {examples}; "
                        "* matches any text")
    return found


def project() -> dict[str, str]:
    """Return {file of the project: its digest}; any of them may change a result."""
    names = run_program(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                        "listing the project's files", cwd=ROOT).split("\0")
    return {n: digest(ROOT / n) for n in sorted(filter(None, names)) if (ROOT / n).is_file()}


def without_text(name: str, whole: str) -> str:
    """Return the digest of a file of project(); of a patch, without its message."""
    if not re.match(r"series/\d{4}-", name) or not (ROOT / name).is_file():
        return whole
    headers = email.message_from_bytes((ROOT / name).read_bytes()).items()
    return digest(json.dumps([(k, v) for k, v in headers if k not in ("Subject", "Date")]))


@functools.cache
def version(program: str) -> str:
    """Return the version of a program, or "none"."""
    path = shutil.which(program)
    if not path:
        return "none"
    return run_program([path, "--version"], f"asking {program}").splitlines()[0]


def programs(cell: Cell) -> list[str]:
    """Return the programs of the machine that a result depends on."""
    compiler = [COMPILERS[cell.arch] + "gcc"] if cell.arch else \
        [prefix + "gcc" for prefix in COMPILERS.values()]
    machines = [MACHINES[cell.arch]] if cell.arch else MACHINES.values()
    return [*compiler, *(m.qemu for m in machines), "spatch",
            *(f"clang-{n}" for n in range(14, 30)), "ld", "dtc"]


def key(cell: Cell, project_files: dict[str, str]) -> str:
    """Return a digest of the inputs of a result: project, packages, programs."""
    besides = inputs.BESIDES if cell.variant == "demo" else inputs.BESIDES + inputs.DEMO
    files = project_files if cell.tests else {
        n: without_text(n, d) for n, d in project_files.items()
        if not any(fnmatch.fnmatchcase(n, pattern) for pattern in besides)}
    sections = debian.of_one_package()
    if cell.tree and cell.column != "KUnit":	# KUnit boots under every Xen
        sections = ["tree " + cell.tree, "tree 6.1"]	# kunit.py of 6.1 reads the logs of 5.10
    if cell.xen:
        sections += [f"{hypervisor.section('xen', cell.arch)} {cell.xen}",
                     hypervisor.section("busybox", cell.arch)]
        if (cell.variant, cell.arch) == ("demo", ARCH):
            sections += drivers.SECTIONS
            sections += toolstack.sections(cell.xen) if cell.xen in domains.XENS else []
    chosen = [debian.describe(s) for s in sections]
    return digest(json.dumps(files), cell, json.dumps(chosen, sort_keys=True),
                  *map(version, programs(cell)))


def do_boot(cell: Cell, log: pathlib.Path) -> Outcome:
    got = selftest.run(cell.tree, cell.xen, VARIANTS[cell.variant], show=False, arch=cell.arch)
    shutil.copyfile(got.home / "console.log", log)
    lines = report.unexpected(got)
    count = [sum(1 for status, _ in got.tests.values() if status == s)
             for s in ("PASS", "FAIL", "SKIP")]
    return lines, "{} pass, {} fail, {} skipped".format(*count)


def do_demo(cell: Cell, log: pathlib.Path) -> Outcome:
    pairs, faults = demo.compare(cell.xen, cell.arch)
    logs = [(run.home / "console.log").read_text() for pair in pairs for run in pair]
    write_file(log, "\n".join([demo.text(pairs), *logs]))
    return faults, "stock and patched"


def do_static(cell: Cell, log: pathlib.Path) -> Outcome:
    rows = static.table(cell.tree, cell.arch)
    write_file(log, static.text(rows) + "\n")
    done = [r for r in rows if r[1] is not None]
    return [f"{name}: {line}" for name, _, _, new in rows for line in new], \
        f"{len(done)} checks, {len(rows) - len(done)} left out"


def do_suite(cell: Cell, log: pathlib.Path) -> Outcome:
    results = kunit.run(cell.tree, cell.arch, hypervisor.versions(cell.arch))
    write_file(log, kunit.table(results) + "\n")
    return kunit.unexpected(results, cell.arch), \
        f"{max(map(len, results.values())) - 1} cases, {', '.join(results)}"


def do_tests(cell: Cell, log: pathlib.Path) -> Outcome:
    return testfile.run(cell.tests, cell.stage, cell.parallel, log)


def do(cell: Cell) -> Result:
    """Return the result of a cell; run it unless it passed with the same inputs."""
    note, log = HOME / "cells" / f"{cell.name}.json", HOME / "logs" / f"{cell.name}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    now = key(cell, project())
    try:
        result = json.loads(note.read_text())
        if result["key"] == now and result["status"] == PASSED and log.exists():
            return result | {"again": False}
    except (OSError, ValueError, KeyError):
        pass
    note.unlink(missing_ok=True)
    started = time.monotonic()
    try:
        look = do_tests if cell.tests else do_demo if cell.variant == "demo" else \
            do_boot if cell.xen else do_suite if cell.column == "KUnit" else do_static
        faults, detail = look(cell, log)
    except UserError as e:
        faults, detail = [str(e)], str(e)
        write_file(log, str(e) + "\n")
    if key(cell, project()) != now:
        faults.append("the project changed during the run: run it again")
    result = {"key": now, "status": FAILED if faults else PASSED, "detail": detail, "wrong": faults,
              "seconds": time.monotonic() - started,
              "when": datetime.datetime.now().isoformat(timespec="seconds")}
    write_file(note, json.dumps(result, indent=1) + "\n")
    return result | {"again": True}


def table(cells: collections.abc.Sequence[Cell], results: dict[Cell, Result]) -> str:
    """Return the matrix as text: a row for each kernel, a column for each Xen."""
    columns = list(dict.fromkeys(c.column for c in cells))
    rows = list(dict.fromkeys(c.row for c in cells))
    wide = max(map(len, rows)) + 2
    lines = ["".ljust(wide) + "".join(c.ljust(20) for c in columns)]
    for row in rows:
        here = {c.column: results[c] for c in cells if c.row == row and c in results}
        words = [" ".join(filter(None, (
            here[c]["status"], f"{here[c]['seconds']:.0f} s" if here[c]["again"] else "before")))
                 if c in here else "-" if c else "" for c in columns]
        lines.append((row.ljust(wide) + "".join(w.ljust(20) for w in words)).rstrip())
    return "\n".join(lines)


def finished(cells: collections.abc.Sequence[Cell],
             workers: int) -> collections.abc.Iterator[tuple[Cell, Result]]:
    """Yield each cell with its result.

    workers -- the number of cells at a time; parallel cells run alone, after the others
    """
    several = [c for c in cells if workers > 1 and not c.parallel]
    with futures.ThreadPoolExecutor(workers) as pool, contextlib.ExitStack() as interrupted:
        interrupted.callback(pool.shutdown, wait=False, cancel_futures=True)
        interrupted.callback(testfile.stop)
        waiting = {pool.submit(do, c): c for c in several}
        for done in futures.as_completed(waiting):
            yield waiting[done], done.result()
        interrupted.pop_all()
    for cell in cells:
        if cell not in several:
            yield cell, do(cell)


def check(cells: collections.abc.Sequence[Cell], workers: int = 1) -> int:
    """Run the cells, several at a time; print the matrix; return the exit status."""
    started, results = time.monotonic(), {}
    for number, (cell, r) in enumerate(finished(cells, workers), 1):
        results[cell] = r
        log(f"{number} of {len(cells)}: {cell.name}: {r['status']}, {r['detail']}, "
            + (f"{r['seconds']:.0f} s" if r["again"] else f"not run again, passed on {r['when']}"))
        # The page shows the progress.
        write_file(HOME / "index.html", html.html(cells, results))
    print(table(cells, results) + "\n")
    for cell, r in results.items():
        for line in r["wrong"]:
            print(f"{cell.name}: {line}")
    ran = sum(1 for r in results.values() if r["again"])
    took = sorted(((r["seconds"], c.name) for c, r in results.items()), reverse=True)
    print(f"took {time.monotonic() - started:.0f} s; {ran} of {len(cells)} cells were run; one "
          f"run of each takes {sum(seconds for seconds, _ in took):.0f} s, the longest:"
          + "".join(f"\n  {seconds:6.0f} s  {name}" for seconds, name in took[:8]))
    bad = sum(1 for r in results.values() if r["status"] != PASSED)
    print(f"page: {HOME}/index.html\n{len(cells) - bad} passed, {bad} failed")
    return 1 if bad else 0
