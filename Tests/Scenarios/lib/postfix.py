# SPDX-License-Identifier: Apache-2.0
"""A real Postfix run out of a folder: Debian's package unpacked, not installed.

POSTFIX_ROOT names the unpacked package; without it the package is fetched into .build/peers. No account is made: the
queue belongs to accounts every Debian has (mail_owner uucp, setgid_group news), which Postfix accepts because nothing
else of these accounts runs. The shared libraries are found through LD_LIBRARY_PATH, which master passes on because
import_environment says so.
"""

import os
import pathlib
import shutil

from scenario import Program, REPOSITORY, finally_do, folder, run, show_on_failure, skip, wait_for_port

OWNER, GROUP = "uucp", "news"

MASTER = """\
{services}
cleanup   unix  n  -  n  -     0  cleanup
qmgr      unix  n  -  n  300   1  qmgr
tlsmgr    unix  -  -  n  1000? 1  tlsmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
verify    unix  -  -  n  -     1  verify
flush     unix  n  -  n  1000? 0  flush
proxymap  unix  -  -  n  -     -  proxymap
proxywrite unix -  -  n  -     1  proxymap
smtp      unix  -  -  n  -     -  smtp
relay     unix  -  -  n  -     -  smtp
showq     unix  n  -  n  -     -  showq
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
discard   unix  -  -  n  -     -  discard
anvil     unix  -  -  n  -     1  anvil
scache    unix  -  -  n  -     1  scache
dnsblog   unix  -  -  n  -     0  dnsblog
tlsproxy  unix  -  -  n  -     0  tlsproxy
postlog   unix-dgram n - n -   1  postlogd
"""

MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
command_directory = {root}/usr/sbin
daemon_directory = {root}/usr/lib/postfix/sbin
shlib_directory = {root}/usr/lib/postfix
meta_directory = {root}/etc/postfix
mail_owner = {owner}
setgid_group = {group}
default_privs = nobody
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C LD_LIBRARY_PATH={root}/usr/lib/postfix
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {hostname}
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
mynetworks = 127.0.0.0/8
smtp_host_lookup = native
disable_dns_lookups = yes
smtp_tls_security_level = none
{settings}
"""


def postfix_root():
    """The folder with Debian's postfix package in it, fetched when it is missing."""
    given = os.environ.get("POSTFIX_ROOT")
    root = pathlib.Path(given) if given else REPOSITORY / ".build" / "peers" / "postfix"
    if not (root / "usr/sbin/smtp-source").exists():
        fetch = pathlib.Path(__file__).with_name("fetch-postfix")
        done = run(fetch, root, timeout=300)
        if done.returncode != 0:
            skip(f"Debian's postfix package could not be fetched: {done.output.strip()[-200:]}")
    return root


def postfix_environment():
    """The environment in which Postfix's programs find their libraries."""
    return {**os.environ, "LD_LIBRARY_PATH": str(postfix_root() / "usr/lib/postfix")}


def postfix_program(name):
    return str(postfix_root() / "usr/sbin" / name)


def pcre_settings():
    """The parameters with which Postfix finds its pcre tables, which Debian has in a package of their own."""
    root = REPOSITORY / ".build" / "peers" / "postfix-pcre"
    library = root / "usr/lib/postfix/postfix-pcre.so"
    if not library.exists():
        done = run(pathlib.Path(__file__).with_name("fetch-package"), "postfix-pcre", root, timeout=300)
        if done.returncode != 0:
            skip(f"Debian's postfix-pcre package could not be fetched: {done.output.strip()[-200:]}")
    home = folder() / "postfix-meta"
    home.mkdir()
    (home / "dynamicmaps.cf").write_text(f"pcre {library} dict_pcre_open\n")
    return f"meta_directory = {home}"


class Postfix:
    """One instance: its own configuration, queue and log in a folder that Postfix's accounts can reach. `wrapper` are
    words in front of its command."""

    def __init__(self, name, services, settings, hostname="mx.example.test", port=None, wrapper=()):
        if os.getuid() != 0:
            skip("Postfix needs root")
        root = postfix_root()
        self.home = folder() / name
        for part in ("etc", "spool", "data"):
            (self.home / part).mkdir(parents=True)
        for reached in (folder(), self.home):
            os.chmod(reached, reached.stat().st_mode | 0o711)
        shutil.chown(self.home / "data", OWNER)
        os.chmod(self.home / "data", 0o700)
        self.write_settings(settings, hostname)
        (self.home / "etc/master.cf").write_text(MASTER.format(services=services.strip()))
        self._make_queue()
        self.log_path = self.home / "mail.log"
        show_on_failure(self.log_path)
        self.program = Program(
            name, [*wrapper, root / "usr/lib/postfix/sbin/master", "-c", self.home / "etc"], postfix_environment()
        )
        finally_do(self.stop)
        if port is not None:
            wait_for_port(port, process=self.program.process)

    def write_settings(self, settings, hostname):
        (self.home / "etc/main.cf").write_text(
            MAIN.format(
                home=self.home, root=postfix_root(), owner=OWNER, group=GROUP, hostname=hostname, settings=settings
            )
        )

    def _make_queue(self):
        """The folders of postfix-files, with the owners that `postfix check` asks for."""
        spool = self.home / "spool"
        private = (
            "active",
            "bounce",
            "corrupt",
            "defer",
            "deferred",
            "flush",
            "hold",
            "incoming",
            "private",
            "saved",
            "trace",
        )
        for part in private:
            (spool / part).mkdir(mode=0o700)
            shutil.chown(spool / part, OWNER, 0)
        (spool / "pid").mkdir(mode=0o755)
        for part, mode in (("maildrop", 0o1730), ("public", 0o2710)):
            (spool / part).mkdir()
            shutil.chown(spool / part, OWNER, GROUP)
            os.chmod(spool / part, mode)

    @property
    def pid(self):
        return self.program.pid

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self):
        self.program.stop()
