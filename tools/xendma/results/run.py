# SPDX-License-Identifier: GPL-2.0
"""The results of one boot."""

import dataclasses
import pathlib

from ..util.archs import ARCH
from ..util.paths import TESTS

CONTROL = TESTS / "stock-failures.ini"


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
    arch: str = ARCH
    verdict: str = ""
    detail: str = ""
    seconds: float = 0
    tests: dict = dataclasses.field(default_factory=dict)
    control: pathlib.Path = CONTROL

    @property
    def where(self) -> str:
        return f"Xen {self.xen}" if self.xen else "no Xen"

    @property
    def name(self) -> str:
        arch = "" if self.arch == ARCH else f" {self.arch}"
        return f"Linux {self.release}{arch} {self.variant}, {self.where}"
