# SPDX-License-Identifier: GPL-2.0
"""Write the page about a board, which a person can send to a list."""

import re

from . import board_log, boards, report
from .board_log import IN_COPY, IN_MAINTENANCE, WRONG, Facts, Outcome

MOST = 40	# unexpected lines that are shown


def version(of: str, log: str) -> str:
    """Return a version in a log, or "?"."""
    found = re.search(rf"{of} version (\S+)", log)
    return found[1] if found else "?"


def about_faults(found: list[Outcome]) -> str:
    """Return whether this CPU faults in cache maintenance, in a few lines."""
    real = [o for o in found if o.real and o.kernel == boards.STOCK]
    maintenance, copy = (sum(o.word == word for o in real) for word in (IN_MAINTENANCE, IN_COPY))
    text = (f"The stock kernel faulted in cache maintenance in {maintenance} of {len(real)} boots, "
            f"and in a copy in {copy}.\n")
    if any(o.word == WRONG for o in real):
        return text + "Some of these boots have unexpected ends, so this page says no more about " \
            "them."
    if maintenance:
        return text + "This CPU faults in cache maintenance of memory that the kernel does not map."
    return text + ("No fault came in cache maintenance: this CPU, or its emulator, does not "
                   "translate\nthe address. The detector says that the address has no "
                   "translation. This page\nproves no fault of that kind.")


def row(out: Outcome, patched: Outcome) -> str:
    """Return a row of the table of faults."""
    status, _ = patched.run.tests.get(out.only, ("did not run", ""))
    word = {"PASS": "passed", "FAIL": "FAILED", "SKIP": "skipped"}.get(status, status)
    return f"| {out.only} | {out.word} | {word} |"


def page(log: str, kit: Facts, found: list[Outcome]) -> str:
    """Return the page as Markdown; it has no name of a person or of a machine."""
    wrong = board_log.unexpected(found)
    stock, patched, mended = found[:3]
    faults = [o for o in found if o.real and o.kernel == boards.STOCK]
    lines = [
        f"# DMA memory of a Xen dom0 on {kit.board}", "",
        f"- board: {kit.board}",
        f"- Xen: {version('Xen', log)}",
        f"- Linux: {version('Linux', log)}, stock and patched "
        f"({len(kit.applied[boards.PATCHED])} patches)",
        f"- kit: {kit.kit}, {len(found)} boots",
        f"- result: {'UNEXPECTED, see below' if wrong else 'as expected'}", ""]
    if wrong:
        lines += ["## Unexpected", "", *(f"- {line}" for line in wrong[:MOST])]
        lines += [f"- and {len(wrong) - MOST} more"] if len(wrong) > MOST else []
        lines.append("")
    lines += ["## Tests", "", "The detector averts each fault in these boots, and reports it.", "",
              "```", report.table(stock.run, patched.run).rstrip(), "```", "",
              "## Real faults", "", about_faults(found), "",
              "| test | stock | patched |", "|---|---|---|", *(row(o, mended) for o in faults), ""]
    for out in faults:
        if out.trace or out.message:
            lines += [f"{out.only}, stock:", "", "```",
                      *(out.trace or [f"detector: {out.message}"]), "```", ""]
    return "\n".join(lines)
