#!/usr/bin/env python3
"""judge.py --origin DIR --access LOG PLAYER.log...: compares all that players
were given with the origin's files, counts the origin's bytes by its own log,
and prints what was found. 1 when a bar was missed, 3 when bytes were wrong.

--access is nginx's log in the format of lib.sh: time, seconds, status, body
bytes, method, URI, Range, User-Agent, address, connection, separated by tabs.
"""

import argparse
import collections
import os
import re
import sys

from measure import BUSY_IDLE, counts, read_log, sha

MEDIA = (".ts", ".m4s", ".mp4")


class Origin:
    """Files by content; their order within a rendition."""

    def __init__(self, top):
        self.by_sha = {}
        self.files = []
        for where, _, names in sorted(os.walk(top)):
            place = collections.Counter()
            for name in sorted(names):
                if not name.endswith(MEDIA):
                    continue
                path = os.path.join(where, name)
                with open(path, "rb") as f:
                    data = f.read()
                kind = "init" if "init" in name else "seg"
                self.by_sha[sha(data)] = (where, kind, place[kind], path)
                self.files.append(path)
                place[kind] += 1

    def has_slice(self, start, length, want):
        """Whether some file has these bytes; for ranges and cut reads."""
        for path in self.files:
            with open(path, "rb") as f:
                f.seek(start)
                if sha(f.read(length)) == want:
                    return path
        return None


