# SPDX-License-Identifier: GPL-2.0
"""make check-all: the cells that it runs, the results that it keeps, and its page."""

from html.parser import HTMLParser
import itertools
import pathlib
import shutil
import subprocess
from unittest import mock

import yaml

from xendma.util.errors import UserError
from xendma.util.paths import ROOT
from xendma.runs import harden, matrix

from .support import Case, edit, make


class Links(HTMLParser):
    """Collect the links of a page, and check that its elements are closed."""

    def __init__(self, text):
        super().__init__()
        self.links, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.links += [v for k, v in attrs if k in ("href", "src")]

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            raise AssertionError(f"</{tag}> closes another element")


class Resume(Case):
    """Repeated runs of make check-all, with mocks in place of boots."""

    def setUp(self):
        super().setUp()
        self.ran, self.unexpected = [], {}
        self.cells = [matrix.Cell(f"7.3 arm64 {v}", f"Xen {x}", "newest", "arm64", x, v)
                      for v in matrix.VARIANTS for x in ("4.20", "4.17")]
        for name, value in (("HOME", self.tmp), ("project", lambda: self.files),
                            ("do_boot", self.boot), ("log", lambda text: None)):
            patch = mock.patch.object(matrix, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.files = {"series/x": "one", "README.md": "one"}

    def boot(self, cell, log):
        self.ran.append(cell.name)
        log.write_text("console\n")
        return self.unexpected.get(cell.name, []), "3 pass"

    def check(self):
        self.ran.clear()
        with mock.patch("builtins.print") as printed:
            status = matrix.check(self.cells)
        return status, "\n".join(str(c.args[0]) for c in printed.call_args_list)

    def test_passed_cells_are_not_run_again(self):
        self.assertEqual(self.check()[0], 0)
        self.assertEqual(len(self.ran), 4)
        status, printed = self.check()
        self.assertEqual((status, self.ran), (0, []))
        self.assertIn("0 of 4 cells were run", printed)
        self.assertEqual(printed.count("passed before"), 4)

    def test_failed_cells_are_run_again(self):
        bad = self.cells[1].name
        self.unexpected[bad] = ["no_mapping.mmap_pfn: x"]
        status, printed = self.check()
        self.assertEqual(status, 1)
        self.assertIn(f"{bad}: no_mapping.mmap_pfn: x", printed)
        self.assertTrue(printed.endswith("3 passed, 1 failed"))
        self.unexpected.clear()
        self.assertEqual(self.check()[0], 0)
        self.assertEqual(self.ran, [bad])

    def test_other_inputs(self):
        self.check()
        self.files["series/x"] = "two"
        self.check()
        self.assertEqual(len(self.ran), 4)

    def test_other_text(self):
        """A change of text only does not repeat boots."""
        self.check()
        self.files["README.md"] = "two"
        self.check()
        self.assertEqual(self.ran, [])
        patch = "series/0007-linear-map"
        whole = matrix.digest(ROOT / patch)
        self.assertNotEqual(matrix.without_text(patch, whole), whole)
        with mock.patch.object(matrix, "ROOT", self.tmp):
            (self.tmp / "series").mkdir()
            text = (ROOT / patch).read_text()
            (self.tmp / patch).write_text(text)
            before = matrix.without_text(patch, "")
            edit(self.tmp / patch, "x86 is coherent at compile time", "x86 is coherent")
            self.assertEqual(matrix.without_text(patch, ""), before)
            edit(self.tmp / patch, "sites=4", "sites=5")
            self.assertNotEqual(matrix.without_text(patch, ""), before)
        tests = matrix.Cell("test_docs", "", tests="test_docs")
        one = matrix.key(tests, self.files)
        self.files["README.md"] = "three"
        self.assertNotEqual(one, matrix.key(tests, self.files))

    def test_clients(self):
        """A change of files for make demo repeats no other boots."""
        demo = matrix.demos()[0]
        before = [matrix.key(c, self.files) for c in (demo, self.cells[0])]
        for name in ("tools/xendma/runs/drivers.py",
                     "tools/testing/selftests/xen-dma/clients/test_modules/echo.c"):
            after = [matrix.key(c, self.files | {name: "two"}) for c in (demo, self.cells[0])]
            self.assertNotEqual(after[0], before[0])
            self.assertEqual(after[1], before[1])

    def test_incomplete_result_of_a_cell(self):
        self.check()
        (self.tmp / f"cells/{self.cells[0].name}.json").write_text('{"key": ')
        self.check()
        self.assertEqual(self.ran, [self.cells[0].name])

    def test_error_is_a_failed_cell(self):
        with mock.patch.object(matrix, "do_boot", side_effect=UserError("no space left")):
            status, printed = self.check()
        self.assertEqual(status, 1)
        self.assertIn("no space left", printed)

    def test_project_changes_during_a_run(self):
        def boot(cell, log):
            self.files["series/x"] = cell.name
            return self.boot(cell, log)
        with mock.patch.object(matrix, "do_boot", boot):
            status, printed = self.check()
        self.assertEqual(status, 1)
        self.assertIn("changed during the run", printed)
        self.check()
        self.assertEqual(len(self.ran), 4)

    def test_workers(self):
        """Only files of tests that boot nothing have several workers."""
        for cell in harden.cells():
            self.assertEqual(cell.parallel, cell.tests.startswith("test_attack"), cell.tests)

    def test_page(self):
        self.unexpected[self.cells[1].name] = ["x"]
        self.check()
        text = (self.tmp / "index.html").read_text()
        parsed = Links(text)
        self.assertEqual(parsed.open, [])
        self.assertEqual(len(parsed.links), 4)
        for link in parsed.links:
            self.assertTrue((self.tmp / link).is_file(), link)
        self.assertIn('<td class="FAILED">', text)
        self.assertIn("3 passed, 1 failed, 0 not run yet", text)
        self.assertIn("4 not run yet", matrix.html.html(self.cells, {}))

    def test_page_in_a_browser(self):
        """Chromium shows the page without a network."""
        browser = shutil.which("chromium")
        if not browser:
            self.skipTest("chromium is not installed")
        self.check()
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
             f"--user-data-dir={self.tmp}/profile", "--host-resolver-rules=MAP * ~NOTFOUND",
             f"file://{self.tmp}/index.html"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count('<td class="passed">'), 4)
        self.assertIn("<h1>DMA memory in a Xen dom0", done.stdout)


