# L2: the mesh engine, sans I/O.
noinst_LIBRARIES += libswarm.a
libswarm_a_CPPFLAGS = $(CORE_CPPFLAGS)
libswarm_a_SOURCES =
libswarm_a_SOURCES += swarm/cipher.c
libswarm_a_SOURCES += swarm/frame.c
libswarm_a_SOURCES += swarm/frame.h
libswarm_a_SOURCES += swarm/noise.c
libswarm_a_SOURCES += swarm/noise.h
libswarm_a_SOURCES += swarm/secure.c
libswarm_a_SOURCES += swarm/secure.h
