# SPDX-License-Identifier: GPL-2.0
"""Mutants of C: the rules, the lines that they change, and the mutants of the series."""

import pathlib
import re
import subprocess

from xendma.sources import tree
from xendma.rig import mutate, mutation_rules
from xendma.rig.variant import MUTANTS, PATCHED, patched_sources

from .support import Case

FUNCTION = """static {returns} f(int a, int b, int *c)
{{
	{text}
}}
"""


def mutants_of(text, returns="int", old=""):
    """Return the mutants of a function with this body."""
    return mutate.mutate_file("x.c", old, FUNCTION.format(returns=returns, text=text), 1)[1]


def new_lines(text, returns="int"):
    """Return {(rule, new line)} of the mutants."""
    return {(re.sub(r"-\d+$", "", m.name.split(":")[2]), m.new)
            for m in mutants_of(text, returns)}


class Rules(Case):
    """Each rule makes its mutants, and no other."""

    def test_condition(self):
        self.assertEqual(new_lines("if (a < b && c)\n\t\tg();"), {
            ("negate", "if (!(a < b && c))"), ("compare", "if (a <= b && c)"),
            ("logic", "if (a < b || c)"), ("drop", "if (0) g();")})

    def test_no_mutant_twice(self):
        """Without !, a condition is negated already."""
        self.assertEqual(new_lines("while (!a)\n\t\t;"), {("not", "while (a)")})
        self.assertEqual(new_lines("if (a == b)\n\t\t;"), {("compare", "if (a != b)")})
        self.assertEqual(new_lines("return !g(a);", "bool"), {("not", "return g(a);")})

    def test_condition_of_several_lines(self):
        """Two parentheses would change two lines."""
        self.assertEqual(new_lines("if (a &&\n\t    b)\n\t\t;"), {("logic", "if (a ||")})

    def test_loop(self):
        self.assertEqual(new_lines("for (a = 1; a < b; a++)\n\t\t;"), {
            ("negate", "for (a = 1; !(a < b); a++)"), ("compare", "for (a = 1; a <= b; a++)")})
        self.assertEqual(new_lines("for_each_sg(a, b, c, 1)\n\t\tcontinue;"),
                         {("drop", "if (0) continue;")})

    def test_operators(self):
        for old, new, rule in (("b + 2", "b - 2", "sign"), ("b & a", "b | a", "bits"),
                               ("b << a", "b >> a", "shift"), ("b > a", "b >= a", "compare")):
            self.assertIn((rule, f"a = {new};"), new_lines(f"a = {old};"))
            self.assertIn((rule, f"int x = {new};"), new_lines(f"int x = {old};"))
        self.assertIn(("sign", "a += b;"), new_lines("a -= b;"))

    def test_one_operand(self):
        """A sign, an address and a pointer are no operators with two operands."""
        rules = {rule for rule, _ in new_lines("a = -b;\n\tc = &a;\n\treturn *c;")}
        self.assertEqual(rules, {"drop", "return"})
        self.assertEqual(new_lines("struct x *y = (void *)&a;"), set())

    def test_number_and_truth(self):
        self.assertEqual(new_lines("g(0, 1, 7u, true);"), {
            ("number", "g(1, 1, 7u, true);"), ("number", "g(0, 0, 7u, true);"),
            ("number", "g(0, 1, 8u, true);"), ("truth", "g(0, 1, 7u, false);"),
            ("drop", "if (0) g(0, 1, 7u, true);")})

    def test_choice(self):
        self.assertIn(("negate", "a = !b ? 2 : 3;"), new_lines("a = b ? 2 : 3;"))

    def test_return(self):
        for returns, value, new in (("int", "-EIO", "0"), ("struct x *", "y", "NULL"),
                                    ("dma_addr_t", "a", "DMA_MAPPING_ERROR"),
                                    ("dma_addr_t", "DMA_MAPPING_ERROR", "0"),
                                    ("bool", "a", "!(a)"), ("unsigned long", "a", "0")):
            self.assertEqual(new_lines(f"return {value};", returns),
                             {("return", f"return {new};")})
        self.assertEqual(new_lines("return;", "void"), set())

    def test_left_out(self):
        """Static values, labels, messages, comments and strings have no mutants."""
        self.assertEqual(new_lines("static int x = 1;\n\tint y[] = { 1 };\n"
                                   '\tpr_warn("1 < 2", a + 1);\n\t/* a < b; */\n'
                                   "\tswitch (a) {\n\tcase 1:\n\t\tbreak;\n\t}\nout:\n\treturn;",
                                   "void"), set())

    def test_each_rule_is_described(self):
        """The code has no rule that RULES lacks."""
        text = pathlib.Path(mutation_rules.__file__).read_text()
        used = set(re.findall(r'Change\("(\w+)"', text)) | set(mutation_rules.SWAPS)
        self.assertEqual(used, set(mutation_rules.RULES))


