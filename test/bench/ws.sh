#!/bin/sh
# Announces by WebSocket: the tracker on one core, the load on another. First
# 200 sockets, then many, for what each costs. bittorrent-tracker 11.2 on the
# reference machine: 31,274 announces/s, 32 CPU s per million, 10.6 KiB a
# socket.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need taskset
begin
seconds=${BENCH_SECONDS:-5}
many=${BENCH_SOCKETS:-10000}

for n in 200 "$many"; do
	port=$(ports 1)
	spawn "tracker$n" taskset -c 0 "$build/spate-tracker" \
	    --max-sockets 100000 --listen "127.0.0.1:$port"
	await 5 port_open "$port" || fail "no tracker"
	taskset -c 1 "$build/test/bench/bench_ws" "127.0.0.1:$port" "$n" \
	    "$seconds" "$(pid_of "tracker$n")" | sed "s/^/sockets_${n}_/"
	stop "tracker$n"
done
