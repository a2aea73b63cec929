# SPDX-License-Identifier: Apache-2.0
"""What each log format costs: processor time of relaybox for one message, kept connections, same load; receivers are not in it."""

import socket
import statistics
import threading
import time

from appliance import Appliance
from journal import Journal
from load import SinkCounter, smtp_source
from measure import Group
from scenario import folder, free_port


class Receiver(threading.Thread):
    """Reads datagrams and forgets them."""

    def __init__(self, bound):
        super().__init__(daemon=True)
        self.socket = bound
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.count = 0
        self.start()

    def run(self):
        while True:
            self.socket.recv(65_536)
            self.count += 1


def targets():
    """Names, `log` lines, receivers, and what comes before the command."""
    udp, unix = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    path = folder() / "bench.log.sock"
    unix.bind(str(path))
    journal = Journal("bench-journal")
    yield "none", "no log", None, []
    yield "syslog by UDP, rfc3164", f"log 127.0.0.1:{udp.getsockname()[1]} format rfc3164 mail", Receiver(udp), []
    yield "UNIX socket, rfc5424", f"log {path} format rfc5424 mail", Receiver(unix), []
    yield "stdout (a file)", "log stdout format maillog mail", None, []
    yield "journal", "log journal", Receiver(journal.socket), journal.wrapper


def one(line, receiver, wrapper, messages, serial):
    sink = SinkCounter(free_port(), name=f"log-sink{serial}")
    group = Group(f"logs{serial}")
    box = Appliance(
        sink.port,
        name=f"logs{serial}",
        wrapper=group.wrapper + wrapper,
        pool_lines="smtpd_client_connection_count_limit = 0",
    )
    box.write(box.text.replace("log stdout format maillog mail", line))
    box.start()
    group.add(box)
    try:
        smtp_source(box.port, 20, 200, 4_096, True)
        sink.wait_for(200, 60)
        time.sleep(0.5)
        seen, before = receiver.count if receiver else 0, group.cpu()
        smtp_source(box.port, 20, messages, 4_096, True, timeout=600)
        sink.wait_for(200 + messages, 600)
        time.sleep(0.5)
        cpu = (group.cpu() - before) / messages * 1e6
        lines = (receiver.count - seen) / messages if receiver else float("nan")
        return cpu, lines, int(box.info()["DroppedLogs"])
    finally:
        box.stop()
        sink.stop()


def measure(rounds, messages):
    results, serial = {}, 0
    kinds = list(targets())
    for number in range(rounds):
        for name, line, receiver, wrapper in kinds if number % 2 == 0 else kinds[::-1]:
            serial += 1
            results.setdefault(name, []).append(one(line, receiver, wrapper, messages, serial))
    floor = statistics.median(run[0] for run in results["none"])
    for name, runs in results.items():
        cpu = statistics.median(run[0] for run in runs)
        lines = f", {runs[0][1]:.1f} lines a message" if runs[0][1] == runs[0][1] else ""
        print(f"  {name:24} {cpu:6.0f} us/message, {cpu - floor:+5.0f} against none{lines}, {runs[-1][2]} lost", flush=True)
    return {name: [run[0] for run in runs] for name, runs in results.items()}
