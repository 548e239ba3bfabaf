#include "tracker/plan.h"

#include "test/unit/track_plan_help.h"

START_TEST(everybody_has_a_parent_in_flat_trees)
{
	unsigned sum, deepest;

	begin(1);
	swarm(100);
	ck_assert_uint_eq(attached(&sum, &deepest), 100 * STRIP);
	/* log 100 by a fan-out of 6 is 2.6 */
	ck_assert_uint_le(sum, 3 * 100 * STRIP);
	ck_assert_uint_le(deepest, 6);
	end();
	begin(2);
	swarm(MANY);
	ck_assert_uint_ge(attached(&sum, &deepest), MANY * STRIP * 98 / 100);
	ck_assert_uint_le(sum, 4 * MANY * STRIP);
	ck_assert_uint_le(deepest, 8);
	end();
}
END_TEST

START_TEST(room_is_in_proportion_to_uplinks)
{
	unsigned k, need = 0;

	begin(1);
	swarm(100);
	for (k = 0; k < n; k++)
		ck_assert_uint_le(plan_room(p, there[k]) * RATE,
		    uplink(k) * STRIP * 3 / 4);
	for (k = 0; k < n; k++)
		need += plan_room(p, there[k]);
	ck_assert_uint_ge(need, 100 * (STRIP - 1));
	/* all have ten times as much: they use a part of it */
	now += PLAN_RAISE;
	for (k = 0; k < n; k++)
		weigh(there[k], 15 * RATE);
	now += PLAN_GAP;
	plan_run(p, now);
	for (k = 0; k < n; k++)
		ck_assert_uint_le(plan_room(p, there[k]), 45);
	end();
}
END_TEST

START_TEST(parents_are_of_three_networks)
{
	unsigned k, s, nets, seen;
	uint32_t parent;

	begin(1);
	for (k = 0; k < 80; k++) {
		there[n] = join_net(k, k % 4);
		weigh(there[n++], 2 * RATE);
	}
	for (s = 0; s < STRIP; s++)
		roots[s] = there[s];
	plan_roots(p, roots, now);
	now += PLAN_AGE;
	plan_run(p, now);
	for (k = STRIP; k < n; k++) {
		for (s = seen = 0; s < STRIP; s++) {
			parent = plan_parent(p, there[k], s);
			ck_assert_uint_ne(parent, PLAN_NONE);
			seen |= 1u << parent % 4;
		}
		nets = (unsigned)__builtin_popcount(seen);
		ck_assert_uint_ge(nets, 3);
	}
	end();
}
END_TEST

START_TEST(one_who_goes_moves_few_edges)
{
	unsigned k, s, below, sum, deepest;
	uint64_t moves;

	begin(1);
	swarm(100);
	for (k = 10; k < 90; k += 7) {
		for (s = below = 0; s < STRIP * n; s++)
			below += plan_parent(p, there[s / STRIP], s % STRIP) ==
				 there[k];
		moves = plan_moves(p);
		plan_leave(p, there[k], now);
		ck_assert(plan_is_sound(p));
		ck_assert_uint_le(plan_moves(p) - moves, 3 * below + STRIP);
		/* and comes back */
		moves = plan_moves(p);
		there[k] = join_net(k, k);
		ck_assert_uint_le(plan_moves(p) - moves, STRIP);
		weigh(there[k], uplink(k));
		now += PLAN_AGE;
		plan_run(p, now);
		ck_assert_uint_le(plan_moves(p) - moves, 160);
	}
	ck_assert_uint_ge(attached(&sum, &deepest), 97 * STRIP);
	end();
}
END_TEST

START_TEST(who_becomes_strong_rises)
{
	unsigned s, before = 0, after = 0;

	begin(1);
	swarm(200);
	for (s = 0; s < STRIP; s++)
		before += plan_depth(p, there[100], s);
	now += PLAN_RAISE;
	weigh(there[100], 6 * RATE);
	for (s = 0; s < STRIP; s++)
		after += plan_depth(p, there[100], s);
	ck_assert_uint_lt(after, before);
	ck_assert(plan_is_sound(p));
	end();
}
END_TEST

