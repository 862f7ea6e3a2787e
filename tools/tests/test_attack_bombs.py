# SPDX-License-Identifier: GPL-2.0
"""Sources on which Coccinelle, a regular expression or a comparison would run for ever."""

import re

import pytest

from .attack import LIMIT, Ground, cases, changed_project, expected, place
from .support import TOUCHED
from .test_hostile import MM

PATIENCE = "tools/xendma/series/patch.py", "PATIENCE = 60", "PATIENCE = 10"
SITE = "pfn_valid(PFN_DOWN(dma_to_phys(dev, dma_addr)))"
BEGIN = "\tcflush.offset = xen_offset_in_page(handle);\n"
END = "\thandle &= XEN_PAGE_MASK;\n"


def function(body):
    return "\nint f(int dir)\n{\n" + body + "}\n"


def jumps(n):
    return "".join(f"\tif (a{i})\n\t\tgoto l{i};\n" for i in range(n)) + \
        "".join(f"l{i}:\n\tif (c)\n\t\tgoto l{i * 7 % n};\n" for i in range(n))


def branches(n):
    return "".join(f"\tif (a{i})\n\t\tb{i}();\n" for i in range(n))


# None of these ends by itself within minutes. The numbers are large enough on a fast machine.
ENDLESS = {
    "branches": function(BEGIN * 300 + branches(3000) + END),
    "jumps": function(BEGIN + jumps(1500) + END),
    "loops": function(BEGIN + "\twhile (x) {\n" * 9 + jumps(1500) + "\t}\n" * 9 + END),
    "switches": function(BEGIN + "\tswitch (x) {\n" + "".join(
        f"\tcase {i}:\n\t\tif (y)\n\t\t\tgoto a{i // 2};\na{i}:\n" for i in range(3000)) + "\t}\n"
        + END),
    "sites": function("\tx = " + " + ".join([SITE] * 9000) + ";\n"),
    "functions": "".join(f"\nstatic int f{i}(int x)\n{{" for i in range(30000)),
    "equal lines": "\n" * 30000 + function(f"\treturn {SITE};\n"),
    "string": '\n#if 0\n"' + '\\"' * 3000000 + "\n#endif\n",
}
ENDLESS_IN = {"branches": MM, "jumps": MM, "loops": MM, "switches": MM}
# Text that is hard, but ends.
HARD = {
    "parentheses": "\nint x = " + "(" * 99999 + "1" + ")" * 99999 + ";\n",
    "open parentheses": "\nint x = " + "(" * 99999 + ";\n",
    "braces": function("{" * 9999 + "}" * 9999), "open braces": "{" * 99999,
    "#if": "#if 1\n" * 9999 + "#endif\n" * 9999, "#if without end": "#if 0\n" * 9999,
    "macros": "".join(f"#define a{i} a{i + 1} a{i + 1}\n" for i in range(99)) + "int y = a0;\n",
    "includes": f'#include "/dev/zero"\n#include "{TOUCHED}"\n#include __FILE__\n' * 99,
    "continued": "\\\n" * 99999, "comments": "/*" * 500000, "slashes": "/" * 3000000,
    "stars": "/" + "*" * 3000000 + "/\n", "blanks": " " * 2000000 + "\n", "tabs": "\t\n" * 9999,
    "names": "\nint " + ", ".join(f"a{i}" for i in range(20000)) + ";\n",
    "long name": "\nint " + "a" * 999999 + ";\n", "digits": "\nint x = " + "9" * 99999 + ";\n",
    "calls": function("f(" * 5000 + ")" * 5000 + ";\n"), "quotes": "'\"" * 9999 + "\n",
    "dots": "." * 999999 + "\n", "at": "@@\n" * 9999, "labels": function(jumps(5)),
    "returns": "\r" * 9999, "diff": "@@ -1 +1 @@\n-a\n+b\n" * 99, "mail": "\nFrom x\n\n---\n" * 99,
    "letter": "\n-- \nchange-id: 1\n" * 99, "versions": "VERSION = 1\n" * 99999,
    "else": function("\tif (x)\n\t\ty();\n\telse " * 3000 + ";\n"),
    "ternary": function("\tx = " + "a ? b : " * 5000 + "c;\n"),
    "types": "\nint " + "*" * 50000 + "x;\n", "attributes": "__attribute__((x)) " * 9999 + "int z;\n",
    "template": "\nvoid f<" + "<" * 9999 + ">();\n", "asm": function('\tasm("' + "nop;" * 99999 + '");\n'),
}


@pytest.fixture(name="ground")
def ground_of_newest():
    with place() as tmp:
        yield Ground(tmp, "newest", changed_project(PATIENCE))


def append(ground, name, text):
    with open(ground.k / name, "a", encoding="ascii") as f:
        f.write(text)


class TestBomb:
    @pytest.mark.parametrize("kind", cases("endless", {f"endless {kind}": (kind,)
                                                       for kind in ENDLESS}))
    def test_endless(self, ground, kind):
        """A limit of 10 s in place of 60 s ends the work."""
        name = ENDLESS_IN.get(kind, TOUCHED)
        append(ground, name, ENDLESS[kind])
        done = ground.series("PART=fixes", limit=LIMIT)
        ground.stopped(done, str(ground.k), name, "no result after 10 s")

    @pytest.mark.parametrize("name, kind", cases(
        "hard", {f"{kind} in {name}": (name, kind)
                 for kind, name in zip(HARD, (TOUCHED, MM) * len(HARD))}))
    def test_hard(self, ground, name, kind):
        """Write the whole series, or name the file in one line."""
        append(ground, name, HARD[kind])
        done = ground.series("PART=fixes", limit=LIMIT)
        if done.returncode:
            ground.stopped(done, str(ground.k), name)
        else:
            ground.harmless(done)
            assert sorted(p.name for p in ground.out.iterdir()) == \
                sorted(expected("newest", "PART=fixes"))

    @pytest.mark.parametrize("name", cases(
        "bomb for ed", {f"bomb in {name}": (name,) for name in
                        ("MAINTAINERS", "drivers/xen/Kconfig", "Documentation/core-api/index.rst",
                         "arch/arm/xen/Makefile")}))
    def test_text_files(self, ground, name):
        """ed takes lines of any length and number, or the line names the file."""
        append(ground, name, "x" * 4000000 + "\n" + "\n" * 1000000)
        done = ground.series(limit=LIMIT)
        if done.returncode:
            ground.stopped(done, str(ground.k), name)
        else:
            ground.harmless(done)
            assert re.search(r"Linux \S+: 27 patches", done.stdout)
