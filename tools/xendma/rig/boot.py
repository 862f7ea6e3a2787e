# SPDX-License-Identifier: GPL-2.0
"""Boot a kernel in QEMU, as dom0 under Xen or without Xen, and keep the logs."""

import collections.abc
import contextlib
import dataclasses
import datetime
import functools
import os
import pathlib
import re
import shlex
import subprocess
import threading
import time
from concurrent import futures

from ..util.cpus import cpus
from ..util.errors import UserError, log
from ..util.files import write_file
from ..util.process import require_programs
from ..sources import hypervisor, tree as trees
from ..results import ktap
from ..results.run import CONTROL, Run
from . import build, initramfs
from .machines import MACHINES
from .variant import Variant
from .machines.machine import Load, Machine

TIMEOUT = 600	# seconds; a run takes 8 to 130, and longer on a busy machine
Answer = collections.abc.Callable[[str], str | None]


def cpus_of(argv: list[str]) -> contextlib.AbstractContextManager[None]:
    """Wait until CPUs are free for a command of QEMU, and keep them."""
    return cpus(int(argv[argv.index("-smp") + 1]) if "-smp" in argv else 1)


def run_qemu(argv: list[str], console: pathlib.Path, show: bool, timeout: float,
             machine: Machine, answer: Answer | None = None) -> tuple[str, bool]:
    """Run QEMU; return (console log, whether it timed out).

    answer -- function of a line that returns the text to type, or None
    """
    ended: list[bool] = []
    with open(console, "w", encoding="utf-8", buffering=1) as out, subprocess.Popen(
            argv, text=True, errors="replace",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT) as qemu:
        def end() -> None:
            ended.append(True)
            qemu.kill()
        timer = threading.Timer(timeout, end)
        timer.start()
        try:
            assert qemu.stdout and qemu.stdin
            for line in qemu.stdout:
                line = machine.line(line.replace("\r", ""))
                out.write(line)
                if show and re.match(r"K?TAP |1\.\.|ok |not ok |# ", line):
                    print(line, end="", flush=True)
                if machine.ended(line):
                    qemu.kill()
                typed = machine.answer(line) or (answer(line) if answer else None)
                if typed:
                    qemu.stdin.write(typed)
                    qemu.stdin.flush()
        finally:
            timer.cancel()
            qemu.kill()
    text = console.read_text(encoding="utf-8")
    if qemu.returncode not in (0, -9) and "(XEN)" not in text:
        raise UserError(f"QEMU did not start: "
                        f"{text.strip().splitlines()[-1] if text else argv[0]}")
    return text, bool(ended)


def ktap_parser(tree: trees.Tree) -> pathlib.Path:
    """Return a kernel source whose kunit.py can parse the log; kunit.py of 5.10 cannot."""
    return (tree if tree.version >= (6, 1) else trees.get("6.1")).path


def read_console(run: Run, tree: trees.Tree, console: str, timed_out: bool) -> None:
    """Fill a Run with the results on its console."""
    run.verdict, run.detail = ktap.classify(console, timed_out)
    if ktap.PLAN.search(console):
        messages = ktap.comments(console)
        run.tests = {name: (status, messages.get(name, ""))
                     for name, status in ktap.statuses(console, ktap_parser(tree)).items()}
        whole = run.verdict in (ktap.PASSED, ktap.FAILED)
        if whole and set(run.tests) != set(messages):
            raise UserError(f"{run.home}/console.log: kunit.py reads {len(run.tests)} results, "
                            f"there are {len(messages)}")
    now = datetime.datetime.now().isoformat(timespec="seconds")
    write_file(run.home / "verdict", f"{now} {run.name}: {run.verdict}: {run.detail}\n")


@dataclasses.dataclass
class Boot:
    """One boot of one kernel.

    xen      -- the version of Xen; None for a kernel without Xen
    recipe   -- how to build the kernel
    home     -- the directory for the logs and the files of this boot
    about    -- an addition to the progress message
    args     -- kernel arguments; None for the default of the machine
    xen_args -- arguments of Xen; None for the default of the machine
    files    -- {name in the initramfs: file}, besides the test program and the modules
    defines  -- {name: value} for the device tree
    devices  -- more arguments of QEMU
    machine  -- None for the default of the architecture
    control  -- the file with the expected failures of a stock kernel
    domain   -- the domain that runs the tests, for people; "" for dom0
    """
    tree: trees.Tree
    xen: str | None
    variant: Variant
    recipe: build.Recipe
    home: pathlib.Path
    about: str = ""
    args: str | None = None
    xen_args: str | None = None
    files: dict[str, pathlib.Path] = dataclasses.field(default_factory=dict)
    defines: dict[str, str] = dataclasses.field(default_factory=dict)
    devices: list[str] = dataclasses.field(default_factory=list)
    machine: Machine | None = None
    control: pathlib.Path = CONTROL
    domain: str = ""
    answer: Answer | None = None
    seconds: float = 0

    def __post_init__(self) -> None:
        self.arch = self.recipe.arch
        # Stop at an unknown version before the build.
        self.hypervisor = hypervisor.binary(self.xen, self.arch) if self.xen else None
        require_programs(self.emulator.qemu)

    @property
    def emulator(self) -> Machine:
        """Return the machine that QEMU emulates."""
        return self.machine or MACHINES[self.arch]

    @functools.cached_property
    def kernel(self) -> build.Kernel:
        """Build the kernel, once; create the directory of the boot."""
        kernel = build.build(self.tree, self.variant, self.recipe)
        self.home.mkdir(parents=True, exist_ok=True)
        return kernel

    @functools.cached_property
    def command(self) -> list[str]:
        """Return the command line of QEMU; write the files for it, once."""
        kernel, emulator = self.kernel, self.emulator
        initrd = initramfs.initramfs(kernel.modules, self.home / "initrd.gz", self.arch,
                                     emulator.init, self.files)
        usual = emulator.dom0_args if self.xen else emulator.bare_args
        return emulator.command(Load(
            self.tree, self.home, self.hypervisor, kernel.image, initrd,
            usual if self.args is None else self.args,
            emulator.xen_args if self.xen_args is None else self.xen_args,
            self.defines)) + self.devices

    def console(self, show: bool = False, timeout: float = TIMEOUT) -> tuple[str, bool]:
        """Boot; return (console log, whether it timed out)."""
        argv = self.command
        write_file(self.home / "command", shlex.join(argv) + "\n")
        with cpus_of(argv):
            log(f"booting {self.result().name}{self.about and ', '}{self.about}")
            started = time.monotonic()
            ended = run_qemu(argv, self.home / "console.log", show, timeout, self.emulator,
                             self.answer)
            self.seconds = time.monotonic() - started
        return ended

    def result(self) -> Run:
        """Return a Run of this boot, without results."""
        return Run(self.tree.name or "", self.tree.release, self.xen, self.variant.name,
                   self.kernel.applied, self.kernel.series, self.home, self.arch,
                   seconds=self.seconds, control=self.control, domain=self.domain)

    def run(self, show: bool = False, timeout: float = TIMEOUT) -> Run:
        """Boot, and return the Run with the results of the tests."""
        console, timed_out = self.console(show, timeout)
        run = self.result()
        read_console(run, self.tree, console, timed_out)
        return run


def run_together(boots: collections.abc.Iterable[Boot]) -> list[Run]:
    """Boot each kernel as soon as it is built, while the next is built; return the Runs."""
    with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # The pool only boots: asking for the command builds the kernel here.
        runs = [pool.submit(boot.run) for boot in boots if boot.command]
        return [run.result() for run in runs]
