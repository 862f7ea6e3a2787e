# SPDX-License-Identifier: GPL-2.0
"""make clean and make distclean, with symbolic links in the build directory."""

import subprocess
import sys
from unittest import mock

from xendma.util import cpus

from .support import ROOT, Case, environment


class Clean(Case):
    def setUp(self):
        super().setUp()
        self.build, self.other = self.tmp / "build", self.tmp / "other"
        self.other.mkdir()
        (self.other / "mine").write_text("mine\n")

    def clean(self, verb="clean"):
        done = subprocess.run(
            [sys.executable, "-m", "xendma", verb], text=True, capture_output=True,
            env=environment(PYTHONPATH=ROOT / "tools", XENDMA_BUILD=self.build,
                            PYTHONDONTWRITEBYTECODE="1"))
        self.assert_ok(done)
        self.assertEqual(done.stderr, "")

    def test_directories(self):
        for name in ("kernel", "debs"):
            (self.build / name).mkdir(parents=True)
        with mock.patch.object(cpus, "BUILD", self.build), cpus.cpus(1):
            pass
        self.clean()
        self.assertEqual({p.name for p in self.build.iterdir()}, {"debs", ".lock"})
        self.clean("distclean")
        self.assertFalse(self.build.exists())

    def test_link_in_it(self):
        """Remove the link, and keep its target."""
        self.build.mkdir()
        (self.build / "kernel").symlink_to(self.other)
        (self.build / "obj").symlink_to(self.tmp / "none")
        self.clean("distclean")
        self.assertFalse(self.build.exists())
        self.assertTrue((self.other / "mine").exists())

    def test_link_to_it(self):
        """Remove our directories in the target, and keep other files."""
        self.build.symlink_to(self.other)
        (self.other / "kernel").mkdir()
        self.clean("distclean")
        self.assertEqual([p.name for p in self.other.iterdir()], ["mine"])
        (self.other / "mine").unlink()
        self.clean("distclean")
        self.assertFalse(self.build.is_symlink())
        self.assertTrue(self.other.is_dir())

    def test_link_to_nothing(self):
        self.build.symlink_to(self.tmp / "none")
        self.clean()
        self.assertFalse(self.build.is_symlink())
