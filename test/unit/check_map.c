#include "base/map.h"
#include "base/rng.h"
#include "test/unit/unit.h"

#include <sodium.h>

static struct failmem fm;

static struct map *
make(size_t key_size, size_t val_size, size_t max)
{
	struct map *m;

	failmem_init(&fm);
	ck_assert_int_eq(map_new(&m, &fm.mem, key_size, val_size, max, 7), 0);
	return m;
}

START_TEST(siphash_agrees_with_the_paper_and_libsodium)
{
	uint8_t key[16], in[64], out[8];
	uint64_t want;

	for (int i = 0; i < 16; i++)
		key[i] = (uint8_t)i;
	for (int i = 0; i < 64; i++)
		in[i] = (uint8_t)i;
	/* Appendix A of the SipHash paper. */
	ck_assert_uint_eq(
	    map_siphash(0x0706050403020100, 0x0f0e0d0c0b0a0908, in, 15),
	    0xa129ca6149be45e5);
	for (size_t n = 0; n <= sizeof(in); n++) {
		crypto_shorthash(out, in, n, key);
		want = 0;
		for (int i = 8; i-- > 0;)
			want = want << 8 | out[i];
		ck_assert_uint_eq(
		    map_siphash(0x0706050403020100, 0x0f0e0d0c0b0a0908, in, n),
		    want);
	}
}
END_TEST

START_TEST(sizes_out_of_range_are_refused)
{
	struct map *m;

	failmem_init(&fm);
	ck_assert_int_eq(map_new(&m, &fm.mem, 0, 1, 1, 1), SP_ERR_ARG);
	ck_assert_int_eq(map_new(&m, &fm.mem, 65, 1, 1, 1), SP_ERR_ARG);
	ck_assert_int_eq(map_new(&m, &fm.mem, 1, 4097, 1, 1), SP_ERR_ARG);
	ck_assert_int_eq(map_new(&m, &fm.mem, 1, 1, 0, 1), SP_ERR_ARG);
	ck_assert_int_eq(map_new(&m, &fm.mem, 1, 1, MAP_MAX + 1, 1),
	    SP_ERR_ARG);
	ck_assert_ptr_null(m);
	ck_assert_uint_eq(fm.calls, 0);
	map_free(NULL);
}
END_TEST

START_TEST(a_new_value_is_zero_and_an_old_one_stays)
{
	struct map *m = make(3, 24, 10);
	uint64_t *v;
	bool fresh;
	int err = 1;

	ck_assert_ptr_null(map_get(m, "abc"));
	ck_assert_int_eq(map_del(m, "abc"), SP_ERR_NOTFOUND);
	v = map_put(m, "abc", &fresh, &err);
	ck_assert(fresh);
	ck_assert_int_eq(err, 0);
	ck_assert_uint_eq((uintptr_t)v % 8, 0);
	ck_assert_uint_eq(v[0] | v[1] | v[2], 0);
	v[2] = 5;
	v = map_put(m, "abc", &fresh, NULL);
	ck_assert(!fresh);
	ck_assert_uint_eq(v[2], 5);
	ck_assert_ptr_eq(map_get(m, "abc"), v);
	ck_assert_int_eq(map_del(m, "abd"), SP_ERR_NOTFOUND);
	ck_assert_int_eq(map_del(m, "abc"), 0);
	v = map_put(m, "abc", NULL, NULL);
	ck_assert_uint_eq(v[2], 0);
	map_free(m);
	failmem_check(&fm);
}
END_TEST

START_TEST(a_full_map_takes_known_keys_only)
{
	struct map *m = make(4, 0, 20);
	bool fresh = true;
	int err;

	for (uint32_t i = 0; i < 20; i++)
		ck_assert_ptr_nonnull(map_put(m, &i, NULL, NULL));
	for (uint32_t i = 20; i < 40; i++) {
		ck_assert_ptr_null(map_put(m, &i, &fresh, &err));
		ck_assert_int_eq(err, SP_ERR_FULL);
		ck_assert(!fresh);
	}
	for (uint32_t i = 0; i < 20; i++)
		ck_assert_ptr_nonnull(map_put(m, &i, NULL, &err));
	ck_assert_int_eq(err, 0);
	ck_assert_uint_eq(map_len(m), 20);
	map_free(m);
	failmem_check(&fm);
}
END_TEST

#define KEYS 600

/* The oracle: a value per key, 0 when it is not in the map. */
static uint32_t naive[KEYS];

