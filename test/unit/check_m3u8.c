#include "test/unit/unit.h"
#include "wire/m3u8.h"

#define HEAD "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"

static struct failmem fm;
static struct m3u8 m;
static struct m3u8_error err;

static int
parse_len(const char *s, size_t len)
{
	/* An exact copy, so that ASan sees a read past the end. */
	static char *copy;
	int rv;

	free(copy);
	copy = malloc(len > 0 ? len : 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, s, len);
	failmem_init(&fm);
	rv = m3u8_parse(&m, &fm.mem, copy, len, &err);
	if (rv < 0) {
		failmem_check(&fm);
		ck_assert_ptr_nonnull(err.what);
	} else {
		ck_assert_ptr_null(err.what);
	}
	return rv;
}

static void
parse_ok(const char *s)
{
	int rv = parse_len(s, strlen(s));

	ck_assert_msg(rv == 0, "line %u: %s", err.line,
	    err.what != NULL ? err.what : "");
}

/* Refused with |code| in |line|, with |what|. */
static void
refused(const char *s, int code, unsigned line, const char *what)
{
	int rv = parse_len(s, strlen(s));

	ck_assert_msg(rv == code, "%d for: %s", rv, s);
	ck_assert_str_eq(err.what, what);
	ck_assert_uint_eq(err.line, line);
}

static void
done(void)
{
	m3u8_fini(&m);
	failmem_check(&fm);
}

static struct m3u8_span
span(const char *s)
{
	struct m3u8_span v = { s, strlen(s) };

	return v;
}

static void
span_is(struct m3u8_span s, const char *text)
{
	ck_assert_msg(s.len == strlen(text) && memcmp(s.p, text, s.len) == 0,
	    "\"%.*s\" is not \"%s\"", (int)s.len, s.p, text);
}

START_TEST(media_playlist_gives_its_header_and_segments)
{
	const struct m3u8_segment *s;

	parse_ok("#EXTM3U\r\n"
		 "#EXT-X-VERSION:6\r\n"
		 "# a comment\r\n"
		 "\r\n"
		 "#EXT-X-TARGETDURATION:10\r\n"
		 "#EXT-X-MEDIA-SEQUENCE:9007199254740990\r\n"
		 "#EXT-X-DISCONTINUITY-SEQUENCE:7\r\n"
		 "#EXT-X-PLAYLIST-TYPE:EVENT\r\n"
		 "#EXT-X-INDEPENDENT-SEGMENTS\r\n"
		 "#EXTINF:9.009,first, with comma\r\n"
		 "a.ts\r\n"
		 "#EXT-X-DISCONTINUITY\r\n"
		 "#EXT-X-GAP\r\n"
		 "#EXTINF:10\r\n"
		 "http://h/\xc3\xbc%20b.ts?x=1#f\r\n"
		 "#EXT-X-ENDLIST");
	ck_assert_int_eq(m.kind, M3U8_MEDIA);
	ck_assert_uint_eq(m.media.version, 6);
	ck_assert_uint_eq(m.media.target_s, 10);
	ck_assert_int_eq(m.media.type, M3U8_EVENT);
	ck_assert_uint_eq(m.media.discontinuity_sequence, 7);
	ck_assert(m.media.endlist);
	ck_assert(m.media.independent);
	ck_assert(!m.media.iframes_only);
	ck_assert_uint_eq(m.media.n_segments, 2);
	s = m.media.segments;
	span_is(s[0].uri, "a.ts");
	span_is(s[0].title, "first, with comma");
	ck_assert_uint_eq(s[0].duration_us, 9009000);
	ck_assert_uint_eq(s[0].media_sequence, 9007199254740990);
	ck_assert_uint_eq(s[0].dseq, 7);
	ck_assert(!s[0].discontinuity && !s[0].gap && !s[0].has_pdt);
	span_is(s[1].uri, "http://h/\xc3\xbc%20b.ts?x=1#f");
	ck_assert_uint_eq(s[1].title.len, 0);
	ck_assert_uint_eq(s[1].duration_us, 10000000);
	ck_assert_uint_eq(s[1].media_sequence, 9007199254740991);
	ck_assert_uint_eq(s[1].dseq, 8);
	ck_assert(s[1].discontinuity && s[1].gap);
	done();
}
END_TEST

START_TEST(playlist_may_have_no_segment_yet)
{
	parse_ok(HEAD "#EXT-X-I-FRAMES-ONLY\n#EXT-X-PLAYLIST-TYPE:VOD\n");
	ck_assert_uint_eq(m.media.n_segments, 0);
	ck_assert_uint_eq(m.media.version, 1);
	ck_assert_int_eq(m.media.type, M3U8_VOD);
	ck_assert(m.media.iframes_only);
	done();
}
END_TEST

START_TEST(durations_are_rounded_to_microseconds)
{
	static const struct {
		const char *text;
		uint64_t us;
	} cases[] = {
		{ "0", 0 },
		{ "5.", 5000000 },
		{ "5.1", 5100000 },
		{ "1.000001", 1000001 },
		{ "1.0000014", 1000001 },
		{ "1.0000015", 1000002 },
		{ "9.99999951", 10000000 },
		{ "4294967295.5", 4294967295500000 },
	};
	char text[200];
	size_t i;

	for (i = 0; i < SP_LEN(cases); i++) {
		snprintf(text, sizeof(text), HEAD "#EXTINF:%s,\na\n",
		    cases[i].text);
		parse_ok(text);
		ck_assert_uint_eq(m.media.segments[0].duration_us, cases[i].us);
		done();
	}
}
END_TEST

START_TEST(put_duration_writes_three_to_six_decimals)
{
	static const struct {
		uint64_t us;
		const char *text;
	} cases[] = {
		{ 0, "0.000" },
		{ 12345000, "12.345" },
		{ 12000000, "12.000" },
		{ 2002100, "2.0021" },
		{ 1000001, "1.000001" },
		{ 60, "0.00006" },
	};
	struct sp_buf b;
	size_t i;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 100);
	for (i = 0; i < SP_LEN(cases); i++) {
		buf_reset(&b);
		m3u8_put_duration(&b, cases[i].us);
		ck_assert_uint_eq(b.len, strlen(cases[i].text));
		ck_assert_mem_eq(b.p, cases[i].text, b.len);
	}
	buf_fini(&b);
}
END_TEST

