#!/bin/sh
# The same answers as opentracker's on a record of announces and scrapes, but
# for the differences that opentracker.py lists and gives reasons for.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need opentracker python3
[ "$(id -u)" -eq 0 ] || skip "opentracker wants to be started by root"
begin
record=$tools/opentracker.rec
root=$dir/root
mkdir "$root"
chmod 755 "$dir" "$root"
python3 "$tools/opentracker.py" hashes "$record" >"$root/white"
theirs=$(ports 1)
cat >"$root/conf" <<END
listen.tcp_udp 127.0.0.1:$theirs
access.whitelist /white
tracker.rootdir $root
tracker.user nobody
END
spawn opentracker opentracker -f "$root/conf"
await 5 port_open "$theirs" || fail "no opentracker"
tracker_start
udp=
! udp_open "$tracker_port" || udp=udp
python3 "$tools/opentracker.py" "$record" "$theirs" "$tracker_port" $udp ||
    fail "other answers than opentracker's"
