# SPDX-License-Identifier: GPL-2.0
"""The initramfs of a dom0, and the programs in it."""

import gzip
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from ..util.archs import COMPILERS
from ..util.errors import UserError
from ..util.files import digest, scratch_dir, set_stamp, up_to_date, write_file
from ..util.paths import BUILD, TESTS
from ..util.process import require_programs, run_program
from ..sources import debian, hypervisor, tree as trees
from . import build


def program_sources(arch: str) -> list[pathlib.Path]:
    """Return the sources of the test program, which runs in user space."""
    if build.MODULES[arch].parent == TESTS:
        return sorted(TESTS.glob("*.c"))
    return [TESTS / "outcome.c", *sorted(build.MODULES[arch].parent.glob("*.c"))]


def program(name: str, sources: list[pathlib.Path], arch: str,
            include: pathlib.Path | None = None,
            macros: tuple[str, ...] = ()) -> pathlib.Path:
    """Compile a static program for user space, if a source changed.

    include -- a directory with headers that the compiler's own directories lack
    macros  -- "NAME=value" for the preprocessor
    """
    out = BUILD / "user" / f"{name}-{arch}"
    # The newest tree has the harness, for the kernels of all trees.
    selftests = trees.get("newest").path / "tools/testing/selftests"
    flags = ["-isystem", str(selftests)] + (["-idirafter", str(include)] if include else [])
    flags += [f"-D{macro}" for macro in macros]
    key = digest(*sources, *sorted(TESTS.glob("**/*.h")),
                 *sorted(selftests.glob("kselftest*.h")), json.dumps(flags))
    if not up_to_date(out.with_suffix(".key"), key):
        out.parent.mkdir(parents=True, exist_ok=True)
        with scratch_dir(BUILD) as tmp:	# another process may use the old one
            run_program([COMPILERS[arch] + "gcc", "-O2", "-static", "-D_FILE_OFFSET_BITS=64",
                         "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", *flags,
                         "-o", tmp / name, *sources], f"compiling {name}")
            os.replace(tmp / name, out)
        set_stamp(out.with_suffix(".key"), key)
    return out


def archive(root: pathlib.Path, to: pathlib.Path) -> None:
    """Write a directory as a compressed cpio archive."""
    names = "\n".join(sorted(str(p.relative_to(root)) for p in root.rglob("*")))
    with tempfile.TemporaryFile() as out:
        done = subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--reproducible",
                               "--quiet"], cwd=root, input=names.encode(), stdout=out,
                              stderr=subprocess.PIPE)
        if done.returncode:
            raise UserError(f"writing the ramdisk: cpio says: {done.stderr.decode().strip()}")
        out.seek(0)
        write_file(to, gzip.compress(out.read(), mtime=0))


def initramfs(modules: list[pathlib.Path], to: pathlib.Path, arch: str, init: pathlib.Path,
              more: dict[str, pathlib.Path] | None = None) -> pathlib.Path:
    """Write an initramfs with busybox, the tests, /init, and {name: file} more."""
    require_programs("cpio")
    busybox = debian.extract(hypervisor.section("busybox", arch), "**/bin/busybox",
                             BUILD / "user" / f"busybox-{arch}")
    with scratch_dir(BUILD) as tmp:
        files = {"bin/busybox": busybox, "init": init,
                 "bin/xen_dma_test": program("xen_dma_test", program_sources(arch), arch)}
        files |= {module.name: module for module in modules}
        files |= more or {}
        for d in ("bin", "dev", "proc", "sys"):
            (tmp / d).mkdir()
        for name, source in files.items():
            (tmp / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, tmp / name)
            (tmp / name).chmod(0o755)
        archive(tmp, to)
    return to