START_TEST(implicit_ranges_follow_the_one_before)
{
	const struct m3u8_segment *s;

	parse_ok(HEAD "#EXT-X-BYTERANGE:100@50\n#EXTINF:4,\na\n"
		      "#EXTINF:4,\n#EXT-X-BYTERANGE:30\na\n"
		      "#EXT-X-BYTERANGE:7\n#EXTINF:4,\na\n"
		      "#EXTINF:4,\nb\n");
	s = m.media.segments;
	ck_assert(s[0].has_range && s[1].has_range && s[2].has_range);
	ck_assert_uint_eq(s[0].offset, 50);
	ck_assert_uint_eq(s[0].length, 100);
	ck_assert_uint_eq(s[1].offset, 150);
	ck_assert_uint_eq(s[1].length, 30);
	ck_assert_uint_eq(s[2].offset, 180);
	ck_assert(!s[3].has_range);
	done();
}
END_TEST

START_TEST(implicit_range_with_nothing_before_is_refused)
{
	static const char what[] =
	    "EXT-X-BYTERANGE without offset has nothing to follow";

	refused(HEAD "#EXT-X-BYTERANGE:7\n#EXTINF:4,\na\n", SP_ERR_SYNTAX, 5,
	    what);
	refused(HEAD "#EXT-X-BYTERANGE:7@0\n#EXTINF:4,\na\n"
		     "#EXT-X-BYTERANGE:7\n#EXTINF:4,\nb\n",
	    SP_ERR_SYNTAX, 8, what);
	refused(HEAD "#EXTINF:4,\na\n#EXT-X-BYTERANGE:7\n#EXTINF:4,\na\n",
	    SP_ERR_SYNTAX, 7, what);
	refused(HEAD "#EXT-X-BYTERANGE:9223372036854775806@1\n#EXTINF:4,\na\n"
		     "#EXT-X-BYTERANGE:1\n#EXTINF:4,\na\n",
	    SP_ERR_RANGE, 8, "number out of range");
	refused(HEAD "#EXT-X-BYTERANGE:7@0\n#EXT-X-BYTERANGE:7@0\n",
	    SP_ERR_SYNTAX, 4, "two EXT-X-BYTERANGE for one segment");
}
END_TEST

START_TEST(map_stays_in_force_until_the_next)
{
	const struct m3u8_segment *s;

	parse_ok(HEAD "#EXTINF:4,\n0\n"
		      "#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"800@16\"\n"
		      "#EXTINF:4,\n1\n#EXTINF:4,\n2\n"
		      "#EXT-X-MAP:BYTERANGE=\"9\",URI=\"j.mp4\"\n"
		      "#EXTINF:4,\n3\n#EXT-X-MAP:URI=\"k.mp4\"\n"
		      "#EXTINF:4,\n4\n");
	s = m.media.segments;
	ck_assert_uint_eq(s[0].map.uri.len, 0);
	span_is(s[1].map.uri, "i.mp4");
	span_is(s[2].map.uri, "i.mp4");
	ck_assert(s[2].map.has_range);
	ck_assert_uint_eq(s[2].map.offset, 16);
	ck_assert_uint_eq(s[2].map.length, 800);
	span_is(s[3].map.uri, "j.mp4");
	ck_assert_uint_eq(s[3].map.offset, 0);
	ck_assert_uint_eq(s[3].map.length, 9);
	span_is(s[4].map.uri, "k.mp4");
	ck_assert(!s[4].map.has_range);
	done();
}
END_TEST

START_TEST(keys_of_each_format_stay_in_force_until_none)
{
	static const char aes[] = "#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"";
	static const char aes2[] =
	    "#EXT-X-KEY:METHOD=AES-128,URI=\"k2\",KEYFORMAT=\"identity\"";
	static const char fps[] = "#EXT-X-KEY:METHOD=SAMPLE-AES,"
				  "URI=\"skd://x\",KEYFORMAT=\"com.apple\"";
	char text[1000];
	const struct m3u8_segment *s;

	snprintf(text, sizeof(text),
	    HEAD "#EXTINF:4,\n0\n%s\n%s\n#EXTINF:4,\n1\n#EXTINF:4,\n2\n"
		 "%s\n#EXTINF:4,\n3\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\n4\n",
	    aes, fps, aes2);
	parse_ok(text);
	s = m.media.segments;
	ck_assert_uint_eq(s[0].n_keys, 0);
	ck_assert_uint_eq(s[1].n_keys, 2);
	ck_assert_uint_eq(s[2].n_keys, 2);
	span_is(s[2].keys[0], aes);
	span_is(s[2].keys[1], fps);
	ck_assert_uint_eq(s[3].n_keys, 2);
	span_is(s[3].keys[0], aes2); /* "identity" is the default */
	span_is(s[3].keys[1], fps);
	ck_assert_uint_eq(s[4].n_keys, 0);
	done();
}
END_TEST

START_TEST(a_fifth_key_format_is_too_many)
{
	char text[1000], *p = text;
	int i;

	p += snprintf(p, 100, HEAD);
	for (i = 0; i < 5; i++)
		p += snprintf(p, 100,
		    "#EXT-X-KEY:METHOD=A,URI=\"u\",KEYFORMAT=\"%d\"\n", i);
	refused(text, SP_ERR_TOOBIG, 7, "too many key formats");
}
END_TEST

