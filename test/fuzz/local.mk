# Fuzz targets. A new target NAME is test/fuzz/fuzz_NAME.c with
# LLVMFuzzerTestOneInput, some inputs in test/fuzz/corpus/NAME, and here:
#
#   FUZZ += test/fuzz/fuzz_NAME
#   test_fuzz_fuzz_NAME_SOURCES = test/fuzz/fuzz_NAME.c $(MAIN_FUZZ)
#   test_fuzz_fuzz_NAME_LDADD = $(LIBS_FUZZ)
#   test_fuzz_fuzz_NAME_LDFLAGS = $(LDFLAGS_FUZZ)
#
# `make check' replays the corpus with any compiler. With --enable-fuzzing
# the programs are libFuzzer's and `make check' leaves them alone.

FUZZ =
LIBS_FUZZ = $(CORE_LIBS)
LDFLAGS_FUZZ = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
if ENABLE_FUZZING
MAIN_FUZZ = test/fuzz/fuzz.h
else
MAIN_FUZZ = test/fuzz/fuzz.h test/fuzz/replay_main.c
endif

FUZZ += test/fuzz/fuzz_secure
test_fuzz_fuzz_secure_SOURCES = test/fuzz/fuzz_secure.c $(MAIN_FUZZ)
test_fuzz_fuzz_secure_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_secure_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_track
test_fuzz_fuzz_track_SOURCES = test/fuzz/fuzz_track.c test/sim/signer.c \
	test/sim/signer.h $(MAIN_FUZZ)
test_fuzz_fuzz_track_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_track_LDFLAGS = $(LDFLAGS_FUZZ)
FUZZ += test/fuzz/fuzz_m3u8
test_fuzz_fuzz_m3u8_SOURCES = test/fuzz/fuzz_m3u8.c $(MAIN_FUZZ)
test_fuzz_fuzz_m3u8_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_m3u8_LDFLAGS = $(LDFLAGS_FUZZ)

LAB_FUZZ = test/sim/mesh_sound.c test/sim/mesh_sound.h \
	test/sim/meshlab.c test/sim/meshlab.h test/sim/meshlab_peer.c \
	test/sim/meshlab_piece.c
FUZZ += test/fuzz/fuzz_mesh
test_fuzz_fuzz_mesh_SOURCES = test/fuzz/fuzz_mesh.c \
	test/fuzz/mesh_ops.c test/fuzz/mesh_ops.h $(LAB_FUZZ) $(MAIN_FUZZ)
test_fuzz_fuzz_mesh_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_mesh_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_peerwire
test_fuzz_fuzz_peerwire_SOURCES = test/fuzz/fuzz_peerwire.c $(MAIN_FUZZ)
test_fuzz_fuzz_peerwire_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_peerwire_LDFLAGS = $(LDFLAGS_FUZZ)
FUZZ += test/fuzz/fuzz_bencode
test_fuzz_fuzz_bencode_SOURCES = test/fuzz/fuzz_bencode.c $(MAIN_FUZZ)
test_fuzz_fuzz_bencode_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_bencode_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_fileitem
test_fuzz_fuzz_fileitem_SOURCES = test/fuzz/fuzz_fileitem.c $(MAIN_FUZZ)
test_fuzz_fuzz_fileitem_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_fileitem_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_head
test_fuzz_fuzz_head_SOURCES = test/fuzz/fuzz_head.c $(MAIN_FUZZ)
test_fuzz_fuzz_head_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_head_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_link
test_fuzz_fuzz_link_SOURCES = test/fuzz/fuzz_link.c $(MAIN_FUZZ)
test_fuzz_fuzz_link_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_link_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_manifest
test_fuzz_fuzz_manifest_SOURCES = test/fuzz/fuzz_manifest.c $(MAIN_FUZZ)
test_fuzz_fuzz_manifest_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_manifest_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_metainfo
test_fuzz_fuzz_metainfo_SOURCES = test/fuzz/fuzz_metainfo.c $(MAIN_FUZZ)
test_fuzz_fuzz_metainfo_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_metainfo_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_record
test_fuzz_fuzz_record_SOURCES = test/fuzz/fuzz_record.c $(MAIN_FUZZ)
test_fuzz_fuzz_record_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_record_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_plain
test_fuzz_fuzz_plain_SOURCES = test/fuzz/fuzz_plain.c $(MAIN_FUZZ)
test_fuzz_fuzz_plain_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_plain_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_plain_save
test_fuzz_fuzz_plain_save_SOURCES = test/fuzz/fuzz_plain_save.c $(MAIN_FUZZ)
test_fuzz_fuzz_plain_save_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_plain_save_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_places
test_fuzz_fuzz_places_SOURCES = test/fuzz/fuzz_places.c $(MAIN_FUZZ)
test_fuzz_fuzz_places_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_places_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_roster
test_fuzz_fuzz_roster_SOURCES = test/fuzz/fuzz_roster.c $(MAIN_FUZZ)
test_fuzz_fuzz_roster_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_roster_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_telemetry
test_fuzz_fuzz_telemetry_SOURCES = test/fuzz/fuzz_telemetry.c $(MAIN_FUZZ)
test_fuzz_fuzz_telemetry_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_telemetry_LDFLAGS = $(LDFLAGS_FUZZ)
FUZZ += test/fuzz/fuzz_share
test_fuzz_fuzz_share_SOURCES = test/fuzz/fuzz_share.c test/sim/signer.c \
	test/sim/signer.h $(MAIN_FUZZ)
