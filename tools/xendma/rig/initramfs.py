# SPDX-License-Identifier: GPL-2.0
"""The initramfs of a dom0, and the programs in it."""

import gzip
import json
import shutil
import subprocess
import tempfile

from ..util.archs import ARCH, COMPILERS
from ..util.errors import Stop
from ..util.files import digest, mark, scratch, up_to_date, write
from ..util.paths import BUILD, TESTS
from ..util.process import need, run
from ..sources import debian, hypervisor
from . import build, initramfs
from .machines import MACHINES


def program_sources(arch):
    """What the test program is made of, which runs in user space."""
    if build.MODULES[arch].parent == TESTS:
        return sorted(TESTS.glob("*.c"))
    return [TESTS / "runner.c", *sorted(build.MODULES[arch].parent.glob("*.c"))]


def program(name, sources, arch, include=None):
    """A static program for user space, compiled again if a source changed.

    include -- a directory of headers that the compiler's own do not have
    """
    out = BUILD / "user" / f"{name}-{arch}"
    flags = ["-idirafter", str(include)] if include else []
    key = digest(*sources, *sorted(TESTS.glob("**/*.h")), json.dumps(flags))
    if not up_to_date(out.with_suffix(".key"), key):
        out.parent.mkdir(parents=True, exist_ok=True)
        run([COMPILERS[arch] + "gcc", "-O2", "-static", "-D_FILE_OFFSET_BITS=64", "-Wall",
              "-Wextra", "-Werror", "-Wno-unused-parameter", *flags, "-o", out, *sources],
             f"compiling {name}")
        mark(out.with_suffix(".key"), key)
    return out


def ramdisk(modules, to, arch=ARCH, more=None):
    """busybox, the tests, /init, and {name: file} more, as a compressed cpio archive."""
    need("cpio")
    busybox = debian.extract(hypervisor.section_of("busybox", arch), "**/bin/busybox",
                      BUILD / "user" / f"busybox-{arch}")
    with scratch(BUILD) as tmp:
        tests = program("xen_dma_test", initramfs.program_sources(arch), arch)
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
