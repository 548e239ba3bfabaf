# Golden bytes: NAME.hex is the message, NAME.exp what it says (golden.h).

check_PROGRAMS += test/golden/golden
TESTS_QUICK += test/golden/golden
test_golden_golden_SOURCES = test/golden/golden.c test/golden/golden.h
test_golden_golden_SOURCES += test/golden/golden_metainfo.c
test_golden_golden_SOURCES += test/golden/golden_fileitem.c
test_golden_golden_SOURCES += test/golden/golden_head.c
test_golden_golden_SOURCES += test/golden/golden_lsd.c
test_golden_golden_SOURCES += test/golden/golden_places.c
test_golden_golden_SOURCES += test/golden/golden_pw.c
test_golden_golden_SOURCES += test/golden/golden_receipts.c
test_golden_golden_SOURCES += test/golden/golden_roster.c
test_golden_golden_SOURCES += test/golden/golden_telemetry.c
test_golden_golden_SOURCES += test/golden/golden_udp.c
test_golden_golden_SOURCES += test/golden/golden_share.c
test_golden_golden_SOURCES += test/golden/golden_wire.c
test_golden_golden_LDADD = $(CORE_LIBS)

# Not the folder as a whole: make dist would take it from the build as well,
# objects and all.
dist-hook:
	cp -p $(srcdir)/test/golden/*.hex $(srcdir)/test/golden/*.exp \
	    $(distdir)/test/golden
