# L4: the viewer's program. All but its main is a library, for the tests.
noinst_LIBRARIES += libspclient.a
libspclient_a_SOURCES =
libspclient_a_SOURCES += swarm/client/mesh_host.h
