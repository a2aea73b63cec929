# SPDX-License-Identifier: Apache-2.0
"""Runs as root inside a booted systemd: the package's units do what an operator relies on."""
import json
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))

from load import TokenLoad
from next_hop import NextHop
from scenario import Failure, eventually, main, note, prove, run
from smtp_client import Client, deliver, new_token

PACKAGE = sys.argv[1]
CONFIGURATION = pathlib.Path("/etc/relaybox/appliance.conf")
STATS = pathlib.Path("/run/relaybox/stats.sock")
STATE = pathlib.Path("/var/lib/relaybox")
NEXT_HOP = 2526
EXPOSURE = 1.5
UNITS = ("relaybox.service", "relaybox.socket", "relaybox-stats.socket")

TEXT = """\
global
    hostname relay.example.test
    log journal
    stats socket {stats} level admin

frontend ft_smtp
    mode tcp
    bind {bind}
    timeout client 1m
    log global
    option tcplog
    default_backend bk_smtp

backend bk_smtp
    mode tcp
    timeout server 1m
    timeout connect 5s
    server here pool@inbound

pool inbound
    mynetworks = 127.0.0.0/8 [::1]/128
    relay_domains = example.test

queue
    spool /var/lib/relaybox/spool
    relayhost = [127.0.0.1]:2526
    minimal_backoff_time = 1s
    maximal_backoff_time = 2s
    queue_run_delay = 1s
"""


def must(*words, timeout=90):
    done = run(*words, timeout=timeout)
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)}: {done.output[-2_000:]}{service_log()}")
    return done.output.strip()


def service_log():
    return "\n" + run("journalctl", "-u", "relaybox.service", "-n", "40", "--no-pager", "-o", "short-precise").output


def property_of(name, unit="relaybox.service"):
    return must("systemctl", "show", "-P", name, unit)


def main_pid():
    return int(property_of("MainPID"))


def configure(bind, stats=str(STATS)):
    CONFIGURATION.write_text(TEXT.format(bind=bind, stats=stats))


def journal(*matches):
    lines = run("journalctl", "-o", "json", "--no-pager", *matches).output.splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def mail_goes_through(hop, sentence, **connection):
    token = new_token()
    reply = deliver(25, token=token, **connection)
    if reply.code != 250:
        raise Failure(f"{sentence}: {reply}{service_log()}")
    prove(eventually(lambda: token in hop.accepted, 20), sentence, service_log() if token not in hop.accepted else "")
    return reply


class Load(TokenLoad):
    """A load that also remembers clients who could not connect or heard nothing."""

    def __init__(self, *arguments, **keywords):
        self.unheard = []
        super().__init__(*arguments, **keywords)

    def _run(self):
        while not self._stop.is_set():
            try:
                client = Client(self.port, timeout=40)
            except OSError as error:
                self.unheard.append(repr(error))
                time.sleep(0.01)
                continue
            if client.greeting.code not in (220, 421):
                self.unheard.append(f"greeting {client.greeting}")
            else:
                self._session(client)
            client.close()


def installed():
    must("dpkg", "-i", PACKAGE)
    prove(property_of("ActiveState", "relaybox.socket") == "inactive", "the installation starts nothing")
    for unit in UNITS:
        verified = run("systemd-analyze", "verify", f"/lib/systemd/system/{unit}").output
        prove("relaybox" not in verified, f"systemd has nothing to say about {unit}", verified)
    exposure = re.search(r"exposure level for relaybox.service: ([0-9.]+)", must("systemd-analyze", "security", "relaybox.service", "--no-pager"))
    prove(float(exposure.group(1)) <= EXPOSURE, f"systemd-analyze security: {exposure.group(1)}, at most {EXPOSURE}")


