# L2: the tracker's registry, window and roster, sans I/O.
noinst_LIBRARIES += libtrack.a
libtrack_a_CPPFLAGS = $(CORE_CPPFLAGS)
libtrack_a_SOURCES =
