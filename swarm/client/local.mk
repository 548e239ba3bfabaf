# L4: the viewer's program. All but its main is a library, for the tests.
noinst_LIBRARIES += libspclient.a
libspclient_a_SOURCES =
libspclient_a_SOURCES += swarm/client/hls_out.c
libspclient_a_SOURCES += swarm/client/hls_out.h
libspclient_a_SOURCES += swarm/client/hls_path.c
libspclient_a_SOURCES += swarm/client/hls_path.h
libspclient_a_SOURCES += swarm/client/host_conn.c
libspclient_a_SOURCES += swarm/client/host_feed.c
libspclient_a_SOURCES += swarm/client/host_fetch.c
libspclient_a_SOURCES += swarm/client/host_int.h
libspclient_a_SOURCES += swarm/client/host_tracker.c
libspclient_a_SOURCES += swarm/client/mesh_host.c
libspclient_a_SOURCES += swarm/client/mesh_host.h
