# SPDX-License-Identifier: GPL-2.0
"""The verbs of the Makefile: each runs one thing and prints its results."""

import collections.abc
import pathlib
import time

from ..util.archs import COMPILERS
from ..util.errors import UserError, log, printable
from ..util.files import write_file
from ..util.lock import build_lock
from ..util.paths import BUILD
from ..sources import hypervisor, tree as trees
from ..results import board_log, board_page, plots, report, tables
from ..series import generate, mail, patch, selection
from ..rig import boot
from ..rig.variant import PATCHED, STOCK
from ..runs import bench, board, demo, kunit, limits, matrix, passthrough, per_patch, profile, \
    selftest, static, stress, xen_flush
from . import clean
from .hardening import HARDENING, print_unexpected, record
from .options import Options


def signoff(options: Options) -> bool:
    return options.flag("SIGNOFF", "adds no sign-off", "adds your Signed-off-by")


def which_part(options: Options) -> str:
    """Return the part of PART=, or ""."""
    part = options["PART"]
    if part not in ("", *patch.PARTS):
        raise UserError(f"PART={part} is unknown: there are {', '.join(patch.PARTS)}")
    return part


def which_tree(options: Options) -> trees.Tree:
    """Return the Tree of KDIR= or TREE=."""
    if options["KDIR"] and options.given("TREE"):
        raise UserError("TREE= and KDIR= both name a kernel: give one of them")
    return trees.Tree(options["KDIR"]) if options["KDIR"] else trees.get(options["TREE"])


def run_series(options: Options) -> int:
    """Write the patches for one tree, or list them."""
    signed, part = signoff(options), which_part(options)
    if options.flag("LIST", "writes the patches", "only lists them"):
        patches = patch.load()
        if options.given("TREE") or options["KDIR"]:
            patches = selection.select(which_tree(options), patches)
        print(selection.listing([p for p in patches if part in ("", p.part)]))
        return 0
    with build_lock():
        t = which_tree(options)
        out = pathlib.Path(options["OUT"] or generate.default_out(t, part))
        files = generate.generate(t, out, signed, part=part)
    print(f"Linux {t.release}: {len(files) - 1} patches and a cover letter in "
          f"{printable(files[0].parent)}")
    for f in files:
        print(f"  {f.name}")
    return 0


def run_mail(options: Options) -> int:
    """Write the series as mails."""
    signed, part = signoff(options), which_part(options)
    with build_lock():
        t = which_tree(options)
        ids = options["UPSTREAM"]
        out = pathlib.Path(options["OUT"] or mail.default_out(t, part))
        files, post = mail.write_mails(t, out, signed, pathlib.Path(ids) if ids else None, part)
    print(mail.summary(files, post, mail.advice(t, post, signed, part)))
    return 0


def run_dom0(options: Options) -> int:
    """Boot one dom0 with the tests."""
    patched = options.flag("SERIES", "is the stock kernel", "has the series")
    cases = options.flag("CASES", "prints scenarios", "prints every case of them")
    with build_lock():
        # An architecture may lack the default Xen, so use its newest one.
        xen = options.given("XEN") or hypervisor.versions(options["ARCH"])[0]
        run = selftest.run(options["TREE"], xen, PATCHED if patched else STOCK, cases=cases,
                           arch=options["ARCH"])
    print(report.summary(run))
    return 1 if report.unexpected(run) else 0


def run_all(options: Options) -> int:
    """Write the series; boot a stock and a patched kernel; compare."""
    started, signed = time.monotonic(), signoff(options)
    with build_lock():
        t = trees.get(options["TREE"])
        files = generate.generate(t, generate.default_out(t), signed)
        runs = boot.run_together(selftest.prepare(options["TREE"], options["XEN"], variant)
                                 for variant in (STOCK, PATCHED))
    print(report.table(*runs))
    for run in runs:
        print(report.summary(run))
    print(f"series: {files[0].parent}")
    log(f"done in {time.monotonic() - started:.0f} s")
    return 1 if any(map(report.unexpected, runs)) else 0


def run_prefix(options: Options) -> int:
    """Boot stock and the first 1, 2, ... patches; print the matrix."""
    keep = record(options)
    with build_lock():
        prefixes, rfc = per_patch.boot_prefixes(options["TREE"], options["XEN"])
        t = trees.get(options["TREE"])
        name = "newest" if t.newest else rfc.tree
        print(per_patch.table(prefixes, rfc))
        lines = per_patch.unexpected(prefixes, rfc)
        rows = list(per_patch.rows(prefixes, rfc))
        what = f"Linux {rfc.release}, Xen {rfc.xen}"
        tables.save(f"prefix-{name}", what, rows, keep and not lines)
        if selection.has_part(t, "speed"):
            costs = [list(row) for row in per_patch.costs(options["TREE"], options["XEN"])]
            print(f"Instructions after each patch, to device\n\n{tables.text(costs)}\n")
            tables.save("cost-per-patch", what, costs, keep and not lines)
    return print_unexpected(lines)


