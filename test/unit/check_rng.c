#include "base/rng.h"
#include "test/unit/unit.h"

#include <math.h>

START_TEST(seeding_is_splitmix64)
{
	struct sp_rng r;

	/* First outputs of the reference splitmix64.c for state 0. */
	rng_seed(&r, 0);
	ck_assert_uint_eq(r.s[0], 0xe220a8397b1dcdaf);
	ck_assert_uint_eq(r.s[1], 0x6e789e6aa1b965f4);
	ck_assert_uint_eq(r.s[2], 0x06c45d188009454f);
	ck_assert_uint_eq(r.s[3], 0xf88bb8a8724c81ec);
}
END_TEST

START_TEST(outputs_are_xoshiro256_starstar)
{
	/* Outputs of the reference implementation for state 1, 2, 3, 4. */
	static const uint64_t want[] = { 11520, 0, 1509978240,
		1215971899390074240u, 1216172134540287360u, 607988272756665600u,
		16172922978634559625u, 8476171486693032832u,
		10595114339597558777u, 2904607092377533576u };
	struct sp_rng r = { { 1, 2, 3, 4 } };

	for (size_t i = 0; i < SP_LEN(want); i++)
		ck_assert_uint_eq(rng_u64(&r), want[i]);
}
END_TEST

START_TEST(below_is_uniform_and_in_range)
{
	struct sp_rng r;
	unsigned count[7] = { 0 };
	uint64_t v;

	rng_seed(&r, 1);
	for (int i = 0; i < 70000; i++) {
		v = rng_below(&r, 7);
		ck_assert_uint_lt(v, 7);
		count[v]++;
	}
	/* sigma is 93. */
	for (int i = 0; i < 7; i++)
		ck_assert(count[i] > 9600 && count[i] < 10400);
	ck_assert_uint_eq(rng_below(&r, 1), 0);
}
END_TEST

START_TEST(below_rejects_instead_of_being_biased)
{
	/* Of 2^64 values 2^62 are too many for n = 3 * 2^62: without the
	 * rejection the lowest third would come twice as often. */
	uint64_t n = (uint64_t)3 << 62, v;
	struct sp_rng r;
	unsigned low = 0;

	rng_seed(&r, 2);
	for (int i = 0; i < 30000; i++) {
		v = rng_below(&r, n);
		ck_assert_uint_lt(v, n);
		low += v < n / 3;
	}
	ck_assert(low > 9600 && low < 10400);
}
END_TEST

START_TEST(shuffle_keeps_the_elements_and_is_fair)
{
	struct sp_rng r;
	unsigned count[6] = { 0 };
	uint8_t v[3];

	rng_seed(&r, 3);
	for (int i = 0; i < 60000; i++) {
		memcpy(v, "\0\1\2", 3);
		rng_shuffle(&r, v, 3, 1);
		ck_assert_int_eq(v[0] + v[1] + v[2], 3);
		ck_assert(v[0] != v[1] && v[1] != v[2] && v[0] != v[2]);
		count[v[0] * 2 + (v[1] > v[2])]++;
	}
	for (int i = 0; i < 6; i++)
		ck_assert(count[i] > 9500 && count[i] < 10500);
}
END_TEST

START_TEST(shuffle_moves_whole_elements)
{
	struct sp_rng r;
	uint8_t v[50][256];
	unsigned moved = 0, seen = 0;

	rng_seed(&r, 4);
	for (int i = 0; i < 50; i++)
		memset(v[i], i, sizeof(v[i]));
	rng_shuffle(&r, v, 50, sizeof(v[0]));
	for (int i = 0; i < 50; i++) {
		for (int j = 1; j < 256; j++)
			ck_assert_uint_eq(v[i][j], v[i][0]);
		moved += v[i][0] != i;
		seen += v[i][0];
	}
	ck_assert_uint_gt(moved, 30);
	ck_assert_uint_eq(seen, 49 * 50 / 2);
	rng_shuffle(&r, NULL, 0, 8);
}
END_TEST

START_TEST(log2_of_powers_of_two_is_exact)
{
	for (unsigned k = 0; k < 64; k++)
		ck_assert_uint_eq(
		    rng_log2_inv_of(((uint64_t)1 << (63 - k)) - 1), (k + 1)
									<< 16);
	ck_assert_uint_eq(rng_log2_inv_of(UINT64_MAX), 0);
	ck_assert_uint_eq(rng_log2_inv_of(0), 64 << 16);
	ck_assert_uint_le(rng_log2_inv_of(UINT64_MAX - 1), 1);
}
END_TEST

START_TEST(log2_is_within_two_units_of_the_real_one)
{
	struct sp_rng r;
	uint64_t u;
	double want;

	rng_seed(&r, 5);
	for (int i = 0; i < 20000; i++) {
		u = rng_u64(&r) >> rng_below(&r, 64);
		want = -65536 * (log2((double)u + 1) - 64);
		ck_assert_double_le(fabs(rng_log2_inv_of(u) - want), 2);
	}
}
END_TEST

START_TEST(log2_falls_when_the_hash_grows)
{
	uint32_t last = 64 << 16, v;

	for (uint64_t u = 0; u < UINT64_MAX - ((uint64_t)1 << 50);
	     u += (uint64_t)1 << 50) {
		v = rng_log2_inv_of(u);
		ck_assert_uint_le(v, last);
		last = v;
	}
}
END_TEST

START_TEST(log2_is_exponential_with_mean_one_over_ln_2)
{
	enum { N = 400000 };
	struct sp_rng r;
	uint64_t sum = 0;
	unsigned tail[9] = { 0 };
	uint32_t v;
	double p;

	rng_seed(&r, 6);
	for (int i = 0; i < N; i++) {
		v = rng_log2_inv(&r);
		sum += v;
		for (unsigned k = 1; k < 9; k++)
			tail[k] += v > k << 16;
	}
	/* 65536 / ln 2 = 94548. */
	ck_assert_uint_ge(sum / N, 94548 - 945);
	ck_assert_uint_le(sum / N, 94548 + 945);
	for (unsigned k = 1; k < 9; k++) {
		p = ldexp(1, -(int)k);
		ck_assert_double_le(fabs(tail[k] - N * p),
		    4 * sqrt(N * p * (1 - p)));
	}
}
END_TEST

UNIT_MAIN("rng", seeding_is_splitmix64, outputs_are_xoshiro256_starstar,
    below_is_uniform_and_in_range, below_rejects_instead_of_being_biased,
    shuffle_keeps_the_elements_and_is_fair, shuffle_moves_whole_elements,
    log2_of_powers_of_two_is_exact, log2_is_within_two_units_of_the_real_one,
    log2_falls_when_the_hash_grows, log2_is_exponential_with_mean_one_over_ln_2)
