#include "swarm/delay.h"

#include "base/rng.h"
#include "test/unit/unit.h"

#define D    (6 * SP_S)
#define TTFB (200 * SP_MS)

static struct delay d;

/* |n| pieces with lags of |lo| to |hi|. */
static void
pieces(unsigned n, sp_time lo, sp_time hi, sp_time delay, uint64_t seed)
{
	struct sp_rng rng;
	sp_time lag;

	rng_seed(&rng, seed);
	while (n-- > 0) {
		lag = lo + (sp_time)rng_below(&rng, (uint64_t)(hi - lo) + 1);
		delay_sample(&d, lag, lag > delay, delay, TTFB);
	}
}

START_TEST(nothing_is_said_before_some_pieces_came)
{
	delay_init(&d);
	pieces(DELAY_KNOWN - 1, 9 * SP_S, 9 * SP_S, D, 1);
	ck_assert_int_eq(delay_needed(&d, TTFB), 0);
	pieces(1, SP_S, SP_S, D, 1);
	ck_assert_int_gt(delay_needed(&d, TTFB), D);
}
END_TEST

START_TEST(needed_is_the_formula_of_what_came_quickly)
{
	sp_time need;

	delay_init(&d);
	pieces(1500, SP_S, 3 * SP_S, D, 2);
	need = delay_needed(&d, TTFB);
	/* q99.9 of the lag, within the sixteenth of a histogram */
	ck_assert_int_ge(need, 2998 * SP_MS * 15 / 16 + TTFB + DELAY_MARGIN);
	ck_assert_int_le(need, 3 * SP_S + TTFB + DELAY_MARGIN);
	/* the slower the origin, the sooner it must be asked */
	ck_assert_int_eq(delay_needed(&d, TTFB + SP_S), need + SP_S);
}
END_TEST

START_TEST(pieces_that_use_all_of_the_delay_do_not_raise_it)
{
	sp_time delay = D;
	int i;

	delay_init(&d);
	for (i = 0; i < 50; i++) {
		pieces(40, delay / 2, delay, delay, (uint64_t)i);
		ck_assert_int_le(delay_needed(&d, TTFB), delay);
		delay = SP_MAX(delay, delay_needed(&d, TTFB));
	}
	ck_assert_int_eq(delay, D);
}
END_TEST

START_TEST(late_pieces_ask_for_what_would_have_had_them_in_time)
{
	sp_time need;

	delay_init(&d);
	pieces(100, SP_S, 3 * SP_S, D, 3);
	pieces(1, 7 * SP_S, 7 * SP_S, D, 3);
	need = delay_needed(&d, TTFB);
	ck_assert_int_ge(need, 7 * SP_S * 15 / 16 + TTFB + DELAY_MARGIN);
	ck_assert_int_le(need, 7 * SP_S + TTFB + DELAY_MARGIN);
	/* an hour in which nothing came is none of the network's lags */
	pieces(1, 3600 * SP_S, 3600 * SP_S, D, 3);
	ck_assert_int_le(delay_needed(&d, TTFB),
	    D + DELAY_LATE + TTFB + DELAY_MARGIN);
	/* one in a thousand is not meant, when there were thousands */
	pieces(4000, SP_S, 3 * SP_S, D, 4);
	ck_assert_int_le(delay_needed(&d, TTFB), 3700 * SP_MS);
}
END_TEST

START_TEST(origin_that_answers_later_raises_the_need)
{
	delay_init(&d);
	pieces(100, D, D, D, 5);
	ck_assert_int_eq(delay_needed(&d, TTFB), D);
	ck_assert_int_eq(delay_needed(&d, TTFB + SP_S), D + SP_S);
	/* a clock that is set, or a delay of nothing, breaks nothing */
	delay_sample(&d, -SP_S, false, 0, TTFB);
	ck_assert_int_ge(delay_needed(&d, TTFB), 0);
}
END_TEST

START_TEST(who_has_fixed_it_hears_so_once_and_when_it_gets_worse)
{
	delay_init(&d);
	ck_assert(!delay_warns(&d, 0, D));
	ck_assert(!delay_warns(&d, D, D));
	ck_assert(delay_warns(&d, D + SP_MS, D));
	ck_assert(!delay_warns(&d, D + SP_MS, D));
	ck_assert(!delay_warns(&d, D + SP_S, D));
	ck_assert(delay_warns(&d, D + SP_S + SP_MS, D));
}
END_TEST

UNIT_MAIN("delay", nothing_is_said_before_some_pieces_came,
    needed_is_the_formula_of_what_came_quickly,
    pieces_that_use_all_of_the_delay_do_not_raise_it,
    late_pieces_ask_for_what_would_have_had_them_in_time,
    origin_that_answers_later_raises_the_need,
    who_has_fixed_it_hears_so_once_and_when_it_gets_worse)
