# The simulator: real cores in a virtual network. No src/io, no Check.
#
#   libsim_a_SOURCES	the network, the host, the scenario reader
#   SCENARIOS		NNN-name.scn, each a test of its own
#
# simrun FILE.scn exits 0 when every expectation holds, and prints the hash of
# all that happened as `trace HEX' on stdout: .ci/run compares it between
# compilers.

SCENARIOS =

check_LIBRARIES += libsim.a
libsim_a_SOURCES =
libsim_a_SOURCES += test/sim/countcipher.c
libsim_a_SOURCES += test/sim/countcipher.h

TESTS_QUICK += $(SCENARIOS)
EXTRA_DIST += $(SCENARIOS)
