# SPDX-License-Identifier: GPL-2.0
"""Judge the serial log of a board that ran a kit."""

import collections.abc
import dataclasses
import fnmatch
import json
import pathlib
import re

from ..util.errors import UserError
from . import boards, expected, ktap, report
from .boards import MARK, PATCHED, STOCK
from .run import Run

BOOT = re.compile(rf"{MARK} (\w+): boot (\d+) of (\d+): ")
DONE = re.compile(rf"{MARK} (\w+): done")
STOPPED = re.compile(rf"{MARK} \w+: (cannot .*)")
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[78=>])|[\r\0]")
# Lines after a boot: firmware prints what looks like a fault.
RESTART = re.compile(r"^.*(?:reboot: Restarting system|rebooting machine|Hardware Dom0 \w+).*$",
                     re.M)
# Functions that the CPU runs when it maintains caches, or copies for a bounce buffer.
MAINTENANCE = re.compile(r"dcache_(?:clean|inval)|arch_sync_dma")
COPY = re.compile(r"swiotlb_bounce|swiotlb_tbl_map_single")
TRACED = re.compile(r"^(?:(?:pc|lr) : .*|Call trace:|\s+(?:__)?[a-z]\w*\+0x.*)$")
LONGEST = 256 << 20
# How a boot with real faults ended.
IN_MAINTENANCE, IN_COPY, CRASH = "fault in cache maintenance", "fault in a copy", "crash"
SURVIVED, RIGHT, WRONG = "no fault", "passed", "unexpected"


@dataclasses.dataclass
class Facts:
    """The facts in kit.json.

    boots -- a dictionary for each boot: kernel, only, real
    files -- names of all files of the kit
    """
    home: pathlib.Path
    kit: str
    board: str
    release: str
    tree: str
    xen: str
    series: list[str]
    applied: dict[str, list[str]]
    boots: list[dict[str, str]]
    files: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Outcome:
    """The outcome of one boot.

    word    -- one of the words above
    run     -- the results of the tests
    trace   -- the first lines of the kernel's fault
    message -- of the detector, or why it is WRONG
    """
    number: int
    kernel: str
    only: str
    real: bool
    word: str
    run: Run
    trace: list[str]
    message: str
    wrong: list[str]

    @property
    def what(self) -> str:
        return ", ".join(filter(None, (self.kernel, self.only if self.kernel == STOCK else "",
                                       "real faults" if self.real else "")))


def facts(home: pathlib.Path) -> Facts:
    """Return the facts of a kit; Stop if a directory has none."""
    try:
        found = Facts(home, **json.loads((home / "kit.json").read_text(encoding="utf-8")))
        if len(found.boots) < 3 or not all(b.keys() == {"kernel", "only", "real"}
                                           and b["kernel"] in found.applied for b in found.boots):
            raise ValueError
        return found
    except (OSError, ValueError, TypeError, AttributeError):
        raise UserError(f"KIT={home} is no kit: it has no usable kit.json; name a directory that "
                        "make board has made") from None


def read(path: pathlib.Path) -> str:
    """Return a log without escapes and without the time stamps of a serial program."""
    try:
        with open(path, "rb") as f:
            data = f.read(LONGEST)
    except OSError as e:
        raise UserError(f"LOG={path}: cannot read it: {e.strerror}; name the file with the serial "
                        "log of the board") from None
    log = ESCAPES.sub("", data.decode("utf-8", errors="replace"))
    first = BOOT.search(log)
    if not first:
        raise UserError(f"LOG={path} is no log of a kit, or it is cut off before the first boot: "
                        f"it has no line '{MARK} ...: boot 1 of ...'")
    stamp = log[log.rfind("\n", 0, first.start()) + 1:first.start()]
    shape = "".join(r"\d+" if run[0].isdigit() else "[A-Za-z]+" if run[0].isalpha()
                    else r"\s+" if run.isspace() else re.escape(run)
                    for run in re.findall(r"\d+|[A-Za-z]+|\s+|[^\w\s]|_", stamp))
    return re.sub(rf"^{shape.removesuffix(chr(92) + 's+')} ?", "", log, flags=re.M) \
        if stamp.strip() else log


def kit_of(log: str) -> str:
    """Return the id of the kit of a log."""
    found = BOOT.search(log)
    assert found	# see read()
    return found[1]


