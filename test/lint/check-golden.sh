#!/bin/sh
# Every message of PW_MSG_LIST has its golden bytes and what they say.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

hdr=$top/src/wire/peerwire.h
[ -f "$hdr" ] || skip "no peerwire.h"

names=$($awk '
    /#define PW_MSG_LIST\(X\)/ { on = 1 }
    on {
	line = $0
	while (match(line, /X\([A-Z0-9_]+,/)) {
		print tolower(substr(line, RSTART + 2, RLENGTH - 3))
		line = substr(line, RSTART + RLENGTH)
	}
	if ($0 !~ /\\$/)
		exit
    }' "$hdr")
[ -n "$names" ] || {
	echo "src/wire/peerwire.h: no PW_MSG_LIST(X)"
	exit 1
}

bad=0
for n in $names; do
	for f in "test/golden/pw_$n.hex" "test/golden/pw_$n.exp"; do
		[ -s "$top/$f" ] || {
			echo "$f: missing"
			bad=1
		}
	done
done
exit $bad
