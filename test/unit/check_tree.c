#include "swarm/tree.h"

#include <math.h>

#include "test/unit/tree_help.h"

/* ---- shape --------------------------------------------------------------- */

START_TEST(fan_out_solves_its_equation)
{
	const sp_time delay = 30 * SP_MS;
	double x, u;

	for (unsigned f = TREE_FANOUT_MIN + 1; f <= TREE_FANOUT_MAX; f++) {
		x = f * (log(f) - 1); /* of delay * uplink / block */
		u = x * LIM_BLOCK / 0.030;
		ck_assert_uint_eq(tree_fanout((uint64_t)(u * 1.003), delay), f);
		ck_assert_uint_eq(tree_fanout((uint64_t)(u * 0.997), delay),
		    f - 1);
	}
	ck_assert_uint_eq(tree_fanout(0, delay), TREE_FANOUT_MIN);
	ck_assert_uint_eq(tree_fanout(1u << 20, 0), TREE_FANOUT_MIN);
	ck_assert_uint_eq(tree_fanout(1u << 20, -5), TREE_FANOUT_MIN);
	ck_assert_uint_eq(tree_fanout(UINT64_C(1) << 40, SP_S),
	    TREE_FANOUT_MAX);
	ck_assert_uint_eq(tree_fanout(UINT64_C(1) << 40, 100 * SP_S),
	    TREE_FANOUT_MAX);
}
END_TEST

START_TEST(there_are_as_many_inner_stripes_as_can_be_filled)
{
	uint16_t was = 0, other = 0;

	for (uint32_t room = 0; room <= 200; room++) {
		make(room, 6, 0);
		ck_assert_uint_eq(count(t.inner),
		    SP_MIN((room + 3) / 6, (uint32_t)K));
		ck_assert_uint_eq(t.fanout, SP_MIN(room, 6u));
		/* more room: more of them, and the former ones stay */
		ck_assert_uint_eq(was & ~t.inner, 0);
		was = t.inner;
	}
	tree_shape(&t, 3, 100, 6, 1);
	ck_assert_uint_eq(t.inner, 7);
	/* others have them elsewhere */
	for (uint64_t seed = 1; seed <= 64; seed++) {
		tree_shape(&t, K, 6, 6, seed);
		ck_assert_uint_eq(count(t.inner), 1);
		other |= t.inner;
	}
	ck_assert_uint_ge(count(other), 12);
}
END_TEST

START_TEST(stripes_that_begin_here_are_inner_ones_first)
{
	make(12, 6, 0x8001);
	ck_assert_uint_eq(t.inner, 0x8001);
	make(18, 6, 0x8001);
	ck_assert_uint_eq(count(t.inner), 3);
	ck_assert_uint_eq(t.inner & 0x8001, 0x8001);
	make(6, 6, 0x00ff);
	ck_assert_uint_eq(t.inner, 0x00ff);
	make(0, 6, 0x00ff);
	ck_assert_uint_eq(t.inner, 0);
	/* roots of stripes that pieces do not have are none */
	make(6, 6, 0x0f00);
	tree_shape(&t, 4, 12, 6, 1);
	ck_assert_uint_eq(count(t.inner), 2);
	ck_assert_uint_eq(t.inner & ~0xfu, 0);
}
END_TEST

START_TEST(roots_leave_their_parent)
{
	struct pw_accept a = { 0 };
	uint8_t left[PW_STRIPES];

	make(0, 6, 0);
	attach(2, 3, 10 * SP_S);
	attach(5, 4, 10 * SP_S);
	tell(7, 9, 1, 1, true);
	ck_assert_uint_eq(pick(9, 10 * SP_S), 7);
	tree_roots(&t, 1 << 2 | 1 << 9, left);
	for (unsigned s = 0; s < PW_STRIPES; s++)
		ck_assert_uint_eq(left[s], s == 2 ? 3 : TREE_NOBODY);
	ck_assert_uint_eq(t.stripes[2].parent, TREE_NOBODY);
	ck_assert_uint_eq(t.stripes[2].depth, 0);
	ck_assert_uint_eq(t.stripes[5].parent, 4);
	/* nor do they look for one, or take one that comes late */
	ck_assert_uint_eq(pick(2, 20 * SP_S), TREE_NOBODY);
	ck_assert(!accept(9, 7, &a, 11 * SP_S));
	ck_assert_uint_eq(t.stripes[9].depth, 0);
	tree_above(&t, 2, &a);
	ck_assert_uint_eq(a.depth, 0);
	ck_assert_uint_eq(a.n, 0);
	/* who is one no longer has no place */
	tree_roots(&t, 1 << 9, left);
	ck_assert_uint_eq(left[2], TREE_NOBODY);
	ck_assert_uint_eq(t.stripes[2].depth, PW_DEPTH_NONE);
	ck_assert_uint_eq(t.stripes[9].depth, 0);
	ck_assert_uint_eq(pick(2, 20 * SP_S), 3);
}
END_TEST

