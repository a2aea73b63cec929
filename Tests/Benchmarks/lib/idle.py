# SPDX-License-Identifier: Apache-2.0
"""What an idle relaybox weighs, and each session that says EHLO and then nothing."""

import resource
import socket
import time

from appliance import Appliance
from scenario import Failure, free_port, note

SESSIONS_OF_ONE_CLIENT = 40


def measure(sessions):
    """Resident bytes of the idle process and of each of `sessions` idle sessions."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    box = Appliance(free_port(), name="idle", frontend_lines="timeout client 10m").start()
    time.sleep(2)
    alone = box.resident()
    held = []
    try:
        for number in range(sessions):
            client, network = number // SESSIONS_OF_ONE_CLIENT, 1
            source = f"127.0.{network + client // 250}.{client % 250 + 1}"
            held.append(_session(box.port, source))
        time.sleep(2)
        together = box.resident()
        frontend = int(box.rows()[("ft_smtp", "FRONTEND")]["scur"])
        if frontend < sessions:
            raise Failure(f"only {frontend} of {sessions} sessions are held")
    finally:
        for connection in held:
            connection.close()
    time.sleep(3)
    after = box.resident()
    note(
        f"resident: {alone / 1e6:.1f} MB alone, {together / 1e6:.1f} MB with {sessions} sessions, "
        f"{after / 1e6:.1f} MB after they left"
    )
    box.stop()
    return {"process": alone, "session": (together - alone) / sessions, "sessions": sessions, "after": after}


def _session(port, source):
    connection = socket.create_connection(("127.0.0.1", port), 20, (source, 0))
    if not connection.recv(512).startswith(b"220 "):
        raise Failure("no greeting")
    connection.sendall(b"EHLO client.example.test\r\n")
    answer = b""
    while b"\n250 " not in answer:
        piece = connection.recv(4_096)
        if not piece:
            raise Failure("closed after EHLO")
        answer += piece
    return connection
