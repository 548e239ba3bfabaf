#!/bin/sh
# Three trackers share state through a Redis Cluster of three masters and a
# replica, with a password: what is published at one is read at all, while a
# slot moves (ASK, MOVED), when a master dies and its replica takes over, when a
# node that has none dies, and when it is back.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "$tools/redislib.sh"

need_redis
begin
tracker_ports
export REDISCLI_AUTH=s3cret

# node I: a server of the cluster, its data in a directory of its own.
node() {
	eval "port=\$n$1"
	mkdir -p "$dir/node$1"
	spawn "node$1" redis-server --bind 127.0.0.1 --port "$port" \
	    --dir "$dir/node$1" --save "" --cluster-enabled yes \
	    --cluster-node-timeout 1000 --cluster-require-full-coverage no \
	    --cluster-replica-validity-factor 0 --repl-diskless-sync-delay 0 \
	    --requirepass s3cret --masterauth s3cret
	await 5 cli "$1" ping || fail "redis-server $1 does not start"
}

# cli I COMMAND...: what node I says is in $dir/cli.txt.
cli() {
	eval "port=\$n$1"
	shift
	redis-cli -p "$port" "$@" >"$dir/cli.txt" 2>&1 &&
	    ! grep -q -e '^(error)' -e '^ERR' -e '^CLUSTERDOWN' "$dir/cli.txt"
}

# cluster ...: of the tool of that name.
cluster() {
	redis-cli --cluster "$@" >"$dir/cli.txt" 2>&1 ||
	    fail "redis-cli --cluster $1: $(cat "$dir/cli.txt")"
}

# is I WORD: what CLUSTER NODES of node I says.
is() {
	cli "$1" cluster nodes && grep -q "$2" "$dir/cli.txt"
}

# id I: the name of node I.
id() {
	cli "$1" cluster myid && cat "$dir/cli.txt"
}

# node_ports N: free ones; the bus of a cluster is 10000 above.
node_ports() {
	python3 - "$1" <<-'END'
	import random, socket, sys
	socks = []
	while len(socks) < 2 * int(sys.argv[1]):
	    a, b = socket.socket(), socket.socket()
	    try:
	        at = random.randrange(15000, 22000)
	        a.bind(("127.0.0.1", at))
	        b.bind(("127.0.0.1", at + 10000))
	        socks += [a, b]
	    except OSError:
	        a.close(), b.close()
	print(*(s.getsockname()[1] for s in socks[::2]))
	END
}

set -- $(node_ports 4)
n1=$1 n2=$2 n3=$3 n4=$4
for i in 1 2 3 4; do
	node $i
done
cluster create "127.0.0.1:$n1" "127.0.0.1:$n2" "127.0.0.1:$n3" --cluster-yes
for i in 1 2 3; do
	joined() {
		cli $i cluster info && grep -q '^cluster_state:ok' "$dir/cli.txt" &&
		    grep -q '^cluster_slots_ok:16384' "$dir/cli.txt"
	}
	await 10 joined || fail "node $i does not join"
done
# The first master has what trackers wait for.
cluster add-node "127.0.0.1:$n4" "127.0.0.1:$n1" --cluster-slave \
    --cluster-master-id "$(id 1)"
replicates() {
	cli 4 info replication && grep -q '^master_link_status:up' "$dir/cli.txt"
}
await 10 replicates || fail "no replica"

# One of them is named, and knows the others.
url=redis://:s3cret@127.0.0.1:$n2
trackers 1 2 3

# ---- all of it is spread, and found ----

nodes() {
	curl -s -m 5 "http://127.0.0.1:$p1/metrics" |
	    grep -q "^spate_tracker_redis_nodes{state=\"up\"} $1\$"
}
nodes 3 || fail "not three nodes"
publish 1 1 5
all_have 5 5
python3 "$tools/redis.py" peers 300 $all >"$dir/p.txt" ||
    fail "peers: $(cat "$dir/p.txt")"
say "$(cat "$dir/p.txt")"
for i in 1 2 3; do
	cli $i dbsize && [ "$(cat "$dir/cli.txt")" -gt 0 ] ||
	    fail "node $i has no keys"
done

# ---- a slot moves ----

cli 1 cluster keyslot "{$hash}" || fail keyslot
slot=$(cat "$dir/cli.txt")
from=$((slot / 5461 + 1))
[ $from -le 3 ] || from=3
to=$((from % 3 + 1))
from_id=$(id $from) to_id=$(id $to)
eval "to_port=\$n$to"
cli $to cluster setslot "$slot" importing "$from_id" &&
    cli $from cluster setslot "$slot" migrating "$to_id" &&
    cli $from migrate 127.0.0.1 "$to_port" "" 0 5000 auth s3cret keys \
	"spate:{$hash}:w" "spate:{$hash}:m" ||
    fail "migrate: $(cat "$dir/cli.txt")"
publish 2 6 7 manifest=0
all_have 7 5 "by ASK"
for i in $to $from; do
	cli $i cluster setslot "$slot" node "$to_id" ||
	    fail "setslot: $(cat "$dir/cli.txt")"
done
publish 3 8 9 manifest=0
all_have 9 10 "by MOVED"

# ---- a master dies ----

stop node1 KILL
await 15 is 2 "$n4@.* master" || fail "no failover"
publish 1 10 11 manifest=0
all_have 11 20 "after a failover"

# ---- a master dies that nobody takes over from ----

stop node3 KILL
publish 1 12 12 manifest=0
has 1 12 || fail "a tracker does not go on"
node 3
publish 1 13 13 manifest=0
all_have 13 20 "after a node was gone"

for i in 1 2 3; do
	! grep -q s3cret "$dir/tracker$i.out" || fail "a password is logged"
	[ "$(grep -c 'redis: up' "$dir/tracker$i.out")" -le 10 ] ||
	    fail "tracker $i comes and goes"
done
