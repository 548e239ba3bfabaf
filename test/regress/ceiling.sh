#!/bin/sh
# --upload is what leaves the host, in any second, headers and all: two viewers
# with limits are the only ones that upload, to three who want more than that.
# What their interfaces count is what is measured. No loss here: what TCP sends
# again after one is not held back (1 % of loss is 1 % more).
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/net.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=45
viewer_options="--delay 5s"
net_loss=0

net_up 0 0 0 0 0
net_swarm 900k
net_viewer 1 $seconds --upload 1Mbit/s
net_viewer 2 $seconds --upload 2500kbit/s
net_viewer 3 $seconds --no-upload
net_viewer 4 $seconds --no-upload
net_viewer 5 $seconds --no-upload
sleep 12
for i in 1 2; do
	limit=$(nth $i 1000 2500)
	spawn "ceiling$i" ip netns exec "$(ns $i)" python3 "$tools/ceiling.py" \
	    --limit "$limit" --seconds $((seconds - 17)) --least 50
done
for i in 1 2; do
	await "$seconds" gone "ceiling$i" || :
	stop "ceiling$i"
	cat "$dir/ceiling$i.out"
	[ $status -eq 0 ] || fail "ceiling$i: status $status"
done
players_done 25 hlsget1 hlsget2 hlsget3 hlsget4 hlsget5
viewers_leave 1 2 3 4 5
net_done
judge --offload 0.20 "$dir"/hlsget[12345].log
