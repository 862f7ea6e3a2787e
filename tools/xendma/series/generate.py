# SPDX-License-Identifier: GPL-2.0
"""make series: patches for one kernel tree, generated from the overlay."""

import collections.abc
import contextlib
import dataclasses
import email.message
import os
import pathlib
import shutil
import typing

from ..util.errors import UserError, log
from ..util.files import scratch_dir
from ..util.paths import BUILD
from ..util.process import require_programs, run_program
from ..sources import gitfacts, tree as trees
from ..results import tables
from . import outdir, patch, rules, selection

NOBODY = ("unknown author", "unknown@author.invalid")


def identity(signoff: bool, near: pathlib.Path) -> tuple[str, str]:
    """Return (name, email) of the user, from git; near -- a directory to run git in."""
    def ask(key: str, variable: str) -> str:
        return os.environ.get(variable) or gitfacts.config(near, key)

    who = (ask("user.name", "GIT_AUTHOR_NAME"), ask("user.email", "GIT_AUTHOR_EMAIL"))
    if all(who):
        return who
    if signoff:
        raise UserError("SIGNOFF=1 needs your git identity: git config --global user.name 'You', "
                        "and user.email")
    log(f"git knows no user.name and user.email: the patches are from '{NOBODY[0]}'")
    return NOBODY


@dataclasses.dataclass(frozen=True)
class Post:
    """The recipients of mails.

    upstream -- {subject: commit id in mainline} of a stable submission
    """
    to: tuple[str, ...]
    cc: tuple[str, ...]
    upstream: dict[str, str] = dataclasses.field(default_factory=dict)


