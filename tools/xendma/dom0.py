# SPDX-License-Identifier: GPL-2.0
"""Boot Xen and a dom0 kernel in QEMU, run the tests in it, keep the logs."""

import dataclasses
import datetime
import gzip
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
import time

from . import debian, kernel, q35, tree as trees, verdict, vexpress, virt
from .common import BUILD, Stop, digest, mark, need, run as call, say, scratch, up_to_date, write

CONTROL = kernel.TESTS / "stock-failures.ini"
MACHINES = {"arm64": virt, "arm": vexpress, "x86_64": q35}
TIMEOUT = 600	# seconds; a run takes 8 to 130, and longer on a busy machine


@dataclasses.dataclass
class Run:
    """One boot. tests: {name: (PASS, FAIL or SKIP; what it said)}.

    xen     -- its version; None without Xen
    control -- the file with what must fail on a stock kernel
    """
    tree: str
    release: str
    xen: str | None
    variant: str
    applied: list	# names in series/ of the patches in it
    series: list	# ... of those that there are for its tree
    home: pathlib.Path
    arch: str = kernel.ARCH
    verdict: str = ""
    detail: str = ""
    seconds: float = 0
    tests: dict = dataclasses.field(default_factory=dict)
    control: pathlib.Path = CONTROL

    @property
    def where(self):
        return f"Xen {self.xen}" if self.xen else "no Xen"

    @property
    def name(self):
        arch = "" if self.arch == kernel.ARCH else f" {self.arch}"
        return f"Linux {self.release}{arch} {self.variant}, {self.where}"


def extract(section, member, to):
    """One file of a Debian package."""
    about = debian.describe(section)
    key = f"{about['name']} {about['version']}"
    stamp = to.with_name(to.name + ".package")
    if not to.exists() or not up_to_date(stamp, key):
        with scratch(BUILD) as tmp:
            call(["dpkg-deb", "-x", debian.fetch(section), tmp], f"unpacking {about['name']}")
            found = [p for p in tmp.glob(member) if p.is_file()]
            if not found:
                raise Stop(f"{about['name']} {about['version']} has no {member}")
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(found[0], to)
        mark(stamp, key)
    return to


def section_of(what, arch):
    """The kind of a section in debian.ini, for an architecture."""
    return what if arch == kernel.ARCH else f"{what}-{arch}"


def xens(arch=kernel.ARCH):
    """The versions of Xen that there are for an architecture, newest first."""
    if arch not in MACHINES:
        raise Stop(f"ARCH={arch} is unknown: there are {', '.join(MACHINES)}")
    return debian.names(section_of("xen", arch))


def xen_binary(version, arch=kernel.ARCH):
    if version not in xens(arch):
        raise Stop(f"XEN={version} is unknown for {arch}: there are {', '.join(xens(arch))}")
    return extract(f"{section_of('xen', arch)} {version}", MACHINES[arch].XEN.format(version),
                   BUILD / "xen" / f"xen-{version}-{arch}")


def program(name, sources, arch, include=None):
    """A static program for user space, compiled again if a source changed.

    include -- a directory of headers that the compiler's own do not have
    """
    out = BUILD / "user" / f"{name}-{arch}"
    # The newest tree has the harness, for the kernels of all trees.
    selftests = trees.get("newest").path / "tools/testing/selftests"
    flags = ["-isystem", str(selftests)] + (["-idirafter", str(include)] if include else [])
    key = digest(*sources, *sorted(kernel.TESTS.glob("**/*.h")),
                 *sorted(selftests.glob("kselftest*.h")), json.dumps(flags))
    if not up_to_date(out.with_suffix(".key"), key):
        out.parent.mkdir(parents=True, exist_ok=True)
        call([kernel.COMPILERS[arch] + "gcc", "-O2", "-static", "-D_FILE_OFFSET_BITS=64", "-Wall",
              "-Wextra", "-Werror", "-Wno-unused-parameter", *flags, "-o", out, *sources],
             f"compiling {name}")
        mark(out.with_suffix(".key"), key)
    return out


