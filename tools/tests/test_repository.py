# SPDX-License-Identifier: GPL-2.0
"""The project's own files: licences, layout, and forbidden text."""

import fnmatch
import re
import subprocess
import unittest

from xendma.util.paths import TESTS
from xendma.series import patch

from .support import ROOT


def files(pictures=False):
    """Return the names of the project's text files, or of its pictures."""
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                         cwd=ROOT, text=True, capture_output=True, check=True).stdout
    return [n for n in out.splitlines() if (ROOT / n).is_file()
            and n.endswith(".png") == pictures]


class Repository(unittest.TestCase):
    def test_spdx(self):
        for name in files():
            head = (ROOT / name).read_text().splitlines()[:2]
            self.assertTrue(any("SPDX-License-Identifier: GPL-2.0" in l for l in head), name)

    def test_pictures_are_shown(self):
        pages = "".join(p.read_text() for p in (ROOT / "Documentation").glob("*.rst"))
        for name in files(pictures=True):
            self.assertTrue((ROOT / name).read_bytes().startswith(b"\x89PNG"), name)
            self.assertIn(f".. image:: {name.removeprefix('Documentation/')}\n", pages)

    def test_no_context_diff(self):
        for name in files():
            text = (ROOT / name).read_text()
            self.assertNotRegex(text, r"(?m)^@@ -\d+(,\d+)? \+\d+(,\d+)? @@", name)

    def test_no_trailer_in_anyones_name(self):
        for name in files():
            self.assertNotRegex((ROOT / name).read_text(),
                                r"(?mi)^(signed-off|acked|reviewed|tested)-by: ", name)

    def test_no_mirror_is_named(self):
        for name in files():
            self.assertNotRegex((ROOT / name).read_text(), r"https?://[\w.-]*debian\.org", name)

    def test_every_rule_is_used_and_lies_beside_its_file(self):
        """Files that a patch adds and programs in tools/ are no rules."""
        used = {str(r) for p in patch.load() for e in p.edits for r in e.rules}
        added = {str(a) for p in patch.load() for a in p.adds}
        there = {n for n in files() if n.endswith((".cocci", ".ed", ".c"))
                 and not n.startswith("tools/")} - added
        self.assertEqual(used, there)
        for p in patch.load():
            for e in p.edits:
                for r in e.rules:
                    self.assertEqual(r.parent, e.target.parent)
                    self.assertIn(p.short, r.name)

    def test_maintainers_cover_every_file(self):
        """CONTRIBUTING.md has the project's list of maintainers; there is no MAINTAINERS."""
        table = (ROOT / "CONTRIBUTING.md").read_text().split("## Maintainers\n")[1]
        patterns = [p for row in re.findall(r"(?m)^\|.*$", table) for p in re.findall("`(.+?)`", row)]
        for pattern in patterns:
            self.assertTrue(list(ROOT.glob(pattern.rstrip("/"))), f"{pattern} matches nothing")
        for name in files():
            covered = any(fnmatch.fnmatchcase(name, p + "*" if p.endswith("/") else p)
                          for p in patterns)
            self.assertTrue(covered, f"CONTRIBUTING.md has no area for {name}")
        self.assertFalse((ROOT / "MAINTAINERS").exists())

    def test_files_are_small_enough_to_read(self):
        for name in files():
            if name.endswith((".py", ".sh")):
                n = len((ROOT / name).read_text().splitlines())
                self.assertLessEqual(n, 300, name)

    def test_scripts_are_executable_where_they_are_started(self):
        for path in (ROOT / ".ci/run", TESTS / "dom0/init"):
            self.assertTrue(path.stat().st_mode & 0o100, path)
