#!/usr/bin/env python3
"""mkmmdb.py FILE NETWORK=NUMBER...: a MaxMind database of networks' numbers.

Only what the tests need of MaxMind DB 2.0: IPv6 tree with IPv4 in ::/96,
records of 24 bits, a map of one key for each network.
"""
import ipaddress
import sys


def text(s):
    return bytes([2 << 5 | len(s)]) + s.encode()


def number(kind, size, v):
    data = v.to_bytes(size, "big").lstrip(b"\0")
    if kind > 7:
        return bytes([len(data), kind - 7]) + data
    return bytes([kind << 5 | len(data)]) + data


U16, U32, U64 = (5, 2), (6, 4), (9, 8)


def entry(v):
    return (bytes([7 << 5 | 1]) + text("autonomous_system_number") +
            number(*U32, v))


def bits(net):
    a, n = int(net.network_address), net.prefixlen
    if net.version == 4:
        n += 96
    return [a >> 127 - i & 1 for i in range(n)]


def main():
    nodes, data = [[None, None]], b""
    for arg in sys.argv[2:]:
        net, asn = arg.split("=")
        path = bits(ipaddress.ip_network(net))
        at = 0
        for b in path[:-1]:
            if nodes[at][b] is None:
                nodes.append([None, None])
                nodes[at][b] = len(nodes) - 1
            at = nodes[at][b]
        nodes[at][path[-1]] = -1 - len(data)
        data += entry(int(asn))
    count, tree = len(nodes), b""
    for node in nodes:
        for v in node:
            if v is None:
                v = count
            elif v < 0:
                v = count + 16 - 1 - v
            tree += v.to_bytes(3, "big")
    meta = {
        "node_count": number(*U32, count), "record_size": number(*U16, 24),
        "ip_version": number(*U16, 6), "database_type": text("spate test"),
        "languages": bytes([0, 4]), "build_epoch": number(*U64, 1700000000),
        "binary_format_major_version": number(*U16, 2),
        "binary_format_minor_version": number(*U16, 0),
        "description": bytes([7 << 5]),
    }
    out = tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com"
    out += bytes([7 << 5 | len(meta)])
    for key, v in meta.items():
        out += text(key) + v
    with open(sys.argv[1], "wb") as f:
        f.write(out)


main()
