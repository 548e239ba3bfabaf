#!/bin/bash
# The control socket: what spate-tracker ctl asks and tells.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/opslib.sh"

need curl jq pgrep
begin

mkrecord=$build/test/regress/mkrecord
hash=$("$mkrecord" hash 7)
live=http://127.0.0.1:
ctl() {
	"$build/spate-tracker" ctl -c "$dir/control" "$@" 2>"$dir/ctl.err"
}

publish() {
	"$mkrecord" publish 7 "$@" | curl -s -m 5 --data-binary @- \
	    "http://127.0.0.1:$port/live/$hash/publish" | tr -d '\000'
}

# refused WORDS...: with exit status 1, and a word why.
refused() {
	local rc=0
	ctl "$@" >/dev/null || rc=$?
	[ $rc -eq 1 ] && grep -q '^spate-tracker ctl: \|^spate-tracker: ' \
	    "$dir/ctl.err" || fail "ctl $*: status $rc: $(cat "$dir/ctl.err")"
}

"$mkrecord" hash 9 >"$dir/deny"
echo "deny-file deny" >"$dir/conf"
tracker_up -f "$dir/conf" --control "$dir/control"
[ "$(stat -c %a "$dir/control")" = 660 ] || fail "mode of the socket"
live=$live$port/live/$hash

# What is there.
announce 1001 >/dev/null
announce 1002 >/dev/null
publish last=3 | grep -q '8:acceptedi4e' || fail "no channel"
ctl stats | grep -qx 'swarms.peers 2' || fail "stats: $(ctl stats)"
[ "$(ctl -o json stats | jq .requests.announce)" = 2 ] || fail "stats in JSON"
[ "$(ctl -o json channels | jq -r '.[0].info_hash')" = "$hash" ] ||
    fail channels
ctl channels | grep -q "^$hash" || fail "channels as text"
[ "$(ctl -o json swarms 5 | jq '.[0].leechers')" = 2 ] || fail swarms
refused swarms 0
refused swarms 1001
refused nonsense
refused stats and more
refused kick host nonsense
refused kick host 192.0.2.1:80
refused kick peer 192.0.2.1
refused kick host 192.0.2.1 0s
rc=0
ctl "two words" >/dev/null || rc=$?
[ $rc -eq 2 ] || fail "blanks in a word: status $rc"

# A peer, a channel with its stream, and ourselves: each is refused for a while,
# all at the same time, and is back after it. (A slow machine must get through
# what is to be refused in that time.)
while=5s
opens() {
	curl -sN -m 60 "$1/stream" -o "$dir/stream" &
	stream=$!
	await 5 test -s "$dir/stream" || fail "no stream"
	rm "$dir/stream"
}
ends() {
	! kill -0 $stream 2>/dev/null
}
opens "$live"
ctl kick peer 127.0.0.1:1001 $while
announce 1001 | grep -aq "not permitted" || fail "the peer was not kicked"
announce 1002 | grep -aq intervali || fail "another one was kicked"
ctl kick channel "$hash" $while
publish last=3 | grep -aq "not permitted" || fail "the channel was not kicked"
[ "$(ctl -o json channels | jq length)" = 0 ] || fail "it is still there"
await 5 ends || fail "the stream goes on"

eight=http://127.0.0.1:$port/live/$("$mkrecord" hash 8)
"$mkrecord" publish 8 last=3 | curl -s -m 5 --data-binary @- -o /dev/null \
    "$eight/publish"
opens "$eight"
ctl kick host 127.0.0.1 $while
[ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$eight/window")" = 403 ] ||
    fail "the host was not kicked"
await 5 ends || fail "the host's stream goes on"
back() {
	announce 1001 | grep -aq intervali
}
await 20 back || fail "a kick does not end"
# What is kicked is forgotten: nobody is told of the other one any more.
announce 1001 | grep -aq 5:peers0: || fail "who was kicked is handed out"
announce 1002 >/dev/null
published() {
	publish last=3 | grep -q '8:acceptedi4e'
}
await 20 published || fail "the channel does not come back"

# Reload: lists and log level at once, other lines are told.
other=$("$mkrecord" hash 9)
"$mkrecord" hash 7 >"$dir/deny"
printf 'deny-file deny\nlog-level debug\nnumwant 1\nmax-swarms 7\n' >"$dir/conf"
ctl reload || fail "reload: $(cat "$dir/ctl.err")"
[ -z "$(ctl channels | grep "^$hash")" ] || fail "denied, and still there"
log_has 'only an upgrade or a restart changes max-swarms' || fail max-swarms
! log_has 'restart changes numwant' || fail "numwant cannot change"
announce 1001 | grep -aq 'peers6:' || fail "numwant: $(announce 1001)"
[ "$(ctl -o json log-level | jq -r .log_level)" = debug ] || fail "log level"
ctl log-level warn
[ "$(ctl log-level)" = "log_level warn" ] || fail "log level by ctl"
echo rubbish >"$dir/deny"
refused reload
publish last=3 | grep -aq "not permitted" || fail "a bad list changes something"
printf 'nonsense 1\n' >"$dir/conf"
refused reload
[ "$(ctl -o json log-level | jq -r .log_level)" = warn ] ||
    fail "a bad configuration changes something"
alive tracker || fail "a bad configuration ends it"

# Upgrade: the socket is the successor's.
printf 'deny-file deny\nnumwant 7\n' >"$dir/conf"
"$mkrecord" hash 9 >"$dir/deny"
first=$(pid_of tracker)
# The successor is no child of ours.
successor() {
	pgrep -f -n -- "--control $dir/control" || :
}
end_successor() {
	[ -z "$(successor)" ] || kill "$(successor)" || :
}
at_end=end_successor
ctl upgrade || fail "upgrade: $(cat "$dir/ctl.err")"
await 15 gone tracker || fail "the old one stays"
[ "$(ctl -o json channels | jq length)" = 0 ] || fail "no answer after upgrade"
publish last=3 | grep -q '8:acceptedi4e' || fail "no publish after upgrade"
next=$(successor)
[ -n "$next" ] && [ "$next" != "$first" ] || fail "the successor is the old one"
at_end=:
kill "$next"
await 5 eval "[ ! -e $dir/control ]" || fail "the socket stays"
refused stats
