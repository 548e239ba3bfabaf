#include "swarm/mesh_int.h"

#include "test/unit/meshtree_help.h"

/* Push trees, as neighbours see them who are played by hand. */

/* With uplink for many children. */
static void
setup(void)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.up_bps = 1000000;
	begin(&conf);
}

/* Sends |n| blocks that nobody asked for. */
static void
push(unsigned c, unsigned n)
{
	static uint8_t bytes[LIM_BLOCK];
	struct pw_block_ref ref = { LAB_FIRST, 0, 0 };

	lab_bytes(0, LAB_FIRST, 0, 0, bytes, sizeof(bytes));
	while (n-- > 0 && lab.conn[c].open) {
		pw_put_block_head(lab_say(&lab, c), ref, sizeof(bytes));
		buf_put(lab_say(&lab, c), bytes, sizeof(bytes));
		lab_flush(&lab, c);
	}
}

START_TEST(path_that_flaps_is_passed_on_twice_a_second)
{
	unsigned c, d, i, n;

	setup();
	c = parent(1);
	run(9 * SP_S); /* then we relay */
	d = neighbour(2);
	subscribe(d, 0, 0);
	ck_assert_uint_eq(lab.conn[d].got[PW_ACCEPT], 1);
	ck_assert_uint_eq(lab.conn[d].accept.depth, 2);
	n = lab.conn[d].got[PW_ACCEPT];
	accept(c, 0, 500); /* what changes once is told at once */
	ck_assert_uint_eq(lab.conn[d].got[PW_ACCEPT], n + 1);
	ck_assert_uint_eq(lab.conn[d].accept.path[0], 500);
	for (i = 0; i < 120; i++) {
		accept(c, 0, 1000 + i);
		run(40 * SP_MS);
	}
	ck_assert_uint_ge(lab.conn[d].got[PW_ACCEPT], n + 8);
	ck_assert_uint_le(lab.conn[d].got[PW_ACCEPT], n + 12);
	/* and how it ends is told */
	run(SP_S);
	ck_assert_uint_eq(lab.conn[d].accept.path[0], 1119);
	lab_teardown();
}
END_TEST

START_TEST(messages_of_trees_are_answered_within_a_rate)
{
	unsigned c, i;

	setup();
	c = neighbour(1);
	for (i = 0; i < 1000; i++)
		subscribe(c, (uint8_t)(i % 3), 0);
	ck_assert_uint_eq(lab.conn[c].got[PW_REDIRECT], 128);
	run(SP_S);
	for (i = 0; i < 1000; i++)
		subscribe(c, (uint8_t)(i % 3), 0);
	ck_assert_uint_eq(lab.conn[c].got[PW_REDIRECT], 160);
	ck_assert(lab.conn[c].open);
	/* it may still be a parent, a little later */
	run(4 * SP_S);
	offer(c, 0);
	run(300 * SP_MS);
	accept(c, 0, 77);
	ck_assert_uint_eq(lab_stats(&lab).tree_places, 1);
	lab_teardown();
}
END_TEST

START_TEST(who_was_not_asked_may_not_push)
{
	unsigned c, d, i;

	setup();
	c = neighbour(1);
	for (i = 0; i < 40; i++) {
		redirect(c, 0, 0);
		accept(c, 1, 77);
	}
	ck_assert_uint_eq(lab.conn[c].got[PW_UNSUBSCRIBE], 40);
	push(c, MESH_STRAYS + 2);
	ck_assert(!lab.conn[c].open);
	/* who was asked may, for a while */
	d = neighbour(2);
	offer(d, 0);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[d].asked, 7);
	redirect(d, 0, 0);
	push(d, MESH_STRAYS + 2);
	ck_assert(lab.conn[d].open);
	lab_teardown();
}
END_TEST

START_TEST(strays_are_forgotten_after_a_while)
{
	unsigned c, i;

	setup();
	c = neighbour(1);
	for (i = 0; i < 20; i++) {
		push(c, MESH_STRAYS / 2);
		run(10 * SP_S);
		ck_assert_msg(lab.conn[c].open, "after %u times", i);
	}
	push(c, MESH_STRAYS + 2);
	ck_assert(!lab.conn[c].open);
	lab_teardown();
}
END_TEST

