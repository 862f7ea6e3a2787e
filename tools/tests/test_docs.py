# SPDX-License-Identifier: GPL-2.0
"""README.md, the pages in Documentation/, and the kernel page of the series."""

import fnmatch
import os
import re
import shlex
import subprocess

import picture
from xendma.cli import options
from xendma.sources import tree
from xendma.results import tables
from xendma.rig import build
from xendma.rig.variant import PATCHED, patched_sources
from xendma.runs import kernels

from .support import ROOT, Case, later, make

PAGE = ROOT / "Documentation/core-api/swiotlb-xen.rst"
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "Documentation").glob("*.rst"))]
# Literals in a text: `x`, ``x``, and indented lines.
LITERAL = re.compile(r"``([^`]+)``|`([^`]+)`|^(?: {3,4})(\S.*)$", re.M)
# Top directories of the project; those of the kernel have the same names.
TOP = ("arch", "Documentation", "drivers", "include", "kernel", "scripts", "series", "tools")
# Each row of the table in README.md, with a pattern of its tests.
GROUPS = {"user mappings": r"no_mapping\*\.(mmap_|unmapped)", "scatterlists": r"\.get_sgtable$",
          "cache maintenance": r"\.translated$|(own|others|hole|device).*\.maintenance$|released",
          "copies": r"bounce$|^refused\..*\.map$|outside_of_memory$", "other faults": r"."}


def literals(path):
    """Yield the literals of a page, without the table that make prints."""
    text = picture.KEPT.sub("", path.read_text(encoding="utf-8"))
    for found in LITERAL.finditer(text):
        yield next(filter(None, found.groups()))


class Readme(Case):
    def test_size(self):
        self.assertLessEqual(len(README.read_text().splitlines()), 120)

    def test_no_number_is_left_to_be_measured(self):
        for path in PAGES:
            self.assertNotRegex(path.read_text(), r"@[A-Z_]+@|TODO", path.name)

    def test_links(self):
        for path in (README, ROOT / "CONTRIBUTING.md"):
            text = path.read_text()
            titles = {"#" + t.lower().replace(" ", "-") for t in re.findall(r"(?m)^#+ (.*)$", text)}
            for link in re.findall(r"\]\((.*?)\)", text):
                self.assertTrue(link in titles or (ROOT / link).is_file(), f"{path.name}: {link}")

    def test_table_has_the_sums_of_the_results(self):
        """Each test of the results is counted in one row of the short table."""
        rows = [re.split(r"\s{2,}", line.strip()) for line in
                picture.kept(picture.PAGE.read_text()).splitlines()[4:] if line[0] != " "]
        totals = dict.fromkeys(GROUPS, 0)
        for name, number, stock, patched in rows:
            self.assertIn((stock, patched), (("FAILED", "passed"), ("passed", "passed"),
                                             ("skipped", "skipped")), name)
            if stock == "FAILED":
                totals[next(g for g, p in GROUPS.items() if re.search(p, name))] += int(number)
            elif stock == "passed":
                totals["everything"] = int(number)
        short = re.findall(r"(?m)^\| ([^|]*) \| (\d+) \| (\w+) \| (\w+) \|$", README.read_text())
        self.assertEqual(len(short), len(totals))
        for (words, number, stock, patched), (group, total) in zip(short, totals.items()):
            self.assertTrue(words.startswith(group), words)
            self.assertEqual((int(number), patched), (total, "passed"), words)
            self.assertEqual(stock, "passed" if group == "everything" else "FAILED")

    def test_picture_is_of_the_results(self):
        drawn = picture.draw(picture.kept(picture.PAGE.read_text()))
        self.assertEqual(picture.PICTURE.read_text(), drawn, "run make picture")
        self.assertIn(f"]({picture.PICTURE.relative_to(ROOT)})", README.read_text())
        self.assertNotRegex(drawn.replace("http://www.w3.org/2000/svg", ""), "https?:|url|href")

    def test_picture_needs_a_table(self):
        (self.tmp / "make.txt").write_text("xen-dma: interrupted\n")
        with self.assertRaisesRegex(SystemExit, "make.txt has no table"):
            picture.table(self.tmp / "make.txt")
        (self.tmp / "make.txt").write_text("Before and after, under X:\n\na\nb\n\nlog\n")
        self.assertEqual(picture.table(self.tmp / "make.txt"),
                         "Before and after, under X:\n\na\nb")


