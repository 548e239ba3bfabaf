"""Three trackers that share state, as their clients see them.

    redis.py peers N URL...
        N peers announce themselves, each at the next tracker; all trackers
        know them all in the end, and who asks meets peers of every tracker
    redis.py windows BAR HASH DIR FIRST LAST URL...
        publishes DIR/n at the trackers in turn; how long until it can be read
        at the others; the median must not be above BAR ms
"""

import http.client
import random
import statistics
import sys
import threading
import time
import urllib.parse

SWARM = b"shared swarm of many"


class Tracker:
    def __init__(self, url):
        self.where = urllib.parse.urlsplit(url).netloc
        self.link = None

    def ask(self, path, body=None):
        for again in (True, False):
            try:
                if self.link is None:
                    self.link = http.client.HTTPConnection(
                        self.where, timeout=20)
                self.link.request("GET" if body is None else "POST", path, body)
                r = self.link.getresponse()
                return r.status, r.read()
            except (OSError, http.client.HTTPException):
                self.link = None
                if not again:
                    raise


def fail(text):
    sys.exit("FAIL: " + text)


# ---- peers ----

def announce(tracker, port, numwant):
    q = urllib.parse.urlencode({
        "info_hash": SWARM, "peer_id": b"-XX0100-%012d" % port,
        "port": port, "left": 1, "numwant": numwant})
    reply = tracker.ask("/announce?" + q)[1]
    at = reply.find(b"5:peers")
    if at < 0:
        fail("announce: %r" % reply[:200])
    size, _, rest = reply[at + 7:].partition(b":")
    v = rest[:int(size)]
    return [int.from_bytes(v[i + 4:i + 6], "big") for i in range(0, len(v), 6)]


def known(tracker):
    reply = tracker.ask("/scrape?" + urllib.parse.urlencode(
        {"info_hash": SWARM}))[1]
    return int(reply.split(b"10:incompletei")[1].split(b"e")[0])


def peers(n, trackers):
    begin = time.monotonic()
    for i in range(n):
        announce(trackers[i % len(trackers)], 10000 + i, 0)
    done = time.monotonic()
    for t in trackers:
        while known(t) < n:
            if time.monotonic() - done > 15:
                fail("only %d of %d peers are known" % (known(t), n))
            time.sleep(0.02)
    print("%d peers announced in %.2f s, known to all %.2f s later" %
          (n, done - begin, time.monotonic() - done))
    met, few = set(), 0
    for i in range(0, n, 20):
        got = announce(trackers[i % len(trackers)], 10000 + i, 50)
        met.update(got)
        homes = {(p - 10000) % len(trackers) for p in got}
        # A sample is of peers that stand beside each other: not always of all.
        few += len(homes) < len(trackers)
        if homes <= {i % len(trackers)}:
            fail("peer %d meets nobody of another tracker" % i)
    if few > n / 20 / 4:
        fail("%d peers do not meet peers of all trackers" % few)
    print("%d peers that asked met %d different ones of all trackers" %
          (len(range(0, n, 20)), len(met)))


# ---- windows ----

def position(tracker, ih):
    status, body = tracker.ask("/live/%s/window" % ih)
    if status != 200:
        return None
    return int.from_bytes(body[5:13], "big"), int.from_bytes(body[13:21], "big")


class Reader(threading.Thread):
    """Waits for what comes after what is there now."""

    def __init__(self, url, ih):
        super().__init__(daemon=True)
        self.tracker = Tracker(url)
        self.path = "/live/%s/window?since=%x.%d&wait=10" % (
            (ih,) + position(self.tracker, ih))
        self.at = None

    def run(self):
        status, body = self.tracker.ask(self.path)
        if status == 200 and len(body) > 29:
            self.at = time.monotonic()


def windows(bar, ih, where, first, last, urls):
    took = []
    for n in range(first, last + 1):
        readers = [Reader(u, ih) for u in urls]
        for r in readers:
            r.start()
        time.sleep(0.02 + random.random() * 0.03)
        with open("%s/%d" % (where, n), "rb") as f:
            body = f.read()
        at = time.monotonic()
        status, reply = Tracker(urls[n % len(urls)]).ask(
            "/live/%s/publish" % ih, body)
        if b"8:acceptedi1e" not in reply:
            fail("publish %d: %d %r" % (n, status, reply[:200]))
        for k, r in enumerate(readers):
            r.join()
            if r.at is None:
                fail("record %d does not come to tracker %d" % (n, k))
            if k != n % len(urls):
                took.append((r.at - at) * 1000)
    took.sort()
    median = statistics.median(took)
    print("published at one, read at another: median %.1f ms, 99 %% %.1f ms, "
          "%d times" % (median, took[len(took) * 99 // 100], len(took)))
    if median > bar:
        fail("the median is above %g ms" % bar)


def main(v):
    if v[0] == "peers":
        peers(int(v[1]), [Tracker(u) for u in v[2:]])
    else:
        windows(float(v[1]), v[2], v[3], int(v[4]), int(v[5]), v[6:])


main(sys.argv[1:])
