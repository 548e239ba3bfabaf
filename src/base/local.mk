# L0: time, memory, bytes, containers, hashes.
noinst_LIBRARIES += libspbase.a
libspbase_a_CPPFLAGS = $(CORE_CPPFLAGS)
libspbase_a_SOURCES =
libspbase_a_SOURCES += src/base/addr.h
libspbase_a_SOURCES += src/base/base.h
libspbase_a_SOURCES += src/base/buf.h
libspbase_a_SOURCES += src/base/err.h
libspbase_a_SOURCES += src/base/hash.h
libspbase_a_SOURCES += src/base/heap.h
libspbase_a_SOURCES += src/base/log.h
libspbase_a_SOURCES += src/base/map.h
libspbase_a_SOURCES += src/base/mem.h
libspbase_a_SOURCES += src/base/quantile.h
libspbase_a_SOURCES += src/base/ratelim.h
libspbase_a_SOURCES += src/base/rng.h
libspbase_a_SOURCES += src/base/tstamp.h
