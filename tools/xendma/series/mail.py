# SPDX-License-Identifier: GPL-2.0
"""make mail: the series as mails, their recipients, and the files for b4.

It sends nothing: it writes the mails to files, and prints the commands that send them.
"""

import email.message
import json
import pathlib
import re

from ..util.errors import UserError, log
from ..util.files import scratch_dir, write_file
from ..util.paths import BUILD
from ..util.process import require_programs, run_program
from ..sources import tree as trees
from ..results import tables
from . import generate, outdir, patch, selection
from .generate import Post

B4_MARK = "--- b4-submit-tracking ---"
STABLE = "stable@vger.kernel.org"


def maintainers(tree: trees.Tree,
                patches: list[pathlib.Path]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (To, Cc) from get_maintainer.pl: the maintainers, and all others.

    The program is from Debian's source. It reads MAINTAINERS of a KDIR, but runs no program of it.
    """
    require_programs("perl")
    if not tree.has_file("MAINTAINERS"):
        raise UserError(f"{tree.path} has no MAINTAINERS: name the full source of a kernel")
    ours = tree if tree.package else trees.get("newest")
    with scratch_dir(BUILD) as tmp:
        (tmp / "MAINTAINERS").write_bytes(tree.read("MAINTAINERS"))
        output = run_program(["perl", ours.path / "scripts/get_maintainer.pl", "--nogit",
                              "--nogit-fallback", "--nokeywords", "--rolestats",
                              f"--mpath={tmp}/MAINTAINERS", *patches],
                             "asking for the maintainers", cwd=ours.path)
    to: list[str] = []
    cc: list[str] = []
    for line in output.splitlines():
        found = re.fullmatch(r"(.*?) \(([^()]*(?:\([^()]*\))?[^()]*)\)", line)
        if not found:
            raise UserError(f"get_maintainer.pl says: {line}")
        who, role = found.groups()
        (to if role.startswith(("maintainer", "supporter")) else cc).append(who)
    return tuple(to), tuple(cc)


def upstream(path: pathlib.Path, chosen: list[patch.Patch]) -> dict[str, str]:
    """Return {subject: commit id} of a file with the output of git log --format='%H %s'."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as e:
        raise UserError(f"UPSTREAM={path}: {e.strerror}") from None
    found, subjects = {}, {p.subject for p in chosen}
    for number, line in enumerate(filter(None, lines), 1):
        commit, _, subject = line.partition(" ")
        if not re.fullmatch(r"[0-9a-f]{40}", commit):
            raise UserError(f"UPSTREAM={path}, line {number}: {commit!r} is no commit id of 40 "
                            "digits; write it with git log --format='%H %s'")
        if subject not in subjects:
            raise UserError(f"UPSTREAM={path}, line {number}: no patch for this tree has the "
                            f"subject {subject!r}")
        found[subject] = commit
    if not found:
        raise UserError(f"UPSTREAM={path} names no commit")
    for p in chosen:
        if p.subject not in found:
            log(f"left out, because {path} does not name it: {p.subject}")
    return found


def b4_files(cover: email.message.Message, post: Post, text: str, home: pathlib.Path) -> None:
    """Write .b4-config and the message of the cover commit in the format of b4 prep."""
    config = ["[b4]", "\tprep-cover-strategy = commit",
              *(f"\tsend-series-to = {a}" for a in post.to[:1]),
              "\tprep-perpatch-check-cmd = ./scripts/checkpatch.pl -q --terse --no-summary "
              "--mailback --showfile"]
    write_file(home / "b4-config", "\n".join(config) + "\n")
    tracking = {"series": {"revision": int(cover["Version"]), "change-id": cover["Change-id"],
                           "prefixes": [p for p in (cover["Prefix"] or "").split()
                                        if p != "PATCH"]}}
    people = [f"To: {a}" for a in post.to] + [f"Cc: {a}" for a in post.cc]
    write_file(home / "cover", "\n".join([
        cover["Subject"], "", text, "", *people, "", B4_MARK,
        "# This section is used internally by b4 prep for tracking purposes.",
        json.dumps(tracking, indent=2), ""]))


def write_mails(tree: trees.Tree, out: pathlib.Path, signoff: bool,
                upstream_file: pathlib.Path | None = None,
                part: str | None = None) -> tuple[list[pathlib.Path], Post]:
    """Write the mails to out, and b4's files beside it; return (files, Post)."""
    missing = selection.patches_for(tree)
    chosen = selection.split_at_part(tree, missing, part)[1]
    ids = upstream(upstream_file, chosen) if upstream_file else {}
    generate.check_outdir(tree, out)
    with generate.commit_series(tree, signoff, part=part, upstream=ids) as series:
        cover = series.cover
        to, cc = maintainers(tree, series.files()[1:])
        cc = (*cc, *cover.get_all("Cc", []))
        post = Post((STABLE,), (*to, *cc), ids) if ids else Post(to, cc)
        files = outdir.replace_outdir(series.files(post), out)
    if cover["Lists"] == "each" and not ids:
        for path in files[1:]:
            address(path, *maintainers(tree, [path]))
    text = tables.fill(cover.get_payload().strip())
    b4_files(cover, post, text, out.with_name(out.name + "-b4"))
    return files, post


def address(path: pathlib.Path, to: tuple[str, ...], cc: tuple[str, ...]) -> None:
    """Replace the To and Cc of a mail."""
    head, body = path.read_text().split("\n\n", 1)
    head = re.sub(r"(?m)^(?:To|Cc): .*(?:\n[ \t].*)*\n", "", head + "\n")
    lines = [f"{name}: " + ",\n ".join(who) + "\n"
             for name, who in (("To", to), ("Cc", cc)) if who]
    write_file(path, head + "".join(lines) + "\n" + body)


def default_out(tree: trees.Tree, part: str | None = None) -> pathlib.Path:
    return BUILD / "mail" / generate.default_out(tree, part).name


def advice(tree: trees.Tree, post: Post, signoff: bool, part: str | None) -> list[str]:
    """Return what a list would miss in these mails, one line each."""
    lines = []
    if tree.name and not tree.newest and not post.upstream:
        lines.append("not for a list yet: stable trees take what mainline has, see "
                     "Documentation/backporting.rst")
    if not tree.package and not tree.head():
        lines.append(f"no base-commit: {tree.path} is not the top of a git tree")
    if not part:
        lines.append("each part is a series of its own: send one at a time, with PART=")
    if not signoff:
        lines.append("no Signed-off-by: SIGNOFF=1 adds yours")
    return lines


def summary(files: list[pathlib.Path], post: Post, notes: list[str]) -> str:
    """Return the mails and their recipients, for people; notes as of advice()."""
    letter = files[0].read_text()
    lines = ["To:  " + ", ".join(post.to), "Cc:  " + ", ".join(post.cc)]
    lines += re.findall(r"(?mi)^(?:in-reply-to|base-commit|base|change-id): .*$", letter)
    for path in files:
        text = path.read_text()
        (subject, *_) = re.findall(r"(?ms)^Subject: (.*?)\n(?=\S)", text)
        lines.append(" ".join(subject.split()))
        message = text.split("\n---\n")[0]
        lists = re.findall(r"[\w.-]+@(?:lists|vger|lore)[\w.-]*", text.split("\n\n")[0])
        lines.append("    " + ", ".join(dict.fromkeys(lists)))
        lines += [f"    {t}" for t in re.findall(
            r"(?m)^(?:Fixes: .*|Cc: stable.*|commit [0-9a-f]{40} upstream\.)$", message)]
    home = files[0].parent
    b4 = home.with_name(home.name + "-b4")
    lines += ["", *(f"Note: {note}" for note in notes)]
    lines += [f"The mails are in {home}. Nothing was sent; to send them:",
              f"  git send-email {home}/*.patch",
              "or with b4, in a git tree of this kernel:",
              "  git checkout -b b4/xen-swiotlb-dma",
              f"  git commit --allow-empty -F {b4}/cover",
              f"  git am $(ls {home}/*.patch | grep -v 0000-)",
              f"  cp {b4}/b4-config .b4-config",
              "  b4 send --dry-run"]
    return "\n".join(lines)
