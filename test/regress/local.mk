# Whole programs, real sockets, real players: slow. REGRESS are the tests,
# REGRESS_FILES what else they need. (Not the directory: `make dist' would
# take the logs of a build along.)

REGRESS =
REGRESS += test/regress/badinput.sh
REGRESS += test/regress/badorigin.sh
REGRESS += test/regress/ceiling.sh
REGRESS += test/regress/archive-clients.sh
REGRESS += test/regress/archive-from.sh
REGRESS += test/regress/archive-live.sh
REGRESS += test/regress/archive-origin.sh
REGRESS += test/regress/archive.sh
REGRESS += test/regress/bench-tracker.sh
REGRESS += test/regress/channel.sh
REGRESS += test/regress/seed.sh
REGRESS += test/regress/seedhole.sh
REGRESS += test/regress/seedpeer.sh
REGRESS += test/regress/client-aria2.sh
REGRESS += test/regress/client-libtorrent.sh
REGRESS += test/regress/client-npm.sh
REGRESS += test/regress/client-qbittorrent.sh
REGRESS += test/regress/client-transmission.sh
REGRESS += test/regress/chaos-churn.sh
REGRESS += test/regress/chaos-origin.sh
REGRESS += test/regress/chaos-seeder.sh
REGRESS += test/regress/chaos-tracker.sh
REGRESS += test/regress/dht.sh
REGRESS += test/regress/dht-churn.sh
REGRESS += test/regress/dht-state.sh
REGRESS += test/regress/files.sh
REGRESS += test/regress/files-tracker.sh
REGRESS += test/regress/hlsjs.sh
REGRESS += test/regress/judge.sh
REGRESS += test/regress/live-aes.sh
REGRESS += test/regress/live-fmp4-abr.sh
REGRESS += test/regress/live-ts.sh
REGRESS += test/regress/lsd.sh
REGRESS += test/regress/netns.sh
REGRESS += test/regress/portmap.sh
REGRESS += test/regress/probe.sh
REGRESS += test/regress/ops-ctl.sh
REGRESS += test/regress/ops-metrics.sh
REGRESS += test/regress/ops-rights.sh
REGRESS += test/regress/ops-systemd.sh
REGRESS += test/regress/ops-upgrade.sh
REGRESS += test/regress/opentracker.sh
REGRESS += test/regress/p2pml.sh
REGRESS += test/regress/polluter.sh
REGRESS += test/regress/protocol.sh
REGRESS += test/regress/redis-cluster.sh
REGRESS += test/regress/redis-tls.sh
REGRESS += test/regress/redis.sh
REGRESS += test/regress/tracker-http.sh
REGRESS += test/regress/ws-client.sh
REGRESS += test/regress/tracker-tls.sh
REGRESS += test/regress/udp.sh
REGRESS += test/regress/vod-bad.sh
REGRESS += test/regress/vod-film.sh
REGRESS += test/regress/vod-net.sh
REGRESS += test/regress/vod-play.sh
REGRESS += test/regress/vod-resume.sh

REGRESS_FILES =
REGRESS_FILES += test/regress/badorigin.py
REGRESS_FILES += test/regress/btclient.mjs
REGRESS_FILES += test/regress/ceiling.py
REGRESS_FILES += test/regress/clientlib.sh
REGRESS_FILES += test/regress/demo.sh
REGRESS_FILES += test/regress/hlsget.py
REGRESS_FILES += test/regress/mkmmdb.py
REGRESS_FILES += test/regress/hlsjs-abr.sh
REGRESS_FILES += test/regress/hlsjs.mjs
REGRESS_FILES += test/regress/hosts.py
REGRESS_FILES += test/regress/hosts.scn
REGRESS_FILES += test/regress/hosts.sh
REGRESS_FILES += test/regress/judge.py
REGRESS_FILES += test/regress/dhtlib.sh
REGRESS_FILES += test/regress/fileslib.sh
REGRESS_FILES += test/regress/gateway.py
REGRESS_FILES += test/regress/gatelib.sh
REGRESS_FILES += test/regress/knock.py
REGRESS_FILES += test/regress/lib.sh
REGRESS_FILES += test/regress/ltpeer.py
REGRESS_FILES += test/regress/measure.py
REGRESS_FILES += test/regress/net.sh
REGRESS_FILES += test/regress/opslib.sh
REGRESS_FILES += test/regress/opentracker.py
REGRESS_FILES += test/regress/opentracker.rec
REGRESS_FILES += test/regress/p2pml.mjs
REGRESS_FILES += test/regress/play.py
REGRESS_FILES += test/regress/protocol.py
REGRESS_FILES += test/regress/redis.py
REGRESS_FILES += test/regress/redislib.sh
REGRESS_FILES += test/regress/seedlib.sh
REGRESS_FILES += test/regress/tee.py
REGRESS_FILES += test/regress/udp.py
REGRESS_FILES += test/regress/vodlib.sh
REGRESS_FILES += test/regress/vodseed.py
REGRESS_FILES += test/regress/watch.py
REGRESS_FILES += test/regress/wsclient.mjs

if !CORE_ONLY
check_PROGRAMS += test/regress/flipper
test_regress_flipper_SOURCES = test/regress/flipper.c
test_regress_flipper_LDADD = libspclient.a $(LT_ALL_LIBS) $(CORE_LIBS) $(HOST_LIBS) \
	$(CORE_LIBS)

check_PROGRAMS += test/regress/dhtnodes
test_regress_dhtnodes_SOURCES = test/regress/dhtnodes.c
test_regress_dhtnodes_LDADD = $(LT_ALL_LIBS) $(CORE_LIBS)

check_PROGRAMS += test/regress/mkrecord
test_regress_mkrecord_SOURCES = test/regress/mkrecord.c test/sim/signer.c \
	test/sim/signer.h
test_regress_mkrecord_LDADD = $(CORE_LIBS) $(HOST_LIBS) $(CORE_LIBS)

check_PROGRAMS += test/regress/netemu
test_regress_netemu_SOURCES = test/regress/netemu.c
test_regress_netemu_LDADD = $(CORE_LIBS) $(HOST_LIBS) $(CORE_LIBS)
endif

TESTS_SLOW += $(REGRESS)
EXTRA_DIST += $(REGRESS) $(REGRESS_FILES)

# Twenty hosts, and spate-sim's word on them; three minutes.
check-hosts: all $(check_PROGRAMS)
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/regress/hosts.sh

# hls.js and an origin that is slower than its best rendition. It does not pass
# each time yet: see HACKING.
check-abr: all $(check_PROGRAMS)
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/regress/hlsjs-abr.sh

# What is published at one tracker is read at another within 100 ms (median).
bench-redis: all $(check_PROGRAMS)
	@$(AM_TESTS_ENVIRONMENT) BENCH=1 $(SHELL) $(top_srcdir)/test/regress/redis.sh

.PHONY: bench-redis check-abr check-hosts
