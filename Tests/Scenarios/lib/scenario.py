# SPDX-License-Identifier: Apache-2.0
"""What every scenario starts from: its folder, its ports, its processes, and the sentences it proves.

A scenario's `run` calls `scenario.main(function)`. The function proves things with `prove`, may `skip`, and need not
clean up: processes and mounts that were registered are ended in reverse order whatever happens.
"""

import atexit
import fcntl
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PORT_LOCKS = pathlib.Path(tempfile.gettempdir()) / "relaybox-scenario-ports"

_endings = []
_port_locks = []
_logs = []
_folder = None


class Failure(Exception):
    """A sentence that did not hold."""


class Skip(Exception):
    """Why the scenario cannot run here."""


def prove(condition, sentence, detail=""):
    """Prints the sentence when it holds, else ends the scenario with it."""
    if not condition:
        raise Failure(f"{sentence}{': ' + str(detail) if detail != '' else ''}")
    print(f"proved: {sentence}", flush=True)


def note(text):
    print(f"  note: {text}", flush=True)


def skip(reason):
    raise Skip(reason)


def folder():
    """The scenario's own folder: SCENARIO_TMP, or a fresh one."""
    global _folder
    if _folder is None:
        given = os.environ.get("SCENARIO_TMP")
        _folder = pathlib.Path(given) if given else pathlib.Path(tempfile.mkdtemp(prefix="relaybox-scenario."))
        _folder.mkdir(parents=True, exist_ok=True)
    return _folder


def relaybox():
    """The binary under test: RELAYBOX, or what the tree has built last."""
    given = os.environ.get("RELAYBOX")
    built = [REPOSITORY / ".build" / kind / "relaybox" for kind in ("release", "debug")]
    candidates = [pathlib.Path(given)] if given else built
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    raise Failure(f"no relaybox binary at {', '.join(map(str, candidates))}")


def need(*programs):
    """Skips unless every program is installed; returns their paths."""
    import shutil

    paths = [shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") for program in programs]
    for program, path in zip(programs, paths):
        if path is None:
            skip(f"{program} is not installed")
    return paths[0] if len(paths) == 1 else paths


def finally_do(action):
    """Runs the action when the scenario ends, last registered first."""
    _endings.append(action)


def show_on_failure(path):
    _logs.append(pathlib.Path(path))


def free_port():
    """A TCP port below the range of outgoing connections that no other scenario of this machine holds."""
    PORT_LOCKS.mkdir(exist_ok=True, mode=0o777)
    for _ in range(2_000):
        port = random.randrange(20_000, 32_000)
        handle = open(PORT_LOCKS / str(port), "w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for address in ("127.0.0.1", "0.0.0.0"):
                with socket.socket() as probe:
                    probe.bind((address, port))
        except OSError:
            handle.close()
            continue
        _port_locks.append(handle)
        return port
    raise Failure("no free port")


def eventually(condition, timeout=10.0, pause=0.02):
    """The first true value of the condition, or its last value when the time is over."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() >= deadline:
            return value
        time.sleep(pause)


def wait_for_port(port, host="127.0.0.1", timeout=15.0, process=None):
    """Returns once something listens on the port: looks into the kernel's table, so nobody sees a connection."""
    wanted = f":{port:04X}"

    def listens():
        if process is not None and process.poll() is not None:
            raise Failure(f"the process ended with {process.returncode} before it listened on port {port}")
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with open(table) as lines:
                for line in lines:
                    words = line.split()
                    if words[1].endswith(wanted) and words[3] == "0A":
                        return True
        return False

    if not eventually(listens, timeout):
        raise Failure(f"nothing listens on {host}:{port} after {timeout} s")


class Program:
    """One child process with its output in a file of the scenario's folder."""

    def __init__(self, name, arguments, environment=None, directory=None):
        self.name = name
        self.log_path = folder() / f"{name}.log"
        show_on_failure(self.log_path)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(argument) for argument in arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=directory,
            )
        finally_do(self.stop)

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def signal(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def stop(self, timeout=10.0):
        """SIGTERM, then SIGKILL when it does not end in time; returns the exit status."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.alive():
                break
            self.signal(signal.SIGCONT)
            self.signal(number)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                continue
        return self.process.returncode


def run(*arguments, timeout=60, stdin=None, environment=None):
    """Runs a program to its end; the result has returncode, stdout, stderr, and output (one after the other), as text."""
    done = subprocess.run(
        [str(argument) for argument in arguments],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=timeout,
        env=environment,
        text=True,
        errors="replace",
    )
    done.output = done.stdout + done.stderr
    return done


def _end_everything():
    while _endings:
        action = _endings.pop()
        try:
            action()
        except Exception as error:  # the rest must still be ended
            print(f"  note: clean-up: {error}", flush=True)


def main(function):
    """Runs the scenario and exits 0 (it holds), 77 (cannot run here) or 1."""

    def ended(number, frame):
        raise Failure(f"ended by signal {number}")

    signal.signal(signal.SIGTERM, ended)
    atexit.register(_end_everything)
    status, verdict = 1, ""
    try:
        function()
        status = 0
    except Skip as reason:
        status, verdict = 77, f"skipped: {reason}"
    except Failure as failure:
        verdict = f"FAILED: {failure}"
    except Exception:
        verdict = f"FAILED: {traceback.format_exc()}"
    _end_everything()
    if status == 1:
        for path in _logs:
            if path.is_file() and path.stat().st_size:
                print(f"---- last lines of {path}")
                print("\n".join(path.read_text(errors="replace").splitlines()[-12:]))
    if verdict:
        print(verdict)
    sys.stdout.flush()
    os._exit(status)  # scripted peers live in threads that need no farewell
