#include "test/unit/mesh_help.h"

/*
 * A viewer between a parent and a child in the trees of track 0, whose pieces
 * have three blocks and so three stripes.
 */

#define ALL 7 /* stripes */

static unsigned parent, child;
static uint64_t edge; /* one past the newest piece */

static void
push(unsigned c, uint64_t number, uint16_t index)
{
	struct pw_block_ref ref = { number, index, 0 };
	uint8_t bytes[LIM_BLOCK];
	size_t len =
	    SP_MIN((size_t)LIM_BLOCK, LAB_LEN - (size_t)index * LIM_BLOCK);
	struct sp_buf *b = lab_say(&lab, c);

	lab_bytes(0, number, 0, (uint64_t)index * LIM_BLOCK, bytes, len);
	pw_put_block_head(b, ref, len);
	buf_put(b, bytes, len);
	lab_flush(&lab, c);
}

/* The next piece, of which |stripes| come from the parent. */
static void
piece(unsigned stripes)
{
	uint16_t s;

	lab_publish(&lab, (unsigned)(edge - LAB_FIRST));
	for (s = 0; s < 3; s++)
		if (stripes >> s & 1)
			push(parent, edge, s);
	edge++;
	run(SP_S);
	/* its pongs */
	lab_flush(&lab, child);
}

static void
subscribe(unsigned c, uint8_t stripe)
{
	pw_put_subscribe(lab_say(&lab, c), 0, stripe, 0, true, edge);
	lab_flush(&lab, c);
	run(100 * SP_MS);
}

/* With |c| as the parent of all stripes, and a child of stripe 0. */
static void
setup(void)
{
	struct pw_tree ad = { .free = ALL };
	struct pw_accept root = { 0 };
	struct mesh_conf conf;
	uint8_t s;

	lab_conf(&conf);
	conf.up_bps = 1000000;
	lab_setup(&conf);
	edge = LAB_FIRST;
	mesh_follow(lab.mesh, 0, true, lab.now);
	parent = neighbour(1);
	child = neighbour(2);
	piece(0);
	memset(ad.late + 3, PW_TREE_NEVER, PW_STRIPES - 3);
	pw_put_tree(lab_say(&lab, parent), 0, &ad);
	lab_flush(&lab, parent);
	run(500 * SP_MS);
	ck_assert_uint_eq(lab.conn[parent].parent_of, ALL);
	for (s = 0; s < 3; s++)
		pw_put_accept(lab_say(&lab, parent), 0, s, &root);
	lab_flush(&lab, parent);
	while (edge < LAB_FIRST + 12)
		piece(ALL);
	pw_put_simple(lab_say(&lab, child), PW_INTERESTED);
	subscribe(child, 0);
	ck_assert_uint_eq(lab.conn[child].got[PW_ACCEPT], 1);
	piece(ALL);
	ck_assert_uint_eq(lab.conn[child].blocks, 1);
}

static void
switch_away(void)
{
	mesh_follow(lab.mesh, 0, false, lab.now);
	run(100 * SP_MS);
}

/* The delay is 3 s, pieces have 1 s. */
START_TEST(children_have_notice_and_get_their_stripe_meanwhile)
{
	uint64_t asked;

	setup();
	switch_away();
	ck_assert_uint_eq(lab.conn[child].got[PW_REDIRECT], 1);
	ck_assert_uint_gt(lab.conn[child].redirect, edge);
	ck_assert_uint_le(lab.conn[child].redirect, edge + 4);
	/* what nobody gets from us we do not get either */
	ck_assert_uint_eq(lab.conn[parent].parent_of, 1);
	asked = lab_stats(&lab).requests;
	piece(1);
	piece(1);
	ck_assert_uint_eq(lab.conn[child].blocks, 3);
	ck_assert_uint_eq(lab.conn[child].got[PW_REDIRECT], 1);
	run(2 * SP_S);
	ck_assert_uint_eq(lab.conn[parent].parent_of, 0);
	ck_assert_uint_eq(lab.conn[child].got[PW_REDIRECT], 2);
	ck_assert_uint_eq(lab.conn[child].redirect, 0);
	ck_assert_uint_eq(lab_stats(&lab).requests, asked);
	piece(1);
	ck_assert_uint_eq(lab.conn[child].blocks, 3);
	lab_teardown();
}
END_TEST

