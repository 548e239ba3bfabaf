# L4: the broadcaster's and the operator's tools.
noinst_LIBRARIES += libsptools.a
libsptools_a_SOURCES =
