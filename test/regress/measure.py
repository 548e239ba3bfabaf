"""What the tools of test/regress share: the log of transfers, the idle share
of the machine, stalls.

A tool writes one JSON object per line into its log: transfers (kind "get"),
and at the end one summary (kind "player"), which judge.py reads.
"""

import collections
import hashlib
import json
import threading
import time

STALL_S = 0.5  # media this late against the wall clock is a stall
BUSY_IDLE = 20  # percent: below, the machine and not spate may be the cause
BUSY_STALL_S = 3.0  # then only this much counts


def cpu_times():
    with open("/proc/stat", encoding="ascii") as f:
        v = [int(x) for x in f.readline().split()[1:9]]
    return v[3] + v[4], sum(v)


class Idle:
    """How busy the machine is. A thread looks every 50 ms: at the idle share,
    and by how much it was late itself, which nothing but the machine explains.
    """

    TICK = 0.05
    LATELY = 6

    def __init__(self):
        self.begin = cpu_times()
        self.seconds = collections.deque(maxlen=self.LATELY)
        self.late = collections.deque(maxlen=int(self.LATELY / self.TICK))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        mark, since = self.begin, time.monotonic()
        while True:
            before = time.monotonic()
            time.sleep(self.TICK)
            now = time.monotonic()
            self.late.append(max(0, now - before - 2 * self.TICK))
            if now - since >= 1:
                cpu = cpu_times()
                self.seconds.append(self._percent(mark, cpu))
                mark, since = cpu, now

    @staticmethod
    def _percent(a, b):
        return round(100 * (b[0] - a[0]) / max(1, b[1] - a[1]))

    def lately(self):
        """Percent idle in the busiest of the last seconds."""
        return min(self.seconds, default=self.overall())

    def paused(self):
        """Seconds lately in which nothing ran."""
        return sum(list(self.late))

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
            "paused": round(self.idle.paused(), 2),
        })


def counts(stall):
    """Whether a stall is held against spate."""
    bound = BUSY_STALL_S if stall["idle"] < BUSY_IDLE else STALL_S
    return stall["s"] >= bound + stall.get("paused", 0)


def default_port(url):
    return url.port or (443 if url.scheme == "https" else 80)


def began(path):
    """Monotonic time of the wall clock's in a file, as date +%s.%N."""
    with open(path, encoding="ascii") as f:
        return time.monotonic() - (time.time() - float(f.read()))
