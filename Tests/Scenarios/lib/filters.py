# SPDX-License-Identifier: Apache-2.0
"""The real filters, from Debian's packages, started by hand in the scenario's folder and without any network."""

import email.utils
import os
import pathlib
import pwd
import shutil

from scenario import Program, folder, need, run, show_on_failure, skip, wait_for_port

GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


def mail(token, text="Hello.\n", sender="sender@example.test", subject=None):
    """A message that spam filters find nothing wrong with but what `text` has."""
    head = (
        f"From: Sender <{sender}>\nTo: User <user@example.test>\nSubject: {subject or token}\nX-Token: {token}\n"
        f"Date: {email.utils.formatdate()}\nMessage-ID: <{token}@example.test>\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=us-ascii\n\n"
    )
    return (head + text).replace("\n", "\r\n").encode()


def give(path, user):
    """Hands a folder to the user a filter runs as."""
    entry = pwd.getpwnam(user)
    os.chown(path, entry.pw_uid, entry.pw_gid)


def need_root():
    if os.geteuid() != 0:
        skip("the filters are started as root and give it up themselves")


class OpenDKIM:
    """Signs mail of example.test (mode s) or verifies signatures (mode v) with the same key, without asking the DNS."""

    def __init__(self, port, mode="s"):
        program, openssl = need("opendkim", "openssl")
        key, keys = folder() / "opendkim.key", folder() / "opendkim.keys"
        if not key.exists():
            run(openssl, "genrsa", "-out", key, "2048")
            os.chmod(key, 0o600)
            public = run(openssl, "rsa", "-in", key, "-pubout", "-outform", "PEM").output
            point = "".join(line for line in public.splitlines() if line and "-" not in line and "writing" not in line)
            keys.write_text(f"test._domainkey.example.test v=DKIM1; k=rsa; p={point}\n")
        path = folder() / f"opendkim-{mode}.conf"
        path.write_text(
            f"Socket inet:{port}@127.0.0.1\nMode {mode}\nDomain example.test\nSelector test\nKeyFile {key}\n"
            f"TestDNSData {keys}\nInternalHosts {'127.0.0.0/8' if mode == 's' else '192.0.2.0/24'}\n"
            "Background no\nSyslog no\nAutoRestart no\nRequireSafeKeys no\nAlwaysAddARHeader yes\n"
            "Canonicalization relaxed/simple\n"
        )
        self.program = Program(f"opendkim-{mode}", [program, "-f", "-x", path])
        wait_for_port(port, process=self.program.process)


class Rspamd:
    """The proxy worker as a milter that scans by itself, with the GTUBE test and nothing that needs a network."""

    def __init__(self, port, name="rspamd"):
        program = need("rspamd")
        need_root()
        home = folder() / name
        for part in ("db", "log", "run"):
            (home / part).mkdir(parents=True, exist_ok=True)
            os.chmod(home / part, 0o777)
        # why: compiling the real list of suffixes takes ten seconds and more.
        (home / "suffixes").write_text("test\nexample\ncom\n")
        path = home / "rspamd.conf"
        path.write_text(
            f"""\
options {{
    pidfile = "{home}/run/rspamd.pid";
    temp_dir = "{home}/run";
    url_tld = "{home}/suffixes";
    filters = "";
    dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }}
    enable_test_patterns = true;
    gtube_patterns = "all";
    control_socket = "{home}/run/control.sock mode=0600";
    raw_mode = false;
    one_shot = true;
    cache_file = "{home}/db/symbols.cache";
    map_watch_interval = 5min;
    dynamic_conf = "{home}/db/dynamic";
    history_file = "{home}/db/history";
    hs_cache_dir = "{home}/db";
    local_addrs = "127.0.0.0/8";
}}
logging {{ type = "console"; level = "info"; }}
worker {{
    type = "rspamd_proxy";
    bind_socket = "127.0.0.1:{port}";
    milter = yes;
    timeout = 20s;
    count = 1;
    upstream "local" {{ default = yes; self_scan = yes; }}
    reject_message = "Spam message rejected";
    spam_header = "X-Spam";
}}
actions {{ reject = 15; add_header = 6; greylist = 400; }}
metric {{ name = "default"; actions {{ reject = 15; add_header = 6; }} }}
"""
        )
        self.program = Program(name, [program, "-f", "-i", "-c", path])
        wait_for_port(port, process=self.program.process, timeout=60)


