#include "swarm/client/dht_plan.h"

#include "test/unit/unit.h"

#define T   (1000 * SP_S) /* when it begins */
#define MIN (60 * SP_S)

static struct dht_plan p;
static struct sp_rng rng;

static void
setup(void)
{
	rng_seed(&rng, 1);
	dht_plan_init(&p, true, T);
}

static unsigned
due(sp_time now)
{
	return dht_plan_due(&p, &rng, now);
}

/* How long it is until |what| is due after |now|, when it has just been. */
static sp_time
gap(enum dht_what what, sp_time now)
{
	return p.at[what] - now;
}

#define ck_near(got, want, percent)                                   \
	do {                                                          \
		ck_assert_int_ge(got, (want) - (want)*percent / 100); \
		ck_assert_int_le(got, (want) + (want)*percent / 100); \
	} while (0)

START_TEST(peers_and_head_are_looked_for_at_once)
{
	setup();
	ck_assert_int_eq(dht_plan_next(&p), T);
	ck_assert_uint_eq(due(T), DHT_BIT(DHT_FIND) | DHT_BIT(DHT_GET));
	ck_assert_uint_eq(due(T), 0);
	ck_assert_int_gt(dht_plan_next(&p), T);
	/* a seeder has its own head */
	dht_plan_init(&p, false, T);
	ck_assert_uint_eq(due(T), DHT_BIT(DHT_FIND));
}
END_TEST

START_TEST(searches_in_vain_become_rarer)
{
	sp_time now = T, want = SP_S;

	setup();
	for (unsigned i = 0; i < 12; i++) {
		ck_assert(due(now) & DHT_BIT(DHT_FIND));
		ck_near(gap(DHT_FIND, now), want, 20);
		ck_near(gap(DHT_GET, now), want, 20);
		now = p.at[DHT_FIND];
		p.at[DHT_GET] = now; /* side by side, for the test */
		want = SP_MIN(2 * want, MIN);
	}
	/* who has the channel by other ways is in less of a hurry */
	dht_plan_known(&p);
	ck_assert(due(now) & DHT_BIT(DHT_GET));
	ck_near(gap(DHT_FIND, now), 15 * MIN, 20);
	ck_assert_int_ge(gap(DHT_GET, now), 20 * MIN);
	ck_assert_int_le(gap(DHT_GET, now), 40 * MIN);
}
END_TEST

START_TEST(with_peers_a_search_waits_for_a_wish)
{
	setup();
	due(T);
	dht_plan_peers(&p, &rng, T + SP_S);
	ck_near(gap(DHT_FIND, T + SP_S), 15 * MIN, 10);
	/* the second batch of the same search is no reason to wait longer */
	dht_plan_peers(&p, &rng, T + 2 * SP_S);
	ck_near(gap(DHT_FIND, T + SP_S), 15 * MIN, 10);
	dht_plan_wish(&p, T + 3 * SP_S);
	ck_assert_int_eq(p.at[DHT_FIND], T + DHT_WISH_GAP);
	dht_plan_wish(&p, T + MIN);
	ck_assert(p.at[DHT_FIND] <= T + MIN);
	ck_assert(due(T + MIN) & DHT_BIT(DHT_FIND));
	/* wishes do not add up */
	for (unsigned i = 0; i < 100; i++)
		dht_plan_wish(&p, T + MIN + i * SP_MS);
	ck_assert_int_le(p.at[DHT_FIND], T + MIN + DHT_WISH_GAP);
	ck_assert(!(due(T + MIN + 500 * SP_MS) & DHT_BIT(DHT_FIND)));
}
END_TEST

START_TEST(when_there_are_nodes_all_is_tried_again)
{
	setup();
	due(T);
	dht_plan_serve(&p, T);
	ck_assert_uint_eq(due(T), DHT_BIT(DHT_ANNOUNCE));
	dht_plan_publish(&p, T);
	ck_assert_uint_eq(due(T), DHT_BIT(DHT_PUT));
	dht_plan_ready(&p, T + 10 * SP_MS);
	ck_assert_uint_eq(due(T + 10 * SP_MS),
	    DHT_BIT(DHT_FIND) | DHT_BIT(DHT_ANNOUNCE) | DHT_BIT(DHT_GET) |
		DHT_BIT(DHT_PUT));
	/* but not what has worked */
	dht_plan_peers(&p, &rng, T + 20 * SP_MS);
	dht_plan_head(&p, 5, 5, 0, 1, &rng, T + 20 * SP_MS);
	dht_plan_stored(&p, 3);
	dht_plan_ready(&p, T + 30 * SP_MS);
	ck_assert_uint_eq(due(T + 30 * SP_MS), DHT_BIT(DHT_ANNOUNCE));
}
END_TEST

START_TEST(announces_begin_when_there_is_something_to_give)
{
	sp_time now = T + MIN;

	setup();
	for (sp_time t = T; t < now; t += SP_S)
		ck_assert(!(due(t) & DHT_BIT(DHT_ANNOUNCE)));
	dht_plan_serve(&p, now);
	ck_assert(due(now) & DHT_BIT(DHT_ANNOUNCE));
	ck_near(gap(DHT_ANNOUNCE, now), 5 * SP_S, 10);
	dht_plan_serve(&p, now); /* again is fine */
	now = p.at[DHT_ANNOUNCE];
	ck_assert(due(now) & DHT_BIT(DHT_ANNOUNCE));
	ck_near(gap(DHT_ANNOUNCE, now), 30 * SP_S, 10);
	for (unsigned i = 0; i < 5; i++) {
		now = p.at[DHT_ANNOUNCE];
		ck_assert(due(now) & DHT_BIT(DHT_ANNOUNCE));
		/* nodes forget after 30 */
		ck_near(gap(DHT_ANNOUNCE, now), 15 * MIN, 10);
	}
}
END_TEST