START_TEST(refusals_do_not_make_us_look_without_pause)
{
	unsigned c, i, n = 0;
	sp_time last = 0;

	setup();
	c = neighbour(1);
	offer(c, 0);
	run(300 * SP_MS);
	for (i = 0; i < 100; i++) {
		redirect(c, (uint8_t)(i % 3), 0);
		lab_run(&lab, lab.now + 10 * SP_MS);
		n += lab.mesh->hurried_at != last;
		last = lab.mesh->hurried_at;
	}
	ck_assert_uint_ge(n, 2);
	ck_assert_uint_le(n, 11);
	lab_teardown();
}
END_TEST

START_TEST(who_begins_to_follow_later_is_told_of_places_again)
{
	struct pw_tree none = { .free = 0 };
	unsigned c, n;

	memset(none.wait, PW_TREE_NEVER, sizeof(none.wait));
	memset(none.late, PW_TREE_NEVER, sizeof(none.late));
	setup();
	c = neighbour(1);
	watch(1);
	n = lab.conn[c].got[PW_TREE];
	ck_assert_uint_ge(n, 1); /* in vain: it had no trees */
	offer(c, 0);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].got[PW_TREE], n + 1);
	/* each time, but only once */
	offer(c, 0);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].got[PW_TREE], n + 1);
	pw_put_tree(lab_say(&lab, c), 0, &none);
	lab_flush(&lab, c);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].got[PW_TREE], n + 1);
	offer(c, 0);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].got[PW_TREE], n + 2);
	lab_teardown();
}
END_TEST

/* Blocks of a stripe come early and late for 10 s: what |d| is told of it. */
static unsigned
told_of_change(unsigned d)
{
	unsigned i, n = lab.conn[d].got[PW_TREE];

	for (i = 0; i < 40; i++) {
		lab.mesh->trees[0]->tree.stripes[0].late = i % 2 * 2 * SP_S;
		run(250 * SP_MS);
	}
	return lab.conn[d].got[PW_TREE] - n;
}

START_TEST(who_takes_no_children_tells_of_its_places_seldom)
{
	unsigned d;

	setup();
	parent(1);
	d = neighbour(2);
	run(9 * SP_S); /* then we relay */
	ck_assert_uint_ne(lab.mesh->trees[0]->ad.free, 0);
	ck_assert_uint_ge(told_of_change(d), 8);
	lab_teardown();

	setup();
	parent(1);
	d = neighbour(2);
	lab.mesh->weak_till = lab.now + 100 * SP_S;
	run(9 * SP_S);
	ck_assert_uint_eq(lab.mesh->trees[0]->ad.free, 0);
	ck_assert_uint_le(told_of_change(d), 3);
	ck_assert_uint_ne(mesh_tree(lab.mesh, 0)->stripes[0].parent,
	    TREE_NOBODY);
	lab_teardown();
}
END_TEST

START_TEST(who_has_no_trees_any_more_is_not_asked)
{
	struct pw_tree none = { .free = 0 };
	unsigned c;

	memset(none.wait, PW_TREE_NEVER, sizeof(none.wait));
	memset(none.late, PW_TREE_NEVER, sizeof(none.late));
	setup();
	c = neighbour(1);
	offer(c, 0);
	pw_put_tree(lab_say(&lab, c), 0, &none);
	lab_flush(&lab, c);
	watch(2);
	ck_assert_uint_eq(lab.conn[c].asked, 0);
	lab_teardown();
}
END_TEST

START_TEST(end_of_following_is_told_and_answers_are_declined)
{
	unsigned c, s;

	setup();
	c = neighbour(1);
	offer(c, 0);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].asked, 7);
	ck_assert_uint_lt(lab.conn[c].ad.wait[0], PW_TREE_NEVER);
	mesh_follow(lab.mesh, 0, false, lab.now);
	lab_drain(&lab);
	for (s = 0; s < PW_STRIPES; s++)
		ck_assert_uint_eq(lab.conn[c].ad.late[s], PW_TREE_NEVER);
	ck_assert_uint_eq(lab.conn[c].ad.wait[0], PW_TREE_NEVER);
	ck_assert_uint_eq(lab.conn[c].ad.wait[1], PW_TREE_NEVER);
	ck_assert_uint_eq(lab.conn[c].got[PW_UNSUBSCRIBE], 3);
	accept(c, 2, 77); /* under way */
	ck_assert_uint_eq(lab.conn[c].got[PW_UNSUBSCRIBE], 4);
	subscribe(c, 0, 0);
	ck_assert_uint_eq(lab.conn[c].got[PW_REDIRECT], 1);
	/* what it began to push is no offence */
	push(c, MESH_STRAYS + 2);
	ck_assert(lab.conn[c].open);
	lab_teardown();
}
END_TEST

