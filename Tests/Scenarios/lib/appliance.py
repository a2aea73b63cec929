# SPDX-License-Identifier: Apache-2.0
"""A relaybox process with a configuration, a spool and a stats socket in the scenario's folder."""

import os
import re
import signal
import socket
import time

import scenario
from scenario import Failure, Program, eventually, folder, free_port, run, wait_for_port

GLOBAL = """\
global
    hostname relay.example.test
    log stdout format maillog mail
    stats socket {socket} mode 600 level admin
{global_lines}
"""

FRONT = """\
frontend ft_smtp
    mode tcp
    bind 127.0.0.1:{port}{bind_words}
    log global
    option tcplog
    timeout client 1m
{frontend_lines}
    default_backend bk_smtp

backend bk_smtp
    mode tcp
    log global
    option tcplog
    timeout server 1m
    timeout connect 5s
{backend_lines}
    {server}
"""

POOL = """\
pool inbound
    mynetworks = 127.0.0.0/8
    relay_domains = example.test
{pool_lines}
"""

QUEUE = """\
queue
    spool {spool}
    relayhost = [127.0.0.1]:{next_hop}
    minimal_backoff_time = 1s
    maximal_backoff_time = 2s
    queue_run_delay = 1s
{queue_lines}
"""


def indent(lines):
    return "\n".join(f"    {line.strip()}" for line in lines.strip().splitlines())


class Appliance:
    """Starts and watches one process. The parts of the configuration follow from what is given: a `next_hop` gives it a
    pool and a queue, `front` a frontend; `configuration` replaces everything and may use {folder}, {socket}, {spool}.
    """

    def __init__(
        self,
        next_hop=None,
        name="relaybox",
        front=True,
        pool=True,
        server="server here pool@inbound",
        bind_words="",
        global_lines="",
        frontend_lines="",
        backend_lines="",
        pool_lines="",
        queue_lines="",
        configuration=None,
        port=None,
        spool=None,
        wrapper=(),
    ):
        self.name = name
        self.wrapper = wrapper
        self.binary = scenario.relaybox()
        self.port = port or free_port()
        self.socket_path = folder() / f"{name}.sock"
        self.spool = spool or folder() / f"{name}.spool"
        self.configuration_path = folder() / f"{name}.conf"
        if configuration is None:
            words = {
                "bind_words": bind_words and f" {bind_words}",
                "global_lines": indent(global_lines),
                "frontend_lines": indent(frontend_lines),
                "backend_lines": indent(backend_lines),
                "pool_lines": indent(pool_lines),
                "queue_lines": indent(queue_lines),
                "next_hop": next_hop,
                "server": server,
                "port": self.port,
                "socket": self.socket_path,
                "spool": self.spool,
            }
            parts = [GLOBAL] + [FRONT] * front + [POOL] * pool + [QUEUE] * (pool and next_hop is not None)
            text = "\n".join(part.format(**words) for part in parts)
            self.text = re.sub(r"\n\n+", "\n\n", text)
        else:
            self.text = configuration.format(
                folder=folder(), socket=self.socket_path, spool=self.spool, port=self.port, next_hop=next_hop
            )
        self.waits_for = self.port if front or configuration is not None else None
        self.program = None
        self.write(self.text)

    def write(self, text):
        self.configuration_path.write_text(text)

    def start(self, wait=True):
        self.program = Program(self.name, [*self.wrapper, self.binary, "run", "-f", self.configuration_path])
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self, timeout=20.0):
        process = self.program.process
        if self.waits_for is not None:
            wait_for_port(self.waits_for, timeout=timeout, process=process)
        if not eventually(lambda: process.poll() is not None or self._answers(), timeout, 0.01) or not self.alive():
            raise Failure(f"{self.name} is not ready after {timeout} s (status {process.poll()})")

    def _answers(self):
        try:
            return bool(self.stats("show info"))
        except OSError:
            return False

    # The process

    @property
    def pid(self):
        return self.program.pid

    def alive(self):
        return self.program is not None and self.program.alive()

    def kill(self):
        """SIGKILL; returns when the process is gone."""
        self.program.signal(signal.SIGKILL)
        self.program.process.wait(10)

    def terminate(self):
        self.program.signal(signal.SIGTERM)

    def reload(self):
        self.program.signal(signal.SIGHUP)

    def stop(self, timeout=15.0):
        return self.program.stop(timeout)

    def resident(self):
        """Resident memory in bytes."""
        return resident(self.pid)

    # What it says

    def log(self):
        # Lines are written in batches, some milliseconds after they were said.
        time.sleep(0.05)
        return self.program.log()

    def log_lines(self, pattern):
        return [line for line in self.log().splitlines() if re.search(pattern, line)]

    def wait_for_log(self, pattern, count=1, timeout=10.0):
        """The lines that match, once there are `count` of them or the time is over."""
        eventually(lambda: len(self.log_lines(pattern)) >= count, timeout, 0.05)
        return self.log_lines(pattern)

    def stats(self, command, timeout=20.0):
        """The raw answer of the stats socket."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(self.socket_path))
            connection.sendall(command.encode() + b"\n")
            pieces = []
            while piece := connection.recv(65_536):
                pieces.append(piece)
        return b"".join(pieces).decode()

    def info(self):
        return dict(line.split(": ", 1) for line in self.stats("show info").splitlines() if ": " in line)

    def rows(self):
        """The rows of `show stat` as dictionaries, by (pxname, svname)."""
        header, *rows = [line for line in self.stats("show stat").splitlines() if line]
        names = header.lstrip("# ").split(",")
        table = [dict(zip(names, row.split(","))) for row in rows]
        return {(row["pxname"], row["svname"]): row for row in table}

    def queue(self, *words):
        """`relaybox queue WORDS`; the result has returncode and output."""
        return self.relaybox("queue", *words)

    def relaybox(self, command, *words):
        """`relaybox COMMAND WORDS` at the stats socket; the result has returncode and output."""
        return run(self.binary, command, *words, "--socket", self.socket_path)

    def wait_until_delivered(self, hop, tokens, timeout=60.0):
        """The tokens that have not reached the hop when all have, or when the time is over."""
        eventually(lambda: all(token in hop.accepted for token in tokens), timeout, 0.05)
        return [token for token in tokens if token not in hop.accepted]


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1_024
    return 0


def cpu_seconds(pid, with_children=False):
    """User and system time the process has used, and what its ended children left it."""
    with open(f"/proc/{pid}/stat") as stat:
        words = stat.read().rsplit(")", 1)[1].split()
    return sum(map(int, words[11 : 15 if with_children else 13])) / os.sysconf("SC_CLK_TCK")
