#include "tools/archive_plan.h"

#include <time.h>
#include <unistd.h>

#include "io/loop.h"
#include "test/unit/unit.h"

/* A journal in a file, of which spans are loaded. */

static char path[64];
static FILE *out;
static uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
static uint8_t prev[LIM_TRACK_INIT + LIM_TRACKS][HASH_LEN];
static struct archive_span s;
static struct sp_buf b;
static char why[ARCHIVE_WHY];
static struct record next; /* what the next piece differs in */

static void
put(void)
{
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_eq(fwrite(b.p, 1, b.len, out), b.len);
	buf_reset(&b);
}

static void
manifest(uint64_t serial, size_t tracks)
{
	static struct manifest m;

	memset(&m, 0, sizeof(m));
	memcpy(m.pk, pk, sizeof(pk));
	m.serial = serial;
	m.n_tracks = tracks;
	for (size_t i = 0; i < tracks; i++) {
		m.tracks[i].id = (uint8_t)i;
		m.tracks[i].bandwidth_bps = 100000 * (uint32_t)(i + 1);
	}
	m.n_refs = tracks > 1 ? 1 : 0;
	m.refs[0] = (struct manifest_ref){ MANIFEST_REF_STREAM, 0,
		{ "BANDWIDTH=5,NAME=\"x\"", 20 } };
	ck_assert_int_eq(manifest_seal(&b, &m, sk), 0);
	put();
}

static void
begin(void)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 3 };

	hash_setup();
	hash_keypair(pk, sk, seed);
	memset(prev, 0, sizeof(prev));
	memset(&next, 0, sizeof(next));
	next.init = RECORD_NO_INIT;
	snprintf(path, sizeof(path), "/tmp/check_archive.%ld", (long)getpid());
	out = fopen(path, "wb");
	ck_assert_ptr_nonnull(out);
	buf_init(&b, io_mem(), 1 << 20);
	manifest(1, 1);
}

static void
end(void)
{
	archive_span_fini(&s);
	buf_fini(&b);
	unlink(path);
}

/* A piece of a second that the origin had |number| seconds after 1970. */
static void
piece(uint8_t track, uint64_t number, const char *uri, uint8_t fill)
{
	struct record r = next;
	uint8_t leaf[2][HASH_LEN];
	struct record_env e;

	memset(leaf, fill, sizeof(leaf));
	r.track = track;
	r.number = number;
	r.epoch = next.epoch > 0 ? next.epoch : 1;
	r.avail_ms = (int64_t)number * 1000;
	r.duration_us = 1000000;
	r.length = next.flags & RECORD_GAP ? 0 : 20000;
	if (track >= LIM_TRACK_INIT) {
		r.flags = RECORD_INIT;
		r.duration_us = 0;
		r.init = RECORD_NO_INIT;
	}
	if (r.length > 0)
		hash_tree_root(r.root, leaf[0], 2);
	r.uri = uri;
	r.uri_len = uri != NULL ? strlen(uri) : 0;
	r.absolute = uri != NULL && strstr(uri, "://") != NULL;
	memcpy(r.prev, prev[track], HASH_LEN);
	ck_assert_int_eq(record_seal(&b, &r, leaf[0], r.length > 0 ? 2 : 0, sk),
	    0);
	ck_assert_int_eq(record_open(&e, b.p, b.len), 0);
	record_digest(prev[track], &e);
	put();
	memset(&next, 0, sizeof(next));
	next.init = RECORD_NO_INIT;
}

static int
load_span(const char *from, const char *to)
{
	struct archive_want w = { .tracks = UINT32_MAX,
		.timed = from != NULL,
		.to = { WHEN_END, 0 } };

	if (from != NULL)
		ck_assert_int_eq(when_parse(&w.from, from, 0), 0);
	if (to != NULL)
		ck_assert_int_eq(when_parse(&w.to, to, 0), 0);
	fflush(out);
	archive_span_fini(&s);
	return archive_span_load(&s, path, &w, pk, why);
}

static void
planned(void)
{
	ck_assert_int_eq(load_span(NULL, NULL), 0);
	ck_assert_int_eq(archive_plan(&s, "st"), 0);
}

/* ---- time --------------------------------------------------------------- */

