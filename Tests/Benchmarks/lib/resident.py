# SPDX-License-Identifier: Apache-2.0
"""Whether the process grows with the mail it has carried: resident memory before and after many messages of 4 KiB over kept
connections, and whenever a tenth of them has arrived; every message must arrive."""

import threading
import time

from appliance import Appliance
from load import SinkCounter, smtp_source
from scenario import Failure, eventually, free_port

RATE = 100  # messages a second that must be reached, else the run is given up


def measure(messages):
    sink = SinkCounter(free_port(), name="resident-sink")
    box = Appliance(sink.port, name="resident", pool_lines="smtpd_client_connection_count_limit = 0").start()
    time.sleep(2)
    figures, failures = [(0, box.resident())], []
    print(f"  {'before':>16} {figures[0][1] / 1e6:7.1f} MB", flush=True)

    def load():
        try:
            smtp_source(box.port, 20, messages, 4_096, True, timeout=60 + messages / RATE)
        except Exception as failure:
            failures.append(failure)

    sender = threading.Thread(target=load, daemon=True)
    sender.start()
    began = time.monotonic()
    for tenth in range(1, 11):
        share = messages * tenth // 10
        if not eventually(lambda: sink.count >= share or failures, 60 + messages / RATE, 0.01) or failures:
            raise failures[0] if failures else Failure(f"{sink.count} of {messages} messages arrived")
        figures.append((share, box.resident()))
        print(f"  {share:16,} {figures[-1][1] / 1e6:7.1f} MB after {time.monotonic() - began:.0f} s", flush=True)
    sender.join()
    if failures:
        raise failures[0]
    time.sleep(5)
    if sink.count != messages or box.queue("list").output.strip() not in ("", "Mail queue is empty"):
        raise Failure(f"{sink.count} of {messages} messages arrived; the queue: {box.queue('list').output[:500]}")
    figures.append((messages, box.resident()))
    print(f"  {'five s later':>16} {figures[-1][1] / 1e6:7.1f} MB; every message arrived once", flush=True)
    first = figures[1][1]
    print(f"between the first tenth and the end: {(figures[-1][1] - first) / 1e6:+.1f} MB")
    box.stop()
    sink.stop()
    return figures
