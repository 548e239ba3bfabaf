#!/bin/sh
# run.sh SECONDS TARGET...: each target under libFuzzer for that long, two at
# a time. Builds in $top_builddir/fuzz with clang. What was learned stays in
# fuzz/learned/TARGET, what crashed in fuzz/crash/; a crash joins
# test/fuzz/corpus/TARGET with its fix.
set -eu

top=$(cd "${top_srcdir:-.}" && pwd)
dir=${top_builddir:-build}/fuzz
seconds=$1
shift
[ ! -f "$top/config.status" ] || {
	echo "fuzz: the source tree itself is configured: make distclean"
	exit 1
}
mkdir -p "$dir/crash"
cd "$dir"
[ -f Makefile ] || "$top/configure" -q --enable-core-only --enable-fuzzing \
    --enable-sanitizers \
    CC=clang CFLAGS='-O1 -g'
make -s -j2 fuzz-programs

# One target; its last lines say how it went.
cat >one.sh <<'EOF'
name=${1##*/fuzz_}
mkdir -p "learned/$name"
if "./$1" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="crash/$name-" \
    "learned/$name" "$3/test/fuzz/corpus/$name" >"$name.out" 2>&1; then
	echo "$name: $(sed -n 's/.*number_of_executed_units: *//p' \
	    "$name.out") inputs, $(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' \
	    "$name.out" | tail -n 1) edges"
else
	echo "$name: FAILED"
	tail -n 30 "$name.out"
	exit 1
fi
EOF
printf '%s\n' "$@" | xargs -P 2 -I % sh one.sh % "$seconds" "$top"
