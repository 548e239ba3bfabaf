#!/bin/sh
# The same scenario gives the same trace twice, another seed another one, and
# real crypto the same as counted crypto. Who comes is not the engine's doing.
set -eu
sim=${top_builddir:-.}/spate-sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/small.scn" <<'END'
seed 7
stream rate=1Mbit/s segment=1s window=20s
viewers 8 up=2..5Mbit/s down=20Mbit/s loss=0.5% join=0..3s session=pareto:20s crash=50% replace=1
polluters 1 up=10Mbit/s
at 8s tracker down
at 12s tracker up
run 20s
END

cat >"$tmp/who.scn" <<'END'
let WITHOUT none
stream rate=1Mbit/s segment=1s window=20s
viewers 12 up=1..9Mbit/s down=20Mbit/s join=0..10s free=40%
ablate $WITHOUT
run 15s
END

who() {
	"$sim" -o tsv --set WITHOUT="$1" "$tmp/who.scn" | grep '^rho'
}

trace() {
	"$sim" -q "$@" "$tmp/small.scn" | sed -n 's/^trace //p'
}

one=$(trace)
bad=0
[ -n "$one" ] || { echo "no trace"; bad=1; }
[ "$(trace)" = "$one" ] || { echo "twice is not the same"; bad=1; }
[ "$(trace -s 8)" != "$one" ] || { echo "the seed does nothing"; bad=1; }
[ "$(trace -r)" = "$one" ] || { echo "real crypto differs"; bad=1; }
[ "$(who none)" = "$(who push,duty,small)" ] || {
	echo "who comes depends on what others do"; bad=1; }
exit $bad
