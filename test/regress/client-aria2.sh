#!/bin/sh
# aria2 and libtorrent find each other through spate-tracker, by HTTP and UDP.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need aria2c
. "${top_srcdir:-.}/test/regress/clientlib.sh"
clients_begin

client_start() {
	printf '%s\n' "$dir"/torrents/*.torrent >"$dir/list"
	spawn client aria2c --no-conf --interface=10.77.0.3 --dir="$dir/client" \
	    --enable-dht=false --enable-dht6=false --bt-enable-lpd=false \
	    --enable-peer-exchange=false --listen-port=6901 --seed-ratio=0 \
	    --file-allocation=none --input-file="$dir/list" \
	    --summary-interval=0 --console-log-level=notice
}

exchange client_start
