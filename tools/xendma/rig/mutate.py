# SPDX-License-Identifier: GPL-2.0
"""Make one kernel with all mutants of the series; the kernel argument selects one.

A mutant changes one line, by a rule.  Each condition, value or statement stands once for
each of its mutants, and once as it was.  "xen_dma_mutant=17" selects mutant 17.
"""

import collections.abc
import dataclasses
import difflib
import fnmatch
import pathlib

from ..util.errors import UserError
from . import cfunction, mutation_rules
from .mutation_rules import Change

CHOICE = "xen_dma_mutant"
# Patterns of files without mutants, and the reason; the first that matches counts.
LEFT_OUT = {
    "*[!.][!ch]": "no C source",
    "drivers/xen/tests/*": "the KUnit suite, a test itself",
    "arch/x86/*": "not in a kernel for arm64",
    "drivers/xen/swiotlb-xen.c": "not in a kernel for arm64 with the part speed",
    "*.h": "a header: a change compiles much of the kernel again",
    "drivers/*": "a driver, which make demo tests",
}
# At the end of one file: the variable, set before any code of the series runs.
DEFINITION = f"""
#include <linux/init.h>
#include <linux/kstrtox.h>

int {CHOICE};

static int __init {CHOICE}_set(char *text)
{{
	return kstrtoint(text, 0, &{CHOICE});
}}
early_param("{CHOICE}", {CHOICE}_set);
"""
Sources = dict[str, bytes]


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One mutant.

    name     -- FILE:LINE:RULE, with -2 and so on for a second one
    function -- the function that it changes
    old, new -- the line before and after
    """
    number: int
    name: str
    file: str
    function: str
    old: str
    new: str


def reason_to_leave_out(name: str) -> str:
    """Return why a file has no mutants, or ""."""
    return next((why for pattern, why in LEFT_OUT.items()
                 if fnmatch.fnmatchcase(name, pattern)), "")


def changed_lines(old: str, new: str) -> set[int]:
    """Return the numbers of the lines of new that old has not, from 1."""
    blocks = difflib.SequenceMatcher(None, old.splitlines(), new.splitlines(),
                                     autojunk=False).get_opcodes()
    return {line + 1 for tag, _, _, start, end in blocks if tag in ("insert", "replace")
            for line in range(start, end)}


def apply(text: str, change: Change, start: int, end: int) -> str:
    """Return the text from start to end with a change."""
    return text[start:change.start] + change.new + text[change.end:end]


def describe(text: str, change: Change) -> tuple[str, str]:
    """Return the line of a change before and after, without spaces at its ends."""
    start = text.rfind("\n", 0, change.start) + 1
    end = text.find("\n", change.end)
    return text[start:end].strip(), apply(text, change, start, end).strip()


def choose(kind: str, text: str, variants: list[tuple[int, str]]) -> str:
    """Return C that selects one of the variants of a site, or its text.

    variants -- [(number of the mutant, text)]
    """
    if kind == cfunction.STATEMENT:
        tests = [f"if ({CHOICE} == {number}) {{ {new} }} else " for number, new in variants]
        return "{ " + "".join(tests) + "{ " + text + " } }"
    # The branches of a condition can be pointers and numbers.
    truth = "!!" if kind == cfunction.CONDITION else ""
    tests = [f"{CHOICE} == {number} ? {truth}({new}) : " for number, new in variants]
    return "(" + "".join(tests) + f"{truth}({text}))"


def mutate_file(name: str, old: str, text: str,
                first: int) -> tuple[str, list[Mutant]]:
    """Return (C with all mutants, the mutants) of a file; first -- number of the first."""
    code, lines = cfunction.mask(text), changed_lines(old, text)
    mutants: list[Mutant] = []
    out, done = [], 0
    seen: dict[str, int] = {}
    for function in cfunction.functions(code):
        for site in cfunction.sites(code, function):
            variants = []
            for change in mutation_rules.changes(code, site):
                line = text.count("\n", 0, change.start) + 1
                if line not in lines:
                    continue
                number = first + len(mutants)
                variants.append((number, apply(text, change, site.start, site.end)))
                what = f"{name}:{line}:{change.rule}"
                seen[what] = seen.get(what, 0) + 1
                mutants.append(Mutant(number, what + (f"-{seen[what]}" if seen[what] > 1 else ""),
                                      name, function.name, *describe(text, change)))
            if variants:
                out += [text[done:site.start],
                        choose(site.kind, text[site.start:site.end], variants)]
                done = site.end
    # In the first line, so that the numbers of the next lines stay.
    head = f"extern int {CHOICE}; " if mutants else ""
    return head + "".join(out) + text[done:], mutants


def mutate(stock: pathlib.Path, patched: Sources) -> tuple[Sources, list[Mutant]]:
    """Return ({name: content} with all mutants, the mutants).

    stock   -- the directory of the stock source
    patched -- {name: content} of the files that the series changes
    """
    sources = dict(patched)
    mutants: list[Mutant] = []
    for name in sorted(patched):
        if reason_to_leave_out(name):
            continue
        old = (stock / name).read_text() if (stock / name).exists() else ""
        text, found = mutate_file(name, old, patched[name].decode(), len(mutants) + 1)
        if found and not mutants:
            text += DEFINITION
        mutants += found
        sources[name] = text.encode()
    if not mutants:
        raise UserError("the series has no line to change for a mutant")
    return sources, mutants


def left_out(patched: Sources) -> collections.abc.Iterator[tuple[str, str]]:
    """Yield (name, reason) of each file of the series without mutants."""
    for name in sorted(patched):
        why = reason_to_leave_out(name)
        if why:
            yield name, why
