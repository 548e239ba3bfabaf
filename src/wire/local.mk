# L1: bytes <-> structs, no state.
noinst_LIBRARIES += libspwire.a
libspwire_a_CPPFLAGS = $(CORE_CPPFLAGS)
libspwire_a_SOURCES =
