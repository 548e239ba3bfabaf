"""A torrent made by hand, and libtorrent as a client that a tracker alone can
introduce to others.

ltpeer.py make OUT.torrent PAYLOAD ANNOUNCE-URL
        writes a private v1 torrent of one file and prints its info-hash
ltpeer.py run ADDRESS DIRECTORY TORRENT...
        seeds or loads them in DIRECTORY until it is told to stop
"""
import hashlib
import os
import signal
import sys
import time

PIECE = 65536


def bencode(v):
    if isinstance(v, int):
        return b"i%de" % v
    if isinstance(v, bytes):
        return b"%d:%s" % (len(v), v)
    items = sorted(v.items())
    return b"d" + b"".join(bencode(x) for kv in items for x in kv) + b"e"


def make(out, payload, url):
    with open(payload, "rb") as f:
        data = f.read()
    pieces = [data[i:i + PIECE] for i in range(0, len(data), PIECE)]
    info = {
        b"length": len(data),
        b"name": os.path.basename(payload).encode(),
        b"piece length": PIECE,
        b"pieces": b"".join(hashlib.sha1(p).digest() for p in pieces),
        b"private": 1,
    }
    with open(out, "wb") as f:
        f.write(bencode({b"announce": url.encode(), b"info": info}))
    print(hashlib.sha1(bencode(info)).hexdigest())


def run(address, directory, torrents):
    import libtorrent as lt

    s = lt.session({
        "listen_interfaces": address + ":0",
        "outgoing_interfaces": "",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "allow_multiple_connections_per_ip": True,
        "min_reconnect_time": 2,
        "stop_tracker_timeout": 2,
        "alert_mask": lt.alert.category_t.tracker_notification
        | lt.alert.category_t.error_notification,
    })
    for t in torrents:
        s.add_torrent({"ti": lt.torrent_info(t), "save_path": directory,
                       "flags": lt.torrent_flags.default_flags
                       & ~lt.torrent_flags.auto_managed
                       & ~lt.torrent_flags.paused})
    over = []
    signal.signal(signal.SIGTERM, lambda *_: over.append(1))
    while not over:
        for a in s.pop_alerts():
            print(a.message(), flush=True)
        time.sleep(0.1)
    for t in s.get_torrents():
        s.remove_torrent(t)
    time.sleep(1)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(*sys.argv[2:])
    else:
        run(sys.argv[2], sys.argv[3], sys.argv[4:])
