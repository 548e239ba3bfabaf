#!/bin/sh
# Real players on a torrent that is still coming: an MP4 whose index (moov) is
# at its end, and the HLS files of an archive.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/vodlib.sh"
need ffmpeg
vod_begin

film() {
	ffmpeg -hide_banner -loglevel error -nostdin -f lavfi \
	    -i "testsrc2=size=640x360:rate=25" -f lavfi \
	    -i "sine=frequency=440:sample_rate=48000" -t 40 \
	    -c:v libx264 -preset ultrafast -qp 8 -g 50 -threads 1 \
	    -c:a aac -b:a 96k "$@"
}

# ---- moov at the end

film "$dir/src/film.mp4"
size=$(wc -c <"$dir/src/film.mp4")
# three times as fast as it plays
torrent film "$dir/src/film.mp4" v1 256
seed 1 film upload=$((size / 40 * 3))
play viewer "$magnet$peers"
begun=$(date +%s%N)
ffmpeg -hide_banner -loglevel error -nostdin -i "$main" -t 5 -f framemd5 - \
    >"$dir/begin.md5" || fail "ffmpeg cannot play"
took=$((($(date +%s%N) - begun) / 1000000))
here=$(status .stats.done_bytes)
ffmpeg -hide_banner -loglevel error -nostdin -i "$dir/src/film.mp4" -t 5 \
    -f framemd5 - | cmp - "$dir/begin.md5" || fail "other frames"
[ "$here" -lt "$size" ] || fail "all of it was here before it was played"
say "ok - 5 s of MP4 after $took ms, $here of $size bytes here"
# a seek
ffmpeg -hide_banner -loglevel error -nostdin -ss 30 -i "$main" -t 2 \
    -f framemd5 - >"$dir/seek.md5" || fail "ffmpeg cannot seek"
ffmpeg -hide_banner -loglevel error -nostdin -ss 30 -i "$dir/src/film.mp4" \
    -t 2 -f framemd5 - | cmp - "$dir/seek.md5" || fail "other frames"
say "ok - 2 s from 30 s on"
if command -v mpv >/dev/null; then
	mpv --no-config --vo=null --ao=null --untimed --no-terminal \
	    --start=20 --length=3 "$main" >"$dir/mpv.out" 2>&1 ||
	    fail "mpv: status $?"
	say "ok - mpv"
fi
stop viewer INT

# ---- --exec: the player is started, and its status is ours

rc=0
"$build/spate" --exec \
    "ffmpeg -hide_banner -loglevel error -nostdin -i %u -t 1 -f null -; exit 7" \
    "$magnet$peers" >"$dir/exec.out" 2>&1 || rc=$?
[ $rc -eq 7 ] || fail "--exec: status $rc"
say "ok - --exec"
stop seed1

# ---- HLS: the playlist is the main file

mkdir "$dir/src/show"
film -f hls -hls_time 2 -hls_list_size 0 \
    -hls_segment_filename "$dir/src/show/seg%03d.ts" "$dir/src/show/index.m3u8"
torrent show "$dir/src/show" hybrid 64
peers=
seed 2 show upload=$((size / 40 * 3))
play show "$magnet$peers"
[ "$main" = "$url/index.m3u8" ] || fail "main file is $main"
ffmpeg -hide_banner -loglevel error -nostdin -i "$main" -t 12 -c copy \
    -f framemd5 - >"$dir/hls.md5" || fail "ffmpeg cannot play HLS"
ffmpeg -hide_banner -loglevel error -nostdin -i "$dir/src/show/index.m3u8" \
    -t 12 -c copy -f framemd5 - | cmp - "$dir/hls.md5" || fail "other packets"
stop show INT
say "ok - HLS of $(ls "$dir/src/show" | wc -l) files"
