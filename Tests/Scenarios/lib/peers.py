# SPDX-License-Identifier: Apache-2.0
"""Real Exim, nginx (stream) and Dovecot (IMAP) out of folders: Debian's packages unpacked, not installed, so that nothing
else of them is started. EXIM_ROOT, NGINX_ROOT and DOVECOT_ROOT name the folders; without them .build/peers has them, and
what is missing is fetched. Exim and Dovecot see their files where they expect them in a mount namespace of their own."""

import os
import pathlib
import shutil

from scenario import Program, REPOSITORY, finally_do, folder, run, show_on_failure, skip, wait_for_port

PACKAGES = {
    "exim-heavy": ["exim4-daemon-heavy", "exim4-base"],
    "nginx": ["nginx", "libnginx-mod-stream"],
    "dovecot": ["dovecot-core", "dovecot-imapd", "dovecot-submissiond"],
}


def root_of(name):
    """The folder with the unpacked packages of a peer."""
    given = os.environ.get(f"{name.upper()}_ROOT")
    root = pathlib.Path(given) if given else REPOSITORY / ".build" / "peers" / name
    if not (root / "usr/sbin").exists():
        done = run(pathlib.Path(__file__).with_name("fetch-peer"), root, *PACKAGES[name], timeout=300)
        if done.returncode != 0:
            skip(f"Debian's {name} could not be fetched: {done.output.strip()[-200:]}")
    if os.getuid() != 0:
        skip(f"{name} needs root")
    return root


class Peer:
    """One process with its files in a folder of its own."""

    def __init__(self, name, arguments, ports, log_path=None):
        self.log_path = log_path
        if log_path:
            show_on_failure(log_path)
        self.program = Program(name, arguments)
        finally_do(self.stop)
        for port in ports:
            wait_for_port(port, process=self.program.process)

    def log(self):
        text = self.program.log()
        if self.log_path and self.log_path.exists():
            text += self.log_path.read_text(errors="replace")
        return text

    def stop(self):
        self.program.stop(3)


EXIM = """\
primary_hostname = exim.example.test
spool_directory = {home}/spool
log_file_path = {home}/%slog
pid_file_path = {home}/exim.pid
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
hosts_proxy = 127.0.0.0/8
log_selector = +smtp_connection
host_lookup =
rfc1413_hosts =
queue_only = true
keep_environment =
tls_advertise_hosts =
acl_smtp_connect = connected
acl_smtp_rcpt = taken
acl_smtp_data = taken
begin acl
connected:
  accept logwrite = CLIENT [$sender_host_address]:$sender_host_port VIA [$proxy_local_address]:$proxy_local_port SESSION $proxy_session
taken:
  accept
begin routers
begin transports
"""


def exim(name, port):
    """Exim as it comes, expecting a PROXY header of either version from this host."""
    root = root_of("exim-heavy")
    home = folder() / name
    (home / "spool").mkdir(parents=True)
    os.chmod(folder(), 0o755)
    # Exim insists on its own account, which is made for it alone.
    for source, line in (("passwd", "Debian-exim:x:64999:64999::/:/bin/false\n"), ("group", "Debian-exim:x:64999:\n")):
        (home / source).write_text(pathlib.Path("/etc", source).read_text() + line)
    (home / "exim.conf").write_text(EXIM.format(home=home, port=port))
    for path in (home, home / "spool"):
        os.chown(path, 64999, 64999)
        os.chmod(path, 0o755)
    script = (
        f"mount --bind {home}/passwd /etc/passwd && mount --bind {home}/group /etc/group && "
        f"exec {root}/usr/sbin/exim4 -C {home}/exim.conf -bdf"
    )
    arguments = ["unshare", "-m", "--propagation", "private", "sh", "-c", script]
    return Peer(name, arguments, [port], home / "mainlog")


def nginx(name, servers, ports):
    """nginx with these `server` blocks in its stream module."""
    root = root_of("nginx")
    path = folder() / f"{name}.conf"
    path.write_text(
        f"load_module {root}/usr/lib/nginx/modules/ngx_stream_module.so;\n"
        f"daemon off; master_process off; user root; pid {folder()}/{name}.pid; error_log stderr info;\n"
        "events { worker_connections 200; }\nstream {\n"
        "  log_format seen 'CLIENT $proxy_protocol_addr:$proxy_protocol_port FROM $remote_addr BYTES $bytes_sent';\n"
        f"  access_log {folder()}/{name}.access seen;\n{servers}\n}}\n"
    )
    arguments = [root / "usr/sbin/nginx", "-e", "stderr", "-c", path]
    return Peer(name, arguments, ports, folder() / f"{name}.access")


DOVECOT = """\
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
protocols = imap
ssl = no
disable_plaintext_auth = no
default_internal_user = uucp
default_internal_group = news
default_login_user = nobody
haproxy_trusted_networks = 127.0.0.0/8
login_greeting = dovecot ready
auth_mechanisms = plain
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=daemon gid=daemon home={home}/mail
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
    haproxy = yes
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


def dovecot(name, port):
    """Dovecot's IMAP login, which believes the header of this host."""
    root = root_of("dovecot")
    home = folder() / name
    (home / "run").mkdir(parents=True)
    (home / "state").mkdir()
    (home / "mail").mkdir()
    shutil.chown(home / "mail", "daemon")
    os.chmod(folder(), 0o755)
    (home / "dovecot.conf").write_text(DOVECOT.format(home=home, port=port))
    script = (
        f"mount -t overlay overlay -o lowerdir={root}/usr:/usr /usr && "
        f"exec /usr/sbin/dovecot -F -c {home}/dovecot.conf"
    )
    arguments = ["unshare", "-m", "--propagation", "private", "sh", "-c", script]
    return Peer(name, arguments, [port], home / "dovecot.log")
