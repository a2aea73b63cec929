# SPDX-License-Identifier: Apache-2.0
"""A network of the scenario's own, where every port and address of the loopback is free, and name servers and receivers
that live in it."""

import os
import pathlib
import re
import sys

from postfix import postfix_environment, postfix_program
from scenario import Program, REPOSITORY, folder, need, run, skip, wait_for_port

_INSIDE = "RELAYBOX_NETSPACE"


def enter(addresses=(), accounts=()):
    """Starts the scenario again in a network and mount namespace of its own; returns inside of it. `addresses` are the
    host's there beside 127.0.0.1 and ::1, `accounts` are lines of passwd(5)."""
    if os.environ.get(_INSIDE):
        run("ip", "link", "set", "lo", "up")
        for address in addresses:
            run("ip", "address", "add", f"{address}/8", "dev", "lo")
        if accounts:
            _add_accounts(accounts)
        return
    if os.getuid() != 0:
        skip("a network of its own needs root")
    need("unshare", "ip")
    if run("unshare", "-n", "-m", "true").returncode != 0:
        skip("no namespaces can be made here")
    os.environ[_INSIDE] = "1"
    words = ["unshare", "-n", "-m", "--propagation", "private", "--", sys.executable, *sys.argv]
    os.execvp(words[0], words)


def _add_accounts(lines):
    """Puts a longer passwd and group over the host's, in this namespace alone."""
    groups = [f"{line.split(':')[0]}:x:{line.split(':')[3]}:" for line in lines]
    for name, more in (("passwd", lines), ("group", groups)):
        path = folder() / name
        known = pathlib.Path(f"/etc/{name}").read_text()
        path.write_text(known + "".join(f"{line}\n" for line in more))
        os.chmod(path, 0o644)
        done = run("mount", "--bind", path, f"/etc/{name}")
        if done.returncode != 0:
            skip(f"no account can be added: {done.output.strip()}")


class NameServer:
    """unbound with records of its own: `records` are lines such as "a.test. MX 10 mx.a.test.", everything else below
    `zone` does not exist; `broken` are domains whose servers do not answer."""

    def __init__(self, records, zone="test.", broken=(), port=53):
        unbound = need("unbound")
        self.port = port
        lines = [
            "server:",
            f"  interface: 127.0.0.1@{port}",
            "  do-daemonize: no",
            '  chroot: ""',
            '  username: ""',
            f'  directory: "{folder()}"',
            '  pidfile: ""',
            "  use-syslog: no",
            "  do-not-query-localhost: no",
            '  module-config: "iterator"',
            f'  local-zone: "{zone}" static',
        ]
        lines += [f'  local-zone: "{name}." transparent' for name in broken]
        lines += [f'  local-data: "{record}"' for record in records]
        lines += ["remote-control:", "  control-enable: no"]
        for name in broken:
            lines += ["forward-zone:", f'  name: "{name}."', "  forward-addr: 127.0.0.1@1"]
        path = folder() / "unbound.conf"
        path.write_text("\n".join(lines) + "\n")
        self.program = Program("unbound", [unbound, "-c", path])
        wait_for_port(port, process=self.program.process)


class Sink:
    """smtp-sink on an address, each message in a file of its own."""

    def __init__(self, name, address, port=25):
        self.folder = folder() / name
        self.folder.mkdir()
        os.chmod(folder(), 0o755)
        os.chmod(self.folder, 0o777)
        host = f"[{address}]" if ":" in address else address
        self.program = Program(
            name,
            [postfix_program("smtp-sink"), "-u", "nobody", "-d", f"{self.folder}/%H%M%S.", f"inet:{host}:{port}", "200"],
            postfix_environment(),
        )
        wait_for_port(port, host=address, process=self.program.process)

    def tokens(self):
        return tokens_in(self.folder.iterdir())


class Exim:
    """A real Exim out of a folder, Debian's package unpacked: it takes everything and keeps it in its queue."""

    ACCOUNT = "Debian-exim:x:65533:65533:Exim:/nonexistent:/usr/sbin/nologin"

    def __init__(self, name, address, port=25):
        binary = exim_root() / "usr/sbin/exim4"
        self.home = folder() / name
        for part in ("spool", "log"):
            (self.home / part).mkdir(parents=True)
        os.chmod(folder(), 0o755)
        for path in (self.home, self.home / "spool", self.home / "log"):
            os.chown(path, 65533, 65533)
        configuration = self.home / "exim.conf"
        configuration.write_text(
            f"""\
exim_user = Debian-exim
exim_group = Debian-exim
primary_hostname = {name}.example.test
spool_directory = {self.home}/spool
log_file_path = {self.home}/log/%slog
local_interfaces = <; {address}
daemon_smtp_ports = {port}
tls_advertise_hosts =
queue_only = true
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0
acl_smtp_rcpt = accept
acl_smtp_data = accept
begin acl
begin routers
"""
        )
        self.program = Program(name, [binary, "-C", configuration, "-bdf"])
        wait_for_port(port, host=address, process=self.program.process)

    def tokens(self):
        return tokens_in((self.home / "spool/input").rglob("*-H"))


def exim_root():
    """The folder with Debian's Exim in it, fetched when it is missing."""
    given = os.environ.get("EXIM_ROOT")
    root = pathlib.Path(given) if given else REPOSITORY / ".build" / "peers" / "exim"
    if not (root / "usr/sbin/exim4").exists():
        done = run(pathlib.Path(__file__).with_name("fetch-exim"), root, timeout=300)
        if done.returncode != 0:
            skip(f"Debian's exim package could not be fetched: {done.output.strip()[-200:]}")
    if "not found" in run("ldd", root / "usr/sbin/exim4").output:
        skip("libraries of Exim are missing: libidn12 libgnutls-dane0 libpcre2-8-0")
    return root


def tokens_in(paths):
    """The first X-Token of every file, a list."""
    found = []
    for path in paths:
        try:
            match = re.search(rb"X-Token: (\S+)", path.read_bytes())
        except OSError:
            continue
        if match:
            found.append(match.group(1).decode())
    return found
