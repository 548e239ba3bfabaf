#!/bin/sh
# The seeder is killed with -9 and started again from its checkpoint: the
# channel goes on, its numbers grow, nobody gets a wrong byte and nobody
# stalls for longer than it was away.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=26

# edge_of I: what viewer I knows of the channel.
edge_of() {
	counter "$1" '.tracks[0].edge // 0'
}

grown() {
	[ "$(edge_of 2)" -gt "$1" ]
}

swarm_start 5 ts
viewers_up 5 $seconds
viewer_ready 1
play_with ffmpeg 1 $((seconds - 2))
sleep 12
stop seeder KILL
before=$(edge_of 2)
say "seeder killed at piece $before"
sleep 1
seeder_start
await 10 grown "$((before + 2))" ||
    fail "edge $(edge_of 2) ten seconds after the restart, $before before it"
say "seeder back, piece $(edge_of 2)"
players_done $((seconds + 20)) hlsget2 hlsget3 hlsget4 hlsget5 ffmpeg1
viewers_leave 1 2 3 4 5
judge --offload 0.50 --allow 1.5 "$dir/ffmpeg1.log" "$dir"/hlsget[2345].log
