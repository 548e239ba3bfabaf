#include "base/ratelim.h"
#include "base/rng.h"
#include "test/unit/unit.h"

START_TEST(the_bucket_starts_full_and_refills_at_the_rate)
{
	struct ratelim r;

	ratelim_init(&r, 1000, 500, 10 * SP_S);
	ck_assert(ratelim_take(&r, 500, 10 * SP_S));
	ck_assert(!ratelim_take(&r, 1, 10 * SP_S));
	ck_assert(!ratelim_take(&r, 100, 10 * SP_S + 100 * SP_MS - 1));
	ck_assert(ratelim_take(&r, 100, 10 * SP_S + 100 * SP_MS));
	/* A day later it holds the burst and no more. */
	ck_assert(!ratelim_take(&r, 501, 86400 * SP_S));
	ck_assert(ratelim_take(&r, 500, 86400 * SP_S));
	ck_assert(!ratelim_take(&r, 1, 86400 * SP_S));
}
END_TEST

START_TEST(rate_zero_is_no_limit)
{
	struct ratelim r;

	ratelim_init(&r, 0, 10, 0);
	ck_assert(ratelim_take(&r, UINT64_MAX, 0));
	ck_assert_int_eq(ratelim_when(&r, UINT64_MAX, 5), 5);
}
END_TEST

START_TEST(more_than_the_burst_never_comes)
{
	struct ratelim r;

	ratelim_init(&r, 100, 10, 0);
	ck_assert_int_eq(ratelim_when(&r, 11, 0), SP_NEVER);
	ck_assert(!ratelim_take(&r, UINT64_MAX, SP_NEVER - 1));
	/* At one byte per second a little more is beyond the clock. */
	ratelim_init(&r, 1, UINT64_MAX, 0);
	ck_assert_uint_eq(r.burst, RATELIM_BURST_MAX);
	ck_assert(ratelim_take(&r, RATELIM_BURST_MAX, 0));
	ck_assert_int_eq(ratelim_when(&r, RATELIM_BURST_MAX, 0),
	    (sp_time)RATELIM_BURST_MAX * SP_S);
	ck_assert_int_eq(ratelim_when(&r, 1, 0), SP_S);
	ratelim_charge(&r, 1, 0);
	ck_assert_int_eq(ratelim_when(&r, RATELIM_BURST_MAX, 0), SP_NEVER);
}
END_TEST

START_TEST(when_names_the_very_nanosecond)
{
	static const uint64_t rates[] = { 1, 3, 999, 125000, 1250000000,
		99999999999 };
	struct sp_rng rng;
	struct ratelim r;
	sp_time now, at;
	uint64_t n;

	rng_seed(&rng, 1);
	for (size_t i = 0; i < SP_LEN(rates); i++) {
		now = 5;
		ratelim_init(&r, rates[i], 3000, now);
		for (int step = 0; step < 2000; step++) {
			n = 1 + rng_below(&rng, 3000);
			at = ratelim_when(&r, n, now);
			ck_assert_int_ge(at, now);
			if (at > now)
				ck_assert(!ratelim_take(&r, n, at - 1));
			ck_assert(ratelim_take(&r, n, at));
			now = at;
		}
	}
}
END_TEST

START_TEST(no_span_gives_more_than_rate_and_burst)
{
	struct sp_rng rng;
	struct ratelim r;
	uint64_t taken = 0;
	sp_time now = 0;

	rng_seed(&rng, 2);
	ratelim_init(&r, 1000003, 5000, now);
	while (now < 10 * SP_S) {
		now += (sp_time)rng_below(&rng, 3 * SP_MS);
		for (int i = 0; i < 5; i++) {
			uint64_t n = rng_below(&rng, 1500);

			if (ratelim_take(&r, n, now))
				taken += n;
		}
	}
	ck_assert_uint_le(taken, 10000030 + 5000 + 3001);
	/* Nor loses any: demand was twice the rate. */
	ck_assert_uint_ge(taken, 10000030 - 2000);
}
END_TEST

