#!/bin/sh
# A viewer that flips a bit in each block that it serves: nobody plays a wrong
# byte, and who meets it throws it out and keeps it out.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=24

swarm_start 5 ts
spawn flipper "$build/test/regress/flipper" "$link"
viewers_up 5 $seconds
viewer_ready 1
play_with ffmpeg 1 $((seconds - 2))
sleep $((seconds - 6))
banned=0
bad=0
for i in 1 2 3 4 5; do
	n=$(counter $i .stats.banned)
	b=$(counter $i .stats.bad_bytes)
	say "viewer$i: $n banned, $b bytes of bad blocks"
	[ "$n" -eq 0 ] || banned=$((banned + 1))
	[ "$b" -eq 0 ] || bad=$((bad + 1))
	[ "$b" -le 1048576 ] || fail "viewer$i went on taking bad blocks"
done
players_done 30 hlsget2 hlsget3 hlsget4 hlsget5 ffmpeg1
viewers_leave 1 2 3 4 5
stop flipper
tail -n 1 "$dir/flipper.out"
judge --offload 0.50 "$dir/ffmpeg1.log" "$dir"/hlsget[2345].log
[ $bad -gt 0 ] || fail "no bad block was served: nothing was tested"
[ $banned -ge $bad ] || fail "$bad viewers met bad blocks, $banned banned"
