# SPDX-License-Identifier: GPL-2.0
"""Read a console log: a verdict, and the result of each test.

A run passes only with a plan, a result for each of its tests, no "not ok", and the
last line of the test program.  Each other end has its own name, so that no panic looks
like a clean end.
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
                   r"self-detected stall|detected stalls).*", re.M)
PLAN = re.compile(r"^1\.\.(\d+)\s*$", re.M)
RESULT = re.compile(r"^(not )?ok \d+ (\S+)")
LAST = re.compile(r"^# xen-dma-test complete: pass:(\d+) fail:(\d+) skip:(\d+)\s*$", re.M)


def classify(log: str, timed_out: bool) -> tuple[str, str]:
    """Return (verdict, detail) of a console log; timed_out -- QEMU was killed."""
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
    if not last or len({m[2] for m in results}) != int(plan[1]):
        return EARLY, f"{len(results)} of {plan[1]} results"
    bad = sum(1 for m in results if m[1])
    if bad != int(last[2]):
        return FAILED, f"{bad} results are not ok, the last line counts {last[2]}"
    if bad:
        return FAILED, f"{bad} of {plan[1]} tests"
    return PASSED, f"{len(results)} tests, {last[3]} skipped"


def comments(log: str) -> dict[str, str]:
    """Return {test: its messages}."""
    messages: list[str] = []
    found = {}
    for line in log.splitlines():
        result = RESULT.match(line)
        if result:
            found[result[2]] = "; ".join(messages)
            messages = []
        elif line.startswith("# "):
            messages.append(line[2:].strip())
    return found


def statuses(log: str, source: pathlib.Path) -> dict[str, str]:
    """Return {test: PASS, FAIL or SKIP} from the kernel's own KTAP parser."""
    kunit = source / "tools/testing/kunit/kunit.py"
    with tempfile.TemporaryDirectory() as tmp:
        result = os.path.join(tmp, "result.json")
        # kunit.py exits with 1 if a test failed, so read only its file.
        done = subprocess.run([sys.executable, str(kunit), "parse", f"--json={result}"],
                              input=log, text=True, capture_output=True,
                              env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
        try:
            with open(result, encoding="utf-8") as f:
                group = json.load(f)
        except (OSError, ValueError):
            lines = done.stderr.strip().splitlines() or ["it wrote no result"]
            raise UserError(f"{kunit}: {lines[-1]}") from None
    return {case["name"]: case["status"] for case in group["test_cases"]}
