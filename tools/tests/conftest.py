# SPDX-License-Identifier: GPL-2.0
"""Configure pytest: the stages, the lock of the build directory, the closing line.

make check runs the tests that name no stage. Each other test names one by
support.later(); .ci/run takes these stages in an order that moves on with each
commit, and begins no test that would end too late.
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

# In the order of their value.
STAGES = ("trees", "demo", "arm", "x86_64", "mutants", "static", "frontdoor", "prefix", "bench")
CHECK = "check"
held = contextlib.ExitStack()
counts = collections.Counter()
seconds = collections.Counter()
not_reached = []
# Seconds since 1970; no test begins that would end later.
UNTIL = float(os.environ.get("XENDMA_UNTIL") or "inf")


def pytest_addoption(parser):
    group = parser.getgroup("xen-dma")
    group.addoption("--stage", default=CHECK, choices=(CHECK, "later", "all", *STAGES),
                    help="run these tests; later: those of all stages")
    group.addoption("--add", help="a JUnit file, whose counts the closing line includes")


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
        held.enter_context(build_lock())
        # Workers would download and unpack them at the same time.
        if config.getoption("numprocesses", None):
            with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(tree.get, debian.names("tree")))
    except UserError as e:
        pytest.exit(f"xen-dma: error: {e}", returncode=1)


def stage_of(item):
    """Return (stage, the minutes that a test of it takes at most)."""
    mark = item.get_closest_marker("later")
    if not mark:
        return CHECK, 5
    stage, minutes = mark.args
    if stage not in STAGES:
        raise pytest.UsageError(f"{item.nodeid}: the stage {stage} is none of {STAGES}")
    return stage, minutes


def rotated():
    """Return the stages, the first of which is another one after each commit."""
    done = subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=ROOT, text=True,
                          capture_output=True)
    first = int(done.stdout.strip() or 0) % len(STAGES)
    return STAGES[first:] + STAGES[:first]


def pytest_collection_modifyitems(config, items):
    want = config.getoption("stage")
    wanted = {"all": (CHECK, *STAGES), "later": STAGES}.get(want, (want,))
    left = [item for item in items if stage_of(item)[0] in wanted]
    config.hook.pytest_deselected(items=[item for item in items if item not in left])
    order = [CHECK, *(rotated() if want == "later" else STAGES)]
    # The one worker with the kernels is busy longest, so it has to begin first.
    items[:] = sorted(left, key=lambda item: (order.index(stage_of(item)[0]),
                                              not item.get_closest_marker("xdist_group")))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Announce a new stage; return True, which ends it, for a test that would end too late."""
    stage, minutes = stage_of(item)
    reporter = item.config.pluginmanager.get_plugin("terminalreporter")
    if stage != getattr(item.session, "stage", CHECK) and reporter:
        reporter.ensure_newline()
        reporter.write_sep("=", f"stage {stage}")
    item.session.stage = stage
    if time.time() + minutes * 60 > UNTIL:
        not_reached.append((stage, item.nodeid.partition("::")[2].replace("::", ".")))
        return True
    return None


def pytest_runtest_logreport(report):
    seconds[report.nodeid.partition("::")[0].rpartition("/")[2]] += report.duration
    if report.failed:
        counts["failed"] += 1
    elif report.skipped:
        counts["skipped"] += 1
    elif report.when == "call":
        counts["passed"] += 1


def pytest_terminal_summary(terminalreporter):
    write = terminalreporter.write_line
    terminalreporter.section("where the time went")
    for name, spent in seconds.most_common(12):
        write(f"{name:24} {spent:6.0f} s")
    for stage in dict.fromkeys(stage for stage, _ in not_reached):
        names = [name for where, name in not_reached if where == stage]
        write(f"not reached, of the stage {stage}: {', '.join(names)}")


def pytest_sessionfinish(session):
    """Add the counts of another run."""
    path = session.config.getoption("add")
    if not path or is_worker(session.config):
        return
    for suite in xml.etree.ElementTree.parse(path).iter("testsuite"):
        bad, skipped = (sum(int(suite.get(key)) for key in keys)
                        for keys in (("failures", "errors"), ("skipped",)))
        counts["failed"] += bad
        counts["skipped"] += skipped
        counts["passed"] += int(suite.get("tests")) - bad - skipped
    if counts["failed"]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    elif session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:	# there was no time
        session.exitstatus = pytest.ExitCode.OK


def pytest_collectreport(report):
    if report.failed:
        counts["failed"] += 1


def pytest_unconfigure(config):
    held.close()
    if is_worker(config) or config.option.collectonly or not counts:
        return
    left = f"; {len(not_reached)} not reached" if not_reached else ""
    if config.getoption("stage") == CHECK and not config.option.keyword:
        left = f"; stages left to make check-all: {', '.join(STAGES)}"
    if left:
        print(left.removeprefix("; "))
    print(f"{counts['passed']} passed, {counts['failed']} failed"
          + (f", {counts['skipped']} skipped" if counts["skipped"] else ""))
