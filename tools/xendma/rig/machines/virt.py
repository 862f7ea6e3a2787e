# SPDX-License-Identifier: GPL-2.0
"""QEMU's arm64 machine "virt", with our devices in its device tree."""

import dataclasses
import pathlib

from ...util.files import scratch_dir, write_file
from ...util.paths import BUILD, TESTS
from ...util.process import require_programs, run_program
from ...sources import tree as trees
from .machine import Load, Machine


DOM0 = TESTS / "dom0"
QEMU = "qemu-system-aarch64"
QUIET = ["-display", "none", "-monitor", "none", "-nic", "none", "-no-reboot"]
# The last line on the console of a board that Xen cannot reset.
DOM0_ENDED = r"\(XEN\) Hardware Dom0 (halted|crashed|rebooted|shutdown)"
KERNEL_ADDR, RAMDISK_ADDR = 0x50000000, 0x58000000
# 4 MiB of bounce buffers, because a small dom0 has fewer by default.  The log also has the
# results, and tests read its first lines.
DOM0_ARGS = "console=hvc0 panic=-1 swiotlb=2048 log_buf_len=1M"


def compile_dts(source: pathlib.Path, defines: dict[str, str], to: pathlib.Path) -> None:
    """Preprocess and compile a device tree of ours."""
    require_programs("dtc", "cpp")
    with scratch_dir(BUILD) as tmp:
        text = run_program(["cpp", "-nostdinc", "-undef", "-P", "-x", "assembler-with-cpp",
                            *(f"-D{k}={v}" for k, v in defines.items()), source],
                           "preprocessing the device tree")
        write_file(tmp / "dts", text)
        run_program(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", to, tmp / "dts"],
                    "compiling the device tree")


def compile_device_tree(base: str, to: pathlib.Path, defines: dict[str, str]) -> None:
    """Compile a machine's device tree with our devices.

    base    -- the device tree of the machine, as text
    defines -- {name: value} for dom0.dts
    """
    with scratch_dir(BUILD) as tmp:
        write_file(tmp / "base.dts", base.replace("/dts-v1/;", "", 1))
        compile_dts(DOM0 / "dom0.dts", {"BASE": f'"{tmp}/base.dts"', **defines}, to)


def dt_module_defines(name: str, addr: int, path: pathlib.Path) -> dict[str, str]:
    """Return the defines for a file at an address."""
    return {f"{name}_UNIT": f"{addr:x}", f"{name}_ADDR": f"{addr:#x}",
            f"{name}_SIZE": f"{path.stat().st_size:#x}"}


def loader_args(addr: int, path: pathlib.Path) -> list[str]:
    """Return QEMU's arguments that load a file to an address."""
    return ["-device", f"loader,file={path},addr={addr:#x},force-raw=on"]


def dt_xen_defines(load: Load, addrs: tuple[int, int]) -> dict[str, str]:
    """Return the defines for the nodes that describe dom0 to Xen."""
    values = {"XEN_ARGS": f'"{load.xen_args}"', "DOM0_ARGS": f'"{load.args}"'}
    for name, addr, path in zip(("KERNEL", "RAMDISK"), addrs, (load.image, load.initrd)):
        values |= dt_module_defines(name, addr, path)
    return values


def board_tree(tree: trees.Tree, tmp: pathlib.Path, names: list[str]) -> str:
    """Return the device tree of a board as one dts; names -- its places in kernel sources."""
    (source,) = [tree.path / name for name in names if (tree.path / name).is_file()]
    text = run_program(["cpp", "-nostdinc", "-undef", "-P", "-x", "assembler-with-cpp",
                        *(f"-I{(tree.path / name).parent}" for name in names),
                        f"-I{tree.path}/include", source],
                       "preprocessing the board's device tree")
    write_file(tmp / "board.dts", text)
    return run_program(["dtc", "-q", "-I", "dts", "-O", "dts", tmp / "board.dts"],
                       "reading the board's device tree")


def board_dtb(load: Load, names: list[str], places: dict[str, str],
              addrs: tuple[int, int]) -> pathlib.Path:
    """Write the device tree of a board for Xen; names -- as in board_tree()."""
    dtb = load.home / "dom0.dtb"
    with scratch_dir(BUILD) as tmp:
        compile_device_tree(board_tree(load.tree, tmp, names), dtb, {
            **places, **dt_xen_defines(load, addrs), **load.defines})
    return dtb


def qemu_args(load: Load, dtb: pathlib.Path, addrs: tuple[int, int]) -> list[str]:
    """Return QEMU's arguments for Xen and a dom0, at the addresses of dt_xen_defines()."""
    args = [*QUIET, "-serial", "stdio", "-kernel", str(load.hypervisor), "-dtb", str(dtb)]
    for addr, path in zip(addrs, (load.image, load.initrd)):
        args += loader_args(addr, path)
    return args


@dataclasses.dataclass(frozen=True)
class Virt(Machine):
    """The machine; some boots set another board, hardware, or addresses of files."""
    board: str = "virt,virtualization=on,gic-version=2"
    hardware: tuple[str, ...] = ("-cpu", "cortex-a57", "-smp", "1", "-m", "1G")
    addrs: tuple[int, int] = (KERNEL_ADDR, RAMDISK_ADDR)
    xen_args: str = "console=dtuart dtuart=/pl011@9000000 dom0_mem=256M dom0_max_vcpus=1"

    qemu = QEMU
    dom0_args = DOM0_ARGS
    # Without Xen, the kernel must not write to the console in the middle of a result.
    bare_args = DOM0_ARGS.replace("hvc0", "ttyAMA0") + " deferred_probe_timeout=-1"

    def device_tree(self, board: str, to: pathlib.Path, defines: dict[str, str]) -> None:
        """Write QEMU's device tree with our devices."""
        require_programs("dtc", QEMU)
        with scratch_dir(BUILD) as tmp:
            run_program([QEMU, "-machine", f"{board},dumpdtb={tmp}/base.dtb", *self.hardware,
                         *QUIET], "asking QEMU for its device tree")
            base = run_program(["dtc", "-q", "-I", "dtb", "-O", "dts", tmp / "base.dtb"],
                               "reading QEMU's device tree")
        compile_device_tree(base, to, defines)

    def command(self, load: Load) -> list[str]:
        """Return the command line; write the device tree."""
        dtb = load.home / "dom0.dtb"
        if load.hypervisor:
            self.device_tree(self.board, dtb, dt_xen_defines(load, self.addrs) | load.defines)
            return [QEMU, "-machine", self.board, *self.hardware,
                    *qemu_args(load, dtb, self.addrs)]
        board = self.board.replace("virtualization=on,", "")
        self.device_tree(board, dtb, load.defines)
        return [QEMU, "-machine", board, *self.hardware, *QUIET, "-serial", "stdio",
                "-dtb", str(dtb), "-kernel", str(load.image), "-initrd", str(load.initrd),
                "-append", load.args]
