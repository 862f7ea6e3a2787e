# SPDX-License-Identifier: GPL-2.0
"""The rules of a patch: each changes the place that it names, or reports its findings."""

from unittest import mock

from xendma.util.errors import UserError
from xendma.sources import tree
from xendma.series import patch, rules

from .support import Case

HEADERS = ("Subject: x", "Date: x", "Part: fixes", "Kernels: 6.1..6.12", "Because: x")
# Calls and functions in the style of the kernel.
CODE = """int a;

/*
 * One.
 */
static int one(int x)
{
	if (ask(x))
		call(x);
	return x;
}

static int two(int x)
{
	int y;

	y = old(x);
	return y;
}
"""


class Rules(Case):
    """A tree k with one file, and a patch 0001-x that changes it."""

    def setUp(self):
        super().setUp()
        self.k = self.tmp / "k"
        (self.k / "kernel").mkdir(parents=True)
        (self.k / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 6\n")
        self.file = self.k / "f.c"
        self.file.write_text(CODE)

    def patch(self, *headers, part="fixes"):
        path = self.tmp / "0001-x"
        path.write_text("\n".join([*HEADERS, *headers, "", "text", ""])
                        .replace("Part: fixes", f"Part: {part}"))
        return patch.Patch(path, overlay=self.tmp)

    def rule(self, kind, text, target="f.c", **params):
        """Return the Edit of a rule for a file."""
        stem = target.removesuffix(".c")
        (self.tmp / f"{stem}.x.{kind}").write_text(text)
        more = "".join(f"; {key}={value}" for key, value in params.items())
        (edit,) = self.patch(f"Edit: {target}{more}").edits
        return edit

    def apply(self, edit):
        target = self.k / edit.target
        rules.apply(edit, target, tree.Tree(self.k))
        return target.read_text()

    def check_stops(self, edit, *words):
        """Check that a rule stops with an error that names the file and has these words."""
        with self.assertRaises(UserError) as stopped:
            self.apply(edit)
        for word in (f"file {edit.target} of {self.k}: ", *words):
            self.assertIn(word, str(stopped.exception))


class Code(Rules):
    """A .c rule: code, and the lines that are its anchors."""

    def insert(self, text):
        return self.apply(self.rule("c", text))

    def check_refused(self, text, *words):
        edit = self.rule("c", text)
        self.check_stops(edit, "rule f.x.c, ", *words)
        self.assertEqual(self.file.read_text(), CODE)

    def test_before_and_after(self):
        self.assertEqual(self.insert("// x\n\n//@ before int a;\nint b;\n"
                                     "//@ after int a;\nint c;\n"),
                         CODE.replace("int a;\n", "int b;\nint a;\nint c;\n"))

    def test_function_stands_apart(self):
        code = "static int f(void)\n{\n}\n"
        self.assertEqual(self.insert(f"//@ after int a;\n{code}"),
                         CODE.replace("int a;\n", f"int a;\n\n{code}"))
        self.file.write_text(CODE)
        self.assertEqual(self.insert(f"//@ before static int two(int x)\n{code}"),
                         CODE.replace("static int two", f"{code}\nstatic int two"))

    def test_missing_anchor(self):
        self.check_refused("//@ before int b;\nint c;\n",
                           "the line 'int b;' is there 0 times, wanted 1")

    def test_anchor_found_twice(self):
        self.check_refused("//@ after {\nint c;\n", "the line '{' is there 2 times, wanted 1")
        self.check_refused("//@ replace }\n//@ until }\nint c;\n", "the line '}' is there 2 times")

    def test_part_of_a_line_is_no_anchor(self):
        self.check_refused("//@ after y = old\nint c;\n", "'y = old' is there 0 times")

    def test_then(self):
        """An anchor may be several lines in a row."""
        self.assertEqual(self.insert("//@ after static int two(int x)\n//@ then {\n\tint z;\n"),
                         CODE.replace("\tint y;", "\tint z;\n\tint y;"))
        self.file.write_text(CODE)
        self.check_refused("//@ after int a;\n//@ then {\nint c;\n", "the line '{' is there 0 times")

    def test_then_an_empty_line(self):
        self.assertEqual(self.insert("//@ after int a;\n//@ then\nint c;\n"),
                         CODE.replace("int a;\n\n", "int a;\n\nint c;\n"))

    def test_replace(self):
        self.assertEqual(self.insert("//@ replace y = old(x);\n\ty = new(x);\n"),
                         CODE.replace("old(x)", "new(x)"))
        self.file.write_text(CODE)
        self.assertEqual(self.insert("//@ replace int y;\n//@ then\n//@ then y = old(x);\n"
                                     "\tz();\n"),
                         CODE.replace("\tint y;\n\n\ty = old(x);\n", "\tz();\n"))

    def test_until(self):
        self.assertEqual(self.insert("//@ replace static int two(int x)\n//@ until }\nint two;\n"),
                         CODE[:CODE.index("static int two")] + "int two;\n")
        self.file.write_text(CODE)
        self.check_refused("//@ replace static int two(int x)\n//@ until int a;\nint two;\n",
                           "the line 'int a;' does not follow 'static int two(int x)'")

    def test_end_keeps_an_empty_line(self):
        self.assertEqual(self.insert("//@ before y = old(x);\n\tz();\n\n//@ end\n"),
                         CODE.replace("\ty = old", "\tz();\n\n\ty = old"))

    def test_several_blocks_in_any_order(self):
        self.assertEqual(self.insert("//@ before static int two(int x)\nint c;\n"
                                     "//@ after int a;\nint b;\n"),
                         CODE.replace("int a;\n", "int a;\nint b;\n")
                         .replace("static int two", "int c;\nstatic int two"))

    def test_second_block_does_not_fit(self):
        """The first block changes nothing, if the second does not fit."""
        self.check_refused("//@ after int a;\nint b;\n//@ after int none;\nint c;\n", "'int none;'")

    def test_code_without_an_anchor(self):
        for text in ("int b;\n", "int b;\n//@ after int a;\nint c;\n", "//@ after int a;", ""):
            self.check_refused(text, "code must follow a line like '//@ before ...'")

    def test_unknown_keyword(self):
        self.check_refused("//@ after int a;\nint b;\n//@ behind int a;\nint c;\n",
                           "the line '//@ behind int a;' has no meaning at this place")
        self.check_refused("//@ behind int a;\nint c;\n//@ after int a;\nint b;\n",
                           "code must follow")

    def test_ifdef_of_a_kernel_feature(self):
        """Resolve #ifdef HAVE_... for the tree, and keep any other #ifdef."""
        text = ("//@ after int a;\n#ifdef HAVE_DMA_DIRECT_MMAP\nint has;\n#else\nint lacks;\n"
                "#endif\n#ifdef CONFIG_X86\nint x86;\n#endif\n")
        for source, line in (("int dma_direct_mmap(int x);\n", "int has;\n"),
                             ("/* int dma_direct_mmap( */\n", "int lacks;\n")):
            self.file.write_text(CODE)
            (self.k / "kernel/dma").mkdir(exist_ok=True)
            (self.k / "kernel/dma/direct.c").write_text(source)
            self.assertEqual(self.insert(text), CODE.replace(
                "int a;\n", f"int a;\n{line}#ifdef CONFIG_X86\nint x86;\n#endif\n"))

    def test_names_of_have_ini(self):
        for name, condition in rules.have().items():
            used = [r for p in patch.load() for e in p.edits for r in e.rules
                    if r.suffix == ".c" and name in (p.overlay / r).read_text()]
            self.assertTrue(used, f"no code uses {name}")
            self.assertRegex(condition.name, r"^[\w/-]+\.[ch]$")


class Sites(Rules):
    """A .cocci rule changes as many places as its patch says."""

    COCCI = "@@\nexpression E;\n@@\n-{0}(E)\n+{1}(E)\n"

    def test_found_as_many_as_wanted(self):
        self.assertEqual(self.apply(self.rule("cocci", self.COCCI.format("old", "new"), sites=1)),
                         CODE.replace("old(x)", "new(x)"))

    def test_found_more_or_fewer(self):
        for text, found, wanted in ((CODE, 1, 2), (CODE.replace("old", "none"), 0, 1),
                                    (CODE.replace("return y;", "if (y)\n\t\treturn old(y);\n"
                                                  "\ty++;\n\treturn old(-y);"), 3, 1)):
            self.file.write_text(text)
            self.check_stops(self.rule("cocci", self.COCCI.format("old", "new"), sites=wanted),
                             "rule f.x.cocci, ", f"found {found} sites, wanted {wanted}; this tree "
                             "differs")

    def test_rule_with_a_syntax_error(self):
        self.check_stops(self.rule("cocci", "@@\nbogus B;\n@@\n-old(B)\n", sites=1),
                         "rule f.x.cocci, ", "spatch says: ")

    def test_comment_is_no_site(self):
        self.file.write_text(CODE + "/* old(x) */\n")
        self.assertIn("/* old(x) */", self.apply(
            self.rule("cocci", self.COCCI.format("old", "new"), sites=1)))

    def test_sites_without_cocci_and_the_other_way_round(self):
        with self.assertRaisesRegex(UserError, "series/0001-x, f.c: sites= goes with a .cocci rule"):
            self.rule("c", "//@ after int a;\nint b;\n", sites=1)
        (self.tmp / "f.x.c").unlink()
        with self.assertRaisesRegex(UserError, "series/0001-x, f.c: sites= goes with a .cocci rule"):
            self.rule("cocci", self.COCCI.format("old", "new"))
        with self.assertRaisesRegex(UserError, "sites= goes with a .cocci rule"):
            self.rule("ed", "w\n", target="Kconfig", sites=1)

    def test_cocci_rule_before_c_rule(self):
        self.rule("cocci", self.COCCI.format("old", "new"), sites=1)
        both = self.rule("c", "//@ after y = new(x);\n\tz();\n", sites=1)
        self.assertEqual([r.suffix for r in both.rules], [".cocci", ".c"])
        self.assertIn("\ty = new(x);\n\tz();\n", self.apply(both))


class Lines(Rules):
    """A rule keeps the encoding and the empty lines of other code."""

    # Bytes that are no UTF-8, and bytes at which str.splitlines() splits a line.
    ODD = b"/* Andr\xe9, \xc3\x85, \x85 \x0b \x0c \x1c */\n"

    def test_bytes_of_any_encoding(self):
        cocci = self.rule("cocci", Sites.COCCI.format("old", "new"), sites=1)
        (self.tmp / "f.x.cocci").rename(self.tmp / "kept")
        code = self.rule("c", "//@ replace int a;\nint b;\n")
        (self.tmp / "kept").rename(self.tmp / "f.x.cocci")
        for edit, old, new in ((cocci, b"old(x)", b"new(x)"), (code, b"int a;", b"int b;")):
            text = self.ODD + CODE.encode() + self.ODD
            self.file.write_bytes(text)
            rules.apply(edit, self.file, tree.Tree(self.k))
            self.assertEqual(self.file.read_bytes(), text.replace(old, new))

    def test_file_without_a_last_line_end(self):
        self.file.write_text(CODE + "int last;")
        self.assertEqual(self.apply(self.rule("c", "//@ replace int a;\nint b;\n")),
                         CODE.replace("int a;", "int b;") + "int last;")

    def test_line_of_a_single_tab(self):
        """spatch adds such a line behind an if statement."""
        self.assertEqual(rules.tidy(CODE, CODE.replace("call(x);\n", "call(x);\n\t\n")), CODE)
        original = CODE.replace("\tint y;\n\n", "\tint y;\n\t\n")
        self.assertEqual(rules.tidy(original, original.replace("old", "new")),
                         original.replace("old", "new"))

    def test_empty_line_after_a_removed_declaration(self):
        self.assertEqual(rules.tidy("a;\n\nb;\n\nc;\n", "a;\nc;\n"), "a;\n\nc;\n")
        self.assertEqual(rules.tidy("a;\nb;\nc;\n", "a;\nc;\n"), "a;\nc;\n")

    def test_spatch_needs_tidy(self):
        """Without tidy(), each of these rules has another result."""
        declaration = ("@@\n@@\n-int old(void);\n", "#include <a.h>\n\nint old(void);\nint c;\n",
                       "#include <a.h>\n\nint c;\n")
        statement = ("@@\n@@\n+if (b)\n+\tc();\n+\n old();\n", "int f(void)\n{\n\told();\n}\n",
                     "int f(void)\n{\n\tif (b)\n\t\tc();\n\n\told();\n}\n")
        for rule, before, after in (declaration, statement):
            edit = self.rule("cocci", rule, sites=1)
            self.file.write_text(before)
            self.assertEqual(self.apply(edit), after)
            self.file.write_text(before)
            with mock.patch.object(rules, "tidy", lambda before, after: after):
                self.assertNotEqual(self.apply(edit), after)
