"""Torrents and seeds for the tests of spate as a player of torrents.

vodseed.py make OUT.torrent PATH v1|v2|hybrid KIB [ANNOUNCE-URL]
        writes a torrent of a file or folder in pieces of KIB and prints its
        magnet link, without peers
vodseed.py magnet TORRENT
        prints its magnet link, without peers
vodseed.py run ADDRESS:PORT DIRECTORY TORRENT [upload=BYTES] [bad=PIECE,...]
        [part=1] [dial=no] [enc=require|no]
        seeds it; with `bad' it sends wrong bytes of these pieces, with `part'
        what is there of it is enough; with `dial' it waits for others, who
        know it by its one address then
vodseed.py load ADDRESS DIRECTORY TORRENT PEER...
        fetches it all and prints MB/s, counted from the first peer on
vodseed.py bytes OUT MIB SEED
        a file of bytes that differ everywhere, and from every other SEED
"""
import hashlib
import os
import signal
import sys
import time

QUIET = {
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_outgoing_utp": False,
    "enable_incoming_utp": False,
    "allow_multiple_connections_per_ip": True,
    "outgoing_interfaces": "",
    "min_reconnect_time": 2,
    "stop_tracker_timeout": 1,
}


def make(out, path, kind, kib, url=None):
    import libtorrent as lt

    fs = lt.file_storage()
    lt.add_files(fs, path)
    flags = {
        "v1": lt.create_torrent.v1_only,
        "v2": lt.create_torrent.v2_only,
        "hybrid": 0,
    }[kind]
    t = lt.create_torrent(fs, int(kib) * 1024, flags)
    if url:
        t.add_tracker(url)
    lt.set_piece_hashes(t, os.path.dirname(os.path.abspath(path)))
    data = lt.bencode(t.generate())
    with open(out, "wb") as f:
        f.write(data)
    magnet(out)


def magnet(out):
    import libtorrent as lt

    h = lt.torrent_info(out).info_hashes()
    xt = []
    if h.has_v1():
        xt.append("xt=urn:btih:" + str(h.v1))
    if h.has_v2():
        xt.append("xt=urn:btmh:1220" + str(h.v2))
    print("magnet:?" + "&".join(xt))


def spoil(directory, ti, pieces):
    """The bytes on disk are changed after the seed has believed them."""
    fs = ti.files()
    for p in pieces:
        for s in ti.map_block(p, 0, ti.piece_size(p)):
            with open(os.path.join(directory, fs.file_path(s.file_index)),
                      "r+b") as f:
                f.seek(s.offset)
                b = f.read(s.size)
                f.seek(s.offset)
                f.write(bytes(x ^ 0x55 for x in b))


def run(where, directory, torrent, *options):
    import libtorrent as lt

    o = dict(x.split("=") for x in options)
    s = lt.session(dict(QUIET, listen_interfaces=where,
                        enable_outgoing_tcp=o.get("dial") != "no"))
    if "enc" in o:
        policy = {"require": 0, "no": 2}[o["enc"]]
        s.apply_settings({"in_enc_policy": policy, "out_enc_policy": policy,
                          "allowed_enc_level": 2 if policy == 0 else 3})
    ti = lt.torrent_info(torrent)
    # in seed mode it would look at what it sends
    flags = lt.torrent_flags.update_subscribe if "bad" in o else \
        lt.torrent_flags.seed_mode
    if "part" in o:
        flags = lt.torrent_flags.upload_mode
    h = s.add_torrent({"ti": ti, "save_path": directory, "flags": flags})
    checking = (lt.torrent_status.checking_files,
                lt.torrent_status.checking_resume_data)
    while h.status().state in checking or \
            "part" not in o and not h.status().is_seeding:
        time.sleep(0.05)
    if "bad" in o:
        spoil(directory, ti, [int(x) for x in o["bad"].split(",")])
    # those of the session do not count on a local network
    h.set_upload_limit(int(o.get("upload", 0)))
    # who has been asked to end does so at once
    signal.signal(signal.SIGTERM, lambda *a: os._exit(0))
    print("seeding", flush=True)
    while True:
        time.sleep(1)


def load(address, directory, torrent, *peers):
    import libtorrent as lt

    s = lt.session(dict(QUIET, listen_interfaces=address + ":0",
                        alert_mask=lt.alert.category_t.status_notification))
    ti = lt.torrent_info(torrent)
    h = s.add_torrent({"ti": ti, "save_path": directory})
    time.sleep(0.3)
    begun = time.monotonic()
    for p in peers:
        a, port = p.rsplit(":", 1)
        h.connect_peer((a, int(port)))
    while not h.status().is_seeding:
        s.wait_for_alert(20)
        s.pop_alerts()
    took = time.monotonic() - begun
    print("%.1f" % (ti.total_size() / took / 1e6))
    sys.stdout.flush()
    os._exit(0)


def make_bytes(out, mib, seed):
    """Blocks of 64 KiB: 32 bytes of a hash, and a pattern that moves."""
    tail = hashlib.shake_128(seed.encode()).digest(65536 - 32)
    with open(out, "wb") as f:
        for i in range(int(mib) * 16):
            head = hashlib.sha256(b"%s %d" % (seed.encode(), i)).digest()
            f.write(head + tail)


if __name__ == "__main__":
    {"make": make, "run": run, "load": load,
     "bytes": make_bytes, "magnet": magnet}[sys.argv[1]](*sys.argv[2:])
