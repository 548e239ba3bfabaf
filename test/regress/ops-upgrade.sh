#!/bin/bash
# spate-tracker makes room for its successor: SIGUSR2 while clients come without
# a pause, each by a connection of its own. Nobody may be refused. And what the
# pid file says, a successor that cannot start, and kill -9.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/opslib.sh"

need curl python3
begin

pid_now() {
	cat "$dir/tracker.pidfile"
}

is_now() {
	[ "$(pid_now)" = "$1" ]
}

# Not a child of ours, so it is told by what the pid file says.
end_successor() {
	local p
	p=$(pid_now 2>/dev/null) || return 0
	[ -z "$p" ] || [ "$p" = "$(pid_of tracker)" ] || kill "$p" || :
}
at_end=end_successor

cp "$build/spate-tracker" "$dir/program"
echo "numwant 40" >"$dir/conf"
port=$(ports 1)
spawn tracker "$dir/program" --listen "127.0.0.1:$port" -f "$dir/conf" \
    --pidfile "$dir/tracker.pidfile"
await 5 port_open "$port" || fail "no tracker"
first=$(pid_of tracker)
is_now "$first" || fail "pid file: $(pid_now)"

# A stream of a viewer ends in good order; connections come all the time.
spawn clients python3 "$tools/knock.py" 127.0.0.1 "$port" "$dir/stop" --udp
await 5 test -e "$dir/stop.begun" || fail "no clients"

# One that cannot start: everything stays.
echo "nonsense 1" >>"$dir/conf"
kill -USR2 "$first"
await 10 log_has 'upgrade: goes on as it was' || fail "a bad successor is not told"
log_has "says=$dir/conf:2: no such option: nonsense" ||
    fail "not told why: $(grep upgrade "$dir/tracker.out")"
alive tracker && is_now "$first" || fail "a bad successor ends the old one"
answers || fail "no answer after a bad successor"

# A good one, three times; each is the parent's successor, knows the peers, and
# has another number of threads.
sed -i '$d' "$dir/conf"
quiet=info_hash=zzzzzzzzzzzzzzzzzzzz
for i in 11 12; do
	swarm=$quiet announce $i >/dev/null
done
old=$first
for i in 1 2 3; do
	echo "threads $((4 - i))" >>"$dir/conf"
	kill -USR2 "$old"
	await 10 log_has 'upgrade: the successor serves' ||
	    fail "no successor $i"
	await 15 eval "! kill -0 $old 2>/dev/null || [ \$(awk '{ print \$3 }' \
	    /proc/$old/stat) = Z ]" || fail "the old one stays ($i)"
	is_now "$old" && fail "pid file names the old one"
	old=$(pid_now)
	kill -0 "$old" || fail "pid file names nobody"
	log_has 'start: took over peers=' || fail "successor $i takes no peers"
	curl -sg -m 5 "http://127.0.0.1:$port/scrape?$quiet" |
	    grep -aq '10:incompletei2e' || fail "successor $i knows no peers"
	: >"$dir/tracker.out"
done

touch "$dir/stop"
await 10 gone clients || fail "clients do not end"
stop clients
cat "$dir/clients.out"
[ $status -eq 0 ] || fail "clients were refused"

# kill -9: what starts next takes the address and the pid file at once.
kill -9 "$old"
closed() {
	! port_open "$port"
}
await 5 closed || fail "it survives kill -9"
tracker_up --pidfile "$dir/tracker.pidfile"
is_now "$(pid_of tracker)" || fail "pid file after kill -9: $(pid_now)"
answers || fail "no answer after kill -9"
stop tracker
[ $status -eq 0 ] || fail "status $status"
[ ! -e "$dir/tracker.pidfile" ] || fail "the pid file stays"

# In the background, with files named from where it begins: they are found again
# by a reload, and by a successor.
background() {
	cat "$dir/background.pid"
}
end_background() {
	[ ! -s "$dir/background.pid" ] || kill "$(background)" || :
}
at_end=end_background
: >"$dir/deny"
(cd "$dir" && "$build/spate-tracker" -d --listen "127.0.0.1:$port" \
    --deny-file deny --control control --pidfile background.pid) ||
    fail "not to the background"
ctl() {
	"$build/spate-tracker" ctl -c "$dir/control" "$@"
}
printf '61%.0s' $(seq 20) >"$dir/deny"
ctl reload || fail "a reload does not find what is named from elsewhere"
announce 1 | grep -aq 'not permitted' || fail "the list has no effect"
first=$(background)
ctl upgrade || fail "no successor in the background"
another() {
	[ "$(background)" != "$first" ]
}
await 10 another || fail "the successor in the background does not start"
announce 1 | grep -aq 'not permitted' || fail "it does not find the list"
kill "$(background)"
await 5 test ! -e "$dir/background.pid" || fail "it does not end"
at_end=:
