# SPDX-License-Identifier: Apache-2.0
"""What screening costs for one message: every connection from a client that it has never seen, from one that it knows, and in a pool
that screens nobody; one process, in turn.

The load (proxied_load.py, outside of the measured group, the same in every case) says in a PROXY header who the client is: always
another address, or always the same one. A new client is made to wait one millisecond, because postscreen_greet_wait = 0 would leave
the test out; the clock of waits goes in steps of a tenth of a second, so many sessions at once keep that from limiting the rate."""

import ipaddress
import pathlib
import statistics
import subprocess
import sys
import time

from appliance import Appliance
from load import SinkCounter
from measure import Group
from scenario import Failure, eventually, free_port

KNOWN = ipaddress.IPv4Address("198.51.100.1")
FIRST = ipaddress.IPv4Address("10.0.0.1")
PROCESSES, SESSIONS = 2, 200  # of the load, and in each of them
CASES = [  # name, whether each connection is another client's, whether the pool screens, the line that tells of the case
    ("unknown client", True, True, "PASS NEW"),
    ("known client", False, True, "PASS OLD"),
    ("no screening", True, False, None),
]

CONFIGURATION = """\
global
    hostname relay.example.test
    log stdout format maillog mail
    stats socket {{socket}} mode 600 level admin

pool screened
    bind 127.0.0.1:{{port}} accept-proxy proxy-from 127.0.0.0/8
    relay_domains = example.test
    smtpd_client_connection_count_limit = 0
    postscreen_access_list =
    postscreen_greet_wait = 1ms
    postscreen_greet_action = enforce

pool open
    bind 127.0.0.1:{unscreened} accept-proxy proxy-from 127.0.0.0/8
    relay_domains = example.test
    smtpd_client_connection_count_limit = 0

queue
    spool {{spool}}
    relayhost = [127.0.0.1]:{{next_hop}}
"""


class Stack:
    def __init__(self, serial):
        self.sink = SinkCounter(free_port(), name=f"sink{serial}")
        self.group = Group(f"unknown{serial}")
        self.unscreened = free_port()
        self.box = Appliance(
            configuration=CONFIGURATION.format(unscreened=self.unscreened),
            port=free_port(),
            next_hop=self.sink.port,
            name=f"unknown{serial}",
            wrapper=self.group.wrapper,
        ).start()
        self.group.add(self.box)
        self.fresh = FIRST

    def load(self, changes, screens, messages):
        """Sends the messages; returns the seconds it took."""
        port = self.box.port if screens else self.unscreened
        shares = [messages // PROCESSES + (number < messages % PROCESSES) for number in range(PROCESSES)]
        began, processes = time.monotonic(), []
        for share in filter(None, shares):
            first, step = (self.fresh, 1) if changes else (KNOWN, 0)
            words = [sys.executable, pathlib.Path(__file__).with_name("proxied_load.py"), port, SESSIONS, share, first, step]
            processes.append(subprocess.Popen([str(word) for word in words], stderr=subprocess.PIPE, text=True))
            if changes:
                self.fresh += share
        for process in processes:
            error = process.communicate(timeout=900)[1]
            if process.returncode != 0:
                raise Failure(f"the load ended early: {error[-500:]}")
        return time.monotonic() - began

    def stop(self):
        self.box.stop()
        self.sink.stop()


def one(stack, name, changes, screens, passed, messages):
    seen, arrived, cpu = stack.box.program.log_path.stat().st_size, stack.sink.count, stack.group.cpu()
    took = stack.load(changes, screens, messages)
    stack.sink.wait_for(arrived + messages, 900)
    time.sleep(0.5)
    cpu = stack.group.cpu() - cpu
    if stack.sink.count != arrived + messages:
        raise Failure(f"{name}: {stack.sink.count - arrived} messages arrived instead of {messages}")
    check(stack, name, passed, messages, seen)
    return messages / took, cpu / messages * 1e6


def check(stack, name, passed, messages, seen):
    """The log tells that each connection was what its case is about."""
    def told():
        with open(stack.box.program.log_path, "rb") as log:
            log.seek(seen)
            lines = log.read()
        return {text: lines.count(text.encode()) for text in ("PASS NEW", "PASS OLD")}

    wanted = {text: messages if text == passed else 0 for text in ("PASS NEW", "PASS OLD")}
    if not eventually(lambda: told() == wanted, 10, 0.2):
        raise Failure(f"{name}: the log has {told()} for {messages} connections")


def measure(rounds, messages):
    runs = {name: [] for name, *_ in CASES}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        stack = Stack(number)
        try:
            stack.load(True, False, 200)
            stack.load(False, True, 1)  # the known client passes the test
            stack.sink.wait_for(201, 60)
            time.sleep(1)
            for name, *case in CASES if number % 2 == 0 else CASES[::-1]:
                rate, cpu = one(stack, name, *case, messages)
                runs[name].append((rate, cpu))
                print(f"  {name:16} {rate:8.0f} accepted/s {cpu:7.0f} us/message", flush=True)
        finally:
            stack.stop()
    print(
        f"\nmedians: 4 KiB, a new connection each with a PROXY header, {PROCESSES * SESSIONS} at once; unknown: always another address,"
        "\npostscreen_greet_wait = 1ms, postscreen_greet_action = enforce; the load may be what limits the rate"
    )
    medians = {name: [statistics.median(figures) for figures in zip(*results)] for name, results in runs.items()}
    floor = medians["no screening"][1]
    for name, (rate, cpu) in medians.items():
        print(f"  {name:16} {rate:8.0f} accepted/s {cpu:7.0f} us/message, {cpu - floor:+5.0f} against no screening")
    return {"runs": runs, "medians": medians}
