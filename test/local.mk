# How the tests run.
#
#   programs	print TAP, so that each test in them counts
#   *.sh	one test each, by exit status (77 = cannot run here)
#   *.scn	scenarios, one test each, run by spate-sim
#   *.suite	suites of them, likewise
#
# TESTS_QUICK is what everybody runs all the time. TESTS_SUITE computes for a
# minute or two. TESTS_SLOW (test/regress) starts real players and servers.

TEST_EXTENSIONS = .sh .scn .suite
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_COMPILER = $(SHELL)
SCN_LOG_COMPILER = ./spate-sim
SUITE_LOG_COMPILER = ./spate-sim
AM_SUITE_LOG_FLAGS = --suite

AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(top_srcdir)'; \
	top_builddir='$(top_builddir)'; \
	CC='$(CC)'; CXX='$(CXX)'; NM='$(NM)'; AWK='$(AWK)'; \
	SP_CPPFLAGS='$(AM_CPPFLAGS) $(EVENT_CFLAGS) $(CHECK_CFLAGS)'; \
	SP_CORE_ONLY='$(sp_core_only)'; \
	SP_LT_CFLAGS='$(SP_LT_CFLAGS)'; \
	SP_INSTRUMENTED='$(sp_instrumented)'; \
	SP_PROGRAMS='$(bin_PROGRAMS) $(sbin_PROGRAMS)'; \
	export top_srcdir top_builddir CC CXX NM AWK SP_CPPFLAGS \
		SP_CORE_ONLY SP_LT_CFLAGS SP_INSTRUMENTED SP_PROGRAMS;

include test/unit/local.mk
include test/sim/local.mk
include test/golden/local.mk
include test/fuzz/local.mk
include test/regress/local.mk
include test/bench/local.mk
include test/lint/local.mk

TESTS = $(TESTS_QUICK)
if SLOW_TESTS
TESTS += $(TESTS_SUITE) $(TESTS_SLOW)
endif

# What is neither a suite nor in test/regress; and only these.
check-quick: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(TESTS_QUICK)'

check-suite: all
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(TESTS_SUITE)'

check-slow: all
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(TESTS_SLOW)'

# Those of check-slow that failed, once more (see not_judged of lib.sh).
recheck-slow: all
	AGAIN=1 $(MAKE) $(AM_MAKEFLAGS) recheck TESTS='$(TESTS_SLOW)'

lint: all
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(TESTS_LINT)'

coverage:
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/coverage.sh

EXTRA_DIST += test/coverage.sh test/heap.h test/leg.sh test/totals.sh

.PHONY: check-quick check-suite check-slow recheck-slow lint \
	coverage
