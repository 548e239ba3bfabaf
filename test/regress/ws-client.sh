#!/bin/sh
# bittorrent-tracker's own client (npm) announces itself by WebSocket: two find
# each other, offer and answer are relayed as they were, and it understands
# counts, scrapes, completed and stopped.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need jq curl
need_modules bittorrent-tracker
begin

tracker_start
stats() {
	curl -sS -m 5 "http://127.0.0.1:$tracker_port/stats" >"$dir/stats.json"
}
need_websocket

timeout 40 node "$tools/wsclient.mjs" "$modules" \
    "ws://127.0.0.1:$tracker_port/announce" >"$dir/ws.json" \
    2>"$dir/ws.out" || fail "the clients do not end well"

# is FILTER: on what the clients said.
is() {
	jq -e "$1" "$dir/ws.json" >/dev/null ||
		fail "not so: $1: $(cut -c 1-2000 "$dir/ws.json")"
}
is '.errors == [] and .warnings == []'
is '.first | .complete == 1 and .incomplete == 0'
is '.first.interval | . >= 108 and . <= 132'
is '.second | .complete == 1 and .incomplete == 1'
is '.ids == [true, true]'
is '.scrape | .complete == 1 and .incomplete == 1 and .downloaded == 1'
is '.third | .complete == 2 and .incomplete == 0'
is '.fourth | .complete == 1 and .incomplete == 0'
is '.infoHash // .first.infoHash | . == "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff00010203"'
is '(.seen | length) == 2 and (.seen[0] | startswith("offer"))'
is '.seen | all(endswith(" \"\\/\u0008\t\r\n\u0000\u007f\u00e4\u20ac\ud83d\ude00"))'

ws_gone() {
	stats && jq -e '.websocket.open == 0 and .websocket.peers == 0' \
	    "$dir/stats.json" >/dev/null
}
await 5 ws_gone || fail "sockets stay: $(jq -c .websocket "$dir/stats.json")"
jq -e '.websocket | .offers == 1 and .answers == 1 and .errors == 0' \
    "$dir/stats.json" >/dev/null || fail "$(jq -c .websocket "$dir/stats.json")"
stop tracker
[ $status -eq 0 ] || fail "the tracker ends with $status"
