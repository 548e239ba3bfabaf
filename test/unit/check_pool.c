#include "tracker/pool.h"

#include "test/unit/unit.h"

static struct failmem fm;
static struct pool_env env;
static struct sp_rng rng;
static struct pool *pool;

static void
set_up(uint8_t class)
{
	failmem_init(&fm);
	memset(&env, 0, sizeof(env));
	env.mem.mem = &fm.mem;
	env.secret[0] = 12345;
	env.secret[1] = 67890;
	rng_seed(&rng, 3);
	ck_assert_int_eq(pool_new(&pool, &env, class), 0);
}

static void
tear_down(void)
{
	ck_assert(pool_is_sound(pool, &env));
	pool_free(pool, &env);
	ck_assert_uint_eq(env.mem.used, 0);
	failmem_check(&fm);
}

/* Peer |i| of a class: a host has two of them. */
static struct sp_addr
addr_of(uint8_t class, uint32_t i)
{
	static const uint8_t v4[SCOPE_COUNT] = { 5, 10, 127 };
	uint8_t ip[16] = { 0 };

	if (class & POOL_V6) {
		ip[0] = class / POOL_SCOPE == SCOPE_PUBLIC ? 0x26 : 0xfd;
		ip[5] = (uint8_t)(i >> 17);
		ip[6] = (uint8_t)(i >> 9);
		ip[7] = (uint8_t)(i >> 1);
		return addr_make(6, ip, (uint16_t)(1 + i % 2));
	}
	ip[0] = v4[class / POOL_SCOPE];
	ip[1] = (uint8_t)(i >> 17);
	ip[2] = (uint8_t)(i >> 9);
	ip[3] = (uint8_t)(i >> 1);
	return addr_make(4, ip, (uint16_t)(1 + i % 2));
}

static void
add(uint8_t class, uint32_t i, bool seeds)
{
	struct sp_addr a = addr_of(class, i);
	struct pool_key k = pool_key(&env, &a);

	ck_assert_uint_eq(k.class, class);
	ck_assert_uint_eq(pool_find(pool, &k, NULL), POOL_NONE);
	ck_assert_int_eq(pool_add(&pool, &env, &k, seeds, (uint16_t)i), 0);
}

static uint32_t
find(uint8_t class, uint32_t i, uint32_t *ports)
{
	struct sp_addr a = addr_of(class, i);
	struct pool_key k = pool_key(&env, &a);

	return pool_find(pool, &k, ports);
}

START_TEST(pools_of_all_classes_grow_and_shrink)
{
	static const uint32_t n = 2000;
	struct sp_addr a, b;
	uint32_t at, len;
	size_t most;

	for (uint8_t class = 0; class < POOL_CLASSES - 1; class ++) {
		set_up(class);
		for (uint32_t i = 0; i < n; i++)
			add(class, i, i % 3 == 0);
		ck_assert_uint_eq(pool->len, n);
		ck_assert_uint_eq(pool->seeds, (n + 2) / 3);
		ck_assert(pool_is_sound(pool, &env));
		most = fm.live_bytes;
		for (uint32_t i = 0; i < n; i++) {
			at = find(class, i, NULL);
			ck_assert_uint_eq(pool_mark(pool, at), i);
			ck_assert_uint_eq(at < pool->seeds, i % 3 == 0);
			a = addr_of(class, i);
			b = pool_addr(pool, at);
			ck_assert(addr_eq(&a, &b));
			at = pool_set_seeds(pool, &env, at, i % 3 == 1);
			ck_assert_uint_eq(pool_mark(pool, at), i);
		}
		for (uint32_t i = 0; i + 5 < n; i++) {
			pool_del(pool, &env, find(class, i, NULL));
			len = pool->len;
			pool_trim(&pool, &env);
			ck_assert_uint_eq(pool->len, len);
			if (i % 64 == 0)
				ck_assert(pool_is_sound(pool, &env));
		}
		ck_assert_uint_lt(fm.live_bytes, most / 100);
		tear_down();
	}
}
END_TEST

