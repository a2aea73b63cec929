# SPDX-License-Identifier: Apache-2.0
"""The same dialogues at Postfix's postscreen and at relaybox, and what differs.

Of what EHLO offers only PIPELINING is compared: the rest is the matter of the SMTP server behind, not of screening.
"""

import concurrent.futures
import difflib
import re
import time

from smtp_client import Client

GLOBAL = """\
global
    hostname mx.example.test
    log stdout format maillog mail
    stats socket {socket} mode 600 level admin
"""


class Talk:
    """One client's dialogue: what it was answered."""

    def __init__(self, port, source):
        self.client = Client(port, source=source, greet=False)
        self.said = []

    def read(self):
        reply = self.client.read_reply()
        if len(reply.lines) > 2:
            reply.lines = [line for line in reply.lines if line == reply.lines[0] or line[4:] == "PIPELINING"]
        self.said += reply.lines + {0: ["<closed>"], -1: ["<silence>"]}.get(reply.code, [])
        return reply

    def say(self, line):
        self.said.append(f"> {line}")
        self.client.send_raw(line.encode() + b"\r\n")
        return self.read()

    def send(self, content):
        self.said.append(f"> {content!r}")
        self.client.send_raw(content)

    def closed(self):
        self.said.append("<closed>" if self.client.closed() else "<open>")
        self.client.close()


def normal(line, source):
    line = re.sub(r"\[127\.0\.0\.1\]:\d+", "[SERVER]:PORT", line)
    line = re.sub(rf"\[{re.escape(source)}\]:\d+", "[CLIENT]:PORT", line).replace(f"[{source}]", "[CLIENT]")
    line = line.replace(f"addr {source} ", "addr CLIENT ")
    line = re.sub(r"\bafter [\d.]+ (from|in)", r"after N \1", line)
    line = re.sub(r"queued as \S+", "queued as ID", line)
    return line


def log_of(text, source, services="postscreen|smtpd"):
    """postscreen's lines of one client, and when smtpd met it."""
    found = []
    for line in text.splitlines():
        match = re.search(rf"\w+/({services})\[\d+\]: (.*)", line)
        if not match or not re.search(rf"(\[|addr ){re.escape(source)}\b", match[2]):
            continue
        service, message = match.groups()
        if service == "smtpd" and not message.startswith("connect from"):
            continue
        found.append(normal(f"{service}: {message}", source))
    return found


def probe(port, source, dialogue):
    talk = Talk(port, source)
    dialogue(talk)
    return [normal(line, source) for line in talk.said]


def transcripts(port_of, log, probes, services="postscreen|smtpd"):
    """What each probe, (name, server, client, dialogue), was told at one side, and what the log says of it."""
    before = {what: len(log_of(log(), source, services)) for what, _, source, _ in probes}
    with concurrent.futures.ThreadPoolExecutor(len(probes)) as pool:
        jobs = {
            what: pool.submit(probe, port_of[server], source, dialogue) for what, server, source, dialogue in probes
        }
        said = {what: job.result() for what, job in jobs.items()}
    # The last lines of a session come when its connection has ended on both sides.
    time.sleep(3)
    text = log()
    return {what: said[what] + ["---"] + log_of(text, source, services)[before[what] :] for what, _, source, _ in probes}


def compare(theirs, ours, differences):
    """The differences that have no reason, and the reasons (name, - or +, line, why) that no difference needs."""
    expected = {(what, sign, line): reason for what, sign, line, reason in differences}
    seen, surprises = set(), []
    for what in theirs:
        for line in difflib.ndiff(theirs[what], ours[what]):
            if line[0] not in "-+":
                continue
            key = (what, line[0], line[2:])
            if key in expected:
                seen.add(key)
            else:
                surprises.append(f"{what}: {line}")
    return surprises, [key for key in expected if key not in seen]


def services(ports, parts, folder):
    """master.cf lines: a postscreen on each port with the parameters of its part, and the smtpd behind them."""
    lines = []
    for name, text in parts.items():
        words = (line.split(" = ", 1) for line in text.strip().splitlines())
        lines.append(f"127.0.0.1:{ports[name]} inet n - n - 1 postscreen")
        lines += [f"    -o {{ {word} = {value} }}" for word, value in words]
        lines.append(f"    -o postscreen_cache_map=btree:{folder}/{name}")
    return "\n".join(lines + ["smtpd pass - - n - - smtpd"])


def pools(ports, parts, common, folder):
    """relaybox's sections for the same: a frontend and a pool for each part."""
    text = ""
    for name, lines in parts.items():
        text += (
            f"frontend ft_{name}\n    mode tcp\n    bind 127.0.0.1:{ports[name]}\n    default_backend bk_{name}\n\n"
            f"backend bk_{name}\n    mode tcp\n    server here pool@{name}\n\n"
            f"pool {name}\n    mynetworks = 127.0.0.0/8\n    smtpd_forbid_unauth_pipelining = no\n"
            f"    smtpd_banner = $myhostname ESMTP\n    postscreen_cache_map = file:{folder}/ours.{name}\n"
            + "".join(f"    {line}\n" for line in (common + lines).splitlines())
        )
    return text.replace("{", "{{").replace("}", "}}") + "\nqueue\n    spool {spool}\n    relayhost = [127.0.0.1]:{next_hop}\n"
