#include "tools/follower.h"

#include <inttypes.h>

#include "test/unit/unit.h"

#define FIRST UINT64_C(1000)
#define T0    INT64_C(1700000000000)

static struct failmem fm;
static struct follower *f;
static char *texts[64]; /* playlists live as long as what was parsed */
static size_t n_texts;

static void
begin_with(bool local)
{
	struct follower_conf conf = {
		.first_number = FIRST,
		.window_us = 60000000,
		.local = local,
	};

	failmem_init(&fm);
	ck_assert_int_eq(follower_new(&f, &conf, &fm.mem), 0);
}

static void
begin(void)
{
	begin_with(false);
}

static void
end(void)
{
	follower_free(f);
	failmem_check(&fm);
	while (n_texts > 0)
		free(texts[--n_texts]);
}

/*
 * A playlist in short: "SEQ WORD WORD ...". A word is a URI, or a tag for the
 * one that follows: "!" discontinuity, "-" gap, "." end list, "@N" date of N s,
 * "#..." a whole tag. |dseq| is EXT-X-DISCONTINUITY-SEQUENCE.
 */
static void
word(struct sp_buf *b, const char *w)
{
	char line[320];

	if (strcmp(w, "!") == 0)
		buf_put_str(b, "#EXT-X-DISCONTINUITY\n");
	else if (strcmp(w, "-") == 0)
		buf_put_str(b, "#EXT-X-GAP\n");
	else if (strcmp(w, ".") == 0)
		buf_put_str(b, "#EXT-X-ENDLIST\n");
	else if (w[0] == '@') {
		snprintf(line, sizeof(line),
		    "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:%s:00Z\n", w + 1);
		buf_put_str(b, line);
	} else if (w[0] == '#') {
		buf_put_str(b, w);
		buf_put_u8(b, '\n');
	} else {
		buf_put_str(b, "#EXTINF:2,\n");
		buf_put_str(b, w);
		buf_put_u8(b, '\n');
	}
}

