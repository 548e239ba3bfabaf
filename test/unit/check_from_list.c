#include "swarm/client/from_list.h"

#include "io/loop.h"
#include "test/unit/unit.h"

/* 2026-11-22T20:14:50Z */
#define T INT64_C(1795378490000)

static const char list[] = "#EXTM3U\n"
			   "#EXT-X-VERSION:7\n"
			   "#EXT-X-TARGETDURATION:4\n"
			   "#EXT-X-PLAYLIST-TYPE:VOD\n"
			   "#EXT-X-MEDIA-SEQUENCE:100\n"
			   "#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
			   "#EXT-X-INDEPENDENT-SEGMENTS\n"
			   "#EXT-X-START:TIME-OFFSET=0\n"
			   "#EXT-X-KEY:METHOD=AES-128,URI=\"a\",IV=0x1\n"
			   "#EXT-X-MAP:URI=\"i.mp4\"\n"
			   "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:14:50Z\n"
			   "#EXTINF:4.000,\n"
			   "a.m4s\n"
			   "#EXT-X-GAP\n"
			   "#EXTINF:4.000,\n"
			   "b.m4s\n"
			   "#EXTINF:4.000,with a title\n"
			   "c.m4s\n"
			   "#EXT-X-DISCONTINUITY\n"
			   "#EXT-X-KEY:METHOD=NONE\n"
			   "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:16:00Z\n"
			   "#EXTINF:2.500,\n"
			   "d.m4s\n"
			   "#EXT-X-ENDLIST\n";

static struct m3u8 m;
static struct sp_buf b;

static void
parse(const char *text)
{
	ck_assert_int_eq(m3u8_parse(&m, io_mem(), text, strlen(text), NULL), 0);
	buf_init(&b, io_mem(), 1 << 16);
}

static void
done(void)
{
	m3u8_fini(&m);
	buf_fini(&b);
}

static void
assert_cut(int64_t at, const char *want)
{
	parse(list);
	ck_assert_int_eq(from_list_cut(&b, &m.media, at), 0);
	buf_put_u8(&b, '\0');
	ck_assert_str_eq((const char *)b.p, want);
	done();
}

START_TEST(cut_keeps_number_keys_map_and_time)
{
	assert_cut(T + 8000,
	    "#EXTM3U\n"
	    "#EXT-X-VERSION:7\n"
	    "#EXT-X-TARGETDURATION:4\n"
	    "#EXT-X-PLAYLIST-TYPE:VOD\n"
	    "#EXT-X-MEDIA-SEQUENCE:102\n"
	    "#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
	    "#EXT-X-INDEPENDENT-SEGMENTS\n"
	    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:14:58.000Z\n"
	    "#EXT-X-KEY:METHOD=AES-128,URI=\"a\",IV=0x1\n"
	    "#EXT-X-MAP:URI=\"i.mp4\"\n"
	    "#EXTINF:4.000,with a title\n"
	    "c.m4s\n"
	    "#EXT-X-DISCONTINUITY\n"
	    "#EXT-X-KEY:METHOD=NONE\n"
	    "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:16:00Z\n"
	    "#EXTINF:2.500,\n"
	    "d.m4s\n"
	    "#EXT-X-ENDLIST\n");
}
END_TEST

/* Between two recordings: what comes next. */
START_TEST(time_in_a_hole_begins_behind_it)
{
	assert_cut(T + 30000, "#EXTM3U\n"
			      "#EXT-X-VERSION:7\n"
			      "#EXT-X-TARGETDURATION:4\n"
			      "#EXT-X-PLAYLIST-TYPE:VOD\n"
			      "#EXT-X-MEDIA-SEQUENCE:103\n"
			      "#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
			      "#EXT-X-INDEPENDENT-SEGMENTS\n"
			      "#EXT-X-DISCONTINUITY\n"
			      "#EXT-X-MAP:URI=\"i.mp4\"\n"
			      "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:16:00Z\n"
			      "#EXTINF:2.500,\n"
			      "d.m4s\n"
			      "#EXT-X-ENDLIST\n");
}
END_TEST

START_TEST(all_of_it_from_its_first_moment)
{
	struct m3u8 whole;

	parse(list);
	ck_assert_int_eq(from_list_cut(&b, &m.media, T), 0);
	ck_assert_int_eq(
	    m3u8_parse(&whole, io_mem(), (const char *)b.p, b.len, NULL), 0);
	ck_assert_uint_eq(whole.media.n_segments, 4);
	ck_assert_uint_eq(whole.media.media_sequence, 100);
	ck_assert(whole.media.segments[1].gap);
	ck_assert_int_eq(whole.media.segments[0].pdt_ms, T);
	ck_assert_uint_eq(whole.media.segments[3].dseq, 4);
	m3u8_fini(&whole);
	done();
}
END_TEST

START_TEST(times_that_are_not_in_it)
{
	int64_t first, last;

	parse(list);
	ck_assert_int_eq(from_list_times(&m.media, &first, &last), 0);
	ck_assert_int_eq(first, T);
	ck_assert_int_eq(last, T + 72500);
	ck_assert_int_eq(from_list_cut(&b, &m.media, T - 1), SP_ERR_NOTFOUND);
	ck_assert_int_eq(from_list_cut(&b, &m.media, T + 72500),
	    SP_ERR_NOTFOUND);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_int_eq(from_list_cut(&b, &m.media, T + 72499), 0);
	done();
}
END_TEST

