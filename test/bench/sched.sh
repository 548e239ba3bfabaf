#!/bin/sh
# What the scheduler costs for each block that is delivered, in instructions:
# fifty viewers with two dozen neighbours each in spate-sim, by callgrind. The
# same seed gives the same run, so that two runs differ by nothing but the
# addresses in libc's hands. Prints `name value unit' lines.
set -eu
build=${top_builddir:-.}
top=${top_srcdir:-.}
command -v valgrind >/dev/null || {
	echo "sched: no valgrind here" >&2
	exit 0
}
dir=$(mktemp -d "${TMPDIR:-/tmp}/spate-sched.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
valgrind -q --tool=callgrind --callgrind-out-file="$dir/out" \
    "$build/spate-sim" -q -o json --seed 1 --set N=50 --set RUN=22s \
    "$top/test/sim/suites/static.scn" >"$dir/json"
blocks=$(sed -n 's/.*"blocks":\([0-9]*\).*/\1/p' "$dir/json")
python3 "$top/test/bench/callgrind.py" "$dir/out" "$blocks"
echo "instr_blocks $blocks blocks"
