# SPDX-License-Identifier: GPL-2.0
"""The page that the series adds to the documentation of the kernel."""

import os
import re
import subprocess

from xendma.util.paths import ROOT
from xendma.sources import tree
from xendma.results import tables
from xendma.rig import build
from xendma.rig.variant import PATCHED, patched_sources
from xendma.runs import kernels

from .support import Case

PAGE = ROOT / "Documentation/core-api/swiotlb-xen.rst"


class Sphinx(Case):
    def warnings(self, text):
        """Return the warnings of plain Sphinx for the page alone."""
        (self.tmp / "index.rst").write_text(text)
        (self.tmp / "conf.py").write_text("")
        done = subprocess.run(["sphinx-build", "-q", "-b", "html", self.tmp, self.tmp / "html"],
                              text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return re.findall(r"(?m)^.*(?:WARNING|ERROR): .*$", done.stderr)

    def test_page(self):
        self.assertEqual(self.warnings(PAGE.read_text()), [])

    def test_it_would_see_a_fault(self):
        self.assertNotEqual(self.warnings(PAGE.read_text() + "\n* a list\nwithout an end\n"), [])

    def test_all_of_core_api(self):
        """make htmldocs of the kernel has no warning about the page."""
        t = tree.get("newest")
        work, _ = build.prepare(t, patched_sources(t, PATCHED)[0], kernels.recipe(t))
        self.assertTrue((work / "Documentation/core-api/swiotlb-xen.rst").is_file())
        done = subprocess.run(
            ["make", "-s", "-C", work, f"O={self.tmp}/out", "htmldocs", "SPHINXDIRS=core-api",
             "SPHINXOPTS=-q", f"-j{os.cpu_count()}"], text=True, capture_output=True,
            env=build.environment(), stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr)
        (page,) = (self.tmp / "out").rglob("swiotlb-xen.html")
        self.assertIn("shared-dma-pool", page.read_text())
        said = [l for l in (done.stdout + done.stderr).splitlines() if "WARNING" in l]
        self.assertNotEqual(said, [], "links out of core-api have no target here")
        self.assertEqual([l for l in said if "swiotlb-xen" in l], [])


class Answers(Case):
    def test_page_says_what_was_measured(self):
        """The table of the page has the answers of series/measured."""
        rows = [l.rsplit(None, 1)[-1] for l in PAGE.read_text().split("Answers of Xen")[1]
                .split("For driver writers")[0].splitlines() if re.search(r" (0|-E\w+)$", l)]
        kept = [l.rsplit(None, 1)[-1] for l in tables.table("answers")[0].splitlines()[1:]]
        self.assertEqual(rows, kept)
