# Sourced by the tests of a channel's files, after lib.sh (and dhtlib.sh).

# some FILE KIB SEED: bytes that no other run has, for libtorrent finds whoever
# has the same torrent on this machine.
some() {
	python3 - "$@" "$dir" <<-'END'
	import hashlib, sys
	out, kib, seed, run = sys.argv[1:]
	seed += run
	with open(out, "wb") as f:
	    f.write(hashlib.shake_128(seed.encode()).digest(int(kib) * 1024))
	END
}

# need_torrents: of spate-seed and spate.
need_torrents() {
	"$build/spate-seed" --version 2>&1 | grep -q 'libtorrent none' &&
	    skip "built without libtorrent"
	"$build/test/regress/dhtnodes" </dev/null >/dev/null ||
	    skip "built without libtorrent"
}

# publish NAME [OPTION...] PATH...: spate-seed as process NAME; $status_port.
publish() {
	local n=$1
	shift
	rm -f "$dir/$n.out"
	spawn "$n" "$build/spate-seed" -v --lan --key "$dir/key" \
	    --status-listen 127.0.0.1:0 "$@"
	await 20 grep -q 'files: signed' "$dir/$n.out" ||
	    fail "$n publishes nothing"
	status_port=$(sed -n 's/.*status: port=//p' "$dir/$n.out")
}

# of_seeder JQ-FILTER: of its /status
of_seeder() {
	curl -sS -m 5 "http://127.0.0.1:$status_port/status" | jq -r "$1"
}

# take NAME DIR [OPTION...] LINK: spate as process NAME, saving to DIR.
take() {
	local n=$1 to=$2
	shift 2
	rm -f "$dir/$n.out"
	spawn "$n" "$build/spate" -v --lan --ephemeral --save "$to" "$@"
}

# has NAME VERSION: that is what it plays; $url is its server.
has() {
	grep -q "^version: $2\$" "$dir/$1.out" || return 1
	url=$(sed -n 's|^play: \(http://[^/]*\)/.*|\1|p' "$dir/$1.out" |
	    tail -n 1)
	[ -n "$url" ]
}

# equal A B: the same files, but for those that are ours.
equal() {
	diff -r -x '.spate-*' "$1" "$2" >"$dir/diff" 2>&1
}

# version NAME: seq of what the seeder has signed last.
version() {
	sed -n 's/.*files: signed seq=\([0-9]*\) .*/\1/p' "$dir/$1.out" |
	    tail -n 1
}
