#!/usr/bin/env python3
"""hlsget.py URL --log FILE: plays a live HLS channel without decoding it.

Polls the playlist as players do, downloads every listed segment once, in
order, beginning three before the end, and keeps a media clock: a segment that
is complete later than the media before it has been played is a stall.

Complains (and exits 1) about whatever no player should ever see: a listed
piece that is not there or cut, numbers that go back, a playlist that goes
away. Its log is for judge.py.
"""

import argparse
import http.client
import re
import signal
import socket
import sys
import time
from urllib.parse import urljoin, urlsplit

from measure import Idle, Log, Stalls, began, default_port, sha


class Stop(Exception):
    """SIGTERM."""


class Reader:
    def __init__(self, args):
        self.args = args
        self.idle = Idle()
        self.log = Log(args.log)
        self.conns = {}
        self.faults = []
        self.begun = time.monotonic()
        self.stalls = Stalls(self.idle, self.begun)
        self.startup, self.media, self.ended = None, 0.0, False

    def fault(self, text):
        self.faults.append(text)
        print(f"hlsget: {text}", flush=True)

    def get(self, url):
        """Status, body, headers and times; a short body raises."""
        u = urlsplit(url)
        key = (u.hostname, default_port(u))
        path = u.path + (f"?{u.query}" if u.query else "")
        for fresh in (False, True):
            conn = self.conns.pop(key, None)
            if conn is None or fresh:
                conn = http.client.HTTPConnection(*key, timeout=30)
            t0 = time.monotonic()
            try:
                conn.request("GET", path, headers={
                    "User-Agent": self.args.agent})
                r = conn.getresponse()
                break
            except (http.client.BadStatusLine, ConnectionResetError,
                    BrokenPipeError):
                # A keep-alive connection may have ended meanwhile.
                conn.close()
                if fresh:
                    raise
        head = r.read(1)
        t1 = time.monotonic()
        body = head + r.read()
        t2 = time.monotonic()
        if r.will_close:
            conn.close()
        else:
            self.conns[key] = conn
        return r, body, (t0, t1, t2)

    def first(self, url):
        """The first playlist; until it is there, nothing counts."""
        end = time.monotonic() + self.args.patience
        while True:
            try:
                r, body, _ = self.get(url)
                if r.status == 200 and b"#EXTINF" in body:
                    return url, body.decode()
                if r.status == 200 and b"#EXT-X-STREAM-INF" in body:
                    url = urljoin(url, self.variant(body.decode()))
                    continue
                why = f"status {r.status}, {len(body)} bytes"
            except OSError as e:
                why = str(e)
            except http.client.HTTPException as e:
                why = repr(e)
            if time.monotonic() > end:
                self.fault(f"{url}: never a playlist: {why}")
                return None, None
            time.sleep(0.05)

    def variant(self, text):
        uris = [s for s in text.split("\n") if s and not s.startswith("#")]
        return uris[min(self.args.variant, len(uris) - 1)]

    @staticmethod
    def parse(text):
        msn, segs, dur, init, disc = 0, [], 0.0, None, False
        for line in text.splitlines():
            if line.startswith("#EXT-X-MEDIA-SEQUENCE:"):
                msn = int(line.split(":")[1])
            elif line.startswith("#EXTINF:"):
                dur = float(line[8:].split(",")[0])
            elif line.startswith("#EXT-X-MAP:"):
                init = re.search(r'URI="([^"]*)"', line).group(1)
            elif line == "#EXT-X-DISCONTINUITY":
                disc = True
            elif line and not line.startswith("#"):
                segs.append((line, dur, init, disc))
                disc = False
        target = re.search(r"#EXT-X-TARGETDURATION:(\d+)", text)
        return msn, segs, int(target.group(1)) if target else 1, \
            "#EXT-X-ENDLIST" in text

    def fetch(self, url, **more):
        """One segment; the log says what came."""
        r = None
        try:
            r, body, t = self.get(url)
        except (OSError, http.client.HTTPException) as e:
            self.fault(f"{url}: {e!r}")
            return None
        want = r.getheader("Content-Length")
        self.log.put("get", path=urlsplit(url).path, status=r.status,
            range=None, len=len(body), sha=sha(body), t0=t[0], t1=t[1],
            t2=t[2], cut=False, **more)
        if r.status != 200:
            self.fault(f"{url}: status {r.status}")
            return None
        if want is not None and int(want) != len(body):
            self.fault(f"{url}: {len(body)} of {want} bytes")
            return None
        return t

    def play(self):
        """Until the end, or SIGTERM; then the summary."""
        try:
            self.read()
        except Stop:
            pass
        self.log.put("player", player="hlsget", url=self.args.url,
            begun=self.begun, startup=self.startup, media=self.media,
            stalls=self.stalls.list, faults=self.faults, ended=self.ended,
            idle=self.idle.overall())
        return 1 if self.faults or self.startup is None else 0

    def read(self):
        args = self.args
        due, seen_init = None, None
        url, text = self.first(args.url)
        if args.begun_file:
            self.begun = began(args.begun_file)
        end = self.begun + args.seconds
        self.stalls = Stalls(self.idle, self.begun)
        last, first_msn, dseq = None, None, None
        while text is not None:
            msn, segs, target, self.ended = self.parse(text)
            if first_msn is not None and msn < first_msn:
                self.fault(f"MEDIA-SEQUENCE {first_msn}, then {msn}")
            m = re.search(r"#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)", text)
            now_dseq = int(m.group(1)) if m else 0
            if dseq is not None and now_dseq < dseq:
                self.fault(f"DISCONTINUITY-SEQUENCE {dseq}, then {now_dseq}")
            dseq = now_dseq
            first_msn = msn
            if last is None:
                last = msn + max(0, len(segs) - 3) - 1
            elif last + 1 < msn:
                self.fault(f"segment {last + 1} has left a list that begins"
                    f" with {msn}")
                last = msn - 1
            fresh = 0
            for n, (uri, dur, init, disc) in enumerate(segs, msn):
                if n <= last:
                    continue
                if time.monotonic() > end:
                    break
                last = n
                fresh += 1
                if init and init != seen_init:
                    seen_init = init
                    self.fetch(urljoin(url, init), init=True, msn=-1)
                t = self.fetch(urljoin(url, uri), init=False, msn=n, dur=dur,
                    disc=disc)
                if t is None:
                    continue
                if due is None:
                    due = t[2]
                    self.startup = t[1] - self.begun
                if t[2] > due + 0.05:
                    self.stalls.add(t[2] - due, t[2])
                    due = t[2]
                due += dur
                self.media += dur
            if self.ended or time.monotonic() > end:
                break
            time.sleep(target / 2 if fresh else target / 4)
            text = self.again(url, text)

    def again(self, url, old):
        try:
            r, body, _ = self.get(url)
        except (OSError, http.client.HTTPException) as e:
            self.fault(f"{url}: {e!r}")
            return old
        if r.status != 200:
            self.fault(f"{url}: status {r.status} for a playlist")
            return old
        return body.decode()


def stop(*_):
    raise Stop


def main():
    p = argparse.ArgumentParser()
    p.add_argument("url")
    p.add_argument("--log", required=True)
    p.add_argument("--seconds", type=float, default=30)
    p.add_argument("--patience", type=float, default=15,
        help="seconds for the first playlist")
    p.add_argument("--begun-file",
        help="date +%%s.%%N from when start-up is measured")
    p.add_argument("--variant", type=int, default=0)
    p.add_argument("--agent", default="hlsget")
    args = p.parse_args()
    socket.setdefaulttimeout(30)
    signal.signal(signal.SIGTERM, stop)
    sys.exit(Reader(args).play())


main()
