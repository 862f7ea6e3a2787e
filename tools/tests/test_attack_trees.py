# SPDX-License-Identifier: GPL-2.0
"""Trees with programs that wait to be started, and directories with hostile names."""

import os
import shutil
import subprocess

import pytest

from .attack import cases, expected, ground_of_a_case
from .support import environment
from .test_hostile import program

__all__ = ["ground_of_a_case"]
# Text for the end of the Makefile; {0} creates the trap.
MAKEFILE = {
    "shell": "X := $(shell {0})\n", "!=": "X != {0}\n", "eval": "$(eval X := $(shell {0}))\n",
    "recipe": "all series:\n\t{0}\n", "foreach": "$(foreach x,1,$(shell {0}))\n",
    "call": "f = $(shell {0})\nX := $(call f)\n", "SHELL": "SHELL := {1}\nX := $(shell x)\n",
    "info": "$(info $(shell {0}))\n", "warning": "$(warning $(shell {0}))\n",
    "include": "include trap.mk\n", "-include": "-include trap.mk\n", "sinclude": "sinclude trap.mk\n",
    "override": "override X := $(shell {0})\n", "export": "export X := $(shell {0})\n",
    "load": "load trap.so\n", "guile": "$(guile (system \"{0}\"))\n",
    "ifeq": "ifeq ($(shell {0}),)\nendif\n", "define": "define x\n$(shell {0})\nendef\n$(x)\n",
    "version": "SUBLEVEL = $(shell {0})\n", "extra": "EXTRA" "VERSION = $(shell {0})\n",
    "name": "NAME = `{0}`\n", "file": "$(file >{2})\n", "secondexpansion":
    ".SECONDEXPANSION:\nall: $$(shell {0})\n", "default": ".DEFAULT:\n\t{0}\n",
}
# Programs that something could start by their name, or because they lie there.
PROGRAMS = ("scripts/get_maintainer.pl", "scripts/checkpatch.pl", "scripts/setlocalversion",
            "scripts/unifdef", "scripts/spdxcheck.py", "scripts/coccicheck", "git", "ed", "spatch",
            "diff", "cp", "unifdef", "sh", "bash", "make", "python3", "perl", "patch", "env",
            ".git/hooks/post-commit", ".git/hooks/pre-commit", "tools/setup.sh")
# Files that a program reads at its start; {0} creates the trap.
PYTHON = "import os\nos.system('{0}')\n"
SETTINGS = {
    "GNUmakefile": "X := $(shell {0})\n", "makefile": "X := $(shell {0})\n",
    "kernel/Makefile": "X := $(shell {0})\n", "Kbuild": "X := $(shell {0})\n",
    "trap.mk": "X := $(shell {0})\n", "Kconfig": "config X\n\tdef_bool $(shell,{0})\n",
    "drivers/xen/Kconfig": "config X\n\tdef_bool $(success,{0})\n",
    ".cocciconfig": "[spatch]\n\toptions = --python {1}\n", ".gitattributes": "* filter=x\n",
    ".get_maintainer.conf": "--scm `{0}`\n", ".checkpatch.conf": "--root=`{0}`\n",
    ".gitconfig": "[core]\n\tpager = {1}\n\tfsmonitor = {1}\n", ".gitmodules":
    "[submodule \"x\"]\n\tpath = x\n\turl = ext::{1}\n\tupdate = !{0}\n",
    ".edrc": "!{0}\n", ".bashrc": "{0}\n", ".env": "export X=$({0})\n",
    "sitecustomize.py": PYTHON, "usercustomize.py": PYTHON, "conftest.py": PYTHON,
    "xendma/__init__.py": PYTHON, "subprocess.py": PYTHON, "re.py": PYTHON, "setup.py": PYTHON,
    "MAINTAINERS": "X\nM:\t`{0}` $({0}) <a@b.invalid>\nF:\t*\n", "localversion": "`{0}`\n",
    "scripts/dtc/include": "`{0}`\n", "series/9999-x": "Subject: $({0})\n",
    "drivers/xen/swiotlb-xen.mmap.cocci": "@script:python@\n@@\nimport os; os.system('{0}')\n",
    "include/config/auto.conf": "X := $(shell {0})\n", ".config": "CONFIG_X=$(shell {0})\n",
}
NAMES = {
    "newline": "a\nxen-dma: error: forged", "carriage return": "a\rb", "tab": "a\tb",
    "blank": "a b", "blanks": " a ", "dash": "-rf", "dashes": "--help", "quote": "it's",
    "quotes": 'a"b', "backslash": "a\\b\\", "dollar": "$HOME", "braces": "${PATH}",
    "make": "$(shell touch trap)", "command": "$(touch trap)", "backticks": "`touch trap`",
    "semicolon": "a;touch trap", "pipe": "a|touch trap", "and": "a&&touch trap", "star": "*",
    "question": "a?b", "brackets": "[a]", "tilde": "~root", "percent": "%s%n%d", "hash": "a#b",
    "format": "{0}{x}", "unicode": "наивный-ядро-核心", "combining": "e\u0301" * 9,
    "right to left": "a\u202ecba", "escape": "\x1b[2J\x1b]0;x\x07", "bell": "\x07", "delete": "\x7f",
    "c1": "a\x9b2J", "line separator": "a\u2028b", "not utf-8": os.fsdecode(b"a\xff\xfeb"),
    "long": "x" * 255, "dots": "...", "equals": "KDIR=x", "colon": "a:b", "comma": "a,b",
    "at": "@", "exclamation": "!!",
}


