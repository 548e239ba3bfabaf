#!/bin/sh
# The tracker is killed with -9 and comes back after 5 s: the swarm does not
# notice, and a viewer that joins later finds it.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=28

swarm_start 6 ts
viewers_up 5 $seconds
viewer_ready 1
play_with ffmpeg 1 $((seconds - 2))
sleep 10
stop tracker KILL
say "tracker killed"
sleep 5
tracker_start
say "tracker back"
sleep 3
read_with 6 12
viewer_start 6
players_done $((seconds + 20)) hlsget2 hlsget3 hlsget4 hlsget5 hlsget6 ffmpeg1
viewers_leave 1 2 3 4 5 6
judge --offload 0.50 "$dir/ffmpeg1.log" "$dir"/hlsget[23456].log
