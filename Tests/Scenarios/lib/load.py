# SPDX-License-Identifier: Apache-2.0
"""Postfix's load generator and sink, and a load that knows by token what was acknowledged."""

import os
import subprocess
import threading
import time

from postfix import postfix_environment, postfix_program
from scenario import Failure, finally_do, folder, wait_for_port
from smtp_client import Client, message, new_token


def smtp_source(
    port,
    sessions=20,
    messages=5_000,
    length=4_096,
    keep=False,
    timeout=300,
    sender="sender@example.test",
    recipient="user@example.test",
):
    """Runs smtp-source to its end; fails when it does. Returns the seconds it took."""
    words = (
        [
            postfix_program("smtp-source"),
            "-s",
            str(sessions),
            "-m",
            str(messages),
            "-l",
            str(length),
            "-f",
            sender,
            "-t",
            recipient,
            "-M",
            "source.example.test",
        ]
        + ["-d"] * keep
        + [f"127.0.0.1:{port}"]
    )
    began = time.monotonic()
    done = subprocess.run(
        words, env=postfix_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, text=True
    )
    took = time.monotonic() - began
    if done.returncode != 0:
        raise Failure(f"smtp-source ended with {done.returncode}: {done.stdout.strip()[-500:]}")
    return took


class SinkCounter:
    """smtp-sink with its counters on. They go to a file, whose end is looked at: "sess=N quit=N mesg=N" and a carriage
    return at every event."""

    def __init__(self, port, backlog=1_024, name="smtp-sink", options=()):
        self.port = port
        self.path = folder() / f"{name}.count"
        account = ["-u", "nobody"] if os.getuid() == 0 else []
        with open(self.path, "wb") as output:
            self.process = subprocess.Popen(
                [postfix_program("smtp-sink"), "-c", *options, *account, f"127.0.0.1:{port}", str(backlog)],
                env=postfix_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        finally_do(self.stop)
        wait_for_port(port, process=self.process)

    @property
    def count(self):
        """How many messages it has had."""
        with open(self.path, "rb") as counters:
            size = counters.seek(0, os.SEEK_END)
            counters.seek(max(0, size - 200))
            complete = [line for line in counters.read().split(b"\r")[:-1] if b" mesg=" in line]
        return int(complete[-1].split(b" mesg=")[1]) if complete else 0

    def wait_for(self, count, timeout):
        """The moment the sink had the messages; fails when they do not come."""
        deadline = time.monotonic() + timeout
        while self.count < count:
            if time.monotonic() > deadline:
                raise Failure(f"{self.count} of {count} messages arrived in {timeout} s")
            time.sleep(0.005)
        return time.monotonic()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(5)


class TokenLoad:
    """Threads that send messages until told to stop and remember which were acknowledged and which are in doubt: the
    client sent the final dot and got no answer."""

    def __init__(self, port, threads=4, size=0, messages_each=5):
        self.port = port
        self.size = size
        self.messages_each = messages_each
        self.acknowledged = set()
        self.in_doubt = set()
        self.refused = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self):
        while not self._stop.is_set():
            try:
                client = Client(self.port, timeout=10)
            except OSError:
                time.sleep(0.005)
                continue
            self._session(client)
            client.close()

    def _session(self, client):
        if client.greeting.code != 220 or client.hello().code != 250:
            return
        for _ in range(self.messages_each):
            if self._stop.is_set():
                break
            token = new_token()
            if client.open_message().code != 354:
                return
            client.send_raw(message(token, self.size) + b".\r\n")
            reply = client.read_reply()
            with self._lock:
                if reply.code == 250:
                    self.acknowledged.add(token)
                elif reply.code <= 0:
                    self.in_doubt.add(token)
                else:
                    self.refused.append(reply.text)
            if reply.code != 250:
                return
        client.command("QUIT")

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(15)
