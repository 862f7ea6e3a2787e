# SPDX-License-Identifier: GPL-2.0
"""make kunit: the KUnit suite of the series, without Xen and in a dom0."""

import fnmatch
import json
import os
import pathlib
import re
import subprocess
import sys
import typing

from ..util.errors import UserError, log
from ..util.files import scratch_dir, write_file
from ..util.paths import BUILD
from ..util.process import require_programs
from ..sources import debian, hypervisor, tree as trees
from ..results import ktap
from ..rig import build
from ..rig.boot import Boot
from ..rig.machines import MACHINES
from ..rig.variant import PATCHED, Variant, patched_sources
from . import kernels

Cases = dict[str, str]
NAME = "swiotlb_xen"
# The images that kunit.py boots.
IMAGES = {"arm64": "Image.gz", "x86_64": "bzImage"}
ALONE, QUIET = "no Xen", "(no splat)"
# x86 with less than 4 GiB of memory has bounce buffers only with this argument.
ALONE_ARGS = {"x86_64": ["--kernel_args=iommu=soft"]}
# Cases that may be skipped: {(architecture, whether it runs without Xen): patterns}.
# x86 has no private pools, has all memory mapped, and always has a CPU address.
X86 = ("in_pool", "maintain.*", "*_of_pool", "pool_out_of_reach", "unmap_mmio", "mmap_pages",
       "get_sgtable")
MAY_SKIP = {("arm64", True): ("maintain.hole with struct pages",), ("arm64", False): (),
            ("arm", False): ("maintain.device page",),	# arm has no ZONE_DEVICE
            ("x86_64", True): X86, ("x86_64", False): X86}


def dom0_args(suite: str = NAME) -> str:
    """Return the kernel arguments that run the suite; suite -- as in run_in_dom0()."""
    return f"kunit.enable=1 kunit_shutdown=poweroff kunit.filter_glob={suite}"


def trees_with_suite() -> list[str]:
    """Return the names of the trees whose series has the suite."""
    return [name for name in debian.names("tree") if kernels.has_suite(trees.get(name))]


def cases(group: dict[str, typing.Any], prefix: str = "") -> Cases:
    """Return {"case" or "case.row": PASS, FAIL, SKIP or another word} of a group of kunit.py."""
    found = {prefix + c["name"]: c["status"] for c in group["test_cases"]}
    for sub in group["sub_groups"]:
        found |= cases(sub, f"{sub['name']}.")
    return found


