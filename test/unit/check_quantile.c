#include "base/quantile.h"
#include "base/rng.h"
#include "test/unit/unit.h"

static const uint32_t ppms[] = { 500000, 950000, 990000, 999000 };

static uint64_t
apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

START_TEST(without_samples_the_default_comes_back)
{
	struct quantile q;

	quantile_init(&q, 0);
	ck_assert_uint_eq(quantile_get(&q, 500000, 77), 77);
}
END_TEST

START_TEST(values_below_16_are_exact)
{
	struct quantile q;

	for (uint64_t v = 0; v < 16; v++) {
		quantile_init(&q, 0);
		quantile_add(&q, v);
		quantile_add(&q, 1000);
		ck_assert_uint_eq(quantile_get(&q, 500000, 0), v);
	}
}
END_TEST

START_TEST(a_single_value_is_found_within_a_sixteenth)
{
	struct quantile q;
	struct sp_rng r;
	uint64_t v, got;

	rng_seed(&r, 1);
	for (int i = 0; i < 5000; i++) {
		v = rng_u64(&r) >> rng_below(&r, 64);
		quantile_init(&q, 0);
		quantile_add(&q, v);
		q.max = UINT64_MAX;
		got = quantile_get(&q, 1000000, 0);
		ck_assert_msg(apart(got, v) <= v / 16, "%llu for %llu",
		    (unsigned long long)got, (unsigned long long)v);
	}
}
END_TEST

START_TEST(the_whole_range_fits)
{
	struct quantile q;

	quantile_init(&q, 0);
	quantile_add(&q, UINT64_MAX);
	quantile_add(&q, 0);
	ck_assert_uint_eq(quantile_get(&q, 1, 0), 0);
	ck_assert_uint_ge(quantile_get(&q, 1000000, 0),
	    UINT64_MAX - (UINT64_MAX >> 4));
	ck_assert_uint_eq(q.count[495], 1);
}
END_TEST

START_TEST(no_answer_is_above_the_largest_sample)
{
	struct quantile q;

	quantile_init(&q, 0);
	quantile_add(&q, 1024);
	ck_assert_uint_eq(quantile_get(&q, 1000000, 0), 1024);
	ck_assert_uint_eq(quantile_get(&q, UINT32_MAX, 0), 1024);
	ck_assert_uint_eq(quantile_get(&q, 0, 0), 1024);
}
END_TEST

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* 2^x for x the sum of four uniforms: about log-normal, median 2^20. */
static uint64_t
sample(struct sp_rng *r)
{
	uint64_t x = 8 << 16;

	for (int i = 0; i < 4; i++)
		x += rng_below(r, 6 << 16);
	return ((uint64_t)(65536 + (x & 65535)) << (x >> 16)) >> 16;
}

START_TEST(quantiles_agree_with_sorting)
{
	enum { N = 20000 };
	static uint64_t v[N];
	struct quantile q;
	struct sp_rng r;
	uint64_t exact, got;

	for (uint64_t seed = 0; seed < 5; seed++) {
		rng_seed(&r, seed);
		quantile_init(&q, 0);
		for (int i = 0; i < N; i++) {
			v[i] = sample(&r);
			quantile_add(&q, v[i]);
		}
		qsort(v, N, sizeof(v[0]), by_value);
		for (size_t i = 0; i < SP_LEN(ppms); i++) {
			exact = v[(uint64_t)N * ppms[i] / 1000000 - 1];
			got = quantile_get(&q, ppms[i], 0);
			ck_assert_uint_le(apart(got, exact) * 100, exact * 7);
		}
	}
}
END_TEST

START_TEST(halving_keeps_the_shape)
{
	struct quantile q;
	struct sp_rng r;

	rng_seed(&r, 3);
	quantile_init(&q, 1000);
	for (int i = 0; i < 100000; i++) {
		quantile_add(&q, rng_below(&r, 10000));
		ck_assert_uint_le(q.total, 1000);
		if (i > 1000)
			ck_assert_uint_ge(q.total, 500);
	}
	ck_assert_uint_le(apart(quantile_get(&q, 500000, 0), 5000), 700);
	ck_assert_uint_le(apart(quantile_get(&q, 900000, 0), 9000), 1000);
}
END_TEST

START_TEST(halving_forgets_what_was)
{
	struct quantile q;

	quantile_init(&q, 64);
	for (int i = 0; i < 64; i++)
		quantile_add(&q, 1000000);
	for (int i = 0; i < 640; i++)
		quantile_add(&q, 10);
	ck_assert_uint_eq(quantile_get(&q, 990000, 0), 10);
	ck_assert_uint_eq(q.max, 10);
}
END_TEST

