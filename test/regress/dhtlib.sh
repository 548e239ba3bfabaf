# Sourced by the tests of the DHT, after lib.sh: nodes on 127.0.0.1 (dhtnodes),
# a channel whose link has nothing but the key, and who plays it.

# nodes_start N: in the background, told what to do by nodes_do; $boot is the
# port of the newest.
nodes_start() {
	"$build/test/regress/dhtnodes" </dev/null >/dev/null ||
	    skip "built without libtorrent"
	mkfifo "$dir/nodes.in"
	"$build/test/regress/dhtnodes" <"$dir/nodes.in" >"$dir/nodes.out" \
	    2>"$dir/nodes-err.out" &
	echo $! >"$dir/nodes.pid"
	procs="nodes $procs"
	exec 7>"$dir/nodes.in"
	nodes_done=0
	nodes_do add "$1"
}

nodes_answered() {
	[ "$(grep -c '^nodes' "$dir/nodes.out")" -gt "$nodes_done" ]
}

# nodes_do COMMAND...: and waits; what was said is in $said.
nodes_do() {
	local from
	nodes_done=$(grep -c '^nodes' "$dir/nodes.out" || :)
	from=$(wc -l <"$dir/nodes.out")
	echo "$*" >&7
	await 60 nodes_answered || fail "dhtnodes does not answer: $*"
	said=$(tail -n +$((from + 1)) "$dir/nodes.out" | grep -v '^nodes' || :)
	boot=$(sed -n 's/^port //p' "$dir/nodes.out" | tail -n 1)
}

# key_create: a channel without tracker; $link has its key and no more.
key_create() {
	"$build/spate-channel" create "$dir/key" >"$dir/create.out" 2>&1 ||
	    fail "spate-channel create without a tracker"
	link=$("$build/spate-channel" link "$dir/key")
	channel=${link#magnet:?xs=urn:btpk:}
	[ ${#channel} -eq 64 ] || fail "the link has more than a key: $link"
}

# dht_seeder [OPTION...]: with its own origin in the manifest.
dht_seeder() {
	spawn seeder "$build/spate-seed" -v --lan --no-lsd --key "$dir/key" \
	    --dht-bootstrap "127.0.0.1:$boot" \
	    --status-listen 127.0.0.1:0 "$@" "$origin/$playlist"
}

# head_is_there: the seeder was told so by a node.
head_is_there() {
	grep -q 'head: is in the DHT' "$dir/seeder.out"
}

# dht_viewer I [OPTION...]
dht_viewer() {
	local i=$1
	shift
	viewer_start "$i" --log-level info --dht-bootstrap "127.0.0.1:$boot" \
	    "$@"
}

# first_segment I SECONDS: starts viewer I and prints how long it took until a
# player had its first segment, in seconds.
first_segment() {
	python3 - "$(viewer_port "$1")" "$2" "$dir/viewer$1.begun" <<-'END'
	import sys, time, urllib.request
	port, bound, begun = sys.argv[1], float(sys.argv[2]), sys.argv[3]
	t0 = float(open(begun).read())
	base = "http://127.0.0.1:%s/t/0/" % port
	def get(url):
	    return urllib.request.urlopen(url, timeout=10).read()
	while time.time() < t0 + 3 * bound:
	    try:
	        text = get(base + "index.m3u8").decode()
	        names = [l for l in text.splitlines() if l and l[0] != "#"]
	        if names and len(get(base + names[0].split("/")[-1])) > 1000:
	            print("%.2f" % (time.time() - t0))
	            sys.exit(0)
	    except OSError:
	        pass
	    time.sleep(0.02)
	sys.exit(1)
	END
}

# dht I JQ-FILTER: of what viewer I's status says of the DHT.
dht() {
	counter "$1" ".dht | $2"
}

# udp_ports NAME: sockets of UDP that the process has open, their number.
udp_ports() {
	local pid n=0 inode
	pid=$(pid_of "$1")
	for inode in $(awk 'NR > 1 { print $10 }' "/proc/$pid/net/udp" \
	    "/proc/$pid/net/udp6" | sort -u); do
		! ls -l "/proc/$pid/fd" | grep -q "socket:\[$inode\]" ||
		    n=$((n + 1))
	done
	echo $n
}
