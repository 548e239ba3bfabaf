#!/bin/sh
# readme.sh README TABLE [OPTIONS]: puts the table that `make bench-sim' printed,
# with BENCH_SIM=OPTIONS, into the part of README that is its own. Nothing else
# changes there.
set -eu
readme=$1
table=$2
options=${3:+" \\
	    BENCH_SIM='$3'"}
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT

grep -q '^The simulated table$' "$readme" || {
	echo "$readme: no part \`The simulated table'" >&2
	exit 1
}
grep -q 'bars met' "$table" || {
	echo "$table: not a whole table" >&2
	exit 1
}
{
	sed '/^The simulated table$/,$d' "$readme"
	cat <<END
The simulated table
-------------------

	make -C build bench-sim$options

The rows of the scheduler's specification, with as many viewers as row 1b has
where a row does not say otherwise, and uplinks of 1.5 times the stream's rate
in the mean. Best: what any scheduler could reach. c: copies that the origin
sent. The last ratio is to the least lag that there can be. All come within 10 s;
offload, c and lag count from 45 s on, when trees have settled, but for row 5,
where most come from 30 to 40 s and all counts. Misses, start-up and what
polluters do count from the beginning. Rows 15 are what others do in the same
world, rows 16 this engine without one of its parts: the bar is that they lose.
The command goes on with the other metrics of each row and with each bar.

END
	sed '/^$/,$d' "$table"
	echo
	sed -n '/ a row: medians/p' "$table"
	sed -n '/bars met/,$p' "$table"
	printf '\n\n'
	sed -n '/^Security$/,$p' "$readme"
} >"$tmp"
cat "$tmp" >"$readme"
