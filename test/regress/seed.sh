#!/bin/sh
# spate-seed with a real encoder and a real tracker: two renditions in a
# directory, the same over HTTP; restarts of the seeder, of the encoder and of
# the tracker; the end of the stream; sources that are none.
set -eu
. "${top_srcdir:-.}/test/regress/seedlib.sh"
seed_begin ffmpeg curl jq python3

# Ends a process of ours and waits for it: stop SIGNAL PID.
stop() {
	kill "-$1" "$2"
	wait "$2" 2>/dev/null
}

# Dates tell at once that an encoder has restarted.
flags=delete_segments+independent_segments+temp_file+program_date_time

encode() {
	ffmpeg -hide_banner -loglevel error -nostats -nostdin \
	    -re -f lavfi -i testsrc2=size=160x90:rate=24 -t 60 \
	    -filter_complex '[0:v]split=2[a][b]' -map '[a]' -map '[b]' \
	    -c:v libx264 -preset ultrafast -tune zerolatency \
	    -pix_fmt yuv420p -g 12 -keyint_min 12 -sc_threshold 0 \
	    -b:v:0 200k -b:v:1 100k \
	    -f hls -hls_time 0.5 -hls_list_size 6 -hls_segment_type fmp4 \
	    -hls_flags $flags \
	    -master_pl_name master.m3u8 -master_pl_publish_rate 1 \
	    -var_stream_map 'v:0,name:hi v:1,name:lo' \
	    -hls_segment_filename 'live/%v/s%05d.m4s' 'live/%v/index.m3u8' \
	    >>ffmpeg.log 2>&1 &
	enc=$!
	pids="$pids $enc"
}

track() {
	"$bin/spate-tracker" -l "127.0.0.1:$port" --lan yes >>tracker.log 2>&1 &
	trk=$!
	pids="$pids $trk"
	until_ok 5 sh -c 'grep -q "http: listens on=" tracker.log' ||
	    fail "no tracker"
	[ "$port" != 0 ] ||
	    port=$(sed -n 's/.*http: listens on=127.0.0.1://p' tracker.log)
	until_ok 5 curl -sf -o hello "http://127.0.0.1:$port/scrape?info_hash=$(
	    printf 'x%.0s' 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0)" ||
	    fail "the tracker does not answer"
}

# seed NAME SOURCE OPTION...: sets $pid.
seed() {
	name=$1 source=$2
	shift 2
	"$bin/spate-seed" -v --no-lsd -k "$name.key" -T "http://127.0.0.1:$port/announce" \
	    "$@" "$source" >>"$name.out" 2>>"$name.log" &
	pid=$!
	pids="$pids $pid"
}

# The window of a channel as the tracker has it, verified, as JSON lines.
window() {
	ih=$("$bin/spate-channel" show -o json "$1.key" | jq -r .info_hash)
	curl -sf "http://127.0.0.1:$port/live/$ih/window" |
	    "$bin/spate-channel" verify -k "$1.key" -o json >"$1.json"
}

# has NAME JQ-CONDITION: over the list of all lines of its window.
has() {
	window "$1" && jq -se "$2" "$1.json"
}

# Numbers of track 0 without a hole.
whole='[.[] | select(.kind == "record" and .track == "0") | .number] |
    . == [range(.[0]; .[0] + length)]'

mkdir live
port=0
encode
track
for n in dir web; do
	"$bin/spate-channel" create --name "$n" "$n.key" >/dev/null
done
python3 -u -m http.server --bind 127.0.0.1 0 >web.server 2>&1 &
pids="$pids $!"
until_ok 5 grep -q 'port [0-9]' web.server || fail "no web server"
web=$(sed -n 's/.*port \([0-9]*\) .*/\1/p' web.server)
seed dir live/master.m3u8 -O http://127.0.0.1:$web/live
dir=$pid
seed web "http://127.0.0.1:$web/live/hi/index.m3u8" --poll 200ms
webseed=$pid

# ---- both publish; renditions have the same numbers

until_ok 8 has dir '[.[] | select(.kind == "record")] | length >= 10' ||
    fail "the directory is not published"
has dir "$whole" >/dev/null || fail "numbers have holes"
jq -se '[.[] | select(.kind == "manifest")][0].leaves == 2' dir.json \
    >/dev/null || fail "not two tracks"
jq -se '[.[] | select(.track == "0i" or .track == "1i")] | length == 2' \
    dir.json >/dev/null || fail "not two init pieces"
jq -se '(map(select(.track == "0")) | map({(.uri[3:]): .number}) | add) as $a |
    map(select(.track == "1")) | all($a[.uri[3:]] == .number or
    $a[.uri[3:]] == null)' dir.json >/dev/null ||
    fail "renditions differ in their numbers"
