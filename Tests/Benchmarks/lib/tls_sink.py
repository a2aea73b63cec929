# SPDX-License-Identifier: Apache-2.0
"""A next hop that counts messages and forgets them: tls_sink.py PORT WORKERS COUNTERS [KEY CHAIN].

With a certificate it offers STARTTLS; else it is the same. Its processes share the port, so that one processor is not what limits
the rate. The file COUNTERS has three numbers of 8 bytes for each: connections, handshakes, messages."""

import asyncio
import mmap
import os
import socket
import ssl
import struct
import sys

ANSWERS = {
    b"EHLO": b"250-sink.example.test\r\n%s250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n",
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"NOOP": b"250 2.0.0 Ok\r\n",
    b"DATA": b"354 End data with <CR><LF>.<CR><LF>\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}
UNKNOWN = b"502 5.5.2 Error: command not recognized\r\n"
END = b"\r\n.\r\n"


class Counters:
    """The numbers of one process in the file that all of them share."""

    def __init__(self, path, worker):
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        self.start = worker * 24

    def add(self, which):
        at = self.start + which * 8
        struct.pack_into("<Q", self.memory, at, struct.unpack_from("<Q", self.memory, at)[0] + 1)


class Sink(asyncio.Protocol):
    def __init__(self, counters, tls):
        self.counters, self.tls = counters, tls
        self.pending, self.is_in_body, self.is_encrypted, self.upgrade = b"", False, False, None

    def connection_made(self, transport):
        self.transport = transport
        self.counters.add(0)
        transport.write(b"220 sink.example.test ESMTP\r\n")

    def data_received(self, data):
        data = self.pending + data
        # why: what follows the handshake at once comes here before the new transport does.
        if self.upgrade:
            self.pending = data
            return
        start, answers = 0, []
        while True:
            if self.is_in_body:
                end = data.find(END, start)
                if end < 0:
                    self.pending = data[max(start, len(data) - len(END) + 1) :]
                    break
                start, self.is_in_body = end + len(END), False
                self.counters.add(2)
                answers.append(b"250 2.0.0 Ok\r\n")
                continue
            end = data.find(b"\r\n", start)
            if end < 0:
                self.pending = data[start:]
                break
            verb = data[start : start + 4].upper()
            start = end + 2
            if verb == b"STAR" and self.tls and not self.is_encrypted:
                self.transport.write(b"".join(answers) + b"220 2.0.0 Ready to start TLS\r\n")
                self.pending, self.is_encrypted = b"", True
                self.upgrade = asyncio.get_running_loop().create_task(self.encrypt())
                return
            answer = ANSWERS.get(verb, UNKNOWN)
            if verb == b"EHLO":
                answer %= b"250-STARTTLS\r\n" if self.tls and not self.is_encrypted else b""
            # why: the line end in front of a body may be a part of its end.
            if verb == b"DATA":
                self.is_in_body, start = True, start - 2
            answers.append(answer)
            if verb == b"QUIT":
                self.transport.write(b"".join(answers))
                self.transport.close()
                return
        if answers:
            self.transport.write(b"".join(answers))

    async def encrypt(self):
        try:
            loop = asyncio.get_running_loop()
            self.transport = await loop.start_tls(self.transport, self, self.tls, server_side=True)
        except (OSError, ssl.SSLError):
            return
        self.counters.add(1)
        self.upgrade = None
        self.data_received(b"")


async def serve(port, counters, tls):
    loop = asyncio.get_running_loop()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    server = await loop.create_server(lambda: Sink(counters, tls), sock=listener, backlog=1_024)
    await server.serve_forever()


def start(port, workers, path, key=None, chain=None):
    tls = None
    if key:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(chain, key)
    with open(path, "wb") as file:
        file.write(bytes(24 * workers))
    worker = 0
    for other in range(1, workers):
        if os.fork() == 0:
            worker = other
            break
    asyncio.run(serve(port, Counters(path, worker), tls))


start(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
