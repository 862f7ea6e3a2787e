# SPDX-License-Identifier: GPL-2.0
"""make harden: paths that no user has taken yet, under sanitizers, faults and attacks.

Each cell is a file of tests, and runs again only if an input has changed.
"""

from . import matrix

# The stage of the tests, and {file of tests: its subject}.
STAGE = "harden"
FILES = {
    "test_sanitize": "sanitizers",
    "test_fuzz": "random calls",
    "test_frames": "random calls on x86, beside another domain",
    "test_faults": "failing allocations and hypercalls",
    "test_hotplug": "hotplug, balloon, 50 domains",
    "test_mutants": "changed lines of the series",
    "test_attack_control": "controls of the attacks",
    "test_attack_bombs": "rules without an end",
    "test_attack_disk": "full disk",
    "test_attack_files": "hostile files",
    "test_attack_interrupt": "signals",
    "test_attack_registry": "damaged downloads",
    "test_attack_trees": "hostile trees",
}
# Files whose tests of other stages plant bugs, which must be found.
PLANTED = ("test_fuzz", "test_faults")


def cells() -> list[matrix.Cell]:
    """Return the cells."""
    return [matrix.Cell(f"{name.removeprefix('test_')}: {subject}", STAGE, tests=name,
                        stage="later" if name in PLANTED else STAGE,
                        parallel=name.startswith("test_attack"))
            for name, subject in FILES.items()]
