# SPDX-License-Identifier: Apache-2.0
"""Policy services: one that does what it is told, and real ones from Debian's packages, started by hand."""

import os
import pathlib
import pwd
import socket
import threading

from scenario import Program, finally_do, folder, need, skip, wait_for_port


class PolicyService:
    """Listens on 127.0.0.1:port. `answer` gets a request's attributes and returns an action, bytes to send as they are, or None
    to say nothing. `requests` has all attributes of every request."""

    def __init__(self, port, answer):
        self.port = port
        self.answer = answer
        self.requests = []
        self.connections = 0
        self._open = set()
        self._server = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()
        finally_do(self.stop)

    def stop(self):
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        self.drop()

    def drop(self):
        """Closes every connection."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self, server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        request = {}
        try:
            with connection, connection.makefile("rwb") as stream:
                for line in stream:
                    line = line.rstrip(b"\n").decode("latin-1")
                    if line:
                        name, value = line.split("=", 1)
                        request[name] = value
                        continue
                    self.requests.append(request)
                    action = self.answer(request)
                    request = {}
                    if action is None:
                        continue
                    stream.write(action if isinstance(action, bytes) else f"action={action}\n\n".encode())
                    stream.flush()
        except OSError:
            pass
        finally:
            self._open.discard(connection)


class Postgrey:
    """Greylists for one second, with a database in the scenario's folder."""

    def __init__(self, port):
        program = need("postgrey")
        if os.geteuid() != 0:
            skip("postgrey is started as root and gives it up itself")
        home = folder() / "postgrey"
        home.mkdir()
        entry = pwd.getpwnam("postgrey")
        os.chown(home, entry.pw_uid, entry.pw_gid)
        empty = folder() / "postgrey.none"
        empty.write_text("")
        for reached in (folder(), empty):
            os.chmod(reached, reached.stat().st_mode | 0o755)
        self.program = Program(
            "postgrey",
            [
                program, f"--inet=127.0.0.1:{port}", "--delay=1", f"--dbdir={home}", "--hostname=relay.example.test",
                f"--whitelist-clients={empty}", f"--whitelist-recipients={empty}", "--auto-whitelist-clients=0",
            ],
        )
        wait_for_port(port, process=self.program.process)


class SPFPolicy:
    """Debian's policyd-spf, which speaks on its standard input and output, behind socat as Postfix has it behind spawn(8)."""

    def __init__(self, port):
        socat = need("socat")
        if not pathlib.Path("/usr/lib/python3/dist-packages/spf_engine/policyd_spf.py").exists():
            skip("python3-spf-engine is not installed")
        configuration = folder() / "policyd-spf.conf"
        configuration.write_text("debugLevel = 1\nHELO_reject = Fail\nMail_From_reject = Fail\nskip_addresses = 127.0.0.0/8\n")
        script = folder() / "policyd-spf"
        script.write_text(
            "#!/bin/sh\nexec /usr/bin/python3 -c 'import sys; from spf_engine import policyd_spf; policyd_spf.main()' "
            f"{configuration}\n"
        )
        os.chmod(script, 0o755)
        self.program = Program("policyd-spf", [socat, f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", f"EXEC:{script}"])
        wait_for_port(port, process=self.program.process)
