#!/bin/sh
# The tracker's table: what is measured, the bar, met or MISSED. The server is
# on core 0 and the load on core 1; servers that are compared take turns.
#
#	PARTS	udp http live mangle slow, in this order when not set; what the
#		others measured before is kept and printed too
#	ROUNDS	5; SECONDS_EACH 3; QUICK=1: a minute for everything, with less
#		of all, so that it only shows that it works
#	SPATE_TRACKER	another spate-tracker than the one that was built
#
# Lines `key value' are collected in $raw; the table has their medians.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need taskset awk python3
[ "$(getconf _NPROCESSORS_ONLN)" -ge 2 ] || skip "needs two cores"
begin
program=${SPATE_TRACKER:-$build/spate-tracker}
raw=$build/bench-tracker.tsv
[ -n "${PARTS:-}" ] || rm -f "$raw"
parts=${PARTS:-udp http live mangle slow}
rounds=${ROUNDS:-5}
each=${SECONDS_EACH:-3}
peers=1000000
swarms=10000
subscribers=10000
mangled=10000000
honest=20000
connections=5000
if [ -n "${QUICK:-}" ]; then
	rounds=1
	each=1
	peers=100000
	swarms=1000
	subscribers=2000
	mangled=500000
	connections=1000
fi
load="--peers $peers --swarms $swarms"
bench=$build/test/bench
# Others on the machine should matter as little as they can: by session, where
# the kernel shares time between those, and within it.
autogroup() {
	[ ! -w /proc/self/autogroup ] ||
	    echo "$1" >/proc/self/autogroup 2>/dev/null || :
}
calm() {
	autogroup 0
}
at_end=calm
autogroup -20
first=
! nice -n -20 true 2>/dev/null || [ "$(id -u)" -ne 0 ] || first="nice -n -20"
server="taskset -c 0 $first"
client="taskset -c 1 $first"

# ---- what is measured ----

# note KEY VALUE
note() {
	printf '%s\t%s\n' "$1" "$2" >>"$raw"
}

# forget PREFIX: of an earlier run.
forget() {
	[ -f "$raw" ] || return 0
	grep -v "^$1" "$raw" >"$dir/raw" || :
	cp "$dir/raw" "$raw"
}

# gen KEY NAME URL OPTION...: loads server NAME; each result becomes KEY.RESULT.
gen() {
	local key=$1 name=$2 url=$3
	shift 3
	$client "$build/spate-bench-tracker" -o tsv -t "${each}s" $load \
	    -p "$(pid_of "$name")" "$@" "$url" >"$dir/gen" 2>"$dir/gen.err" ||
	    say "$key: faults: $(cat "$dir/gen.err")"
	awk -F '\t' -v key="$key" 'NR == 1 { n = split($0, name) }
		NR > 1 { for (i = 2; i <= n; i++)
			printf "%s.%s\t%s\n", key, name[i], $i }' \
	    "$dir/gen" >>"$raw"
}

# lines KEY: `name value unit' from a program.
lines() {
	awk -v key="$1" '{ printf "%s.%s\t%s\n", key, $1, $2 }' >>"$raw"
}

# med KEY: the median, or nothing.
med() {
	[ -f "$raw" ] || return 0
	awk -F '\t' -v key="$1" '$1 == key { print $2 }' "$raw" | sort -g |
	    awk '{ v[NR] = $1 }
		END { if (NR) printf "%.10g\n", v[int((NR + 1) / 2)] }'
}

# sum KEY
sum() {
	awk -F '\t' -v key="$1" '$1 == key { s += $2 }
		END { printf "%.10g\n", s }' "$raw"
}

rss() {
	awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$(pid_of "$1")/status"
}

# ---- servers ----

# Options that take limits away, where the tracker has them.
unlimited() {
	local o
	"$program" --dump-options | cut -f1 |
	    sed 's/.*--//' >"$dir/options"
	while read -r o; do
		grep -qx "${o%% *}" "$dir/options" && printf -- '--%s ' "$o"
	done <<-END
	max-ip-ports 65535
	max-peers 4000000
	max-streams 20000
	max-ip-connections 0
	max-connections 20000
	announce-rate 0
	connect-rate 0
	log-level error
	END
	echo
}

