#include "test/unit/track_plan_help.h"

/* What becomes of planned trees when they begin elsewhere. */

/* Roots like those that a roster has: of the stronger ones. */
static uint32_t
strong(void)
{
	return there[rng_below(&rng, n / 20) * 20 + (rng_u64(&rng) & 4) + 7];
}

START_TEST(each_epoch_has_trees_as_good_as_the_first)
{
	unsigned sum, deepest, e, s;

	begin(1);
	swarm(MANY);
	for (e = 0; e < 30; e++) {
		for (s = 0; s < STRIP; s++)
			roots[s] = strong();
		plan_roots(p, roots, now);
		now += SP_S;
		plan_run(p, now);
		ck_assert(plan_is_sound(p));
		ck_assert_uint_eq(attached(&sum, &deepest), MANY * STRIP);
		ck_assert_uint_le(deepest, 9);
	}
	end();
}
END_TEST

START_TEST(a_root_that_goes_leaves_no_trees_without_one)
{
	unsigned sum, deepest, k, s, e;
	uint32_t gone;

	begin(1);
	swarm(MANY);
	for (e = 0; e < 30; e++) {
		gone = roots[rng_below(&rng, STRIP)];
		plan_leave(p, gone, now);
		for (k = 0; there[k] != gone; k++)
			;
		there[k] = there[--n];
		for (s = 0; s < STRIP; s++)
			if (roots[s] == gone)
				roots[s] = there[rng_below(&rng, n)];
		plan_roots(p, roots, now);
		now += SP_S;
		plan_run(p, now);
		ck_assert(plan_is_sound(p));
		ck_assert_uint_ge(attached(&sum, &deepest), n * STRIP - 16);
	}
	end();
}
END_TEST

START_TEST(who_cannot_dial_the_root_moves_nobody)
{
	uint8_t id[LINK_PEERID_LEN] = "-SP0100-six", ip[16] = { 0x24 };
	struct sp_addr six;
	uint64_t moves;
	uint32_t i;

	begin(1);
	swarm(100);
	ip[15] = 1;
	six = addr_make(6, ip, 7);
	i = plan_join(p, id, &six, now);
	weigh(i, 10 * RATE);
	roots[5] = i;
	plan_roots(p, roots, now);
	moves = plan_moves(p);
	roots[5] = there[47];
	plan_roots(p, roots, now);
	ck_assert_uint_le(plan_moves(p) - moves, 30);
	end();
}
END_TEST

START_TEST(who_says_now_this_now_that_moves_few)
{
	struct plan_weight w = { .up_kbps = 100 * RATE, .relays = true };
	uint64_t moves;
	unsigned k;

	begin(1);
	swarm(200);
	now += PLAN_RAISE;
	weigh(there[100], 100 * RATE);
	moves = plan_moves(p);
	for (k = 0; k < 100; k++) {
		now += 100 * SP_MS;
		w.up_kbps = k & 1 ? 100 * RATE : 1;
		w.relays = k % 5 != 0;
		plan_weigh(p, there[100], &w, now);
		plan_run(p, now);
	}
	/* once down and once up */
	ck_assert_uint_le(plan_moves(p) - moves, 4 * PLAN_ROOM_MAX);
	now += PLAN_RAISE;
	weigh(there[100], 100 * RATE);
	ck_assert_uint_gt(plan_room(p, there[100]), 60);
	end();
}
END_TEST

START_TEST(what_has_not_changed_costs_nothing)
{
	static const uint32_t kbps[] = { 1, 7, RATE, UINT32_MAX };
	sp_time at;
	unsigned k, i;

	begin(1);
	swarm(20);
	for (k = 0; k < SP_LEN(kbps); k++) {
		plan_track(p, 0, kbps[k], STRIP);
		for (i = 0; i < 5; i++) {
			now += SP_S;
			plan_run(p, now);
		}
		at = plan_deadline(p);
		ck_assert_int_gt(at, now + PLAN_GAP);
		plan_track(p, 0, kbps[k], STRIP);
		plan_roots(p, roots, now);
		ck_assert_int_eq(plan_deadline(p), at);
	}
	end();
}
END_TEST

UNIT_MAIN("track_plan_root", each_epoch_has_trees_as_good_as_the_first,
    a_root_that_goes_leaves_no_trees_without_one,
    who_cannot_dial_the_root_moves_nobody, who_says_now_this_now_that_moves_few,
    what_has_not_changed_costs_nothing)
