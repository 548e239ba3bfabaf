#include "swarm/client/lsd_plan.h"

#include "test/unit/unit.h"

#define T (1000 * SP_S)

static struct lsd_plan p;
static struct sp_rng rng;

static void
setup(void)
{
	rng_seed(&rng, 1);
	lsd_plan_init(&p, T);
}

/* When it is said the next time; from then on it has been. */
static sp_time
next(void)
{
	sp_time at = lsd_plan_next(&p);

	ck_assert(!lsd_plan_due(&p, &rng, at - 1));
	ck_assert(lsd_plan_due(&p, &rng, at));
	ck_assert(!lsd_plan_due(&p, &rng, at));
	return at;
}

static struct sp_addr
peer(unsigned i)
{
	uint8_t ip[4] = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i };

	return addr_make(4, ip, 1000);
}

static bool
heard(unsigned i, sp_time now)
{
	struct sp_addr a = peer(i);

	return lsd_plan_heard(&p, &a, &rng, now);
}

/* The first three. */
static sp_time
begun(void)
{
	setup();
	ck_assert_int_eq(next(), T);
	ck_assert_int_eq(next(), T + 2 * SP_S);
	ck_assert_int_eq(next(), T + 10 * SP_S);
	return T + 10 * SP_S;
}

START_TEST(three_at_the_start_and_then_one_in_five_minutes)
{
	sp_time last = begun(), at;

	for (unsigned i = 0; i < 100; i++) {
		at = next();
		ck_assert_int_ge(at - last, 270 * SP_S);
		ck_assert_int_le(at - last, 330 * SP_S);
		last = at;
	}
}
END_TEST

START_TEST(who_has_nobody_waits_no_longer_than_a_minute)
{
	sp_time last = begun();

	lsd_plan_wish(&p, last + SP_S);
	ck_assert_int_eq(next(), last + 60 * SP_S);
	lsd_plan_wish(&p, last + 240 * SP_S);
	ck_assert_int_eq(next(), last + 240 * SP_S);
	/* The first three are not put off. */
	setup();
	ck_assert_int_eq(next(), T);
	lsd_plan_wish(&p, T + SP_S);
	ck_assert_int_eq(next(), T + 2 * SP_S);
}
END_TEST

START_TEST(somebody_new_is_met_once_and_answered)
{
	sp_time last = begun(), now = last + 100 * SP_S, at;

	ck_assert(heard(1, now));
	at = lsd_plan_next(&p);
	ck_assert_int_le(at, now + 2 * SP_S);
	ck_assert(!heard(1, now + SP_S));
	ck_assert_int_eq(next(), at);
	/* Again within the minute: at its end. */
	ck_assert(heard(2, at + SP_S));
	ck_assert_int_eq(next(), at + 60 * SP_S);
	/* Long after he is new again. */
	ck_assert(!heard(1, now + 599 * SP_S));
	ck_assert(heard(1, now + 600 * SP_S));
}
END_TEST

START_TEST(a_newcomer_is_left_to_others_where_there_are_many)
{
	sp_time last = begun(), now = last + 20 * SP_S;

	ck_assert(heard(1, now));
	ck_assert_int_eq(lsd_plan_next(&p), last + 60 * SP_S);
	for (unsigned i = 2; i < 2 + LSD_ENOUGH - 1; i++)
		heard(i, now);
	ck_assert_int_eq(lsd_plan_next(&p), last + 60 * SP_S);
	heard(1, now);
	ck_assert_int_ge(lsd_plan_next(&p), last + 270 * SP_S);
	/* Who wants somebody himself says it all the same. */
	ck_assert(heard(20, now));
	lsd_plan_wish(&p, now);
	for (unsigned i = 0; i < 20; i++)
		heard(1, now);
	ck_assert_int_eq(next(), last + 60 * SP_S);
}
END_TEST

START_TEST(made_up_addresses_come_to_little)
{
	sp_time now = begun();
	unsigned n = 0;

	for (unsigned i = 0; i < 1000; i++)
		n += heard(i, now);
	ck_assert_uint_eq(n, LSD_MEET);
	for (unsigned i = 1000; i < 20000; i++)
		n += heard(i, now += 10 * SP_MS);
	ck_assert_uint_le(n, LSD_MEET + 190 * LSD_MEET_BPS + 1);
	ck_assert_uint_ge(n, LSD_MEET + 190 * LSD_MEET_BPS - 1);
	ck_assert_uint_eq(p.n_seen, LSD_SEEN_MAX);
}
END_TEST

UNIT_MAIN("lsd_plan", three_at_the_start_and_then_one_in_five_minutes,
    who_has_nobody_waits_no_longer_than_a_minute,
    somebody_new_is_met_once_and_answered,
    a_newcomer_is_left_to_others_where_there_are_many,
    made_up_addresses_come_to_little)
