#!/bin/sh
# A torrent of 2 GiB (VOD_MIB) with two seeds on loopback, played: `name value
# unit' lines, and the bars of it: met, or MISSED. In memory, 4 GiB of it.
#
#	own	libtorrent alone, posix disk: this spate without a player
#	python	libtorrent alone, as Python's module sets it up (mmap)
#	read	one player from the first byte to the last
#	seek	from asking for a byte in the second half to having it, beside a
#		player that reads from the first byte on; a fresh start each
#		time, seeds that send all they can, or 20 MB/s together
#
# VOD_RUNS=0 leaves the first three out, VOD_SEEKS is how many of each.
set -eu
. "${top_srcdir:-.}/test/regress/lib.sh"
. "${top_srcdir:-.}/test/regress/vodlib.sh"
mib=${VOD_MIB:-2048}
seeks=${VOD_SEEKS:-7}
TMPDIR=${VOD_DIR:-/dev/shm}
export TMPDIR
tools=$top/test/regress
vod_script=$top/test/bench/vod.sh
vod_begin

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# since NS: seconds
since() {
	echo "$1 $(date +%s%N)" | awk '{ printf "%.3f", ($2 - $1) / 1e9 }'
}

# rate SECONDS: MB/s of all of it
rate() {
	echo "$mib $1" | awk '{ printf "%.1f", $1 * 1.048576 / $2 }'
}

seeds() {
	peers=
	seed 1 big "$@"
	seed 2 big "$@"
}

bar() {
	echo "$2 $3 $4" | awk -v name="$1" '{
		ok = $2 == "<=" ? $1 <= $3 : $1 >= $3
		printf "%-24s %s: %s %s\n", name, ok ? "met" : "MISSED", $2, $3
	}'
}

complete() {
	[ "$(status '.stats.done_bytes == .stats.size')" = true ]
}

ready() {
	[ "$(status .torrent.checked)" = true ] &&
	    [ "$(status '.stats.peers')" -ge 2 ]
}

vodseed bytes "$dir/src/big.mkv" "$mib" big
torrent big "$dir/src/big.mkv" v1 1024
play_options="--port 8090"

# ---- throughput, in turns

for i in $(seq "${VOD_RUNS:-3}"); do
	seeds
	vodseed load 127.0.0.9 "$dir/python" "$dir/big.torrent" \
	    127.0.0.2:7001 127.0.0.3:7002 >>"$dir/python.mbs"
	rm -rf "$dir/python"

	play own "$magnet$peers"
	# from the first byte that comes on, as the others
	until [ "$(status .stats.down_bytes)" -gt 0 ]; do
		sleep 0.01
	done
	begun=$(date +%s%N)
	until complete; do
		sleep 0.02
	done
	rate "$(since "$begun")" >>"$dir/own.mbs"
	echo >>"$dir/own.mbs"
	stop own INT

	play read "$magnet$peers"
	curl -sS -o /dev/null -w '%{time_total} %{time_starttransfer}\n' \
	    "$main" >"$dir/curl"
	rate "$(awk '{ print $1 }' "$dir/curl")" >>"$dir/read.mbs"
	echo >>"$dir/read.mbs"
	stop read INT
	stop seed1
	stop seed2
done
if [ -s "$dir/read.mbs" ]; then
	mbs_python=$(median <"$dir/python.mbs")
	mbs_own=$(median <"$dir/own.mbs")
	mbs_read=$(median <"$dir/read.mbs")
	for i in python own read; do
		echo "vod_$i $(median <"$dir/$i.mbs") MB/s" \
		    "($(tr '\n' ' ' <"$dir/$i.mbs"))"
	done
	bar vod_read_of_python "$(echo "$mbs_read $mbs_python" |
	    awk '{ printf "%.2f", $1 / $2 }')" '>=' 0.8
	bar vod_read_of_own "$(echo "$mbs_read $mbs_own" |
	    awk '{ printf "%.2f", $1 / $2 }')" '>=' 0.8
fi

# ---- seeks

# seek N: seconds, of the Nth of them
seek() {
	local at=$((mib * 524288 + mib * 524288 / (seeks + 1) * $1)) t
	play seek "$magnet$peers"
	spawn reader curl -sS -o /dev/null "$main"
	await 10 ready
	sleep 0.7
	t=$(curl -sS -m 60 -r $at-$at -o /dev/null -w '%{time_total}' "$main")
	echo "$t"
	signal reader KILL
	stop seek INT >/dev/null
}

for how in fast slow; do
	case $how in
	fast) seeds ;;
	slow) seeds upload=10000000 ;;
	esac
	for i in $(seq "$seeks"); do
		seek "$i" >>"$dir/seek.$how"
	done
	stop seed1
	stop seed2
	t=$(median <"$dir/seek.$how")
	echo "vod_seek_$how $t s ($(tr '\n' ' ' <"$dir/seek.$how"))"
	bar "vod_seek_$how" "$t" '<=' 1
done