grep -q "^link: magnet:?xs=urn:btpk:.*&ws=http%3A%2F%2F127.0.0.1%3A$web" \
    dir.out || fail "no link: $(cat dir.out)"
until_ok 5 has web '[.[] | select(.track == "0")] | length >= 3' ||
    fail "the URL is not published"
jq -se 'map(select(.track == "0")) | all(.uri | test("^s[0-9]+[.]m4s$"))' \
    web.json >/dev/null || fail "URIs are not relative"
grep -q "&ws=http%3A%2F%2F127.0.0.1%3A$web%2Flive%2Fhi%2F" web.out ||
    fail "the directory of the playlist is not the origin"

# ---- the seeder dies and comes back: same epoch, one chain

epoch=$(jq -s '.[0].epoch' dir.json)
stop KILL $dir || :
seed dir live/master.m3u8 -O http://127.0.0.1:$web/live \
    --status-listen 127.0.0.1:0
dir=$pid
newest=$(jq -s 'map(.number) | max' dir.json)
until_ok 5 has dir "map(select(.track == \"0\").number) | max > $newest + 1" ||
    fail "does not go on after a restart"
has dir "$whole" >/dev/null || fail "numbers have holes after a restart"
jq -se "all(.epoch == $epoch)" dir.json >/dev/null || fail "another epoch"
status=$(sed -n 's/.*status: port=//p' dir.log)
curl -sf "http://127.0.0.1:$status/status" |
    jq -e '.live and .state.ok and .trackers[0].ok and
    (.tracks | length) == 2' >/dev/null || fail "bad /status"

# ---- two of one channel

set +e
"$bin/spate-seed" -k dir.key live/master.m3u8 >twin.out 2>twin.log
[ $? -eq 1 ] && grep -q 'another spate-seed' twin.log
[ $? -eq 0 ] || fail "two seeders of one channel"
set -e

# ---- the encoder restarts at 0: a discontinuity, numbers go on

stop KILL $enc || :
rm -r live/hi live/lo
encode
for n in dir web; do
	until_ok 8 has $n '[.[] | select(.track == "0") | .flags] as $f |
	    ($f | any(test("D"))) and ($f | last | test("D") | not)' ||
	    fail "no discontinuity in $n"
	has $n "$whole" >/dev/null || fail "holes in $n after the encoder's"
done

# ---- the tracker restarts: it gets the whole window

n=$(jq -s 'map(select(.kind == "record")) | length' dir.json)
stop KILL $trk || :
: >tracker.log
track
until_ok 6 has dir "(map(select(.kind == \"record\")) | length) >= $n" ||
    fail "the tracker does not get the window again"

# ---- a lost state: the next epoch, above all numbers

newest=$(jq -s 'map(select(.track == "0").number) | max' web.json)
stop TERM $webseed || fail "does not end cleanly"
rm web.key.state
seed web "http://127.0.0.1:$web/live/hi/index.m3u8" --poll 200ms
webseed=$pid
until_ok 6 has web "map(select(.kind == \"record\")) | last |
    .epoch > $epoch and .number > $newest" || fail "no new epoch"

# ---- the end

stop INT $enc || :
until_ok 4 has dir 'map(select(.track == "0")) | last | .flags | test("l")' ||
    fail "the end is not told"
stop TERM $dir || fail "does not end cleanly"
stop TERM $webseed || fail "does not end cleanly"

# ---- sources and states that are none

refused() {
	what=$1
	shift
	set +e
	timeout 10 "$bin/spate-seed" "$@" >bad.out 2>bad.log
	got=$?
	set -e
	[ $got -eq 1 ] && grep -q "$what" bad.log || {
		cat bad.log >&2
		fail "exit $got, or does not say '$what'"
	}
}
printf '#EXTM3U\n#EXT-X-TARGETDURATION:x\n' >bad.m3u8
refused 'line 2: bad EXT-X-TARGETDURATION' -W 0 -k web.key bad.m3u8
refused 'No such file' -W 0 -k web.key none.m3u8
refused '127.0.0.1:1/x.m3u8' -W 0 -k web.key http://127.0.0.1:1/x.m3u8
refused 'HTTP status 404' -W 0 -k web.key http://127.0.0.1:$web/x.m3u8
refused 'No such file' -W 0 -k web.key -s no/dir/state live/hi/index.m3u8
refused 'another channel' -W 0 -k web.key -s dir.key.state \
    live/hi/index.m3u8
printf 'spate-state 1\nepoch x\n' >bent.state
refused 'bent.state:2: bad epoch' -k web.key -s bent.state live/hi/index.m3u8
echo ok
