#!/bin/sh
# AES-128: the ciphertext passes untouched. Players get the key from its own
# URI at the origin; no program of ours ever asks for it.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx mpv python3 curl jq
begin
seconds=20

swarm_start 4 aes
viewers_up 4 $seconds 3
for i in 1 2; do
	viewer_ready $i
	p=ffmpeg
	[ $i -eq 1 ] || p=mpv
	play_with $p $i $((seconds - 2))
done
players_done $((seconds + 20)) hlsget3 hlsget4 ffmpeg1 mpv2
viewers_leave 1 2 3 4
judge --offload 0.40 --keys 2 "$dir/ffmpeg1.log" "$dir/mpv2.log" \
    "$dir"/hlsget[34].log
curl -s -m 5 "$origin/$playlist" | grep -q 'METHOD=AES-128' ||
    fail "the origin's playlist has no key"