def activation(hop):
    configure("systemd@smtp", stats="systemd@stats")
    must("systemctl", "enable", "--now", "relaybox.socket")
    prove(property_of("ActiveState") == "inactive", "the socket waits, the service does not run yet")
    mail_goes_through(hop, "a first mail starts the service and goes through: bind systemd@smtp")
    prove(property_of("ActiveState") == "active", "the service is active (READY)")
    for unit in ("relaybox.service", "relaybox-stats.socket"):
        prove(must("systemctl", "is-enabled", unit) == "enabled", f"{unit} is enabled with it")
    mail_goes_through(hop, "an IPv6 client is served by the same socket", host="::1")
    configure(":25")
    must("systemctl", "restart", "relaybox.service")
    mail_goes_through(hop, "a mail goes through: bind :25 takes over systemd's socket")
    mail_goes_through(hop, "and an IPv6 client's", host="::1")
    prove(eventually(lambda: journal("-u", "relaybox.service", "SYSLOG_IDENTIFIER=relaybox/smtpd"), 10), "sessions log to the journal")
    accepted = [entry for entry in journal("-u", "relaybox.service") if re.search(r": client=.*\[127\.0\.0\.1\]", entry["MESSAGE"])]
    prove(accepted, "the client's address is an IPv4 address though the socket takes both families", service_log() if not accepted else "")
    mapped = [entry["MESSAGE"] for entry in journal("-u", "relaybox.service") if "::ffff:" in entry["MESSAGE"]]
    prove(not mapped, "in the balancer's lines as well", mapped[:1])
    queue_id = accepted[-1].get("RELAYBOX_QUEUE_ID", "")
    life = [entry["MESSAGE"] for entry in journal(f"RELAYBOX_QUEUE_ID={queue_id}")]
    prove(queue_id and any("status=sent" in line for line in life) and any("removed" in line for line in life),
          "journalctl RELAYBOX_QUEUE_ID= shows a message from its client to its removal", life)
    prove(accepted[-1].get("RELAYBOX_SESSION_ID", "0") != "0", "and the session's number is a field", accepted[-1])
    entries = journal(f"RELAYBOX_QUEUE_ID={queue_id}")
    kinds = [(entry["PRIORITY"], entry["SYSLOG_FACILITY"], entry["SYSLOG_IDENTIFIER"]) for entry in entries]
    ways = [("6", "2", f"relaybox/{part}") for part in ("smtpd", "cleanup", "qmgr", "smtp", "qmgr")]
    prove(kinds == ways, "each with PRIORITY, SYSLOG_FACILITY and SYSLOG_IDENTIFIER, and in this order", kinds)
    prove(all(entry["_SYSTEMD_UNIT"] == "relaybox.service" for entry in entries), "and said by the unit's own process")
    by_name = journal(f"RELAYBOX_QUEUE_ID={queue_id}", "-t", "relaybox/smtp")
    prove(len(by_name) == 1 and "status=sent" in by_name[0]["MESSAGE"], "journalctl -t relaybox/smtp has the delivery", by_name)


def privileges():
    pid = main_pid()
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    account = int(must("id", "-u", "relaybox"))
    prove(f"Uid:\t{account}\t" in status, "the process runs as relaybox")
    capabilities = re.findall(r"^Cap(?:Inh|Prm|Eff|Bnd|Amb):\t(\w+)$", status, re.MULTILINE)
    prove(len(capabilities) == 5 and all(int(value, 16) == 0 for value in capabilities), "without any capability", capabilities)
    prove("NoNewPrivs:\t1" in status and "Seccomp:\t2" in status, "and can gain none")


def talk(prefix):
    return run(*prefix, "socat", "-t", "5", "-", f"UNIX-CONNECT:{STATS}", stdin="show info\n")


