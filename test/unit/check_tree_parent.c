#include "test/unit/tree_help.h"

START_TEST(path_keeps_the_last_eight)
{
	struct pw_accept a = { .depth = 9, .n = PW_PATH }, up;

	for (unsigned i = 0; i < PW_PATH; i++)
		a.path[i] = 500 + i;
	make(9, 6, 0);
	tell(3, 4, 1, 1, true);
	ck_assert_uint_eq(pick(4, SP_S), 3);
	ck_assert(accept(4, 3, &a, SP_S));
	ck_assert(moved.moved);
	ck_assert_uint_eq(moved.left, TREE_NOBODY);
	tree_above(&t, 4, &up);
	ck_assert_uint_eq(up.depth, 10);
	ck_assert_uint_eq(up.n, PW_PATH);
	for (unsigned i = 0; i + 1 < PW_PATH; i++)
		ck_assert_uint_eq(up.path[i], 501 + i);
	ck_assert_uint_eq(up.path[PW_PATH - 1], 1003);
	/* told again, nothing has moved */
	ck_assert(accept(4, 3, &a, SP_S));
	ck_assert(!moved.moved);
	a.path[5]++;
	ck_assert(accept(4, 3, &a, SP_S));
	ck_assert(moved.moved);
	a = (struct pw_accept){ 0 };
	ck_assert(accept(4, 3, &a, SP_S));
	ck_assert(moved.moved);
	tree_above(&t, 4, &up);
	ck_assert_uint_eq(up.depth, 1);
	ck_assert_uint_eq(up.n, 1);
	ck_assert_uint_eq(up.path[0], 1003);
}
END_TEST

START_TEST(loops_and_depths_are_not_entered)
{
	struct pw_accept a = { .depth = 2, .n = 2, .path = { 1, OURS } };
	struct pw_accept deep = { .depth = TREE_DEPTH_MAX - 1 };

	make(9, 6, 0);
	tell(3, 0, 1, 1, true);
	ck_assert_uint_eq(pick(0, SP_S), 3);
	ck_assert(!accept(0, 3, &a, SP_S));
	ck_assert_uint_eq(t.stripes[0].parent, TREE_NOBODY);
	ck_assert_uint_eq(pick(0, 2 * SP_S), TREE_NOBODY); /* not at once */
	tell(4, 0, 1, 1, true);
	ck_assert_uint_eq(pick(0, 2 * SP_S), 4);
	ck_assert(!accept(0, 4, &deep, 2 * SP_S));
	deep.depth--;
	tell(5, 0, 1, 1, true);
	ck_assert_uint_eq(pick(0, 2 * SP_S), 5);
	ck_assert(accept(0, 5, &deep, 2 * SP_S));
	/* a parent that has come below us is left */
	ck_assert(!accept(0, 5, &a, 3 * SP_S));
	ck_assert_uint_eq(t.stripes[0].parent, TREE_NOBODY);
	ck_assert_uint_eq(t.stripes[0].depth, PW_DEPTH_NONE);
	/* and who was not asked is no parent */
	a = (struct pw_accept){ 0 };
	ck_assert(!accept(0, 20, &a, 3 * SP_S));
	is_sound();
}
END_TEST

