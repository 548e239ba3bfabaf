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


def remake(torrent, directory, out=None, *more):
    """What libtorrent makes of the same files: info-hashes and roots."""
    import libtorrent as lt

    given = lt.torrent_info(torrent)
    v1 = given.info_hashes().has_v1()
    v2 = given.info_hashes().has_v2()
    files = given.files()
    storage = lt.file_storage()
    flag = lt.file_storage.flag_pad_file
    paths = [files.file_path(i) for i in range(files.num_files())
             if not files.file_flags(i) & flag] + list(more)
    for p in paths:
        storage.add_file(p, os.path.getsize(os.path.join(directory, p)))
    made = lt.create_torrent(storage, given.piece_length(),
                             0 if v1 and v2 else lt.create_torrent.v2_only
                             if v2 else lt.create_torrent.v1_only)
    lt.set_piece_hashes(made, directory)
    made = made.generate()
    if out:
        with open(out, "wb") as f:
            f.write(lt.bencode(made))
    info = made[b"info"]
    if v1:
        cut_tail(info, os.path.join(directory, paths[-1]))
        print("v1", hashlib.sha1(lt.bencode(info)).hexdigest())
    if v2:
        print("v2", hashlib.sha256(lt.bencode(info)).hexdigest())
        tree(info[b"file tree"], [])


def cut_tail(info, last):
    """libtorrent 2.0.8 also pads the last file, which nobody needs."""
    if info[b"files"][-1].get(b"attr") != b"p":
        return
    info[b"files"].pop()
    with open(last, "rb") as f:
        data = f.read()
    rest = len(data) % info[b"piece length"]
    info[b"pieces"] = (info[b"pieces"][:-20]
                       + hashlib.sha1(data[-rest:]).digest())


def tree(d, path):
    for name, v in sorted(d.items()):
        if name == b"":
            print(v.get(b"pieces root", b"").hex() or "-",
                  b"/".join(path).decode())
        else:
            tree(v, path + [name])


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
    elif sys.argv[1] == "remake":
        remake(*sys.argv[2:])
    else:
        run(sys.argv[2], sys.argv[3], sys.argv[4:])
