#!/bin/sh
# spate-seed as a peer: an encrypted stream reaches a viewer that has no origin,
# from the seeder alone; the swarm goes on when the tracker dies.
set -eu
. "${top_srcdir:-.}/test/regress/seedlib.sh"
seed_begin ffmpeg curl python3

# ---- an encrypted stream; the key is on a web server, the media is not

mkdir live web
python3 -u -m http.server --bind 127.0.0.1 -d web 0 >web.server 2>web.log &
pids="$pids $!"
until_ok 5 grep -q 'port [0-9]' web.server || fail "no web server"
web=$(sed -n 's/.*port \([0-9]*\) .*/\1/p' web.server)
head -c 16 /dev/urandom >web/enc.key
printf 'enc.key\nweb/enc.key\n' >info
ffmpeg -hide_banner -loglevel error -nostats -nostdin \
    -re -f lavfi -i testsrc2=size=160x90:rate=24 -t 60 \
    -c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p \
    -g 24 -keyint_min 24 -f hls -hls_time 1 -hls_list_size 6 \
    -hls_key_info_file info -start_number 41 \
    -hls_flags delete_segments+independent_segments+temp_file \
    -hls_segment_filename 'live/s%05d.ts' live/index.m3u8 \
    >ffmpeg.log 2>&1 &
pids="$pids $!"

"$bin/spate-tracker" -l 127.0.0.1:0 --lan yes 2>tracker.log &
trk=$!
pids="$pids $trk"
until_ok 5 grep -q 'http: listens on=' tracker.log || fail "no tracker"
port=$(sed -n 's/.*http: listens on=127.0.0.1://p' tracker.log)

"$bin/spate-channel" create \
    --tracker "http://127.0.0.1:$port/announce" tv.key >/dev/null
"$bin/spate-seed" --no-lsd -k tv.key -O "http://127.0.0.1:$web/" --lan --upload 0 \
    --status-listen 127.0.0.1:0 live/index.m3u8 >seed.out 2>seed.log &
seed=$!
pids="$pids $seed"
until_ok 8 grep -q '^link:' seed.out || fail "no link"
status=$(sed -n 's/.*status: port=//p' seed.log)

"$bin/spate" --lan --no-lsd -p 0 "$(sed -n 's/^link: //p' seed.out)" \
    >spate.log 2>&1 &
viewer=$!
pids="$pids $viewer"
until_ok 8 grep -q '^play:' spate.log || fail "no viewer"
url=$(sed -n 's/^play: //p' spate.log)
url=${url%/*}/t/0/index.m3u8

# lists N: the viewer lists that many segments, all encrypted.
lists() {
	curl -sf "$url" >list && [ "$(grep -c '^#EXTINF' list)" -ge "$1" ]
}

until_ok 12 lists 3 || fail "nothing is listed"
grep -q "^#EXT-X-KEY:METHOD=AES-128,URI=\"http://127.0.0.1:$web/enc.key\"" \
    list || fail "the key's URI is not absolute: $(cat list)"
grep '^#EXT-X-KEY' list | grep -q 'IV=0x0*[0-9a-f]\{2\}$' ||
    fail "no IV: $(cat list)"
ffmpeg -hide_banner -loglevel error -nostdin -i "$url" -t 2 \
    -f framecrc frames 2>play.log || fail "does not play"
[ ! -s play.log ] || fail "plays with errors: $(cat play.log)"
[ "$(grep -vc '^#' frames)" -ge 40 ] || fail "too few frames"

# ---- without the tracker

kill -9 $trk
edge() {
	curl -sf "$url" | sed -n 's/#EXT-X-MEDIA-SEQUENCE://p;/^#EXTINF/p' |
	    awk 'NR == 1 { n = $1 } END { print n + NR - 1 }'
}
before=$(edge)
grown() {
	[ "$(edge)" -ge $((before + 3)) ]
}
until_ok 8 grown || fail "nothing new without the tracker"
curl -sf "http://127.0.0.1:$status/status" >status.json
grep -q '"neighbours": 1' status.json || fail "no neighbour"
grep -q '"up_bytes": 0' status.json && fail "nothing was uploaded"
kill -TERM $seed
wait $seed || fail "the seeder does not end cleanly"
kill -TERM $viewer
wait $viewer || fail "the viewer does not end cleanly"
echo ok
