# SPDX-License-Identifier: GPL-2.0
"""make demo ARCH=x86_64: sound cards in a dom0, and a recording of their sound."""

import itertools
import pathlib
import re
import wave
import zlib

from ..util.paths import TESTS
from ..results.run import Run
from ..rig import initramfs
from ..rig.machines import MACHINES
from ..rig.variant import PATCHED, Variant
from . import drivers
from .kernels import CLIENTS

ARCH = "x86_64"
# The driver cannot measure this clock, because QEMU does not have it.
ARGS = "workload=sound snd_intel8x0.ac97_clock=48000"
PLAYED = re.compile(r"^# sound of (\d+) frames, crc32 ([0-9a-f]{8})\r*$", re.M)
FRAME = 4	# bytes: 16 bits, stereo


def devices(wav: pathlib.Path) -> list[str]:
    """Return the arguments of QEMU for two cards: one is recorded, one records silence."""
    return ["-audiodev", f"wav,id=kept,path={wav},out.frequency=48000,out.channels=2,"
            "out.format=s16",
            "-device", "AC97,audiodev=kept",
            "-audiodev", "none,id=silence,in.frequency=48000", "-device", "AC97,audiodev=silence"]


def heard(data: bytes) -> list[bytes]:
    """Return the stretches without silence; the played sound has no sample of 0."""
    frames = (data[i:i + FRAME] for i in range(0, len(data), FRAME))
    return [b"".join(group) for loud, group in itertools.groupby(frames, any) if loud]


def unexpected(console: str, path: pathlib.Path) -> list[str]:
    """Return the faults of the recorded file, one line each.

    It must have each part completely, in order.  It may have more, because a card that
    stops too late starts the buffer again.
    """
    played = [(int(frames), int(crc, 16)) for frames, crc in PLAYED.findall(console)]
    if not played:
        return ["nothing was played"]
    try:
        with wave.open(str(path)) as file:
            stretches = iter(heard(file.readframes(file.getnframes())))
    except (OSError, EOFError, wave.Error) as e:
        return [f"{path.name}: {e}"]
    return [f"{path.name}: part {number} of {len(played)} is not there as it was played"
            for number, (frames, crc) in enumerate(played, 1)
            if not any(len(s) == frames * FRAME and zlib.crc32(s) == crc for s in stretches)]


def run(xen: str, variant: Variant = PATCHED) -> tuple[Run, list[str]]:
    """Boot the newest tree with sound cards; return (Run, faults of its sound)."""
    boot = drivers.prepare(xen, variant, ARCH)
    program = initramfs.program("xen_dma_sound", [
        *sorted((TESTS / "sound").glob("*.c")), CLIENTS / "file.c", TESTS / "outcome.c"], ARCH)
    wav = boot.home / "sound.wav"
    boot.about = "with sound cards"
    boot.args = f"{MACHINES[ARCH].dom0_args} {ARGS}"
    boot.files = {"bin/xen_dma_sound": program}
    boot.devices = devices(wav)
    run = boot.run()
    return run, unexpected((boot.home / "console.log").read_text(errors="replace"), wav)