# ours NAME OPTION...: spate-tracker, at $port.
ours() {
	local name=$1
	shift
	port=$(ports 1)
	spawn "$name" $server "$program" --listen \
	    "127.0.0.1:$port" $unlimited "$@"
	await 5 port_open "$port" || fail "no tracker"
}
unlimited=$(unlimited)

# opentracker NAME WORKERS: at $port, with the list that Debian's wants.
opentracker_start() {
	local where=$dir/$1
	port=$(ports 1)
	mkdir "$where"
	chmod 755 "$dir" "$where"
	"$build/spate-bench-tracker" --list $load >"$where/white"
	cat >"$where/conf" <<-END
	listen.udp.workers $2
	listen.tcp_udp 127.0.0.1:$port
	access.whitelist /white
	tracker.rootdir $where
	tracker.user nobody
	END
	spawn "$1" $server opentracker -f "$where/conf"
	await 5 port_open "$port" || fail "no opentracker"
}

# null NAME KIND: at $port.
null() {
	port=$(ports 1)
	spawn "$1" $server "$bench/null_tracker" "$2" "$port"
	sleep 0.3
}

has_opentracker=
! command -v opentracker >/dev/null || has_opentracker=yes

# ---- parts ----

part_udp() {
	local ours null ot1=0 ot0=0 r half
	ours ours
	ours=$port
	udp_open "$ours" || {
		say "udp: skipped: spate-tracker does not listen on UDP yet"
		stop ours
		return 0
	}
	forget udp
	forget lat
	null null udp
	null=$port
	if [ -n "$has_opentracker" ]; then
		opentracker_start ot1 1
		ot1=$port
		opentracker_start ot0 0
		ot0=$port
		gen udpfill.ot ot1 udp://127.0.0.1:$ot1 -m fill
		gen udpfill.ot0 ot0 udp://127.0.0.1:$ot0 -m fill
	else
		say "no opentracker here: nothing to compare with"
	fi
	gen udpfill.ours ours udp://127.0.0.1:$ours -m fill
	for r in $(seq "$rounds"); do
		gen udp.null null udp://127.0.0.1:$null --no-peer-check
		[ -z "$has_opentracker" ] || {
			gen udp.ot1 ot1 udp://127.0.0.1:$ot1
			gen udp.ot0 ot0 udp://127.0.0.1:$ot0
		}
		gen udp.ours ours udp://127.0.0.1:$ours
	done
	half=$(max "$(med udp.ot1.rate)" "$(med udp.ot0.rate)")
	half=$(calc "int(${half:-100000} / 2)")
	note lat.rate "$half"
	for r in $(seq "$rounds"); do
		[ -z "$has_opentracker" ] || {
			gen lat.ot1 ot1 udp://127.0.0.1:$ot1 -r "$half"
			gen lat.ot0 ot0 udp://127.0.0.1:$ot0 -r "$half"
		}
		gen lat.ours ours udp://127.0.0.1:$ours -r "$half"
	done
	gen udpverify.ours ours udp://127.0.0.1:$ours -m verify
	for r in ours null ot1 ot0; do
		[ ! -f "$dir/$r.pid" ] || stop $r
	done
}

calc() {
	awk "BEGIN { printf \"%.10g\", $1 }"
}

max() {
	printf '%s\n' "$@" | sort -g | tail -n 1
}

part_http() {
	local ours null ev ot=0 r how=http
	forget http
	[ -n "${QUICK:-}" ] || load="--peers 200000 --swarms 2000"
	ours ours
	ours=$port
	null null http
	null=$port
	null ev evhttp
	ev=$port
	! udp_open "$ours" || how=udp
	gen httpfill.ours ours $how://127.0.0.1:$ours -m fill
	if [ -n "$has_opentracker" ]; then
		opentracker_start ot 0
		ot=$port
		gen httpfill.ot ot udp://127.0.0.1:$ot -m fill
	fi
	for r in $(seq "$rounds"); do
		gen httpc.null null http://127.0.0.1:$null --no-peer-check \
		    --no-keep-alive
		[ -z "$has_opentracker" ] ||
			gen httpc.ot ot http://127.0.0.1:$ot --no-keep-alive
		gen httpc.ours ours http://127.0.0.1:$ours --no-keep-alive
		gen httpk.null null http://127.0.0.1:$null --no-peer-check
		gen httpk.ev ev http://127.0.0.1:$ev --no-peer-check
		gen httpk.ours ours http://127.0.0.1:$ours
	done
	for r in ours null ev ot; do
		[ ! -f "$dir/$r.pid" ] || stop $r
	done
	load="--peers $peers --swarms $swarms"
}

