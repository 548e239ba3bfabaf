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

records() {
	curl -s -m 2 "http://127.0.0.1:$tracker_port/live/$info_hash/window" \
	    >"$dir/window" && [ "$(wc -c <"$dir/window")" -gt 2000 ]
}

origin_start
tracker_start
channel_create
info_hash=$("$build/spate-channel" show -o tsv "$dir/key" |
    grep -Eio '\b[0-9a-f]{40}\b' | head -n 1)
hex=$(echo "$link" | grep -o 'btpk:[0-9a-f]*')
spate=$build/spate
seed=$build/spate-seed

# ---- links

expect "link: not one" 2 'link: not a magnet' $spate http://x/
expect "link: no key" 2 'link: no channel key' $spate 'magnet:?dn=x'
expect "link: key cut" 2 'link: .*(key|hex)' $spate \
    'magnet:?xs=urn:btpk:00ff&tr=http://127.0.0.1:1/announce'
expect "link: no tracker" 2 'tracker' $spate "magnet:?xs=urn:$hex"
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

mkdir -p "$dir/origin/live"
playlist=live/index.m3u8
echo "<html>hello</html>" >"$dir/origin/$playlist"
seeder_start
says "seeder: playlist that is not one" seeder 10 'index.m3u8.*(playlist|m3u)'
rm "$dir/origin/$playlist"
says "seeder: playlist is not there" seeder 10 'index.m3u8.*404'
stop nginx
says "seeder: origin is away" seeder 10 \
    'index.m3u8.*(onnect|reach|refused)'
origin_start
source_start ts 900k
if await 15 records; then
	verdict ok "seeder: recovers when there is a channel"
else
	verdict "not ok" "seeder: published nothing after it recovered"
fi
stop tracker
says "seeder: tracker is away" seeder 15 \
    "$tracker_port.*(onnect|reach|refused|answer)"
tracker_start
if await 15 records; then
	verdict ok "seeder: publishes its window to a tracker that forgot it"
else
	verdict "not ok" "seeder: the tracker stays without a window"
fi
stop seeder INT
[ $status -eq 0 ] || verdict "not ok" "seeder: status $status after SIGINT"

# ---- checkpoint on a full disk

if [ "$(id -u)" -eq 0 ] && mkdir "$dir/full" &&
    mount -t tmpfs -o size=16k none "$dir/full" 2>/dev/null; then
	mounts=$dir/full
	head -c 16384 /dev/zero >"$dir/full/filler" 2>/dev/null || :
	seed_options="--state $dir/full/state"
	: >"$dir/seeder.out"
	seeder_start
	says "seeder: no space for the checkpoint" seeder 10 \
	    'full/state.*No space'
	stop seeder
	seed_options=
else
	say "skipped - checkpoint on a full disk: needs root"
fi

[ $bad -eq 0 ] || fail "$bad of the above"
