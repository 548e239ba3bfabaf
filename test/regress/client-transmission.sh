#!/bin/sh
# transmission-daemon and libtorrent find each other through spate-tracker, by
# HTTP and UDP.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need transmission-daemon
. "${top_srcdir:-.}/test/regress/clientlib.sh"
clients_begin

client_start() {
	mkdir "$dir/config"
	cp -r "$dir/torrents" "$dir/watch"
	cat >"$dir/config/settings.json" <<-END
	{
		"dht-enabled": false,
		"download-dir": "$dir/client",
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

exchange client_start
