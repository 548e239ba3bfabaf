#!/bin/sh
# An origin that misbehaves towards viewers, one fault after the other, while
# the seeder (an hour fast, where libfaketime is there) serves what the origin
# does not: nobody gets a wrong byte, nobody stalls. Then the same without the
# seeder's help: what cannot be had is left out of the playlist, never
# answered with an error.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq
begin

fault() {
	say "origin: $*"
	echo "$*" >"$dir/mode.new"
	mv "$dir/mode.new" "$dir/mode"
}

fault ok
mkdir -p "$dir/origin"
origin_port=$(ports 1)
origin=http://127.0.0.1:$origin_port
spawn origin python3 "$tools/badorigin.py" --port "$origin_port" \
    --root "$dir/origin" --mode "$dir/mode"
await 5 port_open "$origin_port" || fail "no origin"
source_start ts 900k
tracker_start
channel_create
fake=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1
if [ -e $fake ]; then
	say "the seeder's clock is an hour fast"
	run_seeder="env LD_PRELOAD=$fake FAKETIME=+1h
	    FAKETIME_DONT_FAKE_MONOTONIC=1"
fi
seed_from=directory
seeder_start
viewer_ports 6

seconds=34
for i in 1 2 3; do
	read_with $i $seconds
	viewer_start $i
done
sleep 4
for f in 404 403 500 416 norange long short garbage hang; do
	fault $f
	sleep 3
done
fault ok
players_done $((seconds + 20)) hlsget1 hlsget2 hlsget3
for i in 1 2 3; do
	say "viewer$i: $(counter $i '.stats | {fetches, fetch_errors, bad_bytes,
	    peer_bytes, origin_bytes, missed, lost} | tostring')"
done
viewers_leave 1 2 3
python3 "$tools/judge.py" --origin "$dir/origin" "$dir"/hlsget[123].log
stop seeder

say "without the seeder's bytes, each tenth segment is not there"
seed_from=url
fault 404 '5[.]ts'
seeder_start
sleep 3
for i in 4 5; do
	read_with $i 25
	viewer_start $i
done
players_done 40 hlsget4 hlsget5
for i in 4 5; do
	say "viewer$i: $(counter $i '.stats | {fetches, fetch_errors, missed,
	    lost} | tostring')"
done
viewers_leave 4 5
python3 "$tools/judge.py" --origin "$dir/origin" --holes --allow 6 \
    "$dir"/hlsget[45].log
grep -q '"disc": true' "$dir/hlsget4.log" ||
    fail "no discontinuity stands for what was lost"
