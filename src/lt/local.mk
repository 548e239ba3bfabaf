# L3: libtorrent behind a C API. The only C++, and none without libtorrent.
noinst_LIBRARIES += libsplt.a
libsplt_a_SOURCES =
libsplt_a_SOURCES += src/lt/lt.h
libsplt_a_SOURCES += src/lt/lt_common.c
if HAVE_LIBTORRENT
libsplt_a_SOURCES += src/lt/lt.cpp
libsplt_a_SOURCES += src/lt/lt_add.cpp
libsplt_a_SOURCES += src/lt/lt_dht.cpp
libsplt_a_SOURCES += src/lt/lt_event.cpp
libsplt_a_SOURCES += src/lt/lt_info.cpp
libsplt_a_SOURCES += src/lt/lt_int.hpp
libsplt_a_SOURCES += src/lt/lt_map.cpp
libsplt_a_SOURCES += src/lt/lt_renew.cpp
libsplt_a_SOURCES += src/lt/lt_mute.cpp
libsplt_a_SOURCES += src/lt/lt_settings.cpp
libsplt_a_SOURCES += src/lt/lt_torrent.cpp
else
libsplt_a_SOURCES += src/lt/lt_stub.c
endif
libsplt_a_CXXFLAGS = $(AM_CXXFLAGS) $(TORRENT_CFLAGS)
EXTRA_DIST += src/lt/lt.cpp src/lt/lt_add.cpp src/lt/lt_dht.cpp \
	src/lt/lt_event.cpp src/lt/lt_info.cpp src/lt/lt_int.hpp \
	src/lt/lt_map.cpp src/lt/lt_renew.cpp src/lt/lt_settings.cpp \
	src/lt/lt_torrent.cpp src/lt/lt_stub.c
	src/lt/lt_map.cpp src/lt/lt_mute.cpp src/lt/lt_settings.cpp \
	src/lt/lt_torrent.cpp \
	src/lt/lt_stub.c
