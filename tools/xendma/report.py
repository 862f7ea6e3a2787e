# SPDX-License-Identifier: GPL-2.0
"""What a run means: against the negative control, and as a table."""

import configparser
import fnmatch
import re

from . import kernel, verdict
from .common import ROOT

CONTROL = kernel.TESTS / "stock-failures.ini"
# It needs a machine that checks alignment on device memory.
MAY_SKIP = {"control.unaligned"}


def control():
    """[(pattern of test names, symptom, patch)] of the stock kernel."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(CONTROL, encoding="utf-8")
    return [(s, ini[s]["symptom"], ini[s]["patch"]) for s in ini.sections()]


def wrong(run):
    """What is not as it must be in a run, one line each; [] if nothing.

    What the patches in it mend must pass, what others mend must fail as the
    negative control says, and nothing else may fail.
    """
    lines, due, mended = [], {}, set()
    for pattern, symptom, mender in control():
        names = fnmatch.filter(run.tests, pattern)
        if mender in run.applied:
            mended |= set(names)
        else:
            due |= {name: symptom for name in names}
        if not names:
            lines.append(f"{pattern}: no such test ran")
    want = verdict.FAILED if due else verdict.PASSED
    if run.verdict != want:
        lines.insert(0, f"{run.verdict}: {run.detail}"
                     + (" (on a stock kernel some tests must fail)" if due else ""))
    for name, (status, said) in run.tests.items():
        if name in due and status != "FAIL":
            lines.append(f"{name}: must fail without its patch and did not ({status})")
        elif name in due and not re.search(due[name], said):
            lines.append(f"{name}: fails otherwise than named: {said}")
        elif name not in due and status == "SKIP" and (name in mended or name not in MAY_SKIP):
            lines.append(f"{name}: skipped: {said}")
        elif name not in due and status not in ("PASS", "SKIP"):
            lines.append(f"{name}: {said or 'failed'}")
    return lines


def summary(run):
    """The last lines of a run, for people."""
    lines = wrong(run)
    count = {s: sum(1 for status, _ in run.tests.values() if status == s)
             for s in ("PASS", "FAIL", "SKIP")}
    text = (f"{run.name}: {count['PASS']} tests pass, {count['FAIL']} fail, {count['SKIP']} "
            f"skipped, {run.seconds:.1f} s: ")
    if lines:
        text += "NOT as it must be\n" + "\n".join(f"  {l}" for l in lines)
    else:
        text += "as it must be" if run.applied else "as a stock kernel must (negative control)"
    home = run.home.relative_to(ROOT) if run.home.is_relative_to(ROOT) else run.home
    return text + f"\n  log: {home}/console.log"


def _cell(test):
    if test is None:
        return "did not run"
    status, said = test
    return {"PASS": "passed", "SKIP": "skipped"}.get(status) or f"FAILED: {said}"


def table(stock, patched):
    """Before and after, as text: the tests that differ or fail, then the rest."""
    names = list(dict.fromkeys([*stock.tests, *patched.tests]))
    rows, same = [], {}
    for name in names:
        a, b = _cell(stock.tests.get(name)), _cell(patched.tests.get(name))
        if a == b and a in ("passed", "skipped"):
            same[a] = same.get(a, 0) + 1
        else:
            rows.append((name, a, b))
    rows += [(f"{n} other test{'s' if n > 1 else ''}", s, s) for s, n in same.items()]
    head = ("test", f"{stock.release} stock", f"{patched.release} patched")
    width = [max(len(r[i]) for r in [head, *rows]) for i in range(3)]
    out = [f"Before and after, under Xen {stock.xen}:", ""]
    for row in (head, tuple("-" * w for w in width), *rows):
        out.append("  ".join(cell.ljust(w) for cell, w in zip(row, width)).rstrip())
    return "\n".join(out) + "\n"
