#!/usr/bin/env python3
"""netemu.py NAMESPACE:UPLINK_KBIT...: joins network namespaces by an Ethernet
of its own, for kernels without netem. Each gets a device eth0 (a TAP).

What a host sends is serialised at its uplink's rate (0 = no limit) behind a
queue of 300 ms that drops what does not fit, lost with --loss percent, and
delivered --delay +- --jitter milliseconds later, in order.
"""

import argparse
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 2, 0x1000
QUEUE_S = 0.3


class Host:
    def __init__(self, index, spec):
        self.ns, _, kbit = spec.partition(":")
        self.rate = int(kbit) * 1000 / 8
        self.free_at = 0  # the uplink is busy until then
        self.last_out = 0
        self.dropped = self.sent = 0
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        name = f"sp{os.getpid()}x{index}"
        fcntl.ioctl(self.fd, TUNSETIFF,
            struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
        subprocess.run(["ip", "link", "set", name, "netns", self.ns, "name",
            "eth0"], check=True)


class Net:
    def __init__(self, args):
        self.args = args
        self.hosts = [Host(i, s) for i, s in enumerate(args.hosts)]
        self.by_fd = {h.fd: h for h in self.hosts}
        self.by_mac = {}
        self.heap = []
        self.serial = 0
        self.rng = random.Random(1)

    def take(self, h, frame, now):
        """A host has sent |frame|."""
        a = self.args
        self.by_mac[frame[6:12]] = h
        start = max(now, h.free_at)
        if start - now > QUEUE_S:
            h.dropped += 1
            return
        h.free_at = start + (len(frame) / h.rate if h.rate else 0)
        h.sent += len(frame)
        if self.rng.random() * 100 < a.loss:
            return
        delay = (a.delay + self.rng.uniform(-a.jitter, a.jitter)) / 1000
        at = h.last_out = max(h.last_out, h.free_at + delay)
        to = self.by_mac.get(frame[0:6])
        for d in [to] if to else self.hosts:
            if d is not h:
                self.serial += 1
                heapq.heappush(self.heap, (at, self.serial, d.fd, frame))

    def deliver(self, now):
        while self.heap and self.heap[0][0] <= now:
            _, _, fd, frame = heapq.heappop(self.heap)
            try:
                os.write(fd, frame)
            except OSError:
                pass  # the device is down or its queue full

    def run(self):
        poll = select.epoll()
        for h in self.hosts:
            poll.register(h.fd, select.EPOLLIN)
        while True:
            wait = 1.0
            if self.heap:
                wait = max(0, self.heap[0][0] - time.monotonic())
            for fd, _ in poll.poll(wait):
                for _ in range(64):
                    try:
                        frame = os.read(fd, 2048)
                    except OSError:
                        break
                    self.take(self.by_fd[fd], frame, time.monotonic())
            self.deliver(time.monotonic())


def main():
    p = argparse.ArgumentParser()
    p.add_argument("hosts", nargs="+")
    p.add_argument("--delay", type=float, default=30)
    p.add_argument("--jitter", type=float, default=10)
    p.add_argument("--loss", type=float, default=1)
    net = Net(p.parse_args())
    print("ready", flush=True)
    try:
        net.run()
    except KeyboardInterrupt:
        sys.exit(0)


main()