# In a network of its own.
can_apart() {
	[ "$(id -u)" = 0 ] && unshare -n -m true 2>/dev/null
}

part_live() {
	local mk=$build/test/regress/mkrecord viewers=60000 records
	forget live
	forget apart
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$server" "$program" \
	    >"$dir/pinned"
	chmod 755 "$dir/pinned"
	for records in 1 4; do
		$client "$bench/bench_streams" "$dir/pinned" "$subscribers" \
		    "$((rounds * 2))" $records >"$dir/streams.txt" 2>&1 ||
		    say "live: $(cat "$dir/streams.txt")"
		lines live.$records <"$dir/streams.txt"
		# The readers' end on their processor, as between two machines.
		can_apart || continue
		sh "$top/test/bench/apart.sh" 1 $client \
		    "$bench/bench_streams" "$dir/pinned" "$subscribers" \
		    "$((rounds * 2))" $records >"$dir/streams.txt" 2>&1 ||
		    say "apart: $(cat "$dir/streams.txt")"
		lines apart.$records <"$dir/streams.txt"
	done
	[ -x "$mk" ] || {
		say "live: viewers' memory skipped: make check has not been run"
		return 0
	}
	ours ours
	"$mk" publish 9 | curl -sf --data-binary @- -o /dev/null \
	    "http://127.0.0.1:$port/live/$("$mk" hash 9)/publish"
	gen livewarm ours "http://127.0.0.1:$port" --peers 1000 --swarms 10
	gen livefill ours "http://127.0.0.1:$port" -m fill --swarms 1 \
	    --peers $viewers --info-hash "$("$mk" hash 9)"
	note live.viewer "$(calc "$(med livefill.rss_growth) / $viewers")"
	stop ours
}

part_mangle() {
	local small="--peers 1000 --swarms 10" most
	forget mangle
	ours ours --max-swarms 10000 --max-peers 100000
	if udp_open "$port"; then
		gen mangle.fill ours udp://127.0.0.1:$port -m fill $small
		$client "$bench/mangle" udp "$port" $((mangled / 10)) 1 |
		    lines mangle.first
		note mangle.rss_before "$(rss ours)"
		most=$((mangled / 10 * 9))
		spawn mangle $client "$bench/mangle" udp "$port" "$most" 2
		sleep 1
		each=$((each * 4)) gen mangle.honest ours \
		    udp://127.0.0.1:$port -r "$honest" $small
		await 600 gone mangle || fail "mangle does not end"
		lines mangle.second <"$dir/mangle.out"
		note mangle.rss_after "$(rss ours)"
	else
		say "mangle: UDP skipped: spate-tracker does not listen on it"
	fi
	alive ours || note mangle.dead 1
	note mangle.rss_http_before "$(rss ours)"
	spawn mangleh $client "$bench/mangle" http "$port" $((mangled / 100)) 3
	sleep 0.5
	gen mangle.honesth ours http://127.0.0.1:$port -r 1000 $small
	await 600 gone mangleh || fail "mangle does not end"
	lines mangle.http <"$dir/mangleh.out"
	note mangle.rss_http_after "$(rss ours)"
	alive ours || note mangle.dead 1
	stop ours
	[ "$status" -eq 0 ] || note mangle.dead 1
}

# honest KEY: what announces take, by HTTP and, if there is, UDP.
honest() {
	local small="--peers 1000 --swarms 10" r
	for r in $(seq "$rounds"); do
		gen "slow.$1" ours http://127.0.0.1:$port -r 1000 \
		    --no-keep-alive $small
		! udp_open "$port" || gen "slow.u$1" ours \
		    udp://127.0.0.1:$port -r 2000 $small
	done
}

