#include "swarm/client/hls_out.h"

#include "test/unit/unit.h"

static const struct manifest_text none;

/* Pieces 96.. of track 3, 1 s each; [0..n) of the table. */
struct fixture {
	struct failmem fm;
	struct sp_buf b;
	struct record rec[16];
	bool gone[16];
	struct manifest_track track;
	struct hls_seq seq;
	struct hls_media media;
};

#define FIRST 96

static const struct record *
piece(void *ctx, uint64_t number)
{
	struct fixture *f = ctx;

	ck_assert_uint_ge(number, FIRST);
	ck_assert_uint_lt(number, FIRST + SP_LEN(f->rec));
	return f->gone[number - FIRST] ? NULL : &f->rec[number - FIRST];
}

static void
fixture_init(struct fixture *f)
{
	size_t i;

	memset(f, 0, sizeof(*f));
	failmem_init(&f->fm);
	buf_init(&f->b, &f->fm.mem, 1 << 16);
	for (i = 0; i < SP_LEN(f->rec); i++) {
		f->rec[i].number = FIRST + i;
		f->rec[i].track = 3;
		f->rec[i].init = RECORD_NO_INIT;
		f->rec[i].duration_us = 1000000;
		f->rec[i].length = 1000;
	}
	f->track.id = 3;
	f->track.target_s = 2;
	f->media.track = &f->track;
	f->media.seq = &f->seq;
	f->media.piece = piece;
	f->media.ctx = f;
	f->media.query = "";
}

static void
fixture_fini(struct fixture *f)
{
	buf_fini(&f->b);
	failmem_check(&f->fm);
}

/* Notes |n| pieces from |number| on; those that are gone as lost. */
static void
note(struct fixture *f, uint64_t number, size_t n)
{
	for (; n > 0; n--, number++)
		hls_seq_note(&f->seq, number, piece(f, number));
}

static void
expect(struct fixture *f, const char *text)
{
	buf_reset(&f->b);
	ck_assert_int_eq(hls_media_write(&f->b, &f->media), 0);
	buf_put_u8(&f->b, '\0');
	ck_assert_str_eq((const char *)f->b.p, text);
}

START_TEST(plain_list_counts_from_the_piece_number)
{
	struct fixture f;

	fixture_init(&f);
	f.rec[1].duration_us = 1040000;
	note(&f, FIRST, 2);
	expect(&f, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
		   "#EXT-X-MEDIA-SEQUENCE:96\n"
		   "#EXTINF:1.000,\n96.ts\n"
		   "#EXTINF:1.040,\n97.ts\n");
	f.media.ended = true;
	f.media.query = "?token=x";
	hls_seq_advance(&f.seq, 97);
	expect(&f, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
		   "#EXT-X-MEDIA-SEQUENCE:97\n"
		   "#EXTINF:1.040,\n97.ts?token=x\n"
		   "#EXT-X-ENDLIST\n");
	fixture_fini(&f);
}
END_TEST

START_TEST(a_gap_of_no_duration_only_ends_the_list)
{
	struct fixture f;

	fixture_init(&f);
	f.rec[1].flags = RECORD_GAP | RECORD_LAST;
	f.rec[1].length = 0;
	f.rec[1].duration_us = 0;
	note(&f, FIRST, 2);
	f.media.ended = true;
	expect(&f, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
		   "#EXT-X-MEDIA-SEQUENCE:96\n"
		   "#EXTINF:1.000,\n96.ts\n"
		   "#EXT-X-ENDLIST\n");
	/* The source came back. */
	f.rec[2].flags = RECORD_DISCONTINUITY;
	f.media.ended = false;
	note(&f, FIRST + 2, 1);
	expect(&f, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
		   "#EXT-X-MEDIA-SEQUENCE:96\n"
		   "#EXTINF:1.000,\n96.ts\n"
		   "#EXT-X-DISCONTINUITY\n"
		   "#EXTINF:1.000,\n98.ts\n");
	fixture_fini(&f);
}
END_TEST

