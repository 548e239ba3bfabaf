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
let RUN 3s
viewers $N
run $RUN
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
grep -q 'two.scn:5: expect viewers == 2: fails: it is 3' "$tmp/out" ||
    complain "what fails is not told"
ends 2 --set M=3 "$tmp/two.scn"
ends 2 -s x "$tmp/two.scn"
ends 2 "$tmp/none.scn"
ends 2
ends 2 --plot "$tmp/x.svg" "$tmp/two.scn" "$tmp/two.scn"
ends 0 --version
ends 0 -t "$tmp/trace" "$tmp/two.scn"
[ -s "$tmp/trace" ] || complain "no trace"
# What nobody waited for was not missed: that is no success.
echo 'expect misses == 0' | cat "$tmp/two.scn" - >"$tmp/nil.scn"
ends 1 -q --set RUN=300ms "$tmp/nil.scn"
ends 0 -q "$tmp/nil.scn"
# A suite: a bar that is missed fails only when it has to be met.
cat >"$tmp/one.suite" <<'END'
let MOST 2
let RUN 3s
seeds 1..2
row 1 two.scn N=3 RUN=$RUN
text three viewers
bar viewers <= $MOST
expect viewers == 3
END
ends 0 -j 2 --suite "$tmp/one.suite"
grep -q 'viewers <= 2 .* MISSED (2 of 2)' "$tmp/out" ||
    complain "what is missed is not told"
ends 1 --strict --suite "$tmp/one.suite"
ends 0 --strict --set MOST=3 --suite "$tmp/one.suite"
ends 1 --set RUN=300ms --suite "$tmp/one.suite"
grep -q 'BROKEN with seed 1' "$tmp/out" || complain "that nothing is due"
ends 2 --set N=3 --suite "$tmp/one.suite"
ends 2 --suite "$tmp/one.suite" "$tmp/two.scn"
ends 2 --suite nothing-of-that-name
sed -i 's/^expect.*/expect viewers == 4/' "$tmp/one.suite"
ends 1 -o json --suite "$tmp/one.suite"
sed -i 's/two.scn/none.scn/' "$tmp/one.suite"
ends 2 --suite "$tmp/one.suite"

# Every suite can be loaded, with each of its scenarios: none runs.
for s in "${top_srcdir:-.}"/test/sim/suites/*.suite; do
	n=${s##*/}
	"$sim" -n --suite "${n%.suite}" >"$tmp/out" 2>&1 ||
	    complain "$s: $(cat "$tmp/out")"
done

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
