# SPDX-License-Identifier: GPL-2.0
"""Downloads that fail: one line says why, and nothing half-written stays."""

import sys

from . import support
from .support import Case, edit


class Download(Case):
    """Errors between the mirror of Debian and build/debs."""

    def fetch(self, project=support.ROOT, section="xen 4.17", **env):
        code = f"from xendma.sources import debian; print(debian.fetch({section!r}))"
        stop = "from xendma.util.errors import UserError\nimport sys\n" \
               f"try:\n {code}\nexcept UserError as e: sys.exit(f'xen-dma: error: {{e}}')"
        return support.subprocess.run(
            [sys.executable, "-c", stop], text=True, capture_output=True,
            env=support.environment(PYTHONPATH=f"{project}/tools", XENDMA_BUILD=self.tmp / "build",
                                    PYTHONDONTWRITEBYTECODE="1", **env))

    def damaged(self, damage):
        done = self.fetch()
        self.assert_ok(done)
        (deb,) = (self.tmp / "build/debs").glob("*.deb")
        good = deb.read_bytes()
        deb.write_bytes(damage(good))
        self.assert_stops(self.fetch(), deb.name, "is damaged", "run make again")
        self.assertFalse(deb.exists())
        self.assert_ok(self.fetch())
        self.assertEqual(deb.read_bytes(), good)

    def test_version_that_another_section_has(self):
        """Keep both versions of a package in two suites, and remove older ones."""
        debs = self.tmp / "build/debs"
        for section in ("toolstack 4.20:libfdt1", "toolstack 4.17:libfdt1"):
            self.assert_ok(self.fetch(section=section))
        both = {p.name for p in debs.glob("*.deb")}
        self.assertEqual(len(both), 2)
        (debs / "libfdt1_1.0_arm64.deb").touch()
        for section in ("toolstack 4.20:libfdt1", "toolstack 4.17:libfdt1"):
            self.assert_ok(self.fetch(section=section))
        self.assertEqual({p.name for p in debs.glob("*.deb")}, both)

    def test_truncated(self):
        self.damaged(lambda data: data[:len(data) // 2])

    def test_one_bit_wrong(self):
        self.damaged(lambda data: data[:1000] + bytes([data[1000] ^ 1]) + data[1001:])

    def test_mirror_out_of_reach(self):
        dead = "http://127.0.0.1:9/"
        done = self.fetch(http_proxy=dead, https_proxy=dead)
        self.assert_stops(done, "reading the lists of bookworm", "check the network")
        self.assertEqual(list((self.tmp / "build").glob("debs/*")), [])

    def test_suite_that_is_gone(self):
        project = support.copy_project(self.tmp / "project")
        edit(project / "tools/xendma/sources/debian.ini", "suites = bookworm bookworm-security",
             "suites = slink", 4)
        self.assert_stops(self.fetch(project), "no suite 'slink' any more", "debian.ini")

    def test_package_that_is_gone(self):
        project = support.copy_project(self.tmp / "project")
        edit(project / "tools/xendma/sources/debian.ini", "package = xen-hypervisor-4.17-arm64",
             "package = xen-hypervisor-1.0-arm64")
        self.assert_stops(self.fetch(project), "have no package xen-hypervisor-1.0-arm64")
