# Benchmarks: programs that print `name value unit' lines, never run by
# `make check'. A new one is a line in BENCHES and test/bench/NAME.c.

BENCHES =
BENCHES += test/bench/bench_base
BENCHES += test/bench/bench_wire

test_bench_bench_base_LDADD = $(CORE_LIBS)
test_bench_bench_wire_LDADD = $(CORE_LIBS)

EXTRA_PROGRAMS = $(BENCHES)
CLEANFILES += $(BENCHES)

bench: $(BENCHES) bench-viewer
	@for b in $(BENCHES); do ./$$b || exit 1; done

# A whole viewer among others, for two minutes.
bench-viewer: all
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/bench/viewer.sh

EXTRA_DIST += test/bench/viewer.sh

.PHONY: bench bench-viewer
