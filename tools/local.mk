# L4: the broadcaster's and the operator's tools. All but their mains is a
# library, for the tests.
noinst_LIBRARIES += libsptools.a
libsptools_a_SOURCES =
libsptools_a_SOURCES += tools/archive.c
libsptools_a_SOURCES += tools/archive.h
libsptools_a_SOURCES += tools/archive_list.c
libsptools_a_SOURCES += tools/archive_make.c
libsptools_a_SOURCES += tools/archive_media.c
libsptools_a_SOURCES += tools/archive_media.h
libsptools_a_SOURCES += tools/archive_plan.c
libsptools_a_SOURCES += tools/archive_plan.h
libsptools_a_SOURCES += tools/archive_show.c
libsptools_a_SOURCES += tools/archive_span.c
libsptools_a_SOURCES += tools/archive_span.h
libsptools_a_SOURCES += tools/archive_verify.c
libsptools_a_SOURCES += tools/archive_write.c
libsptools_a_SOURCES += tools/archive_write.h
libsptools_a_SOURCES += tools/bt_check.c
libsptools_a_SOURCES += tools/bt_check.h
libsptools_a_SOURCES += tools/bt_http.c
libsptools_a_SOURCES += tools/bt_http.h
libsptools_a_SOURCES += tools/bt_http_conn.c
libsptools_a_SOURCES += tools/bt_http_int.h
libsptools_a_SOURCES += tools/bt_http_req.c
libsptools_a_SOURCES += tools/bt_load.c
libsptools_a_SOURCES += tools/bt_load.h
libsptools_a_SOURCES += tools/bt_options.c
libsptools_a_SOURCES += tools/bt_options.h
libsptools_a_SOURCES += tools/bt_proc.c
libsptools_a_SOURCES += tools/bt_proc.h
libsptools_a_SOURCES += tools/bt_result.c
libsptools_a_SOURCES += tools/bt_result.h
libsptools_a_SOURCES += tools/bt_udp.c
libsptools_a_SOURCES += tools/bt_udp.h
libsptools_a_SOURCES += tools/bt_udp_int.h
libsptools_a_SOURCES += tools/bt_udp_req.c
libsptools_a_SOURCES += tools/bt_udp_sock.c
libsptools_a_SOURCES += tools/channel.c
libsptools_a_SOURCES += tools/channel.h
libsptools_a_SOURCES += tools/channel_create.c
libsptools_a_SOURCES += tools/channel_link.c
libsptools_a_SOURCES += tools/channel_show.c
libsptools_a_SOURCES += tools/channel_verify.c
libsptools_a_SOURCES += tools/checkpoint.c
libsptools_a_SOURCES += tools/checkpoint.h
libsptools_a_SOURCES += tools/command.c
libsptools_a_SOURCES += tools/command.h
libsptools_a_SOURCES += tools/filehash.c
libsptools_a_SOURCES += tools/filehash.h
libsptools_a_SOURCES += tools/fileset.c
libsptools_a_SOURCES += tools/fileset.h
libsptools_a_SOURCES += tools/follower.c
libsptools_a_SOURCES += tools/follower.h
libsptools_a_SOURCES += tools/follower_int.h
libsptools_a_SOURCES += tools/follower_judge.c
libsptools_a_SOURCES += tools/follower_seg.c
libsptools_a_SOURCES += tools/grab.c
libsptools_a_SOURCES += tools/grab.h
libsptools_a_SOURCES += tools/journal.c
libsptools_a_SOURCES += tools/journal.h
libsptools_a_SOURCES += tools/key_load.c
libsptools_a_SOURCES += tools/key_load.h
libsptools_a_SOURCES += tools/keyfile.c
libsptools_a_SOURCES += tools/keyfile.h
libsptools_a_SOURCES += tools/place.c
libsptools_a_SOURCES += tools/place.h
libsptools_a_SOURCES += tools/plan.c
libsptools_a_SOURCES += tools/plan.h
libsptools_a_SOURCES += tools/probe.h
libsptools_a_SOURCES += tools/probe_int.h
libsptools_a_SOURCES += tools/probe_judge.c
libsptools_a_SOURCES += tools/probe_log.c
libsptools_a_SOURCES += tools/probe_lt.c
libsptools_a_SOURCES += tools/probe_net.c
libsptools_a_SOURCES += tools/probe_options.c
libsptools_a_SOURCES += tools/probe_options.h
libsptools_a_SOURCES += tools/probe_print.c
libsptools_a_SOURCES += tools/probe_run.c
libsptools_a_SOURCES += tools/probe_udp.c
libsptools_a_SOURCES += tools/probe_web.c
libsptools_a_SOURCES += tools/sealer.c
libsptools_a_SOURCES += tools/sealer.h
libsptools_a_SOURCES += tools/seed.c
libsptools_a_SOURCES += tools/seed.h
libsptools_a_SOURCES += tools/seed_dht.c
libsptools_a_SOURCES += tools/seed_file.c
libsptools_a_SOURCES += tools/seed_int.h
libsptools_a_SOURCES += tools/seed_log.c
libsptools_a_SOURCES += tools/seed_manifest.c
libsptools_a_SOURCES += tools/seed_options.c
libsptools_a_SOURCES += tools/seed_options.h
libsptools_a_SOURCES += tools/seed_pieces.c
libsptools_a_SOURCES += tools/seed_publish.c
libsptools_a_SOURCES += tools/seed_refill.c
libsptools_a_SOURCES += tools/seed_root.c
libsptools_a_SOURCES += tools/seed_source.c
libsptools_a_SOURCES += tools/seed_state.c
libsptools_a_SOURCES += tools/seed_status.c
libsptools_a_SOURCES += tools/seed_watch.c
libsptools_a_SOURCES += tools/spool.c
libsptools_a_SOURCES += tools/spool.h

bin_PROGRAMS += spate-archive
spate_archive_SOURCES = tools/spate_archive.c
spate_archive_LDADD = libsptools.a libspclient.a $(CORE_LIBS) $(HOST_LIBS) \
	$(CORE_LIBS)

bin_PROGRAMS += spate-bench-tracker
spate_bench_tracker_SOURCES = tools/spate_bench_tracker.c
spate_bench_tracker_LDADD = libsptools.a $(CORE_LIBS) $(HOST_LIBS) \
	$(CORE_LIBS)

bin_PROGRAMS += spate-channel
spate_channel_SOURCES = tools/spate_channel.c
spate_channel_LDADD = libsptools.a libspclient.a $(CORE_LIBS) $(HOST_LIBS) \
	$(CORE_LIBS)

bin_PROGRAMS += spate-probe
spate_probe_SOURCES = tools/spate_probe.c
spate_probe_LDADD = libsptools.a libspclient.a $(LT_ALL_LIBS) $(CORE_LIBS) \
	$(HOST_LIBS) $(CORE_LIBS)

bin_PROGRAMS += spate-seed
spate_seed_SOURCES = tools/spate_seed.c
spate_seed_LDADD = libsptools.a libspclient.a $(LT_ALL_LIBS) $(CORE_LIBS) \
	$(HOST_LIBS) $(CORE_LIBS)
