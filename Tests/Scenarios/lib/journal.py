# SPDX-License-Identifier: Apache-2.0
"""A journal for one process: a socket where systemd's has its own, seen through a mount namespace, that reads entries in the
journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): FIELD=value lines, or FIELD, a length of 8 bytes and the value."""

import os
import shutil
import socket
import time

from scenario import folder, skip


class Journal:
    """`wrapper` in front of a command gives it this journal; nothing else of the machine's /run is there."""

    def __init__(self, name="journal"):
        if os.getuid() != 0 or shutil.which("unshare") is None:
            skip("a journal of its own needs root and unshare")
        self.run = folder() / f"{name}.run"
        self.path = self.run / "systemd" / "journal" / "socket"
        self.path.parent.mkdir(parents=True)
        self.entries = []
        self.socket = None
        self.open()

    @property
    def wrapper(self):
        return ["unshare", "-m", "sh", "-c", f'mount --bind "{self.run}" /run && exec "$@"', "sh"]

    def open(self):
        """Listens (again), as a journal does that was restarted."""
        if self.socket is not None:
            self.socket.close()
            self.path.unlink()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))

    def read(self, timeout=0.2):
        """Takes what has come, until nothing has for so long; all entries so far."""
        self.socket.settimeout(timeout)
        try:
            while True:
                self.entries.append(fields(self.socket.recv(1 << 20)))
        except TimeoutError:
            return self.entries

    def wait_for(self, found, timeout=10):
        """The entries for which `found` is true, once there are some."""
        deadline = time.monotonic() + timeout
        while not (some := [entry for entry in self.read(0.1) if found(entry)]) and time.monotonic() < deadline:
            pass
        return some


def fields(datagram):
    """The fields of an entry; one that comes twice has its last value. Raises ValueError for what is no entry."""
    entry, rest = {}, datagram
    while rest:
        line, newline, rest = rest.partition(b"\n")
        if not newline:
            raise ValueError(f"the entry does not end in a line end: {datagram!r}")
        name, equals, value = line.partition(b"=")
        if not equals:
            length = int.from_bytes(rest[:8], "little")
            value, rest = rest[8 : 8 + length], rest[8 + length :]
            if rest[:1] != b"\n":
                raise ValueError(f"the field {name!r} has no end: {datagram!r}")
            rest = rest[1:]
        entry[name.decode()] = value.decode()
    return entry