class Matrix(Case):
    def test_gitlab_has_the_same_boots(self):
        ci = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
        self.assertEqual(set(ci), {"default", "stages", "check", "static", "kunit", "demo", "boot"})
        self.assertEqual(ci["check"]["script"], [".ci/run"])
        self.check_cells(ci["boot"], [{"ARCH": c.arch, "XEN": c.xen, "TREE": c.tree,
                                       "SERIES": str(int(c.variant == "patched"))}
                                      for c in matrix.boots()])
        self.check_cells(ci["static"],
                         [{"ARCH": c.arch, "TREE": c.tree} for c in matrix.static_checks()])
        self.check_cells(ci["demo"], [{"ARCH": c.arch, "XEN": c.xen} for c in matrix.demos()])
        self.check_cells(ci["kunit"], [{"ARCH": c.arch, "TREE": c.tree} for c in matrix.suites()])

    def check_cells(self, job, cells):
        """Check that GitLab derives these cells from a job."""
        self.assertLessEqual(set(job), {"stage", "timeout", "parallel", "script", "artifacts"})
        jobs = set()
        for row in job["parallel"]["matrix"]:
            values = [v if isinstance(v, list) else [v] for v in row.values()]
            jobs |= {tuple(sorted(zip(row, one))) for one in itertools.product(*values)}
        self.assertEqual(jobs, {tuple(sorted(cell.items())) for cell in cells})
        for name in cells[0]:
            self.assertIn(f'{name}="${name}"', job["script"][-1])

    def test_every_file_of_tests_is_a_cell(self):
        here = {p.stem for p in pathlib.Path(__file__).parent.glob("test_*.py")}
        self.assertEqual({c.tests for c in matrix.tests()}, here)

    def test_only_a_file(self):
        """The name of a file of tests is enough."""
        (cell,) = matrix.chosen(harden.cells(), ["test_fuzz"], "")
        self.assertEqual((cell.tests, cell.stage), ("test_fuzz", "later"))

    def test_only_without_a_cell(self):
        self.assert_stops(make("check-all", "ONLY=bogus* x"), "ONLY=bogus* x matches no cell")
