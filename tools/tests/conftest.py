# SPDX-License-Identifier: GPL-2.0
"""Configure pytest: the stages, the lock of the build directory, the closing line.

make check runs the tests without a stage. support.later() gives a test a stage.
.ci/run runs the stages; their order rotates with each commit. It begins no test
that would end too late.
"""

import collections
import contextlib
import os
import subprocess
import time
import xml.etree.ElementTree
from concurrent import futures

import pytest

from xendma.util.errors import UserError
from xendma.util.lock import build_lock
from xendma.util.paths import ROOT
from xendma.sources import debian, tree
from xendma.cli import options

# The most valuable stage comes first.
STAGES = ("trees", "demo", "arm", "x86_64", "mutants", "static", "frontdoor", "prefix", "harden",
          "bench")
CHECK = "check"
NOT_REACHED = "not reached in stage"	# property of a test
locks = contextlib.ExitStack()
counts = collections.Counter()
seconds = collections.Counter()
not_reached = []
# Deadline in seconds since 1970; no test begins that would end after it.
UNTIL = float(os.environ.get("XENDMA_UNTIL") or "inf")


def pytest_addoption(parser):
    group = parser.getgroup("xen-dma")
    group.addoption("--stage", default=CHECK, choices=(CHECK, "later", "all", *STAGES),
                    help="run the tests of this stage; later: all but those of make check")
    group.addoption("--add", help="JUnit file of a previous run; the closing line adds its counts")


def is_worker(config):
    return hasattr(config, "workerinput")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    config.addinivalue_line("markers", "later(stage, minutes): not part of make check")
    if os.environ.get("XENDMA_ONLY"):
        config.option.keyword = os.environ["XENDMA_ONLY"]
    if is_worker(config):
        return
    try:
        if config.getoption("stage") == CHECK:
            given = {name: options.from_environment(name) for name in options.DEFAULT}
            options.Options(given).check(CHECK)
        locks.enter_context(build_lock())
        # Get the sources first, or several workers unpack one at the same time.
        if config.getoption("numprocesses", None):
            with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(tree.get, debian.names("tree")))
    except UserError as e:
        pytest.exit(f"xen-dma: error: {e}", returncode=1)


def stage_of(item):
    """Return (stage, longest duration in minutes) of a test."""
    mark = item.get_closest_marker("later")
    if not mark:
        return CHECK, 5
    stage, minutes = mark.args
    if stage not in STAGES:
        raise pytest.UsageError(f"{item.nodeid}: the stage {stage} is unknown: there are {STAGES}")
    return stage, minutes


def rotated():
    """Return the stages in an order that rotates with each commit."""
    done = subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=ROOT, text=True,
                          capture_output=True)
    first = int(done.stdout.strip() or 0) % len(STAGES)
    return STAGES[first:] + STAGES[:first]


def pytest_collection_modifyitems(config, items):
    option = config.getoption("stage")
    stages = {"all": (CHECK, *STAGES), "later": STAGES}.get(option, (option,))
    kept = [item for item in items if stage_of(item)[0] in stages]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    order = [CHECK, *(rotated() if option == "later" else STAGES)]
    # The worker that builds kernels takes longest, so its tests come first: stock, then patched.
    items[:] = sorted(kept, key=lambda item: (order.index(stage_of(item)[0]),
                                              not item.get_closest_marker("xdist_group"),
                                              item.path.stem != "test_make"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Announce a new stage. Do not begin a test if time is short."""
    stage, minutes = stage_of(item)
    reporter = item.config.pluginmanager.get_plugin("terminalreporter")
    if stage != getattr(item.session, "stage", CHECK) and reporter:
        reporter.ensure_newline()
        reporter.write_sep("=", f"stage {stage}")
    item.session.stage = stage
    if time.time() + minutes * 60 > UNTIL:
        item.user_properties.append((NOT_REACHED, stage))
        pytest.skip("no time is left for this test")


def pytest_runtest_logreport(report):
    seconds[report.nodeid.partition("::")[0].rpartition("/")[2]] += report.duration
    if report.failed:
        counts["failed"] += 1
    elif report.skipped and (stage := dict(report.user_properties).get(NOT_REACHED)):
        not_reached.append((stage, report.nodeid.partition("::")[2].replace("::", ".")))
    elif report.skipped:
        counts["skipped"] += 1
    elif report.when == "call":
        counts["passed"] += 1


def pytest_terminal_summary(terminalreporter):
    write = terminalreporter.write_line
    terminalreporter.section("time by file")
    for name, spent in seconds.most_common(12):
        write(f"{name:24} {spent:6.0f} s")
    for stage in dict.fromkeys(stage for stage, _ in not_reached):
        names = [name for where, name in not_reached if where == stage]
        write(f"not reached in stage {stage}: {', '.join(names)}")


def pytest_sessionfinish(session):
    """Add the counts of a previous run."""
    if is_worker(session.config):
        return
    if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and os.environ.get("XENDMA_ONLY"):
        pytest.exit(f"xen-dma: error: no test matches ONLY={os.environ['XENDMA_ONLY']}",
                    returncode=1)
    path = session.config.getoption("add")
    if not path:
        return
    for suite in xml.etree.ElementTree.parse(path).iter("testsuite"):
        bad, skipped = (sum(int(suite.get(key)) for key in keys)
                        for keys in (("failures", "errors"), ("skipped",)))
        counts["failed"] += bad
        counts["skipped"] += skipped
        counts["passed"] += int(suite.get("tests")) - bad - skipped
    if counts["failed"]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    elif session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:	# no time was left
        session.exitstatus = pytest.ExitCode.OK


def pytest_collectreport(report):
    if report.failed:
        counts["failed"] += 1


def pytest_unconfigure(config):
    locks.close()
    if is_worker(config) or config.option.collectonly or not counts:
        return
    note = f"{len(not_reached)} not reached" if not_reached else ""
    if config.getoption("stage") == CHECK and not (config.option.keyword or config.option.markexpr):
        note = f"stages left to make check-all: {', '.join(STAGES)}"
    if note:
        print(note)
    print(f"{counts['passed']} passed, {counts['failed']} failed"
          + (f", {counts['skipped']} skipped" if counts["skipped"] else ""))
