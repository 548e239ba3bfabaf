#!/bin/sh
# spate-protocol(7) has every limit of limits.h, with its number.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

page=man/spate-protocol.7
hdr=$top/src/wire/limits.h
[ -f "$hdr" ] || skip "no limits.h"
names=$(sed -n 's/^#define \(LIM_[A-Z0-9_]*\) .*/\1/p' "$hdr")
values=$({
	echo '#include "wire/limits.h"'
	for n in $names; do
		printf '"%s" %s\n' "$n" "$n"
	done
} | $cc -I"$top/src" -E -P -x c - | sed -n 's/^"\(LIM_.*\)"/\1/p' |
    sed 's/\([^A-Z0-9_][0-9][0-9]*\)[UL][UL]*/\1/g')
echo "$values" | (bad=0 && while read -r n value; do
	grep -q "^\.It Dv $n Ta $(($value)) Ta " "$top/$page" || {
		echo "$page: no line \`$n $(($value))'"
		bad=1
	}
done && exit $bad)
