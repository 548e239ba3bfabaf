#!/bin/sh
# What goes wrong while a torrent is played: each has its message, and no byte
# that did not verify gets to a player.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/vodlib.sh"
vod_begin
bad=0

verdict() {
	say "$1 - $2"
	[ "$1" = ok ] || bad=$((bad + 1))
}

# expect NAME STATUS PATTERN COMMAND...: exits so and says so.
expect() {
	local name=$1 want=$2 pattern=$3 rc=0
	shift 3
	timeout 60 "$@" >"$dir/expect" 2>&1 </dev/null || rc=$?
	if [ $rc -eq "$want" ] && grep -Eq "$pattern" "$dir/expect"; then
		verdict ok "$name: $(grep -Em1 "$pattern" "$dir/expect")"
	else
		verdict "not ok" "$name: status $rc, not $want '$pattern'"
		sed 's/^/	/' "$dir/expect"
	fi
}

spate=$build/spate
vodseed bytes "$dir/src/film.mkv" 8 film
torrent film "$dir/src/film.mkv" v1 256

# ---- operands

expect "file: none" 1 'nowhere.torrent: No such file' \
    $spate "$dir/nowhere.torrent"
expect "file: empty" 1 'none.torrent: not a torrent' $spate "$dir/none.torrent"
expect "file: no torrent" 1 'film.mkv: not a torrent' $spate \
    "$dir/src/film.mkv"
head -c 200 "$dir/film.torrent" >"$dir/cut.torrent"
expect "file: cut" 1 'cut.torrent: not a torrent' $spate "$dir/cut.torrent"
expect "link: hash too short" 1 'link: .*40 hex' $spate \
    'magnet:?xt=urn:btih:abc'
expect "link: neither" 2 'link: no channel key' $spate 'magnet:?dn=x'
expect "stdout: not of torrents" 1 'stdout: ' $spate --stdout "$magnet"
expect "save: a file" 1 'film.torrent: not a directory' \
    $spate --save "$dir/film.torrent" "$magnet"
expect "save: nowhere" 1 'No such file' \
    $spate --save "$dir/no/where" "$magnet"
spawn other python3 -m http.server --bind 127.0.0.1 8091
await 20 curl -s -o /dev/null http://127.0.0.1:8091/ ||
    fail "nobody to take the port"
expect "port: in use" 1 'port is in use' $spate --port 8091 "$magnet"
stop other

# ---- nobody there

expect "magnet: nobody knows" 1 'film: nobody who knows what is in it' \
    $spate --wait 2s "$magnet&dn=film&x.pe=127.0.0.9:9"
expect "torrent: nobody has it" 1 'film.mkv: nobody who has it' \
    $spate --wait 2s "$dir/film.torrent"

# ---- the only seed is banned, and is better later

healed=$dir/healed
mkdir "$healed"
cp "$dir/src/film.mkv" "$healed/"
seed_dir=$healed
seed 3 film bad=5 dial=no
seed_dir=
play viewer -v "$magnet$peers"
if await 30 grep -q 'peer: banned' "$dir/viewer.out"; then
	cat "$dir/src/film.mkv" >"$healed/film.mkv"
	if curl -sS -m 60 "$main" | cmp - "$dir/src/film.mkv"; then
		verdict ok "the only seed is banned: $(grep -c 'let in again' \
		    "$dir/viewer.out") times let in, all bytes right"
	else
		verdict "not ok" "the only seed is banned, and comes not again"
	fi
	grep -q 'let in again addr=127.0.0.4:7003' "$dir/viewer.out" ||
	    verdict "not ok" "it is not said that he was let in"
else
	verdict "not ok" "the only seed is banned: it is not said"
fi
stop viewer INT
stop seed3
peers=

# ---- a seed that lies beside one that does not

mkdir "$dir/liar"
cp "$dir/src/film.mkv" "$dir/liar/"
seed_dir=$dir/liar
seed 1 film bad=0,3,4,9,31
seed_dir=
seed 2 film upload=2000000
play viewer "$magnet$peers"
if curl -sS -m 60 "$main" | cmp - "$dir/src/film.mkv"; then
	verdict ok "a seed that lies: all bytes right, $(
	    status .stats.failed_bytes) refused"
else
	verdict "not ok" "a seed that lies"
fi
[ "$(status .stats.failed_bytes)" -gt 0 ] || verdict "not ok" "no lie was met"
stop viewer INT
stop seed1

# ---- a file that is not in it

expect "file: not in the torrent" 1 'b.mkv: no such file in the torrent' \
    $spate --file b.mkv "$magnet$peers"

# ---- more than it may take

expect "disk-max" 1 'film.mkv: its files take more than --disk-max' \
    $spate --disk-max 7MB "$magnet$peers"

# ---- a full disk

if mkdir "$dir/full" &&
    mount -t tmpfs -o size=7m none "$dir/full" 2>/dev/null; then
	mounts=$dir/full
	head -c 1000000 /dev/zero >"$dir/full/filler"
	play viewer --save "$dir/full" "$magnet$peers"
	rc=0
	: >"$dir/part"
	curl -sS -m 30 -o "$dir/part" "$main" 2>"$dir/curl.out" || rc=$?
	n=$(wc -c <"$dir/part")
	if [ $rc -eq 18 ] && [ "$n" -gt 0 ] &&
	    head -c "$n" "$dir/src/film.mkv" | cmp - "$dir/part"; then
		verdict ok "disk full: the player has $n bytes and its end"
	else
		verdict "not ok" "disk full: curl $rc after $n bytes"
	fi
	grep -q 'no space, what is here can be played.*No space left' \
	    "$dir/viewer.out" || verdict "not ok" "disk full: not said"
	grep -q 'not all of it has room' "$dir/viewer.out" ||
	    verdict "not ok" "disk full: no warning before"
	curl -sS -m 5 -r 0-99999 "$main" | cmp -n 100000 - "$dir/src/film.mkv" ||
	    verdict "not ok" "disk full: what is here is not played"
	# so much that it is worth a try
	mount -o remount,size=90m "$dir/full"
	if await 60 sh -c "curl -sS -m 20 '$main' |
	    cmp - '$dir/src/film.mkv'"; then
		verdict ok "disk full: goes on when there is room"
	else
		verdict "not ok" "disk full: does not go on"
	fi
	stop viewer INT
else
	say "skipped - full disk: no mounts here"
fi

[ $bad -eq 0 ] || fail "$bad of the above"
