# The simulator: real cores in a virtual network. No src/io, no Check.
#
#   libsim_a_SOURCES	the network, the host, the scenario reader
#   SCENARIOS		NNN-name.scn, each a test of its own
#
# spate-sim FILE.scn exits 0 when every expectation holds, and prints the hash
# of all that happened as `trace HEX' on stdout: .ci/run compares it between
# compilers. The program is in tools/, its rules are here: --enable-core-only
# has it too, for the scenarios.

SCENARIOS =
SCENARIOS += test/sim/010-static-20.scn
SCENARIOS += test/sim/020-churn-20.scn
SCENARIOS += test/sim/030-origin-blackout.scn
SCENARIOS += test/sim/040-tracker-gone.scn
SCENARIOS += test/sim/050-liar.scn
SCENARIOS += test/sim/060-polluter.scn

# Too long for `make check': make bench-sim-size.
BENCH_SCENARIOS =
BENCH_SCENARIOS += test/sim/100-static-1000.scn

# Suites and their scenarios, installed with the program.
suitesdir = $(pkgdatadir)/suites
dist_suites_DATA =
dist_suites_DATA += test/sim/suites/bench.suite
dist_suites_DATA += test/sim/suites/churn.scn
dist_suites_DATA += test/sim/suites/flash.scn
dist_suites_DATA += test/sim/suites/misses.suite
dist_suites_DATA += test/sim/suites/origin.scn
dist_suites_DATA += test/sim/suites/polluters.scn
dist_suites_DATA += test/sim/suites/renditions.scn
dist_suites_DATA += test/sim/suites/scale.suite
dist_suites_DATA += test/sim/suites/short.suite
dist_suites_DATA += test/sim/suites/silent.scn
dist_suites_DATA += test/sim/suites/static.scn
dist_suites_DATA += test/sim/suites/tracker.scn

# Where spate-sim looks for them before it is installed.
EXTRA_spate_sim_DEPENDENCIES = suites
suites:
	$(LN_S) $(abs_top_srcdir)/test/sim/suites $@
CLEANFILES += suites

noinst_LIBRARIES += libsim.a libspsim.a
libspsim_a_SOURCES =
libspsim_a_CPPFLAGS = $(AM_CPPFLAGS) -DSIM_SUITES='"$(suitesdir)"'
libspsim_a_SOURCES += tools/sim_bench.c
libspsim_a_SOURCES += tools/sim_bench.h
libspsim_a_SOURCES += tools/sim_digest.c
libspsim_a_SOURCES += tools/sim_options.c
libspsim_a_SOURCES += tools/sim_options.h
libspsim_a_SOURCES += tools/sim_plot.c
libspsim_a_SOURCES += tools/sim_plot.h
libspsim_a_SOURCES += tools/sim_report.c
libspsim_a_SOURCES += tools/sim_report.h
libspsim_a_SOURCES += tools/sim_run.c
libspsim_a_SOURCES += tools/sim_run.h
libspsim_a_SOURCES += tools/sim_scale.c
libspsim_a_SOURCES += tools/sim_suite.c
libspsim_a_SOURCES += tools/sim_suite.h
libspsim_a_SOURCES += tools/sim_table.c

SIM_LIBS = libspsim.a libsim.a $(CORE_LIBS) -lm
spate_sim_SOURCES = tools/spate_sim.c
if CORE_ONLY
# Of src/io what reads options needs no library.
check_PROGRAMS += spate-sim
noinst_LIBRARIES += libspconf.a
libspconf_a_SOURCES = src/io/conf.c src/io/conf_argv.c src/io/conf_file.c \
	src/io/conf_print.c src/io/conf_value.c src/io/store.c
SIM_LIBS += libspconf.a
else
bin_PROGRAMS += spate-sim
SIM_LIBS += libspio.a
endif
spate_sim_LDADD = $(SIM_LIBS)

