#!/bin/sh
# What a viewer costs among many: 50 neighbours, 8 Mbit/s in and about as much
# out, 60 s (BENCH_SECONDS). The neighbours are in two processes (crowd.c),
# the viewer is in its own and only that one is measured. Bar: 5 % of a core.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=${BENCH_SECONDS:-60}
neighbours=${BENCH_NEIGHBOURS:-50}

# CPU time in ms, by the scheduler's account.
cpu_ms() {
	cat "/proc/$(pid_of "$1")"/task/*/schedstat |
	    awk '{ s += $1 } END { printf "%d\n", s / 1000000 }'
}

segment_seconds=2
source_rate=8450k
source_options="-minrate 8450k -x264-params nal-hrd=cbr"
origin_start
source_start ts "$source_rate"
tracker_start
port=$(ports 1)
spawn tracker2 "$build/spate-tracker" --listen "127.0.0.1:$port"
await 5 port_open "$port" || fail "no second tracker"
channel_options="--tracker http://127.0.0.1:$port/announce"
channel_create
seeder_start
viewer_ports 1
# An engine dials half of the neighbours that it wants and takes the others.
spawn crowd-in "$build/test/bench/crowd" "$link" "$dir/origin/live" \
    $(((neighbours + 1) / 2)) in
sleep 3 # they are known when the viewer asks who is there
viewer_start 1 --neighbours "$neighbours"
read_with 1 $((seconds + 40))
sleep 4
spawn crowd-out "$build/test/bench/crowd" "$link" "$dir/origin/live" \
    $((neighbours / 2)) out
sleep 20
t0=$(date +%s%N)
c0=$(cpu_ms viewer1)
b0=$(counter 1 '.stats | "\(.peer_bytes) \(.origin_bytes) \(.up_bytes)"')
sleep "$seconds"
b1=$(counter 1 '.stats | "\(.peer_bytes) \(.origin_bytes) \(.up_bytes)"')
c1=$(cpu_ms viewer1)
t1=$(date +%s%N)
counter 1 '.stats | "crowd_neighbours \(.neighbours) peers
crowd_stalls \(.stalls) stalls"'
echo "$b0 $b1" | awk -v c=$((c1 - c0)) -v ns=$((t1 - t0)) '{
	s = ns / 1e9
	printf "crowd_down %.2f Mbit/s\n", ($4 - $1 + $5 - $2) * 8e-6 / s
	printf "crowd_down_origin %.2f Mbit/s\n", ($5 - $2) * 8e-6 / s
	printf "crowd_up %.2f Mbit/s\n", ($6 - $3) * 8e-6 / s
	printf "crowd_cpu %.2f %%\n", c / 10 / s
}'
for i in in out; do
	stop crowd-$i
	tail -n 1 "$dir/crowd-$i.out" >&2
done