START_TEST(list_without_dates_has_no_times)
{
	int64_t first, last;

	parse("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na.ts\n");
	ck_assert_int_eq(from_list_times(&m.media, &first, &last),
	    SP_ERR_NOTFOUND);
	ck_assert_int_eq(from_list_cut(&b, &m.media, T), SP_ERR_NOTFOUND);
	done();
}
END_TEST

START_TEST(dates_are_right)
{
	static const struct {
		const char *date;
		int64_t at;
	} v[] = {
		{ "2024-02-29T23:59:59.999Z", INT64_C(1709251199999) },
		{ "2000-03-01T00:00:00.000Z", INT64_C(951868800000) },
		{ "1970-01-01T00:00:00.000Z", 0 },
		{ "2100-12-31T12:00:00.000Z", INT64_C(4133937600000) },
	};
	char text[256];

	for (size_t i = 0; i < SP_LEN(v); i++) {
		/* a second before, so that it has to be told */
		snprintf(text, sizeof(text),
		    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
		    "#EXT-X-PROGRAM-DATE-TIME:%s\n#EXTINF:1,\na\n"
		    "#EXTINF:1,\nb\n",
		    v[i].date);
		parse(text);
		ck_assert_int_eq(m.media.segments[0].pdt_ms, v[i].at);
		m.media.segments[0].pdt_ms -= 1000;
		ck_assert_int_eq(from_list_cut(&b, &m.media, v[i].at), 0);
		buf_put_u8(&b, '\0');
		ck_assert_ptr_nonnull(strstr((const char *)b.p, v[i].date));
		done();
	}
}
END_TEST

START_TEST(master_names_lists_that_are_cut)
{
	parse("#EXTM3U\n"
	      "#EXT-X-VERSION:6\n"
	      "#EXT-X-INDEPENDENT-SEGMENTS\n"
	      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\","
	      "URI=\"s-t1.m3u8\"\n"
	      "#EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO=\"a\"\n"
	      "s-t0.m3u8\n");
	ck_assert_int_eq(m.kind, M3U8_MASTER);
	ck_assert_int_eq(from_list_master(&b, &m.master), 0);
	buf_put_u8(&b, '\0');
	ck_assert_str_eq((const char *)b.p,
	    "#EXTM3U\n"
	    "#EXT-X-VERSION:6\n"
	    "#EXT-X-INDEPENDENT-SEGMENTS\n"
	    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\","
	    "URI=\"from-s-t1.m3u8\"\n"
	    "#EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO=\"a\"\n"
	    "from-s-t0.m3u8\n");
	done();
}
END_TEST

START_TEST(what_would_be_shown_in_between_is_left_out)
{
	parse("#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
	      "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:14:50Z\n"
	      "#EXT-X-DATERANGE:ID=\"1\",X-ASSET-URI=\"http://other/\"\n"
	      "#EXT-X-DATERANGE:ID=\"2\",DURATION=3\n"
	      "#EXTINF:1,\na\n"
	      "#EXT-X-DATERANGE:ID=\"3\",X-ASSET-LIST=\"http://other/\"\n"
	      "#EXT-X-ENDLIST\n");
	ck_assert_int_eq(from_list_cut(&b, &m.media, T), 0);
	buf_put_u8(&b, '\0');
	ck_assert_ptr_null(strstr((const char *)b.p, "other"));
	ck_assert_ptr_nonnull(strstr((const char *)b.p, "ID=\"2\""));
	done();
	parse("#EXTM3U\n"
	      "#EXT-X-CONTENT-STEERING:SERVER-URI=\"http://other/\"\n"
	      "#EXT-X-STREAM-INF:BANDWIDTH=1000\ns.m3u8\n");
	ck_assert_int_eq(from_list_master(&b, &m.master), 0);
	buf_put_u8(&b, '\0');
	ck_assert_ptr_null(strstr((const char *)b.p, "other"));
	done();
}
END_TEST

START_TEST(paths_are_one_file_to_everybody)
{
	static const struct {
		const char *uri;
		bool is;
	} v[] = {
		{ "a/b-1_2.~%3F.ts", true },
		{ "a.ts?b", false },
		{ "a.ts#b", false },
		{ "https:/other/a.ts", false },
		{ "{$x}", false },
		{ "\\\\other\\a.ts", false },
		{ "a b", false },
	};
	struct m3u8_span s;

	for (size_t i = 0; i < SP_LEN(v); i++) {
		s = (struct m3u8_span){ v[i].uri, strlen(v[i].uri) };
		ck_assert_int_eq(from_list_is_path(&s), v[i].is);
	}
}
END_TEST

UNIT_MAIN("from_list", cut_keeps_number_keys_map_and_time,
    time_in_a_hole_begins_behind_it, all_of_it_from_its_first_moment,
    times_that_are_not_in_it, list_without_dates_has_no_times, dates_are_right,
    master_names_lists_that_are_cut, what_would_be_shown_in_between_is_left_out,
    paths_are_one_file_to_everybody)
