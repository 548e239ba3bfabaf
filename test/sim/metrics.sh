#!/bin/sh
# The metrics that spate-sim prints are those of spate-scenario(5), and a
# scenario that is wrong, or does not go as expected, is told by the exit status.
set -eu
sim=${top_builddir:-.}/spate-sim
page=${top_srcdir:-.}/man/spate-scenario.5
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0

complain() {
	echo "$*"
	bad=1
}

# ends WANT ARGUMENT...: the exit status is WANT.
ends() {
	want=$1
	shift
	rv=0
	"$sim" "$@" >"$tmp/out" 2>"$tmp/err" || rv=$?
	[ $rv -eq "$want" ] || complain "$*: exit $rv, not $want"
}

cat >"$tmp/two.scn" <<'END'
let N 2
viewers $N
run 3s
expect viewers == 2
END

ends 0 -o tsv "$tmp/two.scn"
cut -f1 "$tmp/out" | grep -vx 'file\|seed\|trace' | LC_ALL=C sort -u \
    >"$tmp/sim"
sed -n '/^\.Ss Metrics/,/^\.Sh/s/^\.It Cm //p' "$page" | tr -d ' ' |
    tr ',' '\n' | LC_ALL=C sort >"$tmp/page"
diff "$tmp/sim" "$tmp/page" || complain "metrics are not those of $page"

ends 0 -q -s 1..2 "$tmp/two.scn"
[ "$(grep -c '^trace' "$tmp/out")" -eq 2 ] || complain "two seeds: not two runs"
ends 1 -q --set N=3 "$tmp/two.scn"
grep -q 'two.scn:4: expect viewers == 2: fails: it is 3' "$tmp/out" ||
    complain "what fails is not told"
ends 2 --set M=3 "$tmp/two.scn"
ends 2 -s x "$tmp/two.scn"
ends 2 "$tmp/none.scn"
ends 2
ends 2 --plot "$tmp/x.svg" "$tmp/two.scn" "$tmp/two.scn"
ends 0 --version
ends 0 -t "$tmp/trace" "$tmp/two.scn"
[ -s "$tmp/trace" ] || complain "no trace"
echo 'viewers many' >"$tmp/bad.scn"
ends 2 "$tmp/bad.scn"
grep -q 'bad.scn:1: many: not a number' "$tmp/err" ||
    complain "what is wrong is not told"

# Without gnuplot it fails in words; with it there is a picture.
mkdir "$tmp/bin"
PATH=$tmp/bin "$sim" --plot "$tmp/x.svg" "$tmp/two.scn" >/dev/null \
    2>"$tmp/err" && complain "a plot without gnuplot"
grep -q 'gnuplot is not installed' "$tmp/err" || complain "it does not say why"
if command -v gnuplot >/dev/null; then
	ends 0 --plot "$tmp/x.svg" "$tmp/two.scn"
	grep -q '</svg>' "$tmp/x.svg" || complain "no picture"
fi
exit $bad
