#include "test/unit/m3u8_help.h"

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

UNIT_MAIN("m3u8_bad", implicit_range_with_nothing_before_is_refused,
    a_fifth_key_format_is_too_many, impossible_dates_are_refused,
    other_tags_are_bounded, variables_in_a_uri_are_not_supported,
    malformed_master_playlists_are_refused, renditions_are_bounded,
    what_is_no_playlist_is_refused, malformed_media_playlists_are_refused,
    long_uris_and_playlists_are_refused, segments_are_bounded)
