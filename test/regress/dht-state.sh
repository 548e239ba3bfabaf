#!/bin/sh
# Nodes of the DHT are kept between runs, so that the second one needs none to
# begin with; a file that is none is a warning. And trackers that only the head
# of the channel names are used.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/dhtlib.sh"
need ffmpeg nginx python3 curl jq
begin

nodes_start 8
origin_start
source_start ts 900k
tracker_options="--lan yes"
tracker_start
key_create
dht_seeder --dht yes --tracker "$tracker"
viewer_ports 5
await 10 head_is_there || fail "no node has the head"

# ---- the head's tracker

dht_viewer 1 --dht-state "$dir/a/nodes"
took=$(first_segment 1 5) || fail "viewer1 plays nothing"
await 10 eval '[ "$(counter 1 ".trackers[0].url")" = "$tracker" ]' ||
    fail "viewer1 does not know the head's tracker"
await 10 eval '[ "$(counter 1 ".trackers[0].ok and .trackers[0].feed")" = true ]' ||
    fail "viewer1 does not use the head's tracker"
await 10 eval '[ "$(dht 1 .nodes)" -ge 4 ]' || fail "viewer1 knows no nodes"
viewers_leave 1
[ -s "$dir/a/nodes" ] || fail "no nodes are kept"

# ---- with them, and with nobody

alone="--dht-listen 127.0.0.1:0"
viewer_start 2 --log-level info $alone --dht-state "$dir/a/nodes"
took=$(first_segment 2 5) || fail "viewer2 does not get in by the kept nodes"
say "viewer2: first segment after $took s, by nodes of the last run"
viewers_leave 2
viewer_start 3 --log-level info $alone --dht-state "$dir/none" --wait 4s
await 10 gone viewer3 || fail "viewer3 has found the channel without a node?"
stop viewer3
[ $status -eq 1 ] && grep -q 'nobody who could be asked' "$dir/viewer3.out" ||
    fail "viewer3: status $status"

# ---- what is not such a file

head -c 500 /dev/urandom >"$dir/bent"
dht_viewer 4 --dht-state "$dir/bent"
took=$(first_segment 4 5) || fail "viewer4 plays nothing"
grep -q 'dht: not a file of nodes' "$dir/viewer4.out" ||
    fail "viewer4 does not say that its file is none"
await 10 eval '[ "$(dht 4 .nodes)" -ge 4 ]' || fail "viewer4 knows no nodes"
viewers_leave 4
# it is one now
viewer_start 5 --log-level info $alone --dht-state "$dir/bent"
took=$(first_segment 5 5) || fail "viewer5 does not get in by the kept nodes"
! grep -q 'not a file' "$dir/viewer5.out" || fail "the file was not replaced"
viewers_leave 5
stop seeder
[ $status -eq 0 ] || fail "seeder: status $status"
