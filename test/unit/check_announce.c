#include "swarm/announce.h"
#include "test/unit/unit.h"

static struct announce a;
static struct sp_rng rng;
static enum tw_event event;

static void
setup(void)
{
	rng_seed(&rng, 6);
	announce_init(&a, 100 * SP_S);
	event = TW_EVENT_STOPPED;
}

static void
within(sp_time t, sp_time mean, int percent)
{
	ck_assert_int_ge(t, mean - mean / 100 * percent);
	ck_assert_int_le(t, mean + mean / 100 * percent);
}

START_TEST(first_announce_is_at_once_and_says_started)
{
	setup();
	ck_assert(announce_due(&a, 1, 100 * SP_S, &event));
	ck_assert_int_eq(event, TW_EVENT_STARTED);
	/* one at a time */
	ck_assert(!announce_due(&a, 2, 1000 * SP_S, &event));
	announce_ok(&a, 1, 1800, 0, &rng, 101 * SP_S);
	ck_assert(!announce_due(&a, 2, 102 * SP_S, &event));
	ck_assert(announce_due(&a, 2, 135 * SP_S, &event));
	ck_assert_int_eq(event, TW_EVENT_NONE);
}
END_TEST

START_TEST(started_is_said_until_somebody_has_heard_it)
{
	setup();
	ck_assert(announce_due(&a, 1, 100 * SP_S, &event));
	announce_failed(&a, 1, &rng, 100 * SP_S);
	ck_assert(announce_due(&a, 2, 102 * SP_S, &event));
	ck_assert_int_eq(event, TW_EVENT_STARTED);
}
END_TEST

START_TEST(two_minutes_of_short_intervals_then_the_trackers)
{
	sp_time now = 100 * SP_S;
	uint32_t id = 0, early = 0;

	setup();
	while (now < 220 * SP_S) {
		ck_assert(announce_due(&a, ++id, now, &event));
		announce_ok(&a, id, 600, 0, &rng, now);
		within(a.next - now, 30 * SP_S, 10);
		now = a.next;
		early++;
	}
	ck_assert_uint_ge(early, 4);
	ck_assert_uint_le(early, 5);
	ck_assert(announce_due(&a, ++id, now, &event));
	announce_ok(&a, id, 600, 0, &rng, now);
	within(a.next - now, 600 * SP_S, 10);
	now = a.next;
	ck_assert(announce_due(&a, ++id, now, &event));
	announce_ok(&a, id, 0, 0, &rng, now); /* it names none */
	within(a.next - now, 120 * SP_S, 10);
}
END_TEST

START_TEST(intervals_of_a_mad_tracker_are_clamped)
{
	sp_time now = 1000 * SP_S;

	setup();
	ck_assert(announce_due(&a, 1, now, &event));
	announce_ok(&a, 1, UINT32_MAX, UINT32_MAX, &rng, now);
	within(a.next - now, 3600 * SP_S, 10);
	ck_assert(announce_due(&a, 2, now = a.next, &event));
	announce_ok(&a, 2, 1, 0, &rng, now);
	within(a.next - now, 5 * SP_S, 10);
}
END_TEST

START_TEST(failures_back_off_to_a_minute)
{
	static const sp_time wait[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	sp_time now = 100 * SP_S;
	uint32_t i;

	setup();
	for (i = 0; i < SP_LEN(wait); i++) {
		ck_assert(announce_due(&a, i + 1, now, &event));
		announce_failed(&a, i + 1, &rng, now);
		within(a.next - now, wait[i] * SP_S, 20);
		now = a.next;
	}
	ck_assert(announce_due(&a, 50, now, &event));
	announce_ok(&a, 50, 30, 0, &rng, now);
	ck_assert(announce_due(&a, 51, now = a.next, &event));
	announce_failed(&a, 51, &rng, now);
	within(a.next - now, SP_S, 20);
}
END_TEST

START_TEST(answers_to_other_announces_are_ignored)
{
	setup();
	ck_assert(announce_due(&a, 7, 100 * SP_S, &event));
	announce_ok(&a, 6, 30, 0, &rng, 101 * SP_S);
	announce_failed(&a, 8, &rng, 101 * SP_S);
	ck_assert_int_eq(a.next, SP_NEVER);
	ck_assert_uint_eq(a.id, 7);
	ck_assert_uint_eq(a.fails, 0);
}
END_TEST

START_TEST(hurry_brings_the_next_one_forward_but_not_too_near)
{
	setup();
	ck_assert(announce_due(&a, 1, 100 * SP_S, &event));
	announce_hurry(&a, 101 * SP_S); /* one is out */
	ck_assert_int_eq(a.next, SP_NEVER);
	announce_ok(&a, 1, 30, 0, &rng, 101 * SP_S);
	announce_hurry(&a, 102 * SP_S);
	ck_assert_int_eq(a.next, 105 * SP_S);
	announce_hurry(&a, 110 * SP_S); /* never later than planned */
	ck_assert_int_eq(a.next, 105 * SP_S);
	ck_assert(announce_due(&a, 2, 105 * SP_S, &event));
	announce_ok(&a, 2, 30, 20, &rng, 105 * SP_S);
	announce_hurry(&a, 106 * SP_S); /* the tracker's minimum */
	ck_assert_int_eq(a.next, 125 * SP_S);
	ck_assert(announce_due(&a, 3, 125 * SP_S, &event));
	announce_failed(&a, 3, &rng, 125 * SP_S);
	announce_hurry(&a, 125 * SP_S); /* back-off stays */
	within(a.next - 125 * SP_S, SP_S, 20);
}
END_TEST

UNIT_MAIN("announce", first_announce_is_at_once_and_says_started,
    started_is_said_until_somebody_has_heard_it,
    two_minutes_of_short_intervals_then_the_trackers,
    intervals_of_a_mad_tracker_are_clamped, failures_back_off_to_a_minute,
    answers_to_other_announces_are_ignored,
    hurry_brings_the_next_one_forward_but_not_too_near)
