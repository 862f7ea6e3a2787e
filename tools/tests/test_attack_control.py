# SPDX-License-Identifier: GPL-2.0
"""Controls of the attacks: each check fails if its fault is there. The cases are counted."""

import contextlib
import os
import signal
import subprocess
import time

import pytest

from . import attack, test_attack_bombs, test_attack_disk, test_attack_files, \
    test_attack_interrupt, test_attack_registry, test_attack_trees
from .attack import Ground, changed_project, contents, expected, ground_of_a_case, place
from .support import later

__all__ = ["ground_of_a_case"]
TABLES = (test_attack_bombs, test_attack_disk, test_attack_files, test_attack_interrupt,
          test_attack_registry, test_attack_trees)
TREE = "tools/xendma/sources/tree.py"
MAKEFILE = 'self.read("Makefile")))\n'
OUTDIR = "tools/xendma/series/outdir.py"


@contextlib.contextmanager
def noticed(words):
    """Check that the helper fails, with these words."""
    with pytest.raises(AssertionError, match=words):
        yield


def faulty(tmp, name, old, new):
    """Return the ground of a project with a fault."""
    return Ground(tmp, "4.9", changed_project((name, old, new)))


@later("harden", 2)
class TestControl:
    """The project with a planted fault, or a helper with a wrong result."""

    def test_trap_that_is_executed(self):
        fault = "os.system(f'make -sC {self.path} x')"
        with place() as tmp:
            ground = faulty(tmp, TREE, MAKEFILE, MAKEFILE.replace(
                "self.read", f"{fault} and 0 or self.read"))
            (ground.k / "Makefile").write_text((ground.k / "Makefile").read_text() +
                                               f"X := $(shell touch {ground.trap})\nx:\n")
            done = ground.series()
            with noticed("was executed"):
                ground.harmless(done)

    def test_tree_that_is_written(self):
        with place() as tmp:
            ground = faulty(tmp, TREE, MAKEFILE, MAKEFILE.replace(
                "self.read", "os.utime(self.path / 'Makefile') or self.read"))
            done = ground.series()
            with noticed("the tree was changed"):
                ground.completed(done, expected("4.9"))

    def test_half_of_a_series(self):
        with place() as tmp:
            ground = faulty(tmp, OUTDIR, "for name in sorted(new, reverse=True):",
                            "for name in sorted(new, reverse=True)[:-1]:")
            done = ground.series()
            with noticed("temporary files are left"):
                ground.completed(done, expected("4.9"))
            for p in ground.tmp.rglob(".xendma-*"):
                p.unlink()
            with noticed("the series differs"):
                ground.completed(done, expected("4.9"))

    def test_change_after_an_error(self, ground):
        (ground.k / "Makefile").write_text("")
        done = ground.series()
        ground.stopped(done, "is no Linux source")
        ground.out.mkdir()
        with noticed("OUT was changed"):
            ground.stopped(done)

    def test_traceback(self):
        with place() as tmp:
            ground = faulty(tmp, TREE, MAKEFILE, MAKEFILE.replace("self.read", "1 / 0 or self.read"))
            done = ground.series()
            with noticed("ZeroDivisionError"):
                ground.stopped(done)

    def test_control_characters(self):
        with place() as tmp:
            ground = faulty(tmp, "tools/xendma/util/errors.py", "c if c.isprintable() else",
                            "c if 1 else")
            ground.k = ground.k.rename(ground.tmp / "\x1b[2J")
            (ground.k / "Makefile").write_text("")
            done = ground.series()
            with noticed("x1b"):
                ground.stopped(done)

    def test_second_line(self):
        with place() as tmp:
            ground = faulty(tmp, TREE, "is no Linux source: ", "is no Linux source:\\n")
            (ground.k / "Makefile").write_text("")
            done = ground.series()
            ground.stopped(done)		# printable() joins the two lines
            done.stderr += "fatal: one more line\n"
            with noticed("one more line"):
                ground.stopped(done)

    def test_scratch_that_is_left(self):
        with place() as tmp:
            ground = faulty(tmp, "tools/xendma/util/files.py", "if path:", "if not path:")
            done = ground.series()
            with noticed("temporary files are left"):
                ground.completed(done, expected("4.9"))

    def test_secret(self, ground):
        done = ground.series()
        done.stderr += attack.SECRET
        with noticed(attack.SECRET):
            ground.harmless(done)

    def test_time(self, ground):
        done = ground.series()
        done.limit = 0
        with noticed("took "):
            ground.harmless(done)

    def test_rule_without_a_limit(self):
        """Without the limit, the bomb runs longer than it with the limit of the test."""
        with place() as tmp:
            name, old, _ = test_attack_bombs.PATIENCE
            ground = Ground(tmp, "newest", changed_project((name, old, "PATIENCE = 600")))
            test_attack_bombs.append(ground, test_attack_bombs.MM,
                                     test_attack_bombs.ENDLESS["branches"])
            with subprocess.Popen(ground.argv("PART=fixes"), env=ground.environment(),
                                  stderr=subprocess.PIPE, start_new_session=True) as child:
                with pytest.raises(subprocess.TimeoutExpired):
                    child.wait(timeout=14)
                os.killpg(child.pid, signal.SIGTERM)
                child.communicate(timeout=20)
            ground.tidy()

    def test_interruption_that_cleans_nothing(self):
        """Without the handler, SIGTERM leaves the scratch directory."""
        with place() as tmp:
            steps = (attack.ROOT / "tools/tests/attack_steps.py").read_text()
            ground = Ground(tmp, "4.9", changed_project(
                ("tools/sitecustomize.py", "", steps),
                ("tools/xendma/util/signals.py", "signal.SIGTERM, signal.SIGHUP)",
                 "signal.SIGHUP)")))
            test_attack_interrupt.interrupted(ground, "TERM", 20)
            with noticed("temporary files are left"):
                ground.tidy()
            assert contents(ground.out) is None
            ground.completed(ground.series(), expected("4.9"))


class TestCount:
    def test_number_of_cases(self):
        """Count the cases, and those of make check."""
        marks = [param.marks for module in TABLES for table in vars(module).values()
                 if isinstance(table, type) for test in vars(table).values()
                 for mark in getattr(test, "pytestmark", ()) for param in mark.args[1]]
        assert len(marks) == sum(attack.counts.values())
        assert len(marks) >= 200
        assert 10 <= sum(not m for m in marks) <= 40

    def test_ids_are_one_line(self):
        started = time.monotonic()
        for module in TABLES:
            for table in vars(module).values():
                for test in vars(table).values() if isinstance(table, type) else ():
                    for mark in getattr(test, "pytestmark", ()):
                        ids = [param.id for param in mark.args[1]]
                        assert len(set(ids)) == len(ids)
                        assert all(i.isprintable() and len(i) < 99 for i in ids)
        assert time.monotonic() - started < 5
