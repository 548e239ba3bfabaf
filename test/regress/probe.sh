#!/bin/sh
# spate-probe says what there is: a gateway of each kind and what it gives, one
# that refuses, a DHT, trackers, an origin with and without Range, who connects
# from outside, a network for multicast; and its exit status says whether all
# of it works.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "$tools/gatelib.sh"
. "$tools/dhtlib.sh"
gateway_net "$top/test/regress/probe.sh"
need nginx
begin
ip link set lo up

# probe STATUS OPTION...: what it prints is in $dir/probe.json.
probe() {
	local want=$1 rc=0
	shift
	"$build/spate-probe" -o json "$@" >"$dir/probe.json" \
	    2>"$dir/probe.out" || rc=$?
	[ $rc -eq "$want" ] || {
		cat "$dir/probe.json"
		fail "spate-probe $*: exit status $rc, not $want"
	}
}
# is FILTER: it is true of what was printed.
is() {
	[ "$(jq "$1" "$dir/probe.json")" = true ] || {
		cat "$dir/probe.json"
		fail "not so: $1"
	}
}
usage() {
	local rc=0
	"$build/spate-probe" "$@" >"$dir/usage.out" 2>&1 || rc=$?
	[ $rc -eq 2 ] || fail "spate-probe $*: exit status $rc"
}
usage nonsense
usage --tracker udp://x:1
usage --dht-bootstrap nowhere
usage --time 0

# ---- no network at all

probe 1 --no-dht --no-lsd --no-port-map
is '.reachable == "no" and .gateway == null and .dht == null and
    .multicast == null and (.problems | length) == 1'
probe 1 --no-dht --no-port-map
is '.multicast.works == false'

# ---- a tracker, and an origin that knows Range

tracker_options="--lan yes"
tracker_start
origin_start
channel_create
for i in 0 1 2 3; do
	head -c 50000 /dev/urandom >"$dir/origin/s$i.ts"
done
mkdir "$dir/origin/live"
mv "$dir"/origin/s?.ts "$dir/origin/live"
{
	echo '#EXTM3U'
	echo '#EXT-X-TARGETDURATION:2'
	for i in 0 1 2 3; do
		echo '#EXTINF:2,'
		echo "s$i.ts"
	done
} >"$dir/origin/live/index.m3u8"
playlist=live/index.m3u8
seeder_start
published() {
	curl -s -m 5 "${tracker%announce}stats" | grep -q . &&
	    grep -q '^link:' "$dir/seeder.out"
}
await 20 published || fail "the seeder publishes nothing"
media() {
	"$build/spate-probe" -o json --lan --no-dht --no-lsd --no-port-map \
	    "$link" >"$dir/probe.json" 2>"$dir/probe.out" || :
	[ "$(jq .origin.ok "$dir/probe.json")" = true ]
}
await 20 media ||
    fail "origin: $(jq -c .origin "$dir/probe.json")"
is '.origin.range and .origin.clock_ms < 3000 and .origin.clock_ms > -3000'
is '.origin.url | test("/live/s[0-3].ts$")'
is '.trackers | length == 1 and .[0].ok and .[0].udp and
    .[0].outside == "127.0.0.1" and .[0].complete == 1'
say "tracker: $(jq -c '.trackers[0]' "$dir/probe.json")"
say "origin: $(jq -c .origin "$dir/probe.json")"
# The earlier ones have said good-bye.
media
is '.trackers[0].incomplete == 1 and .trackers[0].peers == 1'

# One that does not, and one that is not there.
spawn plain python3 -u -m http.server --bind 127.0.0.1 -d "$dir/origin" 0
await 10 grep -q 'port [0-9]' "$dir/plain.out" || fail "no web server"
plain=$(sed -n 's/.*port \([0-9]*\) .*/\1/p' "$dir/plain.out")
probe 1 --no-dht --no-lsd --no-port-map "http://127.0.0.1:$plain/live/s0.ts"
is '.origin.ok and (.origin.range | not) and
    (.problems | map(select(test("^origin: ignores Range"))) | length) == 1'
