#!/bin/sh
# spate-tracker over HTTP: announces, scrapes, what is wrong with them, and
# live windows that are published, forged, replayed and streamed.
set -eu

command -v curl >/dev/null || { echo "skipped: no curl"; exit 77; }
build=${top_builddir:-.}
mkrecord=$build/test/regress/mkrecord
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

# wait_for FILE PATTERN: at most 10 s.
wait_for() {
	i=0
	until grep -q "$2" "$1" 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 100 ] || return 1
		sleep 0.1
	done
}

# start OPTIONS: the daemon on a port of its own; sets $url and $pid.
start() {
	: >"$tmp/log"
	"$build/spate-tracker" --listen 127.0.0.1:0 --listen '[::1]:0' "$@" \
	    2>"$tmp/log" &
	pid=$!
	wait_for "$tmp/log" 'on=\[::1\]' || { cat "$tmp/log"; exit 1; }
	url=$(sed -n 's,.*http: .*on=\(127[^ ]*\)$,http://\1,p' "$tmp/log")
	url6=$(sed -n 's,.*on=\(\[::1\][^ ]*\)$,http://\1,p' "$tmp/log")
}

# stop: by SIGTERM; it must exit 0.
stop() {
	kill "$pid"
	rc=0
	wait "$pid" || rc=$?
	pid=
	[ $rc -eq 0 ] || fail "exit status $rc"
}

# is WHAT WANTED GOT
is() {
	[ "$2" = "$3" ] || fail "$1: wanted $2, got $3"
}

# has WHAT PATTERN TEXT
has() {
	printf '%s\n' "$3" | LC_ALL=C grep -aq -- "$2" ||
	    fail "$1: no $2 in: $3"
}

lacks() {
	! printf '%s\n' "$3" | LC_ALL=C grep -aq -- "$2" ||
	    fail "$1: $2 in: $3"
}

# get PATH: the body. status PATH [curl options]: the status.
get() {
	curl -sg --max-time 10 "$url$1" | tr -d '\000'
}
status() {
	p=$1
	shift
	curl -sg --max-time 10 -o /dev/null -w '%{http_code}' "$@" "$url$p"
}
# publish NAME=N...: the reply.
publish() {
	"$mkrecord" publish 7 "$@" >"$tmp/body"
	curl -s --max-time 10 --data-binary "@$tmp/body" \
	    -H 'Content-Type: application/octet-stream' \
	    "$url/live/$hash/publish" | tr -d '\000'
}

h=info_hash=aaaaaaaaaaaaaaaaaaaa
id=peer_id=-XX0100-abcdefghijk
hash=$("$mkrecord" hash 7)

# ---- announce and scrape ----------------------------------------------------

start
r=$(get "/announce?$h&${id}1&port=1001&left=9")
has announce 'd8:completei0e' "$r"
has announce '10:incompletei1e' "$r"
has announce '8:intervali1[6-9]' "$r"
has announce '5:peers0:' "$r"
r=$(get "/announce?$h&${id}2&port=1002&left=9&compact=0")
has "dictionaries" '2:ip9:127.0.0.14:porti1001e' "$r"
r=$(get "/announce?$h&${id}1&port=1001&left=9")
has "the other one" '5:peers6:' "$r"
lacks "itself" 'peers12:' "$r"
r=$(get "/announce?$h&${id}2&port=1002&event=stopped")
has stopped '5:peers0:' "$r"
r=$(curl -sg "$url6/announce?$h&${id}3&port=1003&left=0" | tr -d '\000')
has "IPv6 own address" '11:external ip16:' "$r"
has "IPv6 swarm" '8:completei1e' "$r"

r=$(get "/scrape?$h")
has scrape 'd5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei1e' "$r"
has scrape '10:incompletei1e' "$r"
is "HEAD" 200 "$(status "/scrape?$h" -I)"

# What is wrong is told in a dictionary, with status 200.
while read -r query why; do
	r=$(get "/announce?$query")
	has "$query" "d14:failure reason[0-9]*:$why" "$r"
	is "$query" 200 "$(status "/announce?$query")"
