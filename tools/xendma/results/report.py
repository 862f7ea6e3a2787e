# SPDX-License-Identifier: GPL-2.0
"""Compare a run with the expected failures, and show it as a table."""

import re

from ..util.paths import ROOT
from . import expected, ktap
from .run import Run


def unexpected(run: Run) -> list[str]:
    """Return the unexpected results of a run, one line each.

    If a patch of this kernel fixes a test, the test must pass.  If only another patch for
    its tree fixes it, the test must fail as expected.  No other test may fail.
    """
    lines: list[str] = []
    due: dict[str, str] = {}
    for pattern, symptom, fixes in expected.failures_of(run):
        names = [test for test in run.tests if expected.matches(test, pattern)]
        if expected.lacks_fix(run, fixes):
            due |= {name: symptom for name in names}
        if not names and run.verdict in (ktap.PASSED, ktap.FAILED):
            lines.append(f"{pattern}: no such test ran")
    want = ktap.FAILED if due else ktap.PASSED
    if run.verdict != want:
        lines.insert(0, f"{run.verdict}: {run.detail}"
                     + (" (on a stock kernel some tests must fail)" if due else ""))
    for name, (status, message) in run.tests.items():
        if status == "SKIP" and expected.may_skip(run, name):
            continue
        if name in due and status != "FAIL":
            lines.append(f"{name}: must fail without its patch and did not ({status})")
        elif name in due and not re.search(due[name], message):
            lines.append(f"{name}: fails otherwise than named: {message}")
        elif name not in due and status == "SKIP":
            lines.append(f"{name}: skipped: {message}")
        elif name not in due and status != "PASS":
            lines.append(f"{name}: {message or 'failed'}")
    return lines


def want_failures(run: Run) -> bool:
    """Return whether some test must fail; on x86, none must."""
    return any(expected.lacks_fix(run, fixes) for _, _, fixes in expected.failures_of(run))


def summary(run: Run) -> str:
    """Return the last lines of a run, for people."""
    lines = unexpected(run)
    count = {s: sum(1 for status, _ in run.tests.values() if status == s)
             for s in ("PASS", "FAIL", "SKIP")}
    text = (f"{run.name}: {count['PASS']} tests pass, {count['FAIL']} fail, {count['SKIP']} "
            f"skipped, {run.seconds:.1f} s: ")
    if lines:
        text += "UNEXPECTED\n" + "\n".join(f"  {l}" for l in lines)
    elif want_failures(run):
        text += "as expected: no patch is for the failures" if run.applied else \
            "as expected of a stock kernel (negative control)"
    else:
        text += "as expected"
    home = run.home.relative_to(ROOT) if run.home.is_relative_to(ROOT) else run.home
    return text + f"\n  log: {home}/console.log"


WORD = {"PASS": "passed", "FAIL": "FAILED", "SKIP": "skipped", None: "did not run"}


def _row(what: str, names: list[str], *runs: Run) -> tuple[tuple[str, ...], str]:
    """Return ((row name, number, a word for each run), message of the first failure)."""
    words = []
    for run in runs:
        seen = {run.tests.get(name, (None, ""))[0] for name in names}
        words.append(WORD[seen.pop()] if len(seen) == 1 else "some FAILED")
    messages = [run.tests[name][1] for run in runs for name in names
                if run.tests.get(name, ("",))[0] == "FAIL"]
    return (what, str(len(names)), *words), messages[0].split("; ")[-1] if messages else ""


def table(stock: Run, patched: Run) -> str:
    """Return before and after as text, with the failures; each kind of tests is one row."""
    left = list(dict.fromkeys([*stock.tests, *patched.tests]))
    rows = []
    for pattern, _, _ in expected.failures_of(stock):
        names = [name for name in left if expected.matches(name, pattern)]
        left = [name for name in left if name not in names]
        if names:
            rows.append(_row(pattern, names, stock, patched))
    same: dict[tuple[str, ...], list[str]] = {}
    for name in left:
        row = _row(name, [name], stock, patched)
        if row[1] or len(set(row[0][2:])) > 1:
            rows.append(row)
        else:
            same.setdefault(row[0][2:], []).append(name)
    # If there are no other rows, show each test by its name.
    rows += [_row("others", names, stock, patched) for names in same.values()] if rows else \
        [_row(name, [name], stock, patched) for names in same.values() for name in names]
    head = ("tests", "number", f"{stock.release} stock", f"{patched.release} patched")
    width = [max(len(cells[i]) for cells in [head, *(r[0] for r in rows)]) for i in range(4)]
    out = [f"Before and after, under {stock.where}:", ""]
    for cells, message in [(head, ""), (tuple("-" * w for w in width), ""), *rows]:
        out.append("  ".join(cell.ljust(w) for cell, w in zip(cells, width)).rstrip())
        out += [f"    {message}"] if message else []
    return "\n".join(out) + "\n"
