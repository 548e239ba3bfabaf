#!/bin/sh
# mandoc finds nothing to warn about, and every installed program has a page.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

command -v mandoc >/dev/null || skip "no mandoc"

bad=0
for p in ${SP_PROGRAMS:-}; do
	set -- "$top/man/${p##*/}".[18]
	[ -f "$1" ] || {
		echo "man/${p##*/}.1: no such page"
		bad=1
	}
done
set -- "$top"/man/*.[1-9]
[ ! -f "$1" ] || mandoc -T lint -W warning "$@" || bad=1
exit $bad
