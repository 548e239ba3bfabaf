#!/bin/sh
# hls.js in a browser plays from spate: no error, no stall.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq
need_browser
begin
seconds=20

swarm_start 2 ts
for i in 1 2; do
	viewer_start $i
	viewer_ready $i
done
idle() {
	awk '/^cpu /{ print $5, $2 + $3 + $4 + $5 + $6 + $7 + $8 }' /proc/stat
}
before=$(idle)
timeout $((seconds + 40)) node "$tools/hlsjs.mjs" "$modules" \
    "http://127.0.0.1:$(viewer_port 2)/master.m3u8" $seconds \
    >"$dir/hlsjs.json" 2>"$dir/hlsjs.out" || fail "the browser does not play"
say "$(cat "$dir/hlsjs.json")"
set -- $before $(idle)
idle=$((100 * ($3 - $1) / ($4 - $2)))
viewers_leave 1 2
jq -e '.errors == [] and .frags > '$((seconds / 2)) "$dir/hlsjs.json" \
    >/dev/null || fail "errors, or too few segments"
jq -e '.startup != null and .startup < 3 and .behind < 0.5' \
    "$dir/hlsjs.json" >/dev/null && exit 0
[ $idle -ge 50 ] || skip "the machine is busy: $idle % idle"
fail "late, or behind the wall"