part_slow() {
	local long=$((rounds * each * 2 + 8))
	forget slow
	ours ours
	honest alone
	spawn loris $client "$bench/loris" slow "$port" "$connections" "$long"
	sleep 3
	honest loris
	await $((long + 5)) gone loris || fail "loris does not end"
	lines slow <"$dir/loris.out"
	spawn flood $client "$bench/loris" flood "$port" 3000 "$long"
	sleep 1
	honest flood
	await $((long + 5)) gone flood || fail "the flood does not end"
	lines slow <"$dir/flood.out"
	alive ours || note slow.dead 1
	stop ours
}

# ---- the table ----

# row WHAT VALUE UNIT RATIO BAR CONDITION: in awk, true when met.
row() {
	local verdict=MISSED
	[ -n "$2" ] || {
		printf '%-44s %14s\n' "$1" "not measured"
		return 0
	}
	! awk "BEGIN { exit !($6) }" || verdict=met
	printf '%-44s %14s %10s  %-22s %s\n' "$1" \
	    "$(awk "BEGIN { printf \"%.5g\", $2 }") $3" "$4" "$5" $verdict
}

# ratio A B: with two digits; nothing when one is missing.
ratio() {
	[ -z "$1" ] || [ -z "$2" ] || [ "$2" = 0 ] ||
	    awk "BEGIN { printf \"%.2f\", $1 / $2 }"
}

# mib BEFORE AFTER: what there is more.
mib() {
	calc "($(med "$2") - $(med "$1")) / 1048576"
}

table_udp() {
	local v=$(med udp.ours.rate) e=$(med udp.null.rate) o r
	o=$(max "$(med udp.ot1.rate)" "$(med udp.ot0.rate)")
	r=$(ratio "$v" "$o")
	row "UDP announces/s, to opentracker's ${o:-?}" "$v" /s "$r" ">= 1.35" \
	    "${r:-0} >= 1.35"
	r=$(ratio "$v" "$e")
	row "UDP announces/s, to the echo's ${e:-?}" "$v" /s "$r" ">= 0.88" \
	    "${r:-0} >= 0.88"
	v=$(med udp.ours.cpu)
	row "CPU for a million UDP announces" "$v" s \
	    "$(ratio "$v" "$(med udp.ot1.cpu)")" "<= 3.7 s" "${v:-9} <= 3.7"
	[ -z "$v" ] || printf '%-44s %14s\n' "  of it the tracker's own code" \
	    "$(calc "100 * $(med udp.ours.user_share)" | cut -c 1-4) %"
	v=$(med lat.ours.p99_us)
	o=$(printf '%s\n' "$(med lat.ot1.p99_us)" "$(med lat.ot0.p99_us)" |
	    sort -g | sed '/^$/d' | head -n 1)
	row "p99 at $(med lat.rate)/s, to opentracker's ${o:-?}" "$v" us \
	    "$(ratio "$v" "$o")" "<= opentracker" "${v:-9e9} <= ${o:-0}"
	v=$(sum lat.ours.lost)
	[ -n "$(med lat.ours.p99_us)" ] || v=
	row "replies lost (opentracker: $(sum lat.ot1.lost))" "$v" "" "" 0 \
	    "${v:-1} == 0"
	v=$(med udpfill.ours.rss_growth)
	[ -z "$v" ] || v=$(calc "$v / $(med udpfill.ours.answered)")
	row "memory for a plain peer" "$v" B "" "<= 16 B" "${v:-99} <= 16"
}