static void
compare(const struct map *m)
{
	uint32_t count = 0, *v;

	for (uint32_t k = 0; k < KEYS; k++) {
		v = map_get(m, &k);
		ck_assert_uint_eq(v != NULL ? *v : 0, naive[k]);
		count += naive[k] != 0;
	}
	ck_assert_uint_eq(map_len(m), count);
}

/* Walks, deleting about every third entry on the way. */
static void
walk(struct map *m, struct sp_rng *r)
{
	static bool seen[KEYS];
	const void *key;
	size_t it = 0, had = map_len(m), visited = 0;
	uint32_t k;
	void *v;

	memset(seen, 0, sizeof(seen));
	while ((key = map_next(m, &it, &v)) != NULL) {
		memcpy(&k, key, sizeof(k));
		ck_assert_uint_lt(k, KEYS);
		ck_assert(!seen[k]);
		ck_assert_uint_eq(*(uint32_t *)v, naive[k]);
		seen[k] = true;
		visited++;
		if (rng_below(r, 3) == 0) {
			ck_assert_int_eq(map_del(m, &k), 0);
			naive[k] = 0;
		}
	}
	ck_assert_uint_eq(visited, had);
}

START_TEST(random_calls_agree_with_an_array)
{
	struct map *m = make(4, 4, KEYS);
	struct sp_rng r;
	uint32_t k, *v;
	bool fresh;

	memset(naive, 0, sizeof(naive));
	rng_seed(&r, 9);
	for (int step = 0; step < 40000; step++) {
		/* A small and moving range of keys fills and drains. */
		k = (uint32_t)rng_below(&r,
		    1 + (uint32_t)(step / 10) % (KEYS - 1));
		if (rng_below(&r, 5) < 3) {
			v = map_put(m, &k, &fresh, NULL);
			ck_assert(fresh == (naive[k] == 0));
			ck_assert_uint_eq(*v, naive[k]);
			*v = naive[k] = (uint32_t)step + 1;
		} else {
			ck_assert_int_eq(map_del(m, &k),
			    naive[k] != 0 ? 0 : SP_ERR_NOTFOUND);
			naive[k] = 0;
		}
		if (step % 500 == 0)
			compare(m);
		if (step % 3000 == 2999)
			walk(m, &r);
	}
	compare(m);
	map_free(m);
	failmem_check(&fm);
}
END_TEST

START_TEST(iteration_does_not_depend_on_the_seed)
{
	struct map *m[2];
	size_t it[2] = { 0, 0 };
	const void *a, *b;

	failmem_init(&fm);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    map_new(&m[i], &fm.mem, 2, 1, 300, (uint64_t)i), 0);
		for (uint16_t k = 0; k < 300; k++)
			map_put(m[i], &k, NULL, NULL);
		for (uint16_t k = 0; k < 300; k += 7)
			map_del(m[i], &k);
	}
	do {
		a = map_next(m[0], &it[0], NULL);
		b = map_next(m[1], &it[1], NULL);
		ck_assert((a == NULL) == (b == NULL));
		if (a != NULL)
			ck_assert_mem_eq(a, b, 2);
	} while (a != NULL);
	map_free(m[0]);
	map_free(m[1]);
	failmem_check(&fm);
}
END_TEST

START_TEST(without_memory_the_map_stays_as_it_was)
{
	struct map *m;
	size_t put;
	int err;

	FAILMEM_EACH (&fm) {
		err = map_new(&m, &fm.mem, 4, 4, 100, 1);
		if (err != 0) {
			ck_assert_int_eq(err, SP_ERR_NOMEM);
			ck_assert_ptr_null(m);
			continue;
		}
		put = 0;
		for (uint32_t k = 0; k < 100; k++) {
			if (map_put(m, &k, NULL, &err) != NULL)
				put++;
			else
				ck_assert_int_eq(err, SP_ERR_NOMEM);
		}
		ck_assert_uint_eq(map_len(m), put);
		ck_assert_uint_ge(put, 99);
		map_free(m);
	}
	ck_assert_uint_gt(fm.round, 10);
}
END_TEST

UNIT_MAIN("map", siphash_agrees_with_the_paper_and_libsodium,
    sizes_out_of_range_are_refused, a_new_value_is_zero_and_an_old_one_stays,
    a_full_map_takes_known_keys_only, random_calls_agree_with_an_array,
    iteration_does_not_depend_on_the_seed,
    without_memory_the_map_stays_as_it_was)
