# SPDX-License-Identifier: GPL-2.0
"""The files of series/: headers, parts, letters, and the options PART= and LIST=."""

import configparser
import re

from xendma.util.errors import UserError
from xendma.util.versions import in_window
from xendma.sources import tree
from xendma.series import generate, patch, selection

from . import support
from .support import ALL_TOUCHED, Case, git, make, repository
from .test_rules import CODE, HEADERS, Rules
from .test_series import SUPPORTED, patches

# Number of patches in each part, for newest and for a stable kernel.
PARTS = {"newest": {"fixes": 9, "next": 8, "callers": 4, "tests": 3, "speed": 3},
         "6.12": {"fixes": 7, "next": 0, "callers": 0, "tests": 0, "speed": 0}}


def controls():
    """Return the files that list expected failures of stock."""
    return sorted((support.ROOT / "tools/testing/selftests").rglob("stock-failures*.ini"))


def names_of_tests():
    """Return a regular expression that matches names of this project's tests."""
    found = set()
    for path in controls():
        ini = configparser.ConfigParser(interpolation=None)
        ini.read(path, encoding="utf-8")
        for name in ini.sections():
            name = ini[name].get("tests", name)
            found.add(name)
            # Match the name of a fixture or variant alone, too, unless it is an English word.
            found |= {part for part in name.split(".")[:-1] if "_" in part}
    words = (r"\w*".join(map(re.escape, name.split("*"))) for name in sorted(found))
    return rf"(?<![\w/-])(?:{'|'.join(words)})(?!\w)"


class Parts(Case):
    def part(self, part, name="newest"):
        """Generate one part; return (letter, patches)."""
        out = self.tmp / f"{name}-{part}"
        self.assert_ok(make("series", f"TREE={name}", f"PART={part}", f"OUT={out}"))
        return (out / "0000-cover-letter.patch").read_text(), patches(out)

    def test_each_on_top_of_those_before(self):
        """Each part has numbers from 1 and its own letter; together they are the series.

        make series replaces its output for each part, also for an RFC.
        """
        t, repo = tree.get("newest"), self.tmp / "repo"
        for f in ALL_TOUCHED:
            (repo / f).parent.mkdir(parents=True, exist_ok=True)
            (repo / f).write_bytes((t.path / f).read_bytes())
        repository(repo)
        titles = set()
        for part, count in PARTS["newest"].items():
            letter, files = self.part(part)
            self.assertEqual(len(files), count)
            cover = patch.letter(t.version, part)
            self.assertEqual(cover["Part"], part)
            self.assertTrue(letter.endswith(f"\nchange-id: {cover['Change-id']}\n"))
            titles.add(re.search(r"(?ms)^Subject: (.*?)\n(?=\S|$)", letter)[1])
            kind = "RFC PATCH" if part == "callers" else "PATCH"
            for n, text in enumerate([letter, *(p.read_text() for p in files)]):
                self.assertRegex(text, rf"(?m)^Subject: \[{kind} {n}/{count}\] ")
            first = [p.read_bytes() for p in files]
            self.assertEqual([p.read_bytes() for p in self.part(part)[1]], first)
            for p in files:
                self.assertIn("Applying: ", git(repo, "am", str(p)))
        self.assertEqual(len(titles), 5)
        self.assert_ok(make("series", "TREE=newest", f"OUT={self.tmp}/all"))
        whole = "".join(p.read_text() for p in patches(self.tmp / "all"))
        subjects = [s.replace("\n", "") for s in re.findall(
            r"(?ms)^Subject: \[PATCH \d+/\d+\] (.*?)\n\n", whole)]
        self.assertEqual(git(repo, "log", "--reverse", "--format=%s", "HEAD~27..").splitlines(),
                         subjects)
        applied = git(repo, "rev-parse", "HEAD^{tree}")
        git(repo, "checkout", "-q", "HEAD~27")
        git(repo, "am", *map(str, patches(self.tmp / "all")))
        self.assertEqual(git(repo, "rev-parse", "HEAD^{tree}"), applied)

    def test_all_parts_of_a_stable_kernel_are_its_fixes(self):
        _, fixes = self.part("fixes", "6.12")
        self.assert_ok(make("series", "TREE=6.12", f"OUT={self.tmp}/all"))
        self.assertEqual([p.read_bytes() for p in fixes],
                         [p.read_bytes() for p in patches(self.tmp / "all")])

    def test_part_without_a_patch(self):
        for part in ("next", "callers", "tests", "speed"):
            self.assert_stops(make("series", "TREE=6.12", f"PART={part}", f"OUT={self.tmp}/out"),
                              "(Linux 6.12.", f"part {part} has no patch for it")
            self.assertFalse((self.tmp / "out").exists())

    def test_unknown_part(self):
        known = "there are fixes, next, callers, tests, speed"
        for verb, *args in (("series", "TREE=6.12"), ("series", "LIST=1"), ("mail", "TREE=6.12")):
            self.assert_stops(make(verb, *args, "PART=bogus"), "PART=bogus is unknown", known)

    def test_part_has_a_directory_of_its_own(self):
        t = tree.get("6.12")
        self.assertEqual({generate.default_out(t, p).name for p in (None, *PARTS["newest"])},
                         {"6.12", "6.12-fixes", "6.12-next", "6.12-callers", "6.12-tests",
                          "6.12-speed"})

    def test_list(self):
        """Print two rows for each patch, without a source or a build directory."""
        for part in (None, *PARTS["newest"]):
            done = make("series", "LIST=1", *([f"PART={part}"] if part else []),
                        XENDMA_BUILD=self.tmp / "none")
            self.assert_ok(done)
            head, *rows = done.stdout.splitlines()
            self.assertRegex(head, r"^patch +part +kernels +subject; because; files$")
            listed = [p for p in patch.load() if part in (None, p.part)]
            self.assertEqual(len(rows), 2 * len(listed))
            for p, row, more in zip(listed, rows[::2], rows[1::2]):
                self.assertEqual(row.split(maxsplit=3), [p.name[:4], p.part, p.kernels, p.subject])
                because, _, files = more.strip().rpartition("; ")
                self.assertTrue(p.because.startswith(because.removesuffix(" ...")), more)
                self.assertTrue(because == p.because or len(because) > 30, more)
                self.assertEqual(set(files.split(", ")),
                                 {str(f) for f in (*(e.target for e in p.edits), *p.adds)})
            self.assertFalse((self.tmp / "none").exists())

    def test_unknown_value_of_list(self):
        self.assert_stops(make("series", "LIST=yes"), "LIST=yes is unknown")