done <<END
x=1 info_hash: missing
${id}1 info_hash: missing
$h&port=1 peer_id: missing
$h&${id}1 port: missing
$h&${id}1&port=0 port: value out of range
$h&${id}1&port=70000 port: value out of range
$h&${id}1&port=-1 port: malformed input
$h&${id}1&port=1&left=x left: malformed input
info_hash=short&${id}1&port=1 info_hash: malformed input
info_hash=%zz&${id}1&port=1 info_hash: malformed input
END
has "scrape of nothing" 'info_hash: missing' "$(get /scrape)"
has "scrape of a cut hash" 'info_hash: malformed' "$(get '/scrape?info_hash=a')"
r=$(get "/announce?$h&${id}9&port=1009&left=9&ip=9.9.9.9")
r=$(get "/announce?$h&${id}8&port=1008&left=9&compact=0")
lacks "a claimed address" '9\.9\.9\.9' "$r"

long=$(printf '%020000d' 0)
is "a URL of 20 kB" 414 "$(status "/announce?$long")"
# Each of 71 characters, as clients escape them.
many=$(for i in $(seq 10 59); do
	printf '&info_hash=%s%%%d' "$(printf '%%61%.0s' $(seq 19))" "$i"
done)
has "scrape of 50 hashes" 'd5:filesd20:aaaaaaaaaaaaaaaaaaa' \
    "$(get "/scrape?${many#&}")"
has "scrape of 200 hashes" 'd14:failure reason' \
    "$(get "/scrape?${many#&}$many$many$many")"
is "unknown path" 404 "$(status /nothing)"
is "method" 405 "$(status /announce -X POST -d x)"
is "method" 405 "$(status "/live/$hash/publish")"
is "live path" 404 "$(status /live/xyz/window)"

# Two requests over one connection.
n=$(curl -sg -o /dev/null -w '%{num_connects}' "$url/scrape?$h" \
    -o /dev/null "$url/scrape?$h")
is keep-alive 10 "$n"

# ---- live windows -----------------------------------------------------------

is "no channel yet" 404 "$(status "/live/$hash/window")"
is "no channel yet" 404 "$(status "/live/$hash/stream")"
has "manifest first" '4:code8:NOTFOUND' "$(publish manifest=0)"
r=$(publish last=5)
has publish '8:acceptedi6e' "$r"
lacks publish 'failure reason' "$r"
has "where it stands" '1:ni5e' "$r"
has forged '4:code3:SIG' "$(publish first=6 last=6 forge=1)"
r=$(publish last=5)
has replayed '4:code5:STALE' "$r"
has replayed '8:acceptedi0e' "$r"
has replayed '5:stalei5e' "$r"
has "a gap" '4:code5:CHAIN' "$(publish first=8 last=9)"
has equivocation '4:code5:EQUIV' "$(publish first=5 last=5 salt=3)"
is evidence 2 "$(curl -s "$url/live/$hash/evidence" | "$mkrecord" frames |
    grep -c number=5)"
"$mkrecord" publish 8 >"$tmp/body"
r=$(curl -s --data-binary "@$tmp/body" "$url/live/$hash/publish" | tr -d '\000')
has "another channel" '4:code9:WRONGCHAN' "$r"
has "rubbish" '4:code' "$(curl -s --data-binary junk "$url/live/$hash/publish")"
head -c 3000000 /dev/zero >"$tmp/body"
is "too large" 413 \
    "$(status "/live/$hash/publish" --data-binary "@$tmp/body" -H Expect:)"

curl -s "$url/live/$hash/window" | "$mkrecord" frames >"$tmp/window"
is window "hello manifest record record record record record" \
    "$(cut -d' ' -f1 "$tmp/window" | tr '\n' ' ' | sed 's/ $//')"
boot=$(sed -n 's/hello boot=\([^ ]*\).*/\1/p' "$tmp/window")
n=$(curl -s "$url/live/$hash/window?since=$boot.4" | "$mkrecord" frames |
    grep -c record)
is "window since 4" 2 "$n"
n=$(curl -s "$url/live/$hash/window?since=1.4" | "$mkrecord" frames |
    grep -c record)
is "another boot" 5 "$n"
# With wait it is answered when there is something, or nothing after that time.
is "a wait for nothing" hello "$(curl -s --max-time 8 \
    "$url/live/$hash/window?since=$boot.6&wait=1" | "$mkrecord" frames |
    cut -d' ' -f1)"
