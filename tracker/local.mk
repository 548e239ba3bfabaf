# L2: the tracker's registry, window and roster, sans I/O.
noinst_LIBRARIES += libtrack.a
libtrack_a_CPPFLAGS = $(CORE_CPPFLAGS)
libtrack_a_SOURCES =
libtrack_a_SOURCES += tracker/access.h
libtrack_a_SOURCES += tracker/live.h
libtrack_a_SOURCES += tracker/registry.h
libtrack_a_SOURCES += tracker/reply.h
libtrack_a_SOURCES += tracker/track.h
