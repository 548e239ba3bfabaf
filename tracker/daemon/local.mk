# L4: the tracker's program. All but its main is a library, for the tests.
noinst_LIBRARIES += libsptrackd.a
libsptrackd_a_SOURCES =
libsptrackd_a_SOURCES += tracker/daemon/ctl.c
libsptrackd_a_SOURCES += tracker/daemon/ctl.h
libsptrackd_a_SOURCES += tracker/daemon/ctl_cmd.c
libsptrackd_a_SOURCES += tracker/daemon/faces.c
libsptrackd_a_SOURCES += tracker/daemon/host_int.h
libsptrackd_a_SOURCES += tracker/daemon/life.c
libsptrackd_a_SOURCES += tracker/daemon/life.h
libsptrackd_a_SOURCES += tracker/daemon/locks.c
libsptrackd_a_SOURCES += tracker/daemon/locks.h
libsptrackd_a_SOURCES += tracker/daemon/networks.c
libsptrackd_a_SOURCES += tracker/daemon/networks.h
libsptrackd_a_SOURCES += tracker/daemon/options.c
libsptrackd_a_SOURCES += tracker/daemon/options.h
libsptrackd_a_SOURCES += tracker/daemon/parts.c
libsptrackd_a_SOURCES += tracker/daemon/parts.h
libsptrackd_a_SOURCES += tracker/daemon/process.c
libsptrackd_a_SOURCES += tracker/daemon/process.h
libsptrackd_a_SOURCES += tracker/daemon/redis_cmd.c
libsptrackd_a_SOURCES += tracker/daemon/redis_cmd.h
libsptrackd_a_SOURCES += tracker/daemon/redis_host.c
libsptrackd_a_SOURCES += tracker/daemon/redis_host.h
libsptrackd_a_SOURCES += tracker/daemon/report.c
libsptrackd_a_SOURCES += tracker/daemon/report.h
libsptrackd_a_SOURCES += tracker/daemon/report_channels.c
libsptrackd_a_SOURCES += tracker/daemon/report_channels.h
libsptrackd_a_SOURCES += tracker/daemon/routes.c
libsptrackd_a_SOURCES += tracker/daemon/streams.c
libsptrackd_a_SOURCES += tracker/daemon/streams.h
libsptrackd_a_SOURCES += tracker/daemon/track_host.c
libsptrackd_a_SOURCES += tracker/daemon/track_host.h
libsptrackd_a_SOURCES += tracker/daemon/udp_host.c
libsptrackd_a_SOURCES += tracker/daemon/udp_host.h
libsptrackd_a_SOURCES += tracker/daemon/watch.c
libsptrackd_a_SOURCES += tracker/daemon/ws_host.h
if HAVE_WSLAY
libsptrackd_a_SOURCES += tracker/daemon/ws_host.c
else
libsptrackd_a_SOURCES += tracker/daemon/ws_host_none.c
endif
libsptrackd_a_SOURCES += tracker/daemon/wt_json.c
libsptrackd_a_SOURCES += tracker/daemon/wt_json.h

sbin_PROGRAMS += spate-tracker
spate_tracker_SOURCES = tracker/daemon/spate_tracker.c
spate_tracker_LDADD = libsptrackd.a $(CORE_LIBS) $(HOST_LIBS) $(CORE_LIBS)
