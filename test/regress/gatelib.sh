# Sourced by the tests of port mapping, after begin: a home router (gateway.py)
# on a host of its own, behind which is nothing.

# gateway_net SCRIPT: runs it anew in a namespace without a way out.
gateway_net() {
	[ "$(id -u)" -eq 0 ] || skip "needs root for a network namespace"
	need ip unshare nsenter python3 curl jq
	[ -z "${GATEWAY_NET:-}" ] || return 0
	unshare -n true 2>/dev/null || skip "no network namespaces here"
	GATEWAY_NET=1
	export GATEWAY_NET
	exec unshare -n "${SHELL:-/bin/sh}" "$1"
}

# gateway_start WAY...
gateway_start() {
	rm -f "$dir/gateway.log"
	spawn router unshare -n sleep 600
	await 5 sh -c "[ \"\$(readlink /proc/$(pid_of router)/ns/net)\" != \
	    \"\$(readlink /proc/self/ns/net)\" ]" || fail "no second namespace"
	ip link add v0 type veth peer name v1
	ip link set v1 netns "$(pid_of router)"
	ip addr add 10.77.0.2/24 dev v0
	ip link set v0 up
	router ip link set lo up
	router ip addr add 198.51.100.7/32 dev lo
	router ip addr add 10.77.0.1/24 dev v1
	router ip link set v1 up
	router ip route add 239.0.0.0/8 dev v1
	ip route add default via 10.77.0.1 dev v0
	spawn gateway nsenter -t "$(pid_of router)" -n python3 \
	    "$tools/gateway.py" 10.77.0.1 "$dir/gateway.log" "$@"
	await 5 grep -q ready "$dir/gateway.log" || fail "no gateway"
}

router() {
	nsenter -t "$(pid_of router)" -n "$@"
}

gateway_stop() {
	signal gateway TERM
	stop gateway >/dev/null
	signal router TERM
	stop router >/dev/null
	# It goes with the other end's namespace, sooner or later.
	ip link del v0 2>/dev/null || :
}

# asked WORDS: the gateway was.
asked() {
	grep -q "$1" "$dir/gateway.log"
}
