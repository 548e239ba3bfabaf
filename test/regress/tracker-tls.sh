#!/bin/sh
# spate-tracker with TLS: announces, a certificate that changes while a
# connection is open, faults in it; and clients behind proxies.
set -eu

command -v curl >/dev/null || { echo "skipped: no curl"; exit 77; }
command -v openssl >/dev/null || { echo "skipped: no openssl"; exit 77; }
build=${top_builddir:-.}
tmp=$(mktemp -d)
pid=
failures=0

cleanup() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	[ -z "$pid" ] || wait "$pid" 2>/dev/null || :
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

fail() {
	echo "FAIL $*"
	failures=$((failures + 1))
}

# wait_for PATTERN [COUNT]: lines of the log, at most 10 s.
wait_for() {
	i=0
	until [ "$(grep -c "$1" "$tmp/log")" -ge "${2:-1}" ]; do
		i=$((i + 1))
		[ $i -lt 100 ] || { cat "$tmp/log"; exit 1; }
		sleep 0.1
	done
}

# certificate NAME: into cert.pem and key.pem.
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 2 -subj "/CN=$1" -addext subjectAltName=DNS:localhost \
	    -keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>/dev/null
}

# has WHAT PATTERN TEXT
has() {
	printf '%s\n' "$3" | LC_ALL=C grep -aq -- "$2" ||
	    fail "$1: no $2 in: $3"
}

# named: the name in the certificate that a new connection is shown.
named() {
	curl -skv --max-time 10 "https://127.0.0.1:$port/scrape" 2>&1 |
	    LC_ALL=C sed -n 's/.*subject: CN=//p'
}

certificate one
"$build/spate-tracker" --listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 \
    --cert "$tmp/cert.pem" --key "$tmp/key.pem" --proxy 127.0.0.0/8 \
    --lan yes 2>"$tmp/log" &
pid=$!
wait_for 'https: listens'
port=$(sed -n 's,.*https: .*on=127.0.0.1:,,p' "$tmp/log")
plain=$(sed -n 's,.*http: .*on=127.0.0.1:,,p' "$tmp/log")
ask="announce?info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=-XX0000-00000000000"
rest="left=1&uploaded=0&downloaded=0&event=started&compact=1"

# Two announces on one connection, over TLS, of two clients of a proxy.
out=$(curl -sv --cacert "$tmp/cert.pem" --resolve "localhost:$port:127.0.0.1" \
    --max-time 10 -H 'X-Forwarded-For: 192.0.2.1' \
    "https://localhost:$port/${ask}1&port=1001&$rest" \
    "https://localhost:$port/${ask}1&port=1001&$rest" 2>&1 | tr -d '\000')
has 'announce over TLS' '8:intervali' "$out"
has 'client by X-Forwarded-For' '11:external ip4:' "$out"
has 'connection is used again' 'Re-using existing connection' "$out"
has 'TLS 1.3' 'TLSv1.3' "$out"

# The PROXY protocol ahead of TLS, and in plain.
out=$(curl -sk --haproxy-protocol --max-time 10 \
    "https://127.0.0.1:$port/${ask}2&port=1002&$rest" | tr -d '\000')
has 'PROXY ahead of TLS' '8:completei0e' "$out"
out=$(curl -sk --haproxy-protocol --max-time 10 \
    "http://127.0.0.1:$plain/${ask}3&port=1003&$rest" | tr -d '\000')
has 'PROXY in plain' '10:incompletei3e' "$out"

# Who speaks no TLS there, or TLS where there is none, is turned away.
curl -s --max-time 10 "http://127.0.0.1:$port/scrape" >/dev/null &&
    fail 'plain HTTP was answered on the TLS port'
curl -sk --max-time 10 "https://127.0.0.1:$plain/scrape" >/dev/null 2>&1 &&
    fail 'TLS was answered on the plain port'

# A new certificate; the connection that is there goes on.
[ "$(named)" = one ] || fail "the certificate is of $(named)"
mkfifo "$tmp/in"
openssl s_client -quiet -connect "127.0.0.1:$port" <"$tmp/in" \
    >"$tmp/out" 2>/dev/null &
client=$!
exec 3>"$tmp/in"
printf 'GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\n' >&3
i=0
until grep -q 'nothing here' "$tmp/out"; do
	i=$((i + 1))
	[ $i -lt 100 ] || { fail 'no answer to s_client'; break; }
	sleep 0.1
done
certificate two
kill -HUP "$pid"
wait_for 'read the certificate'
[ "$(named)" = two ] || fail "the new certificate is of $(named)"
printf 'GET /2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
wait "$client" || :
exec 3>&-
[ "$(grep -c 'nothing here' "$tmp/out")" -eq 2 ] ||
    fail 'the old connection did not outlive the reload'

# One that cannot be used changes nothing.
echo rubbish >"$tmp/cert.pem"
kill -HUP "$pid"
wait_for 'the old certificate stays'
[ "$(named)" = two ] || fail "the certificate after a bad one is of $(named)"

kill "$pid"
rc=0
wait "$pid" || rc=$?
pid=
[ $rc -eq 0 ] || fail "exit status $rc"

# Half of a pair, or a file that is none, is said at once.
"$build/spate-tracker" -n --cert "$tmp/key.pem" 2>"$tmp/log" &&
    fail 'a certificate without a key was taken'
"$build/spate-tracker" --listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 \
    --cert "$tmp/cert.pem" --key "$tmp/key.pem" 2>"$tmp/log" &&
    fail 'rubbish was taken for a certificate'
grep -q 'cert.pem' "$tmp/log" || fail "which file: $(cat "$tmp/log")"

[ $failures -eq 0 ]
