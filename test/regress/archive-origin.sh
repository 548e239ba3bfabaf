#!/bin/sh
# Catching up with an archive of 200 segments. A peer holds the first half, and
# the beginning of some others. Of the origins one answers 503 for 8 s, then has
# other bytes in the place of two segments, one of which the peer has, and lacks
# some; the other comes later, and ignores Range. A third is well all the time,
# and has just what the peer has. All bytes come, and are right; origins are
# hardly asked for what the peer holds.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/vodlib.sh"
vod_begin
archive=$build/spate-archive

# ---- the archive

mkdir -p "$dir/www/show" "$dir/half/show"
python3 - "$dir/www/show" <<'END'
import hashlib, sys
out = open(sys.argv[1] + "/index.m3u8", "w")
out.write("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n"
          "#EXT-X-MEDIA-SEQUENCE:0\n")
for i in range(200):
    name = "seg%03d.ts" % i
    size = 5000000 + i if i in (125, 175) else 60000 + i * 997 % 90000
    with open(sys.argv[1] + "/" + name, "wb") as f:
        f.write(hashlib.shake_128(name.encode()).digest(size))
    out.write("#EXTINF:1.0,\n%s\n" % name)
END
"$build/spate-channel" create "$dir/key" >/dev/null
spawn seeder "$build/spate-seed" --lan -k "$dir/key" -j "$dir/journal" \
    -w 300 "$dir/www/show/index.m3u8"
pieces() {
	[ "$("$build/spate-channel" verify -k "$dir/key" -o tsv \
	    "$dir/journal" 2>/dev/null | grep -c '^record')" -ge "$1" ]
}
await 30 pieces 200 || fail "not recorded"
stop seeder
set -- $(ports 3)
a=$1 b=$2 c=$3
"$archive" make -k "$dir/key" --web-seed "http://127.0.0.1:$a/" \
    --web-seed "http://127.0.0.1:$b/" \
    --web-seed "http://127.0.0.1:$c/" -o "$dir/www/show.torrent" \
    "$dir/journal" "$dir/www/show" >"$dir/make.txt" 2>&1 ||
    fail "make: $(cat "$dir/make.txt")"
magnet=$(sed -n 's/^magnet: //p' "$dir/make.txt")
cp "$dir/www/show"/seg0*.ts "$dir/www/show/show.spate" \
    "$dir/www/show/show.m3u8" "$dir/half/show/"
for n in 125 175; do
	head -c 1000000 "$dir/www/show/seg$n.ts" >"$dir/half/show/seg$n.ts"
done
cp "$dir/www/show.torrent" "$dir/half.torrent"

# ---- who has it

origin() {
	spawn "$1" python3 "$tools/badorigin.py" --port "$2" \
	    --root "$dir/www" --mode "$dir/$1.mode"
	await 10 curl -s -o "$dir/x" "http://127.0.0.1:$2/show/show.m3u8" ||
	    fail "no origin"
}
mode() {
	printf '%b\n' "$2" >"$dir/$1.mode.new"
	mv "$dir/$1.mode.new" "$dir/$1.mode"
}
mode a 503
mode b 503
mode c "404 seg1"
origin a "$a"
origin b "$b"
origin c "$c"
seed_dir=$dir/half
seed 1 half part=1

# ---- who catches up

play viewer "$magnet$peers"
case $main in
*/show.m3u8) ;;
*) fail "plays $main" ;;
esac
curl -sS -m 60 "$main" >"$dir/list" || fail "no playlist"
n=$(grep -c '^seg' "$dir/list")
[ "$n" -eq 200 ] || fail "$n segments in the playlist"
# b is of use once the corrupt object of a was met.
(
	await 60 grep -q '	503	' "$dir/a.out"
	sleep 8
	mode a 'garbage seg(050|150)\n404 seg17'
	await 60 grep -q 'GET	/show/seg150' "$dir/a.out"
	mode b norange
) &
healed=$!
for s in $(grep '^seg' "$dir/list"); do
	curl -sS -m 120 -o "$dir/got" "$url/$s" || fail "$s does not come"
	cmp "$dir/got" "$dir/www/show/$s" || exit 3
done
wait $healed
status '{stats, origins}' >"$dir/stats.txt"

# asked WHO: segments of the first half that it sent
asked() {
	grep -c '	20[06]	.*/seg0' "$dir/$1.out" || :
}
count() {
	grep -c "$2" "$dir/$1.out" || :
}
say "200 segments; origins sent $(asked a), $(asked b) and $(asked c) of the" \
    "100 that a" \
    "peer has; $(count a '	503	') times 503, $(count a 'seg150') requests" \
    "for the corrupt one, $(count b '	200	.*seg17') whole files of who" \
    "ignores Range"
[ "$(count a '	503	')" -gt 0 ] || fail "no 503 was met"
[ "$(count a '	503	')" -le 20 ] || fail "hammers an origin that is busy"
[ $(($(asked a) + $(asked b) + $(asked c))) -le 5 ] || fail "the peer is not used"
[ "$(count a seg150)" -le 4 ] || fail "the corrupt object is asked for again"
jq -e '.stats.origin_wrong_bytes > 0' "$dir/stats.txt" >/dev/null ||
    fail "the corrupt object was not met"
jq -e '.origins[1].ignores_range' "$dir/stats.txt" >/dev/null ||
    fail "no Range was ignored"
stop viewer INT
[ "$status" -eq 0 ] || fail "ends with $status"
