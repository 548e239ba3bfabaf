#!/bin/sh
# Every source, header, scenario, test script and page is named in a
# local.mk: what is not is neither built nor run nor distributed.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

cd "$top"
{
	sources src swarm tracker tools test
	find test -name '*.sh' -o -name '*.scn'
	find man -name '*.[1-9]'
} | LC_ALL=C sort | $awk -v lists="$(find src swarm tracker tools test man \
    -name local.mk | tr '\n' ' ')" '
BEGIN {
	n = split(lists, list, " ")
	for (i = 1; i <= n; i++) {
		while ((getline line < list[i]) > 0) {
			gsub(/\$\((top_)?srcdir\)\//, "", line)
			k = split(line, word, /[ \t\\]+/)
			for (j = 1; j <= k; j++)
				if (line !~ /^#/)
					named[word[j]] = 1
		}
	}
}
{
	# A test program of one source is named without its suffix.
	prog = $0
	sub(/\.c$/, "", prog)
	if (!($0 in named) && !(prog in named)) {
		print $0 ": in no local.mk"
		bad = 1
	}
}
END { exit bad }'
