#!/bin/sh
# Every 3 s a viewer is killed with -9 and another one takes its place. Those
# who stay do not stall, and neither they nor those who are killed get a wrong
# byte.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=30

swarm_start 15 ts
viewers_up 8 $seconds
viewer_ready 1
play_with ffmpeg 1 $((seconds - 2))
sleep 5
# 4 to 8 die, then the first of their successors.
for victim in 4 5 6 7 8 9 10; do
	stop "hlsget$victim"
	stop "viewer$victim" KILL
	new=$((victim + 5))
	read_with $new $seconds
	viewer_start $new
	sleep 3
done
players_done $((seconds + 20)) hlsget2 hlsget3 ffmpeg1
for i in 11 12 13 14 15; do
	stop "hlsget$i"
done
judge --offload 0.50 "$dir/ffmpeg1.log" "$dir"/hlsget*.log