START_TEST(dates_become_milliseconds)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:00", 0 },
		{ "1969-12-31T23:59:59.999Z", -1 },
		{ "2026-11-21T22:42:48.123+0000", 1795300968123 },
		{ "2026-11-22T00:12:48.123456+01:30", 1795300968123 },
		{ "2026-11-21t17:42:48,1-05", 1795300968100 },
		{ "2000-02-29T12:00:00z", 951825600000 },
		{ "2024-02-29T00:00:00Z", 1709164800000 },
		{ "2016-12-31T23:59:60Z", 1483228800000 },
		{ "0000-01-01T00:00:00Z", -62167219200000 },
		{ "9999-12-31T23:59:59Z", 253402300799000 },
	};
	char text[200];
	size_t i;

	for (i = 0; i < SP_LEN(cases); i++) {
		snprintf(text, sizeof(text),
		    HEAD "#EXT-X-PROGRAM-DATE-TIME:%s\n#EXTINF:4,\na\n",
		    cases[i].text);
		parse_ok(text);
		ck_assert(m.media.segments[0].has_pdt);
		ck_assert_int_eq(m.media.segments[0].pdt_ms, cases[i].ms);
		ck_assert_uint_eq(m.media.segments[0].n_lines, 1);
		done();
	}
}
END_TEST

START_TEST(impossible_dates_are_refused)
{
	static const char *const cases[] = { "", "2026", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
		"2026-01-01 00:00:00Z", "2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
		"2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx",
		"2026-01-01T00:00:00+1", "2026-01-01T00:00:00+24:00",
		"2026-01-01T00:00:00+01:60",
		"2026-01-01T00:00:00+01:", "2026-01-01T00:00",
		"20260101T000000Z", "+026-01-01T00:00:00Z",
		"2026-01-01T00:00:00 Z" };
	char text[200];
	size_t i;

	for (i = 0; i < SP_LEN(cases); i++) {
		snprintf(text, sizeof(text),
		    HEAD "#EXT-X-PROGRAM-DATE-TIME:%s\n", cases[i]);
		refused(text, SP_ERR_SYNTAX, 3, "bad EXT-X-PROGRAM-DATE-TIME");
	}
}
END_TEST

START_TEST(other_tags_go_to_head_segment_or_tail)
{
	const struct m3u8_segment *s;

	parse_ok("#EXTM3U\n"
		 "#EXT-X-UNKNOWN-HEAD:1\n"
		 "#EXT-X-DATERANGE:ID=\"early\"\n"
		 "#EXT-X-TARGETDURATION:4\n"
		 "#EXT-X-START:TIME-OFFSET=-8\n"
		 "#EXT-X-ALLOW-CACHE:NO\n"
		 "#EXT-X-CUE-OUT:30\n"
		 "#EXTINF:4,\na\n"
		 "#EXT-X-BITRATE:900\n"
		 "#EXT-X-PROGRAM-DATE-TIME:2026-11-21T22:42:48Z\n"
		 "#EXTINF:4,\n"
		 "#EXTVLCOPT:x\n"
		 "b\n"
		 "#EXT-X-DATERANGE:ID=\"late\"\n");
	ck_assert_uint_eq(m.media.n_head, 3);
	span_is(m.media.head[0], "#EXT-X-UNKNOWN-HEAD:1");
	span_is(m.media.head[1], "#EXT-X-START:TIME-OFFSET=-8");
	span_is(m.media.head[2], "#EXT-X-ALLOW-CACHE:NO");
	s = m.media.segments;
	ck_assert_uint_eq(s[0].n_lines, 2);
	span_is(s[0].lines[0], "#EXT-X-DATERANGE:ID=\"early\"");
	span_is(s[0].lines[1], "#EXT-X-CUE-OUT:30");
	ck_assert_uint_eq(s[1].n_lines, 3);
	span_is(s[1].lines[0], "#EXT-X-BITRATE:900");
	span_is(s[1].lines[2], "#EXTVLCOPT:x");
	ck_assert_uint_eq(m.media.n_tail, 1);
	span_is(m.media.tail[0], "#EXT-X-DATERANGE:ID=\"late\"");
	done();
}
END_TEST

START_TEST(a_header_tag_after_the_first_segment_moves_nothing)
{
	parse_ok(HEAD "#EXTINF:4,\na\n#EXT-X-FOO\n#EXT-X-VERSION:3\n"
		      "#EXTINF:4,\nb\n");
	ck_assert_uint_eq(m.media.n_head, 0);
	ck_assert_uint_eq(m.media.segments[1].n_lines, 1);
	ck_assert_uint_eq(m.media.version, 3);
	done();
}
END_TEST

START_TEST(other_tags_are_bounded)
{
	char text[4000], *p;
	unsigned i;

	p = text + snprintf(text, 100, HEAD);
	for (i = 0; i < M3U8_MAX_LINES + 1; i++)
		p += snprintf(p, 100, "#EXT-X-FOO\n");
	refused(text, SP_ERR_TOOBIG, 2 + M3U8_MAX_LINES + 1,
	    "too many other tags");
	p = text + snprintf(text, 100, HEAD);
	for (i = 0; i < M3U8_MAX_HEAD; i++)
		p += snprintf(p, 100, "#EXT-X-START:T=1\n");
	snprintf(p, 100, "#EXT-X-FOO\n#EXT-X-VERSION:1\n");
	refused(text, SP_ERR_TOOBIG, 2 + M3U8_MAX_HEAD + 2,
	    "too many other tags");
}
END_TEST

START_TEST(low_latency_tags_leave_whole_segments)
{
	parse_ok(HEAD "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n"
		      "#EXT-X-PART-INF:PART-TARGET=0.33334\n"
		      "#EXT-X-PART:DURATION=0.33334,URI=\"p0.mp4\"\n"
		      "#EXTINF:4,\na\n"
		      "#EXT-X-PART:DURATION=0.33334,URI=\"p1.mp4\"\n"
		      "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p2.mp4\"\n"
		      "#EXT-X-RENDITION-REPORT:URI=\"../1.m3u8\"\n");
	ck_assert_uint_eq(m.media.n_segments, 1);
	ck_assert_uint_eq(m.media.segments[0].n_lines, 0);
	ck_assert_uint_eq(m.media.n_head, 0);
	ck_assert_uint_eq(m.media.n_tail, 0);
	done();
	refused(HEAD "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n", SP_ERR_UNSUPPORTED, 3,
	    "delta update");
}
END_TEST

