# SPDX-License-Identifier: GPL-2.0
"""A disk that is full, at each step and with each amount of space."""

import shutil
import subprocess

import pytest

from .attack import Ground, cases, expected, place, with_steps
from .test_attack_interrupt import older

STEPS = 24	# at least as many as need room
# Mount a small file system, run a command, and copy its files to a directory outside.
MOUNT = """mount -t tmpfs -o "$1" tmpfs "$2" || exit 77
small=$2 seen=$3
shift 3
"$@"
status=$?
cp -a "$small/." "$seen"
exit $status"""
FULL = "o space left"


@pytest.fixture(name="ground")
def ground_with_steps():
    with place() as tmp:
        yield Ground(tmp, "4.9", with_steps())


class TestFull:
    @pytest.mark.parametrize("step, again", cases("full disk", {
        f"full at step {step}, {'older series' if again else 'new directory'}": (step, again)
        for step in range(1, STEPS + 1) for again in (False, True)}))
    def test_step(self, ground, step, again):
        """From this step on, no file and no directory can be created."""
        if again:
            older(ground)
        done = ground.series(XENDMA_STEPS=ground.tmp / "steps", XENDMA_STEP=step,
                             XENDMA_ACTION="full")
        count = len((ground.tmp / "steps").read_text().splitlines())
        assert (done.returncode == 0) == (step > count), "set STEPS"
        ground.finished(done, expected("4.9"), FULL)
        if step % 4 == 0:
            ground.completed(ground.series(), expected("4.9"))

    def test_number_of_steps(self, ground):
        assert ground.series(XENDMA_STEPS=ground.tmp / "steps", XENDMA_STEP=STEPS,
                             XENDMA_ACTION="full").returncode == 0

    @pytest.mark.parametrize("size, again", cases("size of a file", {
        f"files of {size} bytes, {'older series' if again else 'new directory'}": (size, again)
        for size in (0, 1, 16, 32, 64, 128, *range(256, 8192, 512)) for again in (False, True)}))
    def test_file_size(self, ground, size, again):
        """No file can be longer. A program ends by SIGXFSZ at the limit."""
        if again:
            older(ground)
        done = ground.series(prefix=("prlimit", f"--fsize={size}"))
        ground.finished(done, expected("4.9"))


class TestSmall:
    @pytest.mark.parametrize("what, limit", cases("small disk", {
        f"{limit} for {what}": (what, limit) for what, limits in (
            ("out", [f"size={n}k" for n in range(4, 29, 4)]
             + [f"nr_inodes={n}" for n in range(1, 8)]),
            ("build", [f"size={n}k" for n in range(4, 300, 16)]
             + [f"nr_inodes={n}" for n in range(1, 100, 4)])) for limit in limits}))
    def test_mounted(self, ground, what, limit):
        """OUT= or the build directory is on a small file system."""
        small, seen = ground.tmp / "small", ground.tmp / "seen"
        small.mkdir()
        seen.mkdir()
        setattr(ground, what, small / what)
        prefix = ("unshare", "-rm", "sh", "-c", MOUNT, "sh", limit, small, seen)
        done = ground.series(prefix=prefix)
        if done.returncode == 77 or "unshare: " in done.stderr:
            pytest.skip("cannot mount a small file system")
        setattr(ground, what, seen / what)
        if what == "out" and done.returncode == 0:
            done.stdout = done.stdout.replace(str(small), str(seen))
        ground.finished(done, expected("4.9"))


class TestStreams:
    """The result or the messages go to a full disk."""

    @pytest.mark.parametrize("stream", cases("stream", {f"full {s}": (s,)
                                                        for s in ("stdout", "stderr")}))
    def test_full(self, ground, stream):
        if stream == "stderr":	# nothing can be said, but the status tells
            shutil.rmtree(ground.k / "arch")
        with open("/dev/full", "wb") as full:
            done = subprocess.run(ground.argv(), env=ground.environment(),
                                  text=True, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                                     stream: full}, check=False)
        assert done.returncode != 0
        if stream == "stdout":
            lines = [l for l in done.stderr.splitlines() if not l.startswith("make: ")]
            assert lines == ["xen-dma: error: cannot print the result: No space left on device; "
                             "the work itself is done"]
            assert {p.name for p in ground.out.iterdir()} == set(expected("4.9"))
        ground.tidy()
