#!/bin/sh
# Eight viewers on hosts of their own: network namespaces, 30 ms +- 10 each
# way, 1 % loss, uplinks of 3 Mbit/s for a stream of 1 Mbit/s. Origin, tracker
# and seeder are on a ninth host with the same delay and loss and no limit.
#
# The viewers play 5 s behind the origin, not the 3 s that they would choose
# for segments of 1 s: pull alone needs that long to pass a piece on over such
# links (with 3 s nobody stalls either, but only 55 % come from peers).
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/net.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=36
viewer_options="--delay 5s"

net_up 3000 3000 3000 3000 3000 3000 3000 3000
net_swarm 900k
for i in 1 2 3 4 5 6 7 8; do
	net_viewer $i $seconds
	sleep 0.3
done
players_done $((seconds + 20)) hlsget1 hlsget2 hlsget3 hlsget4 hlsget5 \
    hlsget6 hlsget7 hlsget8
viewers_leave 1 2 3 4 5 6 7 8
net_done
judge --offload 0.60 "$dir"/hlsget[12345678].log