is "bad since" 400 "$(status "/live/$hash/window?since=x")"
is manifest 200 "$(status "/live/$hash/manifest")"
r=$(get "/announce?info_hash=$(echo "$hash" | sed 's/../%&/g')&${id}1&port=5&left=1")
has "a live swarm" '8:intervali30e' "$r"
lacks "a plain announce" '4:live' "$r"
r=$(get "/announce?info_hash=$(echo "$hash" | sed 's/../%&/g')&${id}1&port=5&left=1&lw=$boot.5")
has "an announce with the window" '8:intervali30e4:live[0-9]*:' "$r"

curl -s --max-time 20 "$url/live/$hash/window?since=$boot.6&wait=15" \
    >"$tmp/poll" &
poll=$!

# A stream gets what is there, what comes, and a sign of life.
curl -sN --max-time 8 "$url/live/$hash/stream?since=$boot.5" >"$tmp/stream" &
curl=$!
i=0
until [ -s "$tmp/stream" ] || [ $i -ge 50 ]; do
	i=$((i + 1))
	sleep 0.1
done
has "publish to a stream" '8:acceptedi2e' "$(publish first=6 last=7 manifest=0)"
wait $curl || :
"$mkrecord" frames <"$tmp/stream" >"$tmp/frames"
is stream "hello record record record alive" \
    "$(cut -d' ' -f1 "$tmp/frames" | tr '\n' ' ' | sed 's/ $//')"
has stream 'seq=8 track=0 number=7' "$(cat "$tmp/frames")"
wait $poll
has "a poll" 'seq=7 track=0 number=6' "$("$mkrecord" frames <"$tmp/poll")"

# Viewers that relay are on duty, until they stop.
us=info_hash=$(echo "$hash" | sed 's/../%&/g')
for i in 1 2 3; do
	get "/announce?$us&$id$i&port=100$i&left=1&up=8000&rc=1" >/dev/null
done
i=0
until get /stats | grep -q '"on_duty": 3' || [ $i -ge 50 ]; do
	i=$((i + 1))
	sleep 0.1
done
curl -sN --max-time 3 "$url/live/$hash/stream?since=$boot.8" >"$tmp/stream" &
curl=$!
i=0
until [ -s "$tmp/stream" ] || [ $i -ge 50 ]; do
	i=$((i + 1))
	sleep 0.1
done
get "/announce?$us&${id}2&port=1002&left=1&event=stopped" >/dev/null
wait $curl || :
is "rosters" "roster n=3 roster n=2" "$("$mkrecord" frames <"$tmp/stream" |
    grep roster | tr '\n' ' ' | sed 's/ $//')"

# The end of the stream that a viewer named itself for is the end of its duty.
curl -sN --max-time 2 "$url/live/$hash/stream?${id}3&port=1003" \
    >"$tmp/stream" &
curl=$!
i=0
until get /stats | grep -q '"present": 1' || [ $i -ge 50 ]; do
	i=$((i + 1))
	sleep 0.1
done
has present '"present": 1' "$(get /stats)"
has "on duty with a stream" '"on_duty": 2' "$(get /stats)"
wait $curl || :
i=0
until get /stats | grep -q '"on_duty": 1' || [ $i -ge 50 ]; do
	i=$((i + 1))
	sleep 0.1
done
has "nobody present" '"present": 0' "$(get /stats)"

# What a viewer tells of itself is in the figures of its channel.
{ printf '\001-XX0100-abcdefghijk1\003\351\000\036'
  printf '\000\000\014\000\000\000\004\000\000\000\010\000'
  printf '\000\000\000\000\000\002\000\000\003\350\000\000\000\000\000'
} >"$tmp/body"
is telemetry 200 "$(status "/live/$hash/telemetry" --data-binary "@$tmp/body")"
is "telemetry again" 403 \
    "$(status "/live/$hash/telemetry" --data-binary "@$tmp/body")"
sed 's/abcdefghijk1/abcdefghijk7/' "$tmp/body" >"$tmp/other"
is "telemetry of a stranger" 404 \
    "$(status "/live/$hash/telemetry" --data-binary "@$tmp/other")"
