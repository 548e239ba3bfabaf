"""What test/regress/udp.sh asks a tracker by UDP: udp.py PORT WHAT."""

import socket
import struct
import sys

MAGIC = 0x41727101980
PORT = int(sys.argv[1])


class Client:
    """One address; hears only from the address that it asks."""

    def __init__(self, ip="127.0.0.1", to="127.0.0.1"):
        family = socket.AF_INET6 if ":" in to else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.bind((ip, 0))
        self.sock.connect((to, PORT))
        self.sock.settimeout(5)
        self.conn = b""

    def ask(self, packet):
        self.sock.send(packet)
        try:
            return self.sock.recv(4096)
        except socket.timeout:
            return None

    def connect(self):
        got = self.ask(struct.pack(">QII", MAGIC, 0, 7))
        assert got is not None and len(got) == 16, got
        assert struct.unpack(">II", got[:8]) == (0, 7)
        self.conn = got[8:]
        return self

    def announcement(self, info_hash, port, left=1, event=0, numwant=-1,
                     options=b""):
        return (self.conn + struct.pack(">II", 1, 9) + info_hash +
                b"-XX0001-abcdefghijkl" +
                struct.pack(">QQQIIIiH", 0, left, 0, event, 0, 0,
                            numwant, port) + options)

    def announce(self, *what, **more):
        return self.ask(self.announcement(*what, **more))

    def scrape(self, *hashes):
        return self.ask(self.conn + struct.pack(">II", 2, 9) +
                        b"".join(hashes))


def head(reply):
    """action, tid, and the rest"""
    assert reply is not None, "no answer"
    return struct.unpack(">II", reply[:8]) + (reply[8:],)


def error(reply):
    action, tid, text = head(reply)
    assert (action, tid) == (3, 9), reply
    return text.decode()


def peers(reply, size=6):
    action, tid, rest = head(reply)
    assert (action, tid) == (1, 9), reply
    body = rest[12:]
    assert len(body) % size == 0
    return {body[i:i + size] for i in range(0, len(body), size)}


def basic():
    a, b = Client().connect(), Client("127.0.0.2").connect()
    ih, other = b"a" * 20, b"b" * 20
    assert peers(a.announce(ih, 1001, event=2)) == set()
    assert peers(b.announce(ih, 1002)) == {b"\x7f\0\0\1" + b"\x03\xe9"}
    assert peers(a.announce(ih, 1001)) == {b"\x7f\0\0\2" + b"\x03\xea"}
    assert peers(b.announce(ih, 1002, left=0, event=1)) == {
        b"\x7f\0\0\1\x03\xe9"}
    action, _, rest = head(a.scrape(other, ih, ih))
    assert action == 2
    assert struct.unpack(">9I", rest) == (0, 0, 0, 1, 1, 1, 1, 1, 1), rest
    assert len(a.announce(ih, 1001, event=3)) == 20
    assert "connect to" in error(a.announce(ih, 0))
    assert "option" in error(a.announce(ih, 1001, options=b"\2\5/a"))
    assert peers(a.announce(ih, 1001, options=b"\1\2\2/a\0"))
    # b's id is not a's.
    a.conn = b.conn
    assert "connection id" in error(a.announce(ih, 1001))
    six = Client("::1", "::1").connect()
    assert peers(six.announce(ih, 1003), 18) == set()
    # Asked at another address of all, it answers from there.
    Client(to="127.0.0.9").connect()


def many():
    """From 40 addresses, through however many threads there are."""
    ih = b"m" * 20
    clients = [Client("127.0.1.%d" % i).connect() for i in range(1, 41)]
    for i, c in enumerate(clients):
        assert peers(c.announce(ih, 2000 + i, numwant=200)) is not None
    for c, i in zip(clients, range(40)):
        assert len(peers(c.announce(ih, 2000 + i, numwant=200))) == 39


def limited():
    a = Client().connect()
    # All at once: each second gives another one.
    for _ in range(8):
        a.sock.send(a.announcement(b"l" * 20, 1001))
    got = 0
    try:
        while a.sock.recv(4096):
            got += 1
            a.sock.settimeout(1)
    except socket.timeout:
        pass
    assert got == 5, got
    assert Client("127.0.0.2").connect().announce(b"l" * 20, 1001)


def denied():
    a = Client().connect()
    assert "not permitted" in error(a.announce(b"d" * 20, 1001))
    assert peers(a.announce(b"e" * 20, 1001)) == set()


def none():
    try:
        c = Client()
        c.sock.settimeout(0.5)
        assert c.ask(struct.pack(">QII", MAGIC, 0, 7)) is None
    except ConnectionRefusedError:
        pass


{"basic": basic, "many": many, "limited": limited, "denied": denied,
 "none": none}[sys.argv[2]]()
