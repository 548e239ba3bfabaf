#!/bin/sh
# What a user or an operator may get wrong: each has its message (what, where)
# and its exit status, or the program goes on and recovers.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl
begin
bad=0

# expect NAME STATUS PATTERN COMMAND...: exits so and says so.
expect() {
	local name=$1 want=$2 pattern=$3 rc=0
	shift 3
	timeout 15 "$@" >"$dir/expect" 2>&1 </dev/null || rc=$?
	if [ $rc -ne "$want" ]; then
		verdict "not ok" "$name: status $rc, not $want"
	elif ! grep -Eq "$pattern" "$dir/expect"; then
		verdict "not ok" "$name: does not say '$pattern'"
	else
		verdict ok "$name: $(grep -Em1 "$pattern" "$dir/expect")"
		return 0
	fi
	sed 's/^/	/' "$dir/expect"
}

verdict() {
	say "$1 - $2"
	[ "$1" = ok ] || bad=$((bad + 1))
}

# says NAME PROCESS SECONDS PATTERN: it runs and says so in time.
says() {
	if await "$3" grep -Eq "$4" "$dir/$2.out" && alive "$2"; then
		verdict ok "$1: $(grep -Em1 "$4" "$dir/$2.out")"
	else
		verdict "not ok" "$1: $2 does not say '$4'"
		tail -n 5 "$dir/$2.out" | sed 's/^/	/'
	fi
}

hash_of() {
	"$build/spate-channel" show -o tsv "$1" |
	    grep -Eio '\b[0-9a-f]{40}\b' | head -n 1
}

origin_start
tracker_start
channel_create
hex=$(echo "$link" | grep -o 'btpk:[0-9a-f]*')
# Nothing is asked of a gateway: all stays on this machine.
spate="$build/spate --no-port-map --no-lsd"
seed=$build/spate-seed

# ---- links

expect "link: not one" 2 'link: not a magnet' $spate http://x/
expect "link: no key" 2 'link: no channel key' $spate 'magnet:?dn=x'
expect "link: key cut" 2 'link: .*(key|hex)' $spate \
    'magnet:?xs=urn:btpk:00ff&tr=http://127.0.0.1:1/announce'
expect "link: no tracker" 2 'link: .*tracker' \
    $spate --no-dht "magnet:?xs=urn:$hex"
expect "link: tracker of another kind" 2 'link: .*http' $spate \
    "magnet:?xs=urn:$hex&tr=wss://127.0.0.1:1/announce"
expect "usage: no link" 2 'spate: .*' $spate

# ---- trackers, ports, files

expect "viewer: unreachable tracker" 1 '127.0.0.1:1/announce' \
    $spate --lan --wait 3s \
    "magnet:?xs=urn:$hex&tr=http://127.0.0.1:1/announce"
expect "viewer: unknown channel" 1 'channel' $spate --lan --wait 2s \
    "magnet:?xs=urn:btpk:$(printf '%064d' 7)&tr=$tracker"
expect "viewer: port in use" 1 "$tracker_port.*in use" \
    $spate --lan --port "$tracker_port" "$link"
expect "viewer: peer port in use" 1 "$tracker_port.*in use" \
    $spate --lan --peer-port "$tracker_port" "$link"
expect "tracker: port in use" 1 "$tracker_port.*in use" \
    "$build/spate-tracker" --listen "127.0.0.1:$tracker_port"
expect "viewer: identity file is a directory" 1 "$dir" \
    $spate --identity "$dir" "$link"
echo rubbish >"$dir/identity"
chmod 600 "$dir/identity"
expect "viewer: identity file is rubbish" 1 'identity' \
    $spate --identity "$dir/identity" "$link"
expect "viewer: no configuration file" 2 'nowhere' $spate -f "$dir/nowhere" \
    "$link"
echo 'no-such-option 1' >"$dir/conf"
expect "viewer: unknown key" 2 'conf:1: ' $spate -f "$dir/conf" "$link"
expect "viewer: bad value" 2 'upload' $spate --upload fast "$link"

# ---- keys

expect "seeder: no key file" 1 'nowhere.*No such file' \
    $seed --key "$dir/nowhere" "$origin/live/index.m3u8"
expect "seeder: key is a directory" 1 "$dir" \
    $seed --key "$dir/origin" "$origin/live/index.m3u8"
expect "seeder: key is rubbish" 1 'identity:?[0-9]*: ' \
    $seed --key "$dir/identity" "$origin/live/index.m3u8"
