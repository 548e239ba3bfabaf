#include "swarm/rescue.h"

#include "base/rng.h"
#include "test/unit/unit.h"
#include "wire/limits.h"

START_TEST(draws_are_fixed_by_who_and_what)
{
	sp_time a = rescue_threshold(1, 2, 3, 4, SP_S, (500 * SP_MS));

	ck_assert_int_eq(a, rescue_threshold(1, 2, 3, 4, SP_S, (500 * SP_MS)));
	ck_assert_int_ne(a, rescue_threshold(9, 2, 3, 4, SP_S, (500 * SP_MS)));
	ck_assert_int_ne(a, rescue_threshold(1, 9, 3, 4, SP_S, (500 * SP_MS)));
	ck_assert_int_ne(a, rescue_threshold(1, 2, 9, 4, SP_S, (500 * SP_MS)));
	ck_assert_int_ne(a, rescue_threshold(1, 2, 3, 9, SP_S, (500 * SP_MS)));
}
END_TEST

START_TEST(one_in_ten_fetches_in_each_second_by_chance)
{
	unsigned one = 0, half = 0;
	uint64_t n;
	sp_time d;

	for (n = 0; n < 10000; n++) {
		d = rescue_random(77, 0, n);
		ck_assert_int_eq(d, rescue_random(77, 0, n));
		one += d <= SP_S;
		half += d <= 6579 * SP_MS;
	}
	ck_assert_uint_gt(one, 900);
	ck_assert_uint_lt(one, 1100);
	ck_assert_uint_gt(half, 4850);
	ck_assert_uint_lt(half, 5150);
}
END_TEST

START_TEST(copies_of_m_viewers_are_m_times_two_to_minus_x)
{
	enum { M = 1000, PIECES = 200 };
	const sp_time g = 400 * SP_MS, tau = (500 * SP_MS);
	unsigned got[11] = { 0 };
	uint64_t expect, tolerance;
	unsigned k;
	uint64_t n, viewer;
	sp_time d;

	for (n = 0; n < PIECES; n++)
		for (viewer = 0; viewer < M; viewer++) {
			d = rescue_threshold(viewer * 0x9e3779b97f4a7c15u, 0, n,
			    (uint32_t)(n % 8), g, tau);
			ck_assert(d >= g);
			for (k = 0; k < SP_LEN(got); k++)
				got[k] += d >= g + (sp_time)k * tau;
		}
	ck_assert_uint_eq(got[0], M * PIECES);
	for (k = 1; k < SP_LEN(got); k++) {
		/* E[c] = M 2^-k per piece; five deviations of a binomial */
		expect = (uint64_t)M * PIECES >> k;
		for (tolerance = 1; tolerance * tolerance < 25 * expect;)
			tolerance++;
		ck_assert_uint_ge(got[k], expect - tolerance);
		ck_assert_uint_le(got[k], expect + tolerance);
	}
}
END_TEST

START_TEST(pace_is_the_time_of_a_doubling)
{
	struct rescue_pace p;
	int i;

	rescue_pace_init(&p);
	ck_assert_int_eq(p.tau, RESCUE_PACE);
	/* nothing is learned of what did not double */
	rescue_pace_add(&p, SP_S, 0, 8);
	rescue_pace_add(&p, SP_S, 8, 15);
	rescue_pace_add(&p, SP_S, 8, 4);
	rescue_pace_add(&p, -SP_S, 1, 4);
	ck_assert_int_eq(p.tau, RESCUE_PACE);
	/* 2 to 16 in 1.2 s: thrice, so 400 ms each */
	rescue_pace_add(&p, 1200 * SP_MS, 2, 16);
	ck_assert_int_lt(p.tau, RESCUE_PACE);
	for (i = 0; i < 60; i++)
		rescue_pace_add(&p, 1200 * SP_MS, 2, 16);
	ck_assert_int_ge(p.tau, 396 * SP_MS);
	ck_assert_int_le(p.tau, 404 * SP_MS);
	/* no sample is worth more than the bounds */
	rescue_pace_add(&p, 3600 * SP_S, 1, 2);
	ck_assert_int_le(p.tau, 455 * SP_MS);
	for (i = 0; i < 60; i++)
		rescue_pace_add(&p, 3600 * SP_S, 1, 2);
	ck_assert_int_ge(p.tau, RESCUE_PACE_MAX - SP_MS);
	ck_assert_int_le(p.tau, RESCUE_PACE_MAX);
	for (i = 0; i < 99; i++)
		rescue_pace_add(&p, 0, 1, 64);
	ck_assert_int_ge(p.tau, RESCUE_PACE_MIN);
	ck_assert_int_le(p.tau, RESCUE_PACE_MIN + SP_MS);
}
END_TEST

