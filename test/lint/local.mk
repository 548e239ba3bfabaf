# The gates. Each is a script that is quiet when all is well and prints
# file:line: what is wrong otherwise.

TESTS_LINT =

TESTS_QUICK += $(TESTS_LINT)
EXTRA_DIST += test/lint
