# SPDX-License-Identifier: GPL-2.0
"""Run a file of tests in processes of its own, which end with the command."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import threading

from ..util.paths import ROOT
from ..util.signals import undisturbed

# Variables of the environment that would leave tests out: names of cells, the end of CI.
ELSEWHERE = ("XENDMA_ONLY", "XENDMA_UNTIL")
PATIENCE = 20	# seconds for the tests to clean up
running: set[subprocess.Popen[bytes]] = set()
stopped = threading.Event()


def send(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and to those that it has started, such as QEMU."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def end(child: subprocess.Popen[bytes]) -> None:
    """Let the tests clean up, and end them."""
    send(child, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=PATIENCE)
    send(child, signal.SIGKILL)


def stop() -> None:
    """End the tests that run in other threads; begin no others."""
    stopped.set()
    for child in list(running):
        end(child)


def run(name: str, stage: str, parallel: bool, log: pathlib.Path) -> tuple[list[str], str]:
    """Run the tests of a stage; return (failed tests, last line).

    parallel -- run as many tests at a time as there are CPUs
    """
    env = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    env |= {"PYTHONPATH": str(ROOT / "tools"), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [sys.executable, "-m", "pytest", f"tools/tests/{name}.py", f"--stage={stage}",
            *(["--numprocesses=auto", "--dist=loadgroup"] if parallel else [])]
    child = None
    with open(log, "w", encoding="utf-8") as out:
        try:
            with undisturbed():
                child = subprocess.Popen(argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
                                         stdout=out, stderr=subprocess.STDOUT, process_group=0)
                running.add(child)
            if stopped.is_set():
                end(child)
            status = child.wait()
        finally:
            if child:
                if child.poll() is None:
                    end(child)
                running.discard(child)
    lines = log.read_text(encoding="utf-8").splitlines()
    last = lines[-1] if lines else "no output"
    failed = [l for l in lines if l.endswith(" FAILED") or l.startswith("FAILED")]
    return (failed or [f"exit status {status}: {last}"]) if status else [], last
