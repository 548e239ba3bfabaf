#!/usr/bin/env python3
"""hosts.py --access LOG --begun FILE --settle S --run S [--sim JSON]
--metrics FILE... -- PLAYER.log...: what a swarm of real hosts measured, in
the terms of spate-sim, on one line; with --sim, spate-sim's own for the same
scenario (-o json, some seeds) on the next, and whether it foretold it.

offload, offload_later: 1 - bytes of media that the origin sent to viewers /
bytes that players read; later is from --settle to --run seconds after the
first viewer began. lag: the engines' own, of all pieces and viewers.
"""

import argparse
import json
import re
import sys
import time

from measure import counts, read_log

MEDIA = (".ts", ".m4s", ".mp4")
EPOCH = time.time() - time.monotonic()


def origin_bytes(path, agent, begin, end):
    total = 0
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            v = line.rstrip("\n").split("\t")
            if len(v) >= 8 and v[2] in ("200", "206") and \
                    v[5].split("?")[0].endswith(MEDIA) and \
                    v[7].startswith(agent) and begin <= float(v[0]) < end:
                total += int(v[3])
    return total


def played(logs, begin, end):
    """Bytes of media that were complete in that time, and the stalls."""
    total = stalls = 0
    for path in logs:
        for e in read_log(path):
            if e["kind"] == "player":
                stalls += len([x for x in e["stalls"] if counts(x)])
            elif e["path"].endswith(MEDIA) and e["status"] == 200 and \
                    begin <= e["t2"] + EPOCH < end:
                total += e["len"]
    return total, stalls


class Lag:
    """Histograms of /metrics, added up."""

    def __init__(self, paths):
        self.below = {}
        for path in paths:
            with open(path, encoding="ascii") as f:
                for m in re.finditer(r'^spate_piece_lag_seconds_bucket'
                        r'\{le="([^"]+)"\} (\d+)$', f.read(), re.M):
                    le = float(m.group(1))
                    self.below[le] = self.below.get(le, 0) + int(m.group(2))
        self.total = self.below.get(float("inf"), 0)

    def quantile(self, q):
        """The middle of the bucket that holds it, as the engine has it."""
        last = 0
        for le in sorted(self.below):
            if self.below[le] >= q * self.total:
                return (last + le) / 2 if le != float("inf") else last
            last = le
        return 0


def line(who, v):
    print(who, " ".join(f"{k}={v[k]:.4f}" for k in ("offload",
        "offload_later", "lag_p50", "lag_p95")), f"stalls={v['stalls']}",
        flush=True)


def measured(args):
    with open(args.begun, encoding="ascii") as f:
        begun = float(f.read())
    v = {}
    for name, begin, end in (("offload", begun, begun + 1e9),
            ("offload_later", begun + args.settle, begun + args.run)):
        got, v["stalls"] = played(args.players, begin, end)
        if got == 0:
            sys.exit("hosts.py: nothing was played")
        v[name] = 1 - origin_bytes(args.access, "spate/", begin, end) / got
    lag = Lag(args.metrics)
    if lag.total == 0:
        sys.exit("hosts.py: no lag was measured")
    v["lag_p50"], v["lag_p95"] = lag.quantile(0.5), lag.quantile(0.95)
    return v


def foretold(path):
    """The mean over seeds."""
    with open(path, encoding="utf-8") as f:
        runs = [r["metrics"] for r in json.load(f)["runs"]]
    mean = lambda get: sum(get(r) for r in runs) / len(runs)
    return {
        "offload": mean(lambda r: r["offload"]),
        "offload_later": mean(lambda r: r["offload-later"]),
        "lag_p50": mean(lambda r: r["lag"]["p50"]),
        "lag_p95": mean(lambda r: r["lag"]["p95"]),
        "stalls": sum(r["stalls"] for r in runs),
    }


def main():
    p = argparse.ArgumentParser()
    p.add_argument("players", nargs="+")
    p.add_argument("--access", required=True)
    p.add_argument("--begun", required=True)
    p.add_argument("--settle", type=float, default=0)
    p.add_argument("--run", type=float, required=True)
    p.add_argument("--metrics", nargs="+", required=True)
    p.add_argument("--sim")
    p.add_argument("--offload", type=float, default=0,
        help="bar for offload_later")
    args = p.parse_args()
    bad = []
    real = measured(args)
    line("measured", real)
    if real["offload_later"] < args.offload:
        bad.append(f"offload {100 * real['offload_later']:.1f} %, not"
            f" {100 * args.offload:.0f} %")
    if args.sim:
        sim = foretold(args.sim)
        line("foretold", sim)
        off = 100 * abs(real["offload_later"] - sim["offload_later"])
        lag = 100 * abs(real["lag_p50"] / sim["lag_p50"] - 1)
        print(f"apart: offload {off:.1f} points, lag p50 {lag:.0f} %")
        if off > 2:
            bad.append(f"offload is {off:.1f} points from what spate-sim"
                " says, not 2")
        if lag > 20:
            bad.append(f"lag p50 is {lag:.0f} % from what spate-sim says,"
                " not 20 %")
    for text in bad:
        print(f"FAIL {text}")
    sys.exit(1 if bad else 0)


main()
