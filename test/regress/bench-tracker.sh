#!/bin/sh
# spate-bench-tracker: a filled tracker has who was announced, answers are
# right and told in three forms; what is wrong is found, and no other host is
# loaded by accident.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need jq
begin
bench="$build/spate-bench-tracker --peers 2000 --swarms 20 -t 300ms --timeout 5s"

# load URL OPTION...: must find no fault; its JSON in $dir/json.
load() {
	local url=$1
	shift
	$bench -o json "$@" "$url" >"$dir/json" 2>"$dir/err" || {
		cat "$dir/json" "$dir/err"
		fail "$url: $*"
	}
}

# is FILTER: holds for $dir/json.
is() {
	jq -e "$1" <"$dir/json" >/dev/null || {
		cat "$dir/json"
		fail "not so: $1"
	}
}

tracker_options="--max-ip-ports 65535 --connect-rate 0 --announce-rate 0"
tracker_start
load "$tracker" -m fill -m verify -m announce -m scrape -p "$(pid_of tracker)"
is 'length == 4 and all(.[]; .lost == 0 and .answered > 0 and .rss > 0)'
is '.[0].answered == 2000 and .[1].complete + .[1].incomplete == 2000'
is '.[2].peers > 40'
load "$tracker" -m announce --no-keep-alive
is '.[0].answered > 0'
load "$tracker" -m mix --mix 0:3:1 -r 200
is '.[0].sent > 5 and .[0].sent < 63'
$bench -m verify -o tsv "$tracker" | awk -F '\t' '
	NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
	NR == 2 { ok = $at["complete"] + $at["incomplete"] == 2000 }
	END { exit !(ok && NR == 2) }' || fail "TSV"
$bench -m verify "$tracker" | grep -q '^	seeders ' || fail "text"

# Other peers than those that were announced: all of it is found out.
! $bench -s 2 -m verify -o json "$tracker" >"$dir/json" || fail "counts"
is '.[0].wrong == 20'
! $bench --sources 4 -m announce -o json "$tracker" >"$dir/json" ||
    fail "addresses"
is '.[0].foreign > 0'

udp=udp://127.0.0.1:$tracker_port
if udp_open "$tracker_port"; then
	# Other swarms, for their peers have other addresses.
	load "$udp" -s 5 -m fill -m verify -m announce -m scrape -m connect \
	    -m mix --sources 4
	is 'length == 6 and all(.[]; .answered > 0)'
	load "$udp" -s 5 --sources 4 -r 500
	is '.[0].sent > 5 and .[0].sent < 155'
fi

stop tracker
! $bench "$tracker" >/dev/null 2>&1 || fail "nobody is there"
for url in udp://192.0.2.1:6969 http://192.0.2.1/announce; do
	rc=0
	$bench "$url" 2>"$dir/err" || rc=$?
	[ $rc -eq 2 ] || fail "$url: status $rc"
	grep -q -e --force "$dir/err" || fail "$url: not told why"
done
[ "$($bench --list | sort -u | grep -Ec '^[0-9a-f]{40}$')" -eq 20 ] ||
    fail "list"
