# SPDX-License-Identifier: GPL-2.0
"""Imports in xendma: in one direction only, at the top of a module, without a cycle."""

import ast
import graphlib

from .support import ROOT, Case

XENDMA = ROOT / "tools/xendma"
# A package imports only from itself and from the packages before it.
ORDER = ("util", "sources", "results", "series", "rig", "runs", "cli")


def modules(top):
    """Return {parts of the name: syntax tree} of the modules below a directory."""
    return {path.relative_to(top).with_suffix("").parts: ast.parse(path.read_text())
            for path in sorted(top.rglob("*.py"))}


def imported(name, node, known):
    """Return the modules of the project that an import statement names."""
    if isinstance(node, ast.Import):
        found = [tuple(alias.name.split(".")) for alias in node.names]
        return [parts[1:] for parts in found if parts[0] == "xendma"]
    if not node.level and (node.module or "").split(".")[0] != "xendma":
        return []
    base = name[:-node.level] if node.level else ()
    base += tuple((node.module or "").split("."))[0 if node.level else 1:] if node.module else ()
    found = [(*base, alias.name) if {(*base, alias.name), (*base, alias.name, "__init__")} & known
             else base for alias in node.names]
    return [(*m, "__init__") if (*m, "__init__") in known else m for m in found]


def faults(top):
    """Return a line for each import below a directory that breaks a rule."""
    trees = modules(top)
    lines, graph = [], {}
    for name, tree in trees.items():
        shown = ".".join(name)
        at_top = {id(n) for n in tree.body}
        graph[shown] = set()
        for node in ast.walk(tree):
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                continue
            if id(node) not in at_top:
                lines.append(f"{shown}, line {node.lineno}: an import that is not at the top")
            for other in imported(name, node, set(trees)):
                graph[shown].add(".".join(other))
                if name[0] in ORDER and (other[0] not in ORDER or
                                         ORDER.index(other[0]) > ORDER.index(name[0])):
                    lines.append(f"{shown}, line {node.lineno}: imports {'.'.join(other)}")
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as e:
        lines.append("cycle: " + ", ".join(e.args[1]))
    return lines


class Imports(Case):
    def test_xendma(self):
        self.assertEqual(faults(XENDMA), [])

    def test_every_package_has_a_place(self):
        self.assertEqual({p.parent.name for p in XENDMA.glob("*/__init__.py")}, set(ORDER))

    def faults_of(self, **files):
        """Return the faults of a small tree; a_b is the module b in the package a."""
        for name, text in files.items():
            path = self.tmp / (name.replace("_", "/") + ".py")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return faults(self.tmp)

    def test_good_import(self):
        self.assertEqual(self.faults_of(util_a="import os\n", rig_b="from ..util import a\n",
                                        rig_c="from .b import x\nfrom ..util.a import y\n"), [])

    def test_import_to_the_right(self):
        for text in ("from ..rig import b\n", "from ..rig.b import x\n", "import xendma.rig.b\n",
                     "from xendma.rig import b\n"):
            self.assertEqual(self.faults_of(util_a=text, rig_b=""),
                             ["util.a, line 1: imports rig.b"])

    def test_import_in_a_function(self):
        self.assertEqual(self.faults_of(rig_a="def f():\n    from . import b\n", rig_b=""),
                         ["rig.a, line 2: an import that is not at the top"])

    def test_cycle(self):
        (line,) = self.faults_of(rig_a="from . import b\n", rig_b="from .a import x\n")
        self.assertTrue(line.startswith("cycle: "), line)
