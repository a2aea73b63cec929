# SPDX-License-Identifier: Apache-2.0
"""A DNS on loopback: unbound with local data, and rbldnsd behind it for block lists."""

import os
import random
import socket

from scenario import Failure, Program, eventually, folder, free_port, need, skip

UNBOUND = """\
server:
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    logfile: ""
    interface: {address}@53
    access-control: 127.0.0.0/8 allow
    do-not-query-localhost: no
    do-ip6: no
    module-config: "iterator"
    num-threads: 1
    infra-cache-min-rtt: 50
    unblock-lan-zones: yes
    insecure-lan-zones: yes
{zones}
{stubs}
remote-control:
    control-enable: no
"""

RBLDNSD_SOA = "$SOA 600 ns.lists.test. hostmaster.lists.test. 1 600 300 86400 60\n$NS 600 ns.lists.test.\n"


class NameServer:
    """Listens on port 53 of an address of its own in 127/8.

    `zones` are lines of local data by zone, which is complete: other names below it do not exist. `lists` are rbldnsd
    datasets by zone: (kind, lines). `dead` zones are asked of a port where nobody listens.
    """

    def __init__(self, zones, lists=None, dead=()):
        if os.getuid() != 0:
            skip("a name server on port 53 needs root")
        unbound = need("unbound")
        self.address = free_address()
        text, stubs = [], []
        for zone, lines in zones.items():
            text.append(f'    local-zone: "{zone}" static')
            text += [f"    local-data: '{line}'" for line in lines]
        if lists:
            port = self._serve_lists(lists)
            for zone in lists:
                text.append(f'    local-zone: "{zone}." transparent')
                stubs.append(f'stub-zone:\n    name: "{zone}"\n    stub-addr: 127.0.0.1@{port}')
        closed = free_port()
        for zone in dead:
            text.append(f'    local-zone: "{zone}." transparent')
            stubs.append(f'stub-zone:\n    name: "{zone}"\n    stub-addr: 127.0.0.1@{closed}')
        path = folder() / "unbound.conf"
        path.write_text(
            UNBOUND.format(folder=folder(), address=self.address, zones="\n".join(text), stubs="\n".join(stubs))
        )
        self.program = Program("unbound", [unbound, "-d", "-p", "-c", path])
        if not eventually(lambda: asks(self.address), 15, 0.05):
            raise Failure("unbound does not answer")

    def _serve_lists(self, lists):
        rbldnsd = need("rbldnsd")
        port = free_port()
        words = []
        for zone, (kind, lines) in lists.items():
            (folder() / zone).write_text(RBLDNSD_SOA + "\n".join(lines) + "\n")
            words.append(f"{zone}:{kind}:{zone}")
        os.chmod(folder(), folder().stat().st_mode | 0o755)
        Program("rbldnsd", [rbldnsd, "-n", "-f", "-u", "nobody", "-w", folder(), f"-b127.0.0.1/{port}", *words])
        return port

    def wrapper(self):
        """Words in front of a command that make this server the one of its resolv.conf."""
        path = folder() / "resolv.conf"
        path.write_text(f"nameserver {self.address}\noptions timeout:2 attempts:1\n")
        os.chmod(path, 0o644)
        script = f'mount --bind {path} /etc/resolv.conf && exec "$@"'
        return (need("unshare"), "-m", "sh", "-c", script, "sh")


def free_address():
    """An address of 127/8 whose port 53 nobody has."""
    for _ in range(200):
        address = f"127.{random.randrange(60, 250)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((address, 53))
                return address
            except OSError:
                continue
    raise Failure("no address of 127/8 has a free port 53")


def asks(address):
    """Whether the server answers at all."""
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04none\x07invalid\x00\x00\x01\x00\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.3)
        try:
            asking.sendto(question, (address, 53))
            return len(asking.recv(512)) > 12
        except OSError:
            return False
