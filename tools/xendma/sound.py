# SPDX-License-Identifier: GPL-2.0
"""make demo ARCH=x86_64: sound cards in a dom0, and what they played."""

import itertools
import re
import wave
import zlib

from . import clients, dom0, kernel, q35

ARCH = "x86_64"
# The driver would measure a clock that QEMU does not have.
ARGS = "workload=sound snd_intel8x0.ac97_clock=48000"
PLAYED = re.compile(r"^# sound of (\d+) frames, crc32 ([0-9a-f]{8})\r*$", re.M)
FRAME = 4	# bytes: 16 bits, stereo


def devices(wav):
    """QEMU's arguments for two cards: what one plays is kept, and the other hears silence."""
    return ["-audiodev", f"wav,id=kept,path={wav},out.frequency=48000,out.channels=2,out.format=s16",
            "-device", "AC97,audiodev=kept",
            "-audiodev", "none,id=silence,in.frequency=48000", "-device", "AC97,audiodev=silence"]


def heard(data):
    """The stretches of frames that are not silence: no sample of what is played is 0."""
    frames = (data[i:i + FRAME] for i in range(0, len(data), FRAME))
    return [b"".join(group) for loud, group in itertools.groupby(frames, any) if loud]


def wrong(log, path):
    """What is wrong with the file of what was played, one line each.

    Each part must be in it whole, in order.  A card that is not stopped in time begins anew
    with the buffer, so that there may be more.
    """
    said = [(int(frames), int(crc, 16)) for frames, crc in PLAYED.findall(log)]
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


def run(xen, variant=kernel.PATCHED):
    """(Run, what is wrong with its sound) of one boot."""
    tree, built, result = clients.prepared("newest", xen, variant, ARCH)
    program = dom0.program("xen_dma_sound", [*sorted((kernel.TESTS / "sound").glob("*.c")),
                                             kernel.CLIENTS / "file.c",
                                             kernel.TESTS / "outcome.c"], ARCH)
    initrd = dom0.ramdisk(built.modules, result.home / "initrd.gz", ARCH,
                          {"bin/xen_dma_sound": program})
    argv = q35.command(tree, result.home, dom0.xen_binary(xen, ARCH), built.image, initrd,
                       f"{q35.DOM0_ARGS} {ARGS}", q35.XEN_ARGS)
    wav = result.home / "sound.wav"
    clients.booted(result, tree, argv + devices(wav), "with sound cards")
    log = (result.home / "console.log").read_text(errors="replace")
    return result, wrong(log, wav)
