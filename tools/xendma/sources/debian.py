# SPDX-License-Identifier: GPL-2.0
"""Packages of several Debian suites, verified by apt.

build/apt has an apt configuration for this project, with the mirror of this machine.
The configuration of the machine stays unchanged.
"""

import collections.abc
import configparser
import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import typing

from ..util.errors import UserError, log
from ..util.files import require_space, scratch_dir, set_stamp, up_to_date, write_file
from ..util.paths import BUILD
from ..util.process import require_programs, run_program

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def table() -> configparser.ConfigParser:
    """Return debian.ini: sections 'tree X', 'xen X', 'toolstack X', 'busybox' and others."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(pathlib.Path(__file__).with_name("debian.ini"), encoding="utf-8")
    return ini


@dataclasses.dataclass(frozen=True)
class Entry:
    """One package of a section of debian.ini."""
    section: str
    package: str
    suites: str
    arch: str


def entry(name: str) -> Entry:
    """Return the entry of a section, or of one package of it: "section:package"."""
    section, _, package = name.partition(":")
    about = table()[section]
    return Entry(section, package or about.get("package", ""), about["suites"],
                 about.get("architecture", "arm64"))


def members(section: str) -> list[str]:
    """Return the packages of a section that has several, as names for entry()."""
    return [f"{section}:{package}" for package in table()[section]["packages"].split()]


def of_one_package() -> list[str]:
    """Return the sections that have one package."""
    return [section for section in table().sections() if "package" in table()[section]]


def names(kind: str) -> list[str]:
    """Return all X of the sections 'kind X', in the order of the file."""
    return [s.split()[1] for s in table().sections() if s.startswith(kind + " ")]


def mirrors() -> tuple[str, str]:
    """Return the base URIs (main, security) of this machine's apt."""
    found: dict[str, str] = {}
    out = run_program(["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)"],
                      "asking apt for this machine's mirror")
    for line in out.splitlines():
        origin, label, uri = line.split("|")
        if origin == "Debian":
            found.setdefault(label, uri.rstrip("/"))
    main = found.get("Debian")
    if not main:
        raise UserError("this machine's apt knows no Debian mirror: run 'apt-get update' and see "
                        "'apt-get indextargets'")
    return main, found.get("Debian-Security") or main.removesuffix("/debian") + "/debian-security"