START_TEST(least_sum_of_arrival_wait_and_way_is_asked)
{
	make(0, 6, 0);
	tell(1, 0, 20, 5, true);  /* 800 ms */
	tell(2, 0, 10, 20, true); /* 960 ms */
	tell(3, 0, 15, 5, true);  /* 640 ms */
	tell(4, 0, 0, 0, false);  /* no place: after all others */
	tell(5, 1, 0, 0, true);   /* of another stripe */
	ck_assert_uint_eq(pick(0, SP_S), 3);
	t.stripes[0].asked = TREE_NOBODY;
	srtt[3] = 800 * SP_MS;
	ck_assert_uint_eq(pick(0, SP_S), 1);
	t.stripes[0].asked = TREE_NOBODY;
	ck_assert_uint_eq(tree_pick(&t, 0, 1 << 2 | 1 << 4, srtt, &rng, SP_S),
	    2);
	t.stripes[0].asked = TREE_NOBODY;
	ck_assert_uint_eq(tree_pick(&t, 0, 1 << 4 | 1 << 5, srtt, &rng, SP_S),
	    4);
	t.stripes[0].asked = TREE_NOBODY;
	ck_assert_uint_eq(tree_pick(&t, 0, 1 << 5, srtt, &rng, SP_S),
	    TREE_NOBODY);
	/* who is gone has told nothing */
	tree_gone(&t, 1);
	ck_assert_uint_eq(tree_pick(&t, 0, 1 << 1, srtt, &rng, SP_S),
	    TREE_NOBODY);
}
END_TEST

START_TEST(who_has_children_may_ask_for_the_place_of_a_weaker_one)
{
	struct pw_tree ad = { .strong = 1 };

	/* in vain for a leaf that has a parent */
	make(0, 6, 0);
	attach(0, 9, SP_S);
	for (unsigned i = 0; i < 200; i++)
		tree_arrived(&t, 0, 3 * SP_S, SP_S);
	tree_told(&t, 3, &ad);
	ck_assert_uint_eq(pick(0, 20 * SP_S), TREE_NOBODY);
	/* but not for who passes the stripe on */
	tree_shape(&t, K, 100, 6, 1);
	ck_assert_uint_eq(pick(0, 20 * SP_S), 3);
}
END_TEST

START_TEST(children_are_not_asked)
{
	struct pw_accept a = { .depth = 1, .n = 1, .path = { 1 } };

	make(100, 6, 0);
	attach(0, 9, SP_S);
	ck_assert(ask(0, 4, 20, false));
	tree_leave(&t, 0, 10 * SP_S);
	tell(4, 0, 0, 0, true);
	tell(9, 0, PW_TREE_NEVER, 0, true);
	ck_assert_uint_eq(pick(0, 20 * SP_S), TREE_NOBODY);
	tell(5, 0, 100, 100, true);
	ck_assert_uint_eq(pick(0, 20 * SP_S), 5);
	ck_assert(accept(0, 5, &a, 20 * SP_S));
	is_sound();
}
END_TEST

START_TEST(answers_are_waited_for_and_refusals_remembered)
{
	sp_time at = 100 * SP_S;

	make(0, 6, 0);
	tell(3, 0, 1, 1, true);
	ck_assert_uint_eq(pick(0, at), 3);
	ck_assert_uint_eq(pick(0, at + TREE_ANSWER), TREE_NOBODY);
	/* no answer is a no */
	at += TREE_ANSWER + 1;
	ck_assert_uint_eq(pick(0, at), TREE_NOBODY);
	ck_assert_uint_eq(pick(0, at + TREE_REFUSED), TREE_NOBODY);
	at += TREE_REFUSED + 1;
	ck_assert_uint_eq(pick(0, at), 3);
	tree_refused(&t, 0, 3, at);
	tell(4, 0, 50, 50, true);
	ck_assert_uint_eq(pick(0, at), 4);
	tree_refused(&t, 0, 4, at + SP_S);
	ck_assert_uint_eq(pick(0, at + TREE_REFUSED), TREE_NOBODY);
	ck_assert_uint_eq(pick(0, at + TREE_REFUSED + 1), 3);
	/* of one stripe, not of others */
	tell(3, 1, 1, 1, true);
	ck_assert_uint_eq(pick(1, at), 3);
}
END_TEST

