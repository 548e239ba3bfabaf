#!/bin/sh
# The network side of torrents: IPv6, limits of rates on a local network, and
# encryption; and a temporary directory, of which nothing is left however often one is told
# to end.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/vodlib.sh"
vod_begin

vodseed bytes "$dir/src/film.mkv" 8 film
torrent film "$dir/src/film.mkv" v1 256

# ---- IPv6

rm -f "$dir/seed6.out"
spawn seed6 "$python" "$tools/vodseed.py" run "[::1]:7106" "$dir/src" \
    "$dir/film.torrent"
await 20 grep -q seeding "$dir/seed6.out" || fail "no seed on ::1"
play viewer6 "$magnet&x.pe=[::1]:7106"
same "$main" "$dir/src/film.mkv"
say "ok - a film from a seed on ::1"
stop viewer6 INT
stop seed6

# ---- limits of rates: 127.0.0.1 is a local network

seed 1 film
play slow --download 1MB/s "$magnet$peers"
begun=$(date +%s%N)
same "$main" "$dir/src/film.mkv"
ms=$((($(date +%s%N) - begun) / 1000000))
[ $ms -ge 6000 ] || fail "8 MiB at 1 MB/s took $ms ms"
say "ok - 8 MiB at 1 MB/s took $ms ms"
stop slow INT

# ---- encryption: who has it, and who does not

peers=
seed 2 film enc=require
open=$peers
peers=
seed 3 film enc=no
plain=$peers

# nobody OPTION...: no byte comes
nobody() {
	local rc=0
	timeout 60 "$build/spate" --dht no --no-lsd --wait 5s "$@" \
	    >"$dir/nobody.out" 2>&1 || rc=$?
	[ $rc -eq 1 ] && grep -q 'nobody who' "$dir/nobody.out" ||
	    fail "$1 $2 with the wrong seed: $rc"
}

nobody --encryption no "$magnet$open"
nobody --encryption require "$magnet$plain"
for how in "require $open" "no $plain" "auto $open" "auto $plain"; do
	play crypt --encryption "${how%% *}" "$magnet${how#* }"
	same "$main" "$dir/src/film.mkv"
	stop crypt INT
done
say "ok - encryption: required, never, or as the other likes"

# ---- told to end, again and again

peers=$open$plain

mkdir "$dir/tmp"
TMPDIR=$dir/tmp
export TMPDIR
play hasty "$magnet&tr=http%3A%2F%2F127.0.0.1%3A9%2F$peers"
[ -n "$(ls "$dir/tmp")" ] || fail "no temporary directory"
curl -sS -m 60 -r 0-99999 -o /dev/null "$main"
over() {
	signal hasty INT
	gone hasty
}
await 20 over || fail "it does not end"
[ -z "$(ls "$dir/tmp")" ] || fail "left: $(ls "$dir/tmp")"
say "ok - nothing is left after many a SIGINT"
