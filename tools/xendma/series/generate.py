# SPDX-License-Identifier: GPL-2.0
"""make series: patches for one kernel tree, generated from the overlay."""

import os
import shutil

from ..util.errors import Stop, say
from ..util.files import scratch
from ..util.paths import BUILD
from ..util.process import need, run
from ..sources import gitfacts
from ..results import tables
from . import outdir, patch, rules, select

NOBODY = ("unknown author", "unknown@author.invalid")


def identity(signoff, near):
    """(name, email) of the user, from git; near -- a directory git may ask in."""
    def ask(key, variable):
        return os.environ.get(variable) or gitfacts.config(near, key)

    who = (ask("user.name", "GIT_AUTHOR_NAME"), ask("user.email", "GIT_AUTHOR_EMAIL"))
    if all(who):
        return who
    if signoff:
        raise Stop("SIGNOFF=1 needs your git identity: git config --global user.name 'You', and "
                   "user.email")
    say(f"git knows no user.name and user.email: the patches are from '{NOBODY[0]}'")
    return NOBODY


class Repository:
    """A git repository with the files of a tree that the series touches."""

    def __init__(self, path, who):
        self.path = path
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        self.env |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
                     "GIT_AUTHOR_NAME": who[0], "GIT_AUTHOR_EMAIL": who[1],
                     "GIT_COMMITTER_NAME": who[0], "GIT_COMMITTER_EMAIL": who[1], "LC_ALL": "C"}
        path.mkdir()
        self.git("init", "-q", "-b", "series")

    def git(self, *args, **kw):
        return run(["git", *args], "making the series", cwd=self.path, env=self.env, **kw)

    def commit(self, message, date, *flags):
        self.env |= {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        self.git("add", "-A")
        (self.path / ".git/message").write_text(message)
        self.git("commit", "-q", "-F", ".git/message", "--cleanup=verbatim", *flags)


def base_note(tree, touched):
    """What the series applies to: for the end of the cover letter."""
    if tree.package:
        return f"base: Debian {tree.package}"
    head = tree.head()
    if not head:
        return f"base: Linux {tree.release}, not a git tree"
    if tree.changed(map(str, touched)):
        say(f"{tree.path}: files of the series have uncommitted changes: no base-commit")
        return f"base: Linux {tree.release}, with uncommitted changes"
    return f"base-commit: {head}"


def build(tree, repo, chosen, signoff, upstream):
    """Commit every patch in repo; upstream -- {subject: its id in mainline}."""
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


def ending(cover, tree, touched):
    """What the cover letter ends with: changes, base, change-id."""
    version = int(cover["Version"])
    changes = (patch.SERIES / "changes").read_text().split("\n", 1)[1] if version > 1 else ""
    return "\n\n".join(filter(None, (
        changes.strip(), f"{base_note(tree, touched)}\nchange-id: {cover['Change-id']}"))) + "\n"


def format_patch(repo, tree, cover, count, post):
    """Write the patches to ../out, as mails of whom post names."""
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


def base_of(repo, tree, touched):
    """Copy the files that are to be changed."""
    for name in touched:
        if not tree.there(name):
            raise Stop(f"{tree.path} has no {name}, which the series changes")
        (repo.path / name).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / name).write_bytes(tree.read(name))


def generate(tree, out, signoff=False, rig=False, post=None, part=None):
    """Write the series for a Tree to the directory out. Returns its files.

    rig  -- it is only for a kernel to be built: nobody's name is needed
    post -- a mail.Post: to whom it goes, and what is in mainline
    part -- only this one; those before it are its base
    """
    need("git", "spatch", "ed", "unifdef", "diff", "cp")  # the last two are what spatch runs
    patches = patch.load()
    tree.odd(sorted({str(e.target) for p in patches for e in p.edits}))
    lacks, notes = select.without_done(tree, select.choose(tree, patches))
    first, chosen = select.of_part(tree, lacks, part)
    if post and post.upstream:
        first, chosen = [], [p for p in chosen if p.subject in post.upstream]
    cover = select.letter_of(tree, chosen)
    out = outdir.claim(out, tree, {c["Change-id"] for c in patch.letters().values()})
    who = NOBODY if rig else identity(signoff, tree.path)
    touched = sorted({e.target for p in [*first, *chosen] for e in p.edits if e.applies_to(tree)})

    with scratch() as tmp:
        repo = Repository(tmp / "tree", who)
        base_of(repo, tree, touched)
        repo.commit("base\n", cover["Date"])
        build(tree, repo, first, False, {})
        build(tree, repo, chosen, signoff, post.upstream if post else {})

        # Kernels are built to measure what the letter tells: they do not need it.
        letter = "" if rig else tables.fill(cover.get_payload().strip())
        text = "\n".join([cover["Subject"], "", letter, "", *notes])
        repo.git("config", "branch.series.description", text)
        format_patch(repo, tree, cover, len(chosen), post)
        files = sorted((tmp / "out").iterdir())
        files[0].write_text(files[0].read_text().rstrip("\n") + "\n\n"
                            + ending(cover, tree, touched))
        return outdir.deliver(files, out)


def default_out(tree, part=None):
    return BUILD / "series" / "-".join(filter(None, (tree.name or tree.path.resolve().name, part)))


