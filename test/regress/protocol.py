#!/usr/bin/env python3
"""A peer written from spate-protocol(7) alone, to see that the page is right.

	protocol.py CHANNEL-KEY PORT

Talks to the spate on 127.0.0.1:PORT and checks what it answers. Primitives are
libsodium's, by ctypes; Noise, frames and messages are here.
"""

import ctypes
import ctypes.util
import hashlib
import hmac
import os
import socket
import struct
import sys

SODIUM = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
LONG = ctypes.c_ulonglong
NOISE = b"Noise_XXpsk0_25519_ChaChaPoly_SHA256"
HELLO = ">BBBBHHII"  # version, ciphers, flags, 0, port, 0, up_kbps, 0
PING, PONG, BYE, WANT_MANIFEST, INTERESTED = 36, 37, 38, 39, 2


def sha256(data):
    return hashlib.sha256(data).digest()


def hkdf(ck, material, n):
    key = hmac.digest(ck, material, "sha256")
    out, last = [], b""
    for i in range(n):
        last = hmac.digest(key, last + bytes([i + 1]), "sha256")
        out.append(last)
    return out


def nonce(n):
    return bytes(4) + struct.pack("<Q", n)


def public(secret):
    out = ctypes.create_string_buffer(32)
    SODIUM.crypto_scalarmult_base(out, secret)
    return out.raw


def shared(secret, other):
    out = ctypes.create_string_buffer(32)
    assert SODIUM.crypto_scalarmult(out, secret, other) == 0
    return out.raw


def seal(key, n, ad, text):
    out = ctypes.create_string_buffer(len(text) + 16)
    SODIUM.crypto_aead_chacha20poly1305_ietf_encrypt(
        out, None, text, LONG(len(text)), ad, LONG(len(ad)), None, nonce(n),
        key)
    return out.raw


def unseal(key, n, ad, data):
    out = ctypes.create_string_buffer(max(len(data) - 16, 1))
    rc = SODIUM.crypto_aead_chacha20poly1305_ietf_decrypt(
        out, None, None, data, LONG(len(data)), ad, LONG(len(ad)), nonce(n),
        key)
    assert rc == 0, "does not authenticate"
    return out.raw[:len(data) - 16]


class Noise:
    def __init__(self, pk):
        self.psk = sha256(b"spate psk 1\0" + pk)
        self.h = self.ck = sha256(NOISE)
        self.k, self.n = None, 0
        info_hash = sha256(b"spate channel 1\0" + pk)[:20]
        self.mix_hash(b"spate peer 1\0" + info_hash)

    def mix_hash(self, data):
        self.h = sha256(self.h + data)

    def mix_key(self, data):
        self.ck, self.k = hkdf(self.ck, data, 2)
        self.n = 0

    def encrypt(self, text):
        data = seal(self.k, self.n, self.h, text)
        self.n += 1
        self.mix_hash(data)
        return data

    def decrypt(self, data):
        text = unseal(self.k, self.n, self.h, data)
        self.n += 1
        self.mix_hash(data)
        return text

    def ephemeral(self, key):
        self.mix_hash(key)
        self.mix_key(key)

    def first(self, e):
        self.ck, t, self.k = hkdf(self.ck, self.psk, 3)
        self.mix_hash(t)
        self.ephemeral(public(e))
        return public(e) + self.encrypt(b"")

    def second(self, e, data):
        re = data[:32]
        self.ephemeral(re)
        self.mix_key(shared(e, re))
        rs = self.decrypt(data[32:80])
        self.mix_key(shared(e, rs))
        return re, rs, self.decrypt(data[80:])

    def third(self, s, re, hello):
        data = self.encrypt(public(s))
        self.mix_key(shared(s, re))
        return data + self.encrypt(hello)


