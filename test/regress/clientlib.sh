# Sourced by tests with BitTorrent clients that others wrote, after lib.sh. All
# of it happens in a network namespace without a way out. The tracker is at
# 10.77.0.1, and so is who binds to no address (some take no peers from 127/8).
# The torrents are private, so nobody but the tracker can introduce clients to
# each other; that of the torrent `dead' is not there, so it must not arrive.

[ "$(id -u)" -eq 0 ] || skip "needs root for a network namespace"
need ip unshare curl
python=
for p in python3 /usr/bin/python3; do
	! $p -c "import libtorrent" 2>/dev/null || python=$p
done
[ -n "$python" ] || skip "no python3-libtorrent here"

# clients_net: the script runs again, in a namespace.
clients_net() {
	if [ -z "${CLIENTS_NET:-}" ]; then
		unshare -n true 2>/dev/null || skip "no network namespaces here"
		CLIENTS_NET=1
		export CLIENTS_NET
		exec unshare -n sh "$top/test/regress/$test_name.sh"
	fi
	ip link set lo up
	ip link add v0 type veth peer name v1
	for i in 1 2 3 4; do
		ip addr add 10.77.0.$i/24 dev v0
	done
	ip link set v1 up
	ip link set v0 up
}

# clients_begin: tracker and torrents; $kinds are those that should arrive.
clients_begin() {
	clients_net
	begin
	spawn tracker "$build/spate-tracker" --listen 10.77.0.1:6969
	await 5 curl -s http://10.77.0.1:6969/ >/dev/null ||
	    fail "no tracker"
	mkdir "$dir/payload" "$dir/torrents"
	torrent http http://10.77.0.1:6969/announce
	torrent udp udp://10.77.0.1:6969
	torrent dead http://10.77.0.1:7/announce
	kinds=http
	! udp_open 6969 || kinds="http udp"
}

# torrent KIND ANNOUNCE-URL: its payload is $dir/payload/KIND.bin.
torrent() {
	head -c 1500000 /dev/urandom >"$dir/payload/$1.bin"
	"$python" "$tools/ltpeer.py" make "$dir/torrents/$1.torrent" \
	    "$dir/payload/$1.bin" "$2" >"$dir/torrents/$1.hash"
}

# scrape HASH: as "complete downloaded incomplete".
scrape() {
	curl -sf -m 2 "http://10.77.0.1:6969/scrape?info_hash=$(echo "$1" |
	    sed 's/../%&/g')" | tr -d '\000' |
	    LC_ALL=C sed -n 's/.*8:completei\([0-9]*\)e10:downloadedi\([0-9]*\)e10:incompletei\([0-9]*\)e.*/\1 \2 \3/p'
}

# Clients at 10.77.0.3, started as "client": they save to the directory SAVE and
# take TORRENT... from the start.

# client_libtorrent SAVE TORRENT...
client_libtorrent() {
	spawn client "$python" "$tools/ltpeer.py" run 10.77.0.3 "$@"
}

# client_aria2 SAVE TORRENT... Only its DHT has a socket for UDP trackers. It
# knows nobody there, and private torrents are not looked for in it.
client_aria2() {
	local save=$1
	shift
	printf '%s\n' "$@" >"$dir/list"
	spawn client aria2c --no-conf --interface=10.77.0.3 --dir="$save" \
	    --enable-dht=true --dht-listen-port=6901 --enable-dht6=false \
	    --dht-file-path="$dir/dht" --bt-enable-lpd=false \
	    --enable-peer-exchange=false --listen-port=6901 --seed-ratio=0 \
	    --file-allocation=none --input-file="$dir/list" \
	    --summary-interval=0 --console-log-level=notice
}

# client_qbittorrent SAVE TORRENT...
client_qbittorrent() {
	local save=$1
	shift
	rm -rf "$dir/qBittorrent"
	mkdir -p "$dir/qBittorrent/config"
	cat >"$dir/qBittorrent/config/qBittorrent.conf" <<-END
	[LegalNotice]
	Accepted=true

	[BitTorrent]
	Session\\DHTEnabled=false
	Session\\DefaultSavePath=$save
	Session\\InterfaceAddress=10.77.0.3
	Session\\LSDEnabled=false
	Session\\PeXEnabled=false
	Session\\Port=6902
	Session\\QueueingSystemEnabled=false

	[Network]
	PortForwardingEnabled=false
	END
	HOME=$dir
	export HOME
	spawn client qbittorrent-nox --profile="$dir" --webui-port=6903 \
	    --skip-dialog=true "$@"
}

# client_transmission SAVE TORRENT...
client_transmission() {
	local save=$1
	shift
	rm -rf "$dir/config" "$dir/watch"
	mkdir "$dir/config" "$dir/watch"
	cp "$@" "$dir/watch"
	cat >"$dir/config/settings.json" <<-END
	{
		"dht-enabled": false,
		"download-dir": "$save",
		"lpd-enabled": false,
		"peer-port": 51413,
		"pex-enabled": false,
		"port-forwarding-enabled": false,
		"rpc-enabled": false,
		"utp-enabled": false,
		"watch-dir": "$dir/watch",
		"watch-dir-enabled": true
	}
	END
	spawn client transmission-daemon -f -g "$dir/config"
}

# counts KIND: what the tracker knows of it.
counts() {
	scrape "$(cat "$dir/torrents/$1.hash")"
}

has_counts() {
	[ "$(counts "$1")" = "$2" ]
}

# peer_start NAME ADDRESS DIRECTORY: libtorrent, with all torrents.
peer_start() {
	spawn "$1" "$python" "$tools/ltpeer.py" run "$2" "$3" \
	    "$dir/torrents/http.torrent" "$dir/torrents/udp.torrent" \
	    "$dir/torrents/dead.torrent"
}

# arrived DIRECTORY: everything that should is there, and right.
arrived() {
	local k
	for k in $kinds; do
		cmp -s "$dir/payload/$k.bin" "$1/$k.bin" || return 1
	done
}

# exchange NAME: client_NAME, with $dir/torrents/*.torrent, loads into
# $dir/client what libtorrent has; then another libtorrent loads from it alone.
exchange() {
	mkdir "$dir/client" "$dir/late"
	peer_start seeder 10.77.0.2 "$dir/payload"
	await 10 seeds 1 || fail "libtorrent does not announce"
	"client_$1" "$dir/client" "$dir"/torrents/*.torrent
	await 40 arrived "$dir/client" || fail "$(cd "$dir/client" && ls -l)"
	for k in $kinds; do
		say "$k: $(counts $k) after the transfer"
	done
	await 10 seeds 2 || fail "the client has not told that it is complete"
	stop seeder
	await 5 seeds 1 || fail "libtorrent does not say that it stops"
	peer_start late 10.77.0.4 "$dir/late"
	await 30 arrived "$dir/late" || fail "nothing comes from the client"
	! cmp -s "$dir/payload/dead.bin" "$dir/client/dead.bin" ||
	    fail "clients met without a tracker"
}

# seeds N: of all torrents that should arrive.
seeds() {
	local k
	for k in $kinds; do
		case $(counts "$k") in
		"$1 "*) ;;
		*) return 1 ;;
		esac
	done
}