START_TEST(indices_of_all_widths_find)
{
	set_up(0);
	for (uint32_t i = 0; i < 70000; i++) {
		add(0, i, i % 2 == 0);
		if (i == 7 || i == 8 || i == 254 || i == 255 || i == 256 ||
		    i == 65535)
			ck_assert(pool_is_sound(pool, &env));
	}
	ck_assert(pool_is_sound(pool, &env));
	/* All told 14 bytes each with the widest index. */
	ck_assert_uint_lt(fm.live_bytes, (size_t)70000 * 15);
	tear_down();
}
END_TEST

START_TEST(ports_of_a_host_are_counted)
{
	uint32_t ports;

	set_up(0);
	for (uint32_t i = 0; i < 100; i++)
		add(0, i, false);
	ck_assert_uint_ne(find(0, 40, &ports), POOL_NONE);
	pool_del(pool, &env, find(0, 40, NULL));
	ck_assert_uint_eq(find(0, 40, &ports), POOL_NONE);
	ck_assert_uint_eq(ports, 1);
	pool_del(pool, &env, find(0, 41, NULL));
	ck_assert_uint_eq(find(0, 40, &ports), POOL_NONE);
	ck_assert_uint_eq(ports, 0);
	tear_down();
}
END_TEST

START_TEST(seeders_stand_in_front)
{
	static const uint32_t order[] = { 0, 3, 1, 2, 4 };

	set_up(0);
	for (uint32_t i = 0; i < 5; i++)
		add(0, order[i], order[i] % 2 == 1);
	ck_assert_uint_eq(pool->seeds, 2);
	ck_assert_uint_lt(find(0, 1, NULL), 2);
	ck_assert_uint_lt(find(0, 3, NULL), 2);
	/* What stands in front of the one that goes stays where it is. */
	pool_del(pool, &env, 1);
	ck_assert_uint_eq(pool->seeds, 1);
	ck_assert_uint_eq(pool->len, 4);
	tear_down();
}
END_TEST

/*
 * Pearson's sum of squares over |n| peers that were each expected |want| times,
 * as a multiple of |want|: n - 1 is to be expected, with a deviation of
 * sqrt(2 (n - 1)).
 */
static uint64_t
squares(const uint32_t *seen, uint32_t n, uint64_t want)
{
	uint64_t sum = 0, d;

	for (uint32_t i = 0; i < n; i++) {
		d = seen[i] > want ? seen[i] - want : want - seen[i];
		sum += d * d;
	}
	return sum / want;
}

#define DRAWS 20000

static uint32_t seen[512], both[512];

/* Draws of |want| of |n| without |self|; counts who comes by its mark. */
static void
draw(const struct pool_span *v, size_t spans, uint32_t n, uint32_t self,
    uint32_t want)
{
	uint8_t out[512 * POOL_V4_BYTES];
	bool here[512];
	uint32_t i;

	memset(seen, 0, sizeof(seen));
	memset(both, 0, sizeof(both));
	for (int k = 0; k < DRAWS; k++) {
		memset(here, 0, sizeof(here));
		ck_assert_uint_eq(
		    pool_sample(v, spans, 0, self, &rng, out, want), want);
		for (i = 0; i < want; i++) {
			const uint8_t *p = out + i * POOL_V4_BYTES;
			uint32_t who = (uint32_t)(p[2] << 9 | p[3] << 1) +
				       p[5] - 1u + (p[0] == 10 ? 256u : 0u);

			ck_assert_uint_lt(who, SP_LEN(here));
			ck_assert(!here[who]);
			here[who] = true;
			seen[who]++;
		}
		for (i = 0; i + 1 < n; i++)
			both[i] += here[i] && here[i + 1];
	}
}

START_TEST(everybody_is_as_likely)
{
	struct pool_span v = { 0 };
	uint64_t sum, pairs = 0;

	set_up(0);
	for (uint32_t i = 0; i < 101; i++)
		add(0, i, false);
	v.p = pool;
	draw(&v, 1, 101, 60, 20);
	ck_assert_uint_eq(seen[60], 0);
	seen[60] = seen[100];
	/* 4000 times each; half of that variance is left, for none comes
	 * twice in a draw. */
	sum = squares(seen, 100, DRAWS / 5);
	ck_assert_uint_lt(sum, 170);
	ck_assert_uint_gt(sum, 20);
	/* Neighbours come together, but less often than others: 1 / 25. */
	for (uint32_t i = 0; i < 59; i++) {
		ck_assert_uint_gt(both[i], 0);
		pairs += both[i];
	}
	ck_assert_uint_lt(pairs / 59, DRAWS / 25);
	tear_down();
}
END_TEST

