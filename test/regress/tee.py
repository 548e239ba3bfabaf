#!/usr/bin/env python3
"""tee.py --listen PORT --to PORT --log FILE: stands between a player and
spate, forwards as bytes arrive, and logs what the player was given.
"""

import argparse
import hashlib
import http.client
import http.server
import time
import threading

from measure import Log

LOCK = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        args = self.server.args
        up = http.client.HTTPConnection("127.0.0.1", args.to, timeout=60)
        head = {k: v for k, v in self.headers.items()
            if k.lower() in ("range", "user-agent", "accept")}
        t0 = time.monotonic()
        n, h, t1, gone, cut = 0, hashlib.sha256(), None, False, False
        try:
            up.request("GET", self.path, headers=head)
            r = up.getresponse()
        except OSError as e:
            self.send_error(502, str(e))
            self.note(502, 0, h, t0, t0, False, True)
            return
        length = r.getheader("Content-Length")
        try:
            self.send_response(r.status)
            for k, v in r.getheaders():
                if k.lower() not in ("connection", "transfer-encoding",
                    "server", "date"):
                    self.send_header(k, v)
            if length is None:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while True:
                data = r.read1(65536)
                if not data:
                    break
                t1 = t1 or time.monotonic()
                h.update(data)
                n += len(data)
                if length is None:
                    data = b"%x\r\n%s\r\n" % (len(data), data)
                self.wfile.write(data)
            if length is None:
                self.wfile.write(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            gone = True
        except (OSError, http.client.HTTPException):
            cut = True
        if not gone and length is not None and n < int(length):
            cut = True
        if cut or gone:
            self.close_connection = True
        up.close()
        self.note(r.status, n, h, t0, t1, gone, cut)

    def note(self, status, n, h, t0, t1, gone, cut):
        with LOCK:
            self.server.log.put("get", path=self.path.split("?")[0],
                status=status, range=self.headers.get("Range"), len=n,
                sha=h.hexdigest(), t0=t0, t1=t1, t2=time.monotonic(),
                gone=gone, cut=cut)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--listen", type=int, required=True)
    p.add_argument("--to", type=int, required=True)
    p.add_argument("--log", required=True)
    args = p.parse_args()
    s = Server(("127.0.0.1", args.listen), Handler)
    s.args = args
    s.log = Log(args.log)
    s.serve_forever()


main()
