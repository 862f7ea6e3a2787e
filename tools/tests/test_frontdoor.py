# SPDX-License-Identifier: GPL-2.0
"""Two makes at the same time, Ctrl-C, a full disk: the next make repairs each."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

from xendma.util.paths import BUILD
from xendma.util.process import PACKAGE_OF
from xendma.sources import debian, tree

from . import support
from .support import Case, later, make, patches_for, small_tree


class Lock(Case):
    def test_two_at_once(self):
        build = self.tmp / "build"
        build.mkdir()
        code = ("import time\nfrom xendma.util.lock import build_lock\n"
                "with build_lock():\n print('held', flush=True)\n time.sleep(60)")
        env = support.environment(PYTHONPATH=support.ROOT / "tools", XENDMA_BUILD=build,
                                  PYTHONDONTWRITEBYTECODE="1")
        with subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE) as other:
            other.stdout.readline()
            done = make("series", f"KDIR={small_tree(self.tmp / 'k')}", XENDMA_BUILD=build)
            other.kill()
        self.assert_stops(done, f"another make (process {other.pid}) is at work")
        self.assert_ok(make("series", f"KDIR={self.tmp / 'k'}", XENDMA_BUILD=build))


def accept_ctrl_c():
    """Reset SIGINT, which a background process and its children ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@later("frontdoor")
class Interrupt(Case):
    """Ctrl-C while make unpacks a source."""

    def test_next_make_repairs(self):
        tree.get("6.12")
        build = self.tmp / "build"
        (build / "debs").mkdir(parents=True)
        for p in (BUILD / "debs").glob("*6.12*"):
            shutil.copyfile(p, build / "debs" / p.name)
        argv = ["make", "-s", "-C", str(support.ROOT), "series", "TREE=6.12",
                f"OUT={self.tmp}/out"]
        env = support.environment(XENDMA_BUILD=build)
        with subprocess.Popen(argv, env=env, text=True, stderr=subprocess.PIPE,
                              stdout=subprocess.PIPE, start_new_session=True,
                              preexec_fn=accept_ctrl_c) as child:
            deadline = time.monotonic() + 60
            while not list(build.glob(".tmp-*/linux-source-6.12/*")):
                self.assertLess(time.monotonic(), deadline, "make did not begin to unpack")
                time.sleep(0.2)
            os.killpg(child.pid, signal.SIGINT)
            errors = child.communicate(timeout=60)[1]
        self.assertNotEqual(child.returncode, 0)
        self.assertIn("interrupted", errors)
        self.assertNotIn("Traceback", errors)
        self.assertFalse((build / "src/6.12").exists(), "a part of a source was left")
        self.assertFalse((self.tmp / "out").exists())
        self.assert_ok(make("series", "TREE=6.12", f"OUT={self.tmp}/out", XENDMA_BUILD=build))


class FullDisk(Case):
    """The build or output directory is on a file system of 8 MiB."""

    def setUp(self):
        super().setUp()
        self.small = self.tmp / "small"
        self.small.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", self.small],
                              capture_output=True, text=True)
        if done.returncode:
            self.skipTest(f"cannot mount a small file system: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", self.small])

    def test_no_room_for_a_source(self):
        done = make("series", "TREE=6.12", XENDMA_BUILD=self.small / "build",
                    OUT=self.tmp / "out")
        self.assert_stops(done, "no space left", "XENDMA_BUILD")
        self.assertEqual(list(self.small.glob("build/src/*")), [])

    def test_full_while_writing(self):
        k = small_tree(self.tmp / "k")
        out = self.small / "out"
        out.mkdir()
        with open(self.small / "filler", "wb", buffering=0) as f:
            with self.assertRaises(OSError):
                while True:
                    f.write(bytes(4096))
        for room in (0, 4096, 8192):
            os.truncate(self.small / "filler", (self.small / "filler").stat().st_size - room)
            self.assert_stops(make("series", f"KDIR={k}", f"OUT={out}"), f"OUT={out}",
                              "No space left")
            self.assertEqual(list(out.iterdir()), [], "a part of a series was left")
        (self.small / "filler").unlink()
        self.assert_ok(make("series", f"KDIR={k}", f"OUT={out}"))
        self.assertEqual(len(list(out.iterdir())), patches_for(k) + 1)


class Verbs(Case):
    def test_help_names_every_verb(self):
        pages = [make("help"), make("help-all")]
        for done in pages:
            self.assert_ok(done)
            lines = done.stdout.splitlines()
            self.assertLessEqual(len(lines), 24, "the help does not fit a terminal")
            self.assertLessEqual(max(map(len, lines)), 88)
        makefile = (support.ROOT / "Makefile").read_text()
        words = {w for line in re.findall(r"(?m)^\.PHONY: (.*)$", makefile) for w in line.split()}
        verbs = {w for w in words if not w.startswith("setup-")} - {"all", "help", "check-rest"}
        self.assertGreater(len(verbs), 8)
        for verb in verbs:
            self.assertIn(f"make {verb}", pages[0].stdout + pages[1].stdout)
        # CELLS= is a former name.
        for name in set(re.findall(r"call said,(\w+)", makefile)) - {"CELLS"}:
            self.assertIn(f"{name}=", pages[0].stdout + pages[1].stdout)

    def test_help_begins_with_the_five_verbs(self):
        verbs = re.findall(r"(?m)^make(?: (\w+)| ) ", make("help").stdout)
        self.assertEqual(verbs[:5], ["", "check", "series", "dom0", "mail"])

    def test_clean_and_distclean(self):
        project = support.copy_project(self.tmp / "project")
        build = project / "build"
        for name in ("src", "debs", "kernel", "obj"):
            (build / name).mkdir(parents=True)
        # Override XENDMA_BUILD of the environment, which has the kernels.
        self.assert_ok(make("clean", root=project, XENDMA_BUILD=build))
        self.assertEqual(sorted(p.name for p in build.iterdir()), [".lock", "debs", "src"])
        self.assert_ok(make("distclean", root=project, XENDMA_BUILD=build))
        self.assertFalse(build.exists())

    def test_distclean_removes_nothing_else(self):
        """XENDMA_BUILD may have other files, which stay."""
        (self.tmp / "home/src").mkdir(parents=True)
        (self.tmp / "home/letters").write_text("mine\n")
        self.assert_ok(make("distclean", XENDMA_BUILD=self.tmp / "home"))
        self.assertEqual([p.name for p in (self.tmp / "home").iterdir()], ["letters"])

    def test_sources_are_not_fetched_again(self):
        tree.get("newest")
        dead = "http://127.0.0.1:9/"
        self.assert_ok(make("series", "TREE=newest", f"OUT={self.tmp}/out", http_proxy=dead,
                            https_proxy=dead))

    def test_setup_list_is_complete(self):
        """A list of packages has every program that the code may require."""
        listed = dict(l.split()[:2] for lists in support.ROOT.glob("tools/packages*")
                      for l in lists.read_text().splitlines() if l and not l.startswith("#"))
        essential = {"make", "apt-get", "dpkg-deb"}
        for program, package in PACKAGE_OF.items():
            if program not in essential:
                self.assertEqual(listed.get(program), package)
        self.assertTrue(pathlib.Path(debian.KEYRING).exists())