has figures '"offload": 0.75' "$(get /stats)"
has figures '"stalls": 2' "$(get /stats)"

r=$(get /metrics)
has metrics "^spate_channel_offload_ratio{channel=\"$hash\"} 0.750000$" "$r"
has metrics "^spate_channel_stalls_total{channel=\"$hash\"} 2$" "$r"
has metrics "^spate_channel_viewers{channel=\"$hash\"} 3$" "$r"
if command -v promtool >/dev/null; then
	get /metrics | sed -n '/spate_channel/p' >"$tmp/metrics"
	promtool check metrics <"$tmp/metrics" >"$tmp/err" 2>&1 ||
	    fail "promtool: $(cat "$tmp/err")"
fi
has metrics '^spate_tracker_channels 1$' "$r"
has metrics '^spate_tracker_frames_total{result="sig"} 1$' "$r"
has metrics '^spate_tracker_requests_total{kind="stream"} 4$' "$r"
has metrics '^spate_tracker_on_duty 1$' "$r"
has stats '"records": 7' "$(get /stats)"
lacks "channel key" "$("$mkrecord" key 7)" "$(get /stats)"
is "stats by another name" 403 "$(status /stats -H 'Host: example.org')"
stop

# ---- lists, limits, a listener for the operator -----------------------------

"$mkrecord" key 7 >"$tmp/allow"
echo "# nobody" >"$tmp/deny"
start --access-file "$tmp/allow" --deny-file "$tmp/deny" --max-streams 0 \
    --admin-listen 127.0.0.1:0
wait_for "$tmp/log" 'admin: '
has "not listed" 'not permitted' "$(get "/announce?$h&${id}1&port=1")"
has listed '8:acceptedi3e' "$(publish last=2)"
is "no streams" 503 "$(status "/live/$hash/stream")"
is "stats elsewhere" 403 "$(status /stats)"
admin=$(sed -n 's,.*admin: .*on=\([^ ]*\)$,http://\1,p' "$tmp/log")
has admin '"channels": 1' "$(curl -s "$admin/stats")"
is "admin only" 404 "$(curl -s -o /dev/null -w '%{http_code}' "$admin/announce")"
echo "$hash" >"$tmp/deny"
kill -HUP "$pid"
wait_for "$tmp/log" 'read deny-file' || fail "no reload"
has denied 'not permitted' "$(publish last=2)"
is "denied channel" 404 "$(status "/live/$hash/window")"
echo rubbish >"$tmp/deny"
kill -HUP "$pid"
wait_for "$tmp/log" 'deny:1: neither' || fail "a bad list is not told"
has "still denied" 'not permitted' "$(publish last=2)"
stop

# ---- the command line -------------------------------------------------------

rc=0
"$build/spate-tracker" --access-file "$tmp/none" -n 2>"$tmp/err" || rc=$?
is "missing list" 2 $rc
has "missing list" 'No such file' "$(cat "$tmp/err")"
rc=0
"$build/spate-tracker" --listen nonsense -n 2>/dev/null || rc=$?
is "bad address" 2 $rc
start --pidfile "$tmp/pid"
is pidfile "$pid" "$(cat "$tmp/pid")"
rc=0
"$build/spate-tracker" --listen "${url#http://}" 2>"$tmp/err" || rc=$?
is "address in use" 1 $rc
has "address in use" 'spate-tracker: 127' "$(cat "$tmp/err")"
stop
[ ! -e "$tmp/pid" ] || fail "the pid file stays"

# In the background, with files named from here.
build=$(cd "$build" && pwd)
(cd "$tmp" && "$build/spate-tracker" -d --listen 127.0.0.1:0 --pidfile pid \
    --access-file allow 2>err) || fail "-d: $(cat "$tmp/err")"
pid=$(cat "$tmp/pid")
kill "$pid"
i=0
while [ -e "$tmp/pid" ] && [ $i -lt 50 ]; do
	i=$((i + 1))
	sleep 0.1
done
pid=
[ ! -e "$tmp/pid" ] || fail "-d: it does not stop"

[ $failures -eq 0 ] || cat "$tmp/log"
exit $((failures > 0))