class Pages(Case):
    def test_commands(self):
        """Each command in a page is a target, and the Makefile reads its variables."""
        makefile = (ROOT / "Makefile").read_text()
        targets = {word for line in re.findall(r"(?m)^\.PHONY: (.*)$", makefile)
                   for word in line.split()}
        variables = set(re.findall(r"call said,(\w+)", makefile))
        count = 0
        for path in PAGES:
            quoted = re.findall(r'"(make [^"\n]*)"', path.read_text())
            for text in [*literals(path), *quoted]:
                found = re.match(r"make(?: ([^#]*))?(?:#.*)?$", text)
                for word in shlex.split(found[1] or "") if found else ():
                    name, equals, _ = word.partition("=")
                    self.assertIn(name, variables if equals else targets, f"{path.name}: {text}")
                    count += 1
        self.assertGreater(count, 50)

    def test_commands_are_accepted(self):
        """The program accepts the options of each command in a page."""
        for path in PAGES:
            for text in literals(path):
                words = shlex.split(text.split("#")[0]) if text.startswith("make ") else []
                verb = [w for w in words[1:] if "=" not in w]
                if len(verb) == 1 and verb[0] in options.HEEDS:
                    for name in (w.split("=")[0] for w in words[1:] if "=" in w):
                        self.assertIn(name, options.HEEDS[verb[0]], f"{path.name}: {text}")

    def test_paths(self):
        """Each path in a page is in the project or in the newest kernel."""
        names, source, count = self.files(), tree.get("newest").path, 0
        for path in PAGES:
            for text in literals(path):
                for word in re.findall(r"(?<![\w/.-])[\w.*-]+/[\w.*/-]*", text):
                    if word.split("/")[0] in TOP and "NNNN" not in word:
                        there = fnmatch.filter(names, word + "*" if word.endswith("/") else word)
                        self.assertTrue(there or (source / word).exists(), f"{path.name}: {word}")
                        count += 1
        self.assertGreater(count, 30)

    @staticmethod
    def files():
        return subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                              cwd=ROOT, text=True, capture_output=True,
                              check=True).stdout.splitlines()

    def test_layout_of_the_packages(self):
        """The table in hacking.rst lists each package and module of the program."""
        home = ROOT / "tools/xendma"
        text = (ROOT / "Documentation/hacking.rst").read_text()
        text = text.split("The packages of tools/xendma")[1].split("A new tree")[0]
        there = {p.parent.name for p in home.glob("**/__init__.py")} - {"xendma"} | {"checks"}
        self.assertEqual(set(re.findall(r"(?m)^``(\w+)``", text)), there)
        for name in re.findall(r"\w+\.(?:py|ini)\b", text):
            self.assertTrue(list(home.glob(f"*/**/{name}")), name)

    def test_make_docs(self):
        self.assert_ok(make("docs", XENDMA_BUILD=self.tmp))
        for page in PAGES[2:]:
            self.assertTrue((self.tmp / "docs" / f"{page.stem}.html").is_file(), page)
        found = subprocess.run(["grep", "-rlE", "(src|href)=\"https?://[^\"]*\\.(js|css|woff)",
                                self.tmp / "docs"], text=True, capture_output=True).stdout
        self.assertEqual(found, "", "a page loads a file from the network")

    def test_a_warning_is_an_error(self):
        project = self.tmp / "project"
        (project / "tools").mkdir(parents=True)
        for name in ("Makefile", "tools/setup.sh", "tools/packages", "tools/packages-check"):
            (project / name).write_text((ROOT / name).read_text())
        subprocess.run(["cp", "-r", ROOT / "Documentation", project], check=True)
        (project / "Documentation/lost.rst").write_text("Lost\n====\n")
        done = make("docs", root=project, XENDMA_BUILD=self.tmp / "build")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("lost.rst", done.stderr)


class Sphinx(Case):
    def warnings(self, text):
        """Return the warnings of plain Sphinx for one page."""
        (self.tmp / "index.rst").write_text(text)
        (self.tmp / "conf.py").write_text("")
        done = subprocess.run(["sphinx-build", "-q", "-b", "html", self.tmp, self.tmp / "html"],
                              text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return re.findall(r"(?m)^.*(?:WARNING|ERROR): .*$", done.stderr)

    def test_page(self):
        self.assertEqual(self.warnings(PAGE.read_text()), [])

    def test_sphinx_detects_a_fault(self):
        self.assertNotEqual(self.warnings(PAGE.read_text() + "\n* a list\nwithout an end\n"), [])

    @later("static")
    def test_all_of_core_api(self):
        """make htmldocs of the kernel prints no warning about the page."""
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
        warnings = [l for l in (done.stdout + done.stderr).splitlines() if "WARNING" in l]
        self.assertNotEqual(warnings, [], "no warning, though links out of core-api have no target")
        self.assertEqual([l for l in warnings if "swiotlb-xen" in l], [])


class Answers(Case):
    def test_page_has_the_measured_answers(self):
        """The table of the page has the answers of series/measured."""
        rows = [l.rsplit(None, 1)[-1] for l in PAGE.read_text().split("Answers of Xen")[1]
                .split("For driver writers")[0].splitlines() if re.search(r" (0|-E\w+)$", l)]
        kept = [l.rsplit(None, 1)[-1] for l in tables.table("answers")[0].splitlines()[1:]]
        self.assertEqual(rows, kept)
