#!/bin/sh
# An origin that misbehaves towards viewers, one fault after the other; the
# seeder's clock is an hour fast, where libfaketime is there. One viewer of
# three knows an origin in good order, so the swarm holds what is needed:
# nobody gets a wrong byte, nobody stalls. Then without that one: a piece that
# cannot be had is left out of the playlist, never answered with an error.
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
origin_start
good=$origin
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
seeder_start
viewer_ports 6

seconds=31
for i in 1 2 3; do
	read_with $i $seconds
	set --
	[ $i -ne 1 ] || set -- --origin "$good/live/"
	viewer_start $i "$@"
done
sleep 4
for f in 404 403 500 416 norange long short garbage hang; do
	fault $f
	sleep 2.5
done
fault ok
players_done $((seconds + 20)) hlsget1 hlsget2 hlsget3
met=0
for i in 1 2 3; do
	say "viewer$i: $(counter $i '.stats | {fetches, fetch_errors, bad_bytes,
	    peer_bytes, origin_bytes, missed, lost} | tostring')"
	[ $i -eq 1 ] || met=$((met + $(counter $i .stats.fetch_errors)))
done
viewers_leave 1 2 3
python3 "$tools/judge.py" --origin "$dir/origin" "$dir"/hlsget[123].log
[ $met -ge 3 ] || fail "viewers met $met faults: nothing was tested"
stop seeder

say "without a good origin, each tenth segment is not there"
fault 404 '5[.]ts'
seeder_start
sleep 3
for i in 4 5; do
	read_with $i 20
	viewer_start $i
done
players_done 40 hlsget4 hlsget5
for i in 4 5; do
	say "viewer$i: $(counter $i '.stats | {fetches, fetch_errors, missed,
	    lost} | tostring')"
done
viewers_leave 4 5
python3 "$tools/judge.py" --origin "$dir/origin" --holes --allow 8 \
    "$dir"/hlsget[45].log
grep -q '"disc": true' "$dir/hlsget4.log" ||
    fail "no discontinuity stands for what was lost"
