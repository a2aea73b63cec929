# SPDX-License-Identifier: Apache-2.0
"""An SMTP client that says exactly what it is told: commands, raw bytes, PROXY headers, odd timing."""

import itertools
import os
import socket

_serial = itertools.count(1)


def new_token():
    """A word that no other message of this machine carries."""
    return f"tok-{os.getpid():x}-{next(_serial):06x}"


class Reply:
    """One SMTP reply: code 0 means the peer closed instead, -1 that it said nothing in time."""

    def __init__(self, code, lines):
        self.code = code
        self.lines = lines

    @property
    def text(self):
        return "\n".join(self.lines)

    def __repr__(self):
        return {0: "<closed>", -1: "<silence>"}.get(self.code, self.text)


class Client:
    """One connection. `header` goes out first, before the greeting is read."""

    def __init__(self, port, host="127.0.0.1", source=None, header=b"", timeout=15.0, greet=True):
        address = (source, 0) if source else None
        self.socket = socket.create_connection((host, port), timeout, address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timeout = timeout
        self._buffer = b""
        self.transcript = []
        if header:
            self.send_raw(header)
        self.greeting = self.read_reply() if greet else None

    @property
    def local_port(self):
        return self.socket.getsockname()[1]

    def send_raw(self, content):
        """Sends the bytes; False when the peer has closed meanwhile."""
        try:
            self.socket.sendall(content)
            return True
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            return False

    def read_reply(self, timeout=None):
        self.socket.settimeout(timeout or self.timeout)
        lines = []
        while True:
            while b"\n" not in self._buffer:
                try:
                    piece = self.socket.recv(65_536)
                except TimeoutError:
                    return Reply(-1, lines)
                except ConnectionResetError:
                    piece = b""
                if not piece:
                    return Reply(0, lines)
                self._buffer += piece
            line, self._buffer = self._buffer.split(b"\n", 1)
            text = line.rstrip(b"\r").decode(errors="replace")
            lines.append(text)
            self.transcript.append(f"S: {text}")
            if text[3:4] != "-":
                return Reply(int(text[:3]) if text[:3].isdigit() else 999, lines)

    def command(self, line, timeout=None):
        text = line if isinstance(line, bytes) else line.encode()
        self.transcript.append(f"C: {text.decode(errors='replace')}")
        if not self.send_raw(text + b"\r\n"):
            return self.read_reply(timeout)
        return self.read_reply(timeout)

    def hello(self, name="client.example.test"):
        return self.command(f"EHLO {name}")

    def open_message(self, sender="sender@example.test", recipients=("user@example.test",), body_follows=True):
        """MAIL, RCPT and DATA; the first reply that is not the wished one, or DATA's."""
        reply = self.command(f"MAIL FROM:<{sender}>")
        if reply.code != 250:
            return reply
        for recipient in recipients:
            reply = self.command(f"RCPT TO:<{recipient}>")
            if reply.code != 250:
                return reply
        return self.command("DATA") if body_follows else reply

    def send_message(
        self, token=None, sender="sender@example.test", recipients=("user@example.test",), size=0, body=None
    ):
        """A whole transaction; the reply to the final dot, or the first refusal."""
        reply = self.open_message(sender, recipients)
        if reply.code != 354:
            return reply
        self.send_raw(body if body is not None else message(token or new_token(), size, sender))
        self.transcript.append("C: <message>")
        return self.command(".")

    def closed(self, timeout=10.0):
        """Whether the peer ends the connection in time; what it still says is dropped."""
        self.socket.settimeout(timeout)
        try:
            while True:
                if not self.socket.recv(65_536):
                    return True
        except TimeoutError:
            return False
        except OSError:
            return True

    def quit(self):
        reply = self.command("QUIT")
        self.socket.close()
        return reply

    def close(self):
        self.socket.close()


def message(token, size=0, sender="sender@example.test"):
    """A small message, or one of about `size` bytes, ended by CRLF and without the final dot."""
    head = (
        f"From: <{sender}>\r\nTo: <user@example.test>\r\nSubject: {token}\r\nX-Token: {token}\r\n"
        f"Message-ID: <{token}@example.test>\r\n\r\nThis is message {token}.\r\n"
    ).encode()
    line = b"0123456789abcdef" * 4 + b"\r\n"
    return head + line * max(0, (size - len(head)) // len(line))


def deliver(port, **keywords):
    """One message over a connection of its own; the reply to the final dot, or what came instead."""
    connection = {key: keywords.pop(key) for key in ("host", "source", "header", "timeout") if key in keywords}
    try:
        client = Client(port, **connection)
    except OSError as error:
        return Reply(0, [str(error)])
    try:
        if client.greeting.code != 220:
            return client.greeting
        reply = client.hello()
        if reply.code != 250:
            return reply
        reply = client.send_message(**keywords)
        if reply.code > 0:
            client.command("QUIT")
        return reply
    finally:
        client.close()
