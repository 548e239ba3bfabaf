#!/bin/bash
# The units as systemd sees them, and sockets that it opens.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/opslib.sh"

need systemd-analyze systemd-socket-activate curl python3
begin

# With the program where it is here. (verify wants to find it.)
mkdir "$dir/units"
for n in service socket; do
	sed "s,@sbindir@,$build,; s,@sysconfdir@,$dir,g" \
	    "$top/tracker/ops/spate-tracker.$n.in" \
	    >"$dir/units/spate-tracker.$n"
done
systemd-analyze verify --man=no "$dir/units/spate-tracker.socket" \
    "$dir/units/spate-tracker.service" >"$dir/verify.out" 2>&1 ||
    fail "verify: $(cat "$dir/verify.out")"
! grep spate-tracker "$dir/verify.out" || fail "verify complains"
# 0 is safest, 100 no protection at all; ours is at 15.
systemd-analyze security --offline=true --threshold=20 --no-pager \
    "$dir/units/spate-tracker.service" >"$dir/security.out" ||
    fail "too exposed: $(tail -n 1 "$dir/security.out")"
tail -n 1 "$dir/security.out"

# The kinds that activation passes, and addresses that we do not listen on.
port=$(ports 1)
strange=$(ports 1)
spawn tracker systemd-socket-activate -l "127.0.0.1:$port" \
    -l "127.0.0.1:$strange" "$build/spate-tracker" --listen "127.0.0.1:$port"
await 5 port_open "$port" || fail "nobody listens"
await 5 answers || fail "no answer on the socket of systemd"
log_has 'http: listens' || fail "not listening"
log_has 'closed=1' || fail "the strange socket is not told"
closed() {
	! port_open "$strange"
}
await 3 closed || fail "the strange socket stays open"
stop tracker
[ $status -eq 0 ] || fail "status $status"

# The same by UDP: the datagram that wakes it is answered, too.
udp=$(ports 1)
spawn tracker systemd-socket-activate -d -l "127.0.0.1:$udp" \
    "$build/spate-tracker" --listen "127.0.0.1:$udp"
await 5 connects "$udp" || fail "no answer by UDP"
stop tracker
[ $status -eq 0 ] || fail "status $status"

# What it tells: READY, RELOADING with the time, WATCHDOG, STOPPING.
cat >"$dir/hear.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
END
spawn hear python3 "$dir/hear.py" "$dir/notify"
await 5 test -S "$dir/notify" || fail "nobody hears"
export NOTIFY_SOCKET="$dir/notify" WATCHDOG_USEC=300000
tracker_up --control "$dir/control"
unset NOTIFY_SOCKET WATCHDOG_USEC
told() {
	grep -q "$1" "$dir/hear.out"
}
await 3 told '^READY=1$' || fail "READY"
await 3 told '^WATCHDOG=1$' || fail "WATCHDOG"
await 5 told '^STATUS=0 peers in 0 swarms, 0 channels, 0 streams$' ||
    fail STATUS
signal tracker HUP
await 3 told '^RELOADING=1 MONOTONIC_USEC=[0-9]*$' || fail "RELOADING"
await 3 eval '[ $(grep -c "^READY=1$" "$dir/hear.out") -ge 2 ]' ||
    fail "READY after RELOADING"
signal tracker USR2
await 10 told '^MAINPID=[0-9]* READY=1$' || fail "MAINPID"
await 15 gone tracker || fail "the old one stays"
next=$(sed -n 's/^MAINPID=\([0-9]*\) .*/\1/p' "$dir/hear.out")
kill "$next"
await 3 told '^STOPPING=1$' || fail "STOPPING"
