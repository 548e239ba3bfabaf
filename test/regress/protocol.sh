#!/bin/sh
# spate-protocol(7) says enough and says it right: a peer that was written from
# the page alone talks to spate, and a stranger does not.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need python3
begin
tracker=http://127.0.0.1:1/announce
origin=http://127.0.0.1:1
channel_create
set -- $(ports 2)
spawn viewer "$build/spate" --quiet --no-port-map --no-lsd --port "$1" \
    --peer-port "$2" "$link"
await 5 port_open "$2" || fail "spate does not start"
key=${link#*btpk:}
python3 "$tools/protocol.py" "${key%%&*}" "$2" || fail "the page is wrong"
stop viewer
[ $status -eq 0 ] || fail "spate ends with $status"
