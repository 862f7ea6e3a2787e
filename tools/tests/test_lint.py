# SPDX-License-Identifier: GPL-2.0
"""Linters find nothing in the project's own files, and each detects a planted fault."""

import subprocess

from .support import ROOT, Case, git

YAML = "{extends: default, rules: {document-start: disable, line-length: {max: 120}}}"
# (program, kinds of its files, text of a file with a fault)
CHECKERS = {
    "pyflakes": (["pyflakes3"], (".py",), "import os\n"),
    "shellcheck": (["shellcheck", "--severity=warning", "--shell=dash"],
                   ("#!/bin/sh", "#!/bin/busybox sh"),
                   "#!/bin/sh\nfor i in 1 2; do :; done\n"),
    "yamllint": (["yamllint", "--strict", "-d", YAML], (".yml",), "a: 1\na: 2\n"),
    "codespell": (["codespell", "--check-filenames"], ("",), "The adr" "ess of a buffer.\n"),
}


class Lint(Case):
    def files(self, kinds):
        """Return the project's files of these kinds: ends of names, or first lines."""
        names = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
        return [n for n in names if (ROOT / n).is_file() and not n.endswith(".png") and any(
            (ROOT / n).read_text().startswith(kind + "\n") if kind.startswith("#!")
            else n.endswith(kind) for kind in kinds)]

    def findings(self, argv, files):
        done = subprocess.run([*argv, *files], cwd=ROOT, text=True, capture_output=True)
        return (done.stdout + done.stderr).strip()

    def check(self, name):
        argv, kinds, fault = CHECKERS[name]
        self.assertGreater(len(self.files(kinds)), 0)
        self.assertEqual(self.findings(argv, self.files(kinds)), "")
        (self.tmp / f"fault{kinds[0] if kinds[0].startswith('.') else ''}").write_text(fault)
        self.assertNotEqual(self.findings(argv, list(self.tmp.iterdir())), "",
                            f"{name} does not detect the fault")

    def test_pyflakes(self):
        self.check("pyflakes")

    def test_shellcheck(self):
        self.check("shellcheck")

    def test_yamllint(self):
        self.check("yamllint")

    def test_codespell(self):
        self.check("codespell")

    def test_mypy(self):
        """Check the type hints; pyproject.toml has the settings."""
        self.assertRegex(self.findings(["mypy"], []), r"^Success: no issues found")
        (self.tmp / "fault.py").write_text("def f(x: int) -> int:\n    return str(x)\n")
        self.assertIn("error:", self.findings(["mypy"], [self.tmp / "fault.py"]))