START_TEST(variables_in_a_uri_are_not_supported)
{
#define DEF HEAD "#EXT-X-DEFINE:NAME=\"n\",VALUE=\"v\"\n"
	static const char what[] = "variable in a URI";

	refused(DEF "#EXTINF:4,\n{$n}.ts\n", SP_ERR_UNSUPPORTED, 5, what);
	refused(DEF "#EXT-X-MAP:URI=\"{$n}\"\n", SP_ERR_UNSUPPORTED, 4, what);
	refused(DEF "#EXT-X-KEY:METHOD=A,URI=\"k{$n}\"\n", SP_ERR_UNSUPPORTED,
	    4, what);
	parse_ok(DEF "#EXTINF:4,\n{n}.ts\n#EXTINF:4,\na{\n");
	ck_assert_uint_eq(m.media.n_head, 1);
	done();
	parse_ok(HEAD "#EXTINF:4,\n{$n}.ts\n");
	done();
#undef DEF
}
END_TEST

START_TEST(master_playlist_gives_its_renditions_in_order)
{
	const struct m3u8_ref *r;

	parse_ok("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
		 "#EXT-X-FOO:bar\n"
		 "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"a.m3u8\"\n"
		 "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\"\n"
		 "#EXT-X-STREAM-INF:BANDWIDTH=1280000,CODECS=\"a,b\"\n\n"
		 "# comment\nlow.m3u8\n"
		 "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i.m3u8\"\n"
		 "#EXT-X-SESSION-DATA:DATA-ID=\"x\",VALUE=\"y\"\n"
		 "#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"k\"\n"
		 "#EXT-X-CONTENT-STEERING:SERVER-URI=\"s\"\n");
	ck_assert_int_eq(m.kind, M3U8_MASTER);
	ck_assert_uint_eq(m.master.version, 7);
	ck_assert_uint_eq(m.master.n_refs, 4);
	r = m.master.refs;
	ck_assert_int_eq(r[0].kind, M3U8_REF_MEDIA);
	span_is(r[0].uri, "a.m3u8");
	ck_assert_int_eq(r[1].kind, M3U8_REF_MEDIA);
	ck_assert_uint_eq(r[1].uri.len, 0);
	ck_assert_int_eq(r[2].kind, M3U8_REF_STREAM);
	span_is(r[2].uri, "low.m3u8");
	span_is(r[2].attrs, "BANDWIDTH=1280000,CODECS=\"a,b\"");
	ck_assert_int_eq(r[3].kind, M3U8_REF_IFRAME);
	span_is(r[3].uri, "i.m3u8");
	ck_assert_uint_eq(m.master.n_lines, 5);
	span_is(m.master.lines[0], "#EXT-X-INDEPENDENT-SEGMENTS");
	span_is(m.master.lines[1], "#EXT-X-FOO:bar");
	done();
}
END_TEST

START_TEST(malformed_master_playlists_are_refused)
{
#define STREAM "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"
#define IFRAME "#EXT-X-I-FRAME-STREAM-INF:"
	refused(STREAM, SP_ERR_SYNTAX, 2, "EXT-X-STREAM-INF without URI");
	refused(STREAM "#EXT-X-FOO\n", SP_ERR_SYNTAX, 3,
	    "EXT-X-STREAM-INF without URI");
	refused(STREAM "a\nb\n", SP_ERR_SYNTAX, 4,
	    "URI without EXT-X-STREAM-INF");
	refused(STREAM "a\n#EXTINF:4,\n", SP_ERR_SYNTAX, 4,
	    "tags of master and media playlists are mixed");
	refused(HEAD "#EXT-X-MEDIA:TYPE=AUDIO\n", SP_ERR_SYNTAX, 3,
	    "tags of master and media playlists are mixed");
	refused("#EXTM3U\n" IFRAME "BANDWIDTH=1\n", SP_ERR_SYNTAX, 2,
	    "EXT-X-I-FRAME-STREAM-INF without URI");
	refused("#EXTM3U\n" IFRAME "URI=a\n", SP_ERR_SYNTAX, 2,
	    "URI without quotes");
	refused("#EXTM3U\n#EXT-X-MEDIA:URI=\"\"\n", SP_ERR_SYNTAX, 2,
	    "empty URI");
	refused("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH\na\n", SP_ERR_SYNTAX, 2,
	    "malformed attribute list");
	refused("#EXTM3U\n#EXT-X-DEFINE:NAME=\"n\",VALUE=\"v\"\n"
		"#EXT-X-STREAM-INF:BANDWIDTH=1\n{$n}\n",
	    SP_ERR_UNSUPPORTED, 4, "variable in a URI");
#undef STREAM
#undef IFRAME
}
END_TEST

START_TEST(renditions_are_bounded)
{
	char text[8000], *p;
	unsigned i;

	p = text + snprintf(text, 100, "#EXTM3U\n");
	for (i = 0; i < LIM_MASTER_REFS; i++)
		p +=
		    snprintf(p, 100, "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"%u\"\n", i);
	parse_ok(text);
	ck_assert_uint_eq(m.master.n_refs, LIM_MASTER_REFS);
	span_is(m.master.refs[63].uri, "63");
	done();
	snprintf(p, 100, "#EXT-X-MEDIA:TYPE=AUDIO\n");
	refused(text, SP_ERR_TOOBIG, 66, "too many renditions");
}
END_TEST

START_TEST(what_is_no_playlist_is_refused)
{
	refused("", SP_ERR_SYNTAX, 0, "empty");
	refused("<html>", SP_ERR_SYNTAX, 1, "no EXTM3U");
	refused("\n#EXTM3U\n", SP_ERR_SYNTAX, 1, "no EXTM3U");
	refused("#EXTM3U8\n", SP_ERR_SYNTAX, 1, "no EXTM3U");
	refused("\xef\xbb\xbf#EXTM3U\n", SP_ERR_SYNTAX, 1, "byte order mark");
	refused("#EXTM3U\n", SP_ERR_SYNTAX, 1, "no EXT-X-TARGETDURATION");
	refused(HEAD "#EXTM3U\n", SP_ERR_SYNTAX, 3, "EXTM3U in mid-file");
}
END_TEST