class Judge:
    def __init__(self, args):
        self.args = args
        self.origin = Origin(args.origin)
        self.bad = []
        self.wrong = 0
        self.compared = 0
        self.bytes = 0
        self.stalls = 0
        self.startups = []

    def fail(self, text):
        self.bad.append(text)

    def one_get(self, who, g):
        """One transfer. Returns the segment's place in its rendition."""
        if not g["path"].endswith(MEDIA):
            if g["status"] >= 400:
                self.fail(f"{who}: {g['path']}: status {g['status']}")
            return None
        if g["status"] not in (200, 206) or g.get("cut"):
            self.fail(f"{who}: {g['path']}: status {g['status']}"
                f"{', cut' if g.get('cut') else ''}, {g['len']} bytes")
            return None
        start = 0
        m = re.match(r"bytes=(\d+)-", g.get("range") or "")
        if m and g["status"] == 206:
            start = int(m.group(1))
        self.bytes += g["len"]
        if g["len"] == 0:
            return None
        hit = self.origin.by_sha.get(g["sha"])
        part = g.get("gone") or g.get("range") not in (None, "bytes=0-")
        if hit is None and part:
            if self.origin.has_slice(start, g["len"], g["sha"]):
                self.compared += 1
                return None
        self.compared += 1
        if hit is None:
            self.wrong += 1
            self.fail(f"{who}: {g['path']}: {g['len']} bytes that the origin"
                " does not have")
            return None
        return hit if hit[1] == "seg" else None

    def player(self, path):
        who = os.path.basename(path).removesuffix(".log")
        summary, last, holes, disc, segs = None, None, 0, 0, 0
        for e in read_log(path):
            if e["kind"] == "player":
                summary = e
                continue
            hit = self.one_get(who, e)
            if hit is None:
                continue
            segs += 1
            if e.get("msn") is None:
                continue  # a real player may read in any order
            disc += bool(e.get("disc"))
            if last and hit[0] == last[0][0] and \
                    hit[2] - last[0][2] != e["msn"] - last[1]:
                holes += 1
                if not self.args.holes:
                    self.fail(f"{who}: {e['path']} is the origin's number"
                        f" {hit[2]} after {last[0][2]}, media sequence"
                        f" {e['msn']} after {last[1]}")
            last = (hit, e["msn"])
        return who, summary, segs, holes, disc

    def players(self):
        for path in self.args.players:
            who, s, segs, holes, disc = self.player(path)
            if s is None:
                self.fail(f"{who}: ended without a summary")
                continue
            held = [x for x in s["stalls"]
                if counts(x) and x["s"] > self.args.allow]
            noted = [x for x in s["stalls"] if x not in held]
            self.stalls += len(held)
            if s["startup"] is None or segs == 0:
                self.fail(f"{who}: nothing was played")
            else:
                self.startups.append((s["startup"], who))
            for x in held:
                self.fail(f"{who}: stalled {x['s']} s at {x['at']} s (machine"
                    f" {x['idle']} % idle)")
            for f in s["faults"]:
                self.fail(f"{who}: {f}")
            start = "never" if s["startup"] is None else f"{s['startup']:.2f} s"
            print(f"{who}: {s['player']}, start {start},"
                f" {s['media']:.0f} s played, {segs} segments,"
                f" {len(held)} stalls"
                + (f", {len(noted)} short or excused" if noted else "")
                + (f", {holes} holes" if holes else "")
                + (f", {disc} discontinuities" if disc else "")
                + f", machine {s['idle']} % idle")

    def access(self):
        """Body bytes of media by who asked."""
        sums = collections.Counter()
        asked = collections.Counter()
        keys = collections.Counter()
        conns = collections.defaultdict(set)
        for path in self.args.access:
            with open(path, encoding="utf-8", errors="replace") as f:
                for line in f:
                    v = line.rstrip("\n").split("\t")
                    if len(v) < 8:
                        continue
                    status, size, uri, agent = v[2], int(v[3]), v[5], v[7]
                    if uri.split("?")[0].endswith(".key"):
                        keys[agent] += 1
                    if status in ("200", "206") and \
                            uri.split("?")[0].endswith(MEDIA):
                        sums[agent] += size
                        asked[agent] += 1
                        conns[agent].add((path, *v[9:10]))
        for agent in sorted(sums):
            print(f"origin: {agent or '-'}: {asked[agent]} requests on"
                f" {len(conns[agent])} connections, {sums[agent]} bytes of media")
        for agent in sorted(keys):
            print(f"origin: {agent or '-'}: {keys[agent]} requests for keys")
        viewers = sum(n for a, n in sums.items()
            if re.match(self.args.viewer_agent, a))
        if self.args.keys is not None:
            if any(re.match("spate", a) for a in keys):
                self.fail("spate asked for a key")
            if sum(keys.values()) < self.args.keys:
                self.fail("players did not ask the origin for the key")
        used = [a for a in asked if re.match(self.args.viewer_agent, a)]
        if self.args.reuse is not None and sum(asked[a] for a in used) < \
                self.args.reuse * sum(len(conns[a]) for a in used):
            self.fail("viewers used their connections to the origin for less"
                f" than {self.args.reuse:g} requests each")
        return viewers

    def run(self):
        args = self.args
        self.players()
        if self.compared == 0:
            self.fail("nothing was compared")
        print(f"compared: {self.compared} transfers, {self.bytes} bytes,"
            f" {self.wrong} wrong; stalls: {self.stalls}")
        if self.startups:
            slowest = max(self.startups)
            print(f"start-up: slowest {slowest[0]:.2f} s ({slowest[1]})")
        if args.access:
            used = self.access()
            if self.bytes:
                off = 1 - used / self.bytes
                print(f"offload: {100 * off:.1f} % ({used} bytes to viewers"
                    f" from the origin, {self.bytes} played)")
                if used == 0:
                    self.fail("no viewer is in the origin's log")
                if args.offload is not None and off < args.offload:
                    self.fail(f"offload {100 * off:.1f} %, not"
                        f" {100 * args.offload:.0f} %")
        for s, who in self.startups:
            if args.startup and s > args.startup and \
                    who.startswith("hlsget"):
                self.startup_bar(s, who)
        for text in self.bad:
            print(f"FAIL {text}")
        return 3 if self.wrong else 1 if self.bad else 0

    def startup_bar(self, s, who):
        for e in read_log([p for p in self.args.players
                if os.path.basename(p) == who + ".log"][0]):
            if e["kind"] == "player" and e["idle"] < BUSY_IDLE and \
                    s < 2 * self.args.startup:
                print(f"{who}: start-up {s:.2f} s excused: machine"
                    f" {e['idle']} % idle")
                return
        self.fail(f"{who}: start-up {s:.2f} s, bar {self.args.startup} s")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("players", nargs="+")
    p.add_argument("--origin", required=True)
    p.add_argument("--access", action="append", default=[])
    p.add_argument("--viewer-agent", default=r"spate/")
    p.add_argument("--offload", type=float)
    p.add_argument("--startup", type=float)
    p.add_argument("--reuse", type=float,
        help="least number of viewers' requests for each connection")
    p.add_argument("--keys", type=int,
        help="so many requests for keys at least, none by spate")
    p.add_argument("--allow", type=float, default=0,
        help="stalls of so many seconds are expected")
    p.add_argument("--holes", action="store_true",
        help="pieces may be left out")
    sys.exit(Judge(p.parse_args()).run())


main()
