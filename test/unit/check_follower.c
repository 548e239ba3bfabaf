#include "test/unit/follow.h"
#include "test/unit/unit.h"

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
	feed(0, 0, "0 a b c");
	feed(0, 900, "0 a b c d");
	take(0);
	feed(0, 1000, "0 a b c");
	ck_assert(news.stale);
	feed(0, 7000, "0 a b c");
	ck_assert(news.stale);
	feed(0, 7001, "0 a b c");
	ck_assert(news.restarted);
	ck_assert_str_eq(take(0), "1004=a/1 1005=b/1 1006=c/1");
	end();
}
END_TEST

START_TEST(a_copy_far_behind_is_a_restart)
{
	begin();
	feed(0, 0, "0 a b c d e f");
	take(0);
	/* b came 8 s before f, a 10 s. */
	feed(0, 60000, "0 a b");
	ck_assert(news.stale);
	feed(0, 60100, "0 a");
	ck_assert(news.restarted);
	ck_assert_str_eq(take(0), "1006=a/1");
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
	feed(0, 20000, "0 a b");
	ck_assert(news.stale);
	feed(0, 20010, "0 a b c d");
	ck_assert_str_eq(take(0), "1006=d/1");
	feed(0, 30000, "0 a");
	ck_assert(news.stale);
	feed(0, 30400, "0 a b");
	ck_assert(news.restarted);
	ck_assert_str_eq(take(0), "1007=a/2 1008=b/2");
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
    a_copy_far_behind_is_a_restart, a_file_that_falls_back_has_restarted,
    a_leap_in_time_is_a_restart, renditions_keep_the_same_numbers,
    renditions_restart_together, renditions_restart_twice_and_stay_together,
    a_track_with_other_sequences_gets_its_own_base,
    the_end_comes_with_the_last_segment, the_end_alone_is_a_gap_of_no_duration,
    a_source_may_come_back_after_its_end, a_gap_is_told)