class Letters(Case):
    """The letters of generated series."""

    def generated_letters(self):
        """Return {(part, tree): text of its letter}, without the additions of git."""
        found = {}
        for name in SUPPORTED:
            t = tree.get(name)
            chosen = selection.select(t, patch.load())
            for part in {p.part for p in chosen}:
                files = generate.generate(t, self.tmp / f"{name}-{part}", part=part)
                text = files[0].read_text().split("\n\n", 1)[1]
                found[part, name] = re.split(r"(?m)^\S.* \(\d+\):\n(?=  \S)", text)[0]
        return found

    def test_length_and_words(self):
        """Each letter is short, and has no names that only this project uses."""
        names = names_of_tests()
        self.assertRegex("(memory.own_static.bounce)", names)
        self.assertRegex("see no_mapping", names)
        self.assertRegex("memory.hole.translated fails", names)
        self.assertNotRegex("drivers/xen/swiotlb-xen.c, a whole.translated page of xen.org", names)
        letters = self.generated_letters()
        self.assertEqual(len(letters), 5 + 4 + 3)
        for (part, name), text in letters.items():
            self.assertLessEqual(len(text.splitlines()), 80, f"{part}, {name}")
            self.assertNotRegex(text, names, f"{part}, {name}")
            self.assertNotRegex(text, r"(?m)^ *@|@\w+(: run)?@", f"{part}, {name}")
            self.assertNotRegex(text, r"\bstub\b", f"{part}, {name}")

    def test_each_part_has_one_letter(self):
        for version in ((4, 4), (4, 9), (5, 3), (5, 4), (5, 10), (6, 12), (7, 2), (7, 3), (7, 4)):
            parts = (None, *PARTS["newest"]) if version >= (7, 2) else ("fixes",)
            for part in parts:
                if part == "speed" and version < (7, 3):
                    continue
                fit = [c for c in patch.letters().values() if c["Part"] == part
                       and in_window(c["Kernels"], version)]
                self.assertEqual(len(fit), 1, f"{part} of {version}")

    def test_change_ids(self):
        """All letters of a part have the same change-id, and each part has its own."""
        ids = {}
        for cover in patch.letters().values():
            ids.setdefault(cover["Part"], set()).add(cover["Change-id"])
        self.assertEqual([len(i) for i in ids.values()], [1] * 6)
        self.assertEqual(len(set.union(*ids.values())), 6)