START_TEST(lost_piece_is_left_out_and_not_counted)
{
	struct fixture f;

	fixture_init(&f);
	f.gone[2] = true;
	note(&f, FIRST, 5);
	expect(&f, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
		   "#EXT-X-MEDIA-SEQUENCE:96\n"
		   "#EXTINF:1.000,\n96.ts\n"
		   "#EXTINF:1.000,\n97.ts\n"
		   "#EXT-X-DISCONTINUITY\n"
		   "#EXTINF:1.000,\n99.ts\n"
		   "#EXTINF:1.000,\n100.ts\n");
	hls_seq_advance(&f.seq, 98);
	ck_assert_uint_eq(f.seq.msn, 98);
	ck_assert_uint_eq(f.seq.dseq, 0);
	hls_seq_advance(&f.seq, 99);
	ck_assert_uint_eq(f.seq.msn, 98);
	ck_assert_uint_eq(f.seq.dseq, 0);
	hls_seq_advance(&f.seq, 100);
	expect(&f, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
		   "#EXT-X-MEDIA-SEQUENCE:99\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n"
		   "#EXTINF:1.000,\n100.ts\n");
	fixture_fini(&f);
}
END_TEST

START_TEST(discontinuity_of_the_source_is_counted_once)
{
	struct fixture f;

	fixture_init(&f);
	f.rec[0].dseq = 4;
	f.rec[1].dseq = f.rec[2].dseq = 5;
	f.rec[1].flags = RECORD_DISCONTINUITY;
	note(&f, FIRST, 3);
	expect(&f, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
		   "#EXT-X-MEDIA-SEQUENCE:96\n#EXT-X-DISCONTINUITY-SEQUENCE:4\n"
		   "#EXTINF:1.000,\n96.ts\n"
		   "#EXT-X-DISCONTINUITY\n"
		   "#EXTINF:1.000,\n97.ts\n"
		   "#EXTINF:1.000,\n98.ts\n");
	hls_seq_advance(&f.seq, 98);
	ck_assert_uint_eq(f.seq.dseq, 5);
	/* who joins at the discontinuity sees the same numbers */
	f.seq = (struct hls_seq){ 0 };
	note(&f, FIRST + 1, 2);
	ck_assert_uint_eq(f.seq.dseq, 4);
	hls_seq_advance(&f.seq, 98);
	ck_assert_uint_eq(f.seq.dseq, 5);
	fixture_fini(&f);
}
END_TEST

START_TEST(map_and_keys_are_repeated_on_change_only)
{
	static const char k1[] =
	    "#EXT-X-KEY:METHOD=AES-128,URI=\"https://k/1\"\n";
	static const char k2[] =
	    "#EXT-X-KEY:METHOD=AES-128,URI=\"https://k/2\"\n";
	struct fixture f;
	size_t i;

	fixture_init(&f);
	f.track.container = MANIFEST_FMP4;
	f.track.head.p = "#EXT-X-START:TIME-OFFSET=-4\n";
	f.track.head.len = strlen(f.track.head.p);
	for (i = 0; i < 5; i++) {
		f.rec[i].init = i < 4 ? 7 : 8;
		f.rec[i].flags = RECORD_INDEPENDENT;
	}
	for (i = 0; i < 3; i++) {
		f.rec[i].keys = i < 2 ? k1 : k2;
		f.rec[i].keys_len = sizeof(k1) - 1;
	}
	f.rec[1].lines =
	    "#EXT-X-PROGRAM-DATE-TIME:2026-11-21T00:00:00Z\n#X:1\n";
	f.rec[1].lines_len = strlen(f.rec[1].lines);
	f.media.query = "?t=1";
	note(&f, FIRST, 5);
	expect(&f, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n"
		   "#EXT-X-MEDIA-SEQUENCE:96\n"
		   "#EXT-X-INDEPENDENT-SEGMENTS\n"
		   "#EXT-X-START:TIME-OFFSET=-4\n"
		   "#EXT-X-KEY:METHOD=AES-128,URI=\"https://k/1\"\n"
		   "#EXT-X-MAP:URI=\"init-7.mp4?t=1\"\n"
		   "#EXTINF:1.000,\n96.m4s?t=1\n"
		   "#EXT-X-PROGRAM-DATE-TIME:2026-11-21T00:00:00Z\n#X:1\n"
		   "#EXTINF:1.000,\n97.m4s?t=1\n"
		   "#EXT-X-KEY:METHOD=AES-128,URI=\"https://k/2\"\n"
		   "#EXTINF:1.000,\n98.m4s?t=1\n"
		   "#EXT-X-KEY:METHOD=NONE\n"
		   "#EXTINF:1.000,\n99.m4s?t=1\n"
		   "#EXT-X-MAP:URI=\"init-8.mp4?t=1\"\n"
		   "#EXTINF:1.000,\n100.m4s?t=1\n");
	fixture_fini(&f);
}
END_TEST

