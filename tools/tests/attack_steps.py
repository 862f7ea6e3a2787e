# SPDX-License-Identifier: GPL-2.0
"""Stop make series at a step: Python imports this file as sitecustomize.py.

A step is an event that changes files or starts a program. XENDMA_STEP has the number of
the step, and XENDMA_ACTION has the attack. The file XENDMA_STEPS gets a line for each step.
"""

import errno
import os
import signal
import sys
import threading

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
EVENTS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.chmod",
          "subprocess.Popen", "shutil.rmtree", "shutil.copyfile", "fcntl.flock"}
NEED_ROOM = {"open", "os.mkdir"}
DELAY = 0.03	# seconds, so that the program of a step has begun


class Steps:
    """Count the steps of this process, and attack at one of them."""

    def __init__(self, log, action, at):
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.action, self.at, self.count = action, at, 0

    def is_step(self, event, args):
        if event == "open":
            return isinstance(args[2], int) and args[2] & WRITES and \
                not str(args[0]).startswith("/dev/")
        if event in ("os.mkdir", "os.remove", "os.rmdir") and args[-1] != -1:
            return False	# in the middle of shutil.rmtree()
        return event in EVENTS

    def hook(self, event, args):
        if not self.is_step(event, args) or self.action == "full" and event not in NEED_ROOM:
            return
        self.count += 1
        os.write(self.log, f"{event} {args[0]!r}\n".encode())
        if self.action == "full" and self.at <= self.count:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(args[0]))
        if self.count == self.at and self.action not in ("", "full"):
            self.attack(*self.action.split())

    def attack(self, name, how="at once"):
        """Send a signal: at once, to the whole group, or a moment later."""
        number = signal.Signals[f"SIG{name}"]
        if how == "group":
            os.killpg(0, number)
        elif how == "later":
            timer = threading.Timer(DELAY, os.kill, (os.getpid(), number))
            timer.daemon = True
            timer.start()
        else:
            os.kill(os.getpid(), number)


if os.environ.get("XENDMA_STEPS"):
    sys.addaudithook(Steps(os.environ["XENDMA_STEPS"], os.environ.get("XENDMA_ACTION", ""),
                           int(os.environ.get("XENDMA_STEP", "0"))).hook)