table_http() {
	local v=$(med httpc.ours.rate) o=$(med httpc.ot.rate) r
	r=$(ratio "$v" "$o")
	row "HTTP announces/s, close, opentracker ${o:-?}" "$v" /s "$r" \
	    ">= opentracker" "${r:-0} >= 1"
	v=$(med httpc.ours.cpu)
	row "CPU for a million of them" "$v" s \
	    "$(ratio "$v" "$(med httpc.ot.cpu)")" "<= 24 s" "${v:-99} <= 24"
	v=$(med httpk.ours.rate)
	row "HTTP announces/s, keep-alive" "$v" /s "" ">= 120000" \
	    "${v:-0} >= 120000"
	[ -z "$v" ] || printf '%-44s %14s\n' \
	    "  evhttp, constant answer" "$(med httpk.ev.rate) /s" \
	    "  raw epoll, constant answer" "$(med httpk.null.rate) /s"
}

# apart RECORDS NAME: without what the kernel does for the readers, and what a
# bare send(2) to each costs then.
apart() {
	local v=$(med apart.$1.streams.cpu_s)
	[ -z "$v" ] || printf '%-44s %14s\n' "$2" "$v s" \
	    "    bare send(2)" "$(med apart.$1.streams.null_cpu_s) s"
}

table_live() {
	local v=$(med live.1.streams.last_ms)
	row "publish to the last of $subscribers streams" "$v" ms "" \
	    "<= 250 ms" "${v:-999} <= 250"
	v=$(med live.1.streams.cpu_s)
	row "CPU for a million deliveries" "$v" s "" "<= 1 s" "${v:-9} <= 1"
	v=$(med live.4.streams.cpu_s)
	row "  four records in a publish" "$v" s "" "<= 1 s" "${v:-9} <= 1"
	apart 1 "  readers' end on the other processor"
	apart 4 "  the same, four records in a publish"
	v=$(med live.viewer)
	row "memory for a live viewer" "$v" B "" "<= 64 B" "${v:-999} <= 64"
}

table_mangle() {
	local v g
	v=$(med mangle.second.mangle_packets)
	[ -z "$v" ] || v=$(calc "$v + $(med mangle.first.mangle_packets)")
	row "malformed packets, crashes" "$v" "" "" "none" \
	    "0$(sum mangle.dead) == 0"
	g=
	[ -z "$v" ] || g=$(mib mangle.rss_before mangle.rss_after)
	row "  memory grows after the first tenth" "$g" MiB "" "<= 1 MiB" \
	    "${g:-9} <= 1"
	g=
	[ -z "$v" ] || g=$(ratio "$(med mangle.second.mangle_unproven_in)" \
	    "$(med mangle.second.mangle_unproven_out)")
	row "  bytes back for a byte of a stranger" "$g" "" "" "<= 1" \
	    "${g:-9} <= 1"
	g=$(med mangle.honest.answered)
	[ -z "$g" ] || g=$(calc "100 * $g / $(med mangle.honest.sent)")
	row "  answers that honest clients get" "$g" % "" ">= 70 %" \
	    "${g:-0} >= 70"
	v=$(med mangle.http.mangle_requests)
	row "malformed HTTP requests, crashes" "$v" "" "" none \
	    "0$(sum mangle.dead) == 0"
	g=
	[ -z "$v" ] || g=$(mib mangle.rss_http_before mangle.rss_http_after)
	row "  memory grows" "$g" MiB "" "<= 2 MiB" "${g:-9} <= 2"
	g=$(med mangle.honesth.answered)
	[ -z "$g" ] || g=$(calc "100 * $g / $(med mangle.honesth.sent)")
	row "  answers that honest clients get" "$g" % "" ">= 70 %" \
	    "${g:-0} >= 70"
}

table_slow() {
	local how v r
	for how in "loris:HTTP p99 beside $connections slow ones" \
	    "uloris:UDP p99 beside them" "flood:HTTP p99 beside a flood" \
	    "uflood:UDP p99 beside a flood"; do
		v=$(med "slow.${how%%:*}.p99_us")
		r=alone
		[ "${how#u}" = "$how" ] || r=ualone
		r=$(ratio "$v" "$(med "slow.$r.p99_us")")
		row "${how#*:}" "$v" us "$r" "<= 2 x alone" "${r:-9} <= 2"
	done
}

for part in $parts; do
	say "$part"
	part_$part
done
echo
printf '%-44s %14s %10s  %-22s\n' what measured ratio bar
for part in udp http live mangle slow; do
	table_$part
done