START_TEST(parent_is_left_when_the_child_has_gone)
{
	setup();
	switch_away();
	ck_assert_uint_eq(lab.conn[parent].parent_of, 1);
	pw_put_unsubscribe(lab_say(&lab, child), 0, 0, edge);
	lab_flush(&lab, child);
	run(SP_S);
	ck_assert_uint_eq(lab.conn[parent].parent_of, 0);
	lab_teardown();
}
END_TEST

START_TEST(nobody_becomes_a_child_then)
{
	unsigned c;

	setup();
	c = neighbour(3);
	switch_away();
	subscribe(c, 0);
	ck_assert_uint_eq(lab.conn[c].got[PW_ACCEPT], 0);
	ck_assert_uint_eq(lab.conn[c].got[PW_REDIRECT], 1);
	ck_assert_uint_eq(lab.conn[c].redirect, 0);
	lab_teardown();
}
END_TEST

START_TEST(who_comes_back_goes_on)
{
	setup();
	switch_away();
	mesh_follow(lab.mesh, 0, true, lab.now);
	run(4 * SP_S);
	ck_assert_uint_eq(lab.conn[child].got[PW_REDIRECT], 1);
	/* all stripes again */
	ck_assert_uint_eq(lab.conn[parent].parent_of, ALL);
	lab_teardown();
}
END_TEST

START_TEST(parent_that_loses_its_own_is_told_on)
{
	setup();
	switch_away();
	redirect(parent, 0, 0);
	run(SP_S);
	ck_assert_uint_eq(lab.conn[child].got[PW_REDIRECT], 2);
	ck_assert_uint_eq(lab.conn[child].redirect, 0);
	lab_teardown();
}
END_TEST

START_TEST(child_with_notice_keeps_its_parent_until_it_has_another)
{
	struct pw_tree ad = { .free = ALL };
	struct pw_accept root = { 0 };
	unsigned other;

	setup();
	other = neighbour(4);
	redirect(parent, 1, edge + 3);
	run(500 * SP_MS);
	ck_assert_uint_eq(lab.conn[parent].parent_of, ALL);
	piece(ALL);
	memset(ad.late, PW_TREE_NEVER, PW_STRIPES);
	ad.late[1] = 3;
	pw_put_tree(lab_say(&lab, other), 0, &ad);
	lab_flush(&lab, other);
	run(500 * SP_MS);
	ck_assert_uint_eq(lab.conn[other].parent_of, 2);
	ck_assert_uint_eq(lab.conn[parent].parent_of, ALL);
	pw_put_accept(lab_say(&lab, other), 0, 1, &root);
	lab_flush(&lab, other);
	run(500 * SP_MS);
	ck_assert_uint_eq(lab.conn[parent].parent_of, ALL & ~2);
	lab_teardown();
}
END_TEST

START_TEST(notice_ends_when_its_piece_is_past)
{
	setup();
	redirect(parent, 1, edge + 1);
	piece(ALL);
	ck_assert_uint_eq(lab.conn[parent].parent_of, ALL);
	piece(ALL & ~2);
	ck_assert_uint_eq(lab.conn[parent].parent_of, ALL & ~2);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_relay", children_have_notice_and_get_their_stripe_meanwhile,
    parent_is_left_when_the_child_has_gone, nobody_becomes_a_child_then,
    who_comes_back_goes_on, parent_that_loses_its_own_is_told_on,
    child_with_notice_keeps_its_parent_until_it_has_another,
    notice_ends_when_its_piece_is_past)
