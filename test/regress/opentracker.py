"""Replays a record of announces and scrapes to two trackers and compares their
answers, field by field.

opentracker.py RECORD OPENTRACKER-PORT OUR-PORT
opentracker.py hashes RECORD          the info-hashes in it

What may differ is in DIFFERENCES, each with its reason; a difference that is
not there fails, and so does one that is there and never occurs.
"""
import hashlib
import random
import socket
import struct
import sys
import urllib.parse

EVENTS = {"-": 0, "completed": 1, "started": 2, "stopped": 3}

# name: reason. The rule itself is in judge().
DIFFERENCES = {
    "interval": "both draw it anew for each answer, +-10 %, around 1800 s",
    "min interval": "half of the interval there; a setting here",
    "external ip": "BEP 24: only we tell it",
    "downloaded": "BEP 48 has it in scrapes; opentracker tells it in announces",
    "self": "opentracker hands the asker to itself",
    "seeds": "a seed has no use for seeds: we hand it leechers only",
    "numwant 0": "by UDP and HTTP 0 is what clients send that have no wish",
    "numwant -1": "all that it has there, up to 200; 50 here",
    "port 0": "nobody can connect to port 0: refused here, handed out there",
    "compact=0": "BEP 3's list of dictionaries; opentracker answers 400",
    "unknown": "a scrape of a swarm without peers has zeros here, as by UDP",
}


def h20(kind, name):
    return hashlib.sha1((kind + name).encode()).digest()


# ---- bencoding ----

def bdecode(b, i=0):
    if b[i:i + 1] == b"i":
        j = b.index(b"e", i)
        return int(b[i + 1:j]), j + 1
    if b[i:i + 1] in (b"l", b"d"):
        items, kind, i = [], b[i:i + 1], i + 1
        while b[i:i + 1] != b"e":
            v, i = bdecode(b, i)
            items.append(v)
        if kind == b"l":
            return items, i + 1
        return dict(zip(items[::2], items[1::2])), i + 1
    j = b.index(b":", i)
    n = int(b[i:j])
    return b[j + 1:j + 1 + n], j + 1 + n


# ---- asking: dictionaries of what came ----

def compact(p):
    return sorted((socket.inet_ntoa(p[i:i + 4]),
                   struct.unpack(">H", p[i + 4:i + 6])[0])
                  for i in range(0, len(p), 6))


class Tracker:
    def __init__(self, port):
        self.port = port
        self.ids = {}

    def udp(self, host, action, body, tid=None):
        tid = random.getrandbits(32)
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(3)
        s.bind(("127.0.0.%d" % host, 0))
        conn = 0x41727101980 if action == 0 else self.conn(host)
        s.sendto(struct.pack(">QII", conn, action, tid) + body,
                 ("127.0.0.1", self.port))
        try:
            r = s.recv(65536)
        except socket.timeout:
            return 3, b"no answer"
        finally:
            s.close()
        got, same = struct.unpack(">II", r[:8])
        assert same == tid, "an answer to something else"
        return got, r[8:]

    def conn(self, host):
        if host not in self.ids:
            action, r = self.udp(host, 0, b"")
            assert action == 0 and len(r) == 8, "no connection id"
            self.ids[host] = struct.unpack(">Q", r)[0]
        return self.ids[host]

    def http(self, host, path):
        s = socket.create_connection(("127.0.0.1", self.port), 5,
                                     ("127.0.0.%d" % host, 0))
        s.sendall(("GET %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
                   % path).encode())
        r = b""
        while True:
            d = s.recv(65536)
            if not d:
                break
            r += d
        s.close()
        head, body = r.split(b"\r\n\r\n", 1)
        if head.split()[1] != b"200":
            return {b"failure reason": head.split(b"\r\n")[0]}
        return bdecode(body)[0]

    def announce(self, a):
        if a["proto"] == "udp":
            return self.announce_udp(a)
        q = {"info_hash": a["hash"], "peer_id": a["peer"], "port": a["port"],
             "uploaded": 0, "downloaded": 0, "left": a["left"]}
        if a["event"] != "-":
            q["event"] = a["event"]
        if a["numwant"] is not None:
            q["numwant"] = a["numwant"]
        path = "/announce?" + urllib.parse.urlencode(q)
        if "compact=" not in a["query"]:
            path += "&compact=1"
        if a["query"]:
            path += "&" + a["query"]
        d = self.http(a["from"], path)
        r = {k.decode(): v for k, v in d.items()}
        if isinstance(r.get("peers"), list):
            r["peers"] = sorted((p[b"ip"].decode(), p[b"port"])
                                for p in r["peers"])
        elif "peers" in r:
            r["peers"] = compact(r["peers"])
        return r

    def announce_udp(self, a):
        want = -1 if a["numwant"] is None else a["numwant"]
        action, r = self.udp(a["from"], 1, a["hash"] + a["peer"] + struct.pack(
            ">QQQIIIiH", 0, a["left"], 0, EVENTS[a["event"]], 0, 7, want,
            a["port"]))
        if action == 3:
            return {"failure reason": r}
        assert action == 1, "not an announce"
        interval, leechers, seeders = struct.unpack(">III", r[:12])
        return {"interval": interval, "incomplete": leechers,
                "complete": seeders, "peers": compact(r[12:])}

    def scrape(self, proto, names):
        hashes = [h20("swarm", n) for n in names]
        if proto == "udp":
            action, r = self.udp(2, 2, b"".join(hashes))
            assert action == 2 and len(r) == 12 * len(hashes), "cut scrape"
            return {n: struct.unpack(">III", r[12 * i:12 * i + 12])
                    for i, n in enumerate(names)}
        d = self.http(2, "/scrape?" + "&".join(
            "info_hash=" + urllib.parse.quote(h) for h in hashes))
        return {n: tuple(d[b"files"][h][k] for k in
                         (b"complete", b"downloaded", b"incomplete"))
                for n, h in zip(names, hashes) if h in d[b"files"]}


