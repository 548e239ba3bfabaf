#!/bin/sh
# qBittorrent and libtorrent find each other through spate-tracker, by HTTP and
# UDP.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need qbittorrent-nox
. "${top_srcdir:-.}/test/regress/clientlib.sh"
clients_begin

client_start() {
	mkdir -p "$dir/qBittorrent/config"
	cat >"$dir/qBittorrent/config/qBittorrent.conf" <<-END
	[LegalNotice]
	Accepted=true

	[BitTorrent]
	Session\\DHTEnabled=false
	Session\\DefaultSavePath=$dir/client
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
	    --skip-dialog=true "$dir"/torrents/*.torrent
}

exchange client_start
