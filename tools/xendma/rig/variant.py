# SPDX-License-Identifier: GPL-2.0
"""The kernels to build: stock, patched, and others for tests; and their sources."""

import dataclasses
import functools
import os
import pathlib
import re
import shutil

from ..util.cpus import alone
from ..util.errors import UserError
from ..util.files import scratch_dir
from ..util.paths import BUILD
from ..util.process import run_program
from ..sources import tree as trees
from ..series import generate, patch, rules, selection
from . import mutate


@dataclasses.dataclass(frozen=True)
class Variant:
    """A kernel to build, with some or all patches of the series.

    patches -- the number of patches, None for all
    part    -- use only the patches of this part
    without -- leave out the patches of this part
    spoil   -- (old, new, old, new ...): text to replace in the patched files, for tests
               that must detect the difference
    rule    -- (path, sites, file): a rule outside the series for one file of stock
    mutants -- add all mutants, see mutate.py
    """
    name: str
    patches: int | None = None
    spoil: tuple = ()
    rule: tuple = ()
    part: str = ""
    without: str = ""
    mutants: bool = False


STOCK, PATCHED = Variant("stock", 0), Variant("patched")
MUTANTS = Variant("mutants", mutants=True)
WITHOUT_SPEED = Variant("without-speed", without="speed")
CALLERS = Variant("callers", part="callers")


def patched_files(tree: trees.Tree, patches: list[pathlib.Path]) -> dict[str, bytes]:
    """Return {name: content} of the files that the patches change."""
    with scratch_dir() as tmp:
        names = set()
        for p in patches:
            names |= set(re.findall(r"^\+\+\+ b/(\S+)", p.read_text(), re.M))
        for name in names:
            if (tree.path / name).is_file():
                (tmp / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(tree.path / name, tmp / name)
        run_program(["git", "apply", "--whitespace=nowarn", *patches], "applying the series",
                    cwd=tmp, env=dict(os.environ, GIT_CEILING_DIRECTORIES=str(tmp.parent)))
        return {name: (tmp / name).read_bytes() for name in sorted(names)}


@functools.cache
def patch_files(tree: trees.Tree) -> list[pathlib.Path]:
    """Return the patches of a Tree as files; generate them once in a process."""
    # build/series is for the user, and may have a sign-off.
    with alone("series"):
        return generate.generate(tree, BUILD / "kernel" / f"{tree.name}-series", rig=True)[1:]


def compared(tree: trees.Tree, rule: pathlib.Path, sites: int,
             file: str) -> dict[str, bytes]:
    """Return {file: content} after a rule outside the series."""
    with scratch_dir() as tmp:
        shutil.copyfile(tree.path / file, tmp / "a.c")
        rules.spatch(rule, sites, tmp / "a.c",
                     f"rule {rule.name}, file {file} of {tree.path}")
        return {file: (tmp / "a.c").read_bytes()}


def chosen(tree: trees.Tree, variant: Variant) -> list[patch.Patch]:
    """Return the patches of a variant."""
    return [p for p in selection.patches_for(tree)
            if variant.part in ("", p.part) and p.part != variant.without][:variant.patches]


def patched_sources(tree: trees.Tree, variant: Variant) -> tuple[dict[str, bytes], list[str]]:
    """Return ({name: content} of the files that differ from stock, names of the patches)."""
    if variant.rule:
        return compared(tree, *variant.rule), []
    patches = chosen(tree, variant)
    if not patches:
        return {}, []
    files = dict(zip((p.name for p in selection.patches_for(tree)), patch_files(tree)))
    changed = patched_files(tree, [files[p.name] for p in patches])
    for old, new in zip(variant.spoil[::2], variant.spoil[1::2]):
        hits = [n for n, data in changed.items() if data.count(old.encode()) == 1]
        if len(hits) != 1:
            raise UserError(f"variant {variant.name}: {old!r} is not in the patched files once")
        changed[hits[0]] = changed[hits[0]].replace(old.encode(), new.encode())
    if variant.mutants:
        changed, _ = mutate.mutate(tree.path, changed)
    return changed, [p.name for p in patches]
