#!/usr/bin/env python3
"""watch.py --seconds N [--port PORT=NAME]...: what the viewers say of
themselves (/status.json), as a table that is refreshed on a terminal, one
line per five seconds otherwise.
"""

import argparse
import json
import sys
import time
import urllib.request

HEAD = f"{'viewer':16}{'peers':>12}{'origin':>12}{'offload':>9}" \
    f"{'lag':>9}{'neighbours':>12}{'stalls':>8}"


def status(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/status.json",
                timeout=2) as r:
            return json.load(r)["stats"]
    except (OSError, ValueError):
        return None


def rate(bytes_per_s):
    return f"{bytes_per_s * 8 / 1000:.0f} kbit/s"


def row(name, s):
    if s is None:
        return f"{name:16}{'does not answer':>24}"
    return f"{name:16}{rate(s['peer_rate']):>12}{rate(s['origin_rate']):>12}" \
        f"{100 * s.get('offload', 0):>7.0f} %" \
        f"{1000 * s.get('lag_p50_s', 0):>6.0f} ms" \
        f"{s['neighbours']:>12}{s['stalls']:>8}"


def total(stats):
    """All viewers in one."""
    there = [s for s in stats if s]
    sums = {k: sum(s[k] for s in there) for k in ("peer_rate", "origin_rate",
        "peer_bytes", "origin_bytes", "stalls")}
    got = sums["peer_bytes"] + sums["origin_bytes"]
    return len(there), sums, sums["peer_bytes"] / got if got else 0


def line(stats, left):
    n, s, off = total(stats)
    return f"{left:3.0f} s left: {n} viewers, {rate(s['peer_rate'])} from" \
        f" peers, {rate(s['origin_rate'])} from the origin, offload" \
        f" {100 * off:.0f} %, {s['stalls']} stalls"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seconds", type=float, required=True)
    p.add_argument("--port", action="append", required=True)
    args = p.parse_args()
    viewers = [x.split("=", 1) for x in args.port]
    end = time.monotonic() + args.seconds
    tty = sys.stdout.isatty()
    drawn = 0
    while True:
        left = end - time.monotonic()
        if left <= 0:
            break
        stats = [status(port) for port, _ in viewers]
        if tty:
            rows = [HEAD] + [row(name, s)
                for (_, name), s in zip(viewers, stats)]
            rows += ["", line(stats, left)]
            if drawn:
                print(f"\033[{drawn}A", end="")
            print("".join(f"\033[2K{r}\n" for r in rows), end="", flush=True)
            drawn = len(rows)
        else:
            print(line(stats, left), flush=True)
        time.sleep(max(0, min(1 if tty else 5, end - time.monotonic())))


try:
    main()
except KeyboardInterrupt:
    sys.exit(130)