START_TEST(malformed_media_playlists_are_refused)
{
#define ONE "#EXTINF:4,\na\n"
	static const struct {
		const char *text;
		int code;
		unsigned line;
		const char *what;
	} cases[] = {
		{ HEAD "a\n", SP_ERR_SYNTAX, 3, "URI without EXTINF" },
		{ HEAD "#EXTINF:4,\n", SP_ERR_SYNTAX, 3, "EXTINF without URI" },
		{ HEAD "#EXTINF:4,\n#EXTINF:4,\n", SP_ERR_SYNTAX, 4,
		    "EXTINF without URI" },
		{ HEAD "#EXTINF\n", SP_ERR_SYNTAX, 3, "tag without value" },
		{ HEAD "#EXTINF:,\n", SP_ERR_SYNTAX, 3,
		    "bad duration in EXTINF" },
		{ HEAD "#EXTINF:-1,\n", SP_ERR_SYNTAX, 3,
		    "bad duration in EXTINF" },
		{ HEAD "#EXTINF:1.2.3,\n", SP_ERR_SYNTAX, 3,
		    "bad duration in EXTINF" },
		{ HEAD "#EXTINF:1e3,\n", SP_ERR_SYNTAX, 3,
		    "bad duration in EXTINF" },
		{ HEAD "#EXTINF:4294967296,\n", SP_ERR_RANGE, 3,
		    "number out of range" },
		{ HEAD "#EXT-X-ENDLIST:1\n", SP_ERR_SYNTAX, 3,
		    "tag takes no value" },
		{ HEAD HEAD, SP_ERR_SYNTAX, 3, "EXTM3U in mid-file" },
		{ HEAD "#EXT-X-TARGETDURATION:4\n", SP_ERR_SYNTAX, 3,
		    "tag is there twice" },
		{ "#EXTM3U\n#EXT-X-TARGETDURATION:\n", SP_ERR_SYNTAX, 2,
		    "bad EXT-X-TARGETDURATION" },
		{ HEAD "#EXT-X-VERSION:0\n", SP_ERR_RANGE, 3,
		    "bad EXT-X-VERSION" },
		{ HEAD "#EXT-X-VERSION:x\n", SP_ERR_SYNTAX, 3,
		    "bad EXT-X-VERSION" },
		{ HEAD "#EXT-X-MEDIA-SEQUENCE:+1\n", SP_ERR_SYNTAX, 3,
		    "bad EXT-X-MEDIA-SEQUENCE" },
		{ HEAD "#EXT-X-MEDIA-SEQUENCE:9007199254740992\n", SP_ERR_RANGE,
		    3, "number out of range" },
		{ HEAD "#EXT-X-MEDIA-SEQUENCE:99999999999999999999\n",
		    SP_ERR_RANGE, 3, "number out of range" },
		{ HEAD "#EXT-X-MEDIA-SEQUENCE:9007199254740991\n" ONE ONE,
		    SP_ERR_RANGE, 7, "number out of range" },
		{ HEAD ONE "#EXT-X-MEDIA-SEQUENCE:1\n", SP_ERR_SYNTAX, 5,
		    "EXT-X-MEDIA-SEQUENCE after the first segment" },
		{ HEAD "#EXT-X-DISCONTINUITY-SEQUENCE:4294967296\n",
		    SP_ERR_RANGE, 3, "number out of range" },
		{ HEAD ONE "#EXT-X-DISCONTINUITY-SEQUENCE:1\n", SP_ERR_SYNTAX,
		    5, "EXT-X-DISCONTINUITY-SEQUENCE comes too late" },
		{ HEAD "#EXT-X-DISCONTINUITY\n"
		       "#EXT-X-DISCONTINUITY-SEQUENCE:1\n",
		    SP_ERR_SYNTAX, 4,
		    "EXT-X-DISCONTINUITY-SEQUENCE comes too late" },
		{ HEAD "#EXT-X-DISCONTINUITY-SEQUENCE:4294967295\n"
		       "#EXT-X-DISCONTINUITY\n",
		    SP_ERR_RANGE, 4, "too many discontinuities" },
		{ HEAD "#EXT-X-PLAYLIST-TYPE:LIVE\n", SP_ERR_SYNTAX, 3,
		    "bad EXT-X-PLAYLIST-TYPE" },
		{ HEAD "#EXT-X-BYTERANGE:0@1\n", SP_ERR_RANGE, 3,
		    "number out of range" },
		{ HEAD "#EXT-X-BYTERANGE:1@\n", SP_ERR_SYNTAX, 3,
		    "bad EXT-X-BYTERANGE" },
		{ HEAD "#EXT-X-BYTERANGE:@1\n", SP_ERR_SYNTAX, 3,
		    "bad EXT-X-BYTERANGE" },
		{ HEAD "#EXT-X-BYTERANGE:2@9223372036854775806\n", SP_ERR_RANGE,
		    3, "number out of range" },
		{ HEAD "#EXT-X-MAP:URI=a\n", SP_ERR_SYNTAX, 3,
		    "URI without quotes" },
		{ HEAD "#EXT-X-MAP:BYTERANGE=\"1@1\"\n", SP_ERR_SYNTAX, 3,
		    "EXT-X-MAP without URI" },
		{ HEAD "#EXT-X-MAP:URI=\"a\",BYTERANGE=\"x\"\n", SP_ERR_SYNTAX,
		    3, "bad BYTERANGE in EXT-X-MAP" },
		{ HEAD "#EXT-X-MAP:URI=\"a\n", SP_ERR_SYNTAX, 3,
		    "malformed attribute list" },
		{ HEAD "#EXT-X-KEY:URI=\"a\"\n", SP_ERR_SYNTAX, 3,
		    "EXT-X-KEY without METHOD" },
		{ HEAD "#EXT-X-KEY:METHOD=AES-128\n", SP_ERR_SYNTAX, 3,
		    "EXT-X-KEY without URI" },
		{ HEAD "#EXT-X-KEY:METHOD=AES-128,URI=k\n", SP_ERR_SYNTAX, 3,
		    "URI without quotes" },
		{ HEAD "#EXT-X-KEY:METHOD=NONE,=\n", SP_ERR_SYNTAX, 3,
		    "malformed attribute list" },
		{ HEAD "# \x01\n", SP_ERR_SYNTAX, 3, "control byte" },
		{ HEAD "# \x7f\n", SP_ERR_SYNTAX, 3, "control byte" },
		{ HEAD "#EXTINF:4,\na\rb\n", SP_ERR_SYNTAX, 4, "control byte" },
	};
	size_t i;

	for (i = 0; i < SP_LEN(cases); i++)
		refused(cases[i].text, cases[i].code, cases[i].line,
		    cases[i].what);
	ck_assert_int_eq(parse_len(HEAD "#\0\n", sizeof(HEAD) + 2),
	    SP_ERR_SYNTAX);
	parse_ok(HEAD " \t\n#\ta\n" ONE);
	done();
#undef ONE
}
END_TEST

