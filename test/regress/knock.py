#!/usr/bin/python3
"""Connects, announces, reads the answer, closes; over and over, from four
threads, until a file appears. Prints what came of it; 1 if anything failed."""
import collections
import os
import socket
import sys
import threading

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


threads = [threading.Thread(target=client, args=(i,)) for i in range(1, 5)]
for t in threads:
    t.start()
open(until + ".begun", "w").close()
for t in threads:
    t.join()
print(" ".join("%s=%d" % kv for kv in sorted(told.items())))
sys.exit(set(told) != {"answered"})
