# L4: the tracker's program. All but its main is a library, for the tests.
noinst_LIBRARIES += libsptrackd.a
libsptrackd_a_SOURCES =
