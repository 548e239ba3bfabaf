#!/bin/sh
# Torrents of all versions, played while they come: bytes, seeks, ranges, two
# players at once, a player that goes.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/vodlib.sh"
vod_begin

# The rate of the seeds makes that a player has to wait for what comes.
slow=upload=4000000

# kind V1|V2|HYBRID: a folder of three files, read by one player in order.
kind() {
	local k=$1
	mkdir "$dir/src/$k"
	vodseed bytes "$dir/src/$k/b film.mkv" 8 "$k"
	vodseed bytes "$dir/src/$k/a.srt" 1 "$k.a"
	vodseed bytes "$dir/src/$k/c.bin" 8 "$k.c"
	torrent "$k" "$dir/src/$k" "$k" 256
	peers=
	seed 1 "$k" "$slow"
	seed 2 "$k" "$slow"
	play "spate-$k" "$magnet$peers"
	[ "$main" = "$url/b%20film.mkv" ] || fail "$k: main file is $main"
	same "$main" "$dir/src/$k/b film.mkv"
	same "$url/a.srt" "$dir/src/$k/a.srt"
	# what nobody asked for was not fetched, but for what came before what
	# is in the torrent was known to us
	[ "$(status '.files[] | select(.name == "c.bin").here_bytes')" -lt \
	    6291456 ] || fail "$k: c.bin was fetched"
	same "$url/c.bin" "$dir/src/$k/c.bin"
	# a file of the torrent in the place of its link
	stop "spate-$k" INT
	[ $status -eq 0 ] || fail "$k: status $status"
	grep -q 'did not verify' "$dir/spate-$k.out" && fail "$k: wrong bytes"
	stop seed1
	stop seed2
	say "ok - $k"
}

kind v1
kind v2
kind hybrid

# ---- a film of 64 MiB at 8 MB/s: eight seconds

vodseed bytes "$dir/src/film.mkv" 64 film
film=$dir/src/film.mkv
torrent film "$film" v1 512
peers=
seed 1 film "$slow"
seed 2 film "$slow"
play viewer "$magnet$peers"
part() {
	tail -c +$(($1 + 1)) "$film" | head -c "$2"
}

# range HEADER STATUS FROM LENGTH: bytes that Range is answered with.
range() {
	local code
	code=$(curl -sS -m 30 -H "Range: $1" -o "$dir/part" -w '%{http_code}' \
	    "$main")
	[ "$code" = "$2" ] || fail "Range $1: $code"
	[ -z "${3:-}" ] || part "$3" "$4" | cmp - "$dir/part" ||
	    fail "Range $1: other bytes"
}

range bytes=50000000-50000099 206 50000000 100
say "ok - seek to $(status '.stats.done_bytes') of 67108864 bytes"
[ "$(status .stats.done_bytes)" -lt 40000000 ] || fail "a seek took all of it"
range bytes=-77 206 67108787 77
range bytes=67108863- 206 67108863 1
range bytes=67108864- 416
range bytes=0-0 206 0 1
range bytes=9-8 200 0 67108864
range bytes=0-1,5-6 200 0 67108864
curl -sSI -m 5 "$main" | tr -d '\r' >"$dir/head"
grep -qi '^Content-Length: 67108864$' "$dir/head" || fail "HEAD: no length"
grep -qi '^Accept-Ranges: bytes$' "$dir/head" || fail "HEAD: no ranges"
stop viewer INT
say "ok - ranges"

# ---- two players, at the beginning and in the middle

play two "$magnet$peers"
spawn one curl -sS -m 60 -o "$dir/one" "$main"
spawn other curl -sS -m 60 -o "$dir/other" -r 33554432- "$main"
got_some() {
	[ "$(wc -c <"$dir/$1")" -gt 1000000 ]
}
await 5 got_some one && await 5 got_some other || fail "one of two waits"
# both are under way: neither waits for the end of the other
[ "$(status '.players | length')" = 2 ] || fail "no two players"
for n in one other; do
	await 30 gone $n
	stop $n
	[ $status -eq 0 ] || fail "$n: status $status"
done
cmp "$dir/one" "$film" || fail "one has other bytes"
part 33554432 33554432 | cmp - "$dir/other" || fail "other has other bytes"
stop two INT
say "ok - two players"

# ---- a player that goes takes its deadlines along

play lone "$magnet$peers"
spawn goer curl -sS -m 60 --limit-rate 300k -o /dev/null -r 40000000- "$main"
await 60 sh -c "[ \"\$(curl -sS '$url/status.json' |
    jq '.stats.players')\" = 1 ]" || fail "no player"
signal goer KILL
await 60 sh -c "[ \"\$(curl -sS '$url/status.json' |
    jq '.stats.players')\" = 0 ]" || fail "the player stays"
# four of each edge of the file, at most
await 60 sh -c "[ \"\$(curl -sS '$url/status.json' |
    jq '.stats.due')\" -le 8 ]" || fail "deadlines: $(status .stats.due)"
stop lone INT
say "ok - deadlines"

# ---- what nobody should be told

mkdir "$dir/src/season"
for i in 1 2 10; do
	vodseed bytes "$dir/src/season/e$i.mkv" 1 "e$i"
done
torrent season "$dir/src/season" v1 64
peers=
stop seed1
seed 1 season
play second --file 2 "$magnet$peers"
[ "$main" = "$url/e2.mkv" ] || fail "--file 2: $main"
curl -sS -m 5 "$url/playlist.m3u" >"$dir/list"
[ "$(sed -n '/^#/!p' "$dir/list" | tr '\n' ' ')" = \
    "e1.mkv e2.mkv e10.mkv " ] || fail "playlist: $(cat "$dir/list")"
same "$url/e10.mkv" "$dir/src/season/e10.mkv"
tmp=$(sed -n 's/^save: \([^ ]*\) .*/\1/p' "$dir/second.out")
[ -d "$tmp/season" ] || fail "no temporary directory"
stop second INT
[ ! -e "$tmp" ] || fail "$tmp is still there"
say "ok - one of several files, and nothing stays behind"
