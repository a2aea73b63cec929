# SPDX-License-Identifier: Apache-2.0
"""A next hop that remembers every message and misbehaves on demand.

It counts messages by a token (the X-Token header, else Message-ID), so that loss and doubles can be told. A script may
answer, close, hang or talk garbage at any step; `accepted` has what was answered 250 after the final dot, `received`
everything whose final dot came in.
"""

import asyncio
import collections
import re
import socket
import threading
import time

from scenario import finally_do

TOKEN = re.compile(rb"^X-Token:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
MESSAGE_ID = re.compile(rb"^Message-ID:[ \t]*<?([^>\s]+)", re.IGNORECASE | re.MULTILINE)

HANG = "hang"
CLOSE = "close"
RESET = "reset"

Message = collections.namedtuple("Message", "token sender recipients content accepted_at connection")


class NextHop:
    """Listens on host:port in a thread. `script(step, argument, session)` returns None for the normal answer,
    bytes to send instead, or HANG, CLOSE, RESET. Steps: GREETING EHLO HELO MAIL RCPT DATA BODY DOT RSET NOOP QUIT;
    BODY is asked once when content begins, DOT before the answer to the final dot."""

    def __init__(
        self,
        port,
        script=None,
        keep_content=False,
        extensions=("PIPELINING", "SIZE 50000000", "8BITMIME", "ENHANCEDSTATUSCODES"),
        host="127.0.0.1",
    ):
        self.host = host
        self.port = port
        self.script = script
        self.keep_content = keep_content
        self.extensions = extensions
        self.accepted = collections.Counter()
        self.received = collections.Counter()
        self.times = collections.defaultdict(list)
        self.messages = []
        self.steps = collections.Counter()
        self.connections = 0
        self._loop = asyncio.new_event_loop()
        self._server = None
        self._writers = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.open()
        finally_do(self.close)

    def open(self):
        """Starts listening (again)."""
        self._server = self._call(
            asyncio.start_server(
                self._serve, self.host, self.port, backlog=1_024, limit=1_048_576, family=socket.AF_INET
            )
        )

    def close(self):
        """Stops listening and drops every connection: the host is down."""
        if self._server is None:
            return

        async def end():
            self._server.close()
            for writer in list(self._writers):
                writer.transport.abort()

        self._call(end())
        self._server = None

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    @property
    def total(self):
        return sum(self.accepted.values())

    def doubles(self):
        return {token: count for token, count in self.accepted.items() if count > 1}

    async def _serve(self, reader, writer):
        self.connections += 1
        self._writers.add(writer)
        session = _Session(self, reader, writer, self.connections)
        try:
            await session.run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


class _Session:
    def __init__(self, hop, reader, writer, number):
        self.hop = hop
        self.reader = reader
        self.writer = writer
        self.number = number
        self.sender = None
        self.recipients = []

    async def run(self):
        if not await self.answer("GREETING", "", b"220 hop.example.test ESMTP scripted\r\n"):
            return
        while line := await self.reader.readline():
            words = line.strip().decode(errors="replace").split(" ", 1)
            verb, argument = words[0].upper(), words[1] if len(words) > 1 else ""
            if verb == "DATA":
                if not await self.data():
                    return
            elif not await self.answer(verb, argument, self.normal(verb, argument)):
                return
            if verb == "QUIT":
                await self.writer.drain()
                return

    def normal(self, verb, argument):
        """The right answer to a verb, and its effect on the transaction."""
        if verb == "EHLO":
            lines = ["hop.example.test", *self.hop.extensions]
            return "".join(
                f"250{'-' if n < len(lines) - 1 else ' '}{line}\r\n" for n, line in enumerate(lines)
            ).encode()
        if verb == "MAIL":
            self.sender, self.recipients = _path(argument), []
            return b"250 2.1.0 Ok\r\n"
        if verb == "RCPT":
            self.pending = _path(argument)
            return b"250 2.1.5 Ok\r\n"
        if verb == "RSET":
            self.sender, self.recipients = None, []
            return b"250 2.0.0 Ok\r\n"
        return {"HELO": b"250 hop.example.test\r\n", "NOOP": b"250 2.0.0 Ok\r\n", "QUIT": b"221 2.0.0 Bye\r\n"}.get(
            verb, b"502 5.5.2 Error: command not recognized\r\n"
        )

    async def data(self):
        if not self.recipients:
            return await self.answer("DATA", "", b"554 5.5.1 Error: no valid recipients\r\n")
        if not await self.answer("DATA", "", b"354 End data with <CR><LF>.<CR><LF>\r\n"):
            return False
        if not self.last_sent.startswith(b"3"):
            return True
        if not await self.obey(self.ask("BODY", "")):
            return False
        # A message may start with the dot, hence the line end in front.
        content = b"\r\n"
        while not content.endswith(b"\r\n.\r\n"):
            piece = await self.reader.readuntil(b"\r\n")
            content += piece
            if piece != b".\r\n" and len(content) < 1_000_000:
                continue
        content = content[2:-3].replace(b"\r\n..", b"\r\n.")
        head = content.split(b"\r\n\r\n", 1)[0]  # a report quotes other messages' headers further down
        found = TOKEN.search(head) or MESSAGE_ID.search(head)
        token = found.group(1).decode() if found else f"unnamed-{self.number}"
        self.hop.received[token] += 1
        if not await self.answer("DOT", token, b"250 2.0.0 Ok: queued as HOP\r\n"):
            return False
        if self.last_sent.startswith(b"250"):
            now = time.monotonic()
            self.hop.times[token].append(now)
            self.hop.accepted[token] += 1
            if self.hop.keep_content:
                self.hop.messages.append(Message(token, self.sender, list(self.recipients), content, now, self.number))
        self.sender, self.recipients = None, []
        return True

    def ask(self, step, argument):
        self.hop.steps[step] += 1
        return self.hop.script(step, argument, self) if self.hop.script else None

    async def answer(self, step, argument, normal):
        """Sends the script's answer or the normal one; False ends the session."""
        action = self.ask(step, argument)
        if isinstance(action, bytes):
            reply = action
        elif action is None:
            reply = normal
        else:
            return await self.obey(action)
        if step == "RCPT" and reply.startswith(b"2"):
            self.recipients.append(self.pending)
        self.last_sent = reply
        self.writer.write(reply)
        await self.writer.drain()
        return True

    async def obey(self, action):
        if action == HANG:
            while await self.reader.read(65_536):
                pass
            return False
        if action == RESET:
            self.writer.transport.abort()
            return False
        return action != CLOSE


def _path(argument):
    found = re.search(r"<([^>]*)>", argument)
    return found.group(1) if found else argument
