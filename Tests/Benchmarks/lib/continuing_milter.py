#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A milter that lets everything pass: continuing_milter.py PORT. It answers every event but headers, as most filters ask for.

Its own cost is in the figures of nobody: it runs outside of the measured group, and `relay --milter` prints it apart.
"""

import asyncio
import struct
import sys

NO_REPLY_TO_HEADERS = 0x80
TERMS = struct.pack(">IcIII", 13, b"O", 6, 0, NO_REPLY_TO_HEADERS)
CONTINUE = struct.pack(">Ic", 1, b"c")
SILENT = frozenset(b"DLAQK")


class Milter(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.pending = b""

    def data_received(self, data):
        data = self.pending + data if self.pending else data
        start, end, answers = 0, len(data), []
        while end - start >= 5:
            length = int.from_bytes(data[start : start + 4], "big")
            if end - start < 4 + length:
                break
            letter = data[start + 4]
            if letter == 0x4F:
                answers.append(TERMS)
            elif letter not in SILENT:
                answers.append(CONTINUE)
            start += 4 + length
        self.pending = data[start:]
        if answers:
            self.transport.write(b"".join(answers))


async def serve(port):
    server = await asyncio.get_running_loop().create_server(Milter, "127.0.0.1", port, backlog=1_024)
    await server.serve_forever()


asyncio.run(serve(int(sys.argv[1])))
