# SPDX-License-Identifier: GPL-2.0
"""Boot Xen and a dom0 kernel in QEMU, run the tests in it, keep the logs."""

import dataclasses
import datetime
import gzip
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
import time

from . import debian, kernel, tree as trees, verdict
from .common import BUILD, Stop, digest, mark, need, run as call, say, scratch, up_to_date, write

DOM0 = kernel.TESTS / "dom0"
MACHINE = "virt,virtualization=on,gic-version=2"
HARDWARE = ["-cpu", "cortex-a57", "-smp", "1", "-m", "1G"]
QUIET = ["-display", "none", "-monitor", "none", "-nic", "none", "-no-reboot"]
KERNEL_ADDR, RAMDISK_ADDR = 0x50000000, 0x58000000
XEN_ARGS = "console=dtuart dtuart=/pl011@9000000 dom0_mem=256M dom0_max_vcpus=1"
# 4 MiB of bounce buffers: as small as dom0 is, it would have itself fewer.
DOM0_ARGS = "console=hvc0 panic=-1 panic_on_oops=1 swiotlb=2048"
TIMEOUT = 300	# seconds; a run takes 3 to 10


@dataclasses.dataclass
class Run:
    """One boot. tests: {name: (PASS, FAIL or SKIP; what it said)}."""
    tree: str
    release: str
    xen: str
    variant: str
    applied: list	# names in series/ of the patches in it
    series: list	# ... of those that there are for its tree
    home: pathlib.Path
    verdict: str = ""
    detail: str = ""
    seconds: float = 0
    tests: dict = dataclasses.field(default_factory=dict)

    @property
    def name(self):
        return f"Linux {self.release} {self.variant}, Xen {self.xen}"


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


def xen_binary(version):
    if version not in debian.names("xen"):
        raise Stop(f"XEN={version} is unknown: there are {', '.join(debian.names('xen'))}")
    return extract(f"xen {version}", f"boot/xen-{version}-arm64", BUILD / "xen" / f"xen-{version}")


def test_program():
    """The static test program, compiled again if a source changed."""
    sources = sorted(kernel.TESTS.glob("*.c"))
    headers = sorted(kernel.TESTS.glob("**/*.h"))
    out = BUILD / "user" / "xen_dma_test"
    key = digest(*sources, *headers)
    if not up_to_date(out.with_suffix(".key"), key):
        out.parent.mkdir(parents=True, exist_ok=True)
        call([kernel.CROSS + "gcc", "-O2", "-static", "-Wall", "-Wextra", "-Werror",
              "-Wno-unused-parameter", "-o", out, *sources], "compiling the test program")
        mark(out.with_suffix(".key"), key)
    return out


def ramdisk(module, to):
    """busybox, the tests and /init, as a compressed cpio archive."""
    need("cpio")
    busybox = extract("busybox", "**/bin/busybox", BUILD / "user" / "busybox")
    with scratch(BUILD) as tmp:
        files = {"bin/busybox": busybox, "bin/xen_dma_test": test_program(),
                 "xen_dma_test.ko": module, "init": DOM0 / "init"}
        for d in ("bin", "dev", "proc", "sys"):
            (tmp / d).mkdir()
        for name, source in files.items():
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


def device_tree(machine, to, more):
    """QEMU's device tree with our devices; more -- what dom0.dts is to know."""
    need("dtc", "cpp", "qemu-system-aarch64")
    with scratch(BUILD) as tmp:
        call(["qemu-system-aarch64", "-machine", f"{machine},dumpdtb={tmp}/base.dtb", *HARDWARE,
              *QUIET], "asking QEMU for its device tree")
        base = call(["dtc", "-q", "-I", "dtb", "-O", "dts", tmp / "base.dtb"],
                    "reading QEMU's device tree")
        write(tmp / "base.dts", base.replace("/dts-v1/;", "", 1))
        values = {"BASE": f'"{tmp}/base.dts"', **more}
        text = call(["cpp", "-nostdinc", "-undef", "-P", "-x", "assembler-with-cpp",
                     *(f"-D{k}={v}" for k, v in values.items()), DOM0 / "dom0.dts"],
                    "preprocessing the device tree")
        write(tmp / "dom0.dts", text)
        call(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", to, tmp / "dom0.dts"],
             "compiling the device tree")