START_TEST(times_are_read_as_people_write_them)
{
	static const struct {
		const char *s;
		enum when_kind kind;
		int64_t ms;
	} rows[] = {
		{ "2026-11-23T20:15:00Z", WHEN_AT, 1795464900000 },
		{ "2026-11-23t20:15:00.25z", WHEN_AT, 1795464900250 },
		{ "2026-11-23 21:15:00+01:00", WHEN_AT, 1795464900000 },
		{ "2026-11-23T20:15:00", WHEN_AT, 1795464900000 - 3600000 },
		{ "2024-02-29T00:00:00Z", WHEN_AT, 1709164800000 },
		{ "20:15", WHEN_AT, 1795464900000 - 3600000 },
		{ "20:15:30", WHEN_AT, 1795464930000 - 3600000 },
		{ "90", WHEN_START, 90000 },
		{ "10m", WHEN_START, 600000 },
		{ "-1h", WHEN_END, 3600000 },
	};
	static const char *const bad[] = { "", "x", "25:00", "20:60", "20:1",
		"2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-11-23T20:15:00+25:00", "2026-11-23", "--1", "20:15x",
		"2026-11-23T20:15:00Zx", "1.5.5", "20:15:00." };
	struct when t;

	setenv("TZ", "ABC-1", 1);
	tzset();
	for (size_t i = 0; i < SP_LEN(rows); i++) {
		ck_assert_int_eq(when_parse(&t, rows[i].s, 1795464000000), 0);
		ck_assert_int_eq(t.kind, rows[i].kind);
		ck_assert_int_eq(t.ms, rows[i].ms);
	}
	for (size_t i = 0; i < SP_LEN(bad); i++)
		ck_assert_int_lt(when_parse(&t, bad[i], 0), 0);

	/* what is to come today was yesterday */
	for (int h = 0; h < 24; h++) {
		char text[16];
		int64_t now = 1795464000000;

		snprintf(text, sizeof(text), "%02d:01", h);
		ck_assert_int_eq(when_parse_past(&t, text, now), 0);
		ck_assert_int_le(t.ms, now);
		ck_assert_int_gt(t.ms, now - 25 * INT64_C(3600000));
	}
	ck_assert_int_eq(when_parse_past(&t, "2030-01-01T00:00:00Z", 0), 0);
	ck_assert_int_eq(t.ms, 1893456000000);
}
END_TEST

/* ---- spans -------------------------------------------------------------- */

static void
hundred(void)
{
	char uri[32];

	for (unsigned n = 101; n <= 200; n++) {
		snprintf(uri, sizeof(uri), "s%u.ts", n);
		piece(0, n, uri, (uint8_t)n);
	}
}

START_TEST(a_span_has_the_pieces_whose_middle_is_in_it)
{
	begin();
	hundred();
	ck_assert_int_eq(load_span(NULL, NULL), 0);
	ck_assert_uint_eq(s.n, 100);
	ck_assert_uint_eq(s.holes, 0);
	ck_assert_int_eq(
	    load_span("1970-01-01T00:02:00Z", "1970-01-01T00:02:10Z"), 0);
	ck_assert_uint_eq(s.n, 10);
	ck_assert_uint_eq(s.v[0].e.rec.number, 121);
	ck_assert_int_eq(load_span("10", "-10"), 0);
	ck_assert_uint_eq(s.n, 80);
	ck_assert_uint_eq(s.v[0].e.rec.number, 111);
	ck_assert_int_eq(load_span("10", NULL), 0);
	ck_assert_uint_eq(s.n, 90);
	ck_assert_int_eq(load_span("50", "50"), SP_ERR_RANGE);
	end();
}
END_TEST

START_TEST(renditions_are_cut_at_the_same_numbers)
{
	begin();
	for (uint64_t n = 101; n <= 130; n++) {
		piece(0, n, "a", (uint8_t)n);
		next.dseq = 0;
		piece(1, n, "b", (uint8_t)n);
	}
	/* Their middles would be 0.4 s later. */
	ck_assert_int_eq(load_span("9.7", "19.7"), 0);
	ck_assert_uint_eq(s.n, 20);
	ck_assert_uint_eq(s.v[0].e.rec.number, s.v[1].e.rec.number);
	ck_assert_uint_eq(s.v[18].e.rec.number, s.v[19].e.rec.number);
	end();
}
END_TEST

