# L4: the viewer's program. All but its main is a library, for the tests.
noinst_LIBRARIES += libspclient.a
libspclient_a_SOURCES =
libspclient_a_SOURCES += swarm/client/hls_out.c
libspclient_a_SOURCES += swarm/client/hls_out.h
libspclient_a_SOURCES += swarm/client/hls_path.c
libspclient_a_SOURCES += swarm/client/hls_path.h
libspclient_a_SOURCES += swarm/client/mesh_host.h
