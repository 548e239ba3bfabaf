#!/bin/sh
# spate-seed and sources with faults, made by hand: byte ranges that the host
# does not know, segments that are not there, gaps, hosts that differ, a state
# that cannot be written for a while.
set -eu
. "${top_srcdir:-.}/test/regress/seedlib.sh"
seed_begin curl jq python3

window() {
	curl -sf "http://127.0.0.1:$port/live/$ih/window" |
	    "$bin/spate-channel" verify -k tv.key -o json >window.json
}

has() {
	window && jq -se "$1" window.json
}

# playlist SEQUENCE LINES...: replaces live/index.m3u8 as a whole.
playlist() {
	{
		printf '#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:1\n'
		printf '#EXT-X-MEDIA-SEQUENCE:%s\n' "$1"
		shift
		printf '%b\n' "$@"
	} >live/new
	mv live/new live/index.m3u8
}

mkdir live other st
head -c 40000 /dev/urandom >live/all.mp4
echo from-another-host >other/far.mp4
python3 -u -m http.server --bind 127.0.0.1 -d live 0 >web.server 2>web.log &
pids="$pids $!"
python3 -u -m http.server --bind 127.0.0.1 -d other 0 >far.server 2>far.log &
pids="$pids $!"
"$bin/spate-tracker" -l 127.0.0.1:0 --lan yes 2>tracker.log &
pids="$pids $!"
until_ok 5 grep -q 'http: listens on=' tracker.log || fail "no tracker"
port=$(sed -n 's/.*http: listens on=127.0.0.1://p' tracker.log)
until_ok 5 grep -q 'port [0-9]' web.server || fail "no web server"
until_ok 5 grep -q 'port [0-9]' far.server || fail "no other web server"
web=$(sed -n 's/.*port \([0-9]*\) .*/\1/p' web.server)
far=$(sed -n 's/.*port \([0-9]*\) .*/\1/p' far.server)
"$bin/spate-channel" create --tracker "http://127.0.0.1:$port/announce" \
    tv.key >/dev/null
ih=$("$bin/spate-channel" show -o json tv.key | jq -r .info_hash)

# ---- byte ranges, another host, a gap

map='#EXT-X-MAP:URI="all.mp4",BYTERANGE="700@0"'
playlist 7 "$map" '#EXT-X-BYTERANGE:20000@700\n#EXTINF:1,\nall.mp4' \
    '#EXT-X-BYTERANGE:500\n#EXTINF:1,\nall.mp4' \
    "#EXTINF:1,\nhttp://127.0.0.1:$far/far.mp4" \
    '#EXT-X-GAP\n#EXTINF:1,\nnone.mp4'
"$bin/spate-seed" -v --no-lsd -k tv.key -s st/tv.state --poll 200ms \
    --status-listen 127.0.0.1:0 "http://127.0.0.1:$web/index.m3u8" \
    >seed.out 2>seed.log &
seed=$!
pids="$pids $seed"
until_ok 8 has 'map(select(.track == "0")) | length == 4' ||
    fail "not all of it is published"
jq -se 'map(select(.track == "0i") | .length) == [700]' window.json \
    >/dev/null || fail "init section is not its byte range"
jq -se 'map(select(.track == "0") | .length) == [20000, 500, 18, 0]' \
    window.json >/dev/null || fail "wrong lengths"
jq -se "map(select(.track == \"0\").uri) ==
    [\"all.mp4\", \"all.mp4\", \"http://127.0.0.1:$far/far.mp4\", \"\"]" \
    window.json >/dev/null || fail "wrong URIs"
jq -se 'map(select(.track == "0").flags) == ["", "", "", "g"]' window.json \
    >/dev/null || fail "wrong flags"
curl -sf "http://127.0.0.1:$port/live/$ih/manifest" >manifest
grep -q "http://127.0.0.1:$web/" manifest || fail "no origin"
until_ok 4 sh -c "curl -sf http://127.0.0.1:$port/live/$ih/manifest |
    grep -q 127.0.0.1:$far/" || fail "the other host is no origin"

# ---- a segment that never comes: tried, then skipped; the next ones follow

first=$(jq -s 'map(select(.track == "0").number) | min' window.json)
playlist 11 "$map" '#EXTINF:1,\nmissing.mp4' '#EXTINF:1,\nall.mp4?12'
until_ok 4 grep -q 'HTTP status 404, trying again.*uri=missing.mp4' seed.log ||
    fail "does not try again"
sleep 1
has "map(select(.track == \"0\").number) | max == $((first + 3))" >/dev/null ||
    fail "does not wait for the missing one"
playlist 12 "$map" '#EXTINF:1,\nall.mp4?12' '#EXTINF:1,\nall.mp4?13'
until_ok 8 has "map(select(.track == \"0\").number) | .[-2:] ==
    [$((first + 5)), $((first + 6))]" || fail "does not go on behind the hole"
grep -q "skipped: HTTP status 404 .*number=$((first + 4)) uri=missing.mp4" \
    seed.log || fail "the hole is not told"

# ---- a playlist that turns bad, and good again

mv live/index.m3u8 live/good
printf '<html>\n' >live/index.m3u8
until_ok 4 grep -q 'playlist: line 1: no EXTM3U' seed.log ||
    fail "a bad playlist is not told"
rm live/index.m3u8
until_ok 4 grep -q 'playlist: HTTP status 404' seed.log ||
    fail "a missing playlist is not told"
playlist 13 "$map" '#EXTINF:1,\nall.mp4?13' '#EXTINF:1,\nall.mp4?14'
until_ok 12 has "map(select(.track == \"0\").number) |
    max == $((first + 7))" || fail "does not come back"

# ---- a state that cannot be written does not stop it

status=$(sed -n 's/.*status: port=//p' seed.log)
mv st gone
playlist 14 "$map" '#EXTINF:1,\nall.mp4?14' '#EXTINF:1,\nall.mp4?15'
until_ok 4 has "map(select(.track == \"0\").number) |
    max == $((first + 8))" || fail "stops without its state"
grep -q 'state: cannot be saved' seed.log || fail "does not warn"
curl -sf "http://127.0.0.1:$status/status" |
    jq -e '.state.ok == false and (.state.error | length) > 0' >/dev/null ||
    fail "/status does not tell"
mv gone st
playlist 15 "$map" '#EXTINF:1,\nall.mp4?15' '#EXTINF:1,\nall.mp4?16' \
    '#EXT-X-ENDLIST'
until_ok 4 has "map(select(.track == \"0\")) | last |
    .number == $((first + 9)) and (.flags | test(\"l\"))" ||
    fail "the end does not come"
grep -q 'state: saved again' seed.log || fail "does not save again"
until_ok 4 sh -c "curl -sf http://127.0.0.1:$status/status |
    jq -e '.live == false and .state.ok'" || fail "is still live"
kill -TERM $seed
wait $seed || fail "does not end cleanly"

# ---- and after the end it goes on, too

playlist 0 '#EXTINF:1,\nall.mp4'
"$bin/spate-seed" -v --no-lsd -k tv.key -s st/tv.state \
    "http://127.0.0.1:$web/index.m3u8" >again.out 2>again.log &
seed=$!
pids="$pids $seed"
until_ok 6 has "map(select(.track == \"0\")) | last |
    .number == $((first + 10)) and (.flags | test(\"D\"))" ||
    fail "does not go on after the end"
kill -TERM $seed
wait $seed || fail "does not end cleanly"
echo ok