START_TEST(another_root_leaves_the_tree_as_it_is)
{
	unsigned sum, deepest;
	uint64_t moves;

	begin(1);
	swarm(100);
	moves = plan_moves(p);
	roots[5] = there[47];
	plan_roots(p, roots, now);
	ck_assert_uint_eq(plan_parent(p, there[47], 5), PLAN_NONE);
	ck_assert_uint_eq(plan_depth(p, there[47], 5), 0);
	ck_assert_uint_le(plan_moves(p) - moves, 24);
	now += PLAN_GAP;
	plan_run(p, now);
	ck_assert_uint_eq(attached(&sum, &deepest), 100 * STRIP);
	end();
}
END_TEST

START_TEST(without_roots_nobody_has_a_place)
{
	unsigned sum, deepest;

	begin(1);
	swarm(60);
	for (unsigned s = 0; s < STRIP; s++)
		roots[s] = PLAN_NONE;
	plan_roots(p, roots, now);
	ck_assert_uint_eq(attached(&sum, &deepest), 0);
	end();
}
END_TEST

START_TEST(the_young_and_leeches_have_no_children)
{
	struct plan_weight w = { .up_kbps = 50000 };
	uint32_t young, leech;

	begin(1);
	swarm(60);
	leech = join_net(300, 300);
	plan_weigh(p, leech, &w, now);
	now += 2 * PLAN_AGE;
	young = join_net(301, 301);
	weigh(young, 50000);
	plan_run(p, now);
	ck_assert_uint_eq(plan_room(p, leech), 0);
	ck_assert_uint_eq(plan_room(p, young), 0);
	ck_assert_int_le(plan_deadline(p), now + PLAN_AGE);
	now += PLAN_AGE;
	plan_run(p, now);
	ck_assert_uint_ne(plan_room(p, young), 0);
	end();
}
END_TEST

/* ---- telling ---- */

START_TEST(what_has_changed_is_told_once)
{
	struct places pl = { 0 };
	uint16_t told;
	uint32_t i;

	begin(1);
	swarm(60);
	i = there[30];
	ck_assert(plan_tell(p, i, &pl, &told));
	ck_assert_uint_eq(told, UINT16_MAX);
	for (unsigned s = 0; s < STRIP; s++)
		ck_assert_uint_eq(pl.stripes[s].n > 0,
		    plan_parent(p, i, s) != PLAN_NONE);
	ck_assert(!plan_tell(p, i, &pl, &told));
	now += PLAN_GAP;
	ck_assert(!plan_run(p, now));
	/* its parent in stripe 3 goes */
	plan_leave(p, plan_parent(p, i, 3), now);
	ck_assert(!plan_tell(p, i, &pl, &told));
	now += PLAN_GAP;
	ck_assert(plan_run(p, now));
	ck_assert(plan_tell(p, i, &pl, &told));
	ck_assert_uint_ne(told & 1u << 3, 0);
	ck_assert_uint_ne(told, UINT16_MAX);
	plan_untold(p, i);
	now += PLAN_GAP;
	ck_assert(plan_run(p, now));
	ck_assert(plan_tell(p, i, &pl, &told));
	ck_assert_uint_eq(told, UINT16_MAX);
	there[30] = there[--n];
	end();
}
END_TEST

START_TEST(others_are_of_other_networks)
{
	struct places pl = { 0 };
	const struct place *x;
	unsigned k, s, others = 0;
	uint16_t told;

	begin(1);
	swarm(100);
	for (k = 0; k < n; k++) {
		plan_tell(p, there[k], &pl, &told);
		for (s = 0; s < STRIP; s++) {
			x = &pl.stripes[s];
			if (!(told >> s & 1) || x->n < 2)
				continue;
			others += x->n - 1u;
			ck_assert(!addr_same_net(&x->v[0].addr, &x->v[1].addr));
			ck_assert(x->n < 3 ||
				  !addr_same_net(&x->v[1].addr, &x->v[2].addr));
		}
	}
	ck_assert_uint_ge(others, 100 * STRIP);
	end();
}
END_TEST

/* ---- churn ---- */

