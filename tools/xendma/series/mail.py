# SPDX-License-Identifier: GPL-2.0
"""make mail: the series as mails, to whom they go, and what b4 needs.

Nothing is sent: the mails are files, and the commands are printed.
"""

import dataclasses
import json
import re

from ..util.errors import Stop, say
from ..util.files import scratch, write
from ..util.paths import BUILD
from ..util.process import need, run
from ..sources import tree as trees
from ..results import tables
from . import generate, patch, select

B4_MARK = "--- b4-submit-tracking ---"
STABLE = "stable@vger.kernel.org"


@dataclasses.dataclass(frozen=True)
class Post:
    """What a mail has beyond the patch.

    upstream -- {subject: commit id in mainline} of a stable submission
    """
    to: tuple
    cc: tuple
    upstream: dict = dataclasses.field(default_factory=dict)


def maintainers(tree, patches):
    """(To, Cc) as get_maintainer.pl says: who maintains it, and the others.

    The program is Debian's: nothing of a KDIR is run, but its MAINTAINERS is read.
    """
    need("perl")
    if not tree.there("MAINTAINERS"):
        raise Stop(f"{tree.path} has no MAINTAINERS: name the full source of a kernel")
    ours = tree if tree.package else trees.get("newest")
    with scratch() as tmp:
        (tmp / "MAINTAINERS").write_bytes(tree.read("MAINTAINERS"))
        said = run(["perl", ours.path / "scripts/get_maintainer.pl", "--nogit", "--nogit-fallback",
                    "--nokeywords", "--rolestats", f"--mpath={tmp}/MAINTAINERS", *patches],
                   "asking who maintains this", cwd=ours.path)
    to, cc = [], []
    for line in said.splitlines():
        who, role = re.fullmatch(r"(.*?) \(([^()]*(?:\([^()]*\))?[^()]*)\)", line).groups()
        (to if role.startswith(("maintainer", "supporter")) else cc).append(who)
    return tuple(to), tuple(cc)


def upstream(path, chosen):
    """{subject: commit id} from a file as "git log --format='%H %s'" prints it."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as e:
        raise Stop(f"UPSTREAM={path}: {e.strerror}") from None
    found, subjects = {}, {p.subject for p in chosen}
    for number, line in enumerate(filter(None, lines), 1):
        commit, _, subject = line.partition(" ")
        if not re.fullmatch(r"[0-9a-f]{40}", commit):
            raise Stop(f"UPSTREAM={path}, line {number}: {commit!r} is no commit id of 40 digits; "
                       "write it with git log --format='%H %s'")
        if subject not in subjects:
            raise Stop(f"UPSTREAM={path}, line {number}: no patch for this tree has the subject "
                       f"{subject!r}")
        found[subject] = commit
    if not found:
        raise Stop(f"UPSTREAM={path} names no commit")
    for p in chosen:
        if p.subject not in found:
            say(f"left out, as {path} does not name it: {p.subject}")
    return found


def b4_files(cover, post, text, home):
    """.b4-config and the cover commit, as b4 prep makes them."""
    config = ["[b4]", "\tprep-cover-strategy = commit",
              *(f"\tsend-series-to = {a}" for a in post.to[:1]),
              "\tprep-perpatch-check-cmd = ./scripts/checkpatch.pl -q --terse --no-summary "
              "--mailback --showfile"]
    write(home / "b4-config", "\n".join(config) + "\n")
    tracking = {"series": {"revision": int(cover["Version"]), "change-id": cover["Change-id"],
                           "prefixes": [p for p in (cover["Prefix"] or "").split()
                                        if p != "PATCH"]}}
    people = [f"To: {a}" for a in post.to] + [f"Cc: {a}" for a in post.cc]
    write(home / "cover", "\n".join([
        cover["Subject"], "", text, "", *people, "", B4_MARK,
        "# This section is used internally by b4 prep for tracking purposes.",
        json.dumps(tracking, indent=2), ""]))


def write_mails(tree, out, signoff, upstream_file=None, part=None):
    """(files, Post): mails in out; b4's files beside it; part -- as in PART=."""
    lacks = select.without_done(tree, select.choose(tree, patch.load()))[0]
    chosen = select.of_part(tree, lacks, part)[1]
    ids = upstream(upstream_file, chosen) if upstream_file else {}
    cover = select.letter_of(tree, [p for p in chosen if not ids or p.subject in ids])
    with scratch() as tmp:
        patches = generate.generate(tree, tmp / "out", rig=True, part=part)[1:]
        to, cc = maintainers(tree, patches)
    cc = (*cc, *cover.get_all("Cc", []))
    if ids:
        to, cc = (STABLE,), (*to, *cc)
    post = Post(to, cc, ids)
    files = generate.generate(tree, out, signoff, post=post, part=part)
    if cover["Lists"] == "each" and not ids:
        for path in files[1:]:
            address(path, *maintainers(tree, [path]))
    text = tables.fill(cover.get_payload().strip())
    b4_files(cover, post, text, out.with_name(out.name + "-b4"))
    return files, post


def address(path, to, cc):
    """Replace the To and Cc of a mail."""
    head, body = path.read_text().split("\n\n", 1)
    head = re.sub(r"(?m)^(?:To|Cc): .*(?:\n[ \t].*)*\n", "", head + "\n")
    lines = [f"{name}: " + ",\n ".join(who) + "\n" for name, who in (("To", to), ("Cc", cc)) if who]
    write(path, head + "".join(lines) + "\n" + body)


def default_out(tree, part=None):
    return BUILD / "mail" / generate.default_out(tree, part).name


def summary(files, post):
    """What would be sent to whom, for people."""
    letter = files[0].read_text()
    lines = ["To:  " + ", ".join(post.to), "Cc:  " + ", ".join(post.cc)]
    lines += re.findall(r"(?mi)^(?:in-reply-to|base-commit|base|change-id): .*$", letter)
    for path in files:
        text = path.read_text()
        subject = re.search(r"(?ms)^Subject: (.*?)\n(?=\S)", text)[1]
        lines.append(" ".join(subject.split()))
        message = text.split("\n---\n")[0]
        lists = re.findall(r"[\w.-]+@(?:lists|vger|lore)[\w.-]*", text.split("\n\n")[0])
        lines.append("    " + ", ".join(dict.fromkeys(lists)))
        lines += [f"    {t}" for t in re.findall(
            r"(?m)^(?:Fixes: .*|Cc: stable.*|commit [0-9a-f]{40} upstream\.)$", message)]
    home = files[0].parent
    b4 = home.with_name(home.name + "-b4")
    lines += ["", f"The mails are in {home}. Nothing was sent; sending is yours:",
              f"  git send-email {home}/*.patch",
              "or with b4, in a git tree of this kernel:",
              "  git checkout -b b4/xen-swiotlb-dma",
              f"  git commit --allow-empty -F {b4}/cover",
              f"  git am $(ls {home}/*.patch | grep -v 0000-)",
              f"  cp {b4}/b4-config .b4-config",
              "  b4 send --dry-run"]
    return "\n".join(lines)
