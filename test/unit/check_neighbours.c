#include "swarm/neighbours.h"

#include "test/unit/unit.h"

static struct neigh_want want;
static struct neigh_peer v[64];
static struct neigh_contact c[300];
static size_t n, n_contacts;
static struct sp_rng rng;

static struct sp_addr
ip(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	a.port = 6881;
	return a;
}

static void
clear(void)
{
	n = n_contacts = 0;
	want.self = ip("5.5.5.1");
	want.n = 24;
	rng_seed(&rng, 7);
}

/* Far away, 100 ms, an hour old, ours; in a /24 of its own. */
static struct neigh_peer *
peer(void)
{
	struct neigh_peer *p = &v[n];
	uint8_t a[4] = { 100, (uint8_t)(n / 3), (uint8_t)n, 1 };

	memset(p, 0, sizeof(*p));
	p->slot = (uint32_t)n++;
	p->addr = addr_make(4, a, 6881);
	p->srtt = 100 * SP_MS;
	p->age = 3600 * SP_S;
	p->ours = true;
	return p;
}

static struct neigh_contact *
contact(const char *addr)
{
	struct neigh_contact *k = &c[n_contacts++];

	k->addr = ip(addr);
	k->weight = 0;
	return k;
}

static size_t count(enum neigh_class class)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		k += v[i].class == class;
	return k;
}

static enum neigh_class
class_of(uint32_t slot)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].slot == slot)
			return v[i].class;
	ck_abort_msg("no such slot");
	return NEIGH_TRIED;
}

static int
dial(void)
{
	return neigh_dial(&want, c, n_contacts, v, n, &rng);
}

START_TEST(shares_add_up)
{
	ck_assert_uint_eq(neigh_share(24, NEIGH_LOCAL), 10);
	ck_assert_uint_eq(neigh_share(24, NEIGH_STRONG), 4);
	ck_assert_uint_eq(neigh_share(24, NEIGH_RANDOM), 8);
	ck_assert_uint_eq(neigh_share(24, NEIGH_TRIED), 2);
	for (uint32_t k = 1; k <= 64; k++)
		ck_assert_uint_eq(neigh_share(k, NEIGH_LOCAL) +
				      neigh_share(k, NEIGH_STRONG) +
				      neigh_share(k, NEIGH_RANDOM) +
				      neigh_share(k, NEIGH_TRIED),
		    k);
}
END_TEST

START_TEST(distance_goes_by_prefix)
{
	struct sp_addr me = ip("5.5.5.1"), six = ip("[2001:db8:1:2::1]:1");
	struct sp_addr none = { 0 }, a;

	a = ip("5.5.5.200");
	ck_assert_uint_eq(neigh_distance(&me, &a), 0);
	ck_assert_uint_eq(neigh_distance(&none, &a), 2);
	a = ip("5.5.6.200");
	ck_assert_uint_eq(neigh_distance(&me, &a), 1);
	a = ip("5.6.6.200");
	ck_assert_uint_eq(neigh_distance(&me, &a), 2);
	a = ip("192.168.1.4");
	ck_assert_uint_eq(neigh_distance(&me, &a), 0);
	ck_assert_uint_eq(neigh_distance(&none, &a), 0);
	a = ip("[2001:db8:1:9::1]:1");
	ck_assert_uint_eq(neigh_distance(&six, &a), 0);
	a = ip("[2001:db8:7:9::1]:1");
	ck_assert_uint_eq(neigh_distance(&six, &a), 1);
	ck_assert_uint_eq(neigh_distance(&me, &a), 2);
}
END_TEST

START_TEST(classes_are_filled_in_their_order)
{
	clear();
	for (unsigned i = 0; i < 24; i++)
		peer();
	v[3].addr = ip("192.168.0.9"); /* far in time, but of the house */
	v[3].srtt = SP_S;
	v[4].addr = ip("5.5.99.1");
	for (unsigned i = 10; i < 18; i++)
		v[i].srtt = (sp_time)i * SP_MS;
	/* the strongest of the roster, and one who is strong by his own word */
	for (unsigned i = 18; i < 22; i++)
		v[i].weight = 1000 * i;
	v[22].up_kbps = 100000;
	v[0].weight = 50000;
	v[0].age = SP_S; /* but who knows how long */
	v[1].age = v[2].age = 40 * SP_S;
	neigh_classify(&want, v, n);
	ck_assert_uint_eq(count(NEIGH_LOCAL), 10);
	ck_assert_uint_eq(count(NEIGH_STRONG), 4);
	ck_assert_uint_eq(count(NEIGH_RANDOM), 8);
	ck_assert_uint_eq(count(NEIGH_TRIED), 2);
	ck_assert_int_eq(class_of(3), NEIGH_LOCAL);
	ck_assert_int_eq(class_of(4), NEIGH_LOCAL);
	for (uint32_t i = 10; i < 18; i++)
		ck_assert_int_eq(class_of(i), NEIGH_LOCAL);
	for (uint32_t i = 19; i < 23; i++)
		ck_assert_int_ne(class_of(i), NEIGH_TRIED);
	ck_assert_int_eq(class_of(21), NEIGH_STRONG);
	/* the youngest of the rest are on trial */
	ck_assert_int_eq(class_of(0), NEIGH_TRIED);
}
END_TEST