START_TEST(init_pieces_that_are_needed_come_along)
{
	begin();
	for (uint8_t i = 1; i <= 4; i++) {
		piece(LIM_TRACK_INIT, 10u * i, "init.mp4", i);
		for (uint64_t n = 0; n < 5; n++) {
			next.init = 10u * i;
			piece(0, 100 + 10u * i + n, "x.m4s", (uint8_t)n);
		}
	}
	/* Of the second and third. */
	ck_assert_int_eq(
	    load_span("1970-01-01T00:02:00Z", "1970-01-01T00:02:15Z"), 0);
	ck_assert_uint_eq(s.n, 2 + 9);
	ck_assert_uint_eq(s.v[0].e.rec.number, 20);
	ck_assert_uint_eq(s.holes, 0);
	end();
}
END_TEST

START_TEST(what_is_there_twice_counts_once)
{
	long at;
	uint8_t copy[4096];
	size_t n;

	begin();
	piece(0, 101, "a", 1);
	piece(0, 102, "b", 2);
	at = ftell(out);
	fflush(out);
	out = freopen(path, "r+b", out);
	n = fread(copy, 1, (size_t)at, out);
	fseek(out, 0, SEEK_END);
	fwrite(copy, 1, n, out);
	piece(0, 103, "c", 3);
	ck_assert_int_eq(load_span(NULL, NULL), 0);
	ck_assert_uint_eq(s.n, 3);
	ck_assert_uint_eq(s.holes, 0);
	end();
}
END_TEST

START_TEST(holes_are_counted)
{
	begin();
	piece(0, 101, "a", 1);
	memset(prev[0], 7, HASH_LEN);
	piece(0, 103, "b", 2);
	ck_assert_int_eq(load_span(NULL, NULL), 0);
	ck_assert_uint_eq(s.holes, 1);
	end();
}
END_TEST

START_TEST(what_others_signed_is_refused)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 4 };
	uint8_t other[HASH_PK_LEN];

	begin();
	piece(0, 101, "a", 1);
	hash_keypair(other, sk, seed);
	piece(0, 102, "b", 2);
	ck_assert_int_eq(load_span(NULL, NULL), SP_ERR_SIG);
	ck_assert_str_eq(why,
	    "record: signature does not verify track=0 number=102");
	memcpy(pk, other, sizeof(pk));
	ck_assert_int_eq(load_span(NULL, NULL), SP_ERR_WRONGCHAN);
	end();
}
END_TEST

/* ---- plans -------------------------------------------------------------- */

START_TEST(paths_are_those_of_the_origin)
{
	static const struct {
		const char *uri, *path;
	} rows[] = {
		{ "a/b.ts", "a/b.ts" },
		{ "a%20b.ts?x=1", "a b.ts" },
		{ "%C3%A9.ts", "\xc3\xa9.ts" },
		{ "%FF.ts", "st/t0/102.ts" },
		{ "a%2Fb.ts", "a/b.ts" },
		{ "a%5Cb.ts", "st/t0/104.ts" },
		{ "a%0Ab.ts", "st/t0/105.ts" },
		{ "a%00b.ts", "st/t0/106.ts" },
		{ "http://x.example/a.ts?b=c", "st/t0/107.ts" },
		{ "st.m3u8", "st/t0/108.m3u8" },
		{ "st-t0.m3u8", "st/t0/109.m3u8" },
		{ "st.spate", "st/t0/110.spate" },
		{ "st/t0/1.ts", "st/t0/111.ts" },
		{ "st-001.ts", "st-001.ts" },
		{ "st/x/1.ts", "st/x/1.ts" },
		{ ".pad/5", "st/t0/114.bin" },
		{ "a//b.ts", "st/t0/115.ts" },
		{ "%2e/a.ts", "st/t0/116.ts" },
		{ "a%zz.ts", "st/t0/117.ts" },
		{ "1/2/3/4/5/6/7/8/9/a/b.ts", "st/t0/118.ts" },
	};

	begin();
	for (size_t i = 0; i < SP_LEN(rows); i++)
		piece(0, 99 + i, rows[i].uri, (uint8_t)(i == 4 ? 1 : i + 1));
	planned();
	/* The same path and bytes, once escaped. */
	ck_assert_uint_eq(s.v[4].same, 0);
	for (size_t i = 0; i < SP_LEN(rows); i++) {
		ck_assert_str_eq(s.v[i].path, rows[i].path);
		ck_assert_int_eq(s.v[i].own,
		    strncmp(rows[i].path, "st/t0", 5) == 0);
	}
	end();
}
END_TEST

