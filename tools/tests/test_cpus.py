# SPDX-License-Identifier: GPL-2.0
"""Boots, builds and files of tests share the CPUs of the machine."""

import os
import pathlib
import subprocess
import threading
import time
from unittest import mock

from xendma.util import cpus
from xendma.rig import boot
from xendma.runs import matrix, testfile

from .support import Case


class Cpus(Case):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.object(cpus, "BUILD", self.tmp))
        self.enterContext(mock.patch.object(cpus.os, "cpu_count", lambda: 2))
        self.busy = self.most = 0
        self.changed = threading.Lock()

    def work(self, number, lock=cpus.cpus):
        """Hold a lock for a moment, and count who else does."""
        with lock(number):
            with self.changed:
                self.busy += min(number, 2)
                self.most = max(self.most, self.busy)
            time.sleep(0.02)
            with self.changed:
                self.busy -= min(number, 2)

    def free(self):
        """Return which CPUs are free."""
        found = []
        for n in range(2):
            with cpus.lock_file(f"cpu{n}") as lock:
                found += [n] if cpus.taken(lock) else []
        return found

    def together(self, *numbers, **kw):
        threads = [threading.Thread(target=self.work, args=(n,), kwargs=kw, daemon=True)
                   for n in numbers]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
            self.assertFalse(t.is_alive())

    def test_no_more_than_there_are(self):
        self.together(1, 4, 1, 1, 4, 1, 2, 1)
        self.assertEqual(self.most, 2)

    def test_two_at_a_time(self):
        """Nobody waits for a CPU that is free."""
        with cpus.cpus(1):
            self.assertEqual(self.free(), [1])
            with cpus.cpus(1):
                self.assertEqual(self.free(), [])
        with cpus.cpus(4):
            self.assertEqual(self.free(), [])
        self.assertEqual(self.free(), [0, 1])

    def test_alone(self):
        """One build at a time."""
        self.together(*[1] * 4, lock=lambda _: cpus.alone("build"))
        self.assertEqual(self.most, 1)

    def test_killed_process(self):
        """A lock ends with its process."""
        code = ("import pathlib, time\nfrom xendma.util import cpus\n"
                f"cpus.BUILD = pathlib.Path({str(self.tmp)!r})\n"
                "with cpus.cpus(99):\n print('held', flush=True)\n time.sleep(60)")
        env = dict(os.environ, PYTHONPATH="tools", PYTHONDONTWRITEBYTECODE="1")
        with subprocess.Popen(["python3", "-c", code], env=env, stdout=subprocess.PIPE,
                              text=True) as child:
            self.assertEqual(child.stdout.readline(), "held\n")
            self.assertEqual(self.free(), [])
            child.kill()
        self.assertEqual(self.free(), [0, 1])

    def test_cpus_of_a_machine(self):
        for argv, number in ((["qemu", "-smp", "4"], 4), (["qemu"], 1)):
            with mock.patch.object(boot, "cpus") as asked:
                boot.cpus_of(argv)
            asked.assert_called_once_with(number)


class Together(Case):
    """Several cells at a time."""

    CELLS = [matrix.Cell(name, "", tests=name, parallel=name == "attack")
             for name in ("attack", "one", "two")]

    def test_finished(self):
        """Cells of boots run at the same time; the others run alone, after them."""
        both, order = threading.Barrier(2, timeout=60), []

        def do(cell):
            if not cell.parallel:
                both.wait()
            order.append(cell.tests)
            return cell.tests
        with mock.patch.object(matrix, "do", do):
            found = list(matrix.finished(self.CELLS, 2))
        self.assertEqual(order[-1], "attack")
        self.assertEqual(sorted((cell.tests, result) for cell, result in found),
                         [(name, name) for name in ("attack", "one", "two")])

    def test_one_at_a_time(self):
        """Time limits need the thread of the caller, which is the main thread."""
        caller = threading.current_thread()

        def do(cell):
            return threading.current_thread() is caller
        with mock.patch.object(matrix, "do", do):
            found = list(matrix.finished(self.CELLS, 1))
        self.assertEqual(found, [(cell, True) for cell in self.CELLS])

    def test_interrupted(self):
        """The processes of other threads end, with those that they have started."""
        self.enterContext(mock.patch.object(testfile, "stopped", threading.Event()))
        pids = self.tmp / "pids"
        # A process that ignores the first signal ends, too.
        script = f"trap '' INT; sleep 600 & echo $! >>{pids}; wait"
        popen = subprocess.Popen

        def begin(argv, **kw):
            return popen(["sh", "-c", script], **kw)

        def do(cell):
            if cell.tests == "one":
                while not pids.exists() or not pids.read_text():
                    time.sleep(0.01)
                raise KeyboardInterrupt
            return testfile.run(cell.tests, "all", False, self.tmp / "log")
        with mock.patch.object(matrix, "do", do), \
                mock.patch.object(testfile.subprocess, "Popen", begin), \
                mock.patch.object(testfile, "PATIENCE", 0.1), \
                self.assertRaises(KeyboardInterrupt):
            list(matrix.finished([c for c in self.CELLS if not c.parallel] * 3, 2))
        for pid in pids.read_text().split():
            self.assertTrue(self.ends(pid), pid)
        self.assertEqual(testfile.running, set())

    @staticmethod
    def ends(pid):
        """Return whether a process ends within a minute."""
        status = pathlib.Path(f"/proc/{pid}/stat")
        for _ in range(600):
            try:
                if ") Z " in status.read_text():
                    return True
            except OSError:
                return True
            time.sleep(0.1)
        return False


class Files(Case):
    """A file of tests runs in a process of its own."""

    def run_file(self, script, parallel=False):
        """Return (the result, the command line), with a script in place of pytest."""
        popen, seen = subprocess.Popen, []

        def begin(argv, **kw):
            seen.extend(argv)
            return popen(["sh", "-c", script], **kw)
        with mock.patch.object(testfile.subprocess, "Popen", begin):
            return testfile.run("test_x", "all", parallel, self.tmp / "log"), seen

    def test_killed(self):
        """Report the exit status of tests that printed no result."""
        self.assertEqual(self.run_file("kill -9 $$")[0],
                         (["exit status -9: no output"], "no output"))

    def test_failed(self):
        self.assertEqual(self.run_file("echo 'x::y FAILED'; echo '0 passed, 1 failed'; exit 1")[0],
                         (["x::y FAILED"], "0 passed, 1 failed"))

    def test_passed(self):
        self.assertEqual(self.run_file("echo '1 passed, 0 failed'")[0],
                         ([], "1 passed, 0 failed"))

    def test_workers(self):
        for parallel in (False, True):
            self.assertEqual("--numprocesses=auto" in self.run_file("", parallel)[1], parallel)

    def test_environment(self):
        """Neither ONLY= nor the end of CI leaves tests out."""
        with mock.patch.dict(os.environ, XENDMA_ONLY="x", XENDMA_UNTIL="1"):
            (_, last), _ = self.run_file('echo "$XENDMA_ONLY,$XENDMA_UNTIL,$PYTHONPATH"')
        self.assertRegex(last, "^,,/.*/tools$")
