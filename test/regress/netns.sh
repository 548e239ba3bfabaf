#!/bin/sh
# Eight viewers on hosts of their own: network namespaces, 30 ms +- 10 each
# way, 1 % loss, uplinks of 3 Mbit/s for a stream of 1 Mbit/s. By netem where
# the kernel has it, else by netemu.py. Origin, tracker and seeder are on a
# ninth host with the same delay and loss and no limit.
#
# The viewers play 5 s behind the origin, not the 3 s that they would choose
# for segments of 1 s: pull alone needs that long to pass a piece on over such
# links (with 3 s nobody stalls either, but only 55 % come from peers).
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq ip tc
[ "$(id -u)" -eq 0 ] || skip "needs root for network namespaces"
begin
nspre=sp$$
ip netns add "${nspre}t" 2>/dev/null || skip "no network namespaces here"
ip netns del "${nspre}t"
seconds=36
viewer_options="--delay 5s"
hosts="0 1 2 3 4 5 6 7 8"
at_end=net_down

ns() {
	echo "${nspre}h$1"
}

net_down() {
	local h
	for h in $hosts; do
		ip netns del "$(ns "$h")" 2>/dev/null
	done
	ip netns del "${nspre}sw" 2>/dev/null
}

# in_host H COMMAND...
in_host() {
	local h=$1
	shift
	ip netns exec "$(ns "$h")" "$@"
}

host_up() {
	ip -n "$(ns "$1")" link set lo up
	ip -n "$(ns "$1")" addr add "10.77.0.$((10 + $1))/24" dev eth0
	ip -n "$(ns "$1")" link set eth0 up
}

# A bridge in a namespace of its own; what a host sends is shaped where it
# leaves the host.
netem_up() {
	local h rate
	ip netns add "${nspre}sw"
	ip -n "${nspre}sw" link add br0 type bridge
	ip -n "${nspre}sw" link set br0 up
	for h in $hosts; do
		ip netns add "$(ns "$h")"
		ip link add "${nspre}v" type veth peer name "${nspre}w"
		ip link set "${nspre}v" netns "$(ns "$h")" name eth0
		ip link set "${nspre}w" netns "${nspre}sw" name "p$h"
		ip -n "${nspre}sw" link set "p$h" master br0 up
		rate="rate 3mbit"
		[ "$h" -ne 0 ] || rate=
		in_host "$h" tc qdisc add dev eth0 root netem delay 30ms 10ms \
		    loss 1% $rate limit 1000
		host_up "$h"
	done
}

netemu_up() {
	local h specs=
	for h in $hosts; do
		ip netns add "$(ns "$h")"
		[ "$h" -ne 0 ] && specs="$specs $(ns "$h"):3000" ||
		    specs="$specs $(ns "$h"):0"
	done
	spawn netemu python3 "$tools/netemu.py" --delay 30 --jitter 10 --loss 1 $specs
	await 5 grep -q ready "$dir/netemu.out" || skip "no TAP devices here"
	for h in $hosts; do
		host_up "$h"
	done
}

has_netem() {
	ip netns add "${nspre}t" &&
	    ip netns exec "${nspre}t" tc qdisc add dev lo root netem delay 1ms \
		2>/dev/null
	status=$?
	ip netns del "${nspre}t"
	return $status
}

if has_netem; then
	say "links: netem"
	netem_up
else
	say "links: netemu.py (no netem in this kernel)"
	netemu_up
fi

# The source and the origin's files are outside; nginx, tracker and seeder on
# host 0 at fixed ports, for nobody else is there.
origin_port=8080
origin=http://10.77.0.10:8080
tracker=http://10.77.0.10:6969/announce
mkdir -p "$dir/origin"
origin_conf 8080 10.77.0.10 >"$dir/nginx.conf"
spawn nginx ip netns exec "$(ns 0)" nginx -p "$dir" -c "$dir/nginx.conf" \
    -e "$dir/nginx.err"
spawn tracker ip netns exec "$(ns 0)" "$build/spate-tracker" --listen \
    10.77.0.10:6969
source_start ts 900k
channel_create
await 5 in_host 0 curl -s -o /dev/null "$origin/$playlist" ||
    fail "no origin on host 0"
run_seeder="ip netns exec $(ns 0)"
seeder_start
viewer_port_list="9000 9000 9000 9000 9000 9000 9000 9000"
for i in 1 2 3 4 5 6 7 8; do
	spawn "hlsget$i" ip netns exec "$(ns $i)" python3 "$tools/hlsget.py" \
	    --log "$dir/hlsget$i.log" --seconds $seconds \
	    --begun-file "$dir/viewer$i.begun" \
	    http://127.0.0.1:9000/index.m3u8
	run_viewer="ip netns exec $(ns $i)"
	viewer_start $i
	sleep 0.3
done
players_done $((seconds + 20)) hlsget1 hlsget2 hlsget3 hlsget4 hlsget5 \
    hlsget6 hlsget7 hlsget8
viewers_leave 1 2 3 4 5 6 7 8
judge --offload 0.60 "$dir"/hlsget[12345678].log
