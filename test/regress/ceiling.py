#!/usr/bin/env python3
"""ceiling.py --limit KBIT --seconds N [--bar PERCENT] [--least PERCENT]: what
leaves through eth0, by the kernel's counter, every 20 ms; the most in any
second, and the mean, against the limit. What TCP sends again (when the machine
is too busy to acknowledge in time) is not held back, and not counted. 1 when the most is more than --bar
above it, or the mean less than --least of it.
"""

import argparse
import sys
import time

COUNTER = "/sys/class/net/eth0/statistics/tx_bytes"
SNMP = "/proc/net/snmp"
FRAME = 1514
STEP = 0.02
TORN = 0.002


def resent():
    """Segments that this host's TCP has sent again."""
    with open(SNMP, encoding="ascii") as f:
        names, values = [
            x.split() for x in f if x.startswith("Tcp:")
        ]
    return int(values[names.index("RetransSegs")])


def sample(seconds):
    out = []
    with open(COUNTER, encoding="ascii") as f:
        end = time.monotonic() + seconds
        while (begun := time.monotonic()) < end:
            f.seek(0)
            n = int(f.read())
            now = time.monotonic()
            # of who was put off the processor meanwhile nobody knows when
            # the counter stood so
            if now - begun < TORN:
                out.append((now, n - FRAME * resent()))
            time.sleep(STEP)
    return out


def most(samples):
    """Of bytes in a second; spans a little longer are scaled down."""
    best, j = 0, 0
    for t, n in samples:
        while j < len(samples) - 1 and samples[j][0] < t + 1:
            j += 1
        if samples[j][0] >= t + 1:
            best = max(best, (samples[j][1] - n) / (samples[j][0] - t))
    return best


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--limit", type=float, required=True)
    p.add_argument("--seconds", type=float, required=True)
    p.add_argument("--bar", type=float, default=5)
    p.add_argument("--least", type=float, default=0)
    args = p.parse_args()
    s = sample(args.seconds)
    limit = args.limit * 125
    top = 100 * most(s) / limit
    mean = 100 * (s[-1][1] - s[0][1]) / (s[-1][0] - s[0][0]) / limit
    print(f"limit {args.limit:.0f} kbit/s, {len(s)} samples: most in a second"
        f" {top:.1f} %, mean {mean:.1f} %")
    bad = top > 100 + args.bar or mean < args.least
    if bad:
        print(f"FAIL not within {args.least:.0f} to {100 + args.bar:.0f} %")
    sys.exit(1 if bad else 0)


main()