START_TEST(gap_is_passed_on_with_the_version_it_needs)
{
	struct fixture f;

	fixture_init(&f);
	f.rec[0].flags = RECORD_GAP;
	f.rec[0].length = 0;
	f.track.target_s = 0;
	f.rec[0].duration_us = 3600000;
	note(&f, FIRST, 1);
	expect(&f, "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:4\n"
		   "#EXT-X-MEDIA-SEQUENCE:96\n"
		   "#EXT-X-GAP\n#EXTINF:3.600,\n96.ts\n");
	fixture_fini(&f);
}
END_TEST

START_TEST(empty_list_is_a_playlist)
{
	struct fixture f;

	fixture_init(&f);
	expect(&f, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
		   "#EXT-X-MEDIA-SEQUENCE:0\n");
	fixture_fini(&f);
}
END_TEST

START_TEST(numbers_never_fall_over_losses_and_pauses)
{
	struct record rec = { .init = RECORD_NO_INIT };
	struct hls_seq s = { 0 };
	uint64_t n, last = 0;

	for (n = 10; n < 5000; n++) {
		/* nobody watches for a while */
		if (n % 700 == 0)
			n += 50;
		rec.dseq = (uint32_t)(n / 100);
		rec.flags = n % 100 == 0 ? RECORD_DISCONTINUITY : 0;
		hls_seq_note(&s, n, n % 7 == 3 ? NULL : &rec);
		if (n % 3 == 0)
			hls_seq_advance(&s, n > 20 ? n - 20 : 0);
		ck_assert_uint_le(s.end - s.first, LIM_WINDOW_PIECES);
		ck_assert_uint_ge(s.msn, last);
		last = s.msn;
	}
	ck_assert_uint_gt(last, 4000);
}
END_TEST

START_TEST(lost_pieces_before_the_start_are_no_piece)
{
	struct record rec = { .init = RECORD_NO_INIT };
	struct hls_seq s = { 0 };

	hls_seq_note(&s, 5, NULL);
	ck_assert(!s.begun);
	hls_seq_note(&s, 6, &rec);
	ck_assert_uint_eq(s.first, 6);
	ck_assert_uint_eq(s.msn, 6);
	hls_seq_note(&s, 6, NULL);
	ck_assert_uint_eq(s.end, 7);
	ck_assert_uint_eq(s.lost, 0);
}
END_TEST

START_TEST(what_left_the_list_is_kept_as_long_again)
{
	/* 26 s and the one that is cut; then 28 s and the delay of 4 s */
	ck_assert_uint_eq(hls_list_span(60000, 4000, 1), 26000000);
	ck_assert_uint_eq(hls_list_span(60000, 0, 2), 26000000);
	ck_assert_uint_eq(hls_list_span(10000, 20000, 1), 0);
	ck_assert_uint_eq(hls_list_span(10000, 6000, 1), 0);
	ck_assert_uint_eq(hls_list_span(0, 0, UINT32_MAX), 0);
}
END_TEST