/* ---- children ------------------------------------------------------------ */

START_TEST(who_has_no_place_takes_no_children)
{
	make(100, 6, 1);
	for (unsigned s = 1; s < K; s++)
		ck_assert(!ask(s, 5, 9, true));
	ck_assert(ask(0, 5, 9, true));
	attach(7, 9, SP_S);
	ck_assert(ask(7, 5, 0, false));
	tree_leave(&t, 7, 2 * SP_S);
	ck_assert(!ask(7, 6, 0, true));
	/* nor of a stripe that pieces do not have */
	make(100, 6, UINT16_MAX);
	tree_shape(&t, 4, 100, 6, 1);
	ck_assert(ask(3, 5, 0, true));
	ck_assert(!ask(4, 5, 0, true));
	is_sound();
}
END_TEST

START_TEST(nobody_above_us_becomes_a_child)
{
	struct pw_accept a = { .depth = 2, .n = 2, .path = { 1011, 1012 } };

	make(100, 6, 0);
	tell(9, 0, 1, 1, true);
	ck_assert_uint_eq(pick(0, SP_S), 9);
	ck_assert(accept(0, 9, &a, SP_S));
	ck_assert(!ask(0, 9, 50, true)); /* the parent */
	ck_assert(!ask(0, 11, 50, true));
	ck_assert(!ask(0, 12, 50, true));
	ck_assert(ask(0, 13, 50, true));
	/* it gets above us: it is a child no longer, and asks in vain */
	a = (struct pw_accept){ .depth = 2, .n = 2, .path = { 1011, 1013 } };
	ck_assert(accept(0, 9, &a, 2 * SP_S));
	ck_assert(!ask(0, 13, 50, true));
	ck_assert(!tree_is_child(&t, 0, 13));
	ck_assert_uint_eq(tree_targets(&t, 0, 100), 0);
	is_sound();
}
END_TEST

START_TEST(orphans_are_squeezed_in_up_to_a_quarter_more)
{
	unsigned n;

	make(16, 6, 1);
	for (n = 0; ask(0, n, 0, false); n++)
		ck_assert_uint_eq(evicted, TREE_NOBODY);
	ck_assert_uint_eq(n, 12); /* 2 * fan-out of one stripe */
	for (; ask(0, n, 0, true); n++)
		ck_assert_uint_eq(evicted, TREE_NOBODY);
	ck_assert_uint_eq(n, 16 + 16 / 4);
	ck_assert_uint_eq(t.edges, n);
	/* who is a child already is no more with each time that it asks */
	ck_assert(ask(0, 3, 0, false));
	ck_assert_uint_eq(t.edges, n);
	make(0, 6, 1);
	ck_assert(!ask(0, 1, 9, true));
}
END_TEST

START_TEST(other_stripes_leave_room_for_the_inner_ones)
{
	unsigned n = 0, s;

	make(24, 6, 0x000f);
	ck_assert_uint_eq(t.inner, 0x000f);
	t.roots = UINT16_MAX; /* of rank, not by shape */
	for (s = 0; s < K; s++)
		t.stripes[s].depth = 0;
	for (s = 4; s < K; s++)
		while (n < TREE_SLOTS && ask(s, n, 0, false))
			n++;
	ck_assert_uint_eq(t.edges, 18);
	for (s = 4; s < K; s++)
		ck_assert_uint_le(count(t.stripes[s].children), 6);
	for (n = 0; n < 6; n++)
		ck_assert(ask(0, n, 0, false));
	ck_assert(!ask(0, n, 0, false));
	is_sound();
}
END_TEST

START_TEST(only_much_weaker_children_lose_their_place)
{
	make(6, 6, 1);
	for (unsigned i = 0; i < 6; i++)
		ck_assert(ask(0, i, (uint8_t)(10 + 2 * i), false));
	ck_assert(!ask(0, 20, 0, false));
	ck_assert(!ask(0, 20, 20, false)); /* the weakest has a half */
	ck_assert_uint_eq(evicted, TREE_NOBODY);
	ck_assert_uint_eq(t.edges, 6);
	ck_assert(ask(0, 20, 22, false));
	ck_assert_uint_eq(evicted, 0);
	ck_assert(!tree_is_child(&t, 0, 0) && tree_is_child(&t, 0, 20));
	ck_assert_uint_eq(t.edges, 6);
	/* it gets what it may wait for until the edge, and no more */
	ck_assert_uint_eq(tree_targets(&t, 0, 49), 0x10003f);
	ck_assert_uint_eq(tree_targets(&t, 0, 50), 0x10003e);
	is_sound();
}
END_TEST