START_TEST(head_is_looked_at_after_a_minute_and_then_rarely)
{
	sp_time now = T;

	setup();
	due(now);
	dht_plan_head(&p, 7, 7, 0, 1, &rng, now);
	ck_assert_int_eq(p.at[DHT_GET], T + MIN);
	for (unsigned i = 0; i < 50; i++) {
		now = p.at[DHT_GET];
		ck_assert(due(now) & DHT_BIT(DHT_GET));
		dht_plan_head(&p, 7, 7, 0, 1, &rng, now);
		ck_assert_int_ge(p.at[DHT_GET], now + 20 * MIN);
		ck_assert_int_le(p.at[DHT_GET], now + 40 * MIN);
		ck_assert_int_eq(p.at[DHT_PUT], SP_NEVER);
	}
	/* unless there is word of a newer one */
	dht_plan_look(&p, now + SP_S);
	ck_assert_int_eq(p.at[DHT_GET], now + DHT_WISH_GAP);
}
END_TEST

START_TEST(lost_head_is_put_back)
{
	setup();
	due(T);
	/* it was never there: nothing to put */
	dht_plan_head(&p, 0, 0, 0, 5, &rng, T);
	ck_assert_int_eq(p.at[DHT_PUT], SP_NEVER);
	/* nobody has it, many know us: all the same */
	dht_plan_head(&p, 0, 100, 0, 1000, &rng, T);
	ck_assert_int_le(p.at[DHT_PUT], T + DHT_PUT_SPREAD);
	/* nobody takes it: again, each time later */
	ck_assert(due(p.at[DHT_PUT]) & DHT_BIT(DHT_PUT));
	dht_plan_stored(&p, 0);
	ck_assert_int_ne(p.at[DHT_PUT], SP_NEVER);
	dht_plan_stored(&p, 1);
	ck_assert_int_eq(p.at[DHT_PUT], SP_NEVER);
	/* only an older one */
	dht_plan_head(&p, 99, 100, 0, 1000, &rng, T);
	ck_assert_int_le(p.at[DHT_PUT], T + DHT_PUT_SPREAD);
	/* of a channel that is over */
	dht_plan_stored(&p, 1);
	dht_plan_head(&p, 0, 100, DHT_KEEP_MS + 1, 1, &rng, T);
	ck_assert_int_eq(p.at[DHT_PUT], SP_NEVER);
}
END_TEST

/* Of |n| viewers, how many put a head that is an hour old. */
static unsigned
putters(uint32_t n)
{
	unsigned k = 0;

	for (uint32_t i = 0; i < n; i++) {
		dht_plan_stored(&p, 1);
		dht_plan_head(&p, 100, 100, 2 * DHT_FRESH_MS, n, &rng, T);
		k += p.at[DHT_PUT] != SP_NEVER;
	}
	return k;
}

START_TEST(some_keep_a_head_that_its_seeder_does_not_renew)
{
	setup();
	ck_assert_uint_eq(putters(1), 1);
	ck_assert_uint_eq(putters(8), 8);
	ck_assert_uint_ge(putters(1000), 1);
	ck_assert_uint_le(putters(1000), 30);
	/* nobody is known: we are */
	dht_plan_stored(&p, 1);
	dht_plan_head(&p, 100, 100, 2 * DHT_FRESH_MS, 0, &rng, T);
	ck_assert_int_ne(p.at[DHT_PUT], SP_NEVER);
	/* a clock that is wrong by years is not taken for an age */
	dht_plan_stored(&p, 1);
	dht_plan_head(&p, 100, 100, INT64_MIN / 2, 1, &rng, T);
	ck_assert_int_eq(p.at[DHT_PUT], SP_NEVER);
}
END_TEST

START_TEST(a_day_costs_few_questions)
{
	unsigned n[DHT_WHATS] = { 0 };
	sp_time now, end = T + 24 * 60 * MIN;

	setup();
	dht_plan_serve(&p, T);
	dht_plan_known(&p);
	for (now = T; now < end; now = dht_plan_next(&p)) {
		unsigned d = due(now);

		for (unsigned i = 0; i < DHT_WHATS; i++)
			n[i] += (d >> i) & 1;
		if (d & DHT_BIT(DHT_FIND))
			dht_plan_peers(&p, &rng, now);
		if (d & DHT_BIT(DHT_GET))
			dht_plan_head(&p, 1, 1, 0, 3, &rng, now);
	}
	ck_assert_uint_le(n[DHT_FIND], 110);
	ck_assert_uint_le(n[DHT_ANNOUNCE], 115);
	ck_assert_uint_le(n[DHT_GET], 75);
	ck_assert_uint_eq(n[DHT_PUT], 0);
}
END_TEST

UNIT_MAIN("dht_plan", peers_and_head_are_looked_for_at_once,
    searches_in_vain_become_rarer, with_peers_a_search_waits_for_a_wish,
    when_there_are_nodes_all_is_tried_again,
    announces_begin_when_there_is_something_to_give,
    head_is_looked_at_after_a_minute_and_then_rarely, lost_head_is_put_back,
    some_keep_a_head_that_its_seeder_does_not_renew, a_day_costs_few_questions)
