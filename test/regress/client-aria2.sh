#!/bin/sh
# aria2 and libtorrent find each other through spate-tracker, by HTTP and UDP.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need aria2c
. "${top_srcdir:-.}/test/regress/clientlib.sh"
clients_begin

# Only its DHT has a socket for UDP trackers. It knows nobody there, and private
# torrents are not looked for in it.
client_start() {
	printf '%s\n' "$dir"/torrents/*.torrent >"$dir/list"
	spawn client aria2c --no-conf --interface=10.77.0.3 --dir="$dir/client" \
	    --enable-dht=true --dht-listen-port=6901 --enable-dht6=false \
	    --dht-file-path="$dir/dht" --bt-enable-lpd=false \
	    --enable-peer-exchange=false --listen-port=6901 --seed-ratio=0 \
	    --file-allocation=none --input-file="$dir/list" \
	    --summary-interval=0 --console-log-level=notice
}

exchange client_start
