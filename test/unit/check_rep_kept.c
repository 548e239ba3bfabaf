#include "test/unit/rep_help.h"

/* Of whom anything is kept, and for how long. */

/* Nothing is kept of them. */
START_TEST(who_gives_nothing_falls)
{
	struct rep r;

	setup(1);
	r = rep(0, 29 * SP_S);
	ck_assert_uint_eq(r.score, REP_START);
	r = rep(0, 59 * SP_S);
	ck_assert_uint_eq(r.score, REP_START * 3 / 4);
	ck_assert(!r.judged);
	r = rep(0, 60 * SP_S);
	ck_assert_uint_eq(r.score, REP_START * 3 / 4 * 3 / 4);
	ck_assert(r.judged && !r.out);
	ck_assert_uint_lt(rep(0, 600 * SP_S).score, REP_ONE / 1000);
	ck_assert_uint_eq(reps_len(reps), 0);
	teardown();
}
END_TEST

START_TEST(who_announces_at_another_tracker_does_not_fall)
{
	struct tw_announce a = { .live = true, .foreign = true };

	setup(2);
	announce(2, &a, addr(2), 0);
	ck_assert_uint_eq(rep(2, 200 * SP_S).score, REP_START);
	ck_assert(!rep(2, 200 * SP_S).judged);
	/* what it gives counts here as well */
	ck_assert_int_eq(got(1, 2, 60 * MB, 200 * SP_S), 0);
	ck_assert_uint_eq(reps_len(reps), 2);
	/* who is here stays, whatever others say */
	announce(0, &a, addr(0), 1 * SP_S);
	ck_assert(rep(0, 200 * SP_S).judged);
	seen(2, R, 201 * SP_S);
	stop(2, addr(2), 202 * SP_S);
	seen(2, R, 203 * SP_S);
	ck_assert(rep(2, 300 * SP_S).judged);
	teardown();
}
END_TEST

START_TEST(viewers_are_forgotten)
{
	setup(3);
	ck_assert_uint_eq(reps_len(reps), 0);
	ck_assert_int_eq(got(1, 0, MB, 20 * SP_S), 0);
	ck_assert_uint_eq(reps_len(reps), 2);
	ck_assert_int_eq(got(1, 2, MB, 30 * SP_S), 0);
	ck_assert_uint_eq(reps_len(reps), 3);
	stop(0, addr(0), 31 * SP_S);
	ck_assert_uint_eq(reps_len(reps), 2);
	seen(1, R, 200 * SP_S);
	reps_tick(reps, 30 * SP_S + REP_KEEP - 1);
	ck_assert_uint_eq(reps_len(reps), 2);
	reps_tick(reps, 30 * SP_S + REP_KEEP);
	ck_assert_uint_eq(reps_len(reps), 1);
	reps_tick(reps, REP_KEEP + 200 * SP_S);
	ck_assert_uint_eq(reps_len(reps), 0);
	teardown();
}
END_TEST

START_TEST(memory_is_bounded)
{
	setup(120);
	for (unsigned k = 1; k < 100; k++)
		ck_assert_int_eq(got(k, 0, MB, 20 * SP_S), 0);
	ck_assert(rep(110, 100 * SP_S).judged);
	for (unsigned k = 100; k < 120; k++)
		ck_assert_int_eq(got(k, 0, MB, 20 * SP_S), SP_ERR_FULL);
	ck_assert_uint_eq(reps_len(reps), 100);
	/* there may be something that was not heard */
	ck_assert_uint_eq(rep(110, 100 * SP_S).score, REP_START);
	ck_assert(!rep(110, 100 * SP_S).judged);
	ck_assert(rep(110, 20 * SP_S + REP_KEEP).judged);
	teardown();
}
END_TEST

START_TEST(without_memory_everybody_is_a_newcomer)
{
	unsigned kept, known;

	FAILMEM_EACH (&fm) {
		if (start() == 0) {
			for (unsigned k = 0; k < 12; k++)
				seen(k, R, 0);
			known = registry_tab(reg)->n_peers;
			for (unsigned k = 1; k < 12; k++)
				got(k, 0, MB, 20 * SP_S);
			kept = (unsigned)reps_len(reps);
			ck_assert_uint_ge(kept, 12 * (fm.failed == 0));
			ck_assert_uint_le(kept, known);
		}
		end();
	}
}
END_TEST

UNIT_MAIN("rep_kept", who_gives_nothing_falls,
    who_announces_at_another_tracker_does_not_fall, viewers_are_forgotten,
    memory_is_bounded, without_memory_everybody_is_a_newcomer)