START_TEST(who_can_pass_it_on_fetches_earlier)
{
	/* twice the stream's rate is neither early nor late */
	ck_assert_int_eq(rescue_shift(250000, 125000, SP_S), 0);
	ck_assert_int_eq(rescue_shift(0, 125000, SP_S), 0);
	ck_assert_int_eq(rescue_shift(250000, 0, SP_S), 0);
	/* tau for each doubling, within 1 % */
	ck_assert_int_ge(rescue_shift(1000000, 125000, SP_S), 1980 * SP_MS);
	ck_assert_int_le(rescue_shift(1000000, 125000, SP_S), 2020 * SP_MS);
	ck_assert_int_ge(rescue_shift(125000, 125000, SP_S), -1010 * SP_MS);
	ck_assert_int_le(rescue_shift(125000, 125000, SP_S), -990 * SP_MS);
	/* and no more than four */
	ck_assert_int_le(rescue_shift(UINT64_MAX, 1, SP_S), 4 * SP_S);
	ck_assert_int_ge(rescue_shift(1, 1000000, SP_S), -4 * SP_S);
}
END_TEST

START_TEST(stripes_are_contiguous_runs_of_about_one_length)
{
	uint32_t blocks, i, s, n, run;

	ck_assert_uint_eq(rescue_stripes(1), 1);
	ck_assert_uint_eq(rescue_stripes(7), 1);
	ck_assert_uint_eq(rescue_stripes(8), 2);
	ck_assert_uint_eq(rescue_stripes(LIM_PIECE_BLOCKS), 8);
	for (blocks = 1; blocks <= LIM_PIECE_BLOCKS; blocks++) {
		n = rescue_stripes(blocks);
		for (i = s = run = 0; i < blocks; i++, run++) {
			if (rescue_stripe_of(i, blocks) == s)
				continue;
			ck_assert_uint_eq(rescue_stripe_of(i, blocks), s + 1);
			ck_assert_uint_ge(run, blocks / n);
			ck_assert_uint_le(run, blocks / n + 1);
			run = 0;
			s++;
		}
		ck_assert_uint_eq(s, n - 1);
	}
}
END_TEST

START_TEST(plan_of_nothing_is_empty)
{
	uint8_t need[8] = { 0 };
	struct rescue_range r[RESCUE_RANGES];

	ck_assert_uint_eq(rescue_plan(need, 8, r, RESCUE_RANGES), 0);
	ck_assert_uint_eq(rescue_plan(need, 0, r, RESCUE_RANGES), 0);
}
END_TEST

START_TEST(piece_that_is_mostly_missing_is_fetched_whole)
{
	uint8_t need[10] = { 1, 1, 1, 1, 1, 1, 1, 1, 0, 1 };
	struct rescue_range r[RESCUE_RANGES];

	ck_assert_uint_eq(rescue_plan(need, 10, r, RESCUE_RANGES), 1);
	ck_assert_uint_eq(r[0].first, 0);
	ck_assert_uint_eq(r[0].n, 10);
	need[9] = 0; /* 80 % is not more than 80 % */
	ck_assert_uint_eq(rescue_plan(need, 10, r, RESCUE_RANGES), 1);
	ck_assert_uint_eq(r[0].n, 8);
}
END_TEST

/* Blocks of a best plan: the span less its three largest gaps. */
static uint32_t
least_cover(const uint8_t *need, uint32_t blocks)
{
	uint32_t top[RESCUE_RANGES - 1] = { 0 }, i, k, last = 0, sum = 0, gap;
	bool any = false;

	for (i = 0; i < blocks; i++) {
		if (need[i] == 0)
			continue;
		gap = any ? i - last - 1 : 0;
		sum += any ? i - last : 1;
		for (k = 0; k < SP_LEN(top); k++) {
			uint32_t tmp = top[k];

			if (gap <= tmp)
				continue;
			top[k] = gap;
			gap = tmp;
		}
		any = true;
		last = i;
	}
	for (k = 0; k < SP_LEN(top); k++)
		sum -= top[k];
	return sum;
}

START_TEST(short_pieces_and_loaded_origins_get_few_ranges)
{
	ck_assert_uint_eq(rescue_ranges(64, false, 0), RESCUE_RANGES);
	ck_assert_uint_eq(rescue_ranges(64, true, 0), RESCUE_RANGES);
	ck_assert_uint_eq(rescue_ranges(23, true, 0), 2);
	ck_assert_uint_eq(rescue_ranges(15, true, 0), 1);
	ck_assert_uint_eq(rescue_ranges(16, false, 0), RESCUE_RANGES);
	ck_assert_uint_eq(rescue_ranges(1, true, 0), 1);
	ck_assert_uint_eq(rescue_ranges(64, false, 1), RESCUE_RANGES / 2);
	ck_assert_uint_eq(rescue_ranges(64, true, 4), 1);
}
END_TEST

