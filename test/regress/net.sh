# Sourced by tests with hosts of their own (network namespaces), after lib.sh.
# Host 0 is for origin, tracker and seeder: same delay and loss as everybody,
# no limit. What a host sends is shaped where it leaves the host: by netem
# where the kernel has it, else by netemu.

need ip tc
[ "$(id -u)" -eq 0 ] || skip "needs root for network namespaces"
nspre=sp$$
net_delay=30
net_jitter=10
net_loss=1
net_queue=300 # ms, of each uplink

ns() {
	echo "${nspre}h$1"
}

# in_host H COMMAND...
in_host() {
	local h=$1
	shift
	ip netns exec "$(ns "$h")" "$@"
}

# address H
address() {
	echo "10.77.0.$((10 + $1))"
}

has_netem() {
	ip netns add "${nspre}t" 2>/dev/null || skip "no network namespaces here"
	status=0
	ip netns exec "${nspre}t" tc qdisc add dev lo root netem delay 1ms \
	    2>/dev/null || status=$?
	ip netns del "${nspre}t"
	return $status
}

host_up() {
	ip -n "$(ns "$1")" link set lo up
	ip -n "$(ns "$1")" addr add "$(address "$1")/24" dev eth0
	ip -n "$(ns "$1")" link set eth0 up
}

# A bridge in a namespace of its own, and packets for the queue in ms.
netem_up() {
	local h=0 k limit rate
	ip netns add "${nspre}sw"
	ip -n "${nspre}sw" link add br0 type bridge
	ip -n "${nspre}sw" link set br0 up
	for k in 0 $uplinks; do
		ip netns add "$(ns "$h")"
		ip link add "${nspre}v" type veth peer name "${nspre}w"
		ip link set "${nspre}v" netns "$(ns "$h")" name eth0
		ip link set "${nspre}w" netns "${nspre}sw" name "p$h"
		ip -n "${nspre}sw" link set "p$h" master br0 up
		limit=$((8 + k * (net_queue + net_delay) / 8 / 1500))
		rate="rate ${k}kbit"
		[ "$k" -gt 0 ] || { rate= limit=10000; }
		in_host "$h" tc qdisc add dev eth0 root netem \
		    delay ${net_delay}ms ${net_jitter}ms loss $net_loss% \
		    $rate limit "$limit"
		host_up "$h"
		h=$((h + 1))
	done
}

netemu_up() {
	local h=0 k specs=
	for k in 0 $uplinks; do
		ip netns add "$(ns "$h")"
		specs="$specs $(ns "$h"):$k"
		h=$((h + 1))
	done
	spawn netemu nice -n -10 "$build/test/regress/netemu" -d $net_delay \
	    -j $net_jitter -l $net_loss -q $net_queue $specs
	await 5 grep -q ready "$dir/netemu.out" || skip "no TAP devices here"
	for h in $(seq 0 "$net_hosts"); do
		host_up "$h"
	done
}

# net_up KBIT...: host 0, and one host for each uplink.
net_up() {
	net_hosts=$#
	uplinks=$*
	at_end=net_down
	if has_netem; then
		say "links: netem"
		netem_up
	else
		say "links: netemu (no netem in this kernel)"
		netemu_up
	fi
}

# net_done: the links were there to the end; says what they carried.
net_done() {
	[ -f "$dir/netemu.pid" ] || return 0
	stop netemu
	[ $status -eq 0 ] || fail "netemu: status $status"
	grep '^netemu:' "$dir/netemu.out"
}

# net_quiet US: what the machine added to the delay of one packet in a hundred.
# Where that is more, other work took it from us, and the run says nothing.
net_quiet() {
	local late
	[ -f "$dir/netemu.out" ] || return 0
	late=$(sed -n 's/^netemu:.*late .*p99 \([0-9]*\) us.*/\1/p' \
	    "$dir/netemu.out")
	[ "${late:-0}" -le "$1" ] ||
	    fail "the machine is not quiet: packets were late by $late us (p99)"
}

net_down() {
	local h
	for h in $(seq 0 "$net_hosts"); do
		ip netns del "$(ns "$h")" 2>/dev/null
	done
	ip netns del "${nspre}sw" 2>/dev/null
}

# net_swarm RATE: ffmpeg and the origin's files are outside; nginx, tracker
# and seeder on host 0, at fixed ports, for nobody else is there.
net_swarm() {
	origin_port=8080
	origin=http://$(address 0):8080
	tracker=http://$(address 0):6969/announce
	mkdir -p "$dir/origin"
	origin_conf 8080 "$(address 0)" >"$dir/nginx.conf"
	spawn nginx ip netns exec "$(ns 0)" nginx -p "$dir" \
	    -c "$dir/nginx.conf" -e "$dir/nginx.err"
	spawn tracker ip netns exec "$(ns 0)" "$build/spate-tracker" --listen \
	    "$(address 0):6969"
	source_start ts "$1"
	channel_create
	await 5 in_host 0 curl -s -o /dev/null "$origin/$playlist" ||
	    fail "no origin on host 0"
	run_seeder="ip netns exec $(ns 0)"
	seeder_start
	viewer_port_list=$(for h in $(seq "$net_hosts"); do echo 9000; done)
}

# net_viewer I SECONDS [OPTION...]: a viewer and its reader on host I.
net_viewer() {
	local i=$1 seconds=$2
	shift 2
	spawn "hlsget$i" ip netns exec "$(ns "$i")" \
	    python3 "$tools/hlsget.py" --log "$dir/hlsget$i.log" \
	    --seconds "$seconds" --begun-file "$dir/viewer$i.begun" \
	    http://127.0.0.1:9000/index.m3u8
	run_viewer="ip netns exec $(ns "$i")"
	viewer_start "$i" "$@"
}
