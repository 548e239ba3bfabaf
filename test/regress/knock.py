#!/usr/bin/python3
"""Announces over and over until a file appears: from four threads by HTTP, each
time with a connection of its own, and from one by UDP with the connection id
that it got first. Prints what came of it; 1 if anything failed."""
import collections
import os
import socket
import struct
import sys
import threading
import time

host, port, until = sys.argv[1], int(sys.argv[2]), sys.argv[3]
told = collections.Counter()
request = ("GET /announce?info_hash=aaaaaaaaaaaaaaaaaaaa"
           "&peer_id=-XX0100-knocknocknoc&port=%d&left=1 HTTP/1.1\r\n"
           "Host: a\r\nConnection: close\r\n\r\n")


def knock(n):
    with socket.create_connection((host, port), 5) as s:
        s.settimeout(5)
        s.sendall((request % n).encode())
        answer = b""
        while part := s.recv(65536):
            answer += part
    return "answered" if b"8:interval" in answer else "no answer"


def client(i):
    n = 1000 * i
    while not os.path.exists(until):
        n = 1000 * i + (n + 1) % 1000
        try:
            told[knock(n)] += 1
        except OSError as e:
            told[type(e).__name__] += 1


def ask(s, request, tid):
    s.send(request)
    while True:
        answer = s.recv(4096)
        if answer[4:8] == tid:
            return struct.unpack(">I", answer[:4])[0], answer


def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.connect((host, port))
    action, answer = ask(s, struct.pack(">QI4s", 0x41727101980, 0, b"conn"),
                         b"conn")
    cid = answer[8:16]
    n = 0
    while not os.path.exists(until):
        n += 1
        tid = struct.pack(">I", n)
        announce = (cid + struct.pack(">I", 1) + tid + b"a" * 20 +
                    b"-XX0100-udpudpudpudp" +
                    struct.pack(">QQQIIIiH", 0, 1, 0, 0, 0, 0, 10, 777))
        try:
            action, answer = ask(s, announce, tid)
            told["UDP answered" if action == 1 else
                 "UDP refused: %r" % answer[8:]] += 1
        except OSError as e:
            told["UDP " + type(e).__name__] += 1
        time.sleep(0.2)  # below the limit of a host


threads = [threading.Thread(target=client, args=(i,)) for i in range(1, 5)]
if "--udp" in sys.argv:
    threads.append(threading.Thread(target=udp))
for t in threads:
    t.start()
open(until + ".begun", "w").close()
for t in threads:
    t.join()
print(" ".join("%s=%d" % kv for kv in sorted(told.items())))
sys.exit(not set(told) <= {"answered", "UDP answered"})
