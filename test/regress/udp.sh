#!/bin/sh
# spate-tracker by UDP: announces and scrapes of both families, limits, lists
# that are read again, threads, what /stats says of it, and a clean end.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need python3 curl
begin

# tracker NAME OPTIONS...
tracker() {
	name=$1
	shift
	port=$(ports 1)
	spawn "$name" "$build/spate-tracker" --listen "$port" "$@"
	await 10 grep -q 'udp: listens on=0.0.0.0' "$dir/$name.out" ||
		fail "$name does not begin"
}

ask() {
	python3 "$tools/udp.py" "$port" "$1" || fail "$name: $1"
}

stat_of() {
	curl -s "http://127.0.0.1:$port/stats" |
	    python3 -c "import json, sys; s = json.load(sys.stdin); print(s$1)"
}

is() {
	[ "$2" = "$3" ] || fail "$1: wanted $2, got $3"
}

tracker one --connect-rate 0 --announce-rate 0
ask basic
ask many
is received "$(stat_of "['udp']['received']")" "$(stat_of "['udp']['sent']")"
is "bad ids" 1 "$(stat_of "['udp_requests']['announce']['bad_id']")"
is refused 2 "$(stat_of "['udp_requests']['announce']['refused']")"
is scrapes 1 "$(stat_of "['udp_requests']['scrape']['answered']")"
curl -s "http://127.0.0.1:$port/metrics" >"$dir/metrics"
grep -q 'udp_requests_total{family="6",kind="announce",result="answered"} 1$' \
    "$dir/metrics" || fail "metrics do not tell of IPv6"
stop one
is "exit status" 0 "$status"

tracker four --connect-rate 0 --announce-rate 0 --threads 4
ask many
ask basic
is answered 80 "$(($(stat_of "['udp_requests']['announce']['answered']") - 7))"
stop four
is "exit status" 0 "$status"

tracker lim --announce-rate 1 --announce-burst 5
ask limited
is limited 3 "$(stat_of "['udp_requests']['announce']['limited']")"

: >"$dir/deny"
tracker lists --deny-file "$dir/deny"
printf '64%.0s' $(seq 20) >"$dir/deny"
signal lists HUP
await 5 grep -q 'reload: read deny-file entries=1' "$dir/lists.out" ||
	fail "the list is not read again"
ask denied

port=$(ports 1)
name=without
spawn without "$build/spate-tracker" --listen "127.0.0.1:$port" --no-udp
await 10 port_open "$port" || fail "without does not begin"
ask none
say "ok"
