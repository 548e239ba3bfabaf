# L2: the mesh engine, sans I/O.
noinst_LIBRARIES += libswarm.a
libswarm_a_CPPFLAGS = $(CORE_CPPFLAGS)
libswarm_a_SOURCES =
