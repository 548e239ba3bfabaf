#include "swarm/tap.h"

#include "test/unit/unit.h"

static struct tap tap;

/* |n| transfers of |bytes|, one at a time, all of which end at |now|. */
static void
good(unsigned n, sp_time ttfb, uint64_t bytes, sp_time took, sp_time now)
{
	while (n-- > 0) {
		tap_begin(&tap);
		tap_ok(&tap, now - took - ttfb, now - took, now);
		tap_flow(&tap, bytes, took, now);
		tap_end(&tap);
	}
}

START_TEST(origin_that_fails_rests_longer_each_time)
{
	static const sp_time rest[] = { 250, 500, 1000, 2000, 4000, 4000 };
	sp_time now = 10 * SP_S;
	size_t i;

	tap_init(&tap, 4);
	ck_assert(tap_may(&tap, 0));
	for (i = 0; i < SP_LEN(rest); i++) {
		tap_failed(&tap, false, 0, now, now);
		ck_assert(!tap_may(&tap, now + rest[i] * SP_MS - 1));
		ck_assert(tap_may(&tap, now + rest[i] * SP_MS));
	}
	for (i = 0; i < 100; i++)
		tap_failed(&tap, false, 0, now, now);
	ck_assert_int_eq(tap.down_until, now + 4 * SP_S);
	good(1, 0, 100, SP_MS, now);
	ck_assert(tap_may(&tap, now));
	tap_failed(&tap, false, 0, now, now);
	ck_assert_int_eq(tap.down_until, now + 250 * SP_MS);
}
END_TEST

START_TEST(retry_after_is_honoured_up_to_a_bound)
{
	tap_init(&tap, 4);
	tap_failed(&tap, true, 7 * SP_S, 0, SP_S);
	ck_assert_int_eq(tap.down_until, 8 * SP_S);
	/* what was under way and ends well does not end the rest */
	good(1, SP_MS, 100, SP_MS, 2 * SP_S);
	ck_assert(!tap_may(&tap, 8 * SP_S - 1));
	ck_assert(tap_may(&tap, 8 * SP_S));
	tap_failed(&tap, true, 3600 * SP_S, 0, SP_S);
	ck_assert_int_eq(tap.down_until, 31 * SP_S);
	/* shorter than our own rest */
	tap_init(&tap, 4);
	tap_failed(&tap, true, SP_MS, 0, SP_S);
	ck_assert_int_eq(tap.down_until, SP_S + 250 * SP_MS);
}
END_TEST

START_TEST(guard_is_learned)
{
	sp_time g;

	tap_init(&tap, 4);
	ck_assert_int_eq(tap_guard(&tap, 500000), TAP_TTFB + SP_S + TAP_MARGIN);
	ck_assert_int_eq(tap_eta(&tap, 500000), TAP_TTFB + SP_S);
	good(150, 40 * SP_MS, 1000000, 100 * SP_MS, SP_S);
	g = tap_guard(&tap, 1000000) - TAP_MARGIN;
	ck_assert_int_ge(g, 140 * SP_MS * 15 / 16);
	ck_assert_int_le(g, 140 * SP_MS * 17 / 16);
	/* the slow ones count, not the mean: but for what is expected */
	good(20, 400 * SP_MS, 1000000, SP_S, 2 * SP_S);
	ck_assert_int_ge(tap_guard(&tap, 1000000), 1300 * SP_MS);
	ck_assert_int_le(tap_eta(&tap, 1000000), 140 * SP_MS * 17 / 16);
	/* nonsense of a clock or an empty body does not break it */
	good(1, -5, 0, 0, SP_S);
	ck_assert_int_gt(tap_guard(&tap, 1), 0);
}
END_TEST

