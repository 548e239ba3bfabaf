#!/bin/sh
# bittorrent-tracker's clients (npm) find each other through spate-tracker, one
# by HTTP and one by UDP, scrape it, complete and leave.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need node
modules=${NODE_PATH:-$build/npm/node_modules}
[ -d "$modules/bittorrent-tracker" ] ||
    skip "no bittorrent-tracker in $modules: ./bootstrap check fetches it"
begin
tracker_start
udp=udp://127.0.0.1:$tracker_port
udp_open "$tracker_port" || udp=
NODE_PATH=$modules timeout 100 node "$tools/btclient.mjs" "$tracker" $udp ||
    fail "clients of bittorrent-tracker do not get on with it"
