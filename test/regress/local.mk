# Whole programs, real sockets, real players: slow.

REGRESS =

TESTS_SLOW += $(REGRESS)
EXTRA_DIST += test/regress
