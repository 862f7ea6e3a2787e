# SPDX-License-Identifier: GPL-2.0
"""The results of one boot."""

import dataclasses
import pathlib

from ..util.archs import ARCH
from ..util.paths import TESTS

CONTROL = TESTS / "stock-failures.ini"


@dataclasses.dataclass
class Run:
    """The results of one boot.

    xen     -- the version of Xen; None without Xen
    applied -- the names in series/ of the patches in the kernel
    series  -- the names of all patches for its tree
    tests   -- {name: (PASS, FAIL or SKIP; its messages)}
    control -- the file with the expected failures of a stock kernel
    domain  -- the domain that has run the tests, for people; "" for dom0
    """
    tree: str
    release: str
    xen: str | None
    variant: str
    applied: list[str]
    series: list[str]
    home: pathlib.Path
    arch: str = ARCH
    verdict: str = ""
    detail: str = ""
    seconds: float = 0
    tests: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    control: pathlib.Path = CONTROL
    domain: str = ""

    @property
    def where(self) -> str:
        xen = f"Xen {self.xen}" if self.xen else "no Xen"
        return f"{xen}, {self.domain}" if self.domain else xen

    @property
    def name(self) -> str:
        arch = "" if self.arch == ARCH else f" {self.arch}"
        return f"Linux {self.release}{arch} {self.variant}, {self.where}"
