#!/bin/sh
# The DHT under a channel without tracker: half of its nodes go and others
# come, and a new viewer still gets in; forged and old heads are refused; the
# seeder and all nodes that had the head go, and a viewer puts it back.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/dhtlib.sh"
need ffmpeg nginx python3 curl jq
begin

nodes_start 8
origin_start
source_start ts 900k
key_create
dht_seeder --upload 20Mbit/s
viewer_ports 4
await 10 head_is_there || fail "no node has the head"
dht_viewer 1
took=$(first_segment 1 5) || fail "viewer1 plays nothing"
read_with 1 30

# ---- half of the nodes go, others come

old=$boot
nodes_do kill 4
nodes_do add 4
[ "$boot" != "$old" ] || fail "no new node"
dht_viewer 2
took=$(first_segment 2 5) || fail "viewer2 does not get in after the churn"
say "viewer2: first segment after $took s, half of the nodes are new"
await 5 eval '[ "$(dht 2 .head_seq)" -gt 1700000000000 ]' ||
    fail "viewer2 has no head"
[ "$(dht 2 .peers)" -ge 1 ] || fail "viewer2 found nobody"

# ---- forged and old heads

# item_get: the head, as seq, signature and value; or none.
item_get() {
	nodes_do get "$channel"
	item=$(echo "$said" | sed -n 's/^item //p' | tail -n 1)
}

item_get
[ "$item" != none ] || fail "nobody has the head"
first=$item
set -- $item
seq=$1 sig=$2 value=$3
nodes_do put "$channel $((seq + 1000)) $sig $value"
! echo "$said" | grep -q '^stored [1-9]' ||
    fail "a forged head is taken: $said"
item_get
[ "$item" = "$first" ] || fail "a forged head has changed it"
# the seeder comes back, with a newer one
stop seeder
: >"$dir/seeder.out"
dht_seeder --upload 20Mbit/s
await 10 head_is_there || fail "the seeder does not come back"
item_get
second=$item
[ "${second%% *}" -gt "${first%% *}" ] ||
    fail "seq does not grow: ${second%% *} after ${first%% *}"
nodes_do put "$channel $first"
item_get
[ "$item" = "$second" ] || fail "an old head has changed it"
say "forged and old heads are refused"

# ---- nobody is left who had the head, but the viewers

# the manifest is signed anew once more, a moment after the start
until item_get && [ "$item" = "$second" ]; do
	second=$item
	sleep 4
done
# who comes now has a node that was not asked to keep it
await 5 eval '[ "$(dht 1 .nodes)" -ge 4 ]' || fail "viewer1 is alone"
dht_viewer 3
took=$(first_segment 3 5) || fail "viewer3 plays nothing"
stop viewer1 INT
stop viewer2 INT
await 10 eval '[ "$(dht 3 .head_seq)" = "'"${second%% *}"'" ]' ||
    fail "viewer3 does not have the newest head"
stop seeder KILL
nodes_do add 8
nodes_do kill 8
item_get
[ "$item" = none ] || say "some node still had it: $item"
gone=$item
begun=$(date +%s)

# it looks after a minute
back() {
	item_get
	[ "$item" = "$second" ]
}
tries=0
until back; do
	tries=$((tries + 1))
	[ $tries -lt 60 ] || fail "nobody puts the head back"
	sleep 2
done
[ "$gone" != none ] || [ "$(dht 3 .puts)" -ge 1 ] ||
    fail "who has put it back?"
say "the head is back after $(($(date +%s) - begun)) s"
dht_viewer 4
await 10 eval '[ "$(dht 4 .head_seq)" = "'"${second%% *}"'" ]' ||
    fail "viewer4 does not get the head"
await 10 eval '[ "$(counter 4 .channel.title)" != null ]' ||
    fail "viewer4 does not get the channel"
viewers_leave 3 4
