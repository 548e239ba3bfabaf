#include "test/unit/registry_help.h"

/*
 * A live swarm of 400: the first 150 are of one /24, the next 90 of nine of
 * them, the others alone. Of those, every other is in network 64500.
 */

#define N      400
#define WANT   30
#define ROUNDS 20

static unsigned handed[N], same[N];
static unsigned asks, last[N]; /* in which one it was told last */

static void
name(uint32_t i, char out[32])
{
	if (i < 150)
		log_format(out, 32, "5.1.1.%u", i + 1);
	else if (i < 240)
		log_format(out, 32, "5.2.%u.%u", i / 10, i % 10 + 1);
	else
		log_format(out, 32, "5.3.%u.%u", i - 240, 7u);
}

static uint32_t
net_of(uint32_t i)
{
	return i >= 240 && i % 2 == 0 ? 64500 : 0;
}

static uint32_t
number_of(const struct sp_addr *a)
{
	return a->port - 2000u;
}

static bool
is_near(uint32_t i, uint32_t k)
{
	if (i < 150 || k < 150)
		return i < 150 && k < 150;
	if (i < 240 || k < 240)
		return i / 10 == k / 10;
	return net_of(i) != 0 && net_of(i) == net_of(k);
}

static void
one(uint32_t i, bool live, bool nets, int s)
{
	struct tw_announce a = ask(1, (uint16_t)(2000 + i), 9);
	struct sp_addr from;
	char text[32];
	uint32_t k;
	size_t p;

	asks++;
	name(i, text);
	from = ip(text);
	a.numwant = WANT;
	a.net = nets ? net_of(i) : 0;
	ck_assert_int_eq(registry_announce(reg, &a, &from, live, got,
			     LIM_NUMWANT, &ans, s * SP_S),
	    0);
	for (p = 0; p < ans.n_peers; p++) {
		k = number_of(&got[p].addr);
		if (k >= N || k == i || last[k] == asks)
			break;
		last[k] = asks;
		handed[k]++;
		same[i] += is_near(i, k);
	}
	/* all are others, none comes twice */
	ck_assert_uint_eq(p, ans.n_peers);
}

static void
all(bool live, bool nets)
{
	set_up();
	start();
	for (uint32_t i = 0; i < N; i++)
		one(i, live, nets, 0);
	memset(handed, 0, sizeof(handed));
	memset(same, 0, sizeof(same));
	for (int r = 0; r < ROUNDS; r++)
		for (uint32_t i = 0; i < N; i++)
			one(i, live, nets, 1 + r);
	ck_assert_uint_eq(ans.n_peers, WANT);
}

/* In 1/1000 of what is fair. */
static unsigned
mean(const unsigned *v, uint32_t from, uint32_t to)
{
	uint64_t sum = 0;

	for (uint32_t i = from; i < to; i++)
		sum += v[i];
	return (unsigned)(sum * 1000 / ((to - from) * (uint64_t)WANT * ROUNDS));
}

static void
fair(uint32_t from, uint32_t to)
{
	unsigned m = mean(handed, from, to);

	ck_assert_msg(m > 870 && m < 1130, "%u..%u: %u", from, to, m);
}

START_TEST(in_live_swarms_near_viewers_come_first)
{
	all(true, false);
	/* at random: 149, 9 and 0 of 399 */
	ck_assert_uint_ge(mean(same, 0, 150), 550);
	ck_assert_uint_le(mean(same, 0, 150), 760);
	ck_assert_uint_ge(mean(same, 150, 240), 45);
	fair(0, 150);
	fair(150, 240);
	fair(240, N);
	tear_down();
}
END_TEST

START_TEST(networks_are_near_when_they_are_known)
{
	all(true, true);
	/* at random: 79 of 399 */
	ck_assert_uint_ge(mean(same, 240, N) * 2, 450);
	fair(0, 150);
	fair(150, 240);
	fair(240, N);
	tear_down();
}
END_TEST

START_TEST(elsewhere_distance_does_not_count)
{
	all(false, true);
	ck_assert_uint_le(mean(same, 0, 150), 420);
	ck_assert_uint_ge(mean(same, 0, 150), 320);
	fair(0, 150);
	fair(150, N);
	tear_down();
}
END_TEST

START_TEST(every_viewer_is_handed_out)
{
	unsigned least = UINT32_MAX, most = 0;

	all(true, true);
	for (uint32_t i = 0; i < N; i++) {
		least = SP_MIN(least, handed[i]);
		most = SP_MAX(most, handed[i]);
	}
	/* of 600 each */
	ck_assert_uint_ge(least, 450);
	ck_assert_uint_le(most, 750);
	tear_down();
}
END_TEST

START_TEST(without_memory_networks_are_not_known)
{
	struct tw_announce a = ask(1, 2000, 9);
	struct sp_addr from = ip("5.0.0.1");

	FAILMEM_EACH (&fm) {
		registry_conf_init(&conf);
		if (registry_new(&reg, &conf, &fm.mem, 1, 0) < 0)
			continue;
		a.net = 64500;
		(void)registry_announce(reg, &a, &from, true, got, LIM_NUMWANT,
		    &ans, 0);
		ck_assert(registry_is_sound(reg));
		registry_free(reg);
	}
}
END_TEST

UNIT_MAIN("registry_near", in_live_swarms_near_viewers_come_first,
    networks_are_near_when_they_are_known, elsewhere_distance_does_not_count,
    every_viewer_is_handed_out, without_memory_networks_are_not_known)
