# SPDX-License-Identifier: GPL-2.0
"""The failures and skips that are expected of a run."""

import configparser
import fnmatch
import os
import pathlib

from ..util.archs import ARCH
from ..util.versions import in_window, numbers
from .run import CONTROL, Run

# Pattern of test names, kernels, architectures.  The first needs a machine that checks alignment
# on device memory.  The others need struct pages, which that pool does not have in 5.10 on ARM.
MAY_SKIP = (("control.unaligned", "..", ("arm64", "arm")), ("*_dynamic*", "..5.10", ("arm",)))


NO_PATCH = "none"
# The control of tests that do not fail on a stock kernel.
NO_FAILURES = pathlib.Path(os.devnull)
# [(pattern of test names, symptom, patches, each of which fixes it)]
Failures = list[tuple[str, str, list[str]]]


def expected_failures(release: str, arch: str = ARCH, path: pathlib.Path = CONTROL,
                      domain: bool = False) -> Failures:
    """Return the failures of a stock kernel; domain -- in another domain than dom0."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(path, encoding="utf-8")
    version = numbers(release)
    return [(s.get("tests", name), s["symptom"], s["patch"].split()) for name, s in ini.items()
            if name != ini.default_section and arch in s.get("archs", ARCH).split()
            and in_window(s.get("kernels", ".."), version)
            and not (domain and s.getboolean("dom0", False))]


def failures_of(run: Run) -> Failures:
    """Return the failures that a run would have without any patch."""
    return expected_failures(run.release, run.arch, run.control, bool(run.domain))


def matches(test: str, pattern: str) -> bool:
    """Return whether a pattern of expected_failures() matches a test."""
    return fnmatch.fnmatchcase(test, pattern)


def may_skip(run: Run, test: str) -> bool:
    """Return whether a test may be skipped in a run."""
    return any(matches(test, pattern) and run.arch in archs
               and in_window(kernels, numbers(run.release))
               for pattern, kernels, archs in MAY_SKIP)


def lacks_fix(run: Run, fixes: list[str]) -> bool:
    """Return whether a test must fail: the series has a patch for it, and the kernel has not.

    NO_PATCH stands for a failure that stays.
    """
    return fixes == [NO_PATCH] or (any(p in run.series for p in fixes) and not
                                   any(p in run.applied for p in fixes))
