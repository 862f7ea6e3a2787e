# SPDX-License-Identifier: GPL-2.0
"""Read facts from a git repository that a stranger may have configured.

Only rev-parse, ls-tree and config --get run in it. They start no program that
its configuration names, and they fetch nothing. Git's ownership check stays on.
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from ..util.errors import log

# No present git needs these settings for the three commands; a later git might.
SETTINGS = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat",
            "protocol.allow=never")
# A repository can allow a protocol by protocol.<name>.allow. GIT_ALLOW_PROTOCOL overrides
# that, also in a git that does not know GIT_NO_LAZY_FETCH.
VARIABLES = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none",
             "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
# A repository can make git wait for ever, for example with a FIFO for its config.
PATIENCE = 60


def environment(top: pathlib.Path, keep: tuple[str, ...] = ()) -> dict[str, str]:
    """Return an environment for git in top; keep -- GIT_* variables to keep."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in keep}
    # An empty or relative entry would start a program that lies in the tree.
    env["PATH"] = os.pathsep.join(p for p in os.get_exec_path() if os.path.isabs(p))
    return env | VARIABLES | {"GIT_CEILING_DIRECTORIES": str(top.parent)}


def git(top: pathlib.Path, *args: str, keep: tuple[str, ...] = ()) -> tuple[bytes | None, str]:
    """Run git in the directory top; return (its output or None, its error)."""
    env = environment(top, keep)
    program = shutil.which("git", path=env["PATH"])
    if not program:
        return None, "git is not installed"
    settings = [word for s in SETTINGS for word in ("-c", s)]
    try:
        done = subprocess.run([program, "--no-pager", "--no-optional-locks", *settings, *args],
                              cwd=top, env=env, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return None, f"no answer from git within {PATIENCE} s"
    except OSError as e:
        return None, e.strerror
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    why = next((l for l in lines if l.startswith("fatal: ")), lines[0] if lines else "")
    return (done.stdout if done.returncode == 0 else None), why.removeprefix("fatal: ")


def head(path: pathlib.Path) -> str | None:
    """Return the commit id at HEAD of the repository whose top is path, or None."""
    top = pathlib.Path(os.path.realpath(path))
    if not os.path.lexists(top / ".git"):
        return None
    found, why = git(top, "rev-parse", "--show-toplevel")
    if found is None:
        if re.search(r"dubious ownership|owned by someone else", why):
            why = "another user owns it"
        log(f"{path}: not used as a git tree: {why}")
        return None
    if found.removesuffix(b"\n") != os.fsencode(top):
        return None
    commit = (git(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")[0] or b"").strip()
    return commit.decode() if COMMIT.fullmatch(commit) else None


def blobs(path: pathlib.Path, commit: str, names: list[str]) -> dict[str, str] | None:
    """Return {name: blob id} of files in a commit; None, and a message, if git fails."""
    listed, why = git(pathlib.Path(os.path.realpath(path)), "ls-tree", "-z", "--full-tree", commit,
                      "--", *names)
    if listed is None:
        log(f"{path}: git cannot list the files of {commit[:12]}: {why}")
        return None
    found = {}
    for entry in filter(None, listed.split(b"\0")):
        about, name = entry.split(b"\t", 1)
        found[os.fsdecode(name)] = about.split()[2].decode()
    return found


def blob_id(data: bytes, commit: str) -> str:
    """Return the id that git gives to these bytes, in the object format of a commit id."""
    kind = hashlib.sha256 if len(commit) == 64 else hashlib.sha1
    return kind(b"blob %d\0" % len(data) + data).hexdigest()


def config(path: pathlib.Path, key: str) -> str:
    """Return the value that git has for a key in the directory path, or ""."""
    keep = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
    found, _ = git(pathlib.Path(os.path.realpath(path)), "config", "--get", key, keep=keep)
    return (found or b"").decode(errors="replace").strip()