def run_kunit_py(tree: trees.Tree, home: pathlib.Path, *args: str, path: str = "",
                 **kw: typing.Any) -> Cases:
    """Return the cases that kunit.py reports; Stop if there are none."""
    result = home / "kunit.json"
    result.unlink(missing_ok=True)
    program = tree.path / "tools/testing/kunit/kunit.py"
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", PATH=path + os.environ["PATH"])
    done = subprocess.run([sys.executable, str(program), *args, f"--json={result}"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, **kw)
    write_file(home / "kunit.log", done.stdout)
    try:
        groups = json.loads(result.read_text(encoding="utf-8"))["sub_groups"]
        found: Cases = next((cases(group) for group in groups if group["name"] == NAME), {})
    except (OSError, ValueError, KeyError):
        found = {}
    if not found:
        raise UserError(f"{program} {args[0]}: the suite {NAME} did not run; see {home}/kunit.log")
    # The exit status of kunit.py is 1 if a case fails, and after other errors.
    if done.returncode and not any(map(is_bad, found.values())):
        raise UserError(f"{program} {args[0]}: an error besides failed cases; see {home}/kunit.log")
    return found


def is_bad(status: str) -> bool:
    """Return whether a case failed."""
    return status not in ("PASS", "SKIP")


def splat_case(console: str) -> Cases:
    """Return one more case, which passes if the console has no splat of the kernel or Xen."""
    return {QUIET: "FAIL" if ktap.SPLAT.search(console) or ktap.XEN.search(console) else "PASS"}


def home_of(tree: trees.Tree, arch: str, where: str, variant: Variant,
            kind: str = "") -> pathlib.Path:
    """Return the directory for the logs of one place; kind -- as in kernels.recipe()."""
    words = (str(tree.name), where, arch, variant.name, "kunit", kind)
    home = BUILD / "dom0" / "-".join(filter(None, words))
    home.mkdir(parents=True, exist_ok=True)
    return home


def run_alone(tree: trees.Tree, arch: str, variant: Variant) -> Cases:
    """Run the suite by kunit.py in QEMU without Xen; return its cases."""
    qemu = MACHINES[arch].qemu
    require_programs(qemu)
    work, objects = build.prepare(tree, patched_sources(tree, variant)[0],
                                  kernels.recipe(tree, arch))
    build.make(work, objects, f"building Linux {tree.release} {arch} {variant.name} for kunit.py",
               IMAGES[arch], arch=arch)
    home = home_of(tree, arch, "qemu", variant)
    log(f"kunit.py exec, Linux {tree.release} {arch} {variant.name}")
    with scratch_dir() as tmp:
        (tmp / qemu).symlink_to(pathlib.Path(__file__).parent / "qemu-tcg")
        found = run_kunit_py(tree, home, "exec", NAME, f"--arch={arch}",
                             f"--build_dir={objects}", "--timeout=120",
                             *ALONE_ARGS.get(arch, ()), path=f"{tmp}:",
                             stdin=subprocess.DEVNULL)
    console = (objects / "test.log").read_text(errors="replace")
    write_file(home / "console.log", console)
    return found | splat_case(console)


def run_in_dom0(tree: trees.Tree, arch: str, xen: str, variant: Variant,
                kind: str = "", suite: str = NAME) -> Cases:
    """Run the suite in a dom0; return its cases.

    kind  -- as in kernels.recipe()
    suite -- a pattern, as SUITE.CASE for some of its cases
    """
    home = home_of(tree, arch, f"xen{xen}", variant, kind)
    console, timed_out = Boot(
        tree, xen, variant, kernels.recipe(tree, arch, kind), home, "for the KUnit suite",
        args=f"{MACHINES[arch].dom0_args} {dom0_args(suite)}").console()
    if timed_out:
        raise UserError(f"the KUnit suite under Xen {xen} timed out; see {home}/console.log")
    # Under Xen, an empty line follows each line on the console; kunit.py rejects these.
    console = re.sub(r"\n\s*\n", "\n", console)
    return run_kunit_py(tree, home, "parse", input=console) | splat_case(console)


def run(tree_name: str, arch: str, xens: list[str],
        variant: Variant = PATCHED) -> dict[str, Cases]:
    """Return {place: {case: status}}; a place is ALONE or a version of Xen."""
    for xen in xens:
        hypervisor.binary(xen, arch)
    tree = trees.get(tree_name)
    if not kernels.has_suite(tree):
        raise UserError(f"TREE={tree_name}: its series has no KUnit suite; there is one for "
                        f"{', '.join(trees_with_suite())}")
    found = {ALONE: run_alone(tree, arch, variant)} if arch in IMAGES else {}
    return found | {f"Xen {xen}": run_in_dom0(tree, arch, xen, variant) for xen in xens}


def unexpected(results: dict[str, Cases], arch: str) -> list[str]:
    """Return the unexpected results, one line each."""
    lines = []
    every = {case for found in results.values() for case in found}
    for where, found in results.items():
        lines += [f"{where}: {case} did not run" for case in sorted(every - set(found))]
        may = MAY_SKIP[arch, where == ALONE]
        for case, status in found.items():
            if status == "SKIP" and not any(fnmatch.fnmatchcase(case, p) for p in may):
                lines.append(f"{where}: {case} is skipped")
            elif is_bad(status):
                lines.append(f"{where}: {case} fails")
        if "PASS" not in [status for case, status in found.items() if case != QUIET]:
            lines.append(f"{where}: no case passed")
    return lines


def table(results: dict[str, Cases]) -> str:
    """Return the cases and the places where they pass, as text."""
    every = dict.fromkeys(case for found in results.values() for case in found)
    word = {"PASS": "passed", "SKIP": "skipped", None: "-"}
    wide = max(map(len, every)) + 2
    lines = ["".ljust(wide) + "".join(where.ljust(11) for where in results)]
    for case in every:
        words = [word.get(found.get(case), "FAILED") for found in results.values()]
        lines.append((case.ljust(wide) + "".join(w.ljust(11) for w in words)).rstrip())
    return "\n".join(lines)