def stats_socket():
    refused = talk(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"])
    prove("Permission denied" in refused.output, "a client of the stats socket without rights is refused", refused.output)
    member = talk(["setpriv", "--reuid=nobody", "--regid=relaybox", "--clear-groups"])
    prove("Uptime_sec" in member.output, "a member of the group is answered", member.output)
    shown = run("relaybox", "stats", "show", "info")
    prove(shown.returncode == 0 and "Uptime_sec" in shown.output, "relaybox stats finds the socket", shown.output)
    node = STATS.stat().st_ino
    must("systemctl", "restart", "relaybox.service")
    prove(STATS.stat().st_ino == node and "Uptime_sec" in talk([]).output, "the socket stays over a restart")


def reload():
    pid = main_pid()
    configure(":25")
    CONFIGURATION.write_text(CONFIGURATION.read_text().replace("relay_domains", "smtpd_banner = $myhostname ESMTP again\n    relay_domains"))
    must("systemctl", "reload", "relaybox.service")

    def banner():
        client = Client(25)
        client.close()
        return client.greeting.text

    prove(eventually(lambda: banner().endswith("ESMTP again"), 10), "systemctl reload takes the new file", service_log())
    prove(main_pid() == pid and property_of("ActiveState") == "active", "in the same process")
    prove(property_of("StatusText") != "", f"systemctl status has a line: {property_of('StatusText')}")


def restart_under_load(hop):
    load = Load(25, threads=8)
    for _ in range(3):
        time.sleep(1)
        must("systemctl", "restart", "relaybox.service")
    time.sleep(1)
    load.stop()
    note(f"{len(load.acknowledged)} messages acknowledged over three restarts")
    prove(not load.unheard, "systemctl restart under load, three times: no connection is refused or cut without a word", load.unheard[:3])
    prove(not load.in_doubt, "no client is left without a reply after its final dot", len(load.in_doubt))
    missing = lambda: [token for token in load.acknowledged if token not in hop.accepted]
    eventually(lambda: not missing(), 60, 0.1)
    prove(not missing(), "no acknowledged mail is lost", missing()[:3])
    prove(not hop.doubles(), "none arrives twice", list(hop.doubles())[:3])


def death(hop):
    pid = main_pid()
    os.kill(pid, 9)
    prove(eventually(lambda: main_pid() not in (0, pid) and property_of("ActiveState") == "active", 20), "after kill -9 systemd starts it again")
    mail_goes_through(hop, "and mail goes through")


def watchdog(hop):
    drop_in = pathlib.Path("/run/systemd/system/relaybox.service.d/quick.conf")
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Service]\nWatchdogSec=2\nTimeoutAbortSec=2\n")
    must("systemctl", "daemon-reload")
    must("systemctl", "restart", "relaybox.service")
    pid = main_pid()
    time.sleep(5)
    prove(main_pid() == pid, "a process that works feeds its watchdog: alive after 5 s of WatchdogSec=2")
    os.kill(pid, 19)
    waiting = Client(25, greet=False, timeout=40)
    prove(eventually(lambda: main_pid() not in (0, pid) and property_of("ActiveState") == "active", 30, 0.1),
          "the watchdog restarts a process that hangs (kill -STOP)", service_log())
    prove(any("Watchdog timeout" in entry["MESSAGE"] for entry in journal("UNIT=relaybox.service")), "the journal says why")
    waiting.close()
    mail_goes_through(hop, "and mail goes through")
    drop_in.unlink()
    drop_in.parent.rmdir()
    must("systemctl", "daemon-reload")


def purge_with_mail(hop):
    hop.close()
    token = new_token()
    reply = deliver(25, token=token)
    prove(reply.code == 250, "a mail is accepted while the next hop is down", reply)
    output = must("dpkg", "--purge", "relaybox")
    prove("which is kept" in output and (STATE / "spool").is_dir(), "a purge keeps the spool with mail in it and says so", output)
    prove(not re.search(r":25\s", must("ss", "-ltn")), "nothing listens on port 25 any more")
    prove(not CONFIGURATION.exists() and not STATS.exists(), "configuration and sockets are gone")
    hop.open()
    must("dpkg", "-i", PACKAGE)
    configure(":25")
    must("systemctl", "start", "relaybox.socket", "relaybox.service")
    prove(eventually(lambda: token in hop.accepted, 20), "installed again, it delivers the mail that was kept", service_log())


def purge():
    prove(eventually(lambda: "is empty" in run("relaybox", "queue", "list").output, 10), "the queue is empty", run("relaybox", "queue", "list").output)
    output = must("dpkg", "--purge", "relaybox")
    prove(not STATE.exists(), "a purge with an empty queue removes the spool", output)
    left = run("find", "/etc", "/lib/systemd", "/run", "/usr", "/var/lib", "-xdev", "-name", "*relaybox*", "-not", "-path", "/var/lib/dpkg/*").output
    prove(not left, "and leaves nothing", left)
    failed = [line for line in must("systemctl", "list-units", "--all", "--no-legend", "relaybox*").splitlines() if "active" in line and "inactive" not in line]
    prove(not failed, "no unit is left", failed)


def scenario():
    hop = NextHop(NEXT_HOP)
    installed()
    activation(hop)
    privileges()
    stats_socket()
    reload()
    restart_under_load(hop)
    death(hop)
    watchdog(hop)
    purge_with_mail(hop)
    purge()


main(scenario)