START_TEST(long_uris_and_playlists_are_refused)
{
	static char big[LIM_PLAYLIST + 1], uri[LIM_URI + 2];
	char text[LIM_URI + 200];

	memset(uri, 'u', LIM_URI);
	snprintf(text, sizeof(text), HEAD "#EXTINF:4,\n%s\n", uri);
	parse_ok(text);
	done();
	uri[LIM_URI] = 'u';
	snprintf(text, sizeof(text), HEAD "#EXTINF:4,\n%s\n", uri);
	refused(text, SP_ERR_TOOBIG, 4, "URI is too long");

	memset(big, '\n', sizeof(big));
	memcpy(big, HEAD, sizeof(HEAD) - 1);
	ck_assert_int_eq(parse_len(big, LIM_PLAYLIST), 0);
	done();
	ck_assert_int_eq(parse_len(big, LIM_PLAYLIST + 1), SP_ERR_TOOBIG);
	ck_assert_str_eq(err.what, "playlist is too long");
}
END_TEST

START_TEST(segments_are_bounded)
{
	static char text[LIM_M3U8_SEGMENTS * 16 + 200];
	char *p;
	unsigned i;

	p = text + snprintf(text, 100, HEAD);
	for (i = 0; i < LIM_M3U8_SEGMENTS; i++)
		p += snprintf(p, 100, "#EXTINF:1,\na\n");
	parse_ok(text);
	ck_assert_uint_eq(m.media.n_segments, LIM_M3U8_SEGMENTS);
	done();
	snprintf(p, 100, "#EXTINF:1,\na\n");
	refused(text, SP_ERR_TOOBIG, 2 + 2 * LIM_M3U8_SEGMENTS + 2,
	    "too many segments");
}
END_TEST

START_TEST(failing_memory_leaves_nothing)
{
	char media[2000], master[2000], *p, *q;
	struct failmem f;
	unsigned i;
	int rv;

	p = media + snprintf(media, 100, HEAD);
	q = master + snprintf(master, 100, "#EXTM3U\n");
	for (i = 0; i < 40; i++) {
		p += snprintf(p, 50, "#EXTINF:1,\na\n");
		q += snprintf(q, 50, "#EXT-X-MEDIA:URI=\"a\"\n");
	}
	FAILMEM_EACH (&f) {
		rv = m3u8_parse(&m, &f.mem, media, strlen(media), &err);
		ck_assert_int_eq(rv, f.failed > 0 ? SP_ERR_NOMEM : 0);
		if (rv == 0)
			m3u8_fini(&m);
	}
	FAILMEM_EACH (&f) {
		rv = m3u8_parse(&m, &f.mem, master, strlen(master), NULL);
		ck_assert_int_eq(rv, f.failed > 0 ? SP_ERR_NOMEM : 0);
		if (rv == 0)
			m3u8_fini(&m);
	}
}
END_TEST

START_TEST(attributes_are_found_by_their_whole_name)
{
	struct m3u8_span l, v;
	bool quoted;

	l = span("A=1, BB=\"x,B=2\" ,B=0x1F ,C=,D=1920x1080,B=9");
	ck_assert(m3u8_attr(l, "A", &v, &quoted));
	span_is(v, "1");
	ck_assert(!quoted);
	ck_assert(m3u8_attr(l, "BB", &v, &quoted));
	span_is(v, "x,B=2");
	ck_assert(quoted);
	ck_assert(m3u8_attr(l, "B", &v, NULL));
	span_is(v, "0x1F");
	ck_assert(m3u8_attr(l, "C", &v, NULL));
	ck_assert_uint_eq(v.len, 0);
	ck_assert(m3u8_attr(l, "D", &v, NULL));
	ck_assert(!m3u8_attr(l, "E", &v, NULL));
	ck_assert(!m3u8_attr(span(""), "A", &v, NULL));
	ck_assert(
	    m3u8_attr(span("#EXT-X-KEY:METHOD=NONE,"), "METHOD", &v, NULL));
	span_is(v, "NONE");
	ck_assert(!m3u8_attr(span("#EXT-X-KEY"), "METHOD", &v, NULL));
	ck_assert(!m3u8_attr(span("A=\"x\"y,B=1"), "B", &v, NULL));
	ck_assert(!m3u8_attr(span("A=x\"y\",B=1"), "B", &v, NULL));
	ck_assert(!m3u8_attr(span("A B=1"), "B", &v, NULL));
}
END_TEST

START_TEST(attr_set_replaces_removes_and_appends)
{
	static const struct {
		const char *src, *name, *value, *want;
		bool quote;
	} cases[] = {
		{ "#K:A=1,URI=\"a,b\",C=2", "URI", "x/y",
		    "#K:A=1,URI=\"x/y\",C=2", true },
		{ "A=1,B=\"2\"", "B", "3", "A=1,B=3", false },
		{ "A=1,B=2,C=3", "A", NULL, "B=2,C=3", false },
		{ "A=1", "A", NULL, "", false },
		{ "#K:A=1", "A", NULL, "#K:", false },
		{ "A=1", "B", "2", "A=1,B=\"2\"", true },
		{ "", "B", "", "B=\"\"", true },
		{ "#K", "B", "2", "#K:B=2", false },
		{ "#K:URI=\"1\",A=1,URI=\"2\"", "URI", "3", "#K:URI=\"3\",A=1",
		    true },
		{ "A=1,A=2,B=3", "A", NULL, "B=3", false },
	};
	struct sp_buf b;
	size_t i;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 1000);
	for (i = 0; i < SP_LEN(cases); i++) {
		const char *v = cases[i].value;

		buf_reset(&b);
		buf_put_str(&b, "^");
		ck_assert_int_eq(m3u8_attr_set(&b, span(cases[i].src),
				     cases[i].name, v,
				     v != NULL ? strlen(v) : 0, cases[i].quote),
		    0);
		buf_put_u8(&b, 0);
		ck_assert_str_eq((char *)b.p + 1, cases[i].want);
	}
	buf_fini(&b);
}
END_TEST

