# Benchmarks: programs that print `name value unit' lines, never run by
# `make check'. A new one is a line in BENCHES and test/bench/NAME.c.

BENCHES =
BENCHES += test/bench/bench_base
BENCHES += test/bench/bench_registry
BENCHES += test/bench/bench_wire

test_bench_bench_base_SOURCES = test/bench/bench_base.c test/bench/bench.h
test_bench_bench_base_LDADD = $(CORE_LIBS)
test_bench_bench_registry_SOURCES = test/bench/bench_registry.c \
	test/bench/bench.h
test_bench_bench_registry_LDADD = $(CORE_LIBS)
test_bench_bench_wire_SOURCES = test/bench/bench_wire.c test/bench/bench.h
test_bench_bench_wire_LDADD = $(CORE_LIBS)

EXTRA_PROGRAMS = $(BENCHES)
CLEANFILES += $(BENCHES)

if !CORE_ONLY
EXTRA_PROGRAMS += test/bench/crowd
CLEANFILES += test/bench/crowd
test_bench_crowd_SOURCES = test/bench/crowd.c
test_bench_crowd_LDADD = libspclient.a $(LT_ALL_LIBS) $(CORE_LIBS) \
	$(HOST_LIBS) $(CORE_LIBS)

EXTRA_PROGRAMS += test/bench/bench_streams
CLEANFILES += test/bench/bench_streams
test_bench_bench_streams_SOURCES = test/bench/bench_streams.c \
	test/bench/bench.h test/sim/signer.c test/sim/signer.h
test_bench_bench_streams_LDADD = $(CORE_LIBS) $(HOST_LIBS) $(CORE_LIBS)

# What the tracker is measured against and with.
TRACKER_BENCHES =
TRACKER_BENCHES += test/bench/loris
test_bench_loris_SOURCES = test/bench/loris.c test/bench/bench.h
test_bench_loris_LDADD = $(CORE_LIBS)
TRACKER_BENCHES += test/bench/mangle
test_bench_mangle_SOURCES = test/bench/mangle.c test/bench/bench.h
test_bench_mangle_LDADD = $(CORE_LIBS)
TRACKER_BENCHES += test/bench/null_tracker
test_bench_null_tracker_SOURCES = test/bench/null_tracker.c test/bench/bench.h
test_bench_null_tracker_LDADD = $(CORE_LIBS) $(HOST_LIBS) $(CORE_LIBS)

EXTRA_PROGRAMS += test/bench/bench_ws
CLEANFILES += test/bench/bench_ws
test_bench_bench_ws_SOURCES = test/bench/bench_ws.c test/bench/bench.h
test_bench_bench_ws_LDADD = $(CORE_LIBS)
EXTRA_PROGRAMS += $(TRACKER_BENCHES)
CLEANFILES += $(TRACKER_BENCHES)
endif

bench: $(BENCHES) bench-viewer bench-crowd bench-sched
	@for b in $(BENCHES); do ./$$b || exit 1; done

# A whole viewer among others, for two minutes.
bench-viewer: all
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/bench/viewer.sh

# One among fifty, at 8 Mbit/s.
bench-crowd: all test/bench/crowd$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/bench/crowd.sh

# Instructions for each block, under callgrind: two minutes.
bench-sched: all
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/bench/sched.sh

# The tracker's table, about five minutes; QUICK=1: one.
bench-tracker: all $(TRACKER_BENCHES) test/bench/bench_streams$(EXEEXT) \
    $(check_PROGRAMS)
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/bench/tracker.sh

# A viewer with the DHT beside one without, for a minute.
bench-dht: all test/regress/dhtnodes$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/bench/dht.sh

EXTRA_DIST += test/bench/dht.sh
EXTRA_DIST += test/bench/apart.sh
EXTRA_DIST += test/bench/callgrind.py
EXTRA_DIST += test/bench/crowd.sh
EXTRA_DIST += test/bench/sched.sh
EXTRA_DIST += test/bench/tracker.sh
EXTRA_DIST += test/bench/viewer.sh
EXTRA_DIST += test/bench/vod.sh
EXTRA_DIST += test/bench/ws.sh

# A torrent of 2 GiB, played: four minutes, 4 GiB of memory.
bench-vod: all
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/bench/vod.sh

# Announces by WebSocket, twenty seconds.
bench-ws: all test/bench/bench_ws$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/bench/ws.sh

# A publish to ten thousand streams.
bench-streams: all test/bench/bench_streams$(EXEEXT)
	@test/bench/bench_streams ./spate-tracker
	@test/bench/bench_streams ./spate-tracker 10000 20 4

.PHONY: bench bench-crowd bench-dht bench-sched bench-streams bench-tracker \
	bench-viewer
.PHONY: bench bench-crowd bench-sched bench-streams bench-tracker bench-viewer
.PHONY: bench-vod
.PHONY: bench bench-crowd bench-sched bench-streams bench-viewer bench-ws
