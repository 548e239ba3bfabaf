#!/bin/sh
# The judge itself: it lets a good run pass, and notices each planted fault.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need python3
begin

mkdir -p "$dir/origin/live"
for i in 1 2 3 4 5; do
	echo "segment $i" >"$dir/origin/live/seg00000$i.ts"
done

sum_of() {
	sha256sum "$dir/origin/live/seg00000$1.ts" | cut -d ' ' -f 1
}

# get MSN SEGMENT [FIELD...]: one transfer.
get() {
	local msn=$1 seg=$2
	shift 2
	printf '{"kind": "get", "path": "/t/0/%s.ts", "status": 200, ' "$msn"
	printf '"range": null, "len": 10, "t0": 1, "t1": 1, "t2": 1, '
	printf '"cut": false, "init": false, "msn": %s' "$msn"
	printf ', "sha": "%s"' "$(sum_of "$seg")"
	[ $# -eq 0 ] || printf ', %s' "$@"
	echo '}'
}

# player [FIELD...]: the summary.
player() {
	printf '{"kind": "player", "player": "hlsget", "startup": 0.1, '
	printf '"media": 4, "stalls": [], "faults": [], "idle": 90'
	[ $# -eq 0 ] || printf ', %s' "$@"
	echo '}'
}

good() {
	get 10 1
	get 11 2
	get 12 3
	get 13 4
}

access() {
	printf '1\t0\t%s\t%s\tGET\t/live/seg000001.ts\t-\t%s\t-\t%s\n' "$@"
}

# verdict NAME WANT [OPTION...]: of the log on standard input.
verdict() {
	local name=$1 want=$2 got=0
	shift 2
	cat >"$dir/p.log"
	judge "$@" "$dir/p.log" >"$dir/judge.txt" 2>&1 || got=$?
	[ $got -eq "$want" ] || {
		cat "$dir/judge.txt"
		fail "$name: status $got, not $want"
	}
	say "ok - $name: $(grep -m1 FAIL "$dir/judge.txt" || echo passes)"
}

access 200 10 spate/0.1 1 >"$dir/access.log"
access 200 90 spate-seed/0.1 2 >>"$dir/access.log"
{ good; player; } | verdict "all well" 0 --offload 0.7 --startup 1
{ good; player; } | verdict "offload" 1 --offload 0.8
{ get 10 1; get 11 2 '"sha": "00"'; player; } | verdict "wrong byte" 3
{ get 10 1; get 11 2 '"cut": true'; player; } | verdict "cut" 1
{ get 10 1; get 11 2 '"status": 404'; player; } | verdict "404" 1
{ get 10 1; get 11 3; player; } | verdict "hole" 1
{ get 10 1; get 11 3; player; } | verdict "hole that may be" 0 --holes
{ get 10 2; get 11 1; player; } | verdict "order" 1
good | verdict "no summary" 1
player | verdict "nothing played" 1
{ good; player '"faults": ["x"]'; } | verdict "fault" 1
{ good; player '"startup": 2'; } >"$dir/hlsget1.log"
if judge --startup 1 "$dir/hlsget1.log" >/dev/null; then
	fail "a late start passes"
fi
stall='"stalls": [{"at": 3, "s": 1.5, "idle": %s, "paused": %s}]'
{ good; player "$(printf "$stall" 90 0)"; } | verdict "stall" 1
{ good; player "$(printf "$stall" 90 0)"; } | verdict "stall that may be" 0 \
    --allow 2
{ good; player "$(printf "$stall" 5 0)"; } | verdict "busy machine" 0
{ good; player "$(printf "$stall" 90 1.2)"; } | verdict "paused machine" 0
: >"$dir/access.log"
{ good; player; } | verdict "no viewer in the origin's log" 1 --offload 0
{ good; player; } | verdict "no request for a key" 1 --keys 1
access 206 1 spate/0.1 1 >"$dir/access.log"
{ good; player; } | verdict "a connection for each request" 1 --reuse 1.5
access 206 1 spate/0.1 1 >>"$dir/access.log"
{ good; player; } | verdict "connections that are used again" 0 --reuse 1.5
access 200 16 spate/0.1 1 | sed 's/seg000001.ts/enc.key/' >"$dir/access.log"
{ good; player; } | verdict "spate asks for a key" 1 --keys 1

# excused STOLEN RC AGAIN: whether a test that ended so is, on a machine of
# which so many percent were stolen.
excused() (
	took=$1 rc=$2 AGAIN=$3 cpu_begun="0 0"
	cpu_times() {
		echo "$took 99"
	}
	not_judged >/dev/null
)
excused 20 1 1 || fail "a machine that is taken away excuses nothing"
! excused 19 1 1 || fail "a machine of its own is excused"
! excused 90 1 "" || fail "the first run is excused"
! excused 90 3 1 || fail "wrong bytes are excused"
echo "ERROR: AddressSanitizer" >"$dir/x.out"
! excused 90 1 1 || fail "a crash is excused"
rm "$dir/x.out"
