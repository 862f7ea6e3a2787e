# SPDX-License-Identifier: GPL-2.0
"""Boot Xen and a dom0 kernel in QEMU, and keep the logs."""

import datetime
import re
import subprocess
import threading

from ..util.errors import Stop
from ..util.files import write
from ..sources import tree as trees
from ..results import ktap

TIMEOUT = 600	# seconds; a run takes 8 to 130, and longer on a busy machine


def boot(argv, log, show, timeout, last=None, answer=None):
    """Run QEMU; returns (console log, whether it had to be ended).

    last   -- pattern of a line after which nothing comes, though QEMU goes on
    answer -- is called with each line, and returns what to type, or nothing
    """
    ended = []
    with open(log, "w", encoding="utf-8") as out, subprocess.Popen(
            argv, text=True, errors="replace",
            stdin=subprocess.PIPE if answer else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as qemu:
        def end():
            ended.append(True)
            qemu.kill()
        timer = threading.Timer(timeout, end)
        timer.start()
        try:
            for line in qemu.stdout:
                line = line.replace("\r", "")
                out.write(line)
                if show and re.match(r"KTAP|1\.\.|ok |not ok |# ", line):
                    print(line, end="", flush=True)
                if last and re.match(last, line):
                    qemu.kill()
                typed = answer(line) if answer else None
                if typed:
                    qemu.stdin.write(typed)
                    qemu.stdin.flush()
        finally:
            timer.cancel()
            qemu.kill()
    text = log.read_text(encoding="utf-8")
    if qemu.returncode not in (0, -9) and "(XEN)" not in text:
        raise Stop(f"QEMU did not start: {text.strip().splitlines()[-1] if text else argv[0]}")
    return text, bool(ended)


def ktap_parser(tree):
    """Where the kunit.py is that reads the log: that of 5.10 knows no KTAP of today."""
    return (tree if tree.version >= (6, 1) else trees.get("6.1")).path


def judge(result, tree, log, timed_out):
    """Fill a Run with what its console log says."""
    result.verdict, result.detail = ktap.judge(log, timed_out)
    if ktap.PLAN.search(log):
        said = ktap.comments(log)
        result.tests = {name: (status, said.get(name, ""))
                        for name, status in ktap.statuses(log, ktap_parser(tree)).items()}
        whole = result.verdict in (ktap.PASSED, ktap.FAILED)
        if whole and set(result.tests) != set(said):
            raise Stop(f"{result.home}/console.log: kunit.py reads {len(result.tests)} results, "
                       f"there are {len(said)}")
    now = datetime.datetime.now().isoformat(timespec="seconds")
    write(result.home / "verdict", f"{now} {result.name}: {result.verdict}: {result.detail}\n")


