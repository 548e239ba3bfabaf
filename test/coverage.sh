#!/bin/sh
# Line coverage of the cores by their unit tests: one line per directory and
# a total. Builds in $top_builddir/coverage; the browsable report is in
# $top_builddir/coverage/html.
set -eu

top=$(cd "${top_srcdir:-.}" && pwd)
dir=${top_builddir:-build}/coverage
[ ! -f "$top/config.status" ] || {
	echo "coverage: the source tree itself is configured: make distclean"
	exit 1
}
mkdir -p "$dir"
cd "$dir"
[ -f Makefile ] || "$top/configure" -q --enable-core-only --enable-coverage \
    CFLAGS='-O0 -g'
make -s -j2
find . -name '*.gcda' -exec rm -f {} +
make -s -j2 check TESTS='$(UNIT_CORE)' >check.out 2>&1 || {
	cat check.out
	exit 1
}
{
	lcov -q -c -i -d . -o zero.info
	lcov -q -c -d . -o run.info
	lcov -q -a zero.info -a run.info -o all.info
	lcov -q -e all.info "$top/src/base/*" "$top/src/wire/*" \
	    "$top/swarm/*" "$top/tracker/*" -o cores.info
	genhtml -q -p "$top" -o html cores.info
} 2>lcov.out || {
	cat lcov.out
	exit 1
}
awk -v top="$top/" '
/^SF:/ {
	dir = substr($0, 4)
	sub(/\/[^\/]*$/, "", dir)
	dir = substr(dir, length(top) + 1)
}
/^LF:/ { found[dir] += substr($0, 4); all += substr($0, 4) }
/^LH:/ { hit[dir] += substr($0, 4); seen += substr($0, 4) }
END {
	for (d in found) {
		if (found[d] > 0)
			printf "%-12s %5.1f %%\n", d, 100 * hit[d] / found[d]
	}
	printf "%-12s %5.1f %%\n", "total", (all ? 100 * seen / all : 0)
}' cores.info | LC_ALL=C sort
