#!/bin/sh
# totals.sh OUT...: sums automake's test summaries; the last line printed is
# `N passed, N failed'. 1 when something failed or nothing ran.
# Only what follows a "Testsuite summary" counts: with VERBOSE=1, automake
# prints test-suite.log too, with figures of its own. Of the tests in that
# log, which are those that did not pass, the last lines come before the
# totals: whoever reads just the end of a long run sees what broke.
# After "Tests run again, alone" the failures of the summary before are not
# counted, for those of the next one stand in their place; they are told.
awk '
function told(i) {
	print "---- " FILENAME ": " name
	for (i = n > 40 ? n - 40 : 0; i < n - 1; i++)
		print "  " line[i]
	name = ""
}
/^===+$/ {
	if (name != "")
		told()
	if (last ~ /^(FAIL|ERROR): / && length(last) == length($0))
		name = substr(last, index(last, " ") + 1)
	n = 0
}
name != "" { line[n++] = substr($0, 1, 400) }
/^leg failed with status / { print "---- " FILENAME ": " $0 }
/^Tests run again, alone/ {
	fail -= failed
	again += failed
	failed = 0
}
{ last = $0 }
/^Testsuite summary/ { on = 1; failed = 0 }
!on { next }
/^# PASS: / { pass += $3 }
/^# XFAIL: / { pass += $3 }
/^# SKIP: / { skip += $3 }
/^# (FAIL|XPASS|ERROR): / { fail += $3; failed += $3 }
/^# ERROR: / { on = 0 }
END {
	if (skip > 0)
		print skip " skipped"
	if (again > 0)
		print again " failed at first and were run again, alone"
	printf "%d passed, %d failed\n", pass, fail
	exit (fail > 0 || pass == 0)
}' "$@"
