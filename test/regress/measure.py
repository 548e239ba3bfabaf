"""What the tools of test/regress share: the log of transfers, the idle share
of the machine, stalls.

A tool writes one JSON object per line into its log: transfers (kind "get"),
and at the end one summary (kind "player"), which judge.py reads.
"""

import hashlib
import json
import time

STALL_S = 0.5  # media this late against the wall clock is a stall
BUSY_IDLE = 20  # percent: below, the machine and not spate may be the cause
BUSY_STALL_S = 3.0  # then only this much counts


def cpu_times():
    with open("/proc/stat", encoding="ascii") as f:
        v = [int(x) for x in f.readline().split()[1:9]]
    return v[3] + v[4], sum(v)


class Idle:
    """Idle share of the machine: over all of the run, and lately."""

    def __init__(self):
        self.begin = cpu_times()
        self.marks = [(time.monotonic(), self.begin)]

    def note(self):
        now = time.monotonic()
        if now - self.marks[-1][0] >= 0.5:
            self.marks.append((now, cpu_times()))
            del self.marks[:-10]

    @staticmethod
    def _percent(a, b):
        return round(100 * (b[0] - a[0]) / max(1, b[1] - a[1]))

    def lately(self):
        """Percent over the last five seconds."""
        return self._percent(self.marks[0][1], cpu_times())

    def overall(self):
        return self._percent(self.begin, cpu_times())


class Log:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8", buffering=1)

    def put(self, kind, **fields):
        self.file.write(json.dumps({"kind": kind, **fields}) + "\n")


def read_log(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            try:
                yield json.loads(line)
            except ValueError:
                pass  # cut by a kill


def sha(data):
    return hashlib.sha256(data).hexdigest()


class Stalls:
    """Stalls with the idle share of the machine at that time."""

    def __init__(self, idle, begun):
        self.idle = idle
        self.begun = begun
        self.list = []

    def add(self, seconds, now=None):
        now = time.monotonic() if now is None else now
        self.list.append({
            "at": round(now - self.begun, 2),
            "s": round(seconds, 2),
            "idle": self.idle.lately(),
        })


def counts(stall):
    """Whether a stall is held against spate."""
    if stall["idle"] < BUSY_IDLE:
        return stall["s"] >= BUSY_STALL_S
    return stall["s"] >= STALL_S


def default_port(url):
    return url.port or (443 if url.scheme == "https" else 80)


def began(path):
    """Monotonic time of the wall clock's in a file, as date +%s.%N."""
    with open(path, encoding="ascii") as f:
        return time.monotonic() - (time.time() - float(f.read()))