def run_bench(options: Options) -> int:
    """Measure the costs of DMA operations."""
    keep = record(options)
    with build_lock():
        costs = bench.measure(options["TREE"], options["XEN"])
        table = [list(row) for row in bench.rows(costs)]
        profiles = [list(row) for row in profile.rows(costs.traces)]
        what = f"Linux {costs.tree.release}, Xen {options['XEN']}"
        print(f"Instructions for a pair of operations, {what}; calls are its hypercalls, and\n"
              f"barriers its dsb, for each kernel\n\n{tables.text(table)}\n\n"
              f"by function, map and unmap of 4 KiB to device\n\n{tables.text(profiles)}\n")
        print(f"measured twice: the two differ by {limits.apart(costs):.3%} at most, "
              f"allocations by {limits.apart(costs, alloc=True):.3%}")
        lines = limits.unexpected(costs)
        tables.save("cost", what, table, keep and not lines)
        tables.save("profile", what, profiles, keep and not lines)
        for plot in plots.plot(table, tables.place_of_plots(keep and not lines)):
            print(plot)
    return print_unexpected(lines)


def run_answers(options: Options) -> int:
    """Print the answers of each Xen to requests for cache maintenance."""
    keep = record(options)
    with build_lock():
        runs = boot.run_together(selftest.prepare(options["TREE"], xen)
                                 for xen in hypervisor.versions())
        table = list(xen_flush.rows(runs))
        print(tables.text(table))
        lines = [line for run in runs for line in report.unexpected(run)]
        tables.save("answers", f"Linux {runs[0].release}", table, keep and not lines)
    return print_unexpected(lines)


def run_static(options: Options) -> int:
    """Run the static checks before and after the series."""
    with build_lock():
        arch = options["ARCH"]
        if arch not in COMPILERS:
            raise UserError(f"ARCH={arch} is unknown: there are {', '.join(COMPILERS)}")
        rows = static.table(options["TREE"], arch)
    print(static.text(rows))
    return 1 if any(new for *_, new in rows) else 0


def run_kunit(options: Options) -> int:
    """Run the KUnit suite without Xen and in dom0."""
    with build_lock():
        arch, xen = options["ARCH"], options.given("XEN")
        results = kunit.run(options["TREE"], arch, [xen] if xen else hypervisor.versions(arch))
    print(kunit.table(results))
    return print_unexpected(kunit.unexpected(results, arch))


def run_stress(options: Options) -> int:
    """Stress the mappings of one dom0 with four CPUs, also under lockdep."""
    patched = options.flag("SERIES", "is the stock kernel", "has the series")
    with build_lock():
        runs = stress.run(options["TREE"], options["XEN"], PATCHED if patched else STOCK)
        print(stress.text(runs))
    return print_unexpected([line for run in runs for line in report.unexpected(run)])


def run_domain(options: Options) -> int:
    """Boot a direct-mapped domain with devices, alone and beside dom0."""
    patched = options.flag("SERIES", "is the stock kernel", "has the series")
    with build_lock():
        ran = passthrough.run(options["TREE"], PATCHED if patched else STOCK)
    for run, _ in ran:
        print(report.summary(run))
    return print_unexpected([line for run, faults in ran
                             for line in (*faults, *report.unexpected(run))])


def run_demo(options: Options) -> int:
    """Boot drivers of the kernel, stock and patched."""
    started, arch = time.monotonic(), options["ARCH"]
    with build_lock():
        xen = options.given("XEN") or hypervisor.versions(arch)[0]
        pairs, faults = demo.compare(xen, arch)
    print(demo.text(pairs))
    log(f"done in {time.monotonic() - started:.0f} s")
    return print_unexpected(faults)


def run_board(options: Options) -> int:
    """Make a kit for a board."""
    given = {name: options[name] for name in ("MEMORY", "LOAD", "CONSOLE")}
    with build_lock():
        home, text = board.make(options["DTB"], lambda: which_tree(options), options["XEN"],
                                options["OUT"], options["CONFIG"], given)
    print(f"{text}\n{home}: see {board.README} there; image for a medium: {board.IMAGE}")
    return 0


def run_board_report(options: Options) -> int:
    """Judge the log of a board, and write a page about it."""
    if not options["LOG"]:
        raise UserError("make board-report needs the serial log of a board: give LOG=/path/to/log")
    name = f"LOG={options['LOG']}"
    log = board_log.read(pathlib.Path(options["LOG"]))
    kit = board_log.facts(board.kit_home(options["KIT"], board_log.kit_of(log), name))
    found = board_log.outcomes(log, kit, name)
    page = BUILD / "board-report" / f"{kit.kit}.md"
    write_file(page, board_page.page(log, kit, found))
    print(f"{kit.board}, Linux {kit.release}, Xen {kit.xen}, {len(found)} boots\n"
          f"{board_page.about_faults(found)}\npage: {page}")
    return print_unexpected(board_log.unexpected(found))


def run_check_all(options: Options) -> int:
    """Run all cells of the matrix, or those of ONLY=."""
    with build_lock():
        return matrix.check(matrix.chosen(
            matrix.cells(), options["ONLY"].split(),
            f"{matrix.boots()[0].name} and {matrix.tests()[0].name}"))


def run_clean(_options: Options) -> int:
    clean.clean()
    return 0


def run_distclean(_options: Options) -> int:
    clean.distclean()
    return 0


VERBS: dict[str, collections.abc.Callable[[Options], int]] = {
    "all": run_all, "series": run_series, "mail": run_mail, "dom0": run_dom0,
    "prefix": run_prefix, "bench": run_bench, "answers": run_answers, "static": run_static,
    "kunit": run_kunit, "stress": run_stress, "domain": run_domain, "demo": run_demo,
    "check-all": run_check_all, "board": run_board, "board-report": run_board_report,
    "clean": run_clean, "distclean": run_distclean, **HARDENING}
