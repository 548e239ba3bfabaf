# L3: the only user of sockets, clocks, files, libevent and libcurl.
noinst_LIBRARIES += libspio.a
libspio_a_SOURCES =
