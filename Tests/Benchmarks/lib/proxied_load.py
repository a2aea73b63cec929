# SPDX-License-Identifier: Apache-2.0
"""A load whose clients are said in PROXY headers: proxied_load.py PORT SESSIONS MESSAGES ADDRESS STEP.

Each message of 4 KiB has a connection of its own, from ADDRESS and then from one that is STEP further each time (0: always the same).
Nothing is sent ahead of a reply, and a greeting of several lines is waited for as a whole, for which smtp-source would stop. Ends
with 1 at the first reply that is not the wished one."""

import asyncio
import ipaddress
import socket
import struct
import sys

BODY = b"Subject: load\r\n\r\n" + (b"x" * 76 + b"\r\n") * 52 + b".\r\n"
DIALOGUE = [  # the code that is waited for, and what is said then
    (b"220", b"EHLO source.example.test\r\n"),
    (b"250", b"MAIL FROM:<sender@example.test>\r\n"),
    (b"250", b"RCPT TO:<user@example.test>\r\n"),
    (b"250", b"DATA\r\n"),
    (b"354", BODY),
    (b"250", b"QUIT\r\n"),
]


def header(number):
    """Version 2, TCP over IPv4."""
    address = struct.pack(">IIHH", number, 0xC0000219, 40_000, 25)
    return b"\r\n\r\n\x00\r\nQUIT\n\x21\x11" + struct.pack(">H", len(address)) + address


class Session(asyncio.Protocol):
    def __init__(self, load, number):
        self.load, self.number = load, number
        self.step, self.pending = 0, b""

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.write(header(self.number))

    def data_received(self, data):
        *lines, self.pending = (self.pending + data).split(b"\r\n")
        for line in lines:
            if line[3:4] == b"-":
                continue
            if self.step == len(DIALOGUE):
                self.transport.close()
                return
            code, words = DIALOGUE[self.step]
            if line[:3] != code:
                return self.load.fail(f"step {self.step}: {line!r}")
            self.step += 1
            self.transport.write(words)

    def connection_lost(self, error):
        if self.step < len(DIALOGUE):
            return self.load.fail(f"step {self.step}: the connection ended: {error}")
        self.load.one_is_done()


class Load:
    def __init__(self, port, messages, first, step):
        self.port, self.left, self.next, self.step = port, messages, first, step
        self.over = asyncio.get_running_loop().create_future()
        self.waiting = messages

    def fail(self, reason):
        if not self.over.done():
            self.over.set_result(reason)

    def one_is_done(self):
        self.waiting -= 1
        if self.waiting == 0 and not self.over.done():
            self.over.set_result(None)
        self.begin()

    def begin(self):
        if self.left > 0 and not self.over.done():
            self.left -= 1
            number, self.next = self.next, self.next + self.step
            self.task = asyncio.get_running_loop().create_task(self.connect(number))

    async def connect(self, number):
        try:
            await asyncio.get_running_loop().create_connection(lambda: Session(self, number), "127.0.0.1", self.port)
        except OSError as error:
            self.fail(f"connect: {error}")


async def run(port, sessions, messages, address, step):
    load = Load(int(port), int(messages), int(ipaddress.IPv4Address(address)), int(step))
    for _ in range(int(sessions)):
        load.begin()
    return await load.over


reason = asyncio.run(run(*sys.argv[1:]))
if reason:
    sys.exit(reason)