cp "$dir/key" "$dir/open-key"
chmod 644 "$dir/open-key"
expect "seeder: others may read the key" 1 'open-key' \
    $seed --key "$dir/open-key" "$origin/live/index.m3u8"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	cp "$dir/key" "$dir/closed-key"
	chmod 000 "$dir/closed-key"
	chmod 711 "$dir"
	expect "seeder: key that it may not read" 1 \
	    'closed-key.*Permission denied' \
	    setpriv --reuid 65534 --clear-groups \
	    $seed --key "$dir/closed-key" "$origin/live/index.m3u8"
fi

# ---- sources: the seeder says what is wrong, stays, and recovers

# seed_of NAME SOURCE [OPTION...]: a seeder with a key of its own.
seed_of() {
	local name=$1 source=$2
	shift 2
	[ -e "$dir/$name.key" ] || "$build/spate-channel" create \
	    --tracker "$tracker" --origin "$origin/live/" "$dir/$name.key" \
	    >/dev/null
	spawn "$name" "$seed" --lan --no-lsd --key "$dir/$name.key" "$@" "$source"
}

# has_window NAME: the tracker has records of its channel.
has_window() {
	local hash
	hash=$(hash_of "$dir/$1.key")
	curl -s -m 2 "http://127.0.0.1:$tracker_port/live/$hash/window" \
	    >"$dir/window" && [ "$(wc -c <"$dir/window")" -gt 2000 ]
}

# holds NAME SECONDS COMMAND...
holds() {
	local name=$1 bound=$2
	shift 2
	if await "$bound" "$@"; then
		verdict ok "$name"
	else
		verdict "not ok" "$name"
	fi
}

mkdir -p "$dir/origin/live"
echo "<html>hello</html>" >"$dir/origin/live/index.m3u8"
seed_of text "$origin/live/index.m3u8" --poll 1s
seed_of absent "$origin/live/other.m3u8"
seed_of away http://127.0.0.1:1/live/index.m3u8
seed_of brief http://127.0.0.1:1/live/index.m3u8 --wait 2s
says "seeder: playlist that is not one" text 10 'EXTM3U.*index.m3u8'
says "seeder: playlist is not there" absent 10 '404.*other.m3u8'
says "seeder: origin is away" away 10 'connect.*index.m3u8'
holds "seeder: gives up after --wait" 10 gone brief
stop brief
[ $status -eq 1 ] && grep -q 'spate-seed: .*index.m3u8.*connect' \
    "$dir/brief.out" || verdict "not ok" "seeder: no word about giving up"
rm "$dir/origin/live/index.m3u8"
source_start ts 900k
holds "seeder: recovers when there is a channel" 20 has_window text
spawn alone $spate "$("$build/spate-channel" link "$dir/text.key" |
    sed 's/&ws=[^&]*//')"
says "viewer: origin on a private address" alone 10 \
    'origin: refused.*--lan.*127.0.0.1'
stop alone
stop tracker
says "seeder: tracker is away" text 15 \
    "^[^l].*$tracker_port"
tracker_start
holds "seeder: publishes its window to a tracker that forgot it" 20 \
    has_window text
stop text INT
[ $status -eq 0 ] || verdict "not ok" "seeder: status $status after SIGINT"

# ---- checkpoint on a full disk

fill() {
	head -c 300000 /dev/zero >"$dir/full/filler" 2>/dev/null || :
}

if [ "$(id -u)" -eq 0 ] && mkdir "$dir/full" &&
    mount -t tmpfs -o size=64k none "$dir/full" 2>/dev/null; then
	mounts=$dir/full
	fill
	expect "seeder: no space for the checkpoint" 1 'full/state.*No space' \
	    $seed --lan --no-lsd --key "$dir/key" --state "$dir/full/state" \
	    "$origin/live/index.m3u8"
	rm "$dir/full/filler"
	seed_of disk "$origin/live/index.m3u8" --state "$dir/full/state"
	holds "seeder: starts when there is space" 10 has_window disk
	fill
	says "seeder: disk full while it runs" disk 10 \
	    'cannot be saved: No space'
	rm "$dir/full/filler"
	says "seeder: saves again when there is space" disk 10 'saved again'
	stop disk
else
	say "skipped - checkpoint on a full disk: needs root"
fi

[ $bad -eq 0 ] || fail "$bad of the above"