class Way:
    """One direction of frames."""

    def __init__(self, key, mask_key):
        self.key, self.mask_key, self.n = key, mask_key, 0

    def mask(self, length):
        out = ctypes.create_string_buffer(64)
        SODIUM.crypto_stream_chacha20_ietf(out, LONG(64), nonce(self.n // 32),
                                           self.mask_key)
        at = 2 * (self.n % 32)
        return bytes(a ^ b for a, b in zip(length, out.raw[at:at + 2]))

    def count(self):
        self.n += 1
        if self.n % 65536 == 0:
            self.key = seal(self.key, 2**64 - 1, b"", bytes(32))[:32]


def message(kind, body=b""):
    return struct.pack(">IB", 1 + len(body), kind) + body


def connect(port):
    sock = socket.create_connection(("127.0.0.1", port))
    sock.settimeout(5)
    return sock


def read(sock, n):
    data = b""
    while len(data) < n:
        more = sock.recv(n - len(data))
        assert more, "closed"
        data += more
    return data


class Peer:
    def __init__(self, pk, port):
        self.sock = connect(port)
        noise, e, s = Noise(pk), os.urandom(32), os.urandom(32)
        self.first = noise.first(e)
        assert len(self.first) == 48
        self.sock.sendall(self.first)
        re, self.remote, hello = noise.second(e, read(self.sock, 112))
        self.hello = struct.unpack(HELLO, hello)
        last = noise.third(s, re, struct.pack(HELLO, 1, 1, 0, 0, 0, 0, 0, 0))
        assert len(last) == 80
        self.sock.sendall(last)
        keys = hkdf(noise.ck, b"", 2)
        masks = hkdf(noise.ck, b"spate length", 2)
        self.tx, self.rx = Way(keys[0], masks[0]), Way(keys[1], masks[1])
        self.waiting = []

    def send(self, messages):
        head = self.tx.mask(struct.pack(">H", len(messages) + 16))
        self.sock.sendall(
            head + seal(self.tx.key, self.tx.n, head, messages))
        self.tx.count()

    def frame(self):
        head = read(self.sock, 2)
        n, = struct.unpack(">H", self.rx.mask(head))
        text = unseal(self.rx.key, self.rx.n, head, read(self.sock, n))
        self.rx.count()
        while text:
            n, kind = struct.unpack(">IB", text[:5])
            self.waiting.append((kind, text[5:4 + n]))
            text = text[4 + n:]

    def expect(self, kind):
        """Body of the next message of that kind; others are dropped."""
        while True:
            while not self.waiting:
                self.frame()
            got, body = self.waiting.pop(0)
            if got == kind:
                return body


def is_silent(sock, data):
    sock.sendall(data)
    sock.settimeout(1)
    try:
        return sock.recv(1) is None
    except socket.timeout:
        return True


def main():
    pk, port = bytes.fromhex(sys.argv[1]), int(sys.argv[2])

    other = bytes([pk[0] ^ 1]) + pk[1:]
    for data in b"", os.urandom(48), os.urandom(300), \
            Noise(other).first(os.urandom(32)):
        assert is_silent(connect(port), data), "a stranger is answered"
    print("strangers get nothing")

    p = Peer(pk, port)
    assert p.hello[0] == 1 and p.hello[1] & 1 and p.hello[4] == port, p.hello
    assert p.expect(WANT_MANIFEST) == bytes(8)
    token = p.expect(PING)
    p.send(message(PONG, token + struct.pack(">HI", 0, 0)))
    p.expect(INTERESTED)
    print("handshake and beginning")

    # A type of the future and a message of length 0 are skipped.
    p.send(message(200, b"later") + bytes(4) + message(PING, b"12345678"))
    assert p.expect(PONG) == b"12345678" + bytes(6)
    for i in range(65536):
        p.send(bytes(4))
    p.send(message(PING, b"rekeyed."))
    assert p.expect(PONG)[:8] == b"rekeyed."
    print("frames, over a rekey")

    again = connect(port)
    again.sendall(p.first)
    assert len(read(again, 112)) == 112
    print("a first message that is sent again gets the second, as the page says")

    p.send(message(6, b"\xff" * 13))
    body = p.expect(BYE)
    assert body[0] == 3, body
    assert p.sock.recv(1) == b""
    print("a bad request: bye,", body[1:].decode())


if __name__ == "__main__":
    main()
