#!/bin/sh
# The origin is dead for 6 s. The seeder reads the encoder's directory and
# serves as a peer, so the swarm holds all that is needed: nobody stalls.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=28

seed_from=directory
swarm_start 5 ts
viewers_up 5 $seconds
viewer_ready 1
play_with ffmpeg 1 $((seconds - 2))
sleep 12
stop nginx KILL
say "origin killed"
sleep 6
origin_start
say "origin back"
players_done $((seconds + 20)) hlsget2 hlsget3 hlsget4 hlsget5 ffmpeg1
viewers_leave 1 2 3 4 5
judge "$dir/ffmpeg1.log" "$dir"/hlsget[2345].log
