#include "tracker/duty_roster.h"

#include "base/rng.h"
#include "test/unit/unit.h"

#define R 4000 /* kbit/s */

static struct duty_draft draft;
static struct duty_viewer v[300];
static size_t n;
static struct roster old, out;

/* Strong, old, reachable, in a /24 of its own; its number is in its id. */
static struct duty_viewer *
add(void)
{
	struct duty_viewer *w = &v[n];
	uint8_t ip[4] = { 5, (uint8_t)(n >> 8), (uint8_t)n, 1 };

	memset(w, 0, sizeof(*w));
	w->peer_id[0] = (uint8_t)(n >> 8);
	w->peer_id[1] = (uint8_t)n;
	w->addr = addr_make(4, ip, 6881);
	w->age_s = 3600;
	w->up_kbps = 3 * R;
	w->reachable = true;
	w->rep = 65536;
	n++;
	return w;
}

static void
add_many(size_t k)
{
	while (k-- > 0)
		add();
}

static void
clear(void)
{
	n = 0;
	memset(&old, 0, sizeof(old));
}

/* Draws from v[0..n), in an order that |seed| gives, after |old|. */
static void
draw(uint64_t seed)
{
	struct duty_viewer w[SP_LEN(v)];
	struct sp_rng rng;

	memcpy(w, v, n * sizeof(v[0]));
	rng_seed(&rng, seed);
	rng_shuffle(&rng, w, n, sizeof(w[0]));
	duty_draft_init(&draft, &old, R, true);
	for (size_t i = 0; i < n; i++)
		duty_draft_offer(&draft, &w[i]);
	duty_draft_end(&draft, &out);
	ck_assert_uint_le(out.n, LIM_ROSTER);
	for (size_t i = 1; i < out.n; i++)
		ck_assert_int_lt(memcmp(out.entries[i - 1].peer_id,
				     out.entries[i].peer_id, LINK_PEERID_LEN),
		    0);
}

static const struct roster_entry *
on(size_t i)
{
	int k = roster_find(&out, v[i].peer_id);

	return k < 0 ? NULL : &out.entries[k];
}

static size_t
count(size_t from, size_t to)
{
	size_t c = 0;

	for (; from < to; from++)
		c += on(from) != NULL;
	return c;
}

START_TEST(stability_is_that_of_pareto_lifetimes)
{
	ck_assert_uint_eq(duty_stability(0), 0);
	ck_assert_uint_eq(duty_stability(1), 8192);   /* (1/4)^1.5 = 1/8 */
	ck_assert_uint_eq(duty_stability(3), 23170);  /* 0.353553 */
	ck_assert_uint_eq(duty_stability(9), 42566);  /* 0.649519 */
	ck_assert_uint_eq(duty_stability(60), 60910); /* 0.929429 */
	ck_assert_uint_ge(duty_stability(86400), 65530);
	ck_assert_uint_le(duty_stability(UINT32_MAX), 65536);
	for (uint32_t a = 0; a < 1000; a++)
		ck_assert_uint_le(duty_stability(a), duty_stability(a + 1));
}
END_TEST

START_TEST(weight_is_uplink_up_to_eight_rates_by_stability)
{
	clear();
	add();
	add()->up_kbps = 100 * R;
	add()->up_kbps = 0; /* as r */
	add()->up_kbps = 100;
	add()->age_s = 0;
	add()->up_kbps = 1;
	v[5].age_s = 0;
	draw(1);
	ck_assert_uint_eq(out.n, 6);
	ck_assert_uint_eq(on(0)->weight,
	    (uint64_t)3 * R * duty_stability(3601) >> 16);
	ck_assert_uint_eq(on(1)->weight,
	    (uint64_t)8 * R * duty_stability(3601) >> 16);
	ck_assert_uint_eq(on(2)->weight,
	    (uint64_t)R * duty_stability(3601) >> 16);
	ck_assert_uint_eq(on(3)->weight, 100 * duty_stability(3601) >> 16);
	ck_assert_uint_eq(on(4)->weight, 3 * R / 8);
	ck_assert_uint_eq(on(5)->weight, 1);
	ck_assert(addr_eq(&on(3)->addr, &v[3].addr));
	/* what nobody knows is taken as usual */
	duty_draft_init(&draft, &old, 0, true);
	ck_assert_uint_gt(draft.rate_kbps, 0);
}
END_TEST

