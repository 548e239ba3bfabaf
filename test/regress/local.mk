# Whole programs, real sockets, real players: slow. REGRESS are the tests,
# REGRESS_FILES what else they need. (Not the directory: `make dist' would
# take the logs of a build along.)

REGRESS =
REGRESS += test/regress/channel.sh
REGRESS_FILES =

TESTS_SLOW += $(REGRESS)
EXTRA_DIST += $(REGRESS) $(REGRESS_FILES)
