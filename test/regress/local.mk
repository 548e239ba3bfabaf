# Whole programs, real sockets, real players: slow. REGRESS are the tests,
# REGRESS_FILES what else they need. (Not the directory: `make dist' would
# take the logs of a build along.)

REGRESS =
REGRESS += test/regress/channel.sh
REGRESS_FILES =

REGRESS += test/regress/tracker-http.sh
if !CORE_ONLY
check_PROGRAMS += test/regress/mkrecord
test_regress_mkrecord_SOURCES = test/regress/mkrecord.c test/sim/signer.c \
	test/sim/signer.h
test_regress_mkrecord_LDADD = $(CORE_LIBS) $(HOST_LIBS) $(CORE_LIBS)
endif

TESTS_SLOW += $(REGRESS)
EXTRA_DIST += $(REGRESS) $(REGRESS_FILES)