START_TEST(there_may_be_nobody)
{
	clear();
	draw(1);
	ck_assert_uint_eq(out.n, 0);
	add();
	draw(1);
	ck_assert_uint_eq(out.n, 1);
}
END_TEST

START_TEST(a_small_young_swarm_on_one_host_is_all_on_duty)
{
	static const uint8_t lo[4] = { 127, 0, 0, 1 };

	clear();
	for (uint16_t i = 0; i < 8; i++) {
		add();
		v[i].addr = addr_make(4, lo, (uint16_t)(7000 + i));
		v[i].age_s = i / 5;
		v[i].up_kbps = 0;
		v[i].reachable = false;
	}
	draw(1);
	ck_assert_uint_eq(out.n, 8);
	for (size_t i = 0; i < 8; i++)
		ck_assert_uint_ge(on(i)->weight, R / 8);
}
END_TEST

START_TEST(with_enough_who_pass_there_are_no_others)
{
	clear();
	add_many(DUTY_MIN);
	for (size_t i = 0; i < 60; i++) {
		add()->age_s = 59;
		add()->up_kbps = 2 * R - 1;
		add()->reachable = false;
	}
	draw(1);
	ck_assert_uint_eq(out.n, DUTY_MIN);
	ck_assert_uint_eq(count(0, DUTY_MIN), DUTY_MIN);
	/* one who passes just so is one more */
	add()->age_s = 60;
	v[n - 1].up_kbps = 2 * R;
	draw(2);
	ck_assert_uint_eq(out.n, DUTY_MIN + 1);
	ck_assert_ptr_nonnull(on(n - 1));
}
END_TEST

START_TEST(too_few_who_pass_are_joined_by_younger_ones)
{
	clear();
	add_many(10); /* 0..9 */
	for (size_t i = 0; i < 10; i++)
		add()->age_s = 1; /* ..19 */
	for (size_t i = 0; i < 20; i++)
		add()->up_kbps = R; /* ..39 */
	for (size_t i = 0; i < 20; i++)
		add()->reachable = false; /* ..59 */
	draw(1); /* nobody weak or not reachable, but all young ones */
	ck_assert_uint_eq(out.n, 20);
	ck_assert_uint_eq(count(0, 20), 20);
	n = 20;
	for (size_t i = 0; i < 20; i++)
		add()->age_s = 59; /* ..39 */
	draw(2);                   /* of the young ones up to DUTY_MIN */
	ck_assert_uint_eq(out.n, DUTY_MIN);
	ck_assert_uint_eq(count(0, 10), 10);
	ck_assert_uint_eq(count(10, 40), DUTY_MIN - 10);
	/* those of weight first, who have been there for longer */
	ck_assert_uint_eq(count(20, 40), 20);
}
END_TEST

START_TEST(weak_ones_are_on_duty_only_when_there_is_hardly_anybody)
{
	clear();
	add_many(3); /* 0..2 */
	for (size_t i = 0; i < 2; i++)
		add()->age_s = 1; /* ..4 */
	for (size_t i = 0; i < 2; i++)
		add()->up_kbps = 2 * R - 1; /* ..6 */
	for (size_t i = 0; i < 20; i++)
		add()->reachable = false; /* ..26 */
	draw(1);
	ck_assert_uint_eq(out.n, DUTY_FEW);
	ck_assert_uint_eq(count(0, 7), 7);
	ck_assert_uint_eq(count(7, 27), 1);
	/* whom nobody got anything of is as weak */
	n = 7;
	while (n < 27) {
		add()->judged = true;
		v[n - 1].rep = n % 2 ? DUTY_REP : DUTY_REP - 1;
	}
	draw(2);
	ck_assert_uint_eq(count(0, 5), 5);
	ck_assert_uint_eq(out.n, 3 + 2 + 10);
	for (size_t i = 5; i < 27; i++)
		ck_assert((on(i) != NULL) == (i >= 7 && v[i].rep == DUTY_REP));
	/* members who have become weak go, but for a few */
	clear();
	add_many(20);
	draw(3);
	ck_assert_uint_eq(out.n, 20);
	old = out;
	for (size_t i = 0; i < 20; i++)
		v[i].up_kbps = R;
	draw(4);
	ck_assert_uint_eq(out.n, DUTY_FEW);
	/* and all of them when there are as many strong ones */
	for (size_t i = 0; i < DUTY_FEW; i++)
		add();
	old = out;
	draw(5);
	ck_assert_uint_eq(out.n, DUTY_FEW);
	ck_assert_uint_eq(count(20, n), DUTY_FEW);
}
END_TEST

