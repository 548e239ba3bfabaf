#!/bin/sh
# What a viewer costs: 2 Mbit/s, eight neighbours, 90 s (BENCH_SECONDS). Prints
# `name value unit' lines as the other benchmarks do. Bars: 40 MiB resident,
# 3 % of a core.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=${BENCH_SECONDS:-90}

# ticks NAME: CPU time so far, in clock ticks.
ticks() {
	sed 's/.*) //' "/proc/$(pid_of "$1")/stat" | awk '{ print $12 + $13 }'
}

# memory NAME FIELD: KiB.
memory() {
	awk -v f="$2:" '$1 == f { print $2 }' "/proc/$(pid_of "$1")/status"
}

source_rate=1900k
swarm_start 9 ts
for i in 1 2 3 4 5 6 7 8 9; do
	viewer_start $i
done
read_with 1 $((seconds + 10))
sleep 10
t0=$(date +%s%N)
c0=$(ticks viewer1)
sleep "$seconds"
c1=$(ticks viewer1)
t1=$(date +%s%N)
hz=$(getconf CLK_TCK)
counter 1 '.stats | "viewer_neighbours \(.neighbours) peers
viewer_window \(.window_bytes / 1048576 * 10 | round / 10) MiB
viewer_rate \((.peer_rate + .origin_rate) * 8 / 1000 | round) kbit/s
viewer_upload \(.up_rate * 8 / 1000 | round) kbit/s
viewer_stalls \(.stalls) stalls"'
awk -v c=$((c1 - c0)) -v hz="$hz" -v ns=$((t1 - t0)) -v rss="$(memory viewer1 VmRSS)" \
    -v hwm="$(memory viewer1 VmHWM)" 'BEGIN {
	printf "viewer_rss %.1f MiB\n", rss / 1024
	printf "viewer_rss_peak %.1f MiB\n", hwm / 1024
	printf "viewer_cpu %.2f %%\n", 100 * c / hz / (ns / 1e9)
}'
