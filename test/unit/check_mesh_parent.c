#include "swarm/mesh_int.h"

#include "test/unit/meshtree_help.h"

/* Parents that are lost, bad ones, and children that there is no room for. */

/* With uplink for many children, as far as it expects. */
static void
setup(void)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.expect_up_bps = 1000000;
	begin(&conf);
}

/* A piece comes that |c| holds; it is not asked, for the parent is to push. */
static void
wait_for_pushes(unsigned c)
{
	lab_publish(&lab, pieces++);
	lab_have(&lab, c, 0, LAB_FIRST + pieces - 1, true);
	run(100 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].n_req, 0);
}

START_TEST(what_a_lost_parent_was_to_push_is_asked_of_others_soon)
{
	unsigned c, d;

	setup();
	c = parent(1);
	d = neighbour(2);
	wait_for_pushes(d);
	lab_hangup(&lab, c, MESH_CLOSE_REMOTE);
	run(310 * SP_MS);
	ck_assert_uint_ge(lab.conn[d].n_req, 2);
	lab_teardown();
}
END_TEST

START_TEST(what_a_parent_will_not_push_is_asked_of_others_soon)
{
	unsigned c, d;

	setup();
	c = parent(1);
	d = neighbour(2);
	wait_for_pushes(d);
	redirect(c, 0, 0);
	run(310 * SP_MS);
	ck_assert_uint_eq(lab.conn[d].n_req, 1);
	lab_teardown();
}
END_TEST

START_TEST(silent_parent_is_left_however_late_it_was)
{
	unsigned c;

	setup();
	c = parent(1);
	/* it has sent some at once and some very late */
	lab.mesh->trees[0]->tree.stripes[0].late = 5 * SP_S;
	lab.mesh->trees[0]->tree.stripes[0].late_dev = 5 * SP_S;
	for (unsigned i = 0; i < 12; i++) {
		watch(1);
		lab_have(&lab, c, 0, LAB_FIRST + pieces - 1, false);
	}
	ck_assert(lab.conn[c].open);
	ck_assert_uint_gt(lab.conn[c].got[PW_UNSUBSCRIBE], 0);
	ck_assert_uint_eq(mesh_tree(lab.mesh, 0)->stripes[0].parent,
	    TREE_NOBODY);
	lab_teardown();
}
END_TEST

START_TEST(who_serves_nobody_lets_all_children_go)
{
	unsigned leaf, inner;

	setup();
	parent(1);
	run(9 * SP_S); /* then we relay */
	leaf = neighbour(2);
	inner = neighbour(3);
	subscribe(leaf, 0, 0);
	subscribe(inner, 0, 9);
	ck_assert_uint_eq(lab.conn[leaf].got[PW_ACCEPT], 1);
	ck_assert_uint_eq(lab.conn[inner].got[PW_ACCEPT], 1);
	lab.mesh->weak_till = lab.now + 100 * SP_S;
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[leaf].got[PW_ACCEPT], 1);
	ck_assert_uint_eq(lab.conn[leaf].got[PW_REDIRECT], 1);
	ck_assert_uint_eq(lab.conn[inner].got[PW_REDIRECT], 1);
	ck_assert_uint_eq(lab_stats(&lab).children, 0);
	subscribe(inner, 0, 9);
	ck_assert_uint_eq(lab.conn[inner].got[PW_ACCEPT], 1);
	ck_assert_uint_eq(lab.conn[inner].got[PW_REDIRECT], 2);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_parent", what_a_lost_parent_was_to_push_is_asked_of_others_soon,
    what_a_parent_will_not_push_is_asked_of_others_soon,
    silent_parent_is_left_however_late_it_was,
    who_serves_nobody_lets_all_children_go)
