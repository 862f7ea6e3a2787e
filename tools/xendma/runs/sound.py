# SPDX-License-Identifier: GPL-2.0
"""make demo ARCH=x86_64: sound cards in a dom0, and what they played."""

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
# The driver would measure a clock that QEMU does not have.
ARGS = "workload=sound snd_intel8x0.ac97_clock=48000"
PLAYED = re.compile(r"^# sound of (\d+) frames, crc32 ([0-9a-f]{8})\r*$", re.M)
FRAME = 4	# bytes: 16 bits, stereo


def devices(wav: pathlib.Path) -> list[str]:
    """Return QEMU's arguments for two cards: one is recorded, the other hears silence."""
    return ["-audiodev", f"wav,id=kept,path={wav},out.frequency=48000,out.channels=2,"
            "out.format=s16",
            "-device", "AC97,audiodev=kept",
            "-audiodev", "none,id=silence,in.frequency=48000", "-device", "AC97,audiodev=silence"]


def heard(data: bytes) -> list[bytes]:
    """Return the stretches of frames that are not silence: no sample of what is played is 0."""
    frames = (data[i:i + FRAME] for i in range(0, len(data), FRAME))
    return [b"".join(group) for loud, group in itertools.groupby(frames, any) if loud]


def unexpected(console: str, path: pathlib.Path) -> list[str]:
    """Return the faults of the recorded file, one line each.

    Each part must be in it whole, in order.  A card that is not stopped in time begins anew
    with the buffer, so that there may be more.
    """
    said = [(int(frames), int(crc, 16)) for frames, crc in PLAYED.findall(console)]
    if not said:
        return ["nothing was played"]
    try:
        with wave.open(str(path)) as file:
            stretches = iter(heard(file.readframes(file.getnframes())))
    except (OSError, EOFError, wave.Error) as e:
        return [f"{path.name}: {e}"]
    return [f"{path.name}: part {number} of {len(said)} is not there as it was played"
            for number, (frames, crc) in enumerate(said, 1)
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