/* What |c| was told of blocks. */
static unsigned
heard(unsigned c)
{
	return lab.conn[c].have[PW_HAVE_BLOCKS] + lab.conn[c].have[PW_HAVE_ALL];
}

/* |c| gets piece |pieces| across, and |d| and |e| listen for |t|. */
static void
get_one(unsigned c, unsigned d, unsigned e, sp_time t)
{
	lab_publish(&lab, pieces);
	lab_have(&lab, c, 0, LAB_FIRST + pieces++, true);
	run(300 * SP_MS);
	ck_assert_uint_gt(lab.conn[c].n_req, 0);
	memset(lab.conn[d].have, 0, sizeof(lab.conn[d].have));
	memset(lab.conn[e].have, 0, sizeof(lab.conn[e].have));
	ck_assert_uint_gt(lab_serve(&lab, c, LAB_RIGHT), 0);
	run(t);
}

/* Three neighbours, of which |d| has given places for long. */
static void
three(unsigned *c, unsigned *d, unsigned *e)
{
	unsigned k;

	setup();
	*c = neighbour(1);
	*d = neighbour(2);
	*e = neighbour(3);
	for (k = 0; k < 12; k++) {
		offer(*d, 0);
		watch(1);
	}
}

START_TEST(who_gets_blocks_pushed_hears_later_who_else_has_them)
{
	unsigned c, d, e, k;

	three(&c, &d, &e);
	get_one(c, d, e, 150 * SP_MS);
	ck_assert_uint_eq(heard(d), 0);
	ck_assert_uint_gt(heard(e), 0);
	k = heard(e);
	run(MESH_NEWS_REST);
	ck_assert_uint_eq(heard(d), 1);
	ck_assert_uint_ge(heard(e), k);
	/* who has come lately may be starting */
	e = neighbour(4);
	offer(e, 0);
	run(SP_S);
	get_one(c, d, e, 150 * SP_MS);
	ck_assert_uint_eq(heard(d), 0);
	ck_assert_uint_gt(heard(e), 0);
	lab_teardown();
}
END_TEST

START_TEST(who_has_a_block_by_then_hears_nothing_of_it)
{
	unsigned c, d, e;

	three(&c, &d, &e);
	get_one(c, d, e, 150 * SP_MS);
	lab_have(&lab, d, 0, LAB_FIRST + pieces - 1, true);
	run(SP_S);
	ck_assert_uint_eq(heard(d), 0);
	ck_assert_uint_gt(heard(e), 0);
	lab_teardown();
}
END_TEST

/* Or a new parent would send what we have of others, or are about to get. */
START_TEST(who_asks_for_a_parent_tells_it_what_is_there_and_expected)
{
	unsigned c, d, blocks, coming;

	setup();
	c = neighbour(1);
	d = neighbour(2);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	lab_have(&lab, d, 0, LAB_FIRST, true);
	run(50 * SP_MS);
	push(d, 1); /* the others have been asked for */
	run(200 * SP_MS);
	/* to them it is no news: they hold all of the piece */
	blocks = lab.conn[c].have[PW_HAVE_BLOCKS];
	coming = lab.conn[c].have[PW_HAVE_ARRIVING];
	offer(c, 0);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].asked, 7);
	ck_assert_uint_eq(lab.conn[c].have[PW_HAVE_BLOCKS], blocks + 1);
	ck_assert_uint_eq(lab.conn[c].have[PW_HAVE_ARRIVING], coming + 1);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_tree", path_that_flaps_is_passed_on_twice_a_second,
    messages_of_trees_are_answered_within_a_rate,
    who_was_not_asked_may_not_push, strays_are_forgotten_after_a_while,
    refusals_do_not_make_us_look_without_pause,
    who_begins_to_follow_later_is_told_of_places_again,
    who_takes_no_children_tells_of_its_places_seldom,
    who_has_no_trees_any_more_is_not_asked,
    end_of_following_is_told_and_answers_are_declined,
    who_gets_blocks_pushed_hears_later_who_else_has_them,
    who_has_a_block_by_then_hears_nothing_of_it,
    who_asks_for_a_parent_tells_it_what_is_there_and_expected)
