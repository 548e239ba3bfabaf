#!/bin/sh
# What the DHT costs a viewer: memory and processor of one that uses it, beside
# one of the same channel that does not, for a minute (BENCH_SECONDS). Prints
# both, and whether the bars are met: 15 MiB, 1 % of a core.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/dhtlib.sh"
need ffmpeg nginx python3 curl jq
begin
seconds=${BENCH_SECONDS:-60}

# rss NAME: KiB; cpu NAME: ticks of 10 ms.
rss() {
	awk '/^VmRSS/ { print $2 }' "/proc/$(pid_of "$1")/status"
}
cpu() {
	awk '{ print $14 + $15 }' "/proc/$(pid_of "$1")/stat"
}

nodes_start 8
origin_start
source_start ts 900k
tracker_options="--lan yes"
tracker_start
channel_create
spawn seeder "$build/spate-seed" -v --lan --no-lsd --key "$dir/key" --dht yes \
    --dht-bootstrap "127.0.0.1:$boot" "$origin/$playlist"
await 10 head_is_there || fail "no node has the head"
viewer_ports 2
dht_viewer 1 --dht yes
viewer_start 2 --no-dht
read_with 1 $((seconds + 10))
read_with 2 $((seconds + 10))
sleep 5
a=$(cpu viewer1) b=$(cpu viewer2)
sleep "$seconds"
a=$(($(cpu viewer1) - a)) b=$(($(cpu viewer2) - b))
[ "$(dht 1 .ready)" = true ] && [ "$(counter 2 .dht)" = null ] ||
    fail "the one has no DHT, or the other has one"
echo "$(rss viewer1) $(rss viewer2) $a $b $seconds" | awk '
	function bar(x, most) { return x <= most ? "met" : "MISSED" }
	{
		mib = ($1 - $2) / 1024
		core = ($3 - $4) / $5
		printf "%-10s %10s %10s %10s   bar\n", "", "with", "without", "added"
		printf "%-10s %9.1fM %9.1fM %9.1fM   15 MiB: %s\n", "RSS",
		    $1 / 1024, $2 / 1024, mib, bar(mib, 15)
		printf "%-10s %9.2f%% %9.2f%% %9.2f%%   1 %%: %s\n", "core",
		    $3 / $5, $4 / $5, core, bar(core, 1)
	}'