probe 1 --no-dht --no-lsd --no-port-map "http://127.0.0.1:$plain/none"
is '.origin.ok == false and .origin.why == "HTTP status 404"'
probe 1 --no-dht --no-lsd --no-port-map --tracker http://127.0.0.1:9/announce
is '.trackers[0].ok == false and .trackers[0].why != "" and
    .trackers[0].udp == null'
stop plain

# ---- gateways

ldd "$build/spate-probe" | grep -q torrent || {
	probe 1 --no-lsd
	is '.dht.why == "built without libtorrent" and .gateway == null'
	say "built without libtorrent: gateways and DHT are not tried"
	exit 0
}

# maps WAY BY PORT: the gateway is found and leads to us.
maps() {
	gateway_start $1 forward
	probe 0 --no-dht --peer-port 4711
	is ".gateway.mapped and .gateway.by == \"$2\" and .gateway.port == $3"
	is '.multicast.works and .ipv4 == "10.77.0.2"'
	is '.gateway.outside == "198.51.100.7" and .gateway.hairpin'
	is ".reachable == \"yes\" and .nat and
	    .outside == \"198.51.100.7:$3\""
	say "$1: $(jq -c .gateway "$dir/probe.json"), $(jq -r \
	    .reachable "$dir/probe.json")"
	gateway_stop
}
maps upnp upnp 4711
maps natpmp nat-pmp 4711
maps "natpmp other" nat-pmp 5711

# Of PCP libtorrent does not tell the address.
gateway_start pcp
probe 1 --no-dht --no-lsd --peer-port 4711
is '.gateway.mapped and .gateway.by == "pcp" and .gateway.port == 4711'
is '.reachable == "unknown" and .gateway.outside == null'
gateway_stop

gateway_start upnp refuse
refused() {
	"$build/spate-probe" -o json --no-dht --no-lsd --time 4s \
	    >"$dir/probe.json" 2>"$dir/probe.out" && return 1
	[ "$(jq -c '[.gateway.mapped, .gateway.why]' "$dir/probe.json")" = \
	    '[false,"Action Failed"]' ]
}
await 20 refused || fail "refused: $(jq -c .gateway "$dir/probe.json")"
"$build/spate-probe" --no-dht --no-lsd --time 1s >"$dir/text" || :
grep -q '^reachable' "$dir/text" || fail "text: $(cat "$dir/text")"

# ---- somebody connects from outside

router ip addr add 203.0.113.9/32 dev lo
spawn caller nsenter -t "$(pid_of router)" -n python3 -c '
import socket, time
while True:
    try:
        socket.create_connection(("10.77.0.2", 4712), 5,
                                 ("203.0.113.9", 0)).close()
    except OSError:
        pass
    time.sleep(0.1)
'
called() {
	"$build/spate-probe" -o json --no-lsd --no-port-map --peer-port 4712 \
	    --lan --time 3s --dht-bootstrap 127.0.0.1:9 >"$dir/probe.json" \
	    2>"$dir/probe.out" && return 1
	jq -r '.connected[]' "$dir/probe.json" | grep -q '^203.0.113.9:'
}
await 20 called || fail "not called: $(jq -c .connected "$dir/probe.json")"
is '.reachable == "yes" and .dht.nodes == 0 and
    .problems == ["dht: no node answers by UDP"]'
stop caller
say "called from $(jq -r ".connected[0]" "$dir/probe.json")"
gateway_stop

# ---- a DHT

nodes_start 8
probe 1 --lan --no-port-map --no-lsd --time 60s --peer-port 4713 \
    --dht-bootstrap "127.0.0.1:$boot"
is '.dht.found == "127.0.0.1:4713" and .dht.nodes > 0'
say "dht: $(jq -c .dht "$dir/probe.json")"
exec 7>&-