START_TEST(the_last_ones_are_as_likely_as_the_first)
{
	struct pool_span v = { 0 };

	set_up(0);
	for (uint32_t i = 0; i < 67; i++)
		add(0, i, i < 7);
	v.p = pool;
	v.from = pool->seeds;
	/* 50 of 60 leechers, to one of the seeders. */
	draw(&v, 1, 67, 3, 50);
	for (uint32_t i = 0; i < 7; i++)
		ck_assert_uint_eq(seen[i], 0);
	ck_assert_uint_lt(squares(seen + 7, 60, DRAWS / 6 * 5), 60);
	tear_down();
}
END_TEST

START_TEST(scopes_are_drawn_as_one)
{
	struct pool *public;
	struct pool_span v[2] = { 0 };

	set_up(0);
	for (uint32_t i = 0; i < 150; i++)
		add(0, i, false);
	public = pool;
	ck_assert_int_eq(pool_new(&pool, &env, SCOPE_PRIVATE * POOL_SCOPE), 0);
	for (uint32_t i = 0; i < 51; i++)
		add(SCOPE_PRIVATE * POOL_SCOPE, i, false);
	v[0].p = pool;
	v[1].p = public;
	draw(v, 2, 0, 50, 40);
	ck_assert_uint_eq(seen[256 + 50], 0);
	memmove(seen + 150, seen + 256, 50 * sizeof(seen[0]));
	ck_assert_uint_lt(squares(seen, 200, DRAWS / 5), 290);
	pool_free(public, &env);
	tear_down();
}
END_TEST

START_TEST(small_pools_are_told_whole)
{
	uint8_t out[POOL_V6_BYTES * 4] = { 0 };
	struct pool_span v = { 0 };

	set_up(POOL_V6);
	for (uint32_t i = 0; i < 4; i++)
		add(POOL_V6, i, i < 2);
	v.p = pool;
	ck_assert_uint_eq(pool_sample(&v, 1, 0, POOL_NONE, &rng, out, 50), 4);
	ck_assert_uint_eq(pool_sample(&v, 1, 0, 1, &rng, out, 50), 3);
	v.from = 2;
	/* A seeder is not among those that it may be handed. */
	ck_assert_uint_eq(pool_sample(&v, 1, 0, 1, &rng, out, 50), 2);
	unit_hex_eq(out, 18, "26000000000000010000000000000000 0001");
	v.from = 4;
	ck_assert_uint_eq(pool_sample(&v, 1, 0, 1, &rng, out, 50), 0);
	ck_assert_uint_eq(pool_sample(&v, 1, 0, 1, &rng, out, 0), 0);
	tear_down();
}
END_TEST

START_TEST(the_ceiling_holds)
{
	struct sp_addr a;
	struct pool_key k;
	uint32_t n = 0;

	set_up(0);
	env.mem.max = 1000;
	for (;; n++) {
		a = addr_of(0, n);
		k = pool_key(&env, &a);
		if (pool_add(&pool, &env, &k, n % 2, 0) < 0)
			break;
	}
	ck_assert_int_eq(pool_add(&pool, &env, &k, 0, 0), SP_ERR_FULL);
	ck_assert_uint_gt(n, 70);
	ck_assert_uint_le(env.mem.used, 1000);
	ck_assert_uint_eq(pool->len, n);
	tear_down();
}
END_TEST

START_TEST(blocks_count_as_malloc_takes_them)
{
	ck_assert_uint_eq(budget_cost(0), 0);
	ck_assert_uint_eq(budget_cost(1), 32);
	ck_assert_uint_eq(budget_cost(24), 32);
	ck_assert_uint_eq(budget_cost(25), 48);
	ck_assert_uint_eq(budget_cost(40), 48);
	ck_assert_uint_eq(budget_cost(41), 64);
}
END_TEST

UNIT_MAIN("pool", pools_of_all_classes_grow_and_shrink,
    indices_of_all_widths_find, ports_of_a_host_are_counted,
    seeders_stand_in_front, everybody_is_as_likely,
    the_last_ones_are_as_likely_as_the_first, scopes_are_drawn_as_one,
    small_pools_are_told_whole, the_ceiling_holds,
    blocks_count_as_malloc_takes_them)
