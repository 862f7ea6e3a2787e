# SPDX-License-Identifier: GPL-2.0
"""The results of make mutants: keep them, name the test that kills, explain survivors."""

import collections.abc
import configparser
import csv
import dataclasses
import fnmatch
import pathlib
import re
import threading
import typing

from ..util.files import write_file
from ..util.paths import BUILD, TESTS
from . import expected, ktap, report
from .run import Run

RESULTS = BUILD / "mutants/results.csv"
EXPLAINED = TESTS / "mutants.ini"
# A failed test; a line of KUnit can have a time, and is indented.
NOT_OK = re.compile(r"^(?:\[[^]]*\])?\s*not ok \d+ ([^#\n]*[^#\s])", re.M)
SUITE_PASSED = re.compile(r"^(?:\[[^]]*\])? ?ok \d+ swiotlb_xen\s*$", re.M)
# A busy machine alone can end a boot so: boot again.
UNSURE = re.compile(rf"\(({ktap.TIMEOUT}|{ktap.EARLY}|{ktap.NO_PLAN})\)$")


class Mutant(typing.Protocol):
    """The part of a mutant (see rig/mutate.py) that the results need."""
    @property
    def name(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def function(self) -> str: ...
    @property
    def old(self) -> str: ...
    @property
    def new(self) -> str: ...


@dataclasses.dataclass(frozen=True)
class Explanation:
    """A reason why mutants survive.

    pattern  -- of their names
    code     -- texts, one of which is in the line before the change; none for any line
    function -- pattern of the function
    """
    name: str
    pattern: str
    code: tuple[str, ...]
    reason: str
    function: str = "*"

    def fits(self, mutant: Mutant) -> bool:
        """Return whether it explains a mutant."""
        return fnmatch.fnmatchcase(mutant.name, self.pattern) and fnmatch.fnmatchcase(
            mutant.function, self.function) and any(
                text in mutant.old for text in self.code or ("",))


class Store:
    """Killers of mutants, kept in a file as soon as they are known.

    key -- digest of all that can change a result; results with another key do not count
    """

    def __init__(self, key: str, path: pathlib.Path = RESULTS):
        self.key, self.path, self.lock = key, path, threading.Lock()
        self.found: dict[tuple[str, str], str] = {}
        if path.exists():
            # An interruption can leave a part of a line.
            lines = path.read_text(encoding="utf-8").splitlines(True)
            whole = [line for line in lines if line.endswith("\n")]
            if whole != lines:
                write_file(path, "".join(whole))
            self.found = {(row[1], row[2]): row[3] for row in csv.reader(whole)
                          if row[0] == key}

    def get(self, name: str, workload: str) -> str | None:
        """Return the killer of a mutant, "" if it survives, None if it was not run."""
        return self.found.get((name, workload))

    def add(self, name: str, workload: str, killer: str, seconds: float) -> None:
        """Keep one result."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.lock, self.path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(
                (self.key, name, workload, killer, f"{seconds:.1f}"))
            self.found[name, workload] = killer

    def killed(self, name: str) -> tuple[str, str]:
        """Return (workload, killer) of a mutant; two empty texts if it survives."""
        return next(((workload, killer) for (other, workload), killer in self.found.items()
                     if other == name and killer), ("", ""))


def ends(line: str) -> bool:
    """Return whether a line of the console decides that a mutant is killed."""
    return any(pattern.search(line) for pattern in (NOT_OK, ktap.SPLAT, ktap.XEN))


def killer(run: Run, console: str) -> str:
    """Return the first test of a Run with an unexpected result, or ""."""
    if not report.unexpected(run):
        return ""
    for name, (status, _) in run.tests.items():
        if status == "FAIL":
            return name
        if status == "SKIP" and not expected.may_skip(run, name):
            return f"{name} (skipped)"
    begun = ktap.RUN.findall(ktap.whole_lines(console))
    if begun and begun[-1] not in run.tests:
        last = begun[-1]
    else:
        last = f"after {list(run.tests)[-1]}" if run.tests else "boot"
    return f"{last} ({run.verdict})"


def killer_in_suite(console: str, timed_out: bool) -> str:
    """Return the first KUnit case that fails, or ""."""
    failed = NOT_OK.search(console)
    if failed:
        return f"swiotlb_xen: {failed[1].strip()}"
    if ktap.SPLAT.search(console):
        return f"swiotlb_xen ({ktap.PANIC})"
    if ktap.XEN.search(console):
        return f"swiotlb_xen ({ktap.XEN_CRASH})"
    if timed_out or not SUITE_PASSED.search(console):
        return f"swiotlb_xen ({ktap.TIMEOUT if timed_out else ktap.EARLY})"
    return ""


def explanations(path: pathlib.Path = EXPLAINED) -> list[Explanation]:
    """Return the explanations in a file."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(path, encoding="utf-8")
    return [Explanation(name, ini[name]["mutants"],
                        tuple(filter(None, ini[name].get("code", "").split("\n"))),
                        " ".join(ini[name]["reason"].split()),
                        ini[name].get("function", "*")) for name in ini.sections()]


def explain(mutant: Mutant, known: list[Explanation]) -> str:
    """Return why a mutant survives, or ""."""
    return next((e.reason for e in known if e.fits(mutant)), "")


def unexpected(mutants: collections.abc.Iterable[Mutant], store: Store,
               known: list[Explanation]) -> list[str]:
    """Return a line for each survivor that nobody explains, and each killed one that has one."""
    lines = []
    for mutant in mutants:
        (_, by), why = store.killed(mutant.name), explain(mutant, known)
        if not by and not why:
            lines.append(f"{mutant.name} survives: {mutant.old} -> {mutant.new}")
        if by and why:
            lines.append(f"{mutant.name} is explained, and {by} kills it")
    return lines


def rows(mutants: collections.abc.Sequence[Mutant], store: Store,
         known: list[Explanation]) -> collections.abc.Iterator[list[str]]:
    """Yield the table: for each file, how many mutants each workload kills, and survivors."""
    workloads = list(dict.fromkeys(workload for _, workload in store.found))
    yield ["file", "mutants", *(f"killed by {w}" for w in workloads), "explained", "survive"]
    files = list(dict.fromkeys(m.file for m in mutants))
    for file in [*files, "all"]:
        those = [m for m in mutants if file in (m.file, "all")]
        by = [store.killed(m.name)[0] for m in those]
        left = [bool(explain(m, known)) for m, workload in zip(those, by) if not workload]
        yield [file, *map(str, (len(those), *map(by.count, workloads), left.count(True),
                                left.count(False)))]


def survivors(mutants: collections.abc.Iterable[Mutant], store: Store,
              known: list[Explanation]) -> collections.abc.Iterator[str]:
    """Yield lines about each survivor that has an explanation."""
    for mutant in mutants:
        why = explain(mutant, known)
        if why and not store.killed(mutant.name)[1]:
            yield f"{mutant.name}: {mutant.old} -> {mutant.new}\n  {why}"