START_TEST(unknown_rtt_is_not_near)
{
	clear();
	for (unsigned i = 0; i < 24; i++)
		peer()->srtt = i < 12 ? 0 : 300 * SP_MS;
	neigh_classify(&want, v, n);
	for (uint32_t i = 0; i < 12; i++)
		ck_assert_int_ne(class_of(i), NEIGH_LOCAL);
}
END_TEST

START_TEST(order_of_the_views_does_not_matter)
{
	enum neigh_class was[40];
	struct neigh_peer keep[40];

	clear();
	for (unsigned i = 0; i < 40; i++) {
		peer()->srtt = (sp_time)rng_below(&rng, 50) * SP_MS;
		v[i].age = (sp_time)rng_below(&rng, 300) * SP_S;
		v[i].weight = (uint32_t)rng_below(&rng, 3) * 1000;
	}
	memcpy(keep, v, sizeof(keep));
	neigh_classify(&want, v, n);
	for (uint32_t i = 0; i < n; i++)
		was[i] = class_of(i);
	for (unsigned round = 0; round < 20; round++) {
		memcpy(v, keep, sizeof(keep));
		rng_shuffle(&rng, v, n, sizeof(v[0]));
		neigh_classify(&want, v, n);
		for (uint32_t i = 0; i < n; i++)
			ck_assert_int_eq(class_of(i), was[i]);
	}
}
END_TEST

START_TEST(near_contacts_are_dialled_until_there_are_enough)
{
	char text[32];

	clear();
	for (unsigned i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "80.%u.1.1", i);
		contact(text);
	}
	contact("5.5.9.9");
	ck_assert_int_eq(dial(), 200);
	contact("10.0.0.7");
	for (unsigned i = 0; i < 20; i++)
		ck_assert_int_ge(dial(), 200);
	for (unsigned i = 0; i < 10; i++)
		peer()->addr = ip("5.5.5.77");
	for (unsigned i = 0, near = 0; i < 100; i++) {
		near += dial() >= 200;
		ck_assert_uint_lt(near, 10);
	}
}
END_TEST

START_TEST(then_strong_ones_then_others_of_many_networks)
{
	unsigned seen[100] = { 0 };
	char text[32];
	int k;

	clear();
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "80.%u.1.1", i);
		contact(text)->weight = i >= 90 ? 500 : 0;
	}
	for (unsigned i = 0; i < 500; i++)
		seen[dial()]++;
	for (unsigned i = 0; i < 100; i++)
		ck_assert(i < 90 ? seen[i] == 0 : seen[i] > 0);
	for (unsigned i = 0; i < 4; i++)
		peer()->weight = 100;
	memset(seen, 0, sizeof(seen));
	for (unsigned i = 0; i < 3000; i++)
		seen[dial()]++;
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_gt(seen[i], 0);
	/* two neighbours of 80.7.1/24: rather another */
	peer()->addr = ip("80.7.1.3");
	ck_assert_int_ge(dial(), 0);
	peer()->addr = ip("80.7.1.4");
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_int_ne(dial(), 7);
	/* but better than nobody */
	n_contacts = 0;
	ck_assert_int_eq(dial(), -1);
	contact("80.7.1.9");
	k = dial();
	ck_assert_int_eq(k, 0);
}
END_TEST

