# SPDX-License-Identifier: GPL-2.0
"""make series: patches for one kernel tree, generated from the overlay."""

import os
import re
import shutil
import subprocess

from . import measured, outdir, patch
from .common import BUILD, Stop, need, run, say, scratch

MAIN_FILE = "drivers/xen/swiotlb-xen.c"
BLANKS = re.compile(r"^[ \t]+\n", re.M)
NOBODY = ("unknown author", "unknown@author.invalid")


def identity(signoff, near):
    """(name, email) of the user, from git; near -- a directory git may ask in."""
    def ask(key, variable):
        if os.environ.get(variable):
            return os.environ[variable]
        done = subprocess.run(["git", "config", "--get", key], cwd=near, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)
        return done.stdout.strip()

    who = (ask("user.name", "GIT_AUTHOR_NAME"), ask("user.email", "GIT_AUTHOR_EMAIL"))
    if all(who):
        return who
    if signoff:
        raise Stop("SIGNOFF=1 needs your git identity: git config --global user.name 'You', and "
                   "user.email")
    say(f"git knows no user.name and user.email: the patches are from '{NOBODY[0]}'")
    return NOBODY


def spatch(rule, sites, path, where):
    """Apply one semantic patch to one file; the lines it marks are counted."""

    def mode(name, *flags):
        done = subprocess.run(
            ["spatch", "--very-quiet", "--no-includes", "-D", name, *flags, "--sp-file",
             str(rule), str(path)],
            text=True, errors="replace", capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            lines = [l for l in done.stderr.splitlines() if l and not l.startswith("warning")]
            raise Stop(f"{where}: spatch says: {(lines or ['nothing'])[-1]}")
        return done.stdout

    found = len(re.findall(r"^-(?!--)", mode("context"), re.M))
    if found != sites:
        raise Stop(f"{where}: found {found} sites, wanted {sites}; this tree differs from "
                   "those the series knows")
    before = path.read_text()
    mode("patch", "--in-place", "--no-show-diff")
    # spatch adds a line with nothing but a tab where a rule has an empty line
    # after an if statement.
    if not BLANKS.search(before):
        path.write_text(BLANKS.sub("", path.read_text()))


def ed(rule, path, where):
    """Apply an ed script: a search that fails ends it."""
    done = subprocess.run(["ed", "-s", str(path)], input=rule.read_text(), text=True,
                          capture_output=True)
    if done.returncode:
        raise Stop(f"{where}: found no place for it; this tree differs from those the series "
                   "knows")


def apply(edit, path, tree):
    """Apply one Edit to one file."""
    rule = edit.patch.overlay / edit.rule
    where = f"rule {edit.rule}, file {edit.target} of {tree.path}"
    if rule.suffix == ".ed":
        ed(rule, path, where)
    else:
        spatch(rule, edit.sites, path, where)


def choose(tree, patches):
    """The patches for this tree; Stop if there is nothing to be done."""
    if not (tree.path / MAIN_FILE).is_file():
        raise Stop(f"{tree.path} (Linux {tree.release}) has no {MAIN_FILE}: there is nothing to "
                   "patch; name the full source of a kernel with Xen support")
    chosen = [p for p in patches if p.is_for(tree)]
    if not chosen:
        verdict, because = patch.not_served(tree.version) or ("not supported", "no window in "
                                                              "series/ has it")
        raise Stop(f"{tree.path} (Linux {tree.release}): {verdict}, because {because}")
    return chosen


def without_done(tree, chosen):
    """(the patches that the tree lacks, what to say of the others)."""
    already = {p.name: p.already_in(tree) for p in chosen}
    left = [p for p in chosen if not already[p.name]]
    if not left:
        raise Stop(f"{tree.path} (Linux {tree.release}) has the series already: "
                   f"{next(iter(already.values()))}")
    notes = [f"This tree has a patch already, which is left out here:\n{name}\n({line})\n"
             for name, line in already.items() if line]
    for note in notes:
        say(f"{tree.path}: " + note.strip().replace("\n", " "))
    return left, notes


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
    if not tree.is_git():
        return f"base: Linux {tree.release}, not a git tree"
    if tree.git("status", "--porcelain", "--untracked-files=no", "--", *map(str, touched)):
        say(f"{tree.path}: files of the series have uncommitted changes: no base-commit")
        return f"base: Linux {tree.release}, with uncommitted changes"
    return f"base-commit: {tree.git('rev-parse', 'HEAD')}"


def build(tree, repo, chosen, signoff, upstream):
    """Commit every patch in repo; upstream -- {subject: its id in mainline}."""
    for p in chosen:
        for edit in p.edits:
            if edit.applies_to(tree):
                apply(edit, repo.path / edit.target, tree)
        for name in p.adds:
            (repo.path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(p.overlay / name, repo.path / name)
        flags = ["--signoff"] if signoff else []
        known = f"commit {upstream[p.subject]} upstream.\n\n" if upstream else ""
        repo.commit(f"{p.subject}\n\n{known}{p.body}", p.date, *flags)


def whose_tables(tree):
    """The name under which series/measured has a tree's tables, if it has any."""
    return "newest" if tree.newest or not tree.name else tree.name


def ending(cover, tree, touched):
    """What the cover letter ends with: changes, base, change-id."""
    version = int(cover["Version"])
    changes = (patch.SERIES / "changes").read_text().split("\n", 1)[1] if version > 1 else ""
    return "\n\n".join(filter(None, (
        changes.strip(), f"{base_note(tree, touched)}\nchange-id: {cover['Change-id']}"))) + "\n"


def format_patch(repo, tree, cover, count, post):
    """Write the patches to ../out, as mails of whom post names."""
    older = tree.name and not tree.newest
    flags = ["--subject-prefix", f"PATCH {tree.name}" if older else "PATCH"]
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


def generate(tree, out, signoff=False, rig=False, post=None):
    """Write the series for a Tree to the directory out. Returns its files.

    rig  -- it is only for a kernel to be built: nobody's name is needed
    post -- a mail.Post: to whom it goes, and what is in mainline
    """
    need("git", "spatch", "ed", "diff", "cp")  # the last two are what spatch runs
    cover = patch.letter(tree.version)
    chosen, notes = without_done(tree, choose(tree, patch.load()))
    if post and post.upstream:
        chosen = [p for p in chosen if p.subject in post.upstream]
    out = outdir.claim(out, tree)
    who = NOBODY if rig else identity(signoff, tree.path)
    touched = sorted({e.target for p in chosen for e in p.edits if e.applies_to(tree)})

    with scratch() as tmp:
        repo = Repository(tmp / "tree", who)
        for name in touched:
            if not (tree.path / name).is_file():
                raise Stop(f"{tree.path} has no {name}, which the series changes")
            (repo.path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tree.path / name, repo.path / name)
        repo.commit("base\n", cover["Date"])
        build(tree, repo, chosen, signoff, post.upstream if post else {})

        # Kernels are built to measure what the letter tells: they do not need it.
        letter = "" if rig else measured.fill(
            cover.get_payload().strip(), [p.name for p in chosen], whose_tables(tree))
        text = "\n".join([cover["Subject"], "", letter, "", *notes])
        repo.git("config", "branch.series.description", text)
        format_patch(repo, tree, cover, len(chosen), post)
        files = sorted((tmp / "out").iterdir())
        files[0].write_text(files[0].read_text().rstrip("\n") + "\n\n"
                            + ending(cover, tree, touched))
        return outdir.deliver(files, out)


def default_out(tree):
    return BUILD / "series" / (tree.name or tree.path.resolve().name)
