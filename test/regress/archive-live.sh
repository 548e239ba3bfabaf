#!/bin/sh
# From live to archive, all of it by spate: 60 s of ffmpeg's channel are
# broadcast, recorded and archived; one who has watched nothing fetches the
# archive from the origin and seeds it; the origin's files are deleted. Then
# mpv plays the archive by way of somebody who was not there live, and is given
# the very bytes that were broadcast.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx mpv
. "${top_srcdir:-.}/test/regress/vodlib.sh"
vod_begin
archive=$build/spate-archive
seconds=${LIVE_SECONDS:-60}

# ---- live

origin_start
source_start ts 600k
tracker_options="--lan yes"
tracker_start
channel_create
seed_options="--journal $dir/journal"
seed_from=directory
seeder_start
pieces() {
	[ "$("$build/spate-channel" verify -k "$dir/key" -o tsv \
	    "$dir/journal" 2>/dev/null | grep -c '^record')" -ge "$1" ]
}
await 90 pieces $((seconds + 2)) || fail "nothing is recorded"
stop source INT
stop seeder

# ---- the archive

"$archive" make -k "$dir/key" --to "$seconds" --web-seed "$origin/" \
    -o "$dir/origin/show.torrent" "$dir/journal" "$dir/origin/live" \
    >"$dir/make.txt" 2>&1 || fail "make: $(cat "$dir/make.txt")"
grep '^span: ' "$dir/make.txt"
"$archive" verify -k "$dir/key" --media "$dir/origin/live" \
    "$dir/origin/show.torrent" >"$dir/verify.txt" 2>&1 ||
    fail "verify: $(tail -n 3 "$dir/verify.txt")"

# ---- one fetches it from the origin, and seeds it; the origin's files go

set -- $(ports 1)
seed_port=$1
play first --lan --all --save "$dir/first" --peer-port "$seed_port" \
    "$dir/origin/show.torrent"
has_all() {
	[ "$(status '.stats.have == .stats.pieces')" = true ]
}
await 20 has_all || fail "not fetched: $(status .stats)"
cp "$dir/origin/show.torrent" "$dir/show.torrent"
cp -r "$dir/origin/live" "$dir/live"
rm -rf "$dir/origin/live" "$dir/origin/show.torrent"
! curl -sf "$origin/live/show.m3u8" >/dev/null || fail "the origin has it yet"

# ---- mpv plays it by way of another

magnet=$(sed -n 's/^magnet: //p' "$dir/make.txt")
play late --lan "$magnet&x.pe=127.0.0.1:$seed_port"
[ "$main" = "$url/show.m3u8" ] || fail "plays $main"
set -- $(ports 1)
spawn tee python3 "$tools/tee.py" --listen "$1" --to "${url##*:}" \
    --log "$dir/tee.log"
await 10 port_open "$1" || fail "no tee"
timeout 300 mpv --no-config --vo=null --ao=null --untimed --no-terminal \
    --msg-level=all=warn --log-file="$dir/mpv.log" \
    "http://127.0.0.1:$1/show.m3u8" >"$dir/mpv.txt" 2>&1 ||
    fail "mpv: status $? $(tail -n 5 "$dir/mpv.log")"
stop tee

# What mpv was given, each segment whole, is what was broadcast.
python3 - "$dir/tee.log" "$dir/live" <<'END' || exit 3
import hashlib, json, os, sys
given = {}
for line in open(sys.argv[1]):
    e = json.loads(line)
    path = e.get("path", "").split("?")[0].lstrip("/")
    if path:
        given.setdefault(path, set()).add((e["status"], e["sha"]))
wanted = [x for x in open(sys.argv[2] + "/show.m3u8").read().split("\n")
          if x and not x.startswith("#")]
bad = 0
for name in wanted + ["show.m3u8"]:
    with open(os.path.join(sys.argv[2], name), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    if not any(d == digest for _, d in given.get(name, ())):
        print("not as it was broadcast:", name, given.get(name))
        bad += 1
print("mpv was given", len(wanted), "segments as they were broadcast"
      if not bad else "%d wrong ones" % bad)
sys.exit(bad > 0)
END
n=$(grep -vc '^#' "$dir/live/show.m3u8")
[ "$n" -ge $((seconds - 4)) ] || fail "only $n segments"
status '{stats, origins}' >"$dir/stats.txt"
jq -e '.stats.origin_bytes == 0 and .stats.down_bytes > 500000' \
    "$dir/stats.txt" >/dev/null || fail "the origin was of use still"
stop late INT
[ "$status" -eq 0 ] || fail "ends with $status"
stop first INT
for s in $(grep -v '^#' "$dir/live/show.m3u8") show.m3u8 show.spate; do
	cmp "$dir/first/live/$s" "$dir/live/$s" || exit 3
done
say "$n segments, $seconds s, all by way of peers"
