# SPDX-License-Identifier: GPL-2.0
"""The output directory of a series: make series replaces only its own files.

A directory is ours if its cover letter ends with one of our change-ids. A
patch in it is ours if the letter lists its subject, and its number fits.
"""

import contextlib
import email.errors
import email.header
import email.parser
import os
import pathlib
import re

from ..util.errors import UserError
from ..util.signals import undisturbed
from ..sources import tree as trees

# Count of the patches, and their subjects.
Letter = tuple[int, set[str]]
TEMPORARY = ".xendma-"
OURS = re.compile(r"(?:\.xendma-)?(?:v\d+-)?(\d{4})-.*\.patch")
ZERO_COMMIT = b"From 0000000000000000000000000000000000000000 "
NUMBERED = re.compile(r"\[(?:[^]]* )?PATCH[^]]* (\d+)/(\d+)\] (.+)")
CHANGE_ID = re.compile(r"^change-id: (\S+)$", re.M)
# "A Name (2):", then a line for each subject; a continuation is indented further.
SHORTLOG = re.compile(r"^\S.* \(\d+\):\n((?:  .*\n)+)", re.M)
LONGEST = 1 << 22


def check_outdir(out: str | pathlib.Path, tree: trees.Tree, ids: set[str]) -> pathlib.Path:
    """Return the output directory; Stop if writing to it is not safe. Do not create it.

    ids -- the change-ids of this project
    """
    out = pathlib.Path(out)
    real = pathlib.Path(os.path.realpath(out))
    if pathlib.Path(os.path.realpath(tree.path)) in [real, *real.parents] and not tree.package:
        raise UserError(f"OUT={out} is in the kernel source, which is only read: name another "
                        "directory")
    try:
        others = foreign(out, ids)
    except FileNotFoundError:
        return out
    except OSError as e:
        raise _cannot_write(out, e) from None
    if others:
        raise UserError(f"OUT={out} has other files in it ({others[0]}): name an empty or a new "
                        "directory")
    return out


def _cannot_write(out: object, e: OSError) -> UserError:
    return UserError(f"OUT={out}: cannot write there: {e.strerror}; name another directory")


def foreign(out: pathlib.Path, ids: set[str]) -> list[str]:
    """Return the names of the files in out that this project did not write."""
    there = sorted(out.iterdir())
    letters = {p: found for p in there if (found := _letter(p, ids))}
    return [p.name for p in there if not _ours(p, letters)]


def _ours(path: pathlib.Path, letters: dict[pathlib.Path, Letter]) -> bool:
    if _is_temporary(path) or path in letters:
        return True
    number, count, subject = _numbered(_read(path))
    return number > 0 and any(number <= count == n and subject in subjects
                              for n, subjects in letters.values())


def _is_temporary(path: pathlib.Path) -> bool:
    """Return whether an interrupted run has left this file."""
    return path.name.startswith(TEMPORARY) and _is_file(path) and bool(OURS.fullmatch(path.name))


def _is_file(path: pathlib.Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _read(path: pathlib.Path) -> str:
    """Return the text of a file that has the form of a patch, or ""."""
    if not OURS.fullmatch(path.name) or not _is_file(path):
        return ""
    try:
        with open(path, "rb") as f:
            data = f.read(LONGEST)
    except OSError:
        return ""
    return data.decode(errors="replace") if data.startswith(ZERO_COMMIT) else ""


def _numbered(text: str) -> tuple[int, int, str]:
    """Return (number, count, subject) of a mail, or zeros."""
    subject = email.parser.HeaderParser().parsestr(text, headersonly=True)["Subject"] or ""
    try:
        subject = str(email.header.make_header(email.header.decode_header(subject)))
    except (email.errors.HeaderParseError, LookupError, ValueError):
        pass
    found = NUMBERED.fullmatch(" ".join(subject.split()))
    return (int(found[1]), int(found[2]), found[3]) if found else (0, 0, "")


def _letter(path: pathlib.Path, ids: set[str]) -> Letter | None:
    """Return (count, subjects) of a cover letter of ours, or None."""
    name = OURS.fullmatch(path.name)
    text = _read(path) if name and int(name[1]) == 0 else ""
    number, count, _ = _numbered(text)
    if number or not count or not set(ids) & set(CHANGE_ID.findall(text)):
        return None
    listed = "\n".join(block.rstrip("\n") for block in SHORTLOG.findall(text))
    return count, {" ".join(s.split()) for s in re.split(r"(?:^|\n)  (?! )", listed)}


def replace_outdir(files: list[pathlib.Path], out: pathlib.Path) -> list[pathlib.Path]:
    """Replace the series in out by another; change nothing if it cannot be written.

    The old cover letter is removed last, and the new one is written last. So
    check_outdir() accepts the files of an interrupted run.
    """
    made = [p for p in (out, *out.parents) if not p.exists()]
    new = {p.name: out / (TEMPORARY + p.name) for p in files}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for p in files:
            new[p.name].unlink(missing_ok=True)
            with open(new[p.name], "xb") as f:
                f.write(p.read_bytes())
    except BaseException as e:
        with undisturbed(), contextlib.suppress(OSError):
            for tmp in filter(_is_temporary, new.values()):
                tmp.unlink()
            for p in made:
                p.rmdir()
        if isinstance(e, OSError):
            raise _cannot_write(out, e) from None
        raise
    with undisturbed():
        for old in sorted(out.iterdir(), reverse=True):
            if old.name not in new and old not in new.values() and (_is_temporary(old)
                                                                    or _read(old)):
                old.unlink()
        for name in sorted(new, reverse=True):
            os.replace(new[name], out / name)
    return [out / name for name in sorted(new)]
