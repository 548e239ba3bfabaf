#include "tracker/near.h"

#include "test/unit/unit.h"
#include "wire/limits.h"

#define N      1000
#define WANT   50
#define ROUNDS 20 /* everybody asks so often */
#define EACH   (WANT * ROUNDS)

static struct near_place all[N];
static unsigned handed[N];
static struct sp_rng rng;

/* Of what is handed out: parts of 1000 that are of the asker's own. */
struct share {
	unsigned prefix, net;
};

static struct share of[N]; /* by asker */

/* Random others than |a|, as the registry samples them. */
static size_t
draw(uint32_t a, uint32_t *order, struct near_place *v)
{
	size_t n = 0;
	uint32_t i, k, x;

	for (i = 0; n < near_candidates(WANT); i++) {
		k = i + (uint32_t)rng_below(&rng, N - i);
		x = order[i];
		order[i] = order[k];
		order[k] = x;
		if (order[i] == a)
			continue;
		/* who was drawn stands at the front, the asker left out */
		x = order[n];
		order[n] = order[i];
		order[i] = x;
		v[n] = all[order[n]];
		n++;
	}
	return n;
}

static void
ask(uint32_t a, uint32_t *order)
{
	static struct near_place v[NEAR_MOST];
	uint16_t out[WANT];
	size_t n = draw(a, order, v), half = WANT / 2;
	bool seen[NEAR_MOST] = { false };
	size_t k;

	/* libcheck notes each assertion: one for all is fast */
	ck_assert_uint_eq(near_choose(&all[a], v, n, WANT, &rng, out), WANT);
	for (k = 0; k < WANT; k++) {
		if (out[k] >= n || seen[out[k]] || (k < half && out[k] != k))
			break;
		seen[out[k]] = true;
		handed[order[out[k]]]++;
		of[a].prefix += v[out[k]].prefix == all[a].prefix;
		of[a].net += v[out[k]].net != 0 && v[out[k]].net == all[a].net;
	}
	ck_assert_uint_eq(k, WANT);
}

static void
ask_all(void)
{
	static uint32_t order[N];

	rng_seed(&rng, 1);
	memset(handed, 0, sizeof(handed));
	memset(of, 0, sizeof(of));
	for (uint32_t i = 0; i < N; i++)
		order[i] = i;
	for (unsigned round = 0; round < ROUNDS; round++)
		for (uint32_t a = 0; a < N; a++)
			ask(a, order);
}

/* Viewers [from, to) were handed out as often as all, within |percent|. */
static void
fair(uint32_t from, uint32_t to, unsigned percent)
{
	uint64_t sum = 0;

	for (uint32_t i = from; i < to; i++)
		sum += handed[i];
	sum /= to - from;
	ck_assert_msg(sum * 100 >= EACH * (100 - percent) &&
			  sum * 100 <= EACH * (100 + percent),
	    "%u..%u: %u of %u", from, to, (unsigned)sum, EACH);
}

/*
 * Chi-square by degree of freedom, in 1/100: 100 for independent draws of
 * equal chances.
 */
static unsigned
chi(void)
{
	uint64_t sum = 0;
	int64_t d;

	for (unsigned i = 0; i < N; i++) {
		d = (int64_t)handed[i] - EACH;
		sum += (uint64_t)(d * d) * 100 / EACH;
	}
	return (unsigned)(sum / (N - 1));
}

static unsigned
prefix_share(uint32_t from, uint32_t to)
{
	uint64_t sum = 0;

	for (uint32_t i = from; i < to; i++)
		sum += of[i].prefix;
	return (unsigned)(sum * 1000 / ((to - from) * (uint64_t)EACH));
}

static unsigned
net_share(uint32_t from, uint32_t to)
{
	uint64_t sum = 0;

	for (uint32_t i = from; i < to; i++)
		sum += of[i].net;
	return (unsigned)(sum * 1000 / ((to - from) * (uint64_t)EACH));
}

/* Viewers [from, to) in prefixes of |each|, all of network |net|. */
static void
place(uint32_t from, uint32_t to, uint32_t each, uint32_t net)
{
	for (uint32_t i = from; i < to; i++)
		all[i] = (struct near_place){ 1000000 + from + i / each, net };
}

START_TEST(strangers_are_handed_out_like_at_random)
{
	place(0, N, 1, 0);
	ask_all();
	fair(0, N, 1);
	ck_assert_uint_le(chi(), 130);
}
END_TEST