def boots(log: str, kit: Facts, name: str) -> dict[int, str]:
    """Return {number: text} of the boots; Stop if a log is of another kit, or cut off."""
    found = list(BOOT.finditer(log))
    for other in [*found, *DONE.finditer(log)]:
        if other[1] != kit.kit:
            raise UserError(f"{name} is of kit {other[1]}, and {kit.home} is kit {kit.kit}: give "
                            "KIT= of that kit")
    ends = [m.start() for m in found[1:]] + [len(log)]
    texts = {int(m[2]): log[m.end():end] for m, end in zip(found, ends)}
    count = len(kit.boots)
    stopped = STOPPED.search(log)
    if stopped:
        raise UserError(f"{name}: U-Boot stopped: {stopped[1].strip()}; correct the medium, and "
                        "begin again")
    missing = [n for n in range(1, count + 1) if n not in texts]
    if missing and missing[0] > max(texts):
        raise UserError(f"{name} is cut off: boot {missing[0]} of {count} is missing; save the log "
                        f"until '{MARK} {kit.kit}: done'")
    if missing:
        raise UserError(f"{name} has no boot {missing[0]} of {count}: make it with 'setenv "
                        f"xendma_pick {missing[0]}' in U-Boot, and add its log")
    if not DONE.search(log) and not RESTART.search(texts[count]):
        raise UserError(f"{name} is cut off in boot {count} of {count}: save the log until "
                        f"'{MARK} {kit.kit}: done'")
    return texts


def of_linux(text: str) -> str:
    """Return the text of a boot until the reset, from the first line after U-Boot's."""
    end = RESTART.search(text)
    return text[:end.end()] + "\n" if end else text


def statuses(text: str) -> dict[str, tuple[str, str]]:
    """Return {test: (PASS, FAIL or SKIP, its messages)}."""
    messages = ktap.comments(text)
    found = {}
    for line in ktap.whole_lines(text).splitlines():
        result = ktap.RESULT.match(line)
        if result:
            word = "FAIL" if result[1] else "SKIP" if "# SKIP" in line else "PASS"
            found[result[2]] = (word, messages.get(result[2], ""))
    return found


def trace_of(text: str) -> list[str]:
    """Return the first lines of a fault: the message, and the functions."""
    found = ktap.SPLAT.search(text)
    if not found:
        return []
    rest = text[found.end():].splitlines()[:80]
    return [found[0].strip(), *(l.rstrip() for l in rest if TRACED.match(l))][:12]


def judge(kit: Facts, number: int, text: str) -> Outcome:
    """Return the Outcome of one boot."""
    boot = kit.boots[number - 1]
    kernel, only, real = boot["kernel"], boot["only"], bool(boot["real"])
    text = ktap.whole_lines(of_linux(text))
    run = Run(kit.tree, kit.release, kit.xen, kernel, kit.applied[kernel], kit.series, kit.home,
              tests=statuses(text), control=kit.home / "stock-failures.ini")
    run.verdict, run.detail = ktap.classify(text, False)
    out = Outcome(number, kernel, only, real, RIGHT, run, trace_of(text), "", [])
    if not real:
        out.wrong = report.unexpected(run)
    elif kernel == PATCHED:
        out.wrong = [f"{test}: {message or status}"
                     for test, (status, message) in run.tests.items() if status == "FAIL"]
        out.wrong += [f"{test}: {status}" for test, status in not_run(only, run)]
        if run.verdict != ktap.PASSED:
            out.wrong.insert(0, f"{run.verdict}: {run.detail}")
    else:
        out.wrong = list(of_stock(out))
    out.word = WRONG if out.wrong else out.word
    return out


def not_run(only: str, run: Run) -> collections.abc.Iterator[tuple[str, str]]:
    """Yield (test, reason) of each named test without a result."""
    for test in only.split(","):
        status, message = run.tests.get(test, ("did not run", ""))
        if test and status not in ("PASS", "FAIL"):
            yield test, {"SKIP": f"skipped {message}".strip()}.get(status, status)


def of_stock(out: Outcome) -> collections.abc.Iterator[str]:
    """Judge a boot of stock in which a fault can come; yield unexpected results."""
    run = out.run
    if run.verdict == ktap.PANIC:
        trace = "\n".join(out.trace[1:])
        if out.only == boards.DEADLY:
            out.word = CRASH
        elif MAINTENANCE.search(trace) or COPY.search(trace):
            out.word = IN_MAINTENANCE if MAINTENANCE.search(trace) else IN_COPY
        else:
            yield f"a fault of another kind: {run.detail}"
        return
    if run.verdict not in (ktap.PASSED, ktap.FAILED):
        yield f"{run.verdict}: {run.detail}"
        return
    out.word = SURVIVED
    status, message = run.tests.get(out.only, ("", ""))
    known = expected.expected_failures(run.release, path=run.control)
    hits = [symptom for pattern, symptom, _ in known
            if fnmatch.fnmatchcase(out.only, pattern)]
    if status != "FAIL" or not any(re.search(symptom, message) for symptom in hits):
        yield ("no fault, and the detector says nothing of it: "
               f"{status or 'no result'} {message}").strip()
    out.message = message


def outcomes(log: str, kit: Facts, name: str) -> list[Outcome]:
    """Return the outcomes of all boots."""
    return [judge(kit, number, text) for number, text in sorted(boots(log, kit, name).items())]


def unexpected(found: list[Outcome]) -> list[str]:
    """Return the unexpected results, one line each."""
    return [f"boot {out.number}, {out.what}: {line}" for out in found for line in out.wrong]