class Apt:
    """apt for some suites, with state in build/apt/<name>."""

    def __init__(self, name: str, suites: str, kind: str = "deb", arch: str = "arm64") -> None:
        require_programs("apt-get")
        self.suites, self.kind, self.arch = suites.split(), kind, arch
        self.home = BUILD / "apt" / name.replace(" ", "-")
        for d in ("lists/partial", "cache/archives/partial"):
            (self.home / d).mkdir(parents=True, exist_ok=True)
        write_file(self.home / "status", "")
        write_file(self.home / "apt.conf", "\n".join((
            f'Dir::State::lists "{self.home}/lists";',
            f'Dir::State::status "{self.home}/status";',
            f'Dir::Cache "{self.home}/cache";',
            f'Dir::Etc::sourcelist "{self.home}/sources.list";',
            'Dir::Etc::sourceparts "/dev/null";',
            'Dir::Etc::preferencesparts "/dev/null";',
            f'APT::Architecture "{arch}";',
            f'APT::Architectures {{ "{arch}"; }};',
            'APT::Default-Release "";',
            'APT::Sandbox::User "root";',
            'Acquire::Languages "none";',
            'Acquire::http::Timeout "30";',
            'Acquire::Retries "2";', "")))
        self._write_sources()

    @classmethod
    def of(cls, name: str) -> "Apt":
        """Return the Apt for an entry."""
        about = entry(name)
        return cls(about.section, about.suites, arch=about.arch)

    def _write_sources(self) -> None:
        main, security = mirrors()
        write_file(self.home / "sources.list", "".join(
            f"{self.kind} [arch={self.arch} signed-by={KEYRING}] "
            f"{security if s.endswith('-security') else main} {s} main\n" for s in self.suites))

    def _run(self, tool: str, *args: str, **kw: typing.Any) -> subprocess.CompletedProcess[str]:
        env = dict(os.environ, APT_CONFIG=str(self.home / "apt.conf"), LC_ALL="C")
        return subprocess.run([tool, *args], env=env, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, **kw)

    def _why(self, done: subprocess.CompletedProcess[str], doing: str) -> UserError:
        err = [l[2:].strip() for l in done.stderr.splitlines() if l.startswith(("E:", "W:"))]
        text = " ".join(err)
        for suite in self.suites:
            if re.search(rf"\b{re.escape(suite)} Release' (does not have|no longer has)", text):
                return UserError(f"{doing}: the mirror has no suite '{suite}' any more; change it "
                                 "in tools/xendma/sources/debian.ini")
        if doing.startswith("downloading") and ("was not found" in text or "404" in text):
            return UserError(f"{doing}: Debian has a newer version now; run 'make distclean' "
                             "and then make again to use it")
        if "is expired" in text:
            return UserError(f"{doing}: the lists of the mirror have expired; run make again "
                             "later, or configure another mirror for apt")
        if "No space left" in text or "enough free space" in text:
            return UserError(f"{doing}: no space left in {BUILD}; free some and run make again")
        return UserError(f"{doing}: {err[0] if err else 'apt failed'}; check the network (or the "
                         "proxy) and run make again")

    def update(self) -> None:
        # apt does not fail without free space: it waits for ever.
        require_space(0.3, "Debian's package lists")
        log(f"reading Debian's lists of {', '.join(self.suites)}")
        done = self._run("apt-get", "update", "-q", "-o", "APT::Update::Error-Mode=any",
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if not done.returncode:
            return
        # If only some lists have expired, use the other suites.
        old = re.findall(r"dists/(\S+?)/\S+ is expired", done.stderr)
        left = [s for s in self.suites if s not in old]
        if not old or not left:
            raise self._why(done, f"reading the lists of {', '.join(self.suites)}")
        log(f"left out, because the lists of the mirror have expired: {', '.join(sorted(set(old)))}")
        self.suites = left
        self._write_sources()
        self.update()

    def candidate(self, package: str) -> tuple[str, str, str]:
        """Return (name, version, SHA-256) of the highest version; * means numbers."""
        pattern = "^" + re.escape(package).replace(r"\*", r"[0-9]+\.[0-9]+") + "$"
        found = self._run("apt-cache", "search", "--names-only", pattern,
                          capture_output=True).stdout.splitlines()
        found = sorted((l.split()[0] for l in found),
                       key=lambda n: [int(x) for x in re.findall(r"\d+", n)])
        if not found:
            raise UserError(f"Debian's {', '.join(self.suites)} have no package {package}: it may "
                            "have moved to another suite, see tools/xendma/sources/debian.ini")
        best = None
        show = self._run("apt-cache", "show", found[-1], capture_output=True).stdout
        for record in show.split("\n\n"):
            field = dict(re.findall(r"^(Version|SHA256): (\S+)", record, re.M))
            if field and (not best or self._run("dpkg", "--compare-versions", field["Version"],
                                                "gt", best["Version"]).returncode == 0):
                best = field
        if not best:
            raise UserError(f"apt shows no version of {found[-1]}; run make again")
        return found[-1], best["Version"], best["SHA256"]

    def download(self, name: str, version: str, into: pathlib.Path) -> None:
        into.mkdir(parents=True, exist_ok=True)
        with scratch_dir(BUILD) as tmp:
            done = self._run("apt-get", "download", "-q", f"{name}={version}", cwd=tmp,
                             stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            if done.returncode:
                raise self._why(done, f"downloading {name}")
            for deb in tmp.glob("*.deb"):
                os.replace(deb, into / deb.name)

    def source(self, package: str, into: pathlib.Path) -> pathlib.Path:
        """Return the path of the upstream tarball of a source package, verified by apt."""
        into.mkdir(parents=True, exist_ok=True)
        done = self._run("apt-get", "source", "--download-only", "-qq", package, cwd=into,
                         stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        found = sorted(into.glob(f"{package}_*.orig.tar.*[!c]"))
        if done.returncode or not found:
            raise self._why(done, f"downloading the source of {package}")
        return found[-1]


def _sha256(path: pathlib.Path) -> str:
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            h.update(block)
    return h.hexdigest()


@functools.cache
def _updated(section: str) -> Apt:
    """Return the Apt of a section, with fresh lists."""
    apt = Apt.of(section)
    apt.update()
    return apt


def describe(section: str) -> dict[str, str]:
    """Return dict(name, version, sha256) of the package chosen for an entry.

    The choice stays until 'make distclean', so a second run needs no network and has
    the same sources.
    """
    note = BUILD / "debs" / (section.replace(" ", "-") + ".json")
    try:
        return json.loads(note.read_text())
    except (OSError, ValueError):
        pass
    wanted = entry(section)
    apt = _updated(wanted.section)
    name, version, sha256 = apt.candidate(wanted.package)
    about = {"name": name, "version": version, "sha256": sha256}
    # Without one of the suites, it may not be the highest: ask again next time.
    if apt.suites == wanted.suites.split():
        write_file(note, json.dumps(about, indent=1) + "\n")
    return about


def _chosen(name: str) -> collections.abc.Iterator[str]:
    """Yield the chosen versions of a package; several suites may have it."""
    for note in (BUILD / "debs").glob("*.json"):
        with contextlib.suppress(OSError, ValueError):
            about = json.loads(note.read_text())
            if about["name"] == name:
                yield about["version"]


def fetch(section: str) -> pathlib.Path:
    """Return the path of the package's .deb; download it if it is not there yet."""
    about = describe(section)
    debs = BUILD / "debs"
    apt = Apt.of(section)

    def there(version: str) -> set[pathlib.Path]:
        named = version.replace(":", "%3a")	# by apt
        return {p for arch in (apt.arch, "all")
                for p in debs.glob(f"{about['name']}_{named}_{arch}.deb")}

    if not there(about["version"]):
        require_space(0.5, f"the package {about['name']}")
        log(f"downloading {about['name']} {about['version']}")
        apt.download(about["name"], about["version"], debs)
    if not there(about["version"]):
        raise UserError(f"apt has left no {about['name']}_{about['version']} in {debs}; run make "
                        "again")
    (deb,) = there(about["version"])
    for old in there("*").difference(*map(there, _chosen(about["name"]))):
        old.unlink(missing_ok=True)
    if _sha256(deb) != about["sha256"]:
        deb.unlink()
        raise UserError(f"{deb.name} is damaged (its checksum is not the one that Debian signed) "
                        "and was removed; run make again to download it anew")
    return deb


def extract(section: str, member: str, to: pathlib.Path) -> pathlib.Path:
    """Copy one file of a Debian package to a path; return the path."""
    about = describe(section)
    key = f"{about['name']} {about['version']}"
    stamp = to.with_name(to.name + ".package")
    if not to.exists() or not up_to_date(stamp, key):
        with scratch_dir(BUILD) as tmp:
            run_program(["dpkg-deb", "-x", fetch(section), tmp], f"unpacking {about['name']}")
            found = [p for p in tmp.glob(member) if p.is_file()]
            if not found:
                raise UserError(f"{about['name']} {about['version']} has no {member}")
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(found[0], to)
        set_stamp(stamp, key)
    return to