# ---- comparing ----

class Judge:
    def __init__(self):
        self.seen = set()
        self.wrong = 0
        self.seeds = {}

    def may(self, name):
        assert name in DIFFERENCES
        self.seen.add(name)

    def same(self, what, theirs, ours):
        if theirs != ours:
            print("%s: opentracker %s, we %s" % (what, theirs, ours))
            self.wrong += 1

    def refused(self, line, a, theirs, ours):
        """True when that is all there is to compare."""
        if a["port"] == 0:
            self.may("port 0")
            self.same(line + ": refused", True, "failure reason" in ours)
            return True
        if "compact=0" in a["query"] and "failure reason" in theirs:
            self.may("compact=0")
            self.same(line + ": refused", False, "failure reason" in ours)
            return True
        self.same(line + ": refused", "failure reason" in theirs,
                  "failure reason" in ours)
        return "failure reason" in ours

    def peers(self, line, a, theirs, ours):
        me = ("127.0.0.%d" % a["from"], a["port"])
        want = a["numwant"]
        theirs = set(theirs)
        if me in theirs:
            self.may("self")
        self.same(line + ": we hand out the asker", False, me in ours)
        # What opentracker may have left out for the asker's sake.
        if a["event"] == "stopped":
            self.same(line + ": peers for who leaves", sorted(theirs), ours)
            return
        if want == 0 and not theirs and ours:
            self.may("numwant 0")
            return
        if want is None:
            self.may("numwant -1")
        theirs -= {me}
        if a["left"] == 0:
            seeds = {p for p in theirs if self.seeds.get((a["swarm"], p))}
            if seeds:
                self.may("seeds")
            theirs -= seeds
        if want is not None and 0 < want < 5:
            # A sample of each: as many, and all of them of the swarm.
            self.same(line + ": too many", False, len(ours) > want)
            self.same(line + ": some", bool(theirs), bool(ours) and
                      bool(theirs))
            return
        self.same(line + ": peers", sorted(theirs), ours)

    def announce(self, line, a, theirs, ours):
        me = ("127.0.0.%d" % a["from"], a["port"])
        if self.refused(line, a, theirs, ours):
            return
        for d in theirs, ours:
            self.same(line + ": interval is sane", True,
                      1440 <= d["interval"] <= 2160)
        self.may("interval")
        for k in set(theirs) ^ set(ours):
            self.may(k)
        if "min interval" in theirs:
            self.may("min interval")
        for k in "complete", "incomplete":
            self.same("%s: %s" % (line, k), theirs[k], ours[k])
        self.seeds[a["swarm"], me] = a["left"] == 0
        self.peers(line, a, theirs.get("peers", []), ours.get("peers", []))

    def scrape(self, line, proto, theirs, ours):
        if proto == "http":
            for n in set(ours) - set(theirs):
                self.may("unknown")
                self.same("%s: %s" % (line, n), (0, 0, 0), ours.pop(n))
        self.same(line, theirs, ours)


def parse(path):
    with open(path) as f:
        for line in f:
            w = line.split("#")[0].split()
            if not w:
                continue
            if w[0] == "scrape":
                yield line.strip(), w[1], w[2:], None
                continue
            yield line.strip(), w[1], None, {
                "proto": w[1], "swarm": w[2], "hash": h20("swarm", w[2]),
                "peer": h20("peer", w[3]), "from": int(w[4]),
                "port": int(w[5]), "left": int(w[6]), "event": w[7],
                "numwant": None if w[8] == "-" else int(w[8]),
                "query": w[9] if len(w) > 9 else ""}


def main(record, theirs, ours, has_udp):
    theirs, ours, judge, n = Tracker(theirs), Tracker(ours), Judge(), 0
    for line, proto, names, a in parse(record):
        if proto == "udp" and not has_udp:
            proto = "http"
            if a:
                a["proto"] = "http"
        if names:
            judge.scrape(line, proto, theirs.scrape(proto, names),
                         ours.scrape(proto, names))
        elif a["port"] == 0:
            # Opentracker would keep it, and every later answer differ.
            judge.announce(line, a, {}, ours.announce(a))
        elif "compact=0" in a["query"]:
            t, o = theirs.announce(a), ours.announce(a)
            judge.announce(line, a, t, o)
            theirs.announce(dict(a, query=""))
        else:
            judge.announce(line, a, theirs.announce(a), ours.announce(a))
        n += 1
    unused = set(DIFFERENCES) - judge.seen
    for d in sorted(judge.seen):
        print("differs: %s (%s)" % (d, DIFFERENCES[d]))
    for d in sorted(unused):
        print("does not differ any more: %s" % d)
    print("%d requests, %d unexplained" % (n, judge.wrong))
    return 1 if judge.wrong or unused else 0


if __name__ == "__main__":
    if sys.argv[1] == "hashes":
        for name in sorted({n for _, _, names, a in parse(sys.argv[2])
                            for n in names or [a["swarm"]]}):
            print(h20("swarm", name).hex())
        sys.exit(0)
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]),
                  sys.argv[4:] == ["udp"]))
