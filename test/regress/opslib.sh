# Sourced after lib.sh by the tests of how spate-tracker is operated.

# tracker_up [OPTION...]: on a free port, $port, of 127.0.0.1.
tracker_up() {
	[ -n "${port:-}" ] || port=$(ports 1)
	spawn tracker "$build/spate-tracker" --listen "127.0.0.1:$port" "$@"
	await 5 port_open "$port" || fail "no tracker"
}

# answers: the tracker answers an announce.
answers() {
	announce 1 | grep -aq intervali
}

# announce N: of peer N, whose port it is too.
announce() {
	curl -sg -m 5 "http://127.0.0.1:$port/announce?$swarm&peer_id=-XX0100-$(
	    printf %012d "$1")&port=$1&left=9" | tr -d '\000'
}
swarm=info_hash=aaaaaaaaaaaaaaaaaaaa

# log_has TEXT [NAME]: a process (default: the tracker) has logged TEXT.
log_has() {
	grep -Fq -- "$1" "$dir/${2:-tracker}.out"
}

# connects PORT: the tracker gives connection ids by UDP.
connects() {
	python3 - "$1" <<-'END'
	import socket, struct, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.settimeout(3)
	s.connect(("127.0.0.1", int(sys.argv[1])))
	s.send(struct.pack(">QI4s", 0x41727101980, 0, b"wake"))
	sys.exit(s.recv(99)[4:8] != b"wake")
	END
}