START_TEST(what_comes_within_a_time_is_not_overrated)
{
	tap_init(&tap, 4);
	ck_assert_uint_eq(tap_within(&tap, TAP_TTFB + SP_S), 1000 * TAP_RATE);
	/* where there is no time left another one is none the better */
	ck_assert_uint_eq(tap_within(&tap, TAP_TTFB / 2), 300 * TAP_RATE);
	ck_assert_uint_eq(tap_within(&tap, -SP_S), 300 * TAP_RATE);
	/* one fast transfer does not make the origin fast */
	good(1, 300 * SP_MS, 1000000, 100 * SP_MS, SP_S);
	ck_assert_uint_le(tap_within(&tap, 1300 * SP_MS), 4000 * TAP_RATE);
	/* nor is one slow one forgotten */
	good(30, 300 * SP_MS, 1000000, 500 * SP_MS, SP_S);
	good(4, 300 * SP_MS, 1000000, 5 * SP_S, SP_S);
	ck_assert_uint_le(tap_within(&tap, 1300 * SP_MS), 220 * 1000);
}
END_TEST

START_TEST(short_transfers_show_no_rate)
{
	tap_init(&tap, 4);
	good(9, 0, TAP_SHORT - 1, SP_S, SP_S);
	good(9, 0, TAP_TINY - 1, SP_MS, SP_S);
	ck_assert_uint_eq(tap.rate_worst, TAP_RATE);
	good(1, 0, TAP_SHORT, 10 * SP_MS, SP_S);
	ck_assert_uint_ge(tap.rate_worst, TAP_SHORT / 10 * 15 / 16);
	ck_assert_uint_le(tap.rate_worst, TAP_SHORT / 10 * 17 / 16);
	/* not even a better one */
	good(9, 0, TAP_SHORT - 1, 0, SP_S);
	ck_assert_uint_le(tap.rate_worst, TAP_SHORT / 10 * 17 / 16);
}
END_TEST

START_TEST(where_all_are_short_they_tell_of_a_fast_origin)
{
	tap_init(&tap, 4);
	/* 131 KB in 180 ms, of which 20 may be another's */
	good(20, 0, 131072, 160 * SP_MS, SP_S);
	ck_assert_uint_ge(tap.rate_worst, 131072 / 180 * 15 / 16);
	ck_assert_uint_le(tap.rate_worst, 131072 / 180 * 17 / 16);
	/* what was read at once need not be that fast */
	tap_init(&tap, 4);
	good(20, 0, 131072, 0, SP_S);
	ck_assert_uint_ge(tap.rate_worst, TAP_RATE_SHORT * 15 / 16);
	ck_assert_uint_le(tap.rate_worst, TAP_RATE_SHORT * 17 / 16);
	/* slow ones are believed again, down to what is assumed */
	good(20, 0, 131072, 2 * SP_S, SP_S);
	ck_assert_uint_ge(tap.rate_worst, TAP_RATE * 15 / 16);
	ck_assert_uint_le(tap.rate_worst, TAP_RATE * 17 / 16);
	/* a long one knows better */
	good(1, 0, 400000, 8 * SP_S, SP_S);
	ck_assert_uint_lt(tap.rate_worst, 54);
}
END_TEST

START_TEST(what_was_slow_at_first_is_forgotten)
{
	sp_time now = SP_S, g;

	tap_init(&tap, 4);
	tap_age(&tap, 0);
	/* all at once, on connections that are new: 50 bytes a ms */
	good(4, SP_S, 400000, 8 * SP_S, now);
	g = tap_guard(&tap, 400000);
	ck_assert_int_ge(g, 8 * SP_S);
	/* some fast ones do not make it good at once */
	good(4, 40 * SP_MS, 400000, 40 * SP_MS, 20 * SP_S);
	ck_assert_int_ge(tap_guard(&tap, 400000), 8 * SP_S);
	for (now = 30 * SP_S; now <= 180 * SP_S; now += 10 * SP_S) {
		tap_age(&tap, now);
		good(1, 40 * SP_MS, 400000, 40 * SP_MS, now);
	}
	ck_assert_int_le(tap_guard(&tap, 400000), 300 * SP_MS);
}
END_TEST

