#!/bin/sh
# From live to archive: the channel of ffmpeg is recorded in a journal, through
# a kill -9 of the seeder; the archive of a span of it is proven, and every
# kind of untruth is told; then the origin's files are deleted, after one who
# seeds has them, somebody who was not there live fetches the archive, and
# plays it.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg ffprobe nginx jq curl
. "${top_srcdir:-.}/test/regress/clientlib.sh"
clients_net
begin
archive=$build/spate-archive
[ -x "$archive" ] || fail "spate-archive is not built"

# ---- live, 25 s; in the middle of it the seeder is killed

origin_start
source_start ts 600k
tracker_options="--lan yes"
tracker_start
channel_create
seed_options="--journal $dir/journal"
seed_from=directory
seeder_start
pieces() {
	[ "$("$build/spate-channel" verify -k "$dir/key" -o tsv \
	    "$dir/journal" 2>/dev/null | grep -c '^record')" -ge "$1" ]
}
await 20 pieces 12 || fail "nothing is recorded"
stop seeder KILL
# What a crash in the middle of a write leaves.
printf 'd1:h64:xxxx' >>"$dir/journal"
seeder_start
await 30 pieces 25 || fail "the journal does not go on"
grep -q 'cut off what a crash left bytes=11 ' "$dir/seeder.out" ||
    fail "says nothing of what was cut off"

# A second writer of the same journal is not let in; nor is another channel.
"$build/spate-channel" create "$dir/key2" >/dev/null
refused() {
	! "$build/spate-seed" -j "$dir/journal" "$@" \
	    "$dir/origin/$playlist" >"$dir/refused.txt" 2>&1
}
refused -k "$dir/key" -s "$dir/other.state" ||
    fail "a second writer of the journal"
grep -q 'another spate-seed writes it' "$dir/refused.txt" ||
    fail "$(cat "$dir/refused.txt")"
stop source INT
stop seeder
refused -k "$dir/key2" || fail "a journal of another channel is taken"
grep -q 'belongs to another channel' "$dir/refused.txt" ||
    fail "$(cat "$dir/refused.txt")"
"$build/spate-channel" verify -k "$dir/key" "$dir/journal" >"$dir/chain.out" ||
    fail "the journal does not verify"
tail -n 1 "$dir/chain.out"

# A disk that is full is told, and the channel goes on.
mkdir "$dir/small"
mount -t tmpfs -o size=4k none "$dir/small"
mounts="$dir/small $mounts"
spawn full "$build/spate-seed" --lan --no-lsd -k "$dir/key2" -j "$dir/small/journal" \
    --status-listen 127.0.0.1:0 "$dir/origin/$playlist"
await 20 grep -q 'journal: No space left on device' "$dir/full.out" ||
    fail "says nothing of a full disk"
alive full || fail "ends for a full disk"
port=$(sed -n 's/.*status: port=//p' "$dir/full.out")
curl -sf "http://127.0.0.1:$port/status" |
    jq -e '(.journal.ok | not) and .journal.waiting > 0 and .pieces > 5' \
    >/dev/null || fail "/status says nothing of a full disk"
stop full

# ---- the archive: all but the first and last three seconds

mkdir "$dir/www"
cp -r "$dir/origin/live" "$dir/www/live"
make() {
	local out=$1
	shift
	"$archive" make -k "$dir/key" --from 3 --to=-3 \
	    --tracker http://10.77.0.1:6970/announce "$@" \
	    -o "$out" "$dir/journal" "$dir/www/live"
}
make "$dir/www/show.torrent" >"$dir/make.out" 2>&1 ||
    fail "make: $(cat "$dir/make.out")"
cat "$dir/make.out"
verify() {
	"$archive" verify -k "$dir/key" "$@" >"$dir/verify.out" 2>&1
}
verify "$dir/www/show.torrent" || fail "verify: $(cat "$dir/verify.out")"
verify --media "$dir/www/live" "$dir/www/show.torrent" ||
    fail "verify with bytes: $(cat "$dir/verify.out")"
tail -n 4 "$dir/verify.out"
n=$("$archive" show -o json "$dir/www/show.torrent" |
    jq '[.files[] | select(.from != "-")] | length')
[ "$n" -ge 18 ] || fail "only $n pieces"
! make "$dir/www/show.torrent" --from 5 >"$dir/again.txt" 2>&1 ||
    fail "other small files were replaced without --force"
grep -q 'is there with other bytes' "$dir/again.txt" || fail "says not why"

# ---- untruths

# untrue WHAT SAYS COMMAND...: fails, and says so.
untrue() {
	local what=$1 says=$2
	shift 2
	! "$@" || fail "$what is not found out"
	grep -q "$says" "$dir/verify.out" ||
	    fail "$what: says $(cat "$dir/verify.out")"
}
piece=$(ls "$dir/www/live"/seg*.ts | sed -n 10p)
mkdir "$dir/bad"

cp -r "$dir/www/live" "$dir/bad/live"
printf x | dd of="$dir/bad/live/${piece##*/}" bs=1 seek=5000 conv=notrunc \
    2>/dev/null
untrue "a changed byte" 'has other bytes' \
    verify --media "$dir/bad/live" "$dir/www/show.torrent"
rm "$dir/bad/live/${piece##*/}"
untrue "a missing file" 'No such file' \
    verify --media "$dir/bad/live" "$dir/www/show.torrent"

# A torrent of other bytes, made by who does not have the key: libtorrent.
cp "$dir/www/live/${piece##*/}" "$dir/bad/live/"
printf x | dd of="$dir/bad/live/${piece##*/}" bs=1 seek=5000 conv=notrunc \
    2>/dev/null