START_TEST(a_crowd_of_one_prefix_does_not_change_anything)
{
	place(0, N, N, 0);
	ask_all();
	ck_assert_uint_le(chi(), 130);
	ck_assert_uint_eq(prefix_share(0, N), 1000);
}
END_TEST

START_TEST(small_prefixes_find_each_other)
{
	/* Of a hundred prefixes of ten: at random 9 of 999 are of one's own. */
	place(0, N, 10, 0);
	ask_all();
	ck_assert_uint_ge(prefix_share(0, N), 22);
	fair(0, N, 1);
	ck_assert_uint_le(chi(), 130);
}
END_TEST

START_TEST(mixed_prefixes_are_handed_out_about_equally)
{
	place(0, 300, 300, 0);
	place(300, 600, 60, 0);
	place(600, N, 2, 0);
	ask_all();
	fair(0, 300, 10);
	fair(300, 600, 10);
	fair(600, N, 10);
	ck_assert_uint_le(chi(), 600);
	/* Half of what is handed out is random: 0.3 of it from the crowd. */
	ck_assert_uint_ge(prefix_share(0, 300), 600);
	ck_assert_uint_le(prefix_share(0, 300), 700);
	ck_assert_uint_ge(prefix_share(300, 600), 150);
}
END_TEST

START_TEST(networks_come_behind_prefixes)
{
	place(0, 200, 10, 7);
	place(200, 400, 200, 8);
	place(400, N, 1, 0);
	ask_all();
	fair(0, 200, 10);
	fair(200, 400, 10);
	fair(400, N, 10);
	ck_assert_uint_le(chi(), 600);
	/* 199 of 999 at random */
	ck_assert_uint_ge(net_share(0, 200), 450);
	ck_assert_uint_ge(net_share(200, 400), 450);
	ck_assert_uint_ge(prefix_share(0, 200), 20);
	ck_assert_uint_le(net_share(0, 400), 650);
}
END_TEST

START_TEST(a_network_of_unequal_prefixes_is_fair_within)
{
	place(0, 150, 150, 7);
	place(150, 300, 3, 7);
	place(300, N, 1, 0);
	ask_all();
	fair(0, 150, 12);
	fair(150, 300, 12);
	fair(300, N, 12);
	ck_assert_uint_le(chi(), 800);
}
END_TEST

START_TEST(what_there_is_is_taken)
{
	uint16_t out[8];
	struct near_place me = { 5, 0 };

	rng_seed(&rng, 1);
	place(0, 10, 1, 0);
	for (size_t n = 0; n <= 10; n++)
		for (size_t want = 0; want <= 8; want++)
			ck_assert_uint_eq(
			    near_choose(&me, all, n, want, &rng, out),
			    SP_MIN(n, want));
	ck_assert_uint_eq(near_candidates(50), 150);
	ck_assert_uint_eq(near_candidates(LIM_NUMWANT), NEAR_MOST);
}
END_TEST

START_TEST(places_are_prefixes_of_24_and_48_bits)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "5.6.7.8", "5.6.7.99", true },
		{ "5.6.7.8", "5.6.8.8", false },
		{ "2001:db8:1::1", "2001:db8:1:ffff::9", true },
		{ "2001:db8:1::1", "2001:db8:2::1", false },
		{ "0.0.5.1", "::", false },
	};
	struct sp_addr a, b;

	for (size_t i = 0; i < SP_LEN(cases); i++) {
		ck_assert_int_eq(addr_parse(&a, cases[i].a, strlen(cases[i].a)),
		    0);
		ck_assert_int_eq(addr_parse(&b, cases[i].b, strlen(cases[i].b)),
		    0);
		ck_assert_int_eq(near_place(&a, 1).prefix ==
				     near_place(&b, 2).prefix,
		    cases[i].same);
	}
	ck_assert_uint_eq(near_place(&a, 64500).net, 64500);
}
END_TEST

UNIT_MAIN("near", strangers_are_handed_out_like_at_random,
    a_crowd_of_one_prefix_does_not_change_anything,
    small_prefixes_find_each_other, mixed_prefixes_are_handed_out_about_equally,
    networks_come_behind_prefixes, a_network_of_unequal_prefixes_is_fair_within,
    what_there_is_is_taken, places_are_prefixes_of_24_and_48_bits)