START_TEST(without_anything_new_the_usual_remains)
{
	sp_time now;

	tap_init(&tap, 4);
	tap_age(&tap, 0);
	good(4, SP_S, 400000, 8 * SP_S, SP_S);
	for (now = 0; now <= 180 * SP_S; now += TAP_FADE)
		tap_age(&tap, now);
	ck_assert_uint_eq(tap.rate.total, 0);
	/* four samples have moved it by half */
	ck_assert_uint_gt(tap.rate_worst, 250);
	ck_assert_uint_lt(tap.rate_worst, TAP_RATE);
	ck_assert_int_gt(tap.ttfb_worst, TAP_TTFB);
	ck_assert_int_lt(tap.ttfb_worst, 700 * SP_MS);
	ck_assert_int_gt(tap_eta(&tap, 0), TAP_TTFB);
}
END_TEST

START_TEST(no_more_are_under_way_than_the_window_has)
{
	unsigned i;

	tap_init(&tap, 3);
	for (i = 0; i < 3; i++) {
		ck_assert(tap_may(&tap, 0));
		tap_begin(&tap);
	}
	ck_assert(!tap_may(&tap, 0));
	tap_end(&tap);
	ck_assert(tap_may(&tap, 0));
	tap_init(&tap, 0);
	ck_assert(!tap_may(&tap, 0));
	tap_failed(&tap, true, 0, 0, 0);
	ck_assert(!tap_may(&tap, 3600 * SP_S));
}
END_TEST

START_TEST(refusals_halve_the_window_once_for_all_that_were_out)
{
	sp_time t = 10 * SP_S;

	tap_init(&tap, 8);
	tap_failed(&tap, true, 0, t, t + 100 * SP_MS);
	ck_assert_uint_eq(tap.window, 4);
	/* it began before the window was halved */
	tap_failed(&tap, true, 0, t + 50 * SP_MS, t + 120 * SP_MS);
	ck_assert_uint_eq(tap.window, 4);
	tap_failed(&tap, true, 0, t + 200 * SP_MS, t + 300 * SP_MS);
	ck_assert_uint_eq(tap.window, 2);
	/* a network that fails is no refusal */
	tap_failed(&tap, false, 0, t + SP_S, t + SP_S);
	ck_assert_uint_eq(tap.window, 2);
	tap_failed(&tap, true, 0, t + 2 * SP_S, t + 2 * SP_S);
	tap_failed(&tap, true, 0, t + 3 * SP_S, t + 3 * SP_S);
	ck_assert_uint_eq(tap.window, 1);
}
END_TEST

START_TEST(window_grows_by_one_per_window_of_successes)
{
	tap_init(&tap, 4);
	tap_failed(&tap, true, 0, SP_S, SP_S);
	ck_assert_uint_eq(tap.window, 2);
	good(1, 50 * SP_MS, 1000, SP_MS, 2 * SP_S);
	ck_assert_uint_eq(tap.window, 2);
	good(1, 50 * SP_MS, 1000, SP_MS, 2 * SP_S);
	ck_assert_uint_eq(tap.window, 3);
	good(3, 50 * SP_MS, 1000, SP_MS, 2 * SP_S);
	ck_assert_uint_eq(tap.window, 4);
	good(100, 50 * SP_MS, 1000, SP_MS, 2 * SP_S);
	ck_assert_uint_eq(tap.window, 4);
}
END_TEST

START_TEST(first_byte_after_thrice_the_median_halves_the_window)
{
	tap_init(&tap, 4);
	good(20, 200 * SP_MS, 1000, SP_MS, SP_S);
	good(1, 550 * SP_MS, 1000, SP_MS, 2 * SP_S);
	ck_assert_uint_eq(tap.window, 4);
	good(1, 700 * SP_MS, 1000, SP_MS, 3 * SP_S);
	ck_assert_uint_eq(tap.window, 2);
	/* of an origin that is very fast a little more is no sign */
	tap_init(&tap, 4);
	good(20, 10 * SP_MS, 1000, SP_MS, SP_S);
	good(1, 250 * SP_MS, 1000, SP_MS, 2 * SP_S);
	ck_assert_uint_eq(tap.window, 4);
}
END_TEST