START_TEST(attr_set_refuses_what_would_not_read_back)
{
	struct m3u8_span src = span("A=1");
	struct sp_buf b;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 8);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "\"", 1, true),
	    SP_ERR_ARG);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "\n", 1, true),
	    SP_ERR_ARG);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "\x7f", 1, true),
	    SP_ERR_ARG);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "1,B=2", 5, false),
	    SP_ERR_ARG);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "a b", 3, false),
	    SP_ERR_ARG);
	ck_assert_int_eq(m3u8_attr_set(&b, span("A"), "A", "1", 1, false),
	    SP_ERR_SYNTAX);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_int_eq(m3u8_attr_set(&b, src, "A", "123456789", 9, true),
	    SP_ERR_FULL);
	buf_fini(&b);
}
END_TEST

START_TEST(line_is_compares_whole_tags)
{
	ck_assert(m3u8_line_is(span("#EXT-X-KEY:A=1"), "EXT-X-KEY"));
	ck_assert(m3u8_line_is(span("#EXT-X-GAP"), "EXT-X-GAP"));
	ck_assert(!m3u8_line_is(span("#EXT-X-KEYS:A=1"), "EXT-X-KEY"));
	ck_assert(!m3u8_line_is(span("#EXT-X-KE"), "EXT-X-KEY"));
	ck_assert(!m3u8_line_is(span("EXT-X-KEY:"), "EXT-X-KEY"));
	ck_assert(!m3u8_line_is(span(""), "EXT-X-KEY"));
}
END_TEST

/* Resolves into static memory; NULL when refused. */
static const char *
resolve(const char *base, const char *ref)
{
	static char text[1000];
	struct sp_buf b;
	int rv;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, sizeof(text) - 1);
	buf_put_str(&b, "^");
	rv = m3u8_resolve(&b, span(base), span(ref));
	if (rv < 0)
		ck_assert_uint_eq(b.len, 1);
	memcpy(text, b.p + 1, b.len - 1);
	text[b.len - 1] = '\0';
	buf_fini(&b);
	failmem_check(&fm);
	return rv == 0 ? text : NULL;
}

START_TEST(references_resolve_as_in_rfc_3986)
{
	static const char base[] = "http://a/b/c/d;p?q";
	static const struct {
		const char *ref, *want;
	} cases[] = {
		/* section 5.4.1 */
		{ "g:h", "g:h" },
		{ "g", "http://a/b/c/g" },
		{ "./g", "http://a/b/c/g" },
		{ "g/", "http://a/b/c/g/" },
		{ "/g", "http://a/g" },
		{ "//g", "http://g" },
		{ "?y", "http://a/b/c/d;p?y" },
		{ "g?y", "http://a/b/c/g?y" },
		{ "#s", "http://a/b/c/d;p?q#s" },
		{ "g#s", "http://a/b/c/g#s" },
		{ "g?y#s", "http://a/b/c/g?y#s" },
		{ ";x", "http://a/b/c/;x" },
		{ "g;x", "http://a/b/c/g;x" },
		{ "g;x?y#s", "http://a/b/c/g;x?y#s" },
		{ "", "http://a/b/c/d;p?q" },
		{ ".", "http://a/b/c/" },
		{ "./", "http://a/b/c/" },
		{ "..", "http://a/b/" },
		{ "../", "http://a/b/" },
		{ "../g", "http://a/b/g" },
		{ "../..", "http://a/" },
		{ "../../", "http://a/" },
		{ "../../g", "http://a/g" },
		/* section 5.4.2 */
		{ "../../../g", "http://a/g" },
		{ "../../../../g", "http://a/g" },
		{ "/./g", "http://a/g" },
		{ "/../g", "http://a/g" },
		{ "g.", "http://a/b/c/g." },
		{ ".g", "http://a/b/c/.g" },
		{ "g..", "http://a/b/c/g.." },
		{ "..g", "http://a/b/c/..g" },
		{ "./../g", "http://a/b/g" },
		{ "./g/.", "http://a/b/c/g/" },
		{ "g/./h", "http://a/b/c/g/h" },
		{ "g/../h", "http://a/b/c/h" },
		{ "g;x=1/./y", "http://a/b/c/g;x=1/y" },
		{ "g;x=1/../y", "http://a/b/c/y" },
		{ "g?y/./x", "http://a/b/c/g?y/./x" },
		{ "g?y/../x", "http://a/b/c/g?y/../x" },
		{ "g#s/./x", "http://a/b/c/g#s/./x" },
		{ "g#s/../x", "http://a/b/c/g#s/../x" },
		{ "http:g", "http:g" },
	};
	size_t i;

	for (i = 0; i < SP_LEN(cases); i++) {
		const char *got = resolve(base, cases[i].ref);

		ck_assert_ptr_nonnull(got);
		ck_assert_str_eq(got, cases[i].want);
	}
}
END_TEST