libsim_a_SOURCES =
libsim_a_SOURCES += test/sim/countcipher.c
libsim_a_SOURCES += test/sim/countcipher.h
libsim_a_SOURCES += test/sim/dist.c
libsim_a_SOURCES += test/sim/dist.h
libsim_a_SOURCES += test/sim/evq.c
libsim_a_SOURCES += test/sim/evq.h
libsim_a_SOURCES += test/sim/mesh_sound.c
libsim_a_SOURCES += test/sim/mesh_sound.h
libsim_a_SOURCES += test/sim/meshlab.c
libsim_a_SOURCES += test/sim/meshlab.h
libsim_a_SOURCES += test/sim/meshlab_peer.c
libsim_a_SOURCES += test/sim/meshlab_piece.c
libsim_a_SOURCES += test/sim/metric.c
libsim_a_SOURCES += test/sim/metric.h
libsim_a_SOURCES += test/sim/optimum.c
libsim_a_SOURCES += test/sim/optimum.h
libsim_a_SOURCES += test/sim/scenario.c
libsim_a_SOURCES += test/sim/scenario.h
libsim_a_SOURCES += test/sim/scnexpect.c
libsim_a_SOURCES += test/sim/scnline.c
libsim_a_SOURCES += test/sim/scnline.h
libsim_a_SOURCES += test/sim/scnvalue.c
libsim_a_SOURCES += test/sim/scnvar.c
libsim_a_SOURCES += test/sim/scnvar.h
libsim_a_SOURCES += test/sim/series.c
libsim_a_SOURCES += test/sim/series.h
libsim_a_SOURCES += test/sim/signer.c
libsim_a_SOURCES += test/sim/signer.h
libsim_a_SOURCES += test/sim/simdown.c
libsim_a_SOURCES += test/sim/simevent.c
libsim_a_SOURCES += test/sim/simfeed.c
libsim_a_SOURCES += test/sim/simfetch.c
libsim_a_SOURCES += test/sim/simflow.c
libsim_a_SOURCES += test/sim/simhost.c
libsim_a_SOURCES += test/sim/simhost.h
libsim_a_SOURCES += test/sim/simliar.c
libsim_a_SOURCES += test/sim/simloss.c
libsim_a_SOURCES += test/sim/simmem.c
libsim_a_SOURCES += test/sim/simmem.h
libsim_a_SOURCES += test/sim/simnet.c
libsim_a_SOURCES += test/sim/simnet.h
libsim_a_SOURCES += test/sim/simnet_int.h
libsim_a_SOURCES += test/sim/simorigin.c
libsim_a_SOURCES += test/sim/simplan.c
libsim_a_SOURCES += test/sim/simplayer.c
libsim_a_SOURCES += test/sim/simpool.c
libsim_a_SOURCES += test/sim/simpool.h
libsim_a_SOURCES += test/sim/simseed.c
libsim_a_SOURCES += test/sim/simtally.c
libsim_a_SOURCES += test/sim/simtrack.c
libsim_a_SOURCES += test/sim/simviewer.c
libsim_a_SOURCES += test/sim/tally.c
libsim_a_SOURCES += test/sim/tally.h
libsim_a_SOURCES += test/sim/truth.c
libsim_a_SOURCES += test/sim/truth.h
libsim_a_SOURCES += test/sim/world.h

TESTS_QUICK += $(SCENARIOS) test/sim/determinism.sh test/sim/metrics.sh
EXTRA_DIST += $(SCENARIOS) test/sim/determinism.sh test/sim/metrics.sh
EXTRA_DIST += $(BENCH_SCENARIOS) test/sim/readme.sh

TESTS_SUITE = test/sim/suites/short.suite

# The table of the scheduler's specification. BENCH_SIM: more options, such as
# --set N=200, -s 1, -o json, --strict.
BENCH_SIM =
bench-sim: spate-sim
	./spate-sim -j 2 --suite $(top_srcdir)/test/sim/suites/bench.suite \
	    $(BENCH_SIM) >bench-sim.tmp || { cat bench-sim.tmp; exit 1; }
	mv bench-sim.tmp bench-sim.txt
	cat bench-sim.txt
CLEANFILES += bench-sim.tmp bench-sim.txt

# What it printed last, into README.
readme-table:
	sh $(top_srcdir)/test/sim/readme.sh $(top_srcdir)/README \
	    bench-sim.txt "$(BENCH_SIM)"

# A million piece-viewers in which nothing should be missed.
bench-sim-misses: spate-sim
	./spate-sim -j 2 --suite $(top_srcdir)/test/sim/suites/misses.suite \
	    $(BENCH_SIM)

# The same swarm with more and more viewers.
bench-sim-scale: spate-sim
	./spate-sim --suite $(top_srcdir)/test/sim/suites/scale.suite \
	    $(BENCH_SIM)

bench-sim-size: spate-sim
	@for s in $(BENCH_SCENARIOS); do \
	    ./spate-sim $(top_srcdir)/$$s || exit 1; done

.PHONY: bench-sim readme-table bench-sim-misses bench-sim-scale bench-sim-size
