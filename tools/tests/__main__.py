# SPDX-License-Identifier: GPL-2.0
"""Run all tests, or those named: python3 -m tests [test_series ...]."""

import pathlib
import sys
import time
import unittest

from xendma import common

HERE = pathlib.Path(__file__).parent
# Cheap ones first: what is wrong with the text shows before a kernel is built.
ORDER = ["test_repository", "test_rules", "test_verdict", "test_control", "test_prefix",
         "test_series", "test_parts", "test_generations", "test_foreign", "test_hostile",
         "test_facts", "test_outdir", "test_mail", "test_matrix", "test_coccicheck", "test_docs",
         "test_input", "test_frontdoor", "test_static", "test_checks", "test_kselftest",
         "test_kunit", "test_clients", "test_bench", "test_dom0", "test_archs"]


class Result(unittest.TextTestResult):
    """One line per test with its time; counts for the last line."""

    def __init__(self, stream, descriptions, verbosity):
        super().__init__(stream, descriptions, verbosity)
        self.passed, self.spent, self.begun = 0, {}, 0.0

    def getDescription(self, test):
        return ".".join(test.id().split(".")[1:])

    def startTest(self, test):
        unittest.TestResult.startTest(self, test)
        self.begun = time.monotonic()

    def _line(self, word, test, why=""):
        took = time.monotonic() - self.begun
        group = test.id().split(".")[1]
        self.spent[group] = self.spent.get(group, 0) + took
        why = f"  ({why})" if why else ""
        print(f"{word:8}{self.getDescription(test)}  {took:.1f} s{why}", flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self._line("ok", test)

    def addFailure(self, test, err):
        unittest.TestResult.addFailure(self, test, err)
        self._line("FAILED", test)
        print(self.failures[-1][1], flush=True)

    def addError(self, test, err):
        unittest.TestResult.addError(self, test, err)
        self._line("FAILED", test)
        print(self.errors[-1][1], flush=True)

    def addSkip(self, test, reason):
        unittest.TestResult.addSkip(self, test, reason)
        self._line("skipped", test, reason)

    def printErrors(self):
        pass


def main():
    names = sys.argv[1:] or ORDER
    missing = {p.stem for p in HERE.glob("test_*.py")} - set(ORDER)
    if missing:
        sys.exit(f"tests/__main__.py: ORDER lacks {missing}")
    suite = unittest.defaultTestLoader.loadTestsFromNames([f"tests.{n}" for n in names])
    started = time.monotonic()
    with open("/dev/null", "w", encoding="ascii") as quiet, common.only_one():
        result = unittest.TextTestRunner(stream=quiet, resultclass=Result).run(suite)
    print("\nWhere the time went:")
    for group, spent in sorted(result.spent.items(), key=lambda kv: -kv[1]):
        print(f"  {group:18} {spent:6.0f} s")
    print(f"  {'all':18} {time.monotonic() - started:6.0f} s\n")
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print(f"{result.passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed or not result.passed else 0)


if __name__ == "__main__":
    try:
        main()
    except common.Stop as e:
        sys.exit(f"xen-dma: error: {e}")