def for_xen(image, initrd, dom0_args, xen_args=XEN_ARGS):
    """What a boot loader tells Xen, for device_tree()."""
    values = {"XEN_ARGS": f'"{xen_args}"', "DOM0_ARGS": f'"{dom0_args}"'}
    for name, addr, path in (("KERNEL", KERNEL_ADDR, image), ("RAMDISK", RAMDISK_ADDR, initrd)):
        values |= {f"{name}_UNIT": f"{addr:x}", f"{name}_ADDR": f"{addr:#x}",
                   f"{name}_SIZE": f"{path.stat().st_size:#x}"}
    return values


def qemu_xen(hypervisor, dtb, image, initrd):
    """The command line that boots Xen with a dom0."""
    return ["qemu-system-aarch64", "-machine", MACHINE, *HARDWARE, *QUIET, "-serial", "stdio",
            "-kernel", str(hypervisor), "-dtb", str(dtb),
            "-device", f"loader,file={image},addr={KERNEL_ADDR:#x},force-raw=on",
            "-device", f"loader,file={initrd},addr={RAMDISK_ADDR:#x},force-raw=on"]


def boot(argv, log, show, timeout):
    """Run QEMU; returns (console log, whether it had to be ended)."""
    ended = []
    with open(log, "w", encoding="utf-8") as out, subprocess.Popen(
            argv, text=True, errors="replace", stdin=subprocess.DEVNULL,
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


def run(tree_name, xen, variant=kernel.PATCHED, provoke="", show=True, timeout=TIMEOUT,
        cells=False):
    """Boot one dom0 and run the tests.

    variant -- kernel.STOCK, kernel.PATCHED or another kernel.Variant
    provoke -- another way to end (see dom0/init; "xen": Xen panics), to see
               that the rig notices
    cells   -- tell of every cell, not only of rows
    """
    need("qemu-system-aarch64")
    hypervisor = xen_binary(xen)
    tree = trees.get(tree_name)
    built = kernel.build(tree, variant)
    what = f"{tree.name}-xen{xen}-{kernel.ARCH}-{variant.name}"
    home = BUILD / "dom0" / (what + (f"-{provoke}" if provoke else ""))
    home.mkdir(parents=True, exist_ok=True)
    result = Run(tree.name, tree.release, xen, variant.name, built.applied, built.series,
                 home)

    initrd = ramdisk(built.module, home / "initrd.gz")
    # More memory for dom0 than there is: Xen panics.
    xen_args = XEN_ARGS.replace("256M", "8G") if provoke == "xen" else XEN_ARGS
    dom0_args = DOM0_ARGS + (f" provoke={provoke}" if provoke else "") + " cells=1" * cells
    device_tree(MACHINE, home / "dom0.dtb", for_xen(built.image, initrd, dom0_args, xen_args))
    argv = qemu_xen(hypervisor, home / "dom0.dtb", built.image, initrd)
    write(home / "command", shlex.join(argv) + "\n")

    say(f"booting {result.name}{', provoked: ' + provoke if provoke else ''}")
    started = time.monotonic()
    log, timed_out = boot(argv, home / "console.log", show, timeout)
    result.seconds = time.monotonic() - started
    result.verdict, result.detail = verdict.judge(log, timed_out)
    if verdict.PLAN.search(log):
        said = verdict.comments(log)
        result.tests = {name: (status, said.get(name, ""))
                        for name, status in verdict.statuses(log, ktap_parser(tree)).items()}
        whole = result.verdict in (verdict.PASSED, verdict.FAILED)
        if whole and set(result.tests) != set(said):
            raise Stop(f"{home}/console.log: kunit.py reads {len(result.tests)} results, "
                       f"there are {len(said)}")
    now = datetime.datetime.now().isoformat(timespec="seconds")
    write(home / "verdict", f"{now} {result.name}: {result.verdict}: {result.detail}\n")
    return result