START_TEST(references_resolve_against_unusual_bases)
{
	static const struct {
		const char *base, *ref, *want;
	} cases[] = {
		{ "http://a", "g", "http://a/g" },
		{ "http://a", "../g", "http://a/g" },
		{ "http://a?q", "", "http://a?q" },
		{ "http://a?q", "?", "http://a?" },
		{ "http://a", "//b?q", "http://b?q" },
		{ "http://a/x/../y/z", "g", "http://a/y/g" },
		{ "http://a//b/", "g", "http://a//b/g" },
		{ "http://a//b/", "..", "http://a//" },
		{ "http://u@a:8080/b?x#f", "c%2F\xc3\xbc d",
		    "http://u@a:8080/c%2F\xc3\xbc d" },
		{ "https://h/p", "http://o/a/../b", "http://o/b" },
		{ "file:/a/b", "c", "file:/a/c" },
		{ "file:///a/b", "c", "file:///a/c" },
		{ "data:x", "http://h/", "http://h/" },
		{ "a+b-c.1://h/", "x", "a+b-c.1://h/x" },
		{ "http://a/b/", "x:y/", "x:y/" },
		{ "http://a/b/", "1x:y/", "http://a/b/1x:y/" },
	};
	size_t i;

	for (i = 0; i < SP_LEN(cases); i++) {
		const char *got = resolve(cases[i].base, cases[i].ref);

		ck_assert_ptr_nonnull(got);
		ck_assert_str_eq(got, cases[i].want);
	}
}
END_TEST

START_TEST(what_cannot_be_resolved_is_refused)
{
	ck_assert_ptr_null(resolve("", "g"));
	ck_assert_ptr_null(resolve("/a/b", "g"));
	ck_assert_ptr_null(resolve("//h/b", "g"));
	ck_assert_ptr_null(resolve("1http://h/", "g"));
	ck_assert_ptr_null(resolve("data:x", "g"));
	ck_assert_ptr_null(resolve("http://h/", "a\nb"));
	ck_assert_ptr_null(resolve("http://h/\x7f", "a"));
	ck_assert_ptr_null(resolve("file:/a", ".//host"));
}
END_TEST

START_TEST(resolving_shows_failing_memory)
{
	struct failmem f;
	struct sp_buf b;
	int rv;

	FAILMEM_EACH (&f) {
		buf_init(&b, &f.mem, 1000);
		rv = m3u8_resolve(&b, span("http://host.example/a/b/c/d"),
		    span("../../x/y/./z?query=string&and=more#fragment"
			 "-that-makes-the-buffer-grow-again"));
		ck_assert_int_eq(rv, f.failed > 0 ? SP_ERR_NOMEM : 0);
		buf_fini(&b);
	}
	failmem_init(&fm);
	buf_init(&b, &fm.mem, 10);
	ck_assert_int_eq(m3u8_resolve(&b, span("http://a/b/"), span("../c")),
	    0);
	buf_reset(&b);
	ck_assert_int_eq(m3u8_resolve(&b, span("http://a/b/"), span("cd/..")),
	    SP_ERR_FULL);
	buf_fini(&b);
}
END_TEST

START_TEST(relative_gives_what_resolves_back)
{
	static const struct {
		const char *base, *url, *want; /* NULL: not under it */
	} cases[] = {
		{ "http://h/a/", "http://h/a/b", "b" },
		{ "http://h/a/", "http://h/a/b/c.ts?x=/../:#y",
		    "b/c.ts?x=/../:#y" },
		{ "http://h/", "http://h/?q", "?q" },
		{ "http://h/a/", "http://h/a/", NULL },
		{ "http://h/a/", "http://h/b/a/", NULL },
		{ "http://h/a", "http://h/a/b", NULL },
		{ "http://h/a/", "http://h/a//b", NULL },
		{ "http://h/a/", "http://h/a/b//c", "b//c" },
		{ "http://h/a/", "http://h/a/b:c", NULL },
		{ "http://h/a/", "http://h/a/b/c:d", "b/c:d" },
		{ "http://h/a/", "http://h/a/../b", NULL },
		{ "http://h/a/", "http://h/a/b/..", NULL },
		{ "http://h/a/", "http://h/a/b/%2E./c", NULL },
		{ "http://h/a/", "http://h/a/%2e", NULL },
		{ "http://h/a/", "http://h/a/%2eb", "%2eb" },
		{ "http://h/a/", "http://h/a/..b/.c", "..b/.c" },
		{ "http://h/../a/", "http://h/../a/b", NULL },
		{ "http://h//a/", "http://h//a/b", "b" },
		{ "http://h/x:y/", "http://h/x:y/b", "b" },
		{ "http://", "http://h/", NULL },
		{ "http:/", "http://h/", NULL },
		{ "http://h?/", "http://h?/a", NULL },
		{ "http://h/#/", "http://h/#/a", NULL },
		{ "h/", "h/a", NULL },
		{ "", "a", NULL },
	};
	struct m3u8_span out;
	size_t i, n;

	for (i = 0; i < SP_LEN(cases); i++) {
		n = m3u8_relative(span(cases[i].base), span(cases[i].url),
		    &out);
		ck_assert_msg((n > 0) == (cases[i].want != NULL), "%s",
		    cases[i].url);
		if (n == 0)
			continue;
		span_is(out, cases[i].want);
		ck_assert_str_eq(resolve(cases[i].base, cases[i].want),
		    cases[i].url);
	}
}
END_TEST

UNIT_MAIN("m3u8", media_playlist_gives_its_header_and_segments,
    playlist_may_have_no_segment_yet, durations_are_rounded_to_microseconds,
    put_duration_writes_three_to_six_decimals,
    implicit_ranges_follow_the_one_before,
    implicit_range_with_nothing_before_is_refused,
    map_stays_in_force_until_the_next,
    keys_of_each_format_stay_in_force_until_none,
    a_fifth_key_format_is_too_many, dates_become_milliseconds,
    impossible_dates_are_refused, other_tags_go_to_head_segment_or_tail,
    a_header_tag_after_the_first_segment_moves_nothing, other_tags_are_bounded,
    low_latency_tags_leave_whole_segments, variables_in_a_uri_are_not_supported,
    master_playlist_gives_its_renditions_in_order,
    malformed_master_playlists_are_refused, renditions_are_bounded,
    what_is_no_playlist_is_refused, malformed_media_playlists_are_refused,
    long_uris_and_playlists_are_refused, segments_are_bounded,
    failing_memory_leaves_nothing, attributes_are_found_by_their_whole_name,
    attr_set_replaces_removes_and_appends,
    attr_set_refuses_what_would_not_read_back, line_is_compares_whole_tags,
    references_resolve_as_in_rfc_3986, references_resolve_against_unusual_bases,
    what_cannot_be_resolved_is_refused, resolving_shows_failing_memory,
    relative_gives_what_resolves_back)
