#!/bin/sh
# Two hosts on one network, which nothing tells of each other: the tracker that
# the link names is not there, and there is no DHT. They meet, the viewer gets
# the stream from the seeder, and nobody does with --no-lsd.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
[ "$(id -u)" -eq 0 ] || skip "needs root for a network namespace"
need ip unshare nsenter python3 curl jq
if [ -z "${LSD_NET:-}" ]; then
	unshare -n true 2>/dev/null || skip "no network namespaces here"
	LSD_NET=1
	export LSD_NET
	exec unshare -n "${SHELL:-/bin/sh}" "$top/test/regress/lsd.sh"
fi
begin

spawn other unshare -n sleep 600
await 5 sh -c "[ \"\$(readlink /proc/$(pid_of other)/ns/net)\" != \
    \"\$(readlink /proc/self/ns/net)\" ]" || fail "no second namespace"
there() {
	nsenter -t "$(pid_of other)" -n "$@"
}
ip link set lo up
there ip link set lo up
ip link add v0 type veth peer name v1
ip link set v1 netns "$(pid_of other)"
ip addr add 10.78.0.1/24 dev v0
ip link set v0 up
there ip addr add 10.78.0.2/24 dev v1
there ip link set v1 up

tracker=http://127.0.0.1:9/announce
origin=http://127.0.0.1:9
channel_create

# A stream that stands: four segments.
mkdir "$dir/live"
{
	echo '#EXTM3U'
	echo '#EXT-X-TARGETDURATION:2'
	for i in 0 1 2 3; do
		head -c 100000 /dev/urandom >"$dir/live/s$i.ts"
		echo '#EXTINF:2,'
		echo "s$i.ts"
	done
} >"$dir/live/index.m3u8"
spawn seeder "$build/spate-seed" --key "$dir/key" --upload 80Mbit/s --dht no \
    --no-port-map --status-listen 127.0.0.1:8002 "$dir/live/index.m3u8"

# viewer NAME PORT OPTION...: on the other host.
viewer() {
	local name=$1 port=$2
	shift 2
	spawn "$name" nsenter -t "$(pid_of other)" -n "$build/spate" \
	    --port "$port" --dht no --no-port-map --ephemeral \
	    --log-level info "$@" "$link"
}
status() {
	there curl -s -m 5 "http://127.0.0.1:$1/status.json"
}
seeder_lsd() {
	curl -s -m 5 http://127.0.0.1:8002/status | jq -c .lsd
}
said() {
	[ "$(seeder_lsd | jq '.said > 0 and .networks >= 1')" = true ]
}
await 20 said || fail "the seeder says nothing: $(seeder_lsd)"

viewer deaf 8003 --no-lsd
viewer viewer 8001
met() {
	[ "$(status 8001 | jq '.lsd.peers >= 1 and
	    (.neighbours | map(select(.established)) | length) >= 1')" = true ]
}
await 20 met || fail "they do not meet: $(status 8001 | jq -c .lsd)"
say "they meet: $(status 8001 | jq -c .lsd), $(seeder_lsd)"

# The addresses are private, and without --lan.
[ "$(status 8001 | jq -r '.neighbours[0].addr' | cut -d: -f 1)" = 10.78.0.1 ] ||
    fail "neighbours: $(status 8001 | jq -c '.neighbours[0]')"

segment() {
	there curl -s -m 30 "http://127.0.0.1:8001/t/0/index.m3u8" |
	    grep -m 1 '^[^#]' >"$dir/name" &&
	    there curl -s -m 30 -o "$dir/got.ts" \
		"http://127.0.0.1:8001/t/0/$(cat "$dir/name")" &&
	    [ -s "$dir/got.ts" ]
}
await 20 segment || fail "nothing is played"
cmp -s "$dir/got.ts" "$dir/live/s0.ts" ||
    cmp -s "$dir/got.ts" "$dir/live/s1.ts" ||
    cmp -s "$dir/got.ts" "$dir/live/s2.ts" ||
    cmp -s "$dir/got.ts" "$dir/live/s3.ts" || fail "not what was published"
say "$(cat "$dir/name") came from the seeder"

[ "$(status 8003 | jq -c '[.lsd, .neighbours]')" = '[null,[]]' ] ||
    fail "--no-lsd: $(status 8003 | jq -c '[.lsd, .neighbours]')"
say "with --no-lsd nobody is met"

# With --lan a link that has nothing but the key will do, on one machine too.
link="magnet:?xs=urn:btpk:$(echo "$link" | sed 's/.*btpk:\([0-9a-f]*\).*/\1/')"
viewer near 8004 --lan
near_met() {
	[ "$(status 8004 | jq '.neighbours | map(select(.established)) |
	    length >= 2')" = true ]
}
await 20 near_met || fail "--lan: $(status 8004 | jq -c '[.lsd, .neighbours]')"
say "a key alone is enough on a network of its own"