def ramdisk(modules, to, arch=kernel.ARCH, more=None):
    """busybox, the tests, /init, and {name: file} more, as a compressed cpio archive."""
    need("cpio")
    busybox = extract(section_of("busybox", arch), "**/bin/busybox",
                      BUILD / "user" / f"busybox-{arch}")
    with scratch(BUILD) as tmp:
        tests = program("xen_dma_test", kernel.program_sources(arch), arch)
        files = {"bin/busybox": busybox, "bin/xen_dma_test": tests,
                 "init": MACHINES[arch].INIT}
        files |= {module.name: module for module in modules}
        files |= more or {}
        for d in ("bin", "dev", "proc", "sys"):
            (tmp / d).mkdir()
        for name, source in files.items():
            (tmp / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, tmp / name)
            (tmp / name).chmod(0o755)
        names = "\n".join(sorted(str(p.relative_to(tmp)) for p in tmp.rglob("*")))
        with tempfile.TemporaryFile() as archive:
            done = subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--reproducible",
                                   "--quiet"], cwd=tmp, input=names.encode(), stdout=archive,
                                  stderr=subprocess.PIPE)
            if done.returncode:
                raise Stop(f"making the ramdisk: cpio says: {done.stderr.decode().strip()}")
            archive.seek(0)
            write(to, gzip.compress(archive.read(), mtime=0))
    return to


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
                if show and re.match(r"K?TAP |1\.\.|ok |not ok |# ", line):
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
    result.verdict, result.detail = verdict.judge(log, timed_out)
    if verdict.PLAN.search(log):
        said = verdict.comments(log)
        result.tests = {name: (status, said.get(name, ""))
                        for name, status in verdict.statuses(log, ktap_parser(tree)).items()}
        whole = result.verdict in (verdict.PASSED, verdict.FAILED)
        if whole and set(result.tests) != set(said):
            raise Stop(f"{result.home}/console.log: kunit.py reads {len(result.tests)} results, "
                       f"there are {len(said)}")
    now = datetime.datetime.now().isoformat(timespec="seconds")
    write(result.home / "verdict", f"{now} {result.name}: {result.verdict}: {result.detail}\n")


def run(tree_name, xen, variant=kernel.PATCHED, fault="", show=True, timeout=TIMEOUT,
        cells=False, arch=kernel.ARCH, workload=""):
    """Boot one dom0 and run the tests.

    variant  -- kernel.STOCK, kernel.PATCHED or another kernel.Variant
    fault    -- a way to break the run (see dom0/init; "xen": Xen panics), to see that the rig
                notices
    workload -- another program than the tests (see dom0/init)
    cells    -- show every case of a scenario
    """
    hypervisor = xen_binary(xen, arch)
    machine = MACHINES[arch]
    need(machine.QEMU)
    tree = trees.get(tree_name)
    built = kernel.build(tree, variant, arch)
    what = f"{tree.name}-xen{xen}-{arch}-{variant.name}"
    home = BUILD / "dom0" / "-".join(filter(None, (what, workload, fault)))
    home.mkdir(parents=True, exist_ok=True)
    result = Run(tree.name, tree.release, xen, variant.name, built.applied, built.series,
                 home, arch)

    initrd = ramdisk(built.modules, home / "initrd.gz", arch)
    xen_args = machine.XEN_ARGS
    if fault == "xen":	# more memory for dom0 than there is: Xen panics
        xen_args = xen_args.replace("256M", "8G")
    mainline = any(p.part == "next" for p in kernel.for_tree(tree))
    asked = {"workload": workload, "fault": fault, "mainline": "1" * mainline,
             "cases": "1" * cells, "log_buf_len": "8M" * cells}
    dom0_args = " ".join([machine.DOM0_ARGS, *(f"{k}={v}" for k, v in asked.items() if v)])
    argv = machine.command(tree, home, hypervisor, built.image, initrd, dom0_args, xen_args)
    write(home / "command", shlex.join(argv) + "\n")

    say(f"booting {result.name}{f', {workload}' if workload else ''}"
        f"{f', with fault {fault}' if fault else ''}")
    started = time.monotonic()
    log, timed_out = boot(argv, home / "console.log", show, timeout, machine.LAST)
    result.seconds = time.monotonic() - started
    judge(result, tree, log, timed_out)
    return result
