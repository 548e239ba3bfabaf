#!/bin/sh
# Three renditions as fMP4 behind a master playlist: players on each of them,
# and ffmpeg on the master. Initialization sections and segments arrive as the
# origin has them.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=25

swarm_start 6 abr
for i in 1 2 3 4 5 6; do
	[ $i -eq 1 ] || read_with $i $seconds --variant $((i % 3))
done
sleep 1
for i in 1 2 3 4 5 6; do
	viewer_start $i
	sleep 0.2
done
viewer_ready 1
play_with ffmpeg 1 $((seconds - 2))
players_done $((seconds + 20)) hlsget2 hlsget3 hlsget4 hlsget5 hlsget6 ffmpeg1
viewers_leave 1 2 3 4 5 6
judge --offload 0.30 "$dir/ffmpeg1.log" "$dir"/hlsget[23456].log
for i in 2 3 4; do
	grep -q '"init": true' "$dir/hlsget$i.log" ||
	    fail "hlsget$i read no initialization section"
done
