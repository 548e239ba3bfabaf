#include "test/unit/m3u8_help.h"

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

/* What ffprobe says of the same files: number of segments and duration. */
START_TEST(playlists_of_real_programs_are_read)
{
	static const struct {
		const char *name;
		size_t n;
		uint64_t us; /* 0: a master, |n| renditions */
	} cases[] = {
		{ "ffmpeg_ts", 5, 5000000 },
		{ "ffmpeg_append", 3, 3000000 },
		{ "ffmpeg_fmp4_v0", 4, 7000000 },
		{ "ffmpeg_fmp4_audio", 4, 7021332 },
		{ "ffmpeg_aes128", 7, 7000000 },
		{ "ffmpeg_single_file_ts", 7, 7000000 },
		{ "ffmpeg_single_file_fmp4", 7, 7000000 },
		{ "ffmpeg_master", 5, 0 },
		{ "apple_live_daterange", 4, 19506000 },
		{ "apple_low_latency", 3, 12000240 },
		{ "apple_byterange", 3, 29963340 },
		{ "apple_master", 6, 0 },
		{ "crlf", 4, 19506000 },
	};
	char path[200];
	size_t i, j, len;
	uint8_t *p;

	for (i = 0; i < SP_LEN(cases); i++) {
		uint64_t us = 0;

		snprintf(path, sizeof(path), "test/fuzz/corpus/m3u8/%s.m3u8",
		    cases[i].name);
		unit_read(path, &p, &len);
		ck_assert_int_eq(parse_len((char *)p, len), 0);
		free(p);
		for (j = 0; j < m.media.n_segments; j++)
			us += m.media.segments[j].duration_us;
		ck_assert_uint_eq(us, cases[i].us);
		ck_assert_uint_eq(m.media.n_segments + m.master.n_refs,
		    cases[i].n);
		done();
	}
}
END_TEST

UNIT_MAIN("m3u8", playlists_of_real_programs_are_read,
    media_playlist_gives_its_header_and_segments,
    playlist_may_have_no_segment_yet, durations_are_rounded_to_microseconds,
    implicit_ranges_follow_the_one_before, map_stays_in_force_until_the_next,
    keys_of_each_format_stay_in_force_until_none, dates_become_milliseconds,
    other_tags_go_to_head_segment_or_tail,
    a_header_tag_after_the_first_segment_moves_nothing,
    low_latency_tags_leave_whole_segments,
    master_playlist_gives_its_renditions_in_order,
    failing_memory_leaves_nothing)