START_TEST(of_very_many_the_strongest_are_on_duty)
{
	clear();
	for (size_t i = 0; i < 250; i++)
		add()->up_kbps = (uint32_t)(2 * R + 10 * ((i * 7) % 250));
	draw(1);
	ck_assert_uint_eq(out.n, LIM_ROSTER);
	for (size_t i = 0; i < 250; i++)
		ck_assert((on(i) != NULL) == ((i * 7) % 250 >= 250 - 128));
}
END_TEST

START_TEST(two_of_a_network_are_enough)
{
	uint8_t ip[4] = { 9, 9, 9, 0 }, ip6[16] = { 0x20, 1, 0xd, 0xb8, 1, 1 };

	for (uint64_t seed = 1; seed < 20; seed++) {
		clear();
		add_many(40);
		for (uint8_t i = 0; i < 10; i++) {
			ip[3] = i;
			add()->addr = addr_make(4, ip, 1);
			v[n - 1].up_kbps += 1000u * i;
		}
		for (uint8_t i = 0; i < 10; i++) {
			ip6[6] = i; /* the same /48 */
			add()->addr = addr_make(6, ip6, 1);
			v[n - 1].up_kbps += 1000u * i;
		}
		draw(seed);
		ck_assert_uint_eq(out.n, 44);
		ck_assert_uint_eq(count(40, 48), 0);
		ck_assert_uint_eq(count(48, 50), 2);
		ck_assert_uint_eq(count(58, 60), 2);
		/* members come before stronger ones */
		old = out;
		add()->addr = addr_make(4, ip, 2);
		v[n - 1].up_kbps = 50000;
		draw(seed + 1);
		ck_assert_uint_eq(out.n, 44);
		ck_assert_ptr_null(on(n - 1));
	}
}
END_TEST

START_TEST(a_few_of_one_network_are_better_than_nobody)
{
	uint8_t ip[4] = { 9, 9, 9, 0 };

	clear();
	for (uint8_t i = 0; i < 50; i++) {
		ip[3] = i;
		add()->addr = addr_make(4, ip, 1);
		v[i].up_kbps += 100u * i;
	}
	draw(1);
	ck_assert_uint_eq(out.n, DUTY_FEW);
	ck_assert_uint_eq(count(42, 50), DUTY_FEW);
	/* who makes up viewers behind one address gets no further */
	for (size_t i = 0; i < 20; i++)
		add()->age_s = 5;
	draw(2);
	ck_assert_uint_eq(out.n, 20 + DUTY_NET);
	ck_assert_uint_eq(count(50, 70), 20);
	ck_assert_uint_eq(count(0, 50), DUTY_NET);
	/* not even before weak ones from elsewhere */
	n = 50;
	for (size_t i = 0; i < 20; i++)
		add()->reachable = false;
	draw(3);
	ck_assert_uint_eq(out.n, DUTY_FEW);
	ck_assert_uint_eq(count(50, 70), DUTY_FEW - DUTY_NET);
	ck_assert_uint_eq(count(0, 50), DUTY_NET);
}
END_TEST

START_TEST(private_networks_have_no_limit)
{
	uint8_t ip[4] = { 192, 168, 1, 0 };

	clear();
	for (uint8_t i = 0; i < 100; i++) {
		ip[3] = i;
		add()->addr = addr_make(4, ip, 1);
	}
	draw(1);
	ck_assert_uint_eq(out.n, 100);
}
END_TEST

START_TEST(members_stay_while_they_pass)
{
	clear();
	add_many(200);
	draw(1);
	old = out;
	/* 50 more, all of them stronger */
	for (size_t i = 0; i < 50; i++)
		add()->up_kbps = 30 * R;
	draw(2);
	ck_assert_uint_eq(out.n, LIM_ROSTER);
	ck_assert_mem_eq(out.entries, old.entries, sizeof(out.entries));
	/* one leaves: one of the strong takes its place, no more */
	v[0] = v[n - 1];
	n--;
	draw(3);
	ck_assert_uint_eq(out.n, LIM_ROSTER);
	ck_assert_uint_eq(count(0, 1) + count(200, n), 1);
}
END_TEST

