#!/usr/bin/env python3
"""badorigin.py --port PORT --root DIR --mode FILE: an origin that misbehaves
as FILE says, which may change at any time:

	ok		serves the files, with ranges
	404 403 500 416	answers so to viewers that ask for a segment
	norange		ignores Range: 200 with the whole file
	long short	a segment has 1,000 bytes more, or half of them
	garbage		a segment has other bytes
	hang		takes the request for a segment, never answers
	text		playlists are plain text

A second word in FILE is which paths it concerns, a regular expression
(default: all); of several lines the first that matches counts. Only viewers are concerned: a User-Agent that begins with
spate/. Access log on stdout, as nginx's.
"""

import argparse
import http.server
import os
import re
import time

MEDIA = (".ts", ".m4s", ".mp4")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def mode(self):
        with open(self.server.args.mode, encoding="ascii") as f:
            lines = f.readlines()
        if not self.headers.get("User-Agent", "").startswith("spate/"):
            return "ok"
        for words in (x.split() for x in lines):
            if len(words) == 1 or words and re.search(words[1], self.path):
                return words[0]
        return "ok"

    def reply(self, status, body, extra=()):
        self.send_response(status)
        for k, v in extra:
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        print("%.3f\t0\t%d\t%d\t%s\t%s\t%s\t%s\t%s" % (time.time(), status,
            len(body), self.command, self.path,
            self.headers.get("Range", "-"),
            self.headers.get("User-Agent", "-"), self.client_address[0]),
            flush=True)

    def do_GET(self):
        path = os.path.normpath(self.path.split("?")[0]).lstrip("/")
        mode = self.mode()
        try:
            with open(os.path.join(self.server.args.root, path), "rb") as f:
                body = f.read()
        except OSError:
            self.reply(404, b"not here\n")
            return
        if not path.endswith(MEDIA):
            self.reply(200, b"hello\n" if mode == "text" else body)
            return
        if mode.isdigit():
            self.reply(int(mode), b"no\n")
            return
        if mode == "hang":
            time.sleep(60)
        elif mode == "long":
            body += bytes(1000)
        elif mode == "short":
            body = body[:len(body) // 2]
        elif mode == "garbage":
            body = bytes(b ^ 0x55 for b in body)
        m = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if m is None or mode == "norange":
            self.reply(200, body)
            return
        first = int(m.group(1))
        last = min(int(m.group(2) or len(body)), len(body) - 1)
        if first > last:
            self.reply(416, b"", [("Content-Range", f"bytes */{len(body)}")])
            return
        self.reply(206, body[first:last + 1], [("Content-Range",
            f"bytes {first}-{last}/{len(body)}")])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, required=True)
    p.add_argument("--root", required=True)
    p.add_argument("--mode", required=True)
    args = p.parse_args()
    s = http.server.ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    s.daemon_threads = True
    s.args = args
    s.serve_forever()


main()