START_TEST(what_is_charged_is_paid_first)
{
	struct ratelim r;

	ratelim_init(&r, 1000, 100, 0);
	ratelim_charge(&r, 300, 0);
	ck_assert(!ratelim_take(&r, 1, 200 * SP_MS));
	ck_assert_int_eq(ratelim_when(&r, 100, 200 * SP_MS), 300 * SP_MS);
	ck_assert(ratelim_take(&r, 100, 300 * SP_MS));
	/* what is saved pays too */
	ratelim_charge(&r, 40, SP_S);
	ck_assert(ratelim_take(&r, 60, SP_S));
	ck_assert(!ratelim_take(&r, 1, SP_S));
}
END_TEST

START_TEST(no_more_is_owed_than_a_second_brings)
{
	struct ratelim r;

	ratelim_init(&r, 1000, 100, 0);
	for (int i = 0; i < 100; i++)
		ratelim_charge(&r, UINT64_MAX, 0);
	ck_assert_int_eq(ratelim_when(&r, 1, 0), 1001 * SP_MS);
	ck_assert(ratelim_take(&r, 1, 1001 * SP_MS));
	/* no limit: nothing to owe */
	ratelim_init(&r, 0, 0, 0);
	ratelim_charge(&r, UINT64_MAX, 0);
	ck_assert(ratelim_take(&r, 1000, 0));
	ratelim_init(&r, UINT64_MAX, UINT64_MAX, 0);
	ratelim_charge(&r, UINT64_MAX, 0);
	ratelim_charge(&r, UINT64_MAX, 0);
	ck_assert(!ratelim_take(&r, 1, 0));
	ck_assert(ratelim_take(&r, 1, SP_S));
}
END_TEST

START_TEST(the_meter_shows_a_steady_rate)
{
	struct ratemeter m = { 0 };

	ck_assert_uint_eq(ratemeter_bps(&m, SP_S), 0);
	for (int i = 0; i <= 1000; i++)
		ratemeter_add(&m, 1000, i * 10 * SP_MS);
	/* 100 kB/s, one sample is 1 % of a slot's worth of a second. */
	ck_assert_uint_ge(ratemeter_bps(&m, 10 * SP_S), 98000);
	ck_assert_uint_le(ratemeter_bps(&m, 10 * SP_S), 102000);
	ck_assert_uint_eq(m.total, 1001000);
}
END_TEST

START_TEST(the_meter_forgets_after_three_seconds)
{
	struct ratemeter m = { 0 };

	ratemeter_add(&m, 30000, 10 * SP_S);
	ck_assert_uint_eq(ratemeter_bps(&m, 11 * SP_S), 30000);
	ck_assert_uint_eq(ratemeter_bps(&m, 12 * SP_S), 15000);
	ck_assert_uint_eq(ratemeter_bps(&m, 13 * SP_S + 375 * SP_MS), 0);
	ratemeter_add(&m, 100, 13 * SP_S + 375 * SP_MS);
	ck_assert_uint_lt(ratemeter_bps(&m, 13 * SP_S + 375 * SP_MS), 50);
	ck_assert_uint_eq(m.total, 30100);
}
END_TEST

START_TEST(the_first_sample_is_no_flood)
{
	struct ratemeter m = { 0 };

	ratemeter_add(&m, 3750, 0);
	ck_assert_uint_eq(ratemeter_bps(&m, 0), 10000);
	ck_assert_uint_eq(ratemeter_bps(&m, 375 * SP_MS), 10000);
	ck_assert_uint_eq(ratemeter_bps(&m, 750 * SP_MS), 5000);
}
END_TEST

START_TEST(huge_counts_do_not_wrap)
{
	struct ratemeter m = { 0 };

	ratemeter_add(&m, UINT64_MAX / 2, SP_S);
	ck_assert_uint_gt(ratemeter_bps(&m, 2 * SP_S), UINT64_MAX / 2000000);
}
END_TEST

UNIT_MAIN("ratelim", the_bucket_starts_full_and_refills_at_the_rate,
    rate_zero_is_no_limit, more_than_the_burst_never_comes,
    when_names_the_very_nanosecond, no_span_gives_more_than_rate_and_burst,
    what_is_charged_is_paid_first, no_more_is_owed_than_a_second_brings,
    the_meter_shows_a_steady_rate, the_meter_forgets_after_three_seconds,
    the_first_sample_is_no_flood, huge_counts_do_not_wrap)
