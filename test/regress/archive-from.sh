#!/bin/sh
# An archive from some time on: spate LINK --from. The link has the channel's
# key and the archive; playlists are cut by their dates, and every segment is
# proven by the channel's records before anything is played: an archive of
# other bytes, in another order, or of another channel is refused.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/vodlib.sh"
vod_begin
archive=$build/spate-archive

# ---- a channel of 40 s, and its archive; it began at 20:14:50 UTC

mkdir -p "$dir/www/show"
python3 - "$dir/www/show" <<'END'
import hashlib, sys
out = open(sys.argv[1] + "/index.m3u8", "w")
out.write("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
          "#EXT-X-MEDIA-SEQUENCE:5\n")
for i in range(20):
    name = "seg%03d.ts" % i
    with open(sys.argv[1] + "/" + name, "wb") as f:
        f.write(hashlib.shake_128(name.encode()).digest(30000 + i))
    t = 50 + 2 * i
    # a date now and then
    if i % 3 == 0:
        out.write("#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:%02d:%02d.000Z\n" %
                  (14 + t // 60, t % 60))
    out.write("#EXTINF:2.0,\n%s\n" % name)
END
"$build/spate-channel" create "$dir/key" >/dev/null
"$build/spate-channel" create "$dir/key2" >/dev/null
spawn seeder "$build/spate-seed" --lan --no-lsd -k "$dir/key" \
    -j "$dir/journal" -w 300 "$dir/www/show/index.m3u8"
pieces() {
	[ "$("$build/spate-channel" verify -k "$dir/key" -o tsv \
	    "$dir/journal" 2>/dev/null | grep -c '^record')" -ge "$1" ]
}
await 30 pieces 20 || fail "not recorded"
stop seeder
"$archive" make -k "$dir/key" -o "$dir/www/eve.torrent" "$dir/journal" \
    "$dir/www/show" >"$dir/make.txt" 2>&1 || fail "make: $(cat "$dir/make.txt")"
magnet=$(sed -n 's/^magnet: //p' "$dir/make.txt")
made=$(sed -n 's/^link: //p' "$dir/make.txt")
key() {
	"$build/spate-channel" show -o json "$1" | jq -r .public
}
pk=$(key "$dir/key")
[ ${#pk} -eq 64 ] || fail "no key: $pk"
seed_dir=$dir/www
seed 1 www/eve

# ---- from a time on

case $made in
"magnet:?xs=urn:btpk:$pk"*"&xt=urn:btmh:1220"*) ;;
*) fail "made link $made" ;;
esac
link="$made$peers"
play viewer --from 2026-11-22T20:15:00Z "$link"
[ "$main" = "$url/from-eve.m3u8" ] || fail "plays $main"
curl -sS -m 20 "$main" >"$dir/list" || fail "no playlist"
[ "$(grep -vc '^#' "$dir/list")" -eq 15 ] || fail "$(cat "$dir/list")"
[ "$(grep -v '^#' "$dir/list" | head -n 1)" = seg005.ts ] ||
    fail "begins with $(cat "$dir/list")"
grep -q 'PROGRAM-DATE-TIME:2026-11-22T20:15:00.000Z' "$dir/list" ||
    fail "does not say when it begins"
first=$(sed -n 's/^#EXT-X-MEDIA-SEQUENCE://p' "$dir/list")
whole=$(sed -n 's/^#EXT-X-MEDIA-SEQUENCE://p' "$dir/www/show/eve.m3u8")
[ "$first" -eq $((whole + 5)) ] || fail "numbers changed: $first, $whole"
tail -n 1 "$dir/list" | grep -q ENDLIST || fail "has no end"
for s in $(grep -v '^#' "$dir/list"); do
	same "$url/$s" "$dir/www/show/$s"
done
[ "$(status '.files[] | select(.name == "seg001.ts") | .here_bytes')" = 0 ] ||
    fail "what was before is fetched"
stop viewer INT
say "ok - from 20:15 on, 15 segments of 20"

# in the middle of a segment, local time, a span of time
spans() {
	play viewer "$@"
	curl -sS -m 20 "$main" | grep -v '^#' | head -n 1 >"$dir/first.txt"
	stop viewer INT
	cat "$dir/first.txt"
}
TZ=Europe/Berlin
export TZ
[ "$(spans --from 2026-11-22T21:15:03 "$link")" = seg006.ts ] ||
    fail "local time: $(cat "$dir/first.txt")"
[ "$(spans --from 8s "$link")" = seg004.ts ] || fail "8 s after its start"
[ "$(spans --from=-5s "$link")" = seg017.ts ] || fail "5 s before its end"
unset TZ
say "ok - local time, spans"

# ---- what is not to be had

# refused WHAT SAYS LINK [OPTION...]
refused() {
	local what=$1 says=$2 rc=0
	shift 2
	timeout 60 "$build/spate" --dht no "$@" >"$dir/refused.txt" 2>&1 ||
	    rc=$?
	[ $rc -eq 1 ] || [ $rc -eq 2 ] || fail "$what: status $rc"
	grep -q "$says" "$dir/refused.txt" ||
	    fail "$what: says $(cat "$dir/refused.txt")"
	say "ok - $what: $(grep -m 1 "$says" "$dir/refused.txt")"
}
refused "before it" 'not in the archive: 2026-11-22T20:14:50' \
    --from 2026-11-22T20:14:00Z "$link"
refused "after it" 'not in the archive: ' --from 2026-11-22T20:16:00Z "$link"
refused "no archive in the link" 'names no archive' --from 20:15 \
    "magnet:?xs=urn:btpk:$pk&x.pe=127.0.0.1:9"
refused "no time" 'not a time' --from quarter-past "$link"
refused "another channel" 'another channel' --from 2026-11-22T20:15:00Z \
    "$magnet&xs=urn:btpk:$(key "$dir/key2")$peers"
stop seed1

# A torrent of other bytes, or another order, by who has not the key.
remade() {
	"$python" "$tools/ltpeer.py" remake "$dir/www/eve.torrent" "$dir/bad" \
	    "$dir/bad.torrent" "$@" >/dev/null
	magnet=$(vodseed magnet "$dir/bad.torrent")
	peers=
	seed_dir=$dir/bad
	seed 2 bad
}
mkdir "$dir/bad"
cp -r "$dir/www/show" "$dir/bad/show"
printf x | dd of="$dir/bad/show/seg010.ts" bs=1 seek=500 conv=notrunc \
    2>/dev/null
remade
refused "other bytes" 'has not broadcast so' --from 2026-11-22T20:15:00Z \
    "$magnet&xs=urn:btpk:$pk$peers"
stop seed2
cp "$dir/www/show/seg010.ts" "$dir/bad/show/"
sed -e 's/seg010/segxxx/; s/seg011/seg010/; s/segxxx/seg011/' \
    "$dir/www/show/eve.m3u8" >"$dir/bad/show/eve.m3u8"
remade
refused "another order" 'has not broadcast so' --from 2026-11-22T20:15:00Z \
    "$magnet&xs=urn:btpk:$pk$peers"
stop seed2
# A player asks for seg010.ts there, which is another one.
cp "$dir/www/show/seg010.ts" "$dir/bad/show/seg010.ts?x"
printf x | dd of="$dir/bad/show/seg010.ts" bs=1 seek=500 conv=notrunc \
    2>/dev/null
sed 's/^seg010.ts$/&?x/' "$dir/www/show/eve.m3u8" >"$dir/bad/show/eve.m3u8"
remade "show/seg010.ts?x"
refused "a query" 'has not broadcast so' --from 2026-11-22T20:15:00Z \
    "$magnet&xs=urn:btpk:$pk$peers"
stop seed2
# Of a master the playlists are those that are proven, not what is called so.
cp "$dir/www/show/seg010.ts" "$dir/bad/show/"
cp "$dir/www/show/eve.m3u8" "$dir/bad/show/from-x.m3u8"
cat >"$dir/bad/show/eve.m3u8" <<'END'
#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1000
x.m3u8
END
remade show/from-x.m3u8
refused "a playlist of its own" 'has not broadcast so' \
    --from 2026-11-22T20:15:00Z "$magnet&xs=urn:btpk:$pk$peers"
stop seed2
