# SPDX-License-Identifier: Apache-2.0
"""A small milter that does what it is told: protocol version 6 by hand, one thread a connection."""

import socket
import struct
import threading
import time

from scenario import finally_do

NO_REPLY_TO_HEADERS = 0x80
# The flags by which events need no answer.
UNANSWERED = {"C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "T": 0x10000, "N": 0x40000, "B": 0x80000, "L": 0x80}


def text(*values):
    return b"".join(value.encode("latin-1") + b"\0" for value in values)


class Milter:
    """Listens on 127.0.0.1:port. `answers` maps a command letter to the packets that answer it (b"c" continues, None
    hangs up); the end of a message ("E") may have edits in front of the last. `delay` is slept behind each piece of a body. `events` has every (letter, data) of every connection."""

    def __init__(self, port, answers=None, steps=NO_REPLY_TO_HEADERS):
        self.port = port
        self.answers = answers or {}
        self.steps = steps
        self.delay = 0.0
        self.events = []
        self.connections = 0
        self._server = None
        self._open = set()
        self.start()
        finally_do(self.stop)

    def start(self):
        self._server = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def stop(self):
        """Stops listening and drops every connection: the filter is down."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown(socket.SHUT_RDWR)
            server.close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def data(self, letter):
        return [data for found, data in self.events if found == letter]

    def _accept(self, server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        stream = connection.makefile("rb")
        try:
            while len(head := stream.read(4)) == 4:
                packet = stream.read(struct.unpack(">I", head)[0])
                letter, data = packet[:1].decode("latin-1"), packet[1:]
                self.events.append((letter, data))
                if letter == "B":
                    time.sleep(self.delay)
                if letter in "QA":
                    if letter == "Q":
                        return
                    continue
                if letter == "O":
                    answer = [b"O" + struct.pack(">III", 6, 0x1FF, self.steps)]
                elif letter == "D" or self.steps & UNANSWERED.get(letter, 0):
                    continue
                else:
                    answer = self.answers.get(letter, [b"c"])
                if callable(answer):
                    answer = answer(data)
                if answer is None:
                    return
                connection.sendall(b"".join(struct.pack(">I", len(one)) + one for one in answer if one is not None))
                if None in answer:
                    return
        except OSError:
            pass
        finally:
            self._open.discard(connection)
            connection.close()
