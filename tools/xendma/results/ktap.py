# SPDX-License-Identifier: GPL-2.0
"""Read a console log: a verdict, and the result of each test.

A run passes only with a plan, a result for each of its tests, no "not ok", and the
line of totals that kselftest prints last.  Each other end has its own name, so that no
panic looks like a clean end.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from ..util.errors import UserError

PASSED, FAILED, PANIC, XEN_CRASH, EARLY, TIMEOUT, NO_PLAN = (
    "passed", "failed", "panic or oops", "Xen crash", "ended early", "timed out", "no KTAP plan")

XEN = re.compile(r"^\(XEN\) .*(Panic on CPU|Xen BUG at|Assertion .* failed|Xen call trace|"
                 r"Hardware Dom0 crashed|FATAL).*", re.M)
SPLAT = re.compile(r"^(?!\(XEN\)|# ).*(Kernel panic|Unable to handle kernel|Internal error:|"
                   r"Oops[: -]|BUG:|kernel BUG at|WARNING:|KASAN|UBSAN|KFENCE|general protection|"
                   r"possible circular locking|blocked for more than|"
                   r"trying to register non-static key|unreferenced object|self-detected stall|"
                   r"detected (?:expedited )?stalls).*", re.M)
PLAN = re.compile(r"^1\.\.(\d+)\s*$", re.M)
RESULT = re.compile(r"^(not )?ok \d+ (\S+)")
LAST = re.compile(r"^# Totals: pass:(\d+) fail:(\d+) xfail:(\d+) xpass:(\d+) skip:(\d+) "
                  r"error:(\d+)\s*$", re.M)
# Lines of kselftest_harness.h itself: they say nothing about the cause of a failure.
RUN = re.compile(r"^# +RUN +(\S+) \.\.\.\s*$", re.M)
HARNESS = re.compile(r"# ( RUN  | +(OK|FAIL)  |Starting \d+ tests |\w+: Test failed$)")
XEN_LINE = "(XEN) "


def whole_lines(log: str) -> str:
    """Return a log without lines of Xen in the middle of others, and without empty lines.

    Linux's log and the results never mix: init writes the results to /dev/kmsg.  Xen writes a
    line of its own whenever it likes, with its newline, so the rest of the other line follows.
    """
    lines: list[str] = []
    begun = ""
    for line in log.splitlines():
        head, xen, rest = line.partition(XEN_LINE)
        if xen:
            begun += head
            lines.append(xen + rest)
            continue
        lines.append(begun + line)
        begun = ""
    return "".join(f"{line}\n" for line in [*lines, begun] if line.strip())


def classify(log: str, timed_out: bool) -> tuple[str, str]:
    """Return (verdict, detail) of a console log; timed_out -- QEMU was killed."""
    log = whole_lines(log)
    crash, splat = XEN.search(log), SPLAT.search(log)
    plan, last = PLAN.search(log), LAST.search(log)
    results = [m for m in map(RESULT.match, log.splitlines()) if m]
    if splat:
        return PANIC, splat[0].strip()
    if crash:
        return XEN_CRASH, crash[0].strip()
    if timed_out:
        return TIMEOUT, f"after {len(results)} results"
    if not plan and results:
        return NO_PLAN, f"{len(results)} results without a plan"
    if not plan:
        return EARLY, "before the first test"
    names = {m[2] for m in results}
    if not last or len(names) != int(plan[1]):
        return EARLY, f"{len(results)} of {plan[1]} results"
    begun = set(RUN.findall(log))
    if begun and begun != names:
        return EARLY, f"no result of {min(begun ^ names)}"
    counts = [int(n) for n in last.groups()]
    bad, skipped = sum(1 for m in results if m[1]), counts[4]
    if bad != counts[1] + counts[5] or sum(counts) != int(plan[1]):
        return FAILED, f"{bad} results are not ok; {last[0].strip('# ')}"
    if bad:
        return FAILED, f"{bad} of {plan[1]} tests"
    return PASSED, f"{len(results)} tests, {skipped} skipped"


def comments(log: str) -> dict[str, str]:
    """Return {test: its messages}."""
    messages: list[str] = []
    found = {}
    for line in whole_lines(log).splitlines():
        result = RESULT.match(line)
        if result:
            found[result[2]] = "; ".join(messages)
            messages = []
        elif line.startswith("# ") and not HARNESS.match(line):
            messages.append(line[2:].strip())
    return found


def statuses(log: str, source: pathlib.Path) -> dict[str, str]:
    """Return {test: PASS, FAIL or SKIP} from the kernel's own KTAP parser."""
    kunit = source / "tools/testing/kunit/kunit.py"
    with tempfile.TemporaryDirectory() as tmp:
        result = os.path.join(tmp, "result.json")
        # kunit.py exits with 1 if a test failed, so read only its file.
        done = subprocess.run([sys.executable, str(kunit), "parse", f"--json={result}"],
                              input=whole_lines(log), text=True, capture_output=True,
                              env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
        try:
            with open(result, encoding="utf-8") as f:
                group = json.load(f)
        except (OSError, ValueError):
            lines = done.stderr.strip().splitlines() or ["it wrote no result"]
            raise UserError(f"{kunit}: {lines[-1]}") from None
    return {case["name"]: case["status"] for case in group["test_cases"]}
