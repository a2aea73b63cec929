# SPDX-License-Identifier: Apache-2.0
"""Certificates in the scenario's folder, each signed by itself, with any time of validity."""

import collections
import datetime

from scenario import Failure, folder, need, run

Certificate = collections.namedtuple("Certificate", "key chain name")

CONFIGURATION = """\
[ca]
default_ca = here
[here]
database = {work}/index
new_certs_dir = {work}
serial = {work}/serial
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
"""


def certificate(label, name="relay.example.test", begins=-1, ends=30, algorithm=("rsa:2048",)):
    """`begins` and `ends` are days from now; returns the paths of key and certificate."""
    openssl = need("openssl")
    work = folder() / f"ca-{label}"
    work.mkdir()
    (work / "index").write_text("")
    (work / "serial").write_text("01\n")
    (work / "config").write_text(CONFIGURATION.format(work=work))
    key, chain = folder() / f"{label}.key", folder() / f"{label}.pem"
    now = datetime.datetime.now(datetime.timezone.utc)
    days = [(now + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ") for days in (begins, ends)]
    for words in (
        ["req", "-new", "-newkey", *algorithm, "-nodes", "-keyout", key, "-subj", f"/CN={name}", "-out", work / "request",
         "-addext", f"subjectAltName=DNS:{name}"],
        ["ca", "-batch", "-config", work / "config", "-selfsign", "-keyfile", key, "-in", work / "request",
         "-startdate", days[0], "-enddate", days[1], "-notext", "-out", chain],
    ):
        done = run(openssl, *words)
        if done.returncode != 0:
            raise Failure(f"openssl {words[0]}: {done.output}")
    return Certificate(key, chain, name)
