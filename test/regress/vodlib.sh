# Sourced by tests of spate as a player of torrents, after lib.sh. All of it
# happens in a network namespace without a way out; seeds are libtorrent's, by
# way of Python, at 127.0.0.2 and so on.

[ "$(id -u)" -eq 0 ] || skip "needs root for a network namespace"
need ip unshare curl jq
python=
for p in python3 /usr/bin/python3; do
	! $p -c "import libtorrent" 2>/dev/null || python=$p
done
[ -n "$python" ] || skip "no python3-libtorrent here"

# vod_begin: the script runs again, in a namespace.
vod_begin() {
	if [ -z "${VOD_NET:-}" ]; then
		unshare -n true 2>/dev/null || skip "no network namespaces here"
		VOD_NET=1
		export VOD_NET
		exec unshare -n sh "${vod_script:-$top/test/regress/$test_name.sh}"
	fi
	ip link set lo up
	begin
	: >"$dir/none.torrent"
	! "$build/spate" "$dir/none.torrent" 2>&1 |
	    grep -q 'built without libtorrent' ||
	    skip "built without libtorrent"
	mkdir "$dir/src"
}

vodseed() {
	"$python" "$tools/vodseed.py" "$@"
}

# torrent NAME PATH KIND KIB: $dir/NAME.torrent, and $magnet.
torrent() {
	magnet=$(vodseed make "$dir/$1.torrent" "$2" "$3" "$4" \
	    ${announce:-}) || fail "no torrent of $2"
}

# seed N NAME [OPTION...]: at 127.0.0.(N + 1), port 7000 + N; $peers grows.
peers=
seed() {
	local n=$1 name=$2
	shift 2
	rm -f "$dir/seed$n.out"
	spawn "seed$n" "$python" "$tools/vodseed.py" run \
	    "127.0.0.$((n + 1)):$((7000 + n))" "${seed_dir:-$dir/src}" \
	    "$dir/$name.torrent" "$@"
	await 10 grep -q seeding "$dir/seed$n.out" || fail "no seed"
	peers="$peers&x.pe=127.0.0.$((n + 1)):$((7000 + n))"
}

# play NAME [OPTION...] WHAT: spate as process NAME; $url is its server, once
# it says what is played.
play() {
	local n=$1
	shift
	rm -f "$dir/$n.out"
	spawn "$n" "$build/spate" --dht no $play_options "$@"
	await 20 grep -q '^play: ' "$dir/$n.out" || fail "$n plays nothing"
	url=$(sed -n 's|^play: \(http://[^/]*\)/.*|\1|p' "$dir/$n.out")
	main=$(sed -n 's|^play: ||p' "$dir/$n.out")
}
play_options=

# status JQ-FILTER: of /status.json
status() {
	curl -sS -m 5 "$url/status.json" | jq -r "$1"
}

# same URL FILE: its bytes are those of the file.
same() {
	curl -sS -m "${3:-120}" "$1" | cmp - "$2" || fail "$1 is not ${2##*/}"
}
