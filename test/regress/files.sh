#!/bin/sh
# Files to many, without tracker: published under the channel's key, found by a
# DHT of eight nodes, followed to their next version; of that only what is new
# is fetched, and an older one is not taken again. Who knows nothing of all this
# takes the same torrent.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/dhtlib.sh"
. "${top_srcdir:-.}/test/regress/fileslib.sh"
need python3 curl jq diff
begin
need_torrents

nodes_start 8
key_create
src=$dir/src/course
mkdir -p "$src/notes"
some "$src/film.mkv" 8192 film
some "$src/notes/one.txt" 40 one
some "$src/notes/two.txt" 300 two
some "$src/old.bin" 200 old
: >"$src/empty"

publish seeder --dht-bootstrap "127.0.0.1:$boot" --torrent "$dir/a.torrent" \
    --file "$src"
first=$(version seeder)
await 20 grep -q "files: are in the DHT seq=$first" "$dir/seeder.out" ||
    fail "no node has the item"
files=$(sed -n 's/^link: //p' "$dir/seeder.out")
[ "$files" = "$link&s=66696c65" ] || fail "the link is $files"

# ---- as BEP 46 has it

nodes_do salt file
nodes_do get "$channel"
item=${said#item }
[ "${item%% *}" = "$first" ] || fail "nodes have: $said"
id=$(of_seeder .files.id)
echo "$said" | grep -q "323a696832303a$id" || fail "no ih of $id in it: $said"
say "ok - item of BEP 46, seq $first"

# ---- who has the key only

take one "$dir/one" --dht-bootstrap "127.0.0.1:$boot" "$files"
await 20 has one "$first" || fail "one plays nothing"
curl -sS -m 60 "$url/film.mkv" | cmp - "$src/film.mkv" ||
    fail "film.mkv has other bytes"
await 30 equal "$src" "$dir/one/course" || fail "one: $(cat "$dir/diff")"
# a link that does not say that files are meant
take two "$dir/two" --dht-bootstrap "127.0.0.1:$boot" "$link"
await 30 has two "$first" || fail "two plays nothing"
await 30 equal "$src" "$dir/two/course" || fail "two: $(cat "$dir/diff")"
say "ok - two viewers have all of it"

# ---- another client

torrent_port=$(of_seeder .files.port)
for p in python3 /usr/bin/python3; do
	! $p -c "import libtorrent" 2>/dev/null || lt_python=$p
done
if [ -n "${lt_python:-}" ]; then
	mkdir "$dir/other"
	timeout 60 "$lt_python" "$tools/vodseed.py" load 127.0.0.9 "$dir/other" \
	    "$dir/a.torrent" "127.0.0.1:$torrent_port" >"$dir/other.out" ||
	    fail "another client does not get it"
	rm -rf "$dir/other/course/.pad"
	equal "$src" "$dir/other/course" || fail "other: $(cat "$dir/diff")"
	say "ok - libtorrent as it is"
fi

# ---- the next version: one file changed, one gone, one new, one moved

some "$src/notes/one.txt" 44 eins
rm "$src/old.bin"
some "$src/new.bin" 100 new
mv "$src/film.mkv" "$src/lecture.mkv"
signal seeder HUP
await 20 eval '[ "$(version seeder)" -gt "$first" ]' || fail "no new version"
second=$(version seeder)
for n in one two; do
	await 40 has $n "$second" || fail "$n does not follow"
	await 20 equal "$src" "$dir/$n/course" || fail "$n: $(cat "$dir/diff")"
	[ -z "$(find "$dir/$n" -name '.spate-next*')" ] ||
	    fail "$n: what was fetched beside is still there"
done
has one "$second"
curl -sS -m 20 "$url/lecture.mkv" | cmp - "$src/lecture.mkv" ||
    fail "lecture.mkv has other bytes"
up=$(of_seeder .files.up_bytes)
sleep 1
up=$(of_seeder .files.up_bytes)
say "of 8.5 MB in the new version the seeder sent $up bytes to two"
[ "$up" -gt 100000 ] && [ "$up" -lt 2500000 ] ||
    fail "not only what is new was fetched"
say "ok - the next version"

# ---- an older one is not taken again: all nodes know of no other

stop seeder
[ $status -eq 0 ] || fail "seeder: status $status"
stop one INT
[ $status -eq 0 ] || fail "one: status $status"
stop two INT
nodes_do add 8
nodes_do kill 8
nodes_do get "$channel"
[ "$said" = "item none" ] || fail "new nodes know $said"
nodes_do put "$channel" $item
case $said in
"stored 0 "*) fail "no node takes the old item" ;;
esac
take one "$dir/one" --dht-bootstrap "127.0.0.1:$boot" "$files"
await 20 has one "$second" || fail "one does not begin with what it has"
curl -sS -m 20 "$url/lecture.mkv" | cmp - "$src/lecture.mkv" ||
    fail "one has nothing to play"
await 40 grep -q 'version refused' "$dir/one.out" || fail "nothing was refused"
# and nodes are given the newer one by who has it
told_newer() {
	nodes_do get "$channel"
	case $said in
	"item $second "*) ;;
	*) false ;;
	esac
}
await 40 told_newer || fail "nodes still have: $said"
[ "$(grep -c '^version' "$dir/one.out")" = 1 ] || fail "one took another"
stop one INT
say "ok - an older version is refused, and replaced"
