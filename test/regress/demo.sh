#!/bin/sh
# ./bootstrap demo: one channel, live, on this machine. ffmpeg encodes, nginx
# is the origin, a tracker, a seeder and eight viewers make the swarm, a real
# player watches through one of them. What comes out in the end is measured:
# what the players were given against the origin's files, the origin's bytes
# by its own log. Exit status 0: nobody stalled and no byte was wrong.
#
#	DEMO_SECONDS=60		how long
#	DEMO_KEEP=1		keep the directory with the logs
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
seconds=${DEMO_SECONDS:-60}
KEEP=${DEMO_KEEP:-}
case $seconds in
'' | *[!0-9]* | ?????*)
	say "DEMO_SECONDS: not a number of seconds: $seconds"
	exit 2
	;;
esac
[ "$seconds" -ge 10 ] || seconds=10
need ffmpeg nginx python3 curl jq
begin
real=mpv
command -v mpv >/dev/null || real=ffmpeg

say "starting: ffmpeg, nginx, spate-tracker, spate-seed"
swarm_start 8 ts
say "channel: $link"
set --
for i in 2 3 4 5 6 7 8; do
	set -- "$@" --port "$(viewer_port $i)=$i"
done
viewers_up 8 $((seconds + 1))
viewer_ready 1
play_with $real 1 "$seconds"
say "playing for $seconds s: $real on viewer 1, readers on the others"
say "watch it yourself: http://127.0.0.1:$(viewer_port 1)/master.m3u8"
echo
python3 "$tools/watch.py" --seconds "$seconds" \
    --port "$(viewer_port 1)=1 ($real)" "$@"
echo
players_done 20 ${real}1 hlsget2 hlsget3 hlsget4 hlsget5 hlsget6 hlsget7 \
    hlsget8
viewers_leave 1 2 3 4 5 6 7 8
say "summary"
judge --offload 0 "$dir/${real}1.log" "$dir"/hlsget[2345678].log || {
	say "NOT as it should be, see FAIL above"
	exit 1
}
say "nobody stalled, every byte was right"