START_TEST(only_our_own_trials_are_rotated_and_only_when_full)
{
	uint32_t slots[4];

	clear();
	for (unsigned i = 0; i < 23; i++)
		peer();
	v[5].age = v[6].age = 40 * SP_S;
	v[7].age = 50 * SP_S;
	neigh_classify(&want, v, n);
	ck_assert_uint_eq(neigh_rotate(&want, v, n, slots, 2), 0);
	/* of strength and RTT all are alike: the lowest slots are near */
	clear();
	for (unsigned i = 0; i < 26; i++)
		peer();
	v[20].age = v[21].age = v[23].age = v[24].age = 40 * SP_S;
	v[22].age = 20 * SP_S;
	v[20].flow_bps = 100;
	v[21].flow_bps = 50;
	v[23].flow_bps = 10;
	v[23].ours = false;
	v[18].keep = v[19].keep = v[24].keep = v[25].keep = true;
	neigh_classify(&want, v, n);
	for (uint32_t i = 20; i < 25; i++)
		ck_assert_int_eq(class_of(i), NEIGH_TRIED);
	ck_assert_uint_eq(neigh_rotate(&want, v, n, slots, 1), 1);
	ck_assert_uint_eq(slots[0], 21);
	ck_assert_uint_eq(neigh_rotate(&want, v, n, slots, 4), 2);
	ck_assert_uint_eq(slots[1], 20);
}
END_TEST

START_TEST(worst_is_who_moves_least_after_its_grace)
{
	clear();
	ck_assert_int_eq(neigh_worst(v, 0), -1);
	for (unsigned i = 0; i < 52; i++)
		peer()->flow_bps = 1000 + i;
	v[0].flow_bps = 0; /* near: its slot is low */
	v[40].flow_bps = 5;
	v[41].flow_bps = 1;
	v[41].age = 14 * SP_S;
	v[42].flow_bps = 2;
	v[42].keep = true;
	neigh_classify(&want, v, n);
	ck_assert_int_eq(class_of(0), NEIGH_LOCAL);
	ck_assert_int_eq(neigh_worst(v, n), 40);
	for (unsigned i = 0; i < n; i++)
		v[i].age = 10 * SP_S;
	ck_assert_int_eq(neigh_worst(v, n), -1);
}
END_TEST

/* A set that nothing new comes to: who stays does not change any more. */
START_TEST(rotation_finds_the_nearest_and_does_not_flap)
{
	sp_time rtt[300], sum = 0, best = 0;
	bool in[300] = { false };
	uint32_t slots[2];
	unsigned lost = 0;
	size_t k;

	clear();
	for (unsigned i = 0; i < 300; i++)
		rtt[i] = (sp_time)(1 + rng_below(&rng, 200)) * SP_MS;
	for (unsigned i = 0; i < 24; i++) {
		peer()->srtt = rtt[i];
		in[i] = true;
	}
	for (unsigned round = 0; round < 400; round++) {
		for (size_t i = 0; i < n; i++)
			v[i].age += NEIGH_ROTATE;
		neigh_classify(&want, v, n);
		k = neigh_rotate(&want, v, n, slots, 2);
		for (size_t s = 0; s < k; s++)
			for (size_t i = 0; i < n; i++)
				if (v[i].slot == slots[s]) {
					lost += v[i].class != NEIGH_TRIED;
					in[v[i].slot] = false;
					v[i] = v[--n];
				}
		while (n < 24) {
			uint32_t who = (uint32_t)rng_below(&rng, 300);

			if (in[who])
				continue;
			in[who] = true;
			v[n] = v[0];
			v[n].slot = who;
			v[n].srtt = rtt[who];
			v[n].age = 0;
			n++;
		}
	}
	ck_assert_uint_eq(lost, 0);
	neigh_classify(&want, v, n);
	for (size_t i = 0; i < 10; i++)
		sum += v[i].srtt;
	/* the ten nearest of all that there are */
	for (size_t i = 0; i < 10; i++) {
		size_t least = 0;

		for (size_t j = 1; j < 300; j++)
			if (rtt[j] < rtt[least])
				least = j;
		best += rtt[least];
		rtt[least] = SP_S;
	}
	ck_assert(sum <= best + best / 2);
}
END_TEST

UNIT_MAIN("neighbours", shares_add_up, distance_goes_by_prefix,
    classes_are_filled_in_their_order, unknown_rtt_is_not_near,
    order_of_the_views_does_not_matter,
    near_contacts_are_dialled_until_there_are_enough,
    then_strong_ones_then_others_of_many_networks,
    only_our_own_trials_are_rotated_and_only_when_full,
    worst_is_who_moves_least_after_its_grace,
    rotation_finds_the_nearest_and_does_not_flap)