START_TEST(list_has_six_segments_or_the_span)
{
	struct fixture f;

	fixture_init(&f);
	ck_assert_uint_eq(hls_list_first(&f.media, 96, 110, 0), 104);
	ck_assert_uint_eq(hls_list_first(&f.media, 96, 110, 9000000), 101);
	ck_assert_uint_eq(hls_list_first(&f.media, 106, 110, 9000000), 106);
	ck_assert_uint_eq(hls_list_first(&f.media, 110, 110, 9000000), 110);
	f.gone[12] = true;
	ck_assert_uint_eq(hls_list_first(&f.media, 96, 110, 0), 103);
	fixture_fini(&f);
}
END_TEST

START_TEST(writers_survive_lack_of_memory)
{
	struct manifest m = { .n_refs = 1, .n_tracks = 1 };
	struct fixture f;
	struct failmem fm;
	struct sp_buf b;
	int rv;

	fixture_init(&f);
	note(&f, FIRST, 9);
	m.refs[0].kind = MANIFEST_REF_MEDIA;
	FAILMEM_EACH (&fm) {
		buf_init(&b, &fm.mem, 1 << 16);
		rv = hls_media_write(&b, &f.media);
		if (rv == 0)
			rv = hls_master_write(&b, &m, 0, "");
		ck_assert_int_eq(rv, fm.failed > 0 ? SP_ERR_NOMEM : 0);
		buf_fini(&b);
	}
	fixture_fini(&f);
}
END_TEST

static void
expect_master(const struct manifest *m, const char *query, const char *text)
{
	struct failmem fm;
	struct sp_buf b;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 1 << 16);
	ck_assert_int_eq(hls_master_write(&b, m, 0, query), 0);
	buf_put_u8(&b, '\0');
	ck_assert_str_eq((const char *)b.p, text);
	buf_fini(&b);
	failmem_check(&fm);
}

static void
ref(struct manifest *m, enum manifest_ref_kind kind, int track,
    const char *attrs)
{
	struct manifest_ref *r = &m->refs[m->n_refs++];

	r->kind = (uint8_t)kind;
	r->track = (int16_t)track;
	r->attrs.p = attrs;
	r->attrs.len = strlen(attrs);
}

START_TEST(master_keeps_attributes_and_order)
{
	struct manifest m = { .n_tracks = 3 };

	m.tracks[0].id = 4;
	m.tracks[1].id = 5;
	m.tracks[2].id = 6;
	m.lines.p = "#EXT-X-INDEPENDENT-SEGMENTS\n";
	m.lines.len = strlen(m.lines.p);
	ref(&m, MANIFEST_REF_MEDIA, 6,
	    "TYPE=AUDIO,GROUP-ID=\"a,b\",NAME=\"x\"");
	ref(&m, MANIFEST_REF_MEDIA, -1,
	    "TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",INSTREAM-ID=\"CC1\",NAME="
	    "\"y\"");
	ref(&m, MANIFEST_REF_STREAM, 5, "BANDWIDTH=2,AUDIO=\"a,b\"");
	ref(&m, MANIFEST_REF_STREAM, 4, "BANDWIDTH=1");
	ref(&m, MANIFEST_REF_STREAM, 9, "BANDWIDTH=0");
	ref(&m, MANIFEST_REF_IFRAME, 4, "BANDWIDTH=3");
	ref(&m, MANIFEST_REF_IFRAME, -1, "BANDWIDTH=4");
	expect_master(&m, "?token=ab",
	    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
	    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a,b\",NAME=\"x\","
	    "URI=\"t/6/index.m3u8?token=ab\"\n"
	    "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\","
	    "INSTREAM-ID=\"CC1\",NAME=\"y\"\n"
	    "#EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO=\"a,b\"\n"
	    "t/5/index.m3u8?token=ab\n"
	    "#EXT-X-STREAM-INF:BANDWIDTH=1\n"
	    "t/4/index.m3u8?token=ab\n"
	    "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=3,"
	    "URI=\"t/4/index.m3u8?token=ab\"\n");
	ck_assert_int_eq(hls_first_track(&m, 0), 5);
	ck_assert_int_eq(hls_first_track(&m, 1 << 5), 4);
}
END_TEST

