#!/bin/sh
# What has come is there again in the next run, whatever ended the last one,
# and is not fetched twice.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/vodlib.sh"
vod_begin

vodseed bytes "$dir/src/film.mkv" 32 film
torrent film "$dir/src/film.mkv" v1 256
seed 1 film upload=6000000

# again NAME HOW: ends it so after a while; $had bytes are here.
first() {
	rm -rf "$dir/save"
	play "$1" --save "$dir/save" "$magnet$peers"
	await 10 sh -c "[ \"\$(curl -sS '$url/status.json' |
	    jq '.stats.done_bytes')\" -gt 8000000 ]" || fail "nothing comes"
	had=$(status .stats.done_bytes)
	stop "$1" "$2"
}

# second NAME: the same from there, with the seed's help only for the rest.
second() {
	play "$1" --save "$dir/save" "$magnet$peers"
	same "$main" "$dir/src/film.mkv"
	down=$(status .stats.down_bytes)
	stop "$1" INT
	# what was under way may come again
	[ "$down" -le $((33554432 - had + 2500000)) ] ||
	    fail "$1: had $had, fetched $down"
	say "ok - $1: had $had, fetched $down"
}

first saved INT
[ $status -eq 0 ] || fail "status $status"
second resumed

first killed KILL
second checked

# with all of it there, and nobody else
stop seed1
play alone --save "$dir/save" "$magnet"
same "$main" "$dir/src/film.mkv"
[ "$(status .stats.down_bytes)" = 0 ] || fail "fetched from nobody"
stop alone INT
say "ok - alone, from the magnet link"

# somebody else's bytes in between are found, and never played
printf 'XXXX' | dd of="$dir/save/film.mkv" bs=1 seek=20000000 conv=notrunc \
    2>/dev/null
play wary --save "$dir/save" "$dir/film.torrent"
rc=0
curl -sS -m 4 -o "$dir/part" "$main" 2>/dev/null || rc=$?
[ $rc -eq 28 ] || fail "curl: status $rc"
n=$(wc -c <"$dir/part")
[ "$n" -le 20000000 ] || fail "$n bytes were played"
head -c "$n" "$dir/src/film.mkv" | cmp - "$dir/part" || fail "other bytes"
stop wary INT
seed 1 film
play mended --save "$dir/save" "$magnet$peers"
same "$main" "$dir/src/film.mkv"
[ "$(status .stats.down_bytes)" -le 800000 ] || fail "fetched too much"
stop mended INT
say "ok - bytes that were changed are fetched again"
