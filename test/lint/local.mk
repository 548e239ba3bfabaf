# The gates. Each is a script that is quiet when all is well and prints
# file:line: what is wrong otherwise. self-test.sh tests the gates.

TESTS_LINT =
TESTS_LINT += test/lint/check-format.sh
TESTS_LINT += test/lint/check-golden.sh
TESTS_LINT += test/lint/check-headers.sh
TESTS_LINT += test/lint/check-includes.sh
TESTS_LINT += test/lint/check-limits.sh
TESTS_LINT += test/lint/check-lists.sh
TESTS_LINT += test/lint/check-man.sh
TESTS_LINT += test/lint/check-options.sh
TESTS_LINT += test/lint/check-purity.sh
TESTS_LINT += test/lint/check-size.sh
TESTS_LINT += test/lint/check-style.sh
TESTS_LINT += test/lint/self-test.sh

TESTS_QUICK += $(TESTS_LINT)
EXTRA_DIST += $(TESTS_LINT)
EXTRA_DIST += test/lint/includes.allow
EXTRA_DIST += test/lint/lib.sh
EXTRA_DIST += test/lint/size.exceptions
EXTRA_DIST += test/lint/symbols.allow