test_fuzz_fuzz_share_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_share_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_trackwire
test_fuzz_fuzz_trackwire_SOURCES = test/fuzz/fuzz_trackwire.c $(MAIN_FUZZ)
test_fuzz_fuzz_trackwire_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_trackwire_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_udp
test_fuzz_fuzz_udp_SOURCES = test/fuzz/fuzz_udp.c $(MAIN_FUZZ)
test_fuzz_fuzz_udp_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_udp_LDFLAGS = $(LDFLAGS_FUZZ)

FUZZ += test/fuzz/fuzz_udpwire
test_fuzz_fuzz_udpwire_SOURCES = test/fuzz/fuzz_udpwire.c $(MAIN_FUZZ)
test_fuzz_fuzz_udpwire_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_udpwire_LDFLAGS = $(LDFLAGS_FUZZ)
FUZZ += test/fuzz/fuzz_wt
test_fuzz_fuzz_wt_SOURCES = test/fuzz/fuzz_wt.c $(MAIN_FUZZ)
test_fuzz_fuzz_wt_LDADD = $(LIBS_FUZZ)
test_fuzz_fuzz_wt_LDFLAGS = $(LDFLAGS_FUZZ)

if !CORE_ONLY
FUZZ += test/fuzz/fuzz_wt_json
test_fuzz_fuzz_wt_json_SOURCES = test/fuzz/fuzz_wt_json.c $(MAIN_FUZZ)
test_fuzz_fuzz_wt_json_LDADD = libsptrackd.a $(LIBS_FUZZ) $(HOST_LIBS) \
	$(LIBS_FUZZ)
test_fuzz_fuzz_wt_json_LDFLAGS = $(LDFLAGS_FUZZ)
endif

if HAVE_WSLAY
FUZZ += test/fuzz/fuzz_ws
test_fuzz_fuzz_ws_SOURCES = test/fuzz/fuzz_ws.c $(MAIN_FUZZ)
test_fuzz_fuzz_ws_LDADD = $(LIBS_FUZZ) $(HOST_LIBS) $(LIBS_FUZZ)
test_fuzz_fuzz_ws_LDFLAGS = $(LDFLAGS_FUZZ)
FUZZ += test/fuzz/fuzz_hparse
test_fuzz_fuzz_hparse_SOURCES = test/fuzz/fuzz_hparse.c $(MAIN_FUZZ)
test_fuzz_fuzz_hparse_LDADD = libspio.a $(LIBS_FUZZ) $(HTTP_PARSER_LIBS)
test_fuzz_fuzz_hparse_LDFLAGS = $(LDFLAGS_FUZZ)
endif

check_PROGRAMS += $(FUZZ)
if !ENABLE_FUZZING
TESTS_QUICK += $(FUZZ)
endif
EXTRA_DIST += test/fuzz/corpus test/fuzz/replay_main.c test/fuzz/run.sh

# make fuzz FUZZ_SECONDS=600
FUZZ_SECONDS = 60
fuzz:
	$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/test/fuzz/run.sh \
		$(FUZZ_SECONDS) $(FUZZ)

fuzz-programs: $(FUZZ)

.PHONY: fuzz fuzz-programs