START_TEST(a_parent_is_changed_for_a_gain_and_after_a_stay)
{
	struct pw_accept a = { 0 };
	sp_time at = 100 * SP_S;

	make(0, 6, 0);
	attach(0, 9, at);
	attach(1, 9, at);
	for (unsigned i = 0; i < 300; i++) {
		tree_arrived(&t, 0, 640 * SP_MS, at);
		tree_arrived(&t, 1, 640 * SP_MS, at);
	}
	tell(3, 0, 11, 0, true); /* 352 ms: not enough of a gain */
	ck_assert_uint_eq(pick(0, at + TREE_STAY + 1), TREE_NOBODY);
	tell(3, 0, 8, 0, true); /* 256 ms */
	ck_assert_uint_eq(pick(0, at + TREE_STAY), TREE_NOBODY);
	ck_assert_uint_eq(pick(0, at + TREE_STAY + 1), 3);
	/* one move at a time */
	tell(4, 1, 0, 0, true);
	at += TREE_STAY + 1;
	ck_assert_uint_eq(pick(1, at), TREE_NOBODY);
	ck_assert_uint_eq(pick(1, at + TREE_MOVE_GAP), TREE_NOBODY);
	ck_assert_uint_eq(pick(1, at + TREE_MOVE_GAP + 1), 4);
	/* the old one keeps us until the new one has taken us */
	ck_assert_uint_eq(t.stripes[0].parent, 9);
	ck_assert(accept(0, 3, &a, at));
	ck_assert_uint_eq(moved.left, 9);
	ck_assert_uint_eq(t.stripes[0].parent, 3);
	tree_refused(&t, 1, 4, at);
	ck_assert_uint_eq(t.stripes[1].parent, 9);
	is_sound();
}
END_TEST

START_TEST(parents_who_send_nothing_are_left_sooner_than_late_ones)
{
	unsigned late = 0, silent = 0;
	sp_time at = 100 * SP_S;
	uint64_t n = 40;

	make(0, 6, 0);
	ck_assert(!tree_judge(&t, 0, n, at, true)); /* there is none */
	attach(0, 9, at);
	/* what was available before it took us is not its own */
	for (; n < 50; n++)
		ck_assert(!tree_judge(&t, 0, n, at - 1, true));
	do {
		at += SP_S;
		silent++;
		if (silent > 1) /* once each */
			ck_assert(!tree_judge(&t, 0, n - 1, at, true));
	} while (!tree_judge(&t, 0, n++, at, true));
	ck_assert_uint_eq(silent, 2);
	tree_leave(&t, 0, at);
	ck_assert_uint_eq(t.stripes[0].parent, TREE_NOBODY);
	ck_assert_uint_eq(pick(0, at), TREE_NOBODY);

	at += 10 * SP_S;
	attach(0, 9, at);
	do {
		at += SP_S;
		late++;
		tree_arrived(&t, 0, 100 * SP_MS, at + 1);
	} while (!tree_judge(&t, 0, n++, at, true));
	ck_assert_uint_eq(late, TREE_MISSES);

	tree_leave(&t, 0, at);
	at += 10 * SP_S;
	attach(0, 9, at);
	/* with a good one in between it stays for ever */
	for (unsigned i = 0; i < 100; i++, n++) {
		at += SP_S;
		ck_assert(!tree_judge(&t, 0, n, at, i % 2 == 0));
	}
}
END_TEST