START_TEST(a_range_has_a_place_of_its_own)
{
	begin();
	next.has_range = true;
	next.offset = 5;
	piece(0, 101, "whole.ts", 1);
	planned();
	ck_assert_str_eq(s.v[0].path, "st/t0/101.ts");
	end();
}
END_TEST

START_TEST(the_newest_has_a_path_that_was_used_twice)
{
	begin();
	piece(0, 101, "a.ts", 1);
	piece(0, 102, "a.ts", 2);
	next.epoch = 2;
	memset(prev[0], 0, HASH_LEN);
	piece(0, 103, "a.ts", 3);
	next.epoch = 2;
	piece(0, 104, "a.ts", 3);
	planned();
	ck_assert_str_eq(s.v[0].path, "st/t0/101.ts");
	ck_assert_str_eq(s.v[1].path, "st/t0/102.ts");
	ck_assert_str_eq(s.v[2].path, "a.ts");
	ck_assert_uint_eq(s.v[2].same, 2);
	ck_assert_uint_eq(s.v[3].same, 2);
	ck_assert(!s.v[3].own);
	end();
}
END_TEST

START_TEST(a_file_is_no_folder)
{
	begin();
	piece(0, 101, "a", 1);
	piece(0, 102, "a/b", 2);
	piece(0, 103, "a/b/c", 3);
	piece(0, 104, "a.ts", 4);
	planned();
	ck_assert_str_eq(s.v[0].path, "a");
	ck_assert_str_eq(s.v[1].path, "st/t0/102.bin");
	ck_assert_str_eq(s.v[2].path, "st/t0/103.bin");
	ck_assert_str_eq(s.v[3].path, "a.ts");
	end();
}
END_TEST

/* The torrent of it can be written, and what it has is the plan. */
START_TEST(files_are_in_the_order_of_the_torrent)
{
	struct archive_small small[ARCHIVE_SMALL];
	struct metainfo m = { .version = METAINFO_V2,
		.piece_length = LIM_BLOCK };
	size_t bad;
	int n, k;

	begin();
	piece(0, 101, "b/x.ts", 1);
	piece(0, 102, "b-x.ts", 2);
	piece(0, 103, "http://x.example/a.ts", 3);
	piece(0, 104, "a", 4);
	planned();
	n = archive_small(small, &s, "st");
	ck_assert_int_eq(n, 2);
	k = archive_files(&m.files, &s, small, n);
	ck_assert_int_eq(k, 6);
	m.n_files = (size_t)k;
	m.name = (struct metainfo_text){ "n", 1 };
	ck_assert_int_eq(metainfo_write(&b, &m, &bad), 0);
	ck_assert_mem_eq(m.files[0].path.p, "a", 1);
	ck_assert_mem_eq(m.files[1].path.p, "b/x.ts", 6);
	ck_assert_mem_eq(m.files[2].path.p, "b-x.ts", 6);
	ck_assert_mem_eq(m.files[3].path.p, "st/t0/103.ts", 12);
	free(m.files);
	archive_small_fini(small, n);
	end();
}
END_TEST

/* ---- playlists ---------------------------------------------------------- */