START_TEST(encoder_has_half_a_minute_to_come_back)
{
	ck_assert(!hls_is_over(0, 0));
	ck_assert(!hls_is_over(33 * SP_S, 3000));
	ck_assert(hls_is_over(33 * SP_S + 1, 3000));
}
END_TEST

START_TEST(variants_may_be_left_out)
{
	struct manifest m = { .n_tracks = 2 };
	struct failmem fm;
	struct sp_buf b;

	failmem_init(&fm);
	m.tracks[0].id = 31;
	m.tracks[1].id = 7;
	m.tracks[1].bandwidth_bps = 5;
	buf_init(&b, &fm.mem, 4096);
	ck_assert_int_eq(hls_master_write(&b, &m, UINT32_C(1) << 31, ""), 0);
	buf_put_u8(&b, 0);
	ck_assert_str_eq((const char *)b.p,
	    "#EXTM3U\n#EXT-X-VERSION:3\n"
	    "#EXT-X-STREAM-INF:BANDWIDTH=5\nt/7/index.m3u8\n");
	ck_assert_int_eq(hls_first_track(&m, UINT32_C(1) << 31), 7);
	m.n_refs = 2;
	m.refs[0] = (struct manifest_ref){ MANIFEST_REF_STREAM, 31,
		{ "BANDWIDTH=9", 11 } };
	m.refs[1] = (struct manifest_ref){ MANIFEST_REF_MEDIA, 7,
		{ "TYPE=AUDIO", 10 } };
	buf_reset(&b);
	/* what is no variant stays */
	ck_assert_int_eq(
	    hls_master_write(&b, &m, UINT32_C(1) << 31 | 1 << 7, ""), 0);
	buf_put_u8(&b, 0);
	ck_assert_str_eq((const char *)b.p,
	    "#EXTM3U\n#EXT-X-VERSION:7\n"
	    "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"t/7/index.m3u8\"\n");
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

START_TEST(channel_without_master_gets_one)
{
	struct manifest m = { .n_tracks = 1 };

	m.tracks[0].bandwidth_bps = 900000;
	m.tracks[0].width = 640;
	m.tracks[0].height = 360;
	m.tracks[0].codecs.p = "avc1.42c01e,mp4a.40.2";
	m.tracks[0].codecs.len = strlen(m.tracks[0].codecs.p);
	m.tracks[0].name.p = "not \"this\"";
	m.tracks[0].name.len = strlen(m.tracks[0].name.p);
	expect_master(&m, "",
	    "#EXTM3U\n#EXT-X-VERSION:3\n"
	    "#EXT-X-STREAM-INF:BANDWIDTH=900000,"
	    "CODECS=\"avc1.42c01e,mp4a.40.2\",RESOLUTION=640x360\n"
	    "t/0/index.m3u8\n");
	m.tracks[0].codecs = m.tracks[0].name = none;
	m.tracks[0].bandwidth_bps = m.tracks[0].width = 0;
	expect_master(&m, "",
	    "#EXTM3U\n#EXT-X-VERSION:3\n"
	    "#EXT-X-STREAM-INF:BANDWIDTH=1000000\n"
	    "t/0/index.m3u8\n");
	ck_assert_int_eq(hls_first_track(&m, 0), 0);
	m.n_tracks = 0;
	ck_assert_int_eq(hls_first_track(&m, 0), -1);
}
END_TEST

START_TEST(paths_have_one_spelling)
{
	static const struct {
		const char *path;
		enum hls_path_kind kind;
		unsigned track;
		uint64_t number;
	} good[] = {
		{ "/master.m3u8", HLS_PATH_MASTER, 0, 0 },
		{ "/index.m3u8", HLS_PATH_MASTER, 0, 0 },
		{ "/t/0/index.m3u8", HLS_PATH_MEDIA, 0, 0 },
		{ "/t/31/index.m3u8", HLS_PATH_MEDIA, 31, 0 },
		{ "/t/7/0.ts", HLS_PATH_SEGMENT, 7, 0 },
		{ "/t/7/123456789012.m4s", HLS_PATH_SEGMENT, 7, 123456789012 },
		{ "/t/7/init-3.mp4", HLS_PATH_INIT, 7, 3 },
	};
	static const char *const bad[] = { "/", "/t", "/t/", "/t//1.ts",
		"/t/32/index.m3u8", "/t/07/1.ts", "/t/7/01.ts", "/t/7/.ts",
		"/t/7/1.", "/t/7/1", "/t/7/1.TS", "/t/7/1.ts/", "/t/7/x/1.ts",
		"/t/7/init-.mp4", "/t/7/-1.ts", "/t/7/1.ts.ts",
		"/t/7/99999999999999999999.ts", "/t/7/1.abcdefgh",
		"/master.m3u8/", "/t/7/../1.ts" };
	struct hls_path p;
	size_t i;

	for (i = 0; i < SP_LEN(good); i++) {
		p = hls_path_parse(good[i].path);
		ck_assert_msg(p.kind == good[i].kind, "%s", good[i].path);
		ck_assert_uint_eq(p.track, good[i].track);
		ck_assert_uint_eq(p.number, good[i].number);
	}
	for (i = 0; i < SP_LEN(bad); i++) {
		p = hls_path_parse(bad[i]);
		ck_assert_msg(p.kind == HLS_PATH_NONE, "%s", bad[i]);
	}
}
END_TEST

static const char *
ext(enum manifest_container c, const char *uri, char out[HLS_EXT_MAX])
{
	struct manifest_track t = { .container = (uint8_t)c };
	struct record rec = { .uri = uri, .uri_len = strlen(uri) };

	return hls_ext(&t, &rec, out);
}

START_TEST(extensions_follow_the_container_then_the_source)
{
	char e[HLS_EXT_MAX];

	ck_assert_str_eq(ext(MANIFEST_TS, "a.jpg", e), "ts");
	ck_assert_str_eq(ext(MANIFEST_FMP4, "a.mp4", e), "m4s");
	ck_assert_str_eq(ext(MANIFEST_TEXT, "a", e), "vtt");
	ck_assert_str_eq(ext(MANIFEST_AAC, "a/b.mp3?x=.y", e), "mp3");
	ck_assert_str_eq(ext(MANIFEST_AAC, "a.b/c", e), "aac");
	ck_assert_str_eq(ext(MANIFEST_OTHER, "a.veryverylong", e), "bin");
	ck_assert_str_eq(ext(MANIFEST_OTHER, "", e), "bin");
	ck_assert_str_eq(hls_type("ts"), "video/mp2t");
	ck_assert_str_eq(hls_type("m4s"), "video/iso.segment");
	ck_assert_str_eq(hls_type("bin"), "application/octet-stream");
}
END_TEST

UNIT_MAIN("hls_out", encoder_has_half_a_minute_to_come_back,
    variants_may_be_left_out, a_gap_of_no_duration_only_ends_the_list,
    plain_list_counts_from_the_piece_number,
    lost_piece_is_left_out_and_not_counted,
    discontinuity_of_the_source_is_counted_once,
    map_and_keys_are_repeated_on_change_only,
    gap_is_passed_on_with_the_version_it_needs, empty_list_is_a_playlist,
    numbers_never_fall_over_losses_and_pauses,
    lost_pieces_before_the_start_are_no_piece,
    what_left_the_list_is_kept_as_long_again, list_has_six_segments_or_the_span,
    writers_survive_lack_of_memory, master_keeps_attributes_and_order,
    channel_without_master_gets_one, paths_have_one_spelling,
    extensions_follow_the_container_then_the_source)
