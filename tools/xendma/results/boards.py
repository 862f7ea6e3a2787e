# SPDX-License-Identifier: GPL-2.0
"""Choose the tests and the expected failures of a board."""

import configparser
import fnmatch
import io
import re

from ..util.errors import UserError
from ..util.paths import TESTS
from . import expected
from .run import CONTROL

# Kernels of a kit, and the beginning of its lines in a log.
STOCK, PATCHED = "stock", "patched"
MARK = "xen-dma kit"
# Functions in which a real CPU faults, in the symptoms of a stock kernel.
DANGEROUS = re.compile(r"arch_sync_dma_|swiotlb_tbl_map_single")
# Crashes a stock kernel everywhere.
DEADLY = "deadly.zero_length_bounced"
# Xen maps nothing for these pages, so the CPU could fault in Xen, and not in Linux.
LEFT_OUT = ("not_ram.device_pages.maintenance",)
OUTSIDE = "misuse.pool_outside_of_memory"
ADDRESS = re.compile(r"(?<=0x)(?:\([^)]*\)|\[[^]]*\]|\\w|[0-9a-f])+[+*]*")


def loosened(release: str, outside: bool) -> str:
    """Return stock-failures.ini for a board: with any address, without tests it lacks."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(CONTROL, encoding="utf-8")
    gone = LEFT_OUT + (() if outside else (OUTSIDE,))
    for name in ini.sections():
        if name in gone:
            ini.remove_section(name)
            continue
        ini[name]["symptom"] = ADDRESS.sub("[0-9a-f]+", ini[name]["symptom"])
    text = io.StringIO()
    text.write(f"# Expected failures of stock Linux {release} on a board.\n")
    ini.write(text)
    return text.getvalue()


def test_names() -> list[str]:
    """Return the names of all tests."""
    text = "".join(p.read_text() for p in sorted(TESTS.glob("*.c")))
    variants: dict[str, list[str]] = {}
    for fixture, name in re.findall(r"^FIXTURE_VARIANT_ADD\((\w+), (\w+)\)", text, re.M):
        variants.setdefault(fixture, []).append(name)
    return [".".join(filter(None, (fixture, variant, name)))
            for fixture, name in re.findall(r"^TEST_F\((\w+), (\w+)\)", text, re.M)
            for variant in variants.get(fixture, [""])]


def dangerous(release: str, outside: bool) -> list[str]:
    """Return one test for each section of faults, and the deadly one."""
    names, found = test_names(), []
    for pattern, symptom, _ in expected.expected_failures(release):
        if not DANGEROUS.search(symptom) or pattern == OUTSIDE and not outside:
            continue
        matching = [n for n in names if fnmatch.fnmatchcase(n, pattern)]
        if not matching:
            raise UserError(f"{CONTROL}: no test is named {pattern}: correct the section")
        found.append(matching[0])
    return [*dict.fromkeys(found), DEADLY]
