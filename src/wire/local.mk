# L1: bytes <-> structs, no state.
noinst_LIBRARIES += libspwire.a
libspwire_a_CPPFLAGS = $(CORE_CPPFLAGS)
libspwire_a_SOURCES =
libspwire_a_SOURCES += src/wire/bencode.h
libspwire_a_SOURCES += src/wire/compact.c
libspwire_a_SOURCES += src/wire/compact.h
libspwire_a_SOURCES += src/wire/limits.h
libspwire_a_SOURCES += src/wire/link.h
libspwire_a_SOURCES += src/wire/m3u8.h
libspwire_a_SOURCES += src/wire/manifest.h
libspwire_a_SOURCES += src/wire/peerwire.c
libspwire_a_SOURCES += src/wire/peerwire.h
libspwire_a_SOURCES += src/wire/record.h
libspwire_a_SOURCES += src/wire/trackwire.h
