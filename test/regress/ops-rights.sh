#!/bin/bash
# --user and --chroot: what the tracker is afterwards, that there is no way
# back, that lists and the control socket still work, and what is refused.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/opslib.sh"

[ "$(id -u)" = 0 ] || skip "has to be root"
need curl python3
begin
chmod 755 "$dir"

# status KEY: of the tracker, from /proc.
status() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$(pid_of tracker)/status"
}

# refuses TEXT OPTION...: the tracker ends with 2 and says so.
refuses() {
	local text=$1 rc=0
	shift
	"$build/spate-tracker" -n "$@" >"$dir/refused" 2>&1 || rc=$?
	[ $rc -eq 2 ] && grep -q "$text" "$dir/refused" ||
	    fail "$*: status $rc: $(cat "$dir/refused")"
}

refuses 'no such user' --user no-such-user
refuses 'no such group' --user nobody:no-such-group
refuses 'is root' --user root
refuses 'name a user' --chroot /tmp
refuses 'No such file' --user nobody --chroot /no/such/dir

mkdir "$dir/jail"
echo "# nobody" >"$dir/jail/deny"
echo "# nobody" >"$dir/deny"
chmod 644 "$dir/jail/deny" "$dir/deny"
refuses 'not below the chroot' --user nobody --chroot "$dir/jail" \
    --deny-file "$dir/deny"

# Without a chroot: lists, control socket, upgrade.
mkdir "$dir/run"
chown nobody "$dir/run"
port=$(ports 1)
echo "threads 1" >"$dir/conf"
chmod 644 "$dir/conf"
spawn tracker "$build/spate-tracker" --listen "127.0.0.1:$port" \
    -f "$dir/conf" --user nobody:nogroup --deny-file "$dir/deny" \
    --control "$dir/run/control"
await 5 port_open "$port" || fail "no tracker"
uid=$(id -u nobody)
gid=$(sed -n 's/^nogroup:[^:]*:\([0-9]*\):.*/\1/p' /etc/group)
is_dropped() {
	[ "$(status Uid | tr '\t' ' ')" = "$uid $uid $uid $uid" ] ||
	    fail "uid: $(status Uid)"
	[ "$(status Gid | tr '\t' ' ')" = "$gid $gid $gid $gid" ] ||
	    fail "gid: $(status Gid)"
	[ "$(status Groups | tr -d ' ')" = "$gid" ] ||
	    fail "groups: $(status Groups)"
	[ "$(status NoNewPrivs)" = 1 ] || fail "new privileges are possible"
	for n in CapInh CapPrm CapEff CapAmb; do
		[ "$(status $n)" = 0000000000000000 ] || fail "$n: $(status $n)"
	done
}
is_dropped
[ "$(stat -c '%U:%G %a' "$dir/run/control")" = "nobody:nogroup 660" ] ||
    fail "socket: $(stat -c '%U:%G %a' "$dir/run/control")"
answers || fail "no answer"
printf '%040d\n' 0 | sed 's/00/61/g' >"$dir/deny"
signal tracker HUP
await 3 log_has 'reload: read deny-file entries=1' || fail "no reload"
announce 1 | grep -aq 'not permitted' || fail "the list has no effect"
: >"$dir/deny"
# More threads, though nobody may bind beside a socket that root has opened.
echo "threads 3" >"$dir/conf"
signal tracker USR2
await 10 log_has 'upgrade: the successor serves' || fail "no upgrade"
log_has 'threads=3' || fail "no more threads"
await 15 gone tracker || fail "the old one stays"
sed -n 's/.*successor serves pid=//p' "$dir/tracker.out" >"$dir/tracker.pid"
is_dropped
[ "$(ls "/proc/$(pid_of tracker)/task" | wc -l)" -ge 4 ] || fail "threads"
for n in /proc/"$(pid_of tracker)"/task/*/status; do
	grep -q '^NoNewPrivs:[[:space:]]*1$' "$n" || fail "new privileges: $n"
done
answers || fail "no answer after the upgrade"
await 5 connects "$port" || fail "no answer by UDP after the upgrade"
kill "$(pid_of tracker)"
await 5 gone tracker || fail "the successor stays"
[ ! -e "$dir/run/control" ] || fail "the socket stays"

# (The leak check of a sanitized build wants /proc.)
export ASAN_OPTIONS=detect_leaks=0

# In a chroot: the list is read from inside; no upgrade.
: >"$dir/tracker.out"
tracker_up --user nobody --chroot "$dir/jail" --deny-file "$dir/jail/deny"
[ "$(readlink "/proc/$(pid_of tracker)/root")" = "$dir/jail" ] ||
    fail "root directory"
[ "$(readlink "/proc/$(pid_of tracker)/cwd")" = "$dir/jail" ] ||
    fail "current directory"
printf '%040d\n' 0 | sed 's/00/61/g' >"$dir/jail/deny"
signal tracker HUP
await 3 log_has 'reload: read deny-file entries=1' || fail "no reload inside"
announce 1 | grep -aq 'not permitted' || fail "the list has no effect inside"
signal tracker USR2
await 3 log_has 'upgrade: no successor' || fail "an upgrade out of a chroot"
alive tracker || fail "it ended"
stop tracker
[ $status -eq 0 ] || fail "status $status"

# Who is not root and cannot become somebody else does not stay as he was.
rc=0
setpriv --reuid "$uid" --clear-groups "$build/spate-tracker" --listen \
    127.0.0.1:0 --user daemon >"$dir/half" 2>&1 || rc=$?
[ $rc -eq 1 ] && grep -q 'user: daemon' "$dir/half" ||
    fail "half dropped: status $rc: $(cat "$dir/half")"

# Too few open files are told.
(ulimit -n 200 && exec "$build/spate-tracker" --listen 127.0.0.1:0 --user \
    nobody) >"$dir/few" 2>&1 &
echo $! >"$dir/few.pid"
few() {
	grep -q 'fewer open files' "$dir/few" ||
	    [ "$(awk '/Max open files/ { print $4 }' \
		"/proc/$(pid_of few)/limits")" -ge 10000 ]
}
await 5 few || fail "few files: $(cat "$dir/few")"
kill "$(pid_of few)"
