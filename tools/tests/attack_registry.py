# SPDX-License-Identifier: GPL-2.0
"""A registry of Debian packages with a signature of its own, which serves damaged files."""

import atexit
import contextlib
import email.utils
import functools
import hashlib
import http.server
import lzma
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

from .support import environment
from .test_hostile import small

SUITES = ("trixie", "trixie-security", "bookworm", "bookworm-security")
PACKAGE, VERSION = "linux-source-6.12", "6.12.1-1"
LINE = "xendma: a file of another place"


@functools.cache
def keys():
    """Return a directory with a key: the home of gpg, and ring.gpg for apt."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="xen-dma-check-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    gpg(home, "--passphrase", "", "--quick-gen-key", "registry@check.invalid", "ed25519", "sign",
        "never")
    (home / "ring.gpg").write_bytes(gpg(home, "--export"))
    atexit.register(subprocess.run, ["gpgconf", "--homedir", home, "--kill", "all"])
    return home


def gpg(home, *args, text=None):
    return subprocess.run(["gpg", "--homedir", home, "--batch", "--quiet", *args], check=True,
                          input=text, capture_output=True).stdout


@functools.cache
def good_tarball():
    """Return the tar.xz of a small kernel tree."""
    with tempfile.TemporaryDirectory(prefix="xen-dma-check-") as tmp:
        small(pathlib.Path(tmp) / PACKAGE)
        tar = subprocess.run(["tar", "-c", "-C", tmp, PACKAGE], check=True,
                             capture_output=True).stdout
    return lzma.compress(tar)


def write_deb(to, files):
    """Write a Debian package with these files."""
    with tempfile.TemporaryDirectory(prefix="xen-dma-check-") as tmp:
        root = pathlib.Path(tmp)
        (root / "DEBIAN").mkdir()
        root.chmod(0o755)
        (root / "DEBIAN/control").write_text(
            f"Package: {PACKAGE}\nVersion: {VERSION}\nArchitecture: all\n"
            "Maintainer: A Tester <a@check.invalid>\nDescription: a small kernel\n")
        for name, data in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        subprocess.run(["dpkg-deb", "-Znone", "--root-owner-group", "-b", root, to], check=True,
                       capture_output=True)


def write_registry(top, tarball=None):
    """Write the files of a registry for each suite: a list, its signature, one package."""
    pool = top / "debian/pool"
    pool.mkdir(parents=True)
    deb = pool / f"{PACKAGE}_{VERSION}_all.deb"
    write_deb(deb, {f"usr/src/{PACKAGE}.tar.xz": tarball or good_tarball()}
              if tarball != b"none" else {"usr/src/x": b""})
    data = deb.read_bytes()
    packages = (f"Package: {PACKAGE}\nVersion: {VERSION}\nArchitecture: all\n"
                f"Maintainer: A Tester <a@check.invalid>\nFilename: pool/{deb.name}\n"
                f"Size: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"
                "Description: a small kernel\n").encode()
    lists = {"main/binary-arm64/Packages": packages,
             "main/binary-arm64/Packages.xz": lzma.compress(packages)}
    for suite in SUITES:
        for base in ("debian", "debian-security"):
            home = top / base / "dists" / suite
            for name, text in lists.items():
                (home / name).parent.mkdir(parents=True, exist_ok=True)
                (home / name).write_bytes(text)
            sums = "".join(f" {hashlib.sha256(text).hexdigest()} {len(text)} {name}\n"
                           for name, text in lists.items())
            release = (f"Origin: Debian\nLabel: Debian\nSuite: {suite}\nCodename: {suite}\n"
                       f"Date: {email.utils.formatdate(usegmt=True)}\nArchitectures: arm64 all\n"
                       f"Components: main\nSHA256:\n{sums}").encode()
            (home / "InRelease").write_bytes(gpg(keys(), "--clearsign", text=release))
    return top


class Handler(http.server.BaseHTTPRequestHandler):
    """Serve the files of a registry; damage those whose name has server.part in it."""

    def do_GET(self):
        name = self.path.partition("?")[0]
        path = self.server.top / name.lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        if self.server.part and self.server.part in name and not self.headers.get("X-Good"):
            getattr(self, self.server.damage)(data)
        else:
            self.reply(data)

    def log_message(self, *args):
        pass

    def reply(self, data, length=None, status=200, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(data)

    # Each of these is a damage.
    def not_found(self, _data):
        self.send_error(404)

    def forbidden(self, _data):
        self.send_error(403)

    def server_error(self, _data):
        self.send_error(500)

    def unavailable(self, _data):
        self.send_error(503)

    def error_with_escapes(self, _data):
        self.send_error(500, "\x1b[2J xen-dma: error: forged")

    def shorter(self, data):
        self.reply(data[:len(data) // 2])

    def truncated(self, data):
        self.reply(data[:len(data) // 2], length=len(data))
        self.close_connection = True

    def longer(self, data):
        self.reply(data + b"more" * 999)

    def one_bit(self, data):
        middle = len(data) // 2
        self.reply(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:])

    def empty(self, _data):
        self.reply(b"")

    def html(self, _data):
        self.reply(b"<html><body>Log in to this network.</body></html>\n" * 99,
                   Content_Type="text/html")

    def zeros(self, data):
        self.reply(bytes(len(data)))

    def other_file(self, data):
        self.reply(LINE.encode().ljust(len(data), b"\n"))

    def no_http(self, _data):
        self.wfile.write(b"\0\xff\x1b[2J nothing\n" * 99)
        self.close_connection = True

    def closed(self, _data):
        self.close_connection = True

    def reset(self, data):
        self.reply(data[:len(data) // 2], length=len(data))
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def stalled(self, data):
        self.reply(data[:len(data) // 2], length=len(data))
        self.server.end.wait(30)

    def silent(self, _data):
        self.server.end.wait(30)

    def loop(self, _data):
        self.reply(b"", status=302, Location=self.path)

    def to_nothing(self, _data):
        self.reply(b"", status=302, Location="/none")

    def to_file(self, _data):
        self.reply(b"", status=302, Location="file:///etc/passwd")

    def negative_length(self, data):
        self.reply(data, length=-1)

    def endless(self, data):
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        with contextlib.suppress(OSError):
            while not self.server.end.is_set():
                self.wfile.write(data + bytes(1 << 16))

    def slow(self, data):
        """Send all of it within 2 seconds."""
        self.reply(data[:9], length=len(data))
        step = len(data) // 9 + 1
        with contextlib.suppress(OSError):
            for at in range(9, len(data), step):
                time.sleep(0.2)
                self.wfile.write(data[at:at + step])


@contextlib.contextmanager
def registry(top):
    """Serve a directory; yield the server, with part and damage to set."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.top, server.part, server.damage = top, "", ""
        server.end = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.end.set()
            server.shutdown()


def path_with_apt(to, server):
    """Return a PATH whose apt-get names this registry as the mirror of the machine."""
    to.mkdir()
    real = shutil.which("apt-get")
    uri = f"http://127.0.0.1:{server.server_address[1]}/debian"
    (to / "apt-get").write_text(
        f"#!/bin/sh\n[ \"$1\" = indextargets ] && echo 'Debian|Debian|{uri}' && exit\n"
        f"exec {real} -o Acquire::http::Proxy::127.0.0.1=DIRECT \"$@\"\n")
    (to / "apt-get").chmod(0o755)
    return f"{to}:{environment()['PATH']}"
