# SPDX-License-Identifier: GPL-2.0
"""Read the memory of a machine by the monitor protocol of QEMU."""

import json
import pathlib
import socket
import time
import typing

from ..util.errors import UserError
from ..util.files import scratch_dir


class Monitor:
    """A connection to a QEMU that was started with argv_of(path)."""

    def __init__(self, path: pathlib.Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                self.socket.connect(str(path))
                break
            except OSError:
                time.sleep(0.05)
        self.file = self.socket.makefile("rw", encoding="utf-8")
        self.file.readline()	# the greeting
        self.call("qmp_capabilities")

    def call(self, command: str, **arguments: object) -> typing.Any:
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline() or '{"error": {"desc": "QEMU is gone"}}')
            if "error" in answer:
                raise UserError(f"QEMU's monitor: {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def memory(self, address: int, size: int) -> bytes:
        """Return the bytes at a machine address."""
        with scratch_dir() as tmp:
            to = pathlib.Path(tmp) / "memory"
            self.call("pmemsave", val=address, size=size, filename=str(to))
            return to.read_bytes()

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def argv_of(path: pathlib.Path) -> list[str]:
    return ["-qmp", f"unix:{path},server=on,wait=off"]