START_TEST(one_at_a_time_is_tried_while_transfers_hang)
{
	sp_time p, t = 10 * SP_S;

	tap_init(&tap, 4);
	p = tap_patience(&tap);
	ck_assert_int_eq(p, TAP_MARGIN + TAP_TTFB);
	tap_begin(&tap);
	tap_begin(&tap);
	ck_assert(tap_may(&tap, t));
	tap_hangs(&tap, t, t + p);
	ck_assert_uint_eq(tap.out, 1);
	ck_assert(tap_may(&tap, t + p));
	tap_hangs(&tap, t, t + p);
	ck_assert_uint_eq(tap.out, 0);
	/* first connections take longer: that halves nothing yet */
	ck_assert_uint_eq(tap.window, 4);
	/* longer and longer, to a bound */
	ck_assert(tap_may(&tap, t + p));
	tap_begin(&tap);
	ck_assert(!tap_may(&tap, t + p));
	ck_assert_int_gt(tap_patience(&tap), p);
	tap_hangs(&tap, t + p, t + 3 * p);
	tap.hangs = 1000;
	ck_assert_int_eq(tap_patience(&tap), 5 * p);
	/* one answers after all: as many as before the hang's halving */
	tap_back(&tap);
	tap_answers(&tap);
	ck_assert_int_eq(tap_patience(&tap), p);
	ck_assert_uint_eq(tap.out, 1);
	tap_end(&tap);
	ck_assert(tap_may(&tap, t + 3 * p));
}
END_TEST

START_TEST(failures_of_what_was_out_together_are_one)
{
	tap_init(&tap, 4);
	tap_failed(&tap, false, 0, 9 * SP_S, 10 * SP_S);
	tap_failed(&tap, false, 0, 9 * SP_S, 10 * SP_S + SP_MS);
	tap_failed(&tap, false, 0, 9 * SP_S, 10 * SP_S + SP_MS);
	ck_assert_uint_eq(tap.fails, 1);
	ck_assert_int_eq(tap.down_until, 10 * SP_S + 250 * SP_MS);
	/* but what it asks for counts */
	tap_failed(&tap, true, SP_S, 9 * SP_S, 10 * SP_S + 2 * SP_MS);
	ck_assert_int_eq(tap.down_until, 11 * SP_S + 2 * SP_MS);
	tap_failed(&tap, false, 0, 11 * SP_S, 12 * SP_S);
	ck_assert_uint_eq(tap.fails, 2);
}
END_TEST

START_TEST(refusals_make_for_larger_requests)
{
	sp_time t = 10 * SP_S;
	unsigned i;

	tap_init(&tap, 4);
	tap_failed(&tap, false, 0, t, t);
	ck_assert_uint_eq(tap_grain(&tap, t), 0);
	tap_failed(&tap, true, 0, t, t);
	ck_assert_uint_eq(tap_grain(&tap, t), 1);
	/* of the same moment */
	tap_failed(&tap, true, 0, t - SP_MS, t + SP_MS);
	ck_assert_uint_eq(tap_grain(&tap, t), 1);
	for (i = 0; i < 9; i++)
		tap_failed(&tap, true, 0, t + i * SP_S, t + i * SP_S);
	ck_assert_uint_eq(tap_grain(&tap, t + 8 * SP_S), TAP_GRAIN_MAX);
	ck_assert_uint_eq(tap_grain(&tap, t + 28 * SP_S - 1), TAP_GRAIN_MAX);
	ck_assert_uint_eq(tap_grain(&tap, t + 28 * SP_S), TAP_GRAIN_MAX - 1);
	ck_assert_uint_eq(tap_grain(&tap, t + 300 * SP_S), 0);
}
END_TEST

UNIT_MAIN("tap", origin_that_fails_rests_longer_each_time,
    retry_after_is_honoured_up_to_a_bound, guard_is_learned,
    what_comes_within_a_time_is_not_overrated, short_transfers_show_no_rate,
    where_all_are_short_they_tell_of_a_fast_origin,
    what_was_slow_at_first_is_forgotten, without_anything_new_the_usual_remains,
    no_more_are_under_way_than_the_window_has,
    refusals_halve_the_window_once_for_all_that_were_out,
    window_grows_by_one_per_window_of_successes,
    first_byte_after_thrice_the_median_halves_the_window,
    one_at_a_time_is_tried_while_transfers_hang,
    failures_of_what_was_out_together_are_one,
    refusals_make_for_larger_requests)