START_TEST(random_children_never_are_too_many)
{
	uint64_t had;
	uint32_t edges;
	uint8_t weight[PW_STRIPES][TREE_SLOTS] = { { 0 } };
	bool orphan, took;

	for (unsigned round = 0; round < 12; round++) {
		make(4 + 9 * round, 6, 0x5a5a);
		for (unsigned i = 0; i < 1000; i++) {
			unsigned s = (unsigned)rng_below(&rng, K);
			unsigned slot = (unsigned)rng_below(&rng, TREE_SLOTS);
			uint8_t w = (uint8_t)rng_below(&rng, 128);

			had = t.stripes[s].children;
			edges = t.edges;
			switch (rng_below(&rng, 8)) {
			case 0:
				tree_unsubscribe(&t, s, slot, 60);
				break;
			case 1:
				if (rng_below(&rng, 8) == 0)
					tree_gone(&t, slot);
				break;
			default:
				orphan = rng_below(&rng, 2) != 0;
				took = ask(s, slot, w, orphan);
				if (evicted != TREE_NOBODY) {
					ck_assert(took);
					ck_assert_uint_eq(t.edges, edges);
					ck_assert_uint_lt(
					    2 * weight[s][evicted], w);
				} else if (took && !(had >> slot & 1)) {
					ck_assert(edges < t.room || orphan);
				}
				if (took)
					weight[s][slot] = w;
			}
			ck_assert_uint_le(t.edges, t.room + t.room / 4);
			ck_assert_uint_eq(
			    t.stripes[1].strong & ~t.stripes[1].children, 0);
			is_sound();
		}
	}
}
END_TEST

START_TEST(each_piece_comes_once_to_a_child_that_moves)
{
	struct tree_asker who = { .slot = 7, .id = 5, .from = 20 };
	static struct tree other;
	uint8_t left[PW_STRIPES];
	unsigned got;

	make(20, 6, 1);
	ck_assert(ask(0, 7, 0, false));
	ck_assert(ask(0, 8, 0, false));
	tree_init(&other);
	tree_roots(&other, 1, left);
	tree_shape(&other, K, 20, 6, 2);
	for (uint64_t n = 0; n < 40; n++) {
		if (n == 15) {
			ck_assert(tree_subscribe(&other, 0, &who, n, &evicted));
			tree_unsubscribe(&t, 0, 7, 20);
			ck_assert(!tree_is_child(&t, 0, 7));
			ck_assert_uint_eq(t.edges, 1);
		}
		got = tree_targets(&t, 0, n) >> 7 & 1;
		got += tree_targets(&other, 0, n) >> 7 & 1;
		ck_assert_uint_eq(got, 1);
		ck_assert_uint_eq(tree_targets(&t, 0, n) >> 8 & 1, 1);
	}
	/* who was told to go may come back, and is gone if it is gone */
	tree_unsubscribe(&t, 0, 8, 100);
	ck_assert_uint_eq(tree_targets(&t, 0, 50), 1 << 8);
	ck_assert(ask(0, 8, 0, false));
	ck_assert_uint_eq(tree_targets(&t, 0, 120), 1 << 8);
	tree_unsubscribe(&t, 0, 8, 200);
	tree_gone(&t, 8);
	ck_assert_uint_eq(tree_targets(&t, 0, 150), 0);
	/* strangers who leave get nothing */
	tree_unsubscribe(&t, 0, 9, 1000);
	ck_assert_uint_eq(tree_targets(&t, 0, 160), 0);
	is_sound();
}
END_TEST

UNIT_MAIN("tree", fan_out_solves_its_equation,
    there_are_as_many_inner_stripes_as_can_be_filled,
    stripes_that_begin_here_are_inner_ones_first, roots_leave_their_parent,
    who_has_no_place_takes_no_children, nobody_above_us_becomes_a_child,
    orphans_are_squeezed_in_up_to_a_quarter_more,
    other_stripes_leave_room_for_the_inner_ones,
    only_much_weaker_children_lose_their_place,
    random_children_never_are_too_many,
    each_piece_comes_once_to_a_child_that_moves)
