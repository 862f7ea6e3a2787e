# SPDX-License-Identifier: GPL-2.0
"""Select the patches for one kernel tree."""

import email.message
import textwrap

from ..util.errors import UserError, log
from ..util.versions import in_window
from ..sources import tree as trees
from . import patch

MAIN_FILE = "drivers/xen/swiotlb-xen.c"


def select(tree: trees.Tree, patches: list[patch.Patch]) -> list[patch.Patch]:
    """Return the patches for this tree; Stop if there are none."""
    if not tree.has_file(MAIN_FILE):
        raise UserError(f"{tree.path} (Linux {tree.release}) has no {MAIN_FILE}: there is nothing "
                        "to patch; name the full source of a kernel with Xen support")
    chosen = [p for p in patches if p.is_for(tree)]
    if not chosen:
        verdict, because = patch.not_served(tree.version) or (
            "not supported", "series/ has no patch for this version")
        raise UserError(f"{tree.path} (Linux {tree.release}): {verdict}, because {because}")
    return chosen


def left_out(tree: trees.Tree, patches: list[patch.Patch]) -> list[str]:
    """Return a note for each patch of the tree's version that finds no code to change."""
    notes = []
    for p in patches:
        lacking = [c for c in p.wants if not c.line_in(tree)]
        if lacking and in_window(p.kernels, tree.version):
            notes.append(f"A patch for this version is left out here:\n{p.name}\n"
                         f"({lacking[0].name} has no code like {lacking[0].pattern})\n")
            log(f"{tree.path}: " + notes[-1].strip().replace("\n", " "))
    return notes


def drop_applied(tree: trees.Tree,
                 chosen: list[patch.Patch]) -> tuple[list[patch.Patch], list[str]]:
    """Return (patches that the tree lacks, notes about the others)."""
    already = {p.name: p.already_in(tree) for p in chosen}
    left = [p for p in chosen if not already[p.name]]
    if not left:
        verdict, because = patch.not_served(tree.version) or ("", "")
        raise UserError(f"{tree.path} (Linux {tree.release})" + (
            f": {verdict}, because {because}" if verdict else
            f" has the series already: {next(iter(already.values()))}"))
    notes = [f"This tree has a patch already, which is left out here:\n{name}\n({line})\n"
             for name, line in already.items() if line]
    for note in notes:
        log(f"{tree.path}: " + note.strip().replace("\n", " "))
    return left, notes


def patches_for(tree: trees.Tree) -> list[patch.Patch]:
    """Return the patches for a tree that it does not have already."""
    return drop_applied(tree, select(tree, patch.load()))[0]


def has_part(tree: trees.Tree, part: str) -> bool:
    """Return whether the series for a tree has a patch of this part."""
    return any(p.part == part for p in patches_for(tree))


def split_at_part(tree: trees.Tree, chosen: list[patch.Patch],
                  part: str | None) -> tuple[list[patch.Patch], list[patch.Patch]]:
    """Return (patches before a part, patches of the part)."""
    if not part:
        return [], chosen
    order = patch.PARTS.index(part)
    mine = [p for p in chosen if p.part == part]
    if not mine:
        raise UserError(f"{tree.path} (Linux {tree.release}): part {part} has no patch for it, "
                        "or it has them already")
    return [p for p in chosen if patch.PARTS.index(p.part) < order], mine


def cover_letter(tree: trees.Tree, chosen: list[patch.Patch]) -> email.message.Message:
    """Return the cover letter of these patches: of their part, or of all parts."""
    parts = {p.part for p in chosen}
    return patch.letter(tree.version, parts.pop() if len(parts) == 1 else None)


def listing(patches: list[patch.Patch]) -> str:
    """Return the series on one screen: number, part, window, subject; files and reason."""
    rows = [f"{'patch':6}{'part':9}{'kernels':11}subject; because; files"]
    for p in patches:
        names = ", ".join(dict.fromkeys(str(f) for f in (*(e.target for e in p.edits), *p.adds)))
        why = textwrap.shorten(p.because, 110 - min(len(names), 60), placeholder=" ...")
        rows += [f"{p.name[:4]:6}{p.part:9}{p.kernels:11}{p.subject}", f"{'':8}{why}; {names}"]
    return "\n".join(rows)