class Trailers(Case):
    def test_fixes_are_for_stable(self):
        """Each fix has Cc: stable, unless mainline never needs it, and at most one Fixes:."""
        without = {"0001", "0020", "0021"}
        for p in patch.load():
            stable = re.findall(r"(?m)^Cc: stable@vger\.kernel\.org # \d+\.\d+\+$", p.body)
            wanted = p.part == "fixes" and p.name[:4] not in without
            self.assertEqual(len(stable), int(wanted), p.name)
            self.assertEqual(p.body.count("stable@"), len(stable), p.name)
            fixes = re.findall(r"(?m)^Fixes: [0-9a-f]{12} \(\".*\"\)$", p.body)
            self.assertEqual(len(fixes), p.body.count("Fixes:"), p.name)
            self.assertLessEqual(len(fixes), 1, p.name)

    def test_parts_in_order(self):
        order = [patch.PARTS.index(p.part) for p in patch.load()]
        self.assertEqual(order, sorted(order))

    def test_few_fixes_for_every_tree(self):
        for name, count in SUPPORTED.items():
            chosen = selection.select(tree.get(name), patch.load())
            self.assertEqual(len(chosen), count, name)
            self.assertLessEqual(sum(p.part == "fixes" for p in chosen), 9, name)
            for part, of_part in PARTS.get(name, {}).items():
                self.assertEqual(sum(p.part == part for p in chosen), of_part, (name, part))


class Overlay(Rules):
    """The headers of a patch, and errors about missing files and headers."""

    def test_ed_script(self):
        edit = self.rule("ed", "/^config B/i\nconfig A\n.\nw\n", target="Kconfig")
        (self.k / "Kconfig").write_text("config B\n")
        self.assertEqual(self.apply(edit), "config A\nconfig B\n")
        (self.k / "Kconfig").write_text("config C\n")
        self.check_stops(edit, "rule Kconfig.x.ed, ", "found no place for the change; this tree differs")
        self.assertEqual((self.k / "Kconfig").read_text(), "config C\n")

    def versions(self, p):
        """Return those of four minor versions that a patch is for."""
        found = []
        for minor in (0, 1, 12, 13):
            (self.k / "Makefile").write_text(f"VERSION = 6\nPATCHLEVEL = {minor}\n")
            found += [minor] if p.is_for(tree.Tree(self.k)) else []
        return found

    def test_window(self):
        self.assertEqual(self.versions(self.patch()), [1, 12])

    def test_content_selects_a_fix(self):
        for word, in_fixes, in_next in (("old", [0, 1, 12, 13], [1, 12]), ("One", [], [])):
            want = rf"With: f.c:\b{word}\b"
            self.assertEqual(self.versions(self.patch(want)), in_fixes)
            self.assertEqual(self.versions(self.patch(want, part="next")), in_next)
        self.assertEqual(self.versions(self.patch(r"With: f.c:\bold\b", "With: f.c:none")), [])
        self.assertEqual(self.versions(self.patch("With: none.c:.")), [])

    def test_done_if_and_clash_if(self):
        p = self.patch(r"Done-if: f.c:y = old", r"Clash-if: f.c:y =")
        self.assertEqual(p.already_in(tree.Tree(self.k)), "f.c: y = old(x);")
        self.file.write_text(CODE.replace("old", "other"))
        with self.assertRaisesRegex(UserError, r"'f.c: y = other\(x\);' is in the place of 'x' .*"
                                          "revert"):
            p.already_in(tree.Tree(self.k))
        self.file.write_text("/* y = old */\nint a;\n")
        self.assertIsNone(p.already_in(tree.Tree(self.k)))

    def test_missing_rule(self):
        for target, names in (("a/b.c", "a/b.x.cocci or a/b.x.c"), ("Kconfig", "Kconfig.x.ed"),
                              ("a/b.c; rule=y", "a/b.x-y.cocci or a/b.x-y.c")):
            with self.assertRaisesRegex(UserError, f"series/0001-x: there is no rule {names}$"):
                self.patch(f"Edit: {target}")

    def test_missing_header(self):
        for header in HEADERS:
            path = self.tmp / "0002-x"
            path.write_text("\n".join(h for h in HEADERS if h != header) + "\n\nt\n")
            with self.assertRaisesRegex(UserError,
                                        f"0002-x: the header {header.split()[0]} is missing"):
                patch.Patch(path, overlay=self.tmp)

    def test_unknown_part_in_a_header(self):
        with self.assertRaisesRegex(UserError,
                                    "0001-x: the part bogus is unknown: there are fixes, next, "):
            self.patch(part="bogus")
