#!/bin/sh
# The options of a program, as its table prints them (--dump-options: name,
# argument, default, text, separated by tabs; a name may be `-p, --port'), are
# those of its page, and nothing else: `.It Fl p , Fl -port Ar port'.
set -eu
. "${top_srcdir:-.}/test/lint/lib.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
for p in ${SP_PROGRAMS:-}; do
	set -- "$top/man/${p##*/}".[18]
	[ -f "$1" ] || continue # check-man.sh says so
	"$build/$p" --dump-options >"$tmp/tsv" || {
		echo "$p: --dump-options fails"
		bad=1
		continue
	}
	cut -f1 "$tmp/tsv" | tr ', |' '\n\n\n' | sed 's/^-*//; /^$/d' |
	    LC_ALL=C sort -u >"$tmp/prog"
	# \- is mdoc for a hyphen that stays one.
	sed 's/\\-/-/g' "$1" | $awk '/^\.It / {
		for (i = 2; i < NF; i++)
			if ($i == "Fl") {
				sub(/^-/, "", $(i + 1))
				print $(i + 1)
			}
	}' | LC_ALL=C sort -u >"$tmp/page"
	[ -s "$tmp/prog" ] || {
		echo "$p: --dump-options prints nothing"
		bad=1
	}
	for o in $(LC_ALL=C comm -23 "$tmp/prog" "$tmp/page"); do
		echo "man/${1##*/}: option $o of $p is missing"
		bad=1
	done
	for o in $(LC_ALL=C comm -13 "$tmp/prog" "$tmp/page"); do
		echo "man/${1##*/}: $p has no option $o"
		bad=1
	done
done
exit $bad