START_TEST(a_playlist_has_what_the_live_one_had)
{
	begin();
	piece(LIM_TRACK_INIT, 1, "http://x.example/init.mp4", 1);
	next.init = 1;
	next.lines = "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T20:15:00Z\n";
	next.lines_len = strlen(next.lines);
	piece(0, 101, "a%20b.m4s?q=1", 1);
	next.init = 1;
	next.keys = "#EXT-X-KEY:METHOD=AES-128,URI=\"http://k/\",IV=0x1\n";
	next.keys_len = strlen(next.keys);
	piece(0, 102, "c.m4s", 2);
	next.flags = RECORD_GAP;
	piece(0, 103, NULL, 0);
	next.init = 1;
	next.flags = RECORD_DISCONTINUITY;
	next.dseq = 1;
	piece(0, 104, "d.m4s", 4);
	next.init = 1;
	next.dseq = 1;
	piece(0, 106, "e.m4s", 5);
	next.init = 1;
	next.dseq = 1;
	piece(0, 107, "f.m4s", 6);
	planned();
	s.v[7 - 1].lost = "lost";
	ck_assert_int_eq(archive_media_list(&b, &s, 0), 0);
	buf_put_u8(&b, 0);
	ck_assert_str_eq((char *)b.p,
	    "#EXTM3U\n"
	    "#EXT-X-VERSION:8\n"
	    "#EXT-X-TARGETDURATION:1\n"
	    "#EXT-X-PLAYLIST-TYPE:VOD\n"
	    "#EXT-X-MEDIA-SEQUENCE:101\n"
	    "#EXT-X-MAP:URI=\"st/t0/i1.mp4\"\n"
	    "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T20:15:00Z\n"
	    "#EXTINF:1.000,\n"
	    "a%20b.m4s\n"
	    "#EXT-X-KEY:METHOD=AES-128,URI=\"http://k/\",IV=0x1\n"
	    "#EXTINF:1.000,\n"
	    "c.m4s\n"
	    "#EXT-X-KEY:METHOD=NONE\n"
	    "#EXT-X-GAP\n"
	    "#EXTINF:1.000,\n"
	    "gap-103\n"
	    "#EXT-X-DISCONTINUITY\n"
	    "#EXTINF:1.000,\n"
	    "d.m4s\n"
	    "#EXT-X-DISCONTINUITY\n"
	    "#EXTINF:1.000,\n"
	    "e.m4s\n"
	    "#EXT-X-GAP\n"
	    "#EXTINF:1.000,\n"
	    "gap-107\n"
	    "#EXT-X-ENDLIST\n");
	end();
}
END_TEST

START_TEST(several_tracks_have_a_master_playlist)
{
	struct archive_small small[ARCHIVE_SMALL];
	int n;

	begin();
	manifest(2, 2);
	piece(0, 101, "a", 1);
	piece(1, 101, "b", 2);
	planned();
	n = archive_small(small, &s, "st");
	ck_assert_int_eq(n, 4);
	ck_assert_str_eq(small[0].path, "st-t0.m3u8");
	ck_assert_str_eq(small[1].path, "st-t1.m3u8");
	ck_assert_str_eq(small[2].path, "st.m3u8");
	ck_assert_str_eq(small[3].path, "st.spate");
	buf_put_u8(&small[2].text, 0);
	ck_assert_str_eq((char *)small[2].text.p,
	    "#EXTM3U\n"
	    "#EXT-X-VERSION:7\n"
	    "#EXT-X-STREAM-INF:BANDWIDTH=5,NAME=\"x\"\n"
	    "st-t0.m3u8\n"
	    "#EXT-X-STREAM-INF:BANDWIDTH=200000\n"
	    "st-t1.m3u8\n");
	archive_small_fini(small, n);
	end();
}
END_TEST

START_TEST(stems_are_plain_names)
{
	ck_assert(archive_is_stem("a-b_c.1", 7));
	ck_assert(!archive_is_stem("", 0));
	ck_assert(!archive_is_stem(".a", 2));
	ck_assert(!archive_is_stem("-a", 2));
	ck_assert(!archive_is_stem("a/b", 3));
	ck_assert(!archive_is_stem("a b", 3));
}
END_TEST

UNIT_MAIN("archive", times_are_read_as_people_write_them,
    a_span_has_the_pieces_whose_middle_is_in_it,
    renditions_are_cut_at_the_same_numbers,
    init_pieces_that_are_needed_come_along, what_is_there_twice_counts_once,
    holes_are_counted, what_others_signed_is_refused,
    paths_are_those_of_the_origin, a_range_has_a_place_of_its_own,
    the_newest_has_a_path_that_was_used_twice, a_file_is_no_folder,
    files_are_in_the_order_of_the_torrent, a_playlist_has_what_the_live_one_had,
    several_tracks_have_a_master_playlist, stems_are_plain_names)
