#!/bin/sh
# Every format that spate-archive writes is taken by the clients that can take
# it, in both directions: they fetch from a libtorrent that seeds out of the
# directory of the media, and another libtorrent fetches from them alone. All
# bytes are those that were broadcast. And libtorrent, which knows nothing of
# records, comes to the same roots and info-hashes from the bytes.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg jq
. "${top_srcdir:-.}/test/regress/clientlib.sh"
clients_net
begin
[ -x "$build/spate-archive" ] || fail "spate-archive is not built"

spawn tracker "$build/spate-tracker" --listen 10.77.0.1:6969
await 5 curl -s http://10.77.0.1:6969/ >/dev/null || fail "no tracker"

# ---- a channel that is over already: two renditions, names with blanks

mkdir -p "$dir/media/my show/hi" "$dir/media/my show/lo"
ffmpeg -hide_banner -loglevel error -nostats -nostdin \
    -f lavfi -i testsrc2=size=320x180:rate=25 -t 12 \
    -filter_complex '[0:v]split=2[a][b]' -map '[a]' -map '[b]' \
    -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25 -keyint_min 25 \
    -sc_threshold 0 -b:v:0 1500k -b:v:1 150k \
    -f hls -hls_time 1 -hls_list_size 0 -hls_segment_type fmp4 \
    -hls_playlist_type vod -hls_flags independent_segments \
    -master_pl_name master.m3u8 -var_stream_map 'v:0,name:hi v:1,name:lo' \
    -hls_segment_filename "$dir/media/my show/%v/s %03d.m4s" \
    "$dir/media/my show/%v/index.m3u8" >"$dir/ffmpeg.out" 2>&1 ||
    fail "ffmpeg"
# Blanks in URIs of playlists are escaped.
sed -i 's/^s \(.*m4s\)$/s%20\1/' "$dir/media/my show"/*/index.m3u8
"$build/spate-channel" create "$dir/key" >/dev/null
spawn seeder "$build/spate-seed" --no-lsd -k "$dir/key" -j "$dir/journal" --window 600s \
    "$dir/media/my show/master.m3u8"
recorded() {
	"$build/spate-channel" verify -k "$dir/key" -o tsv "$dir/journal" \
	    >"$dir/journal.tsv" &&
	    [ "$(grep -c '^record.*l	' "$dir/journal.tsv")" -eq 2 ]
}
await 20 recorded || fail "the seeder has not signed all of it"
stop seeder
[ "$status" -eq 0 ] || fail "the seeder ends with $status"

for f in v2 hybrid v1; do
	"$build/spate-archive" make -k "$dir/key" --format $f \
	    --piece-length 64KiB --tracker http://10.77.0.1:6969/announce \
	    --files "$dir/media/my show" -o "$dir/$f/show.torrent" \
	    "$dir/journal" "$dir/media/my show" >"$dir/make-$f.out" 2>&1 ||
	    fail "make $f: $(cat "$dir/make-$f.out")"
	"$build/spate-archive" verify -k "$dir/key" --media "$dir/media/my show" \
	    "$dir/$f/show.torrent" "$dir/media/my show/show.spate" \
	    >"$dir/verify-$f.out" || fail "verify $f"
done
"$build/spate-archive" show -o tsv "$dir/v2/show.torrent" |
    sed -n 's/^file	//p' | cut -f4 | sort >"$dir/files"
[ "$(wc -l <"$dir/files")" -eq 30 ] || fail "not thirty files"

# ---- libtorrent comes to the same from the bytes

for f in v2 hybrid v1; do
	"$python" "$tools/ltpeer.py" remake "$dir/$f/show.torrent" "$dir/media" \
	    >"$dir/remake.txt" || fail "libtorrent does not take $f"
	"$build/spate-archive" show -o json "$dir/$f/show.torrent" |
	    jq -r '(if .v1 == "" then empty else "v1 \(.v1)" end),
		(if .v2 == "" then empty else "v2 \(.v2)",
		(.files[] | "\(.root) \(.path)") end)' \
		>"$dir/show.txt"
	cmp "$dir/remake.txt" "$dir/show.txt" ||
	    fail "libtorrent makes another torrent of it: $f"
done

# ---- clients

# By HTTP: ffmpeg does not unescape names of files.
spawn web python3 -m http.server --bind 127.0.0.1 --directory "$dir" 6971
await 5 port_open 6971 || fail "no web server"

# Empty keys, as hybrids have them, are a syntax error for Transmission 3.00
# (its issue 1339), and are left out by aria2 1.36, which comes to another
# info-hash: both get version 1.

# same DIRECTORY: has all files of the archive, and right.
same() {
	while read -r n; do
		cmp -s "$dir/media/my show/$n" "$1/my show/$n" || return 1
	done <"$dir/files"
}

# seeds FORMAT N: so many are complete, or more: some do not say good-bye.
seeds() {
	local have
	have=$(scrape "$(cat "$dir/$1/hash")")
	[ "${have%% *}" -ge "$2" ]
}

# swap CLIENT FORMAT
swap() {
	local t=$dir/$2/show.torrent
	rm -rf "$dir/client" "$dir/late"
	mkdir "$dir/client" "$dir/late"
	spawn lt "$python" "$tools/ltpeer.py" run 10.77.0.2 "$dir/media" "$t"
	await 10 seeds "$2" 1 || fail "libtorrent does not seed the media: $2"
	"client_$1" "$dir/client" "$t"
	await 40 same "$dir/client" ||
	    fail "$1 has not fetched $2: $(find "$dir/client" | head -n 50)"
	await 10 seeds "$2" 2 || fail "$1 does not say that it is complete: $2"
	stop lt
	spawn late "$python" "$tools/ltpeer.py" run 10.77.0.4 "$dir/late" "$t"
	await 40 same "$dir/late" || fail "nothing comes from $1: $2"
	stop late
	stop client
	ffmpeg -v error -xerror -nostdin \
	    -i http://127.0.0.1:6971/late/my%20show/show.m3u8 \
	    -f null - 2>"$dir/play.txt" || fail "$(cat "$dir/play.txt")"
	say "$1 takes and gives $2"
}

"$build/spate-archive" show -o tsv "$dir/v2/show.torrent" |
    sed -n 's/^v2	\(.\{40\}\).*/\1/p' >"$dir/v2/hash"
"$build/spate-archive" show -o tsv "$dir/hybrid/show.torrent" |
    sed -n 's/^v1	//p' >"$dir/hybrid/hash"
"$build/spate-archive" show -o tsv "$dir/v1/show.torrent" |
    sed -n 's/^v1	//p' >"$dir/v1/hash"
for f in v2 hybrid v1; do
	swap libtorrent $f
done
for n in qbittorrent:qbittorrent-nox:v2 qbittorrent:qbittorrent-nox:hybrid \
    qbittorrent:qbittorrent-nox:v1 transmission:transmission-daemon:v1 \
    aria2:aria2c:v1; do
	set -- $(echo "$n" | tr : ' ')
	if command -v "$2" >/dev/null; then
		swap "$1" "$3"
	else
		say "no $2 here"
	fi
done