class Repository:
    """A git repository with the files of a tree that the series touches."""

    def __init__(self, path: pathlib.Path, who: tuple[str, str]) -> None:
        self.path = path
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        self.env |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
                     "GIT_AUTHOR_NAME": who[0], "GIT_AUTHOR_EMAIL": who[1],
                     "GIT_COMMITTER_NAME": who[0], "GIT_COMMITTER_EMAIL": who[1], "LC_ALL": "C"}
        path.mkdir()
        self.git("init", "-q", "-b", "series")

    def git(self, *args: str, **kw: typing.Any) -> str:
        return run_program(["git", *args], "generating the series", cwd=self.path, env=self.env,
                           **kw)

    def commit(self, message: str, date: str, *flags: str) -> None:
        self.env |= {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        self.git("add", "-A")
        (self.path / ".git/message").write_text(message)
        self.git("commit", "-q", "-F", ".git/message", "--cleanup=verbatim", *flags)


def base_note(tree: trees.Tree, touched: list[pathlib.PurePath]) -> str:
    """Return the base of the series, for the end of the cover letter."""
    if tree.package:
        return f"base: Debian {tree.package}"
    head = tree.head()
    if not head:
        return f"base: Linux {tree.release}, not a git tree"
    if tree.changed(map(str, touched)):
        log(f"{tree.path}: files of the series have uncommitted changes: no base-commit")
        return f"base: Linux {tree.release}, with uncommitted changes"
    return f"base-commit: {head}"


def build(tree: trees.Tree, repo: Repository, chosen: list[patch.Patch], signoff: bool,
          upstream: dict[str, str]) -> None:
    """Commit every patch in repo; upstream -- {subject: commit id in mainline}."""
    for p in chosen:
        for edit in p.edits:
            if edit.applies_to(tree):
                rules.apply(edit, repo.path / edit.target, tree)
        for name in p.adds:
            (repo.path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(p.overlay / name, repo.path / name)
        flags = ["--signoff"] if signoff else []
        known = f"commit {upstream[p.subject]} upstream.\n\n" if upstream else ""
        repo.commit(f"{p.subject}\n\n{known}{p.body}", p.date, *flags)


def letter_ending(cover: email.message.Message, tree: trees.Tree,
                  touched: list[pathlib.PurePath]) -> str:
    """Return the end of the cover letter: changes, base, change-id."""
    version = int(cover["Version"])
    changes = (patch.SERIES / "changes").read_text().split("\n", 1)[1] if version > 1 else ""
    return "\n\n".join(filter(None, (
        changes.strip(), f"{base_note(tree, touched)}\nchange-id: {cover['Change-id']}"))) + "\n"


def format_patch(repo: Repository, tree: trees.Tree, cover: email.message.Message, count: int,
                 post: Post | None) -> None:
    """Write the patches to ../out, as mails to the recipients of post."""
    older = tree.name and not tree.newest
    prefix = f"{cover['Prefix'] or 'PATCH'}" + (f" {tree.name}" if older else "")
    flags = ["--subject-prefix", prefix]
    if int(cover["Version"]) > 1:
        flags.append(f"-v{cover['Version']}")
    if post:
        if cover["In-reply-to"] and not post.upstream:
            flags.append(f"--in-reply-to={cover['In-reply-to']}")
        flags += ["--thread=shallow", *(f"--to={a}" for a in post.to),
                  *(f"--cc={a}" for a in post.cc)]
    repo.env |= {"GIT_COMMITTER_DATE": cover["Date"]}
    repo.git("format-patch", "-q", "-o", "../out", "--cover-letter",
             "--cover-from-description=subject", "--zero-commit", "--full-index",
             "--no-signature", "--no-renames", *flags, f"-{count}")


def copy_base(repo: Repository, tree: trees.Tree, touched: list[pathlib.PurePath]) -> None:
    """Copy the files that the series changes."""
    for name in touched:
        if not tree.has_file(name):
            raise UserError(f"{tree.path} has no {name}, which the series changes")
        (repo.path / name).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / name).write_bytes(tree.read(name))


class Series:
    """The commits of a series for one Tree, in a scratch repository.

    chosen -- its patches
    """

    def __init__(self, tree: trees.Tree, repo: Repository, cover: email.message.Message,
                 chosen: list[patch.Patch], touched: list[pathlib.PurePath]):
        self.tree, self.repo, self.cover = tree, repo, cover
        self.chosen, self.touched = chosen, touched

    def files(self, post: Post | None = None) -> list[pathlib.Path]:
        """Return the mails of all patches, cover letter first, in the scratch directory."""
        out = self.repo.path.parent / "out"
        shutil.rmtree(out, ignore_errors=True)
        format_patch(self.repo, self.tree, self.cover, len(self.chosen), post)
        files = sorted(out.iterdir())
        files[0].write_text(files[0].read_text().rstrip("\n") + "\n\n"
                            + letter_ending(self.cover, self.tree, self.touched))
        return files


@contextlib.contextmanager
def commit_series(tree: trees.Tree, signoff: bool = False, rig: bool = False,
                  part: str | None = None, upstream: dict[str, str] | None = None,
                  ) -> collections.abc.Iterator[Series]:
    """Commit the series for a Tree.

    rig      -- the series is only for building a kernel: use no identity of the user
    part     -- commit this part only; its base has the parts before it
    upstream -- {subject: commit id in mainline}: commit these patches only
    """
    # spatch runs diff and cp.
    require_programs("git", "spatch", "ed", "unifdef", "diff", "cp")
    patches = patch.load()
    tree.reject_crlf(sorted({str(e.target) for p in patches for e in p.edits}))
    missing, notes = selection.drop_applied(tree, selection.select(tree, patches))
    notes += selection.left_out(tree, patches)
    first, chosen = selection.split_at_part(tree, missing, part)
    if upstream:
        first, chosen = [], [p for p in chosen if p.subject in upstream]
    cover = selection.cover_letter(tree, chosen)
    who = NOBODY if rig else identity(signoff, tree.path)
    touched = sorted({e.target for p in [*first, *chosen] for e in p.edits if e.applies_to(tree)})

    with scratch_dir(BUILD) as tmp:
        repo = Repository(tmp / "tree", who)
        copy_base(repo, tree, touched)
        repo.commit("base\n", cover["Date"])
        build(tree, repo, first, False, {})
        build(tree, repo, chosen, signoff, upstream or {})

        # The letter has results from kernels of the rig; those kernels need no letter.
        letter = "" if rig else tables.fill(cover.get_payload().strip())
        text = "\n".join([cover["Subject"], "", letter, "", *notes])
        repo.git("config", "branch.series.description", text)
        yield Series(tree, repo, cover, chosen, touched)


def check_outdir(tree: trees.Tree, out: pathlib.Path) -> None:
    """Stop if the series may not be written to this directory."""
    outdir.check_outdir(out, tree, {c["Change-id"] for c in patch.letters().values()})


def generate(tree: trees.Tree, out: pathlib.Path, signoff: bool = False, rig: bool = False,
             part: str | None = None) -> list[pathlib.Path]:
    """Write the series for a Tree to a directory; return its files.

    The options are those of commit_series().
    """
    check_outdir(tree, out)
    with commit_series(tree, signoff, rig, part) as series:
        return outdir.replace_outdir(series.files(), out)


def default_out(tree: trees.Tree, part: str | None = None) -> pathlib.Path:
    return BUILD / "series" / "-".join(filter(None, (tree.name or tree.path.resolve().name, part)))


