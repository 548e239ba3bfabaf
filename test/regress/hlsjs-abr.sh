#!/bin/sh
# hls.js chooses among three renditions by what the swarm can carry, not by the
# speed of this machine: from an origin that is too slow for the best one it
# settles for a lower one, and from a fast one it plays the best.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq
need_browser
begin
seconds=25

# play I: into $dir/hlsjs$I.json.
play() {
	viewer_start "$1"
	viewer_ready "$1"
	timeout $((seconds + 40)) node "$tools/hlsjs.mjs" "$modules" \
	    "http://127.0.0.1:$(viewer_port "$1")/master.m3u8" $seconds \
	    >"$dir/hlsjs$1.json" 2>"$dir/hlsjs.out" ||
	    fail "the browser does not play"
	say "viewer$1: $(cat "$dir/hlsjs$1.json")"
	viewers_leave "$1"
}

# holds I FILTER
holds() {
	jq -e "$2" "$dir/hlsjs$1.json" >/dev/null
}

origin_options='if ($http_user_agent ~ "^spate/") { set $limit_rate 25k; }'
swarm_start 2 abr
play 1
sed -i '/limit_rate/d' "$dir/nginx.conf"
stop nginx
origin_start
play 2
# It may wait until it has found the right one.
holds 1 '.errors - ["bufferStalledError"] == [] and (.levels | length) >= 8' ||
    fail "viewer1: errors, or too few segments"
holds 2 '.errors == [] and .frags > '$((seconds / 2)) ||
    fail "viewer2: errors, or too few segments"
holds 1 '.levels[3:] | all(. < 360)' || fail "the best one, which is too much"
holds 2 '.levels[8:] | any(. == 360)' || fail "not the best one"
