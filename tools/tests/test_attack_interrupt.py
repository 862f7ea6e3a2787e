# SPDX-License-Identifier: GPL-2.0
"""make series, interrupted at each step, by each signal."""

import signal
import subprocess

import pytest

from .attack import Ground, cases, contents, controls, expected, place, snapshot, with_steps

STEPS = 44	# at least as many as a series for the tree of 4.9 has
# (action, OUT= has an older series before, every nth step)
ACTIONS = {
    "INT": (False, 1), "TERM": (True, 1), "KILL": (True, 1), "HUP": (True, 5),
    "INT group": (True, 3), "TERM group": (False, 4), "TERM later": (True, 3),
    "INT later": (False, 4), "KILL later": (False, 4),
}


@pytest.fixture(name="ground")
def ground_with_steps():
    with place() as tmp:
        yield Ground(tmp, "4.9", with_steps())


def older(ground):
    """Write an older series to OUT=, and return its contents."""
    ground.out.mkdir()
    for name, data in expected("4.9", "SIGNOFF=1").items():
        (ground.out / name).write_bytes(data)
    assert contents(ground.out) != expected("4.9")
    return contents(ground.out)


def accept_signals():
    """Reset signals that a background process and its children ignore."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def interrupted(ground, action, step):
    """Run make series in a session of its own; return (exit status, its output, its errors)."""
    ground.before = snapshot(ground.k), contents(ground.out)
    env = ground.environment(XENDMA_STEPS=ground.tmp / "steps", XENDMA_STEP=step,
                             XENDMA_ACTION=action)
    with subprocess.Popen(ground.argv(), env=env, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                          preexec_fn=accept_signals) as child:
        out, errors = child.communicate(timeout=150)
    return child.returncode, out, errors


class TestInterrupt:
    @pytest.mark.parametrize("action, step", cases("interrupt", {
        f"{action} at step {step}": (action, step) for action, (_, nth) in ACTIONS.items()
        for step in range(1, STEPS + 1, nth)}))
    def test_step(self, ground, action, step):
        """OUT has the older series or the new one; the next make writes the new one."""
        before = older(ground) if ACTIONS[action][0] else None
        status, out, errors = interrupted(ground, action, step)
        assert snapshot(ground.k) == ground.before[0]
        assert "Traceback" not in errors and "Exception" not in errors, errors
        assert not controls(out + errors), errors
        if not action.startswith("KILL"):
            # make kills its own child at SIGTERM, and says so.
            lines = [l for l in errors.splitlines() if l and not l.startswith("make: ")]
            over = not status or out	# so late that the result has been printed
            assert over or lines == ["xen-dma: interrupted; run make again to continue"], errors
            assert contents(ground.out) in (before, expected("4.9")), "a part of a series is left"
            ground.tidy()
        if status == 0:
            assert contents(ground.out) == expected("4.9")
        if action.startswith("KILL"):
            ground.completed(ground.series(), expected("4.9"))

    def test_number_of_steps(self, ground):
        """The cases reach each step, also the last one."""
        older(ground)
        assert interrupted(ground, "", 0)[0] == 0
        count = len((ground.tmp / "steps").read_text().splitlines())
        assert STEPS - 5 <= count <= STEPS, f"set STEPS to {count}"

    @pytest.mark.parametrize("number", cases("signal", {
        f"twice {n.name}": (n,) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}))
    def test_ignored_signal(self, ground, number):
        """A signal that is ignored before, as by nohup, stays ignored."""
        done = ground.series(prefix=("env", f"--ignore-signal={number.name[3:]}"),
                             XENDMA_STEPS=ground.tmp / "steps", XENDMA_STEP=9,
                             XENDMA_ACTION=number.name[3:])
        ground.completed(done, expected("4.9"))