START_TEST(who_sent_nothing_is_asked_after_others_for_a_while)
{
	struct pw_accept a = { 0 };
	sp_time at = 100 * SP_S;

	make(0, 6, 0);
	attach(0, 9, at);
	tell(4, 0, 10, 2, true); /* not as good, as they say */
	tree_leave(&t, 0, at);
	at += 3 * SP_S;
	ck_assert_uint_eq(pick(0, at), 4);
	ck_assert(accept(0, 4, &a, at));
	for (unsigned i = 0; i < 200; i++)
		tree_arrived(&t, 0, 400 * SP_MS, at);
	at += 10 * SP_S;
	ck_assert_uint_eq(pick(0, at), TREE_NOBODY);
	/* but not for ever */
	at += 60 * SP_S;
	ck_assert_uint_eq(pick(0, at), 9);
	ck_assert(accept(0, 9, &a, at));
	/* nor is it left out, however often that was */
	for (unsigned i = 0; i < 300; i++) {
		tree_gone(&t, 4);
		tree_leave(&t, 0, at);
		at += 3 * SP_S;
		ck_assert_uint_eq(pick(0, at), 9);
		ck_assert(accept(0, 9, &a, at));
	}
	/* who sends another stripe in time is as good as it says at once */
	tell(4, 0, 10, 2, true);
	tell(9, 1, 0, 0, true);
	ck_assert_uint_eq(pick(1, at), 9);
	ck_assert(accept(1, 9, &a, at));
	tree_leave(&t, 0, at);
	tell(9, 0, 0, 0, true);
	tree_arrived(&t, 1, 100 * SP_MS, at + SP_S);
	ck_assert(!tree_judge(&t, 1, 60, at + SP_S, false));
	at += 3 * SP_S;
	ck_assert_uint_eq(pick(0, at), 9);
	/* who comes in its slot is another one */
	t.stripes[0].asked = TREE_NOBODY;
	tree_gone(&t, 9);
	tell(4, 0, 10, 2, true);
	tell(9, 0, 0, 0, true);
	ck_assert_uint_eq(pick(0, at + 3 * SP_S), 9);
	is_sound();
}
END_TEST

START_TEST(of_two_who_ask_each_other_one_becomes_the_child)
{
	struct pw_accept a = { 0 };
	struct tree_ids low = { OURS - 1, OURS }, high = { OURS + 1, OURS };

	/* the other one's id is the greater: it is our child */
	make(9, 6, 0);
	attach(0, 2, SP_S);
	tell(3, 0, 1, 1, true);
	t.stripes[0].late = 10 * SP_S;
	ck_assert_uint_eq(pick(0, 10 * SP_S), 3);
	ck_assert(ask(0, 3, 1, false));
	ck_assert(!tree_accepted(&t, 0, 3, high, &a, &moved, 11 * SP_S));
	ck_assert_uint_eq(t.stripes[0].parent, 2);
	ck_assert(tree_is_child(&t, 0, 3));
	is_sound();
	/* ours is: we are its child */
	make(9, 6, 0);
	attach(0, 2, SP_S);
	tell(3, 0, 1, 1, true);
	t.stripes[0].late = 10 * SP_S;
	ck_assert_uint_eq(pick(0, 10 * SP_S), 3);
	ck_assert(ask(0, 3, 1, false));
	ck_assert(tree_accepted(&t, 0, 3, low, &a, &moved, 11 * SP_S));
	ck_assert_uint_eq(moved.left, 2);
	ck_assert_uint_eq(t.stripes[0].parent, 3);
	ck_assert(!tree_is_child(&t, 0, 3));
	is_sound();
}
END_TEST

START_TEST(blocks_are_waited_for_as_long_as_most_take)
{
	make(0, 6, 0);
	ck_assert(tree_wait(&t, 0) == 2 * TREE_LATE);
	for (unsigned i = 0; i < 500; i++)
		tree_arrived(&t, 0, 20 * SP_MS, SP_S);
	ck_assert(tree_wait(&t, 0) == TREE_LATE_MIN);
	for (unsigned i = 0; i < 500; i++)
		tree_arrived(&t, 0, i % 2 ? 900 * SP_MS : 1100 * SP_MS, SP_S);
	ck_assert(tree_wait(&t, 0) > 1300 * SP_MS);
	ck_assert(tree_wait(&t, 0) < 1500 * SP_MS);
	/* no clock makes it wait for ever, or less than nothing */
	for (unsigned i = 0; i < 500; i++)
		tree_arrived(&t, 0, 1000000 * SP_S, SP_S);
	ck_assert(tree_wait(&t, 0) <= 11 * SP_S);
	for (unsigned i = 0; i < 2000; i++)
		tree_arrived(&t, 0, -5 * SP_S, SP_S);
	ck_assert(tree_wait(&t, 0) == TREE_LATE_MIN);
}
END_TEST

