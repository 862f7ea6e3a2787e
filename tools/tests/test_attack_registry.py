# SPDX-License-Identifier: GPL-2.0
"""make series TREE=, with a registry that serves damaged files and damaged packages."""

import functools
import io
import lzma
import shutil
import tarfile

import pytest

from .attack import SECRET, Ground, cases, changed_project, contents, controls, expected, place
from .attack_registry import LINE, PACKAGE, Handler, good_tarball, keys, path_with_apt, registry, \
    write_registry
from .support import ROOT
from .test_attack_interrupt import interrupted

PARTS = {"signature": "/InRelease", "list": "/Packages", "package": ".deb"}
DAMAGE = [n for n in vars(Handler) if n not in ("do_GET", "log_message", "reply", "slow")
          and not n.startswith("_")]
DEBIAN = "tools/xendma/sources/debian.py"
STEPS = 124	# at least as many as a series for a tree of the registry has


@functools.cache
def project():
    """Return the project with the key of the registry, and with short waits."""
    return changed_project(
        (DEBIAN, 'KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"',
         f'KEYRING = "{keys()}/ring.gpg"'),
        (DEBIAN, 'Acquire::http::Timeout "30"', 'Acquire::http::Timeout "1"'),
        (DEBIAN, 'Acquire::Retries "2"', 'Acquire::Retries "0"'),
        ("tools/sitecustomize.py", "", (ROOT / "tools/tests/attack_steps.py").read_text()))


@functools.cache
def good():
    """Return the directory of a good registry."""
    return write_registry(keys() / "good")


class Client(Ground):
    """A ground that generates for TREE=6.12 of a registry."""

    def __init__(self, tmp, server):
        super().__init__(tmp, "4.9", project())
        self.server, self.path = server, path_with_apt(tmp / "bin", server)

    def argv(self, *args, **_):
        return ["make", "-s", "-C", self.project, "series", "TREE=6.12", f"OUT={self.out}", *args]

    def environment(self, **env):
        return super().environment(**{"PATH": self.path} | env)

    def damaged(self, part, damage):
        self.server.part, self.server.damage = part, damage

    def check_sources(self):
        """Check that nothing is half there: a package, a note, or a source."""
        for deb in self.build.glob("debs/*.deb"):
            assert deb.read_bytes() == next(self.server.top.rglob("*.deb")).read_bytes()
        if (self.build / "src/6.12.package").exists():
            assert (self.build / "src/6.12/arch/arm/xen/mm.c").exists()

    def completes(self):
        self.damaged("", "")
        done = self.series()
        assert done.returncode == 0, done.stderr
        series = contents(self.out)
        assert len(series) == len(expected("4.9"))
        assert (self.build / "src/6.12.package").read_text() == f"{PACKAGE} 6.12.1-1"
        self.harmless(done)


@pytest.fixture(name="client")
def client_of_a_registry():
    with place() as tmp, registry(good()) as server:
        yield Client(tmp, server)


def tarball(name=None, data=b"", **fields):
    """Return the good tarball with one more entry in front."""
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(good_tarball()))) as old, \
            tarfile.open(fileobj=out, mode="w") as new:
        if name:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            for key, value in fields.items():
                setattr(entry, key, value)
            new.addfile(entry, io.BytesIO(data))
        for entry in old:
            new.addfile(entry, old.extractfile(entry) if entry.isfile() else None)
    return lzma.compress(out.getvalue())


# The checksums of these packages are right.
BROKEN = {
    "no tarball": lambda: b"none", "truncated": lambda: good_tarball()[:-500],
    "no xz": lambda: b"x" * 999, "empty": lambda: lzma.compress(b""),
    "no tar": lambda: lzma.compress(b"x" * 99999),
    "other directory": lambda: lzma.compress(lzma.decompress(good_tarball()).replace(
        PACKAGE.encode(), PACKAGE.encode()[::-1])),
    "one bit": lambda: good_tarball()[:900] + b"\xff" + good_tarball()[901:],
    "half of the tar": lambda: lzma.compress(lzma.decompress(good_tarball())[:3000]),
}
# Entries that point out of the directory. They do no harm: the series is the same.
ESCAPING = {
    "dots": ("../escaped",), "absolute": ("{0}/escaped",),
    "dots inside": (f"{PACKAGE}/../../../escaped",),
    "link": (f"{PACKAGE}/link", b"", "{0}"), "hard link": (f"{PACKAGE}/hard", b"", "{0}/secret"),
}


class TestRegistry:
    @pytest.mark.parametrize("part, damage", cases("registry", {
        f"{damage} for the {name}": (part, damage) for name, part in PARTS.items()
        for damage in DAMAGE}))
    def test_damaged(self, client, part, damage):
        """One line names the step, nothing half-written stays, and the next make completes."""
        client.damaged(part, damage)
        done = client.series()
        # A list that is damaged in one form may be there in another one.
        client.stopped(done, "make again" if part != "/InRelease" else "")
        assert LINE not in done.stderr
        client.check_sources()
        client.completes()

    @pytest.mark.parametrize("part", cases("slow registry", {f"slow {name}": (part,)
                                                             for name, part in PARTS.items()}))
    def test_slow(self, client, part):
        client.damaged(part, "slow")
        assert client.series().returncode == 0
        client.check_sources()

    @pytest.mark.parametrize("kind", cases("package", {f"package with {kind}": (kind,)
                                                       for kind in BROKEN}))
    def test_broken_package(self, client, kind):
        client.server.top = write_registry(client.tmp / "registry", BROKEN[kind]())
        client.stopped(client.series(), f"unpacking {PACKAGE}", "run make again")
        assert not (client.build / "src").exists() or not list((client.build / "src").iterdir())

    @pytest.mark.parametrize("kind", cases("escape", {f"tar with {kind}": (kind,)
                                                      for kind in ESCAPING}))
    def test_escaping_package(self, client, kind):
        outside = client.tmp / "outside"
        outside.mkdir()
        (outside / "secret").write_text(SECRET)
        name, *more = (w.format(outside) if isinstance(w, str) else w for w in ESCAPING[kind])
        fields = {"type": tarfile.SYMTYPE if kind == "link" else tarfile.LNKTYPE,
                  "linkname": more[1]} if more else {}
        client.server.top = write_registry(client.tmp / "registry", tarball(name, **fields))
        client.series()
        assert [p.name for p in outside.iterdir()] == ["secret"]
        assert not (client.tmp / "escaped").exists() and not (client.build / "escaped").exists()
        assert (outside / "secret").read_text() == SECRET

    @pytest.mark.parametrize("action, step", cases("interrupted download", {
        f"{action} at step {step} of a download": (action, step) for action in ("TERM", "KILL")
        for step in range(1, STEPS + 1, 5)}))
    def test_interrupted(self, client, action, step):
        """The next make completes, and leaves no temporary file."""
        status, out, errors = interrupted(client, action, step)
        assert "Traceback" not in errors and not controls(out + errors)
        if action == "TERM":
            client.tidy()
            assert not status or "interrupted" in errors
        client.check_sources()
        shutil.rmtree(client.out, ignore_errors=True)
        client.completes()

    def test_number_of_steps(self, client):
        assert interrupted(client, "", 0)[0] == 0
        count = len((client.tmp / "steps").read_text().splitlines())
        assert STEPS - 9 <= count <= STEPS, f"set STEPS to {count}"