START_TEST(ranges_are_halved_until_they_are_short)
{
	struct rescue_range r[RESCUE_RANGES] = { { 0, 61 }, { 70, 6 } };
	uint32_t i, at = 0;
	size_t n;

	/* the larger one first, and they stay in order */
	ck_assert_uint_eq(rescue_split(r, 2, 3, 16), 3);
	ck_assert(r[0].first == 0 && r[0].n == 31);
	ck_assert(r[1].first == 31 && r[1].n == 30);
	ck_assert(r[2].first == 70 && r[2].n == 6);
	ck_assert_uint_eq(rescue_split(r, 3, RESCUE_RANGES, 16), 5);
	for (i = 0; i < 4; i++) {
		ck_assert_uint_eq(r[i].first, at);
		ck_assert_uint_le(r[i].n, 16);
		at += r[i].n;
	}
	ck_assert_uint_eq(at, 61);
	ck_assert_uint_eq(r[4].first, 70);
	/* no more than there is room for, and none of no block */
	r[0] = (struct rescue_range){ 3, 1000 };
	ck_assert_uint_eq(rescue_split(r, 1, 100, 1), RESCUE_RANGES);
	ck_assert_uint_eq(r[7].first + r[7].n, 1003);
	r[0] = (struct rescue_range){ 3, 2 };
	n = rescue_split(r, 1, RESCUE_RANGES, 0);
	ck_assert_uint_eq(n, 2);
	ck_assert(r[0].n == 1 && r[1].n == 1);
	/* what is short enough, or may not be cut, stays */
	r[0] = (struct rescue_range){ 3, 16 };
	ck_assert_uint_eq(rescue_split(r, 1, RESCUE_RANGES, 16), 1);
	ck_assert_uint_eq(rescue_split(r, 1, 1, 4), 1);
	ck_assert_uint_eq(rescue_split(r, 0, RESCUE_RANGES, 4), 0);
}
END_TEST

START_TEST(plan_covers_all_needs_at_least_cost)
{
	uint8_t need[LIM_PIECE_BLOCKS], covered[LIM_PIECE_BLOCKS];
	struct rescue_range r[RESCUE_RANGES];
	uint32_t blocks, i, k, missing, cost, density, run;
	struct sp_rng rng;
	size_t n, round;

	rng_seed(&rng, 8);
	for (round = 0; round < 3000; round++) {
		blocks = 1 + (uint32_t)rng_below(&rng,
				 round % 10 == 0 ? LIM_PIECE_BLOCKS : 40);
		density = 1 + (uint32_t)rng_below(&rng, 100);
		for (i = missing = run = 0; i < blocks; i++) {
			/* bursts, as losses come */
			if (run == 0)
				run = 1 + (uint32_t)rng_below(&rng, 4);
			need[i] = --run == 0 ? rng_below(&rng, 100) < density
				  : i > 0    ? need[i - 1]
					     : 0;
			missing += need[i];
		}
		memset(covered, 0, sizeof(covered));
		n = rescue_plan(need, blocks, r, RESCUE_RANGES);
		ck_assert_uint_le(n, RESCUE_RANGES);
		for (i = cost = 0; i < n; i++) {
			ck_assert_uint_gt(r[i].n, 0);
			ck_assert_uint_le(r[i].first + r[i].n, blocks);
			for (k = r[i].first; k < r[i].first + r[i].n; k++)
				ck_assert_uint_eq(covered[k]++, 0);
			cost += r[i].n;
		}
		for (i = 0; i < blocks; i++)
			ck_assert(covered[i] || !need[i]);
		if (missing * 10 > blocks * 8)
			ck_assert_uint_eq(cost, blocks);
		else
			ck_assert_uint_eq(cost, least_cover(need, blocks));
	}
}
END_TEST

START_TEST(runs_are_of_one_need_and_never_bridged)
{
	static const uint8_t need[] = { 2, 2, 1, 2, 0, 2, 1, 1, 2 };
	struct rescue_range r[5];

	ck_assert_uint_eq(rescue_runs(need, 2, 9, r, 5), 4);
	ck_assert_uint_eq(r[0].first, 0);
	ck_assert_uint_eq(r[0].n, 2);
	ck_assert_uint_eq(r[1].first, 3);
	ck_assert_uint_eq(r[1].n, 1);
	ck_assert_uint_eq(r[2].first, 5);
	ck_assert_uint_eq(r[3].first, 8);
	ck_assert_uint_eq(r[3].n, 1);
	ck_assert_uint_eq(rescue_runs(need, 1, 9, r, 5), 2);
	ck_assert_uint_eq(r[1].first, 6);
	ck_assert_uint_eq(r[1].n, 2);
	ck_assert_uint_eq(rescue_runs(need, 3, 9, r, 5), 0);
	/* no more than there is room for */
	r[2].first = 77;
	ck_assert_uint_eq(rescue_runs(need, 2, 9, r, 2), 2);
	ck_assert_uint_eq(r[2].first, 77);
}
END_TEST

UNIT_MAIN("rescue", draws_are_fixed_by_who_and_what,
    one_in_ten_fetches_in_each_second_by_chance,
    copies_of_m_viewers_are_m_times_two_to_minus_x,
    pace_is_the_time_of_a_doubling, who_can_pass_it_on_fetches_earlier,
    stripes_are_contiguous_runs_of_about_one_length, plan_of_nothing_is_empty,
    piece_that_is_mostly_missing_is_fetched_whole,
    short_pieces_and_loaded_origins_get_few_ranges,
    ranges_are_halved_until_they_are_short, plan_covers_all_needs_at_least_cost,
    runs_are_of_one_need_and_never_bridged)
