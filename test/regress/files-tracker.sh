#!/bin/sh
# Files of a channel without DHT: by a tracker, by a peer in the link, from a
# web seed; a new version with each start of the seeder; files beside a stream;
# and what is refused.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/fileslib.sh"
need python3 curl jq diff nginx
begin
need_torrents
play_options="--dht no"

tracker_start
"$build/spate-channel" create --name Lecture --tracker "$tracker" "$dir/key" \
    >"$dir/create.out" 2>&1 || fail "spate-channel create"
mkdir -p "$dir/src" "$dir/origin"
film=$dir/src/film.mkv
some "$film" 3000 film

# ---- a tracker tells of the files, and of their next version

publish seeder --dht no --file "$film" --format v2
first=$(version seeder)
link=$(sed -n 's/^link: //p' "$dir/seeder.out")
take one "$dir/one" $play_options "$link"
await 20 has one "$first" || fail "one plays nothing"
await 30 cmp -s "$film" "$dir/one/film.mkv" || fail "film.mkv has other bytes"
grep -q '^play: http://127.0.0.1:[0-9]*/film.mkv$' "$dir/one.out" ||
    fail "one does not play film.mkv"
port=$(sed -n 's|^play: http://127.0.0.1:\([0-9]*\)/.*|\1|p' "$dir/one.out")
say "ok - by a tracker"

# a player that reads the old one is not cut, and has all its bytes
spawn reader curl -sS -m 60 --limit-rate 400k -o "$dir/read" "$url/film.mkv"
cp "$film" "$dir/film.old"
stop seeder
some "$film" 3100 another
publish seeder --dht no --file "$film" --format v2
second=$(version seeder)
[ "$second" -gt "$first" ] || fail "seq $second after $first"
await 30 gone reader || fail "the reader waits"
cmp "$dir/read" "$dir/film.old" || fail "the reader has other bytes"
await 30 has one "$second" || fail "one does not follow"
await 20 cmp -s "$film" "$dir/one/film.mkv" || fail "not the new film.mkv"
# at the same place
[ "$url" = "http://127.0.0.1:$port" ] || fail "$url was port $port"
curl -sS -m 20 "$url/film.mkv" | cmp - "$film" || fail "other bytes by HTTP"
stop one INT
[ $status -eq 0 ] || fail "one: status $status"
[ "$(find "$dir/one" -type f ! -name '.spate-*' | wc -l)" = 1 ] ||
    fail "something of the old version is left"
say "ok - the next version, when nobody reads the old one"

# ---- a peer in the link, and nothing else

peer_port=$(of_seeder .swarm.port)
bare=$(echo "$link" | sed 's/&tr=[^&]*//')
take two "$dir/two" $play_options "$bare&x.pe=127.0.0.1%3A$peer_port"
await 20 has two "$second" || fail "two plays nothing"
await 30 cmp -s "$film" "$dir/two/film.mkv" || fail "two: other bytes"
stop two INT
stop seeder
say "ok - by a peer in the link"

# ---- what nobody has any more, from the web

some "$film" 6000 web
cp "$film" "$dir/origin/film.mkv"
origin_start
publish seeder --dht no --upload 100kB/s --web-seed "$origin/" \
    --torrent "$dir/web.torrent" --file "$film"
third=$(version seeder)
"$build/spate-archive" show "$dir/web.torrent" | grep -q "$origin/" ||
    fail "no web seed in the .torrent"
take three "$dir/three" $play_options "$link"
await 20 has three "$third" || fail "three plays nothing"
stop seeder
await 40 cmp -s "$film" "$dir/three/film.mkv" || fail "three: other bytes"
got=$(awk -F '\t' '$3 == 200 || $3 == 206 { n += $4 } END { print n + 0 }' \
    "$dir/access.log")
say "of 6144000 bytes the web seed sent $got"
[ "$got" -gt 2000000 ] || fail "the web seed was not asked"
stop three INT
say "ok - from a web seed"

# ---- beside a stream

mkdir "$dir/live"
for i in 1 2 3; do
	some "$dir/live/$i.ts" 47 "$i"
done
printf '%s\n' '#EXTM3U' '#EXT-X-TARGETDURATION:2' '#EXT-X-MEDIA-SEQUENCE:1' \
    '#EXTINF:2,' 1.ts '#EXTINF:2,' 2.ts '#EXTINF:2,' 3.ts \
    >"$dir/live/index.m3u8"
publish seeder --dht no --upload 0 --file "$film" "$dir/live/index.m3u8"
both=$(version seeder)
await 10 eval '[ "$(of_seeder .pieces)" = 3 ]' || fail "no stream"
take four "$dir/four" $play_options "$link"
await 20 has four "$both" || fail "four plays nothing"
await 30 cmp -s "$film" "$dir/four/film.mkv" || fail "four: other bytes"
stop four INT
spawn five "$build/spate" --lan --ephemeral $play_options --port 0 \
    "$(echo "$link" | sed 's/&s=[^&]*//')"
five_plays() {
	url=$(sed -n 's|^play: \(http.*\)/master.m3u8|\1|p' "$dir/five.out")
	[ -n "$url" ] && curl -sS -m 20 "$url/t/0/index.m3u8" | grep -q EXTINF
}
await 20 five_plays || fail "the stream is not there beside the files"
stop five INT
stop seeder
say "ok - beside a stream"

# ---- refused

refused() {
	local why=$1
	shift
	set +e
	"$@" >"$dir/refused.txt" 2>&1 </dev/null
	status=$?
	set -e
	[ $status -ne 0 ] && grep -q "$why" "$dir/refused.txt" || {
		cat "$dir/refused.txt"
		fail "exit $status, or does not say '$why'"
	}
}
seed="$build/spate-seed --lan --dht no -k $dir/key"
refused 'SOURCE: is needed' $seed
refused 'No such file' $seed --file "$dir/nowhere"
refused 'not in the folder of the first' $seed --file "$film" --file "$dir/key"
refused 'there is no file' $seed --file /dev/null
refused 'not a power of two' $seed --file "$film" --piece-length 17000
refused 'is of files only' $seed --web-seed http://a.example/ x.m3u8
refused "its salt (s=) is neither" "$build/spate" --dht no \
    "$(echo "$link" | sed 's/&s=[^&]*/\&s=00/')"
echo rubbish >"$(ls "$dir"/one/.spate-files-*)"
refused 'is not what spate writes there' "$build/spate" --lan --dht no \
    --save "$dir/one" "$link"
say "ok - refused"