START_TEST(halving_forgets_a_low_outlier_too)
{
	struct quantile q;

	quantile_init(&q, 64);
	quantile_add(&q, 1);
	for (int i = 0; i < 640; i++)
		quantile_add(&q, 1000);
	ck_assert_uint_eq(q.count[1], 0);
	/* The middle of 960..1023. */
	ck_assert_uint_eq(quantile_get(&q, 1, 0), 992);
}
END_TEST

START_TEST(halving_single_samples_does_not_empty)
{
	struct quantile q;

	quantile_init(&q, 16);
	for (uint64_t i = 0; i < 17; i++)
		quantile_add(&q, i);
	ck_assert_uint_eq(q.total, 9);
	ck_assert_uint_le(apart(quantile_get(&q, 500000, 0), 8), 2);
	/* A limit of one would hold nothing that can be halved. */
	quantile_init(&q, 1);
	for (uint64_t i = 0; i < 100; i++) {
		quantile_add(&q, i % 10);
		ck_assert(q.total == 1 || q.total == 2);
	}
}
END_TEST

START_TEST(below_counts_the_buckets_that_are_below)
{
	struct quantile q;

	quantile_init(&q, 0);
	quantile_add(&q, 3);
	quantile_add(&q, 1 << 20);
	quantile_add(&q, 9 << 20);
	ck_assert_uint_eq(quantile_below(&q, 0), 0);
	ck_assert_uint_eq(quantile_below(&q, 3), 0);
	ck_assert_uint_eq(quantile_below(&q, 4), 1);
	ck_assert_uint_eq(quantile_below(&q, 8 << 17), 1);
	ck_assert_uint_eq(quantile_below(&q, 9 << 17), 2);
	ck_assert_uint_eq(quantile_below(&q, 9 << 20), 2);
	ck_assert_uint_eq(quantile_below(&q, UINT64_MAX), 3);
}
END_TEST

START_TEST(merging_is_adding)
{
	struct quantile a, b, all;
	struct sp_rng r;
	uint64_t v;

	rng_seed(&r, 4);
	quantile_init(&a, 0);
	quantile_init(&b, 0);
	quantile_init(&all, 0);
	for (int i = 0; i < 1000; i++) {
		v = sample(&r);
		quantile_add(i % 3 != 0 ? &a : &b, v);
		quantile_add(&all, v);
	}
	quantile_merge(&a, &b);
	ck_assert_mem_eq(&a, &all, sizeof(a));
}
END_TEST

START_TEST(merging_more_than_fits_halves)
{
	struct quantile a, b;

	quantile_init(&a, 0);
	quantile_init(&b, 0);
	quantile_add(&a, 10);
	quantile_add(&b, 5000);
	a.count[10] = a.total = UINT32_MAX;
	b.count[3] = b.total = UINT32_MAX;
	quantile_merge(&a, &b);
	ck_assert_uint_eq(a.total, UINT32_MAX);
	ck_assert_uint_eq(quantile_get(&a, 490000, 0), 3);
	ck_assert_uint_eq(quantile_get(&a, 510000, 0), 10);
	quantile_add(&a, 11);
	/* This halving rounds up. */
	ck_assert_uint_eq(a.total, UINT32_MAX / 2 + 2);
}
END_TEST

START_TEST(what_fades_counts_half_and_in_the_end_not_at_all)
{
	struct quantile q;
	int i;

	quantile_init(&q, 0);
	for (i = 0; i < 64; i++)
		quantile_add(&q, 1000);
	quantile_fade(&q);
	ck_assert_uint_eq(q.total, 32);
	for (i = 0; i < 31; i++)
		quantile_add(&q, 10);
	/* 32 of 63: it is still in the middle; after two more it is not */
	ck_assert_uint_ge(quantile_get(&q, 500000, 0), 900);
	quantile_add(&q, 10);
	quantile_add(&q, 10);
	ck_assert_uint_eq(quantile_get(&q, 500000, 0), 10);
	for (i = 0; i < 20; i++)
		quantile_fade(&q);
	ck_assert_uint_eq(quantile_get(&q, 500000, 77), 77);
}
END_TEST

UNIT_MAIN("quantile", what_fades_counts_half_and_in_the_end_not_at_all,
    without_samples_the_default_comes_back, values_below_16_are_exact,
    a_single_value_is_found_within_a_sixteenth, the_whole_range_fits,
    no_answer_is_above_the_largest_sample, quantiles_agree_with_sorting,
    halving_keeps_the_shape, halving_forgets_what_was,
    halving_forgets_a_low_outlier_too, halving_single_samples_does_not_empty,
    below_counts_the_buckets_that_are_below, merging_is_adding,
    merging_more_than_fits_halves)