"$python" "$tools/ltpeer.py" remake "$dir/www/show.torrent" "$dir/bad" \
    "$dir/bad/show.torrent" >/dev/null
untrue "a root that nobody signed" 'root is not that which was signed' \
    verify "$dir/bad/show.torrent" "$dir/www/live/show.spate"
printf '\n' >>"$dir/bad/live/show.m3u8"
"$python" "$tools/ltpeer.py" remake "$dir/www/show.torrent" "$dir/bad" \
    "$dir/bad/show.torrent" >/dev/null
untrue "another playlist" 'show.m3u8: length is not' \
    verify "$dir/bad/show.torrent" "$dir/www/live/show.spate"
head -c 3000 "$dir/www/live/show.spate" >"$dir/bad/cut.spate"
untrue "records that were cut" 'not the records of this torrent' \
    verify "$dir/www/show.torrent" "$dir/bad/cut.spate"
untrue "another channel" 'belongs to another channel' \
    verify -k "$dir/key2" "$dir/www/show.torrent"

head -c 3000 "$dir/www/show.torrent" >"$dir/bad/cut.torrent"
untrue "a torrent that was cut" 'cut.torrent: not bencoding' \
    verify "$dir/bad/cut.torrent"

# A piece that is gone: an error, then a gap.
mv "$piece" "$dir/gone.ts"
! make "$dir/bad/lost.torrent" >"$dir/lost.txt" 2>&1 ||
    fail "a lost piece is not told"
grep -q "${piece##*/}: No such file" "$dir/lost.txt" ||
    fail "says not which is lost: $(cat "$dir/lost.txt")"
make "$dir/bad/lost.torrent" --allow-lost --files "$dir/bad/lost" \
    >"$dir/lost.txt" 2>&1 || fail "--allow-lost: $(cat "$dir/lost.txt")"
grep -q EXT-X-GAP "$dir/bad/lost/lost.m3u8" || fail "no gap in the playlist"
untrue "what was left out" 'was broadcast, and is left out' \
    verify "$dir/bad/lost.torrent" "$dir/bad/lost/lost.spate"
verify --allow-lost "$dir/bad/lost.torrent" "$dir/bad/lost/lost.spate" ||
    fail "verify --allow-lost: $(cat "$dir/verify.out")"
mv "$dir/gone.ts" "$piece"

# ---- from the origin by HTTP: the same torrent, and a hybrid

"$archive" make -k "$dir/key" --from 3 --to=-3 --format hybrid --name live \
    -o "$dir/http/show.torrent" "$dir/journal" "$origin/live/" \
    >"$dir/http.txt" 2>&1 || fail "from the origin: $(cat "$dir/http.txt")"
verify --media "$dir/www/live" "$dir/http/show.torrent" \
    "$dir/http/live/show.spate" || fail "hybrid: $(cat "$dir/verify.out")"

# ---- from what the tracker tells: who has but the link can archive too

ih=$("$build/spate-channel" show -o json "$dir/key" | jq -r .info_hash)
curl -sf "http://127.0.0.1:$tracker_port/live/$ih/window" >"$dir/feed"
"$archive" make -k "$link" --name live -o "$dir/feed-v2/feed.torrent" \
    "$dir/feed" "$origin/live/" >"$dir/feed.txt" 2>&1 ||
    fail "from a feed: $(cat "$dir/feed.txt")"
verify -k "$link" "$dir/feed-v2/feed.torrent" ||
    fail "of a feed: $(cat "$dir/verify.out")"

# ---- the origin's files go; somebody fetches, and plays

mkdir "$dir/fetched"
spawn tracker2 "$build/spate-tracker" --listen 10.77.0.1:6970
await 5 curl -s http://10.77.0.1:6970/ >/dev/null || fail "no tracker"
spawn lt "$python" "$tools/ltpeer.py" run 10.77.0.2 "$dir/www" \
    "$dir/www/show.torrent"
rm -rf "$dir/origin/live"
spawn late "$python" "$tools/ltpeer.py" run 10.77.0.4 "$dir/fetched" \
    "$dir/www/show.torrent"
arrived_all() {
	"$archive" verify -k "$dir/key" --media "$dir/fetched/live" \
	    "$dir/www/show.torrent" >"$dir/late.txt" 2>&1
}
await 30 arrived_all || fail "not fetched: $(tail -n 5 "$dir/late.txt")"
stop lt
for f in "$dir/fetched/live"/*; do
	cmp "$f" "$dir/www/live/${f##*/}" || fail "$f differs"
done
rm -rf "$dir/www"
ffprobe -v error -show_entries format=duration -of csv=p=0 \
    "$dir/fetched/live/show.m3u8" >"$dir/duration"
ffmpeg -v error -xerror -i "$dir/fetched/live/show.m3u8" -f null - \
    2>"$dir/play.txt" || fail "ffmpeg: $(cat "$dir/play.txt")"
[ ! -s "$dir/play.txt" ] || fail "ffmpeg: $(cat "$dir/play.txt")"
awk '$1 < 17 { exit 1 }' "$dir/duration" ||
    fail "lasts $(cat "$dir/duration") s"
say "plays $(cat "$dir/duration") s, bytes are those of the origin"
if command -v mpv >/dev/null; then
	mpv --no-config --vo=null --ao=null --untimed --msg-level=all=error \
	    "$dir/fetched/live/show.m3u8" >"$dir/mpv.txt" 2>&1 ||
	    fail "mpv: $(cat "$dir/mpv.txt")"
fi
