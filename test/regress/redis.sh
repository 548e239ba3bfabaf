#!/bin/sh
# Three trackers share state through Redis: peers that announce themselves at
# different ones find each other, a window that is published at one is read at
# all; Redis is killed and comes back empty, a tracker is killed. BENCH=1: only
# the windows, more of them, and the bar of 100 ms counts (make bench-redis).
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"

. "$tools/redislib.sh"

need_redis
begin
sock=$dir/redis.sock
url="unix:operator:s3cret%21@$sock"
tracker_ports

redis_start() {
	cat >"$dir/redis.conf" <<-CONF
	port 0
	unixsocket $sock
	dir $dir
	save ""
	user operator on >s3cret! ~* &* +@all
	user default off
	CONF
	spawn redis redis-server "$dir/redis.conf"
	await 5 cli ping || fail "redis-server does not start"
}

cli() {
	redis-cli -s "$sock" --user operator --pass 's3cret!' \
	    --no-auth-warning "$@" >"$dir/cli.txt" && ! grep -q '^(error)' \
	    "$dir/cli.txt"
}

redis_start
trackers 1 2 3

# ---- windows ----

publish 1 1 5
all_have 5 5
last=25 bar=2000
[ -z "${BENCH:-}" ] || last=205 bar=100
for n in $(seq 6 $last); do
	"$mkrecord" publish 7 first="$n" last="$n" manifest=0 >"$dir/$n"
done
python3 "$tools/redis.py" windows $bar "$hash" "$dir" 6 $last $all >"$dir/w.txt" ||
    fail "windows: $(cat "$dir/w.txt")"
say "$(cat "$dir/w.txt")"
[ -z "${BENCH:-}" ] || exit 0

# Another tracker is another boot: a reader that comes over gets all.
boot=$(curl -s "http://127.0.0.1:$p1/live/$hash/window" |
    "$mkrecord" frames | sed -n 's/hello boot=\([^ ]*\).*/\1/p')
[ "$(records 1 "?since=$boot.$last")" = "25 " ] || fail "since at its own tracker"
[ "$(records 2 "?since=$boot.$last")" = "$(records 1 '')" ] ||
    fail "since at another tracker"

# ---- peers ----

python3 "$tools/redis.py" peers 2000 $all >"$dir/p.txt" ||
    fail "peers: $(cat "$dir/p.txt")"
say "$(cat "$dir/p.txt")"

# ---- Redis dies, and its data with it ----

stop redis KILL
publish 1 26 27 manifest=0
has 1 27 || fail "a tracker alone does not go on"
sleep 1
! has 2 26 || fail "there is another way than Redis"
redis_start
for i in 2 3; do
	await 20 has $i 27 || fail "tracker $i does not catch up"
done
publish 3 28 28 manifest=0
await 5 has 1 28 || fail "it does not go on after Redis was lost"

# ---- a tracker dies ----

stop tracker2 KILL
publish 1 29 29 manifest=0
await 5 has 3 29 || fail "two trackers do not go on"
tracker 2
await 10 has 2 29 || fail "a new tracker has no window"
same() {
	[ "$(records 2 '')" = "$(records 1 '')" ]
}
await 5 same || fail "a new tracker has not the whole window"

# ---- policy ----

cli sadd 'spate:{policy}:deny' "$hash" && cli xadd spate:news '*' p 1 ||
    fail "redis-cli: $(cat "$dir/cli.txt")"
denied() {
	eval "port=\$p$1"
	[ "$(curl -s -o /dev/null -w '%{http_code}' \
	    "http://127.0.0.1:$port/live/$hash/window")" = 404 ]
}
for i in 1 2 3; do
	await 5 denied $i || fail "tracker $i serves what is denied"
done

# ---- logs ----

for i in 1 3; do
	[ "$(grep -c 'redis: not there' "$dir/tracker$i.out")" -eq 1 ] ||
	    fail "tracker $i: one line when Redis goes"
	[ "$(grep -c 'redis: up' "$dir/tracker$i.out")" -eq 2 ] ||
	    fail "tracker $i: one line when Redis comes"
done
! grep -q 's3cret' "$dir"/tracker?.out || fail "a password is logged"
