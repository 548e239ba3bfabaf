#include "test/unit/follow.h"
#include "test/unit/unit.h"

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
	follower_above(f, 7000, 3);
	feed(0, 0, "17 a b");
	feed(1, 0, "16 z a b");
	ck_assert_str_eq(take(0), "7001=a/3 7002=b/3");
	ck_assert_str_eq(take(1), "7001=a/3 7002=b/3");
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
		forget();
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

UNIT_MAIN("follower_seg", segments_that_left_the_playlist_are_marked,
    what_appears_together_is_spaced_back, a_restored_track_goes_on,
    a_restored_track_does_not_invent_the_past,
    a_source_that_restarted_meanwhile_is_seen,
    numbers_stay_above_what_others_know, keys_become_absolute_and_get_their_iv,
    an_iv_that_is_there_and_other_key_systems_stay,
    maps_ranges_and_lines_come_along,
    the_init_section_is_read_anew_after_a_restart,
    a_full_queue_loses_its_oldest, tracks_out_of_range_are_refused,
    without_memory_nothing_is_taken)
