# SPDX-License-Identifier: Apache-2.0
"""The two things that are compared: HAProxy with Postfix, and relaybox. Both relay from `port` to a sink."""

import re

from appliance import Appliance
from haproxy import HAProxy, seed
from measure import Group
from postfix import Postfix
from scenario import free_port

# What a careful operator of a relay sets; all else is Postfix's default. in_flow_delay: the default makes senders wait
# a second when mail comes in faster than it goes out, which would measure the pause. The look-up of client names is off
# because relaybox does none.
TUNING = """\
default_process_limit = 200
in_flow_delay = 0
max_use = 1000
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
postscreen_client_connection_count_limit = 1000
initial_destination_concurrency = 20
default_destination_concurrency_limit = 20
smtp_connection_cache_destinations = 127.0.0.1
smtp_tls_connection_reuse = no
"""


class Pair:
    """HAProxy -> PROXY header -> postscreen -> smtpd -> cleanup -> qmgr -> smtp, as in the article."""

    name = "HAProxy + Postfix"
    tuning = TUNING

    def __init__(self, sink_port, serial):
        self.group = Group(f"pair{serial}")
        self.port, postfix_port = free_port(), free_port()
        self.postfix = Postfix(
            f"pair{serial}-postfix",
            f"127.0.0.1:{postfix_port} inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd",
            f"postscreen_upstream_proxy_protocol = haproxy\nrelayhost = [127.0.0.1]:{sink_port}\n{self.tuning}",
            port=postfix_port,
            wrapper=self.group.wrapper,
        )
        self.haproxy = HAProxy(
            self.port, seed(self.port, postfix_port), name=f"pair{serial}-haproxy", wrapper=self.group.wrapper
        )
        self.group.add(self.postfix)
        self.group.add(self.haproxy)

    def sent(self):
        """The queue ids of every delivery the log tells of."""
        return re.findall(r"postfix/smtp\[\d+\]: (\w+): to=<.*status=sent ", self.postfix.log())

    def stop(self):
        self.haproxy.stop()
        self.postfix.stop()


class Relaybox:
    """frontend -> PROXY header in memory -> pool -> spool -> delivery, in one process."""

    name = "relaybox"
    pool_lines = "smtpd_client_connection_count_limit = 0"

    def __init__(self, sink_port, serial):
        self.group = Group(f"relaybox{serial}")
        self.box = Appliance(
            sink_port,
            name=f"relaybox{serial}",
            wrapper=self.group.wrapper,
            pool_lines=self.pool_lines,
        ).start()
        self.port = self.box.port
        self.group.add(self.box)

    def sent(self):
        return re.findall(r"relaybox/smtp\[\d+\]: (\w+): to=<.*status=sent ", self.box.log())

    def stop(self):
        self.box.stop()
