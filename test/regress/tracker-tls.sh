#!/bin/bash
# spate-tracker with TLS: announces, WebSockets, a certificate that changes
# while a connection is open, faults in it; and clients behind proxies.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/opslib.sh"

need curl openssl
begin

# certificate NAME: into cert.pem and key.pem.
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 2 -subj "/CN=$1" -addext subjectAltName=DNS:localhost \
	    -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
}

# has WHAT PATTERN TEXT
has() {
	printf '%s\n' "$3" | LC_ALL=C grep -aq -- "$2" ||
	    fail "$1: no $2 in: $3"
}

# named: the name in the certificate that a new connection is shown.
named() {
	curl -skv --max-time 10 "https://127.0.0.1:$tls/scrape" 2>&1 |
	    LC_ALL=C sed -n 's/.*subject: CN=//p'
}

# ask PORT N: an announce over TLS at that port, of peer N.
ask() {
	local q="$swarm&peer_id=-XX0000-00000000000$2&port=100$2&left=1"
	echo "https://localhost:$1/announce?$q&event=started"
}

# get URL [OPTION...]
get() {
	curl -sk --max-time 10 "$@" | tr -d '\000'
}

certificate one
port=$(ports 1)
tls=$(ports 1)
tracker_up --tls-listen "127.0.0.1:$tls" --cert "$dir/cert.pem" \
    --key "$dir/key.pem" --proxy 127.0.0.0/8 --lan yes

# Two announces on one connection, over TLS, of two clients of a proxy.
out=$(curl -sv --cacert "$dir/cert.pem" --max-time 10 \
    --resolve "localhost:$tls:127.0.0.1" \
    -H 'X-Forwarded-For: 192.0.2.1' "$(ask "$tls" 1)" "$(ask "$tls" 1)" 2>&1 |
    tr -d '\000')
has 'announce over TLS' '8:intervali' "$out"
has 'client by X-Forwarded-For' '11:external ip4:' "$out"
has 'connection is used again' 'Re-using existing connection' "$out"
has 'TLS 1.3' 'TLSv1.3' "$out"

# The PROXY protocol ahead of TLS, and in plain.
has 'PROXY ahead of TLS' '10:incompletei2e' \
    "$(get "$(ask "$tls" 2)" --haproxy-protocol)"
plain=$(ask "$port" 3)
has 'PROXY in plain' '10:incompletei3e' \
    "$(get "http${plain#https}" --haproxy-protocol)"

# Who speaks no TLS there, or TLS where there is none, is turned away.
! get "http://127.0.0.1:$tls/scrape" | grep -q . ||
    fail 'plain HTTP was answered on the TLS port'
! get "https://127.0.0.1:$port/scrape" | grep -q . ||
    fail 'TLS was answered on the plain port'

# wss
out=$(get "https://127.0.0.1:$tls/" --http1.1 --max-time 1 -i \
    -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
    -H 'Sec-WebSocket-Version: 13' \
    -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' || :)
has wss 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' "$out"

# A new certificate; the connection that is there goes on.
[ "$(named)" = one ] || fail "the certificate is of $(named)"
mkfifo "$dir/in"
openssl s_client -quiet -connect "127.0.0.1:$tls" <"$dir/in" \
    >"$dir/client" 2>/dev/null &
client=$!
at_end='kill $client 2>/dev/null || :'
exec 3>"$dir/in"
printf 'GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\n' >&3
await 10 grep -q 'nothing here' "$dir/client" || fail 'no answer to s_client'
certificate two
signal tracker HUP
await 10 log_has 'read the certificate' || fail 'no word of the certificate'
[ "$(named)" = two ] || fail "the new certificate is of $(named)"
printf 'GET /2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
wait "$client" || :
at_end=:
exec 3>&-
[ "$(grep -c 'nothing here' "$dir/client")" -eq 2 ] ||
    fail 'the old connection did not outlive the reload'

# One that cannot be used changes nothing.
echo rubbish >"$dir/cert.pem"
signal tracker HUP
await 10 log_has 'the old certificate stays' || fail 'no word of a bad one'
[ "$(named)" = two ] || fail "the certificate after a bad one is of $(named)"
stop tracker
[ $status -eq 0 ] || fail "exit status $status"

# Half of a pair, or a file that is none, is said at once.
! "$build/spate-tracker" -n --cert "$dir/key.pem" 2>"$dir/err" ||
    fail 'a certificate without a key was taken'
! timeout 5 "$build/spate-tracker" --listen "127.0.0.1:$port" \
    --tls-listen "127.0.0.1:$tls" --cert "$dir/cert.pem" \
    --key "$dir/key.pem" 2>"$dir/err" ||
    fail 'rubbish was taken for a certificate'
grep -q 'cert.pem' "$dir/err" || fail "which file: $(cat "$dir/err")"
