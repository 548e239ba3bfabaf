#!/bin/sh
# A live channel of transport streams from end to end: eight viewers, of whom
# ffmpeg plays two, mpv one and hlsget the others. Nobody gets a wrong byte,
# nobody stalls, most bytes come from peers, and playing begins at once.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx mpv python3 curl jq
begin
seconds=45

swarm_start 8 ts
viewers_up 8 $seconds 4
for i in 1 2 3; do
	viewer_ready $i
	p=ffmpeg
	[ $i -le 2 ] || p=mpv
	play_with $p $i $((seconds - 2))
done
players_done $((seconds + 20)) hlsget4 hlsget5 hlsget6 hlsget7 hlsget8 \
    ffmpeg1 ffmpeg2 mpv3
viewers_leave 1 2 3 4 5 6 7 8
judge --offload 0.70 --startup 1.5 --reuse 3 "$dir"/ffmpeg[12].log "$dir/mpv3.log" \
    "$dir"/hlsget[45678].log