START_TEST(members_who_no_longer_pass_go_when_there_are_enough)
{
	clear();
	for (size_t i = 0; i < 40; i++)
		add()->age_s = 5;
	draw(1);
	ck_assert_uint_eq(out.n, DUTY_MIN);
	old = out;
	for (size_t i = 0; i < 31; i++)
		add();
	draw(2);
	/* 31 pass: they and one more, who was a member */
	ck_assert_uint_eq(out.n, DUTY_MIN);
	ck_assert_uint_eq(count(0, 40), 1);
	add();
	draw(3);
	ck_assert_uint_eq(out.n, DUTY_MIN);
	ck_assert_uint_eq(count(0, 40), 0);
}
END_TEST

START_TEST(a_members_uplink_may_fall_a_little)
{
	clear();
	add_many(40);
	draw(1);
	old = out;
	for (size_t i = 0; i < 40; i++)
		v[i].up_kbps = i < 36 ? 3 * R / 2 : 3 * R / 2 - 1;
	draw(2);
	ck_assert_uint_eq(out.n, 36);
	old.n = 0; /* strangers need more */
	add_many(60);
	draw(3);
	ck_assert_uint_eq(count(0, 40), 0);
	ck_assert_uint_eq(out.n, 60);
}
END_TEST

START_TEST(weights_of_members_move_when_they_are_off)
{
	uint32_t was;

	clear();
	add();
	draw(1);
	old = out;
	was = out.entries[0].weight;
	v[0].up_kbps = 3 * R * 11 / 10;
	draw(1);
	ck_assert_uint_eq(out.entries[0].weight, was);
	v[0].up_kbps = 3 * R * 9 / 10;
	draw(1);
	ck_assert_uint_eq(out.entries[0].weight, was);
	v[0].up_kbps = 3 * R * 13 / 10;
	draw(1);
	ck_assert_uint_gt(out.entries[0].weight, was);
	/* between whole draws they stay */
	duty_draft_init(&draft, &old, R, false);
	duty_draft_offer(&draft, &v[0]);
	duty_draft_end(&draft, &out);
	ck_assert_uint_eq(out.entries[0].weight, was);
	/* another address is another viewer, whatever it calls itself */
	v[0].up_kbps = 3 * R * 11 / 10;
	v[0].addr.port++;
	draw(1);
	ck_assert_uint_gt(out.entries[0].weight, was);
}
END_TEST

START_TEST(the_better_of_two_addresses_counts)
{
	static const uint8_t ip6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };

	for (uint64_t seed = 1; seed < 10; seed++) {
		clear();
		add_many(3);
		memcpy(v[1].peer_id, v[0].peer_id, LINK_PEERID_LEN);
		v[1].addr = addr_make(6, ip6, 1);
		v[1].up_kbps = 4 * R;
		draw(seed);
		ck_assert_uint_eq(out.n, 2);
		ck_assert_uint_eq(on(0)->addr.family, 6);
		/* but a member stays where it is */
		old = out;
		v[0].up_kbps = 5 * R;
		draw(seed);
		ck_assert_uint_eq(out.n, 2);
		ck_assert_uint_eq(on(0)->addr.family, 6);
	}
}
END_TEST

UNIT_MAIN("duty_roster", stability_is_that_of_pareto_lifetimes,
    weight_is_uplink_up_to_eight_rates_by_stability, there_may_be_nobody,
    a_small_young_swarm_on_one_host_is_all_on_duty,
    with_enough_who_pass_there_are_no_others,
    too_few_who_pass_are_joined_by_younger_ones,
    weak_ones_are_on_duty_only_when_there_is_hardly_anybody,
    of_very_many_the_strongest_are_on_duty, two_of_a_network_are_enough,
    a_few_of_one_network_are_better_than_nobody, private_networks_have_no_limit,
    members_stay_while_they_pass,
    members_who_no_longer_pass_go_when_there_are_enough,
    a_members_uplink_may_fall_a_little,
    weights_of_members_move_when_they_are_off,
    the_better_of_two_addresses_counts)
