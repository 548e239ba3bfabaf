# The simulator: real cores in a virtual network. No src/io, no Check.
#
#   libsim_a_SOURCES	the network, the host, the scenario reader
#   SCENARIOS		NNN-name.scn, each a test of its own

SCENARIOS =

check_LIBRARIES += libsim.a
libsim_a_SOURCES =
libsim_a_SOURCES += test/sim/countcipher.c
libsim_a_SOURCES += test/sim/countcipher.h

TESTS_QUICK += $(SCENARIOS)
EXTRA_DIST += $(SCENARIOS)
