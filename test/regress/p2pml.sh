#!/bin/sh
# Two pages with p2p-media-loader (npm) in two browsers meet through our
# tracker, unchanged, and one gets segments of the other by WebRTC on loopback.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx jq curl
need_browser
need_modules p2p-media-loader-core p2p-media-loader-hlsjs
begin
tracker_start
need_websocket

origin_options='add_header Access-Control-Allow-Origin *;'
origin_start
mkdir "$dir/origin/vod"
ffmpeg -hide_banner -loglevel error -nostdin \
    -f lavfi -i testsrc2=size=320x180:rate=25 \
    -f lavfi -i sine=frequency=440:sample_rate=48000 -t 60 \
    -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50 -keyint_min 50 \
    -sc_threshold 0 -b:v 300k -c:a aac -b:a 64k \
    -f hls -hls_time 2 -hls_playlist_type vod \
    -hls_segment_filename "$dir/origin/vod/seg%03d.ts" \
    "$dir/origin/vod/index.m3u8" >"$dir/ffmpeg.out" 2>&1 || fail "ffmpeg"

timeout 120 node "$tools/p2pml.mjs" "$modules" \
    "ws://127.0.0.1:$tracker_port" "$origin/vod/index.m3u8" 50 \
    >"$dir/p2pml.json" 2>"$dir/p2pml.out" || fail "the browsers do not play"
say "$(cat "$dir/p2pml.json")"
stats=$(curl -sS -m 5 "http://127.0.0.1:$tracker_port/stats" |
    jq -c .websocket)
say "$stats"
jq -e 'all(.[]; .errors == [] and .warnings == [])' "$dir/p2pml.json" \
    >/dev/null || fail "the tracker is complained of"
jq -e 'all(.[]; .peers > 0)' "$dir/p2pml.json" >/dev/null ||
	fail "the pages do not meet"
jq -e 'any(.[]; .p2p > 0) and any(.[]; .up > 0)' "$dir/p2pml.json" \
    >/dev/null || fail "no byte from page to page"
echo "$stats" | jq -e '.offers > 0 and .answers > 0 and .errors == 0' \
    >/dev/null || fail "nothing was relayed"
