# SPDX-License-Identifier: Apache-2.0
"""What opportunistic TLS to the next hop costs: processor time of relaybox for one message with smtp_tls_security_level = may, to a
sink that offers STARTTLS and to the same one that does not; over connections that serve one message, and kept ones.

The sink is Python in processes of its own (tls_sink.py), is not in the figures, and limits the rate: none is printed."""

import os
import pathlib
import signal
import statistics
import struct
import sys
import time

from appliance import Appliance
from certificates import certificate
from load import smtp_source
from measure import Group
from scenario import Failure, Program, finally_do, folder, free_port, wait_for_port

WORKERS = 2
NEW = "smtp_connection_reuse_time_limit = 0\nsmtp_connection_cache_time_limit = 0"
CASES = [(kept, encrypted) for kept in (False, True) for encrypted in (False, True)]


def name(kept, encrypted):
    return f"{'kept' if kept else 'new'} connections, {'TLS' if encrypted else 'clear text'}"


class Sink:
    def __init__(self, serial, own):
        self.port, self.path = free_port(), folder() / f"sink{serial}.counters"
        words = [sys.executable, pathlib.Path(__file__).with_name("tls_sink.py"), self.port, WORKERS, self.path]
        # why: a session of its own, so that all of its processes end together.
        self.program = Program(f"sink{serial}", ["setsid", *words, *([own.key, own.chain] if own else [])])
        finally_do(self.stop)
        wait_for_port(self.port, process=self.program.process)

    def counts(self):
        """Connections, handshakes, messages so far."""
        numbers = struct.iter_unpack("<3Q", self.path.read_bytes())
        return [sum(column) for column in zip(*numbers)]

    def wait_for(self, messages, timeout):
        deadline = time.monotonic() + timeout
        while self.counts()[2] < messages:
            if time.monotonic() > deadline:
                raise Failure(f"{self.counts()[2]} of {messages} messages arrived in {timeout} s")
            time.sleep(0.01)

    def stop(self):
        if self.program.alive():
            os.killpg(self.program.pid, signal.SIGTERM)
            self.program.process.wait(5)


def one(kept, encrypted, own, messages, serial):
    """Processor time a message in microseconds, and messages a connection."""
    sink = Sink(serial, own if encrypted else None)
    group = Group(f"hop{serial}")
    box = Appliance(
        sink.port,
        name=f"hop{serial}",
        wrapper=group.wrapper,
        pool_lines="smtpd_client_connection_count_limit = 0",
        queue_lines="smtp_tls_security_level = may\n" + ("" if kept else NEW),
    ).start()
    group.add(box)
    try:
        smtp_source(box.port, 20, 200, 4_096, True)
        sink.wait_for(200, 60)
        time.sleep(0.5)
        before, cpu = sink.counts(), group.cpu()
        smtp_source(box.port, 20, messages, 4_096, True, timeout=900)
        sink.wait_for(200 + messages, 900)
        time.sleep(0.5)
        cpu = group.cpu() - cpu
        counts = sink.counts()
    finally:
        box.stop()
        sink.stop()
    connections, handshakes, arrived = (after - first for after, first in zip(counts, before))
    if arrived != messages:
        raise Failure(f"{name(kept, encrypted)}: {arrived} messages arrived instead of {messages}")
    if counts[1] != (counts[0] if encrypted else 0):
        raise Failure(f"{name(kept, encrypted)}: {counts[1]} handshakes on {counts[0]} connections")
    if not kept and connections < messages * 0.95:
        raise Failure(f"{name(kept, encrypted)}: {connections} connections for {messages} messages")
    return cpu / messages * 1e6, messages / max(1, connections)


def measure(rounds, messages):
    own = certificate("sink", name="localhost")
    runs, serial = {case: [] for case in CASES}, 0
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        for case in CASES if number % 2 == 0 else CASES[::-1]:
            serial += 1
            cpu, share = one(*case, own, messages, serial)
            runs[case].append(cpu)
            served = f"{share:.0f} messages each" if share < messages else "no new one"
            print(f"  {name(*case):28} {cpu:7.0f} us/message; connections: {served}", flush=True)
    medians = {case: statistics.median(results) for case, results in runs.items()}
    print("\nmedians: 4 KiB in over kept connections; out with smtp_tls_security_level = may, RSA 2048 at the sink")
    for kept in (False, True):
        clear, secret = medians[kept, False], medians[kept, True]
        print(f"  {'kept' if kept else 'new':4} connections: clear text {clear:.0f}, TLS {secret:.0f} us/message, {secret - clear:+.0f}")
    return {name(*case): results for case, results in runs.items()}
