#include "test/unit/roster_help.h"
#include "test/unit/meshtree_help.h"

/* Who is the root of a stripe, and who stands in for it. */

static void
setup(void)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.up_bps = 1250000;
	begin(&conf);
}

/* Pieces go on for |n| seconds; the neighbour, if there is one, has them. */
static void
watch_both(unsigned n)
{
	while (n-- > 0) {
		lab_publish(&lab, pieces++);
		if (lab.conn[0].open)
			lab_have(&lab, 0, 0, LAB_FIRST + pieces - 1, true);
		run(SP_S);
	}
}

static const uint8_t *
id_of(unsigned c)
{
	int slot = mesh_peer_slot(lab.mesh, lab.conn[c].conn);

	ck_assert_int_ge(slot, 0);
	return lab.mesh->peers[slot]->id;
}

/* A roster comes of us and |id|, who is before us in stripe 0. */
static void
behind(const uint8_t *id)
{
	unsigned own;
	struct duty d;

	members(2);
	own =
	    memcmp(ros.entries[0].peer_id, lab.mesh->id, LINK_PEERID_LEN) != 0;
	memcpy(ros.entries[!own].peer_id, id, LINK_PEERID_LEN);
	if ((memcmp(id, lab.mesh->id, LINK_PEERID_LEN) > 0) == own) {
		memcpy(ros.entries[own].peer_id, id, LINK_PEERID_LEN);
		memcpy(ros.entries[!own].peer_id, lab.mesh->id,
		    LINK_PEERID_LEN);
	}
	for (ros.epoch = 0; ros.epoch < 1000; ros.epoch++) {
		duty_draw(&d, &ros, lab.now, lab.mesh->id, 0, 3, lab.now);
		if (d.rank[1] & 1)
			break;
	}
	ck_assert_int_eq(mesh_roster(lab.mesh, &ros, lab.now), 0);
}

static bool
acts(void)
{
	ck_assert_int_eq(mesh_root_acts(lab.mesh, 0, 0),
	    lab.mesh->trees[0]->acting & 1);
	return mesh_root_acts(lab.mesh, 0, 0);
}

START_TEST(backup_stands_in_for_a_root_that_is_gone)
{
	unsigned c;

	setup();
	c = neighbour(1);
	offer(c, 1);
	behind(id_of(c));
	watch_both(5);
	ck_assert(!acts());
	ck_assert_uint_eq(mesh_tree(lab.mesh, 0)->roots & 1, 0);
	lab_hangup(&lab, c, MESH_CLOSE_REMOTE);
	run(300 * SP_MS);
	ck_assert(acts());
	ck_assert_uint_eq(mesh_tree(lab.mesh, 0)->roots & 1, 1);
	ck_assert_uint_eq(mesh_tree(lab.mesh, 0)->stripes[0].depth, 0);
	/* until it comes back */
	offer(neighbour(1), 1);
	run(300 * SP_MS);
	ck_assert(!acts());
	ck_assert_uint_eq(mesh_tree(lab.mesh, 0)->roots & 1, 0);
	lab_teardown();
}
END_TEST

START_TEST(backup_stands_in_for_who_watches_something_else)
{
	unsigned c;

	setup();
	c = neighbour(1);
	behind(id_of(c));
	watch_both(2);
	ck_assert(!acts());
	watch_both(3);
	ck_assert(acts());
	offer(c, 1);
	run(300 * SP_MS);
	ck_assert(!acts());
	offer(c, PW_TREE_NEVER);
	run(300 * SP_MS);
	ck_assert(acts());
	lab_teardown();
}
END_TEST

START_TEST(nobody_stands_in_for_a_root_that_cannot_be_met)
{
	static const uint8_t id[LINK_PEERID_LEN] = "nobody, ever at all";

	setup();
	neighbour(1);
	behind(id);
	watch_both(10);
	ck_assert(!acts());
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_root", backup_stands_in_for_a_root_that_is_gone,
    backup_stands_in_for_who_watches_something_else,
    nobody_stands_in_for_a_root_that_cannot_be_met)
