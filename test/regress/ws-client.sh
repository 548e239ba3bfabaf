#!/bin/sh
# bittorrent-tracker's own client (npm) announces itself by WebSocket: two find
# each other, offer and answer are relayed as they were, and it understands
# counts, scrapes, completed and stopped. By ws:// and by wss://.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need jq curl openssl
need_modules bittorrent-tracker
begin

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$dir/key.pem" \
    -out "$dir/cert.pem" 2>/dev/null || fail "openssl"
tls_port=$(ports 1)
tracker_options="--tls-listen 127.0.0.1:$tls_port --cert $dir/cert.pem
    --key $dir/key.pem"
tracker_start
stats() {
	curl -sS -m 5 "http://127.0.0.1:$tracker_port/stats" >"$dir/stats.json"
}
need_websocket

# is FILTER: on what the clients said.
is() {
	jq -e "$1" "$dir/ws.json" >/dev/null ||
		fail "not so: $1: $(cut -c 1-2000 "$dir/ws.json")"
}

ws_gone() {
	stats && jq -e '.websocket.open == 0 and .websocket.peers == 0' \
	    "$dir/stats.json" >/dev/null
}
# meet URL: two clients there.
meet() {
	NODE_EXTRA_CA_CERTS=$dir/cert.pem timeout 120 node "$tools/wsclient.mjs" \
	    "$modules" "$1" >"$dir/ws.json" 2>"$dir/ws.out" ||
		fail "$1: the clients do not end well"
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
}
meet "ws://127.0.0.1:$tracker_port/announce"
await 5 ws_gone || fail "sockets stay"
meet "wss://localhost:$tls_port"

await 5 ws_gone || fail "sockets stay: $(jq -c .websocket "$dir/stats.json")"
jq -e '.websocket | .offers == 2 and .answers == 2 and .errors == 0' \
    "$dir/stats.json" >/dev/null || fail "$(jq -c .websocket "$dir/stats.json")"
stop tracker
[ $status -eq 0 ] || fail "the tracker ends with $status"
