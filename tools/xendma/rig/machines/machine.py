# SPDX-License-Identifier: GPL-2.0
"""The interface of a machine that QEMU emulates."""

import dataclasses
import pathlib
import re

from ...util.paths import TESTS
from ...sources import tree as trees


@dataclasses.dataclass(frozen=True)
class Load:
    """The files and arguments of one boot.

    home       -- the directory for files of the machine, such as a device tree
    hypervisor -- Xen's binary; None for a kernel without Xen
    args       -- kernel arguments
    xen_args   -- arguments of Xen
    defines    -- {name: value} for dom0.dts
    """
    tree: trees.Tree
    home: pathlib.Path
    hypervisor: pathlib.Path | None
    image: pathlib.Path
    initrd: pathlib.Path
    args: str
    xen_args: str
    defines: dict[str, str] = dataclasses.field(default_factory=dict)


class Machine:
    """A machine; its sub-classes set the values.

    qemu       -- the program
    init       -- /init of dom0
    xen_args   -- default arguments of Xen
    dom0_args  -- default arguments for a kernel under Xen
    bare_args  -- arguments for a kernel without Xen; "" if the machine cannot boot one
    last       -- pattern of the last line on the console, if QEMU does not end by itself
    """
    qemu = ""
    init = TESTS / "dom0/init"
    xen_args = dom0_args = bare_args = ""
    last: str | None = None

    def ended(self, line: str) -> bool:
        """Return whether a line is the last one."""
        return bool(self.last and re.match(self.last, line))

    def answer(self, _line: str) -> str | None:
        """Return the text to type after a line of the console, or None."""
        return None

    def line(self, text: str) -> str:
        """Return a line of the console as the kernel has written it."""
        return text

    def command(self, load: Load) -> list[str]:
        """Return the command line of QEMU; write the files for it."""
        raise NotImplementedError
