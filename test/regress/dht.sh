#!/bin/sh
# A link that has nothing but the channel's key: seeder and viewers find each
# other by a DHT of eight nodes on 127.0.0.1, without any tracker. From the
# start of a viewer to its first segment it takes 5 s at most. Without DHT no
# port of it is open.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/dhtlib.sh"
need ffmpeg nginx python3 curl jq
begin
viewers=4
seconds=15

nodes_start 8
origin_start
source_start ts 900k
key_create
dht_seeder
viewer_ports $((viewers + 1))
await 10 head_is_there || fail "no node has the head"

# ---- four viewers, one after the other

worst=0
for i in $(seq $viewers); do
	dht_viewer "$i"
	took=$(first_segment "$i" 5) || fail "viewer$i plays nothing"
	say "viewer$i: first segment after $took s (bar: 5)"
	worst=$(echo "$worst $took" | awk '{ print ($1 > $2 ? $1 : $2) }')
	read_with "$i" $seconds
done
echo "$worst" | awk '{ exit ($1 > 5) }' || fail "$worst s is more than 5"

for i in $(seq $viewers); do
	[ "$(counter "$i" '.trackers | length')" = 0 ] ||
	    fail "viewer$i has a tracker"
	await 5 eval '[ "$(dht '$i' .nodes)" -ge 4 ]' ||
	    fail "viewer$i knows $(dht "$i" .nodes) nodes"
	[ "$(dht "$i" .peers)" -ge 1 ] || fail "viewer$i found nobody"
	await 5 eval '[ "$(dht '$i' .head_seq)" -gt 1700000000000 ]' ||
	    fail "viewer$i has no head"
done
await 10 eval '[ "$(counter 1 ".neighbours | length")" -ge 3 ]' ||
    fail "viewer1 has not found the others"
[ "$(udp_ports viewer1)" -ge 1 ] || fail "a DHT without a port?"

# ---- without it

refused() {
	local why=$1
	shift
	set +e
	"$build/spate" "$@" >"$dir/refused.txt" 2>&1
	status=$?
	set -e
	[ $status -eq 2 ] && grep -q "$why" "$dir/refused.txt" || {
		cat "$dir/refused.txt"
		fail "exit $status, or does not say '$why'"
	}
}
refused 'it names no tracker and no peer' --no-dht "$link"
refused 'not a host with a port' --dht-bootstrap nowhere "$link"
refused 'not an address' --dht-listen nowhere:1 "$link"
seeder_status=$(sed -n 's/.*status: port=//p' "$dir/seeder.out")
curl -sS -m 5 "http://127.0.0.1:$seeder_status/status" >"$dir/status"
jq -e '.dht.ready and .dht.stored > 0 and .dht.head_seq > 1700000000000 and
    .dht.announces > 0 and (.trackers | length) == 0' "$dir/status" \
    >/dev/null || fail "the seeder's status: $(jq -c .dht "$dir/status")"
seeder_peer=$(jq .swarm.port "$dir/status")

# with a peer in the link there is a way without DHT and tracker
i=$((viewers + 1))
key_link=$link
link="$link&x.pe=127.0.0.1%3A$seeder_peer"
viewer_start "$i" --no-dht
took=$(first_segment "$i" 5) || fail "viewer$i does not play from x.pe"
say "viewer$i: first segment after $took s from x.pe alone"
[ "$(counter "$i" .dht)" = null ] || fail "--no-dht has a DHT"
[ "$(udp_ports "viewer$i")" -eq 0 ] || fail "--no-dht has a port of UDP"
link=$key_link

players_done $((seconds + 20)) hlsget1 hlsget2 hlsget3 hlsget4
viewers_leave 1 2 3 4 5
judge "$dir"/hlsget[1234].log
stop seeder
[ $status -eq 0 ] || fail "seeder: status $status"
