# SPDX-License-Identifier: GPL-2.0
"""The script of U-Boot, and the boots that it makes."""

import dataclasses

from ...results.boards import MARK
from . import fdt, place

PROGRESS = "progress.txt"
SECONDS = 120	# of the watchdog; some have 128 at most


@dataclasses.dataclass(frozen=True)
class Step:
    """One boot.

    kernel -- STOCK or PATCHED of results/boards.py
    only   -- names of tests, or "" for all that cannot fault
    real   -- whether the detector lets a fault happen
    """
    kernel: str
    only: str = ""
    real: bool = False

    @property
    def what(self) -> str:
        return f"{self.kernel}, {self.only.replace(',', ' ') or 'all tests'}" + (
            ", real faults" if self.real else "")

    def args(self, usual: str) -> str:
        """Return the arguments of dom0's kernel."""
        return " ".join([usual, "board=1", *([f"only={self.only}"] if self.only else []),
                         *(["fault=real"] if self.real else [])])


def banner(kit: str, number: int, count: int, step: Step) -> str:
    """Return the line that begins a boot in the log."""
    return f"{MARK} {kit}: boot {number} of {count}: {step.what}"


def done(kit: str) -> str:
    """Return the last line in the log."""
    return f"{MARK} {kit}: done"


def watchdogs(tree: fdt.Tree) -> list[str]:
    """Return the names of the board's watchdogs."""
    return [n.name for n in tree.root.all() if n.name.startswith("watchdog@") and n.enabled()]


TEXT = """\
# SPDX-License-Identifier: GPL-2.0
# The boots of xen-dma kit @KIT@.  U-Boot runs this script after each reset, and
# each time it makes the next boot.  To begin again, remove @PROGRESS@ from the medium.
# "setenv xendma_pick 2" before the script makes boot 2 in place of the next one.
test -n "${devtype}" || setenv devtype mmc
test -n "${devnum}" || setenv devnum 0
test -n "${distro_bootpart}" || setenv distro_bootpart 1
setenv xendma_medium ${devtype} ${devnum}:${distro_bootpart}

# The number of the next boot is in a file, or in U-Boot's environment.
if load ${xendma_medium} @DTB@ @PROGRESS@; then
	env import -t @DTB@ ${filesize} xendma_kit xendma_next
fi
if test "${xendma_kit}" != "@KIT@"; then
	setenv xendma_kit @KIT@
	setenv xendma_next 1
fi
setenv xendma_boot ${xendma_next}
test -n "${xendma_pick}" && setenv xendma_boot ${xendma_pick}
setenv xendma_pick
setenv xendma_kernel
@STEPS@
if test -n "${xendma_kernel}"; then
	setenv xendma_kept no
	env export -t @DTB@ xendma_kit xendma_next
	if fatwrite ${xendma_medium} @DTB@ @PROGRESS@ ${filesize}; then
		setenv xendma_kept yes
	else
		if saveenv; then
			setenv xendma_kept yes
		fi
	fi
	if test "${xendma_kept}" = yes; then
		echo "@MARK@ @KIT@: boot ${xendma_boot} of @COUNT@: ${xendma_what}"
		# Set this only now, so that saveenv has not kept it.
		setenv fdt_high 0xffffffffffffffff
		if load ${xendma_medium} @DTB@ board.dtb; then
		if fdt addr @DTB@; then
		if fdt set /chosen xen,dom0-bootargs "${xendma_args}"; then
		if load ${xendma_medium} @KERNEL@ ${xendma_kernel}.img; then
		if fdt set /chosen/module@@KUNIT@ reg <0 @KERNEL@ 0 0x${filesize}>; then
		if load ${xendma_medium} @RAMDISK@ ${xendma_kernel}.rd; then
		if fdt set /chosen/module@@RUNIT@ reg <0 @RAMDISK@ 0 0x${filesize}>; then
		if load ${xendma_medium} @XEN@ xen; then
@WATCHDOG@			booti @XEN@ - @DTB@
		fi; fi; fi; fi; fi; fi; fi; fi
		echo "@MARK@ @KIT@: cannot boot ${xendma_kernel}"
	else
		echo "@MARK@ @KIT@: cannot write @PROGRESS@ or the environment, so no boot"
	fi
else
	echo "@DONE@"
	sleep 1
	poweroff
fi
"""
WATCHDOG = """\
			if wdt dev @NAME@; then
				wdt start @MS@
			fi
"""
STEP = """\
if test "${xendma_boot}" = @N@; then
	setenv xendma_next @NEXT@
	setenv xendma_kernel @KERNEL@
	setenv xendma_what "@WHAT@"
	setenv xendma_args "@ARGS@"
fi
"""


def fill(text: str, **values: object) -> str:
    """Replace each @NAME@."""
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def text(kit: str, steps: list[Step], at: place.Place, usual: dict[str, str],
         dogs: list[str]) -> str:
    """Return the script.

    usual -- {STOCK or PATCHED: arguments of the kernel}
    dogs  -- names of watchdogs
    """
    blocks = [fill(STEP, N=n, NEXT=n + 1, KERNEL=step.kernel, WHAT=step.what,
                   ARGS=step.args(usual[step.kernel])) for n, step in enumerate(steps, 1)]
    dog = "".join(fill(WATCHDOG, NAME=name, MS=SECONDS * 1000) for name in dogs[:1])
    return fill(TEXT, STEPS="".join(blocks), WATCHDOG=dog, DONE=done(kit), KIT=kit,
                KUNIT=f"{at.ram + place.KERNEL:x}", RUNIT=f"{at.ram + place.RAMDISK:x}",
                PROGRESS=PROGRESS, MARK=MARK, COUNT=len(steps), KERNEL=at.address(place.KERNEL),
                RAMDISK=at.address(place.RAMDISK), XEN=at.address(place.XEN),
                DTB=at.address(place.DTB))


LAVA = """\
# SPDX-License-Identifier: GPL-2.0
# A job for LAVA: U-Boot of the device runs the kit's script until it is done.
# Set device_type, and the names of your lab.  Save the log for make board-report.
job_name: xen-dma kit @KIT@
device_type: @TYPE@
visibility: public
priority: medium
timeouts:
  job:
    minutes: @MINUTES@
  action:
    minutes: @MINUTES@
  connection:
    minutes: 5
actions:
  - deploy:
      to: flasher
      images:
        image:
          url: file:///path/to/the/kit/sd.img
  - boot:
      method: minimal
      prompts:
        - '@MARK@ @KIT@: boot 1 of'
  - test:
      timeout:
        minutes: @MINUTES@
      monitors:
        - name: xen-dma-kit
          start: '@MARK@ @KIT@: boot 1 of'
          end: '@DONE@'
          pattern: '^(?P<result>ok|not ok) \\d+ (?P<test_case_id>\\S+)'
          fixupdict:
            ok: pass
            not ok: fail
"""


def lava(kit: str, steps: list[Step], board: str) -> str:
    """Return a job for LAVA; board -- the board's compatible string."""
    return fill(LAVA, DONE=done(kit), KIT=kit, MARK=MARK, TYPE=board.replace(",", "-"),
                MINUTES=10 + 2 * len(steps))