class Amavis:
    """amavisd-new with SpamAssassin's local tests; takes mail on `port`, gives it to `next_port` and tags spam."""

    def __init__(self, port, next_port, name="amavis", user="amavis"):
        program = need("amavisd") if shutil.which("amavisd", path="/usr/sbin") else need("amavisd-new")
        need_root()
        home = folder() / name
        home.mkdir(exist_ok=True)
        for part in ("tmp", "db", "var"):
            (home / part).mkdir(exist_ok=True)
            give(home / part, user)
        open_way(home / "var")
        # why: amavisd refuses a configuration that its own user could change.
        path = home / "amavisd.conf"
        path.write_text(
            f"""\
use strict;
$max_servers = 2;
$daemon_user = '{user}'; $daemon_group = '{user}';
$MYHOME = '{home}'; $TEMPBASE = "$MYHOME/tmp"; $db_home = "$MYHOME/db";
$QUARANTINEDIR = undef; $helpers_home = "$MYHOME/var";
$lock_file = "$MYHOME/var/amavisd.lock"; $pid_file = "$MYHOME/var/amavisd.pid";
$mydomain = 'example.test'; $myhostname = 'filter.example.test';
$log_level = 1; $do_syslog = 0; $logfile = "$MYHOME/var/amavis.log";
$enable_db = 0; $enable_zmq = 0; $nanny_details_level = 1;
$inet_socket_port = {port}; $inet_socket_bind = '127.0.0.1'; @inet_acl = qw(127.0.0.0/8);
$forward_method = 'smtp:[127.0.0.1]:{next_port}'; $notify_method = $forward_method;
@local_domains_maps = (1); @mynetworks = qw(127.0.0.0/8);
$sa_local_tests_only = 1; $sa_mail_body_size_limit = 400*1024;
$sa_tag_level_deflt = -999; $sa_tag2_level_deflt = 5; $sa_kill_level_deflt = 9999; $sa_dsn_cutoff_level = 1;
$final_virus_destiny = D_PASS; $final_banned_destiny = D_PASS; $final_spam_destiny = D_PASS;
$final_bad_header_destiny = D_PASS; $spam_quarantine_to = undef; $virus_quarantine_to = undef;
$bad_header_quarantine_to = undef; $banned_quarantine_to = undef;
$virus_admin = undef; $spam_admin = undef;
$X_HEADER_TAG = 'X-Virus-Scanned'; $X_HEADER_LINE = "by $myhostname";
@bypass_virus_checks_maps = (0); @av_scanners = (['always-clean', sub {{ 0 }}]); @av_scanners_backup = ();
@bypass_spam_checks_maps = (0); @keep_decoded_original_maps = (1);
$enable_dkim_verification = 0; $enable_dkim_signing = 0;
@decoders = ();
1;
"""
        )
        show_on_failure(home / "var" / "amavis.log")
        self.program = Program(name, [program, "-c", path, "foreground"])
        wait_for_port(port, process=self.program.process, timeout=60)


class Spampd:
    """spampd: an SMTP proxy in front of the queue that lets SpamAssassin mark what goes through it."""

    def __init__(self, port, next_port, name="spampd"):
        program = need("spampd")
        need_root()
        home = folder() / name
        home.mkdir(exist_ok=True)
        open_way(home)
        user = "spampd" if known("spampd") else "nobody"
        give(home, user)
        group = "spampd" if known("spampd") else "nogroup"
        (home / "local.cf").write_text("required_score 5\nreport_safe 0\nuse_bayes 0\nskip_rbl_checks 1\ndns_available no\n")
        self.program = Program(
            name,
            [
                program, "--nodetach", f"--host=127.0.0.1:{port}", f"--relayhost=127.0.0.1:{next_port}",
                "--children=2", f"--user={user}", f"--group={group}", f"--pid={home}/spampd.pid",
                "--local-only", "--tagall", "--logsock=inet", f"--saconfig={home}/local.cf",
            ],
        )
        wait_for_port(port, process=self.program.process, timeout=60)


def known(user):
    try:
        pwd.getpwnam(user)
        return True
    except KeyError:
        return False


def open_way(path):
    """Lets a filter's own user pass through the folders above its own."""
    for parent in pathlib.Path(path).parents:
        if str(parent) in ("/", "/tmp"):
            break
        os.chmod(parent, os.stat(parent).st_mode | 0o011)
