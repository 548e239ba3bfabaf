#!/bin/sh
# The model against the world: twenty viewers on hosts of their own, with
# uplinks as they were measured (SCHEDULER.md section 8) of 1.5 times the
# stream on the mean, and hosts.scn, the same in spate-sim. `make check-hosts'
# runs it; too long for every check.
#
#	HOSTS_SECONDS=120	how long
#	HOSTS_DELAY=6s		playout delay
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/net.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=${HOSTS_SECONDS:-120}
settle=30
seeds=1..3
viewer_options="--delay ${HOSTS_DELAY:-6s}"
segment_seconds=2
viewers=$(seq 20)

# In the order of spate-sim's mix:3Mbit/s.
net_up 241 2533 1025 7538 1025 241 2533 1025 7538 1025 \
    241 2533 1025 7538 2533 241 2533 1025 15075 2533
net_swarm 1815k
for i in $viewers; do
	net_viewer "$i" "$seconds"
	sleep 0.3
done

set --
for i in $viewers; do
	set -- "$@" "hlsget$i"
done
players_done $((seconds + 30)) "$@"
set --
for i in $viewers; do
	in_host "$i" curl -sS -m 5 http://127.0.0.1:9000/metrics \
	    >"$dir/metrics$i" || fail "viewer$i does not answer"
	set -- "$@" "$dir/hlsget$i.log"
done
viewers_leave $viewers
net_done
net_quiet 20000
judge --offload 0 "$@"
# Not meanwhile: it would take the machine from them.
"$build/spate-sim" -q -o json --seed $seeds --set "RUN=${seconds}s" \
    --set "SETTLE=${settle}s" --set "D=${HOSTS_DELAY:-6s}" \
    "$tools/hosts.scn" >"$dir/sim.json" || fail "spate-sim"
python3 "$tools/hosts.py" --access "$dir/access.log" \
    --begun "$dir/viewer1.begun" --settle $settle --run "$seconds" \
    --sim "$dir/sim.json" --offload 0.92 --metrics "$dir"/metrics* -- "$@"
