# SPDX-License-Identifier: GPL-2.0
"""The rules that make mutants of C source: each changes one place in one line."""

import collections.abc
import dataclasses
import re

from .cfunction import CONDITION, STATEMENT, Site

# {name of a rule: its work, for people}
RULES = {
    "negate": "negate a condition",
    "compare": "< and <=, > and >=, == and !=",
    "logic": "&& and ||",
    "sign": "+ and -",
    "bits": "& and |",
    "shift": "<< and >>",
    "number": "0 and 1; add 1 to another number",
    "truth": "true and false",
    "not": "leave out a !",
    "drop": "leave out a call, an assignment or a continue",
    "return": "return another value: 0, an error, NULL, or the opposite",
}
SWAPS = {"compare": ("<", "<=", ">", ">=", "==", "!="), "logic": ("&&", "||"),
         "sign": ("+", "-", "+=", "-="), "bits": ("&", "|", "&=", "|="), "shift": ("<<", ">>"),
         "truth": ("true", "false")}
# {token: (rule, the other token)}
SWAP = {a: (rule, b) for rule, tokens in SWAPS.items()
        for pair in zip(tokens[::2], tokens[1::2]) for a, b in (pair, pair[::-1])}
TOKEN = re.compile(r"\w+|<<=|>>=|->|\+\+|--|&&|\|\||<<|>>|[-+*/%&|^=!<>]=|[^\s\w]")
NUMBER = re.compile(r"(\d+)([uUlL]*)$")
# Words before an operator that has one operand, and tokens before an operand.
NO_OPERAND = ("return", "sizeof", "case")
BEFORE_OPERAND = ("return", "=", "(", ",", "&&", "||")
# Functions that only print; the text of a message is no subject of a test.
PRINTS = re.compile(r"(pr_|dev_(?!WARN))\w+\(")


@dataclasses.dataclass(frozen=True)
class Change:
    """A change of the text from start to end, which lies in one line."""
    rule: str
    start: int
    end: int
    new: str


def tokens(code: str, start: int, end: int) -> list[re.Match[str]]:
    """Return the tokens of a masked text."""
    return list(TOKEN.finditer(code, start, end))


def is_operand(token: str) -> bool:
    """Return whether a token ends an operand, so that the next operator has two."""
    return token in (")", "]") or bool(re.match(r"\w", token)) and token not in NO_OPERAND


def casts(found: list[re.Match[str]], i: int) -> bool:
    """Return whether the parenthesis before token i ends a cast, such as (phys_addr_t)."""
    words = [token[0] for token in found[:i]]
    if words[-1:] != [")"] or "(" not in words:
        return False
    opened = len(words) - 1 - words[::-1].index("(")
    inner = words[opened + 1:-1]
    return bool(inner) and inner[-1] in ("*", "long", "int") and not (
        opened and re.match(r"\w", words[opened - 1]) and words[opened - 1] not in NO_OPERAND)


def in_expression(code: str, site: Site) -> collections.abc.Iterator[Change]:
    """Yield the changes of single tokens in a site."""
    found = tokens(code, site.start, site.end)
    for i, token in enumerate(found):
        before = found[i - 1][0] if i else ""
        number = NUMBER.match(token[0])
        if token[0] in SWAP:
            rule, other = SWAP[token[0]]
            if rule == "truth" or is_operand(before) and not casts(found, i):
                yield Change(rule, token.start(), token.end(), other)
        elif token[0] == "?" and re.match(r"\w", before) and (
                i < 2 or found[i - 2][0] in BEFORE_OPERAND):
            yield Change("negate", found[i - 1].start(), found[i - 1].start(), "!")
        elif number and not (before == "-" and found[i - 2:i - 1] and not is_operand(
                found[i - 2][0])):
            value = {"0": "1", "1": "0"}.get(number[1], str(int(number[1]) + 1))
            yield Change("number", token.start(), token.end(), value + number[2])
        elif token[0] == "!":
            yield Change("not", token.start(), token.end(), "")


def other_value(value: str, returns: str) -> str | None:
    """Return another value to return from a function; None if there is none.

    returns -- the return type
    """
    kind = returns.split()[-1] if returns.split() else ""
    if "*" in returns:
        return None if value == "NULL" else "NULL"
    if kind == "bool":
        return None if value in ("true", "false") else f"!({value})"
    if kind == "dma_addr_t":
        return "0" if value == "DMA_MAPPING_ERROR" else "DMA_MAPPING_ERROR"
    if kind in ("int", "long"):
        return None if value in ("0", "1") else "0"
    return None


def one_opposite(code: str, start: int, end: int) -> bool:
    """Return whether another rule makes the opposite of a condition, too."""
    words = [token[0] for token in tokens(code, start, end)]
    return not {"&&", "||"} & set(words) and bool({"!", "==", "!="} & set(words))


def changes(code: str, site: Site) -> collections.abc.Iterator[Change]:
    """Yield the changes of a site in a masked text."""
    text = code[site.start:site.end]
    one_line = "\n" not in text
    if site.kind == CONDITION and one_line and not one_opposite(code, site.start, site.end):
        yield Change("negate", site.start, site.end, f"!({text})")
    if site.kind == STATEMENT:
        if PRINTS.match(text):
            return
        if not re.match(r"return\b", text):
            # The rest of a statement that has several lines stays.
            yield Change("drop", site.start, site.start, "if (0) ")
        elif one_line:
            value = text[len("return"):-1].strip()
            new = other_value(value, site.function.returns) if value else None
            opposite = new is not None and new.startswith("!")
            if new is not None and not (opposite and one_opposite(code, site.start, site.end)):
                yield Change("return", site.start, site.end, f"return {new};")
    yield from in_expression(code, site)
