#!/bin/sh
# libtorrent's clients find each other through spate-tracker, by HTTP and UDP.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/clientlib.sh"
clients_begin

client_start() {
	peer_start client 10.77.0.3 "$dir/client"
}

exchange client_start
