# SPDX-License-Identifier: GPL-2.0
"""Find functions and their statements in C source in the style of the kernel.

A function body is between a line "{" and a line "}".  This is no parser of C: it knows as
much as mutate.py needs, and leaves out all else.
"""

import collections.abc
import dataclasses
import re

# Comments, strings and characters: nothing in them is code.
NO_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|'
                     r"^[ \t]*#(?:\\\n|[^\n])*", re.S | re.M)
BODY = re.compile(r"^\{\n(.*?)^\}$", re.S | re.M)
NAME = re.compile(r"([\w\s*]*?)(\w+)\s*\((?:[^()]|\([^()]*\))*\)[\w\s]*\Z")
WORD = re.compile(r"\w+")
LABEL = re.compile(r"\w+\s*:(?!:)")
# A declaration: a type, then a name.
DECLARATION = re.compile(r"(?:(?:const|static|unsigned|struct|enum|union|volatile)\s+)*"
                         r"\w+(?:\s+\w+)*?[\s*]+\w+\s*(?:\[[^]]*\]\s*)?(?:[=;,])")
ASSIGNMENT = re.compile(r"(?<![=!<>])=(?!=)")
NOT_MUTATED = ("switch", "goto", "break", "case", "default", "asm", "BUILD_BUG_ON")


@dataclasses.dataclass(frozen=True)
class Function:
    """A function; start and end are the offsets of its statements.

    returns -- its return type, as text
    """
    name: str
    returns: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class Site:
    """A part of a function that a mutant can replace as a whole.

    kind -- CONDITION (without its parentheses), VALUE of a variable in a declaration, or
            STATEMENT (with its semicolon)
    """
    kind: str
    start: int
    end: int
    function: Function


CONDITION, VALUE, STATEMENT = "condition", "value", "statement"


def mask(text: str) -> str:
    """Return a text of the same length, with spaces for all that is no code."""
    return NO_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def functions(code: str) -> collections.abc.Iterator[Function]:
    """Yield the functions of a masked text."""
    for body in BODY.finditer(code):
        head = re.split(r"[;}]|\n\s*\n", code[:body.start()].rstrip())[-1]
        found = NAME.search(head)
        if found:
            yield Function(found[2], found[1].strip(), body.start(1), body.end(1))


def closing(code: str, start: int) -> int:
    """Return the offset behind the parenthesis that closes the one at start."""
    depth = 0
    for i in range(start, len(code)):
        depth += (code[i] in "([{") - (code[i] in ")]}")
        if not depth:
            return i + 1
    raise ValueError(f"no parenthesis closes the one at {start}")


def parts(code: str, start: int, end: int, separator: str) -> list[tuple[int, int]]:
    """Return the (start, end) of the parts between separators outside of parentheses."""
    found, depth, begun = [], 0, start
    for i in range(start, end):
        depth += (code[i] in "([{") - (code[i] in ")]}")
        if code[i] == separator and not depth:
            found.append((begun, i))
            begun = i + 1
    return [*found, (begun, end)]


def stripped(code: str, start: int, end: int) -> tuple[int, int]:
    """Return (start, end) without the spaces at both ends."""
    text = code[start:end]
    return start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())


def values(code: str, start: int, end: int) -> collections.abc.Iterator[tuple[int, int]]:
    """Yield the (start, end) of each first value in a declaration; not those in braces."""
    if re.match(r"static\b", code[start:end]):
        return
    for a, b in parts(code, start, end, ","):
        sign = ASSIGNMENT.search(code, a, b)
        if sign:
            place = stripped(code, sign.end(), b)
            if place[0] < place[1] and code[place[0]] != "{":
                yield place


def sites(code: str, function: Function) -> collections.abc.Iterator[Site]:
    """Yield the sites of a function in a masked text."""
    def site(kind: str, start: int, end: int) -> Site:
        return Site(kind, *stripped(code, start, end), function)
    at = function.start
    while at < function.end:
        word = WORD.match(code, at)
        if code[at] in "{};" or code[at].isspace():
            at += 1
        elif word and word[0] in ("else", "do"):
            at = word.end()
        elif word and (word[0] in ("if", "while", "for", "switch") or "for_each" in word[0]):
            opened = code.index("(", at)
            at = closing(code, opened)
            inner = parts(code, opened + 1, at - 1, ";")
            if word[0] in ("if", "while"):
                yield site(CONDITION, opened + 1, at - 1)
            elif word[0] == "for" and code[slice(*inner[1])].strip():
                yield site(CONDITION, *inner[1])
        elif word and (found := LABEL.match(code, at)) and word[0] != "default":
            at = found.end()
        else:
            (_, end), *_ = parts(code, at, function.end, ";")
            if word and word[0] not in NOT_MUTATED:
                if word[0] != "return" and DECLARATION.match(code, at, end + 1):
                    for place in values(code, at, end):
                        yield site(VALUE, *place)
                else:
                    yield site(STATEMENT, at, end + 1)
            at = end + 1