static void
step(unsigned *next)
{
	unsigned k = n == 0 ? 0 : (unsigned)rng_below(&rng, n);

	switch (rng_below(&rng, 6)) {
	case 0:
	case 1:
		if (n < MANY) {
			there[n++] = join_net(*next, *next);
			++*next;
		}
		break;
	case 2:
		if (n > 0) {
			for (unsigned s = 0; s < STRIP; s++)
				if (roots[s] == there[k])
					roots[s] = PLAN_NONE;
			plan_leave(p, there[k], now);
			there[k] = there[--n];
		}
		break;
	case 3:
		for (unsigned s = 0; n > 0 && s < 1 + k % STRIP; s++)
			roots[rng_below(&rng, STRIP)] =
			    there[rng_below(&rng, n)];
		plan_roots(p, roots, now);
		break;
	case 4:
		if (n > 0)
			weigh(there[k], (uint32_t)rng_below(&rng, 40000));
		break;
	default:
		now += (sp_time)rng_below(&rng, 2000) * SP_MS;
		plan_run(p, now);
		break;
	}
}

static void
churn(void)
{
	unsigned next = 0, k;

	for (k = 0; k < 2000; k++) {
		step(&next);
		if (k % 500 == 499)
			plan_track(p, 0, RATE, 4 + k / 500 * 4);
		ck_assert_msg(plan_is_sound(p), "after step %u", k);
	}
}

START_TEST(plans_stay_sound_whatever_happens)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		begin(seed);
		churn();
		end();
	}
}
END_TEST
START_TEST(a_viewer_costs_little)
{
	begin(1);
	swarm(MANY);
	ck_assert_uint_le(plan_bytes(p) / MANY, 250);
	end();
}
END_TEST

START_TEST(a_full_plan_takes_nobody)
{
	begin(1);
	for (unsigned k = 0; k < MANY; k++)
		ck_assert_uint_ne(join_net(k, k), PLAN_NONE);
	ck_assert_uint_eq(join_net(MANY, 1), PLAN_NONE);
	ck_assert_uint_eq(plan_len(p), MANY);
	plan_leave(p, 17, now);
	ck_assert_uint_eq(join_net(MANY, 1), 17);
	end();
}
END_TEST

START_TEST(without_memory_it_stays_sound)
{
	unsigned next;

	FAILMEM_EACH (&fm) {
		rng_seed(&rng, 3);
		now = 100 * SP_S;
		n = next = 0;
		for (unsigned s = 0; s < STRIP; s++)
			roots[s] = PLAN_NONE;
		if (plan_new(&p, &fm.mem, MANY, false, 3) < 0)
			continue;
		plan_track(p, 0, RATE, STRIP);
		for (unsigned k = 0; k < 25; k++) {
			there[n] = join_net(k, k);
			if (there[n] == PLAN_NONE)
				continue;
			weigh(there[n], uplink(k));
			roots[k % STRIP] = there[n++];
		}
		now += PLAN_AGE;
		plan_run(p, now);
		plan_roots(p, roots, now);
		now += PLAN_RETRY;
		plan_run(p, now);
		ck_assert(plan_is_sound(p));
		plan_free(p);
	}
}
END_TEST

START_TEST(fanout_is_that_of_the_engine)
{
	ck_assert_uint_eq(plan_fanout(0), 6);
	ck_assert_uint_eq(plan_fanout(28000), 6);
	ck_assert_uint_eq(plan_fanout(1000000), 12);
}
END_TEST

UNIT_MAIN("track_plan", everybody_has_a_parent_in_flat_trees,
    room_is_in_proportion_to_uplinks, parents_are_of_three_networks,
    one_who_goes_moves_few_edges, who_becomes_strong_rises,
    another_root_leaves_the_tree_as_it_is, without_roots_nobody_has_a_place,
    the_young_and_leeches_have_no_children, what_has_changed_is_told_once,
    others_are_of_other_networks, plans_stay_sound_whatever_happens,
    a_viewer_costs_little, a_full_plan_takes_nobody,
    without_memory_it_stays_sound, fanout_is_that_of_the_engine)
