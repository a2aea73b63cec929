# SPDX-License-Identifier: Apache-2.0
"""A real HAProxy in the foreground, with the sections of the article on SMTP relays behind it."""

from scenario import Program, folder, need, wait_for_port

GLOBAL = """\
global
    log stdout format raw local0
    stats socket {socket} mode 600 level admin
    maxconn 4000
"""

# The article's sections; its addresses were lost in print, so bind and server address are filled in.
SEED = """\
frontend ft_smtp
  bind 127.0.0.1:{port}
  mode tcp
  no option http-server-close
  timeout client 1m
  log global
  option tcplog
  default_backend bk_postfix

backend bk_postfix
  mode tcp
  no option http-server-close
  log global
  option tcplog
  timeout server 1m
  timeout connect 5s
  server postfix 127.0.0.1:{server_port} {server_words}
"""


def seed(port, server_port, server_words="send-proxy"):
    return SEED.format(port=port, server_port=server_port, server_words=server_words)


class HAProxy:
    def __init__(self, port, sections, name="haproxy", global_lines="", wrapper=()):
        program = need("haproxy")
        self.socket_path = folder() / f"{name}.sock"
        path = folder() / f"{name}.cfg"
        path.write_text(GLOBAL.format(socket=self.socket_path) + global_lines + "\n" + sections)
        self.program = Program(name, [*wrapper, program, "-db", "-f", path])
        wait_for_port(port, process=self.program.process)

    @property
    def pid(self):
        return self.program.pid

    def log(self):
        return self.program.log()

    def stop(self):
        self.program.stop(2)