static void
parse(struct m3u8 *m, const char *head, const char *s)
{
	char w[256];
	struct sp_buf b;
	size_t n;

	buf_init(&b, &fm.mem, 1 << 20);
	buf_put_str(&b, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n");
	buf_put_str(&b, head);
	n = strcspn(s, " ");
	buf_put_str(&b, "#EXT-X-MEDIA-SEQUENCE:");
	buf_put(&b, s, n);
	buf_put_u8(&b, '\n');
	for (s += n; *s == ' '; s += n) {
		s++;
		n = strcspn(s, " ");
		ck_assert_uint_lt(n, sizeof(w));
		memcpy(w, s, n);
		w[n] = '\0';
		word(&b, w);
	}
	buf_put_u8(&b, 0);
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_lt(n_texts, SP_LEN(texts));
	texts[n_texts] = malloc(b.len);
	memcpy(texts[n_texts], b.p, b.len);
	ck_assert_int_eq(
	    m3u8_parse(m, &fm.mem, texts[n_texts], b.len - 1, NULL), 0);
	n_texts++;
	buf_fini(&b);
}

static struct follower_news news;

static void
feed_head(unsigned track, int64_t at_ms, const char *head, const char *s)
{
	struct m3u8 m;

	parse(&m, head, s);
	ck_assert_int_eq(follower_feed(f, track, &m.media,
			     "http://o/live/a.m3u8", T0 + at_ms, &news),
	    0);
	m3u8_fini(&m);
}

static void
feed(unsigned track, int64_t at_ms, const char *s)
{
	feed_head(track, at_ms, "", s);
}

/* What waits: "number=uri[!][dN]" with the dseq after 'd'; empties the queue */
static const char *
take(unsigned track)
{
	static char out[4096];
	const struct follower_seg *g;
	size_t n = 0;

	out[0] = '\0';
	while ((g = follower_peek(f, track)) != NULL) {
		n += (size_t)snprintf(out + n, sizeof(out) - n,
		    "%s%" PRIu64 "=%s/%" PRIu32 "%s%s%s", n > 0 ? " " : "",
		    g->mark.number, g->uri != NULL ? g->uri : "", g->mark.dseq,
		    g->gap ? " gap" : "", g->last ? " last" : "",
		    g->left ? " left" : "");
		ck_assert_uint_lt(n, sizeof(out));
		follower_pop(f, track);
	}
	return out;
}

START_TEST(a_new_channel_begins_at_its_first_number)
{
	begin();
	feed(0, 0, "17 a b c");
	ck_assert_uint_eq(news.added, 3);
	ck_assert_str_eq(take(0), "1000=a/0 1001=b/0 1002=c/0");
	feed(0, 2000, "18 b c d");
	ck_assert_str_eq(take(0), "1003=d/0");
	feed(0, 3000, "18 b c d");
	ck_assert_uint_eq(news.added, 0);
	end();
}
END_TEST

START_TEST(an_old_playlist_gives_its_newest_window_only)
{
	char s[4096] = "0";
	size_t n = 1;

	begin();
	for (int i = 0; i < 100; i++)
		n += (size_t)snprintf(s + n, sizeof(s) - n, " s%d", i);
	feed(0, 0, s);
	ck_assert_uint_eq(news.added, 30);
	ck_assert_str_eq(follower_peek(f, 0)->uri, "s70");
	ck_assert_uint_eq(follower_peek(f, 0)->mark.number, FIRST);
	end();
}
END_TEST

START_TEST(missed_segments_are_a_gap_in_the_numbers)
{
	begin();
	feed(0, 0, "5 a b c");
	take(0);
	feed(0, 8000, "10 f g");
	ck_assert_uint_eq(news.missed, 2);
	ck_assert(!news.restarted);
	ck_assert_str_eq(take(0), "1005=f/0 1006=g/0");
	end();
}
END_TEST

START_TEST(discontinuities_in_missed_segments_are_counted)
{
	begin();
	feed_head(0, 0, "#EXT-X-DISCONTINUITY-SEQUENCE:7\n", "5 a b c");
	ck_assert_str_eq(take(0), "1000=a/7 1001=b/7 1002=c/7");
	feed_head(0, 8000, "#EXT-X-DISCONTINUITY-SEQUENCE:9\n", "10 f ! g");
	ck_assert_str_eq(take(0), "1005=f/9 1006=g/10");
	end();
}
END_TEST

START_TEST(a_source_that_does_not_count_discontinuities_is_counted)
{
	begin();
	feed(0, 0, "0 a ! b c");
	ck_assert_str_eq(take(0), "1000=a/0 1001=b/1 1002=c/1");
	/* The tag has slid out: the source's own count is 0 again. */
	feed(0, 4000, "2 c d ! e");
	ck_assert_str_eq(take(0), "1003=d/1 1004=e/2");
	end();
}
END_TEST

START_TEST(a_restart_at_zero_goes_on_with_a_discontinuity)
{
	begin();
	feed(0, 0, "100 a b c");
	take(0);
	feed(0, 5000, "0 x");
	ck_assert(news.restarted);
	ck_assert_str_eq(take(0), "1003=x/1");
	feed(0, 7000, "0 x y");
	ck_assert(!news.restarted);
	ck_assert_str_eq(take(0), "1004=y/1");
	end();
}
END_TEST

START_TEST(a_restart_with_the_same_names_is_seen_by_its_dates)
{
	begin();
	feed(0, 0, "0 @01 s0 @02 s1 @03 s2");
	take(0);
	feed(0, 9000, "0 @11 s0 @12 s1 @13 s2 @14 s3");
	ck_assert(news.restarted);
	ck_assert_str_eq(take(0), "1003=s0/1 1004=s1/1 1005=s2/1 1006=s3/1");
	end();
}
END_TEST

START_TEST(a_restart_with_other_names_is_seen_even_ahead)
{
	begin();
	feed(0, 0, "0 a0 a1 a2");
	take(0);
	feed(0, 9000, "1 b1 b2 b3");
	ck_assert(news.restarted);
	ck_assert_str_eq(take(0), "1003=b1/1 1004=b2/1 1005=b3/1");
	end();
}
END_TEST

START_TEST(signed_urls_change_without_a_restart)
{
	begin();
	feed(0, 0, "0 http://h/tok1/a.ts?t=1 http://h/tok1/b.ts?t=1");
	take(0);
	feed(0, 2000, "1 http://h/tok2/b.ts?t=2 http://h/tok2/c.ts?t=2");
	ck_assert(!news.restarted);
	ck_assert_str_eq(take(0), "1002=http://h/tok2/c.ts?t=2/0");
	end();
}
END_TEST

START_TEST(an_older_copy_is_no_restart)
{
	begin();
	feed(0, 0, "10 a b c d");
	take(0);
	feed(0, 1000, "9 z a b c");
	ck_assert(news.stale);
	ck_assert_str_eq(take(0), "");
	feed(0, 2000, "11 b c d e");
	ck_assert(!news.restarted);
	ck_assert_str_eq(take(0), "1004=e/0");
	end();
}
END_TEST

START_TEST(an_older_copy_for_three_targets_is_a_restart)
{
	begin();
	feed(0, 0, "0 a b c d");
	take(0);
	feed(0, 1000, "0 a b");
	ck_assert(news.stale);
	feed(0, 7000, "0 a b c");
	ck_assert(news.stale);
	feed(0, 7001, "0 a b c");
	ck_assert(news.restarted);
	ck_assert_str_eq(take(0), "1004=a/1 1005=b/1 1006=c/1");
	end();
}
END_TEST

START_TEST(a_file_that_falls_back_has_restarted)
{
	begin_with(true);
	feed(0, 0, "2 c d e");
	take(0);
	feed(0, 1000, "0 a b c");
	ck_assert(news.restarted);
	ck_assert_str_eq(take(0), "1003=a/1 1004=b/1 1005=c/1");
	/* Read while it was written: its own beginning. */
	feed(0, 2000, "0 a b");
	ck_assert(news.stale);
	end();
}
END_TEST

START_TEST(a_leap_in_time_is_a_restart)
{
	begin();
	feed(0, 0, "1700000000 a b");
	take(0);
	feed(0, 4000, "1700000300 x y");
	ck_assert(news.restarted);
	ck_assert_str_eq(take(0), "1002=x/1 1003=y/1");
	/* A long pause of the reader is none. */
	feed(0, 604000, "1700000600 z");
	ck_assert(!news.restarted);
	ck_assert_str_eq(take(0), "1302=z/1");
	end();
}
END_TEST

START_TEST(renditions_keep_the_same_numbers)
{
	begin();
	feed(0, 0, "50 a b c");
	feed(1, 10, "50 a b c");
	feed(2, 20, "49 z a b");
	ck_assert_str_eq(take(0), "1000=a/0 1001=b/0 1002=c/0");
	ck_assert_str_eq(take(1), "1000=a/0 1001=b/0 1002=c/0");
	/* One behind; what is older than the others' first comes too. */
	ck_assert_str_eq(take(2), "999=z/0 1000=a/0 1001=b/0");
	end();
}
END_TEST

START_TEST(renditions_restart_together)
{
	begin();
	feed(0, 0, "50 a b c");
	feed(1, 0, "50 a b");
	take(0);
	take(1);
	feed(0, 4000, "0 x y");
	ck_assert_str_eq(take(0), "1003=x/1 1004=y/1");
	feed(1, 4100, "0 x");
	ck_assert_str_eq(take(1), "1003=x/1");
	feed(1, 6000, "1 y z");
	ck_assert_str_eq(take(1), "1004=y/1 1005=z/1");
	end();
}
END_TEST

START_TEST(renditions_restart_twice_and_stay_together)
{
	begin();
	feed(0, 0, "50 a");
	feed(1, 0, "50 a");
	take(0);
	take(1);
	feed(0, 4000, "7 x");
	feed(0, 6000, "0 p");
	ck_assert_str_eq(take(0), "1001=x/1 left 1002=p/2");
	feed(1, 6000, "0 p");
	ck_assert_str_eq(take(1), "1002=p/2");
	end();
}
END_TEST

START_TEST(a_track_with_other_sequences_gets_its_own_base)
{
	begin();
	feed(0, 0, "1700000000 a b c");
	feed(1, 0, "3 x y z");
	ck_assert_str_eq(take(0), "1000=a/0 1001=b/0 1002=c/0");
	ck_assert_str_eq(take(1), "1000=x/0 1001=y/0 1002=z/0");
	feed(1, 2000, "4 y z w");
	ck_assert_str_eq(take(1), "1003=w/0");
	end();
}
END_TEST

START_TEST(the_end_comes_with_the_last_segment)
{
	begin();
	feed(0, 0, "0 a b");
	take(0);
	feed(0, 2000, "0 a b c .");
	ck_assert(news.ended);
	ck_assert_str_eq(take(0), "1002=c/0 last");
	feed(0, 3000, "0 a b c .");
	ck_assert_str_eq(take(0), "");
	end();
}
END_TEST

START_TEST(the_end_alone_is_a_gap_of_no_duration)
{
	begin();
	feed(0, 0, "0 a b");
	take(0);
	feed(0, 2000, "0 a b .");
	ck_assert_str_eq(take(0), "1002=/0 gap last");
	feed(0, 3000, "0 a b .");
	ck_assert_str_eq(take(0), "");
	end();
}
END_TEST

START_TEST(a_source_may_come_back_after_its_end)
{
	begin();
	feed(0, 0, "0 a b .");
	ck_assert_str_eq(take(0), "1000=a/0 1001=b/0 last");
	feed(0, 9000, "0 a b ! c");
	ck_assert(news.restarted);
	ck_assert(!news.ended);
	ck_assert_str_eq(take(0), "1002=c/1");
	feed(0, 11000, "0 a b ! c .");
	ck_assert_str_eq(take(0), "1003=/1 gap last");
	feed(0, 20000, "0 x");
	ck_assert_str_eq(take(0), "1004=x/2");
	end();
}
END_TEST

START_TEST(a_gap_is_told)
{
	begin();
	feed(0, 0, "0 a - b c");
	ck_assert_str_eq(take(0), "1000=a/0 1001=b/0 gap 1002=c/0");
	end();
}
END_TEST

START_TEST(segments_that_left_the_playlist_are_marked)
{
	begin();
	feed(0, 0, "0 a b c");
	feed(0, 4000, "2 c d e");
	ck_assert_str_eq(take(0),
	    "1000=a/0 left 1001=b/0 left 1002=c/0 1003=d/0 1004=e/0");
	end();
}
END_TEST

START_TEST(what_appears_together_is_spaced_back)
{
	const struct follower_seg *g;

	begin();
	feed(0, 0, "0 a b c");
	g = follower_peek(f, 0);
	ck_assert_int_eq(g->mark.avail_ms, T0 - 4000);
	ck_assert_int_eq(g->next->mark.avail_ms, T0 - 2000);
	ck_assert_int_eq(g->next->next->mark.avail_ms, T0);
	take(0);
	/* Never before what came earlier. */
	feed(0, 1000, "0 a b c d e");
	g = follower_peek(f, 0);
	ck_assert_int_eq(g->mark.avail_ms, T0);
	ck_assert_int_eq(g->next->mark.avail_ms, T0 + 1000);
	end();
}
END_TEST

static const struct follower_mark before = {
	.number = 5000,
	.source_seq = 100,
	.dseq = 3,
	.source_dseq = 0,
	.pdt_ms = -1,
	.avail_ms = T0,
};

/* |before|, as if its segment had been called |uri|. */
static void
restore(unsigned track, const char *uri)
{
	struct follower_mark mark = before;
	char s[64];

	snprintf(s, sizeof(s), "100 %s", uri);
	begin();
	feed(track, 0, s);
	mark.what = follower_peek(f, track)->mark.what;
	follower_free(f);
	begin_with(false);
	ck_assert_int_eq(follower_restore(f, track, &mark), 0);
}

START_TEST(a_restored_track_goes_on)
{
	restore(0, "a");
	feed(0, 6000, "99 z a b c");
	ck_assert(!news.restarted);
	/* Times go on from before: T0 + 2 s, T0 + 4 s. */
	ck_assert_int_eq(follower_peek(f, 0)->mark.avail_ms, T0 + 2000);
	ck_assert_str_eq(take(0), "5001=b/3 5002=c/3");
	feed(1, 6000, "99 z a b c");
	ck_assert_str_eq(take(1), "4999=z/0 5000=a/0 5001=b/0 5002=c/0");
	end();
}
END_TEST

START_TEST(a_restored_track_does_not_invent_the_past)
{
	restore(0, "a");
	feed(0, 60000, "100 a b c");
	ck_assert_int_eq(follower_peek(f, 0)->mark.avail_ms, T0 + 58000);
	ck_assert_str_eq(take(0), "5001=b/3 5002=c/3");
	end();
}
END_TEST

START_TEST(a_source_that_restarted_meanwhile_is_seen)
{
	restore(0, "a");
	feed(0, 9000, "0 x y");
	ck_assert(news.restarted);
	ck_assert_str_eq(take(0), "5001=x/4 5002=y/4");
	end();
	restore(0, "a");
	feed(0, 9000, "99 o p q");
	ck_assert(news.restarted);
	ck_assert_str_eq(take(0), "5001=o/4 5002=p/4 5003=q/4");
	end();
}
END_TEST

START_TEST(numbers_stay_above_what_others_know)
{
	begin();
	follower_above(f, 7000);
	feed(0, 0, "17 a b");
	feed(1, 0, "16 z a b");
	ck_assert_str_eq(take(0), "7001=a/0 7002=b/0");
	ck_assert_str_eq(take(1), "7001=a/0 7002=b/0");
	end();
}
END_TEST

START_TEST(keys_become_absolute_and_get_their_iv)
{
	const struct follower_seg *g;

	begin();
	feed(0, 0, "255 #EXT-X-KEY:METHOD=AES-128,URI=\"k1\" a b");
	g = follower_peek(f, 0);
	ck_assert_str_eq(g->keys,
	    "#EXT-X-KEY:METHOD=AES-128,URI=\"http://o/live/k1\","
	    "IV=0x000000000000000000000000000000ff\n");
	ck_assert_str_eq(g->next->keys,
	    "#EXT-X-KEY:METHOD=AES-128,URI=\"http://o/live/k1\","
	    "IV=0x00000000000000000000000000000100\n");
	end();
}
END_TEST

START_TEST(an_iv_that_is_there_and_other_key_systems_stay)
{
	const struct follower_seg *g;

	begin();
	feed(0, 0,
	    "9 #EXT-X-KEY:METHOD=AES-128,URI=\"https://k/1?a=b\",IV=0x01 "
	    "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://x\",KEYFORMAT=\"fps\" a "
	    "#EXT-X-KEY:METHOD=NONE b");
	g = follower_peek(f, 0);
	ck_assert_str_eq(g->keys,
	    "#EXT-X-KEY:METHOD=AES-128,URI=\"https://k/1?a=b\",IV=0x01\n"
	    "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://x\",KEYFORMAT=\"fps\"\n");
	ck_assert_str_eq(g->next->keys, "");
	end();
}
END_TEST

START_TEST(maps_ranges_and_lines_come_along)
{
	const struct follower_seg *g;

	begin();
	feed_head(0, 0, "#EXT-X-INDEPENDENT-SEGMENTS\n",
	    "0 #EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"720@0\" "
	    "#EXT-X-BYTERANGE:1000@720 @01 all.mp4 "
	    "#EXT-X-BYTERANGE:500 #EXT-X-ODD:x all.mp4");
	g = follower_peek(f, 0);
	ck_assert(g->independent);
	ck_assert_str_eq(g->map.uri, "init.mp4");
	ck_assert(g->map.has_range);
	ck_assert_uint_eq(g->map.offset, 0);
	ck_assert_uint_eq(g->map.length, 720);
	ck_assert(!g->map_again);
	ck_assert(g->has_range);
	ck_assert_uint_eq(g->offset, 720);
	ck_assert_uint_eq(g->length, 1000);
	ck_assert_str_eq(g->lines,
	    "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:01:00Z\n");
	g = g->next;
	ck_assert_uint_eq(g->offset, 1720);
	ck_assert_uint_eq(g->length, 500);
	ck_assert_str_eq(g->lines, "#EXT-X-ODD:x\n");
	end();
}
END_TEST

START_TEST(the_init_section_is_read_anew_after_a_restart)
{
	const struct follower_seg *g;

	begin();
	feed(0, 0, "7 #EXT-X-MAP:URI=\"i\" a b ! c");
	g = follower_peek(f, 0);
	ck_assert(!g->map_again);
	ck_assert(!g->next->map_again);
	ck_assert(g->next->next->map_again);
	take(0);
	feed(0, 4000, "0 #EXT-X-MAP:URI=\"i\" x y");
	g = follower_peek(f, 0);
	ck_assert(g->map_again);
	ck_assert(!g->next->map_again);
	end();
}
END_TEST

START_TEST(a_full_queue_loses_its_oldest)
{
	char s[32];

	begin();
	for (int i = 0; i < FOLLOWER_QUEUE + 10; i++) {
		snprintf(s, sizeof(s), "%d s%d", i, i);
		feed(0, i * 2000, s);
		free(texts[--n_texts]);
	}
	ck_assert_uint_eq(news.dropped, 1);
	ck_assert_uint_eq(follower_waiting(f, 0), FOLLOWER_QUEUE);
	ck_assert_str_eq(follower_peek(f, 0)->uri, "s10");
	end();
}
END_TEST

START_TEST(tracks_out_of_range_are_refused)
{
	struct m3u8 m;

	begin();
	parse(&m, "", "0 a");
	ck_assert_int_eq(
	    follower_feed(f, LIM_TRACKS, &m.media, NULL, T0, &news),
	    SP_ERR_RANGE);
	ck_assert_int_eq(follower_restore(f, LIM_TRACKS, &before),
	    SP_ERR_RANGE);
	ck_assert_ptr_null(follower_peek(f, LIM_TRACKS));
	m3u8_fini(&m);
	end();
}
END_TEST

static int
feed_once(struct failmem *mem)
{
	static const char text[] =
	    "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
	    "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-MAP:URI=\"i\"\n"
	    "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n"
	    "#EXTINF:2,\na\n#EXTINF:2,\nb\n#EXT-X-ENDLIST\n";
	struct follower_conf conf = { .first_number = 1, .window_us = 9000000 };
	struct follower *one;
	struct m3u8 m;
	int rv;

	rv = m3u8_parse(&m, &mem->mem, text, sizeof(text) - 1, NULL);
	if (rv < 0)
		return rv;
	rv = follower_new(&one, &conf, &mem->mem);
	if (rv == 0) {
		rv = follower_feed(one, 0, &m.media, "http://o/a", T0, &news);
		ck_assert_uint_eq(follower_waiting(one, 0), rv == 0 ? 2 : 0);
		follower_free(one);
	}
	m3u8_fini(&m);
	return rv;
}

START_TEST(without_memory_nothing_is_taken)
{
	struct failmem each;
	int rv;

	FAILMEM_EACH (&each) {
		rv = feed_once(&each);
		ck_assert(rv == 0 || rv == SP_ERR_NOMEM);
	}
}
END_TEST

UNIT_MAIN("follower", a_new_channel_begins_at_its_first_number,
    an_old_playlist_gives_its_newest_window_only,
    missed_segments_are_a_gap_in_the_numbers,
    discontinuities_in_missed_segments_are_counted,
    a_source_that_does_not_count_discontinuities_is_counted,
    a_restart_at_zero_goes_on_with_a_discontinuity,
    a_restart_with_the_same_names_is_seen_by_its_dates,
    a_restart_with_other_names_is_seen_even_ahead,
    signed_urls_change_without_a_restart, an_older_copy_is_no_restart,
    an_older_copy_for_three_targets_is_a_restart,
    a_file_that_falls_back_has_restarted, a_leap_in_time_is_a_restart,
    renditions_keep_the_same_numbers, renditions_restart_together,
    renditions_restart_twice_and_stay_together,
    a_track_with_other_sequences_gets_its_own_base,
    the_end_comes_with_the_last_segment, the_end_alone_is_a_gap_of_no_duration,
    a_source_may_come_back_after_its_end, a_gap_is_told,
    segments_that_left_the_playlist_are_marked,
    what_appears_together_is_spaced_back, a_restored_track_goes_on,
    a_restored_track_does_not_invent_the_past,
    a_source_that_restarted_meanwhile_is_seen,
    numbers_stay_above_what_others_know, keys_become_absolute_and_get_their_iv,
    an_iv_that_is_there_and_other_key_systems_stay,
    maps_ranges_and_lines_come_along,
    the_init_section_is_read_anew_after_a_restart,
    a_full_queue_loses_its_oldest, tracks_out_of_range_are_refused,
    without_memory_nothing_is_taken)
