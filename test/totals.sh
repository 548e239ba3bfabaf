#!/bin/sh
# totals.sh OUT...: sums automake's test summaries; the last line printed is
# `N passed, N failed'. 1 when something failed or nothing ran.
# Only what follows a "Testsuite summary" counts: with VERBOSE=1, automake
# prints the figures of test-suite.log too.
awk '
/^Testsuite summary/ { on = 1 }
!on { next }
/^# PASS: / { pass += $3 }
/^# XFAIL: / { pass += $3 }
/^# SKIP: / { skip += $3 }
/^# (FAIL|XPASS|ERROR): / { fail += $3 }
/^# ERROR: / { on = 0 }
END {
	if (skip > 0)
		print skip " skipped"
	printf "%d passed, %d failed\n", pass, fail
	exit (fail > 0 || pass == 0)
}' "$@"