class Lines(Case):
    def test_only_changed_lines(self):
        old = FUNCTION.format(returns="int", text="g(1);\n\treturn 0;")
        new = FUNCTION.format(returns="int", text="g(1);\n\th(a);\n\treturn 0;")
        self.assertEqual([m.name for m in mutate.mutate_file("x.c", old, new, 1)[1]],
                         ["x.c:4:drop"])
        self.assertEqual(mutate.mutate_file("x.c", new, new, 1), (new, []))

    def test_changed_lines(self):
        self.assertEqual(mutate.changed_lines("a\nb\nc\n", "a\nx\nb\ny\n"), {2, 4})

    def test_only_functions(self):
        """Code outside of functions stays: a static value cannot depend on an argument."""
        text = "static struct x y = {\n\t.a = 1 + 2,\n};\n" + FUNCTION.format(
            returns="int", text="return g();")
        self.assertEqual([m.function for m in mutate.mutate_file("x.c", "", text, 1)[1]], ["f"])

    def test_names_differ(self):
        names = [m.name for m in mutants_of("g(1, 1, 1);")]
        self.assertEqual(names, ["x.c:3:drop", "x.c:3:number", "x.c:3:number-2", "x.c:3:number-3"])


class Compiled(Case):
    """One program has all mutants: the choice selects one, and 0 selects none."""

    def values(self, text, returns="int"):
        """Return the value of f(3, 5, NULL) without a mutant, and with each."""
        body = FUNCTION.format(returns=returns, text=text)
        code, mutants = mutate.mutate_file("x.c", "", body, 1)
        (self.tmp / "x.c").write_text(
            "#include <stdbool.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
            f"int {mutate.CHOICE};\nstatic int n;\nstatic int g(int x) {{ n += x; return x; }}\n"
            f"{code}\nint main(int argc, char **argv)\n{{\n\t{mutate.CHOICE} = atoi(argv[1]);\n"
            '\tint v = f(3, 5, NULL);\n\tprintf("%d,%d", v, n);\n}\n')
        subprocess.run(["gcc", "-Wall", "-Wno-unused", "-Wno-parentheses", "-Werror", "-o",
                        self.tmp / "x", self.tmp / "x.c"], check=True)
        return [subprocess.check_output([self.tmp / "x", str(number)], text=True)
                for number in range(len(mutants) + 1)], [m.new for m in mutants]

    def test_values(self):
        values, lines = self.values("if (a < 3)\n\t\treturn 7;\n\telse\n\t\tg(a);\n\treturn b - a;")
        self.assertEqual(values[0], "2,3")
        self.assertEqual(dict(zip(lines, values[1:])), {
            "if (!(a < 3))": "7,0", "if (a <= 3)": "7,0", "if (a < 4)": "7,0",
            "return 0;": "0,3", "return 8;": "2,3", "if (0) g(a);": "2,0", "return b + a;": "8,3"})

    def test_side_effects_happen_once(self):
        values, _ = self.values("if (g(a) + g(b) > 0)\n\t\treturn g(1);\n\treturn 0;")
        self.assertEqual(values[0], "1,9")

    def test_pointer(self):
        """A condition that is a pointer, and its negation, have one type."""
        values, lines = self.values("if (c)\n\t\treturn 4;\n\treturn 5;")
        self.assertEqual(dict(zip(lines, values[1:]))["if (!(c))"], "4,0")
        self.assertEqual(values[0], "5,0")


class Series(Case):
    @classmethod
    def setUpClass(cls):
        cls.tree = tree.get("newest")
        cls.patched = patched_sources(cls.tree, PATCHED)[0]
        cls.sources, cls.mutants = mutate.mutate(cls.tree.path, cls.patched)

    def test_number(self):
        self.assertGreaterEqual(len(self.mutants), 40)
        self.assertEqual([m.number for m in self.mutants], list(range(1, len(self.mutants) + 1)))
        self.assertEqual(len({m.name for m in self.mutants}), len(self.mutants))
        self.assertEqual({m.name.split(":")[2].split("-")[0] for m in self.mutants},
                         set(mutation_rules.RULES))

    def test_each_is_a_new_line(self):
        """The line before is in the patched file, and not in stock at that place."""
        for m in self.mutants:
            file, line, _ = m.name.split(":")
            lines = self.patched[file].decode().splitlines()
            self.assertEqual(lines[int(line) - 1].strip(), m.old)
            self.assertNotEqual(m.old, m.new, m.name)
            self.assertNotIn("\n", m.new)
            stock = self.tree.path / file
            if stock.exists():
                self.assertIn(int(line), mutate.changed_lines(stock.read_text(),
                                                              self.patched[file].decode()))

    def test_each_is_in_its_file(self):
        for name in {m.file for m in self.mutants}:
            numbers = re.findall(rf"{mutate.CHOICE} == (\d+)", self.sources[name].decode())
            self.assertEqual(sorted(map(int, numbers)),
                             [m.number for m in self.mutants if m.file == name])

    def test_one_definition(self):
        texts = [data.decode() for data in self.sources.values()]
        self.assertEqual(sum(f"\nint {mutate.CHOICE};" in text for text in texts), 1)

    def test_every_file_has_mutants_or_a_reason(self):
        """Each reason counts for a file, so that none is out of date."""
        out = dict(mutate.left_out(self.patched))
        self.assertEqual(set(out) | {m.file for m in self.mutants}, set(self.patched))
        self.assertEqual(set(out.values()), set(mutate.LEFT_OUT.values()))

    def test_variant(self):
        changed, names = patched_sources(self.tree, MUTANTS)
        self.assertEqual(changed, self.sources)
        self.assertEqual(names, patched_sources(self.tree, PATCHED)[1])