def planted(ground, text):
    """Return a text with the commands that create the trap."""
    starter = ground.tmp / "starter"
    program(starter, f": >'{ground.trap}'")
    for old, new in (("{0}", f"touch {ground.trap}"), ("{1}", str(starter)),
                     ("{2}", str(ground.trap))):
        text = text.replace(old, new)
    return text


class TestTrap:
    def check(self, ground, **env):
        """Generate with the tree as home directory, and with its directory in mind."""
        done = ground.series(HOME=ground.k, OLDPWD=ground.k, PWD=ground.k,
                             PATH=f".:{os.environ['PATH']}::", **env)
        ground.completed(done, expected("4.9"))

    @pytest.mark.parametrize("kind", cases(
        "Makefile", {f"Makefile with {kind}": (kind,) for kind in MAKEFILE}))
    def test_makefile(self, ground, kind):
        (ground.k / "trap.mk").write_text(planted(ground, "X := $(shell {0})\n"))
        with open(ground.k / "Makefile", "a", encoding="ascii") as f:
            f.write(planted(ground, MAKEFILE[kind]))
        self.check(ground)

    @pytest.mark.parametrize("name", cases(
        "program", {f"program {name}": (name,) for name in PROGRAMS}))
    def test_program(self, ground, name):
        program(ground.k / name, f": >'{ground.trap}'")
        self.check(ground)

    @pytest.mark.parametrize("name", cases(
        "settings", {f"settings in {name}": (name,) for name in SETTINGS}))
    def test_settings(self, ground, name):
        (ground.k / name).parent.mkdir(parents=True, exist_ok=True)
        with open(ground.k / name, "a", encoding="ascii") as f:
            f.write(planted(ground, SETTINGS[name]))
        self.check(ground)

    def test_control(self, ground):
        """make in the tree starts each trap of the Makefile that this make can start."""
        for kind in ("shell", "!=", "recipe", "include", "ifeq", "version"):
            (ground.k / "trap.mk").write_text(planted(ground, "X := $(shell {0})\n"))
            (ground.k / "Makefile").write_text(planted(ground, MAKEFILE[kind]) + "A := $(SUBLEVEL)\n")
            subprocess.run(["make", "-C", ground.k], env=environment(), capture_output=True)
            assert ground.trap.exists(), kind
            ground.trap.unlink()


class TestName:
    """Text of a name is never a command, and never a line or an order for a terminal."""

    @pytest.mark.parametrize("name", cases(
        "name of KDIR", {f"KDIR named {kind}": (name,) for kind, name in NAMES.items()}))
    def test_kdir(self, ground, name):
        ground.k = ground.k.rename(ground.tmp / name)
        ground.completed(ground.series(), expected("4.9"))

    @pytest.mark.parametrize("name", cases(
        "name of KDIR without a kernel",
        {f"no kernel in {kind}": (name,) for kind, name in NAMES.items()}))
    def test_no_kernel(self, ground, name):
        shutil.rmtree(ground.k)
        ground.k = ground.tmp / name
        ground.k.mkdir()
        ground.stopped(ground.series(), "is no Linux source")

    @pytest.mark.parametrize("name", cases(
        "name of OUT", {f"OUT named {kind}": (name,) for kind, name in NAMES.items()}))
    def test_out(self, ground, name):
        ground.out = ground.tmp / name / name
        ground.completed(ground.series(), expected("4.9"))

    @pytest.mark.parametrize("name", cases(
        "name in OUT", {f"OUT with {kind}": (name,) for kind, name in NAMES.items()}))
    def test_file_in_out(self, ground, name):
        ground.out.mkdir()
        (ground.out / name).write_text("mine\n")
        ground.stopped(ground.series(), "OUT=", "has other files in it")

    @pytest.mark.parametrize("variable", cases(
        "too long", {f"{v} of {n} bytes": (v + "/x" * (n // 2),) for v in ("KDIR=", "OUT=")
                     for n in (5000, 60000)} | {f"{v} with a part of 300 bytes":
                                                (f"{v}/tmp/{'x' * 300}/y",)
                                                for v in ("KDIR=", "OUT=")}))
    def test_too_long(self, ground, variable):
        name, value = variable.split("=", 1)
        done = ground.series(**{name.lower(): value})
        ground.stopped(done, name + "=", "File name too long")