START_TEST(neighbours_are_told_of_places_and_times)
{
	struct pw_tree ad;

	make(6, 6, 1);
	attach(3, 9, SP_S);
	tree_ad(&t, 100 * SP_MS, &ad);
	ck_assert_uint_eq(ad.free, 1 << 0 | 1 << 3);
	ck_assert_uint_eq(ad.strong, 0);
	ck_assert_uint_eq(ad.wait[0], 3); /* nothing is sooner than that */
	ck_assert_uint_eq(ad.wait[1], 3);
	for (unsigned s = 0; s < PW_STRIPES; s++)
		if (s == 0 || s == 3)
			ck_assert_uint_lt(ad.late[s], PW_TREE_NEVER);
		else
			ck_assert_uint_eq(ad.late[s], PW_TREE_NEVER);
	for (unsigned i = 0; i < 6; i++)
		ck_assert(ask(0, i, 4, false));
	for (unsigned i = 0; i < 500; i++) {
		tree_waited(&t, true, 640 * SP_MS);
		tree_waited(&t, false, 1280 * SP_MS);
		tree_arrived(&t, 3, 100 * SP_S, SP_S);
		tree_arrived(&t, 0, 0, SP_S);
	}
	tree_ad(&t, 0, &ad);
	ck_assert_uint_eq(ad.free, 0);
	ck_assert_uint_eq(ad.strong, 1);
	ck_assert_uint_ge(ad.wait[0], 39);
	ck_assert_uint_le(ad.wait[0], 41);
	ck_assert_uint_ge(ad.wait[1], 19);
	ck_assert_uint_le(ad.wait[1], 21);
	ck_assert_uint_eq(ad.late[0], 0);
	ck_assert_uint_eq(ad.late[3], PW_TREE_NEVER - 1);
}
END_TEST

START_TEST(who_is_gone_leaves_nothing_behind)
{
	make(100, 6, 1);
	attach(1, 5, SP_S);
	tell(5, 2, 0, 0, true);
	ck_assert_uint_eq(pick(2, SP_S), 5);
	ck_assert(ask(0, 5, 20, false));
	tree_refused(&t, 4, 5, SP_S);
	tree_gone(&t, 5);
	for (unsigned s = 0; s < PW_STRIPES; s++) {
		ck_assert_uint_eq(t.stripes[s].children, 0);
		ck_assert_uint_eq(t.stripes[s].refused, 0);
		ck_assert_uint_eq(t.stripes[s].parent, TREE_NOBODY);
		ck_assert_uint_eq(t.stripes[s].asked, TREE_NOBODY);
		ck_assert_uint_eq(t.stripes[s].depth,
		    s == 0 ? 0 : PW_DEPTH_NONE);
	}
	ck_assert_uint_eq(t.told, 0);
	ck_assert_uint_eq(t.edges, 0);
}
END_TEST

UNIT_MAIN("tree_parent", path_keeps_the_last_eight,
    loops_and_depths_are_not_entered,
    least_sum_of_arrival_wait_and_way_is_asked,
    who_has_children_may_ask_for_the_place_of_a_weaker_one,
    children_are_not_asked, answers_are_waited_for_and_refusals_remembered,
    a_parent_is_changed_for_a_gain_and_after_a_stay,
    parents_who_send_nothing_are_left_sooner_than_late_ones,
    who_sent_nothing_is_asked_after_others_for_a_while,
    of_two_who_ask_each_other_one_becomes_the_child,
    blocks_are_waited_for_as_long_as_most_take,
    neighbours_are_told_of_places_and_times, who_is_gone_leaves_nothing_behind)
