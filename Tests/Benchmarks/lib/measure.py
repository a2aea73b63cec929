# SPDX-License-Identifier: Apache-2.0
"""What a run costs: processor time and memory of a group of processes, and how slow the disk's sync is meanwhile."""

import os
import pathlib
import statistics
import threading
import time

from appliance import cpu_seconds
from scenario import finally_do


class Group:
    """A stack's processes with everything they start. `wrapper` in front of a command puts it into the group. The
    kernel counts in a control group where we may make one; else /proc is added up, with what ended children left."""

    def __init__(self, name):
        self.roots = []
        self.folder, self.kind = None, "proc"
        for base, kind in (("cpuacct", "cpuacct"), ("unified", "unified"), (".", "unified")):
            parent = pathlib.Path("/sys/fs/cgroup") / base
            counter = "cpuacct.usage" if kind == "cpuacct" else "cgroup.controllers"
            folder = parent / f"relaybox-benchmark-{os.getpid()}-{name}"
            if not (parent / counter).exists():
                continue
            try:
                folder.mkdir()
            except OSError:
                continue
            self.folder, self.kind = folder, kind
            finally_do(self.remove)
            break

    @property
    def wrapper(self):
        if self.folder is None:
            return []
        return ["/bin/sh", "-c", f'echo $$ >"{self.folder}/cgroup.procs" && exec "$@"', "sh"]

    def add(self, program):
        self.roots.append(program.pid)
        return program

    def processes(self):
        if self.folder is not None:
            return [int(line) for line in (self.folder / "cgroup.procs").read_text().split()]
        children = {}
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                except (OSError, IndexError):
                    continue
                children.setdefault(parent, []).append(int(entry.name))
        found, waiting = [], list(self.roots)
        while waiting:
            found.append(waiting.pop())
            waiting += children.get(found[-1], [])
        return found

    def cpu(self):
        """Seconds of processor time so far."""
        if self.kind == "cpuacct":
            return int((self.folder / "cpuacct.usage").read_text()) / 1e9
        if self.kind == "unified":
            words = (self.folder / "cpu.stat").read_text().split()
            return int(words[words.index("usage_usec") + 1]) / 1e6
        total = 0.0
        for pid in self.processes():
            try:
                total += cpu_seconds(pid, with_children=True)
            except OSError:
                pass
        return total

    def memory(self):
        """Bytes of memory: shared pages count once (the sum of proportional set sizes)."""
        total = 0
        for pid in self.processes():
            try:
                with open(f"/proc/{pid}/smaps_rollup") as rollup:
                    total += next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) * 1_024
            except (OSError, StopIteration):
                pass
        return total

    def remove(self):
        for _ in range(50):
            try:
                self.folder.rmdir()
                return
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(0.1)


class PeakMemory:
    """Looks at a group's memory twice a second while it is open."""

    def __init__(self, group):
        self.group = group
        self.peak = group.memory()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._stop.wait(0.5):
            self.peak = max(self.peak, self.group.memory())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *ignored):
        self._stop.set()
        self._thread.join()
        self.peak = max(self.peak, self.group.memory())


def sync_latency(directory, times=100):
    """The median seconds of writing 4 KiB at the end of a file and fdatasync."""
    path = pathlib.Path(directory) / "sync-latency"
    taken = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for _ in range(times):
            began = time.perf_counter()
            os.write(descriptor, bytes(4_096))
            os.fdatasync(descriptor)
            taken.append(time.perf_counter() - began)
    finally:
        os.close(descriptor)
        path.unlink()
    return statistics.median(taken)
