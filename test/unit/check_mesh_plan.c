#include "swarm/mesh_int.h"

#include "test/unit/mesh_help.h"

/* Places that the tracker has planned. */

static struct places pl;

/* A viewer who has seen a piece: 3 stripes. */
static void
setup(unsigned without)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.up_bps = 1000000;
	conf.without = without;
	lab_setup(&conf);
	mesh_follow(lab.mesh, 0, true, lab.now);
	lab_publish(&lab, 0);
	run(SP_S);
	memset(&pl, 0, sizeof(pl));
}

static struct places_peer *
place(unsigned s, unsigned i)
{
	pl.stripes[s].n = (uint8_t)SP_MAX(pl.stripes[s].n, i + 1);
	return &pl.stripes[s].v[i];
}

/* In stripe |s|, neighbour |c| is planned as number |i|. */
static void
plan(unsigned s, unsigned i, unsigned c)
{
	int slot = mesh_peer_slot(lab.mesh, lab.conn[c].conn);
	struct places_peer *p = place(s, i);

	memcpy(p->peer_id, lab.mesh->peers[slot]->id, LINK_PEERID_LEN);
	p->addr = lab_addr(&lab, lab.conn[c].who);
}

/* Likewise |who|, who is no neighbour. */
static void
plan_stranger(unsigned s, unsigned i, uint8_t who)
{
	struct places_peer *p = place(s, i);

	memset(p->peer_id, who, LINK_PEERID_LEN);
	p->addr = lab_addr(&lab, who);
}

static void
tell(uint16_t told)
{
	ck_assert_int_eq(mesh_places(lab.mesh, &pl, told, lab.now), 0);
	run(20 * SP_MS);
}

static bool
is_dialled(uint8_t who)
{
	struct sp_addr a = lab_addr(&lab, who);

	for (unsigned i = 0; i < LAB_DIALS; i++)
		if (lab.dial[i].used && addr_eq(&lab.dial[i].addr, &a))
			return true;
	return false;
}

START_TEST(planned_parents_are_dialled)
{
	setup(0);
	plan_stranger(0, 0, 5);
	plan_stranger(1, 0, 6);
	plan_stranger(1, 1, 7);
	plan_stranger(9, 0, 8); /* pieces have three stripes */
	tell(0x0203);
	ck_assert(is_dialled(5) && is_dialled(6));
	ck_assert(!is_dialled(7) && !is_dialled(8));
	ck_assert_uint_eq(lab.dials, 2);
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 2);
	lab_teardown();
}
END_TEST

START_TEST(the_next_one_is_dialled_when_a_parent_cannot_be_had)
{
	setup(0);
	plan_stranger(0, 0, 5);
	plan_stranger(0, 1, 6);
	tell(1);
	ck_assert(is_dialled(5) && !is_dialled(6));
	for (unsigned i = 0; i < LAB_DIALS; i++)
		if (lab.dial[i].used) {
			lab.dial[i].used = false;
			mesh_dial_failed(lab.mesh, lab.dial[i].id,
			    MESH_CLOSE_REFUSED, lab.now);
			break;
		}
	run(SP_S);
	ck_assert(is_dialled(6));
	lab_teardown();
}
END_TEST

START_TEST(nobody_is_dialled_above_the_limits)
{
	setup(0);
	lab.mesh->conf.dials_max = 2;
	for (uint8_t s = 0; s < 3; s++)
		plan_stranger(s, 0, (uint8_t)(5 + s));
	tell(7);
	ck_assert_uint_eq(lab.dials, 2);
	lab_teardown();
	setup(0);
	lab.mesh->conf.neighbours_max = 1;
	neighbour(1);
	for (uint8_t s = 0; s < 3; s++)
		plan_stranger(s, 0, (uint8_t)(5 + s));
	tell(7);
	ck_assert_uint_eq(lab.dials, 0);
	lab_teardown();
}
END_TEST

START_TEST(who_has_no_parent_asks_the_planned_one_first)
{
	unsigned a, c;

	setup(0);
	a = neighbour(1);
	c = neighbour(2);
	for (uint8_t s = 0; s < 3; s++)
		plan(s, 0, c);
	tell(7);
	offer(a, 0);
	offer(c, 10);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[a].asked, 0);
	ck_assert_uint_eq(lab.conn[c].asked, 7);
	lab_teardown();
}
END_TEST

START_TEST(without_the_part_the_best_is_asked)
{
	unsigned a, c;

	setup(MESH_WITHOUT_CENTRAL);
	a = neighbour(1);
	c = neighbour(2);
	for (uint8_t s = 0; s < 3; s++)
		plan(s, 0, c);
	tell(7);
	offer(a, 0);
	offer(c, 10);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[a].asked, 7);
	ck_assert_uint_eq(lab.conn[c].asked, 0);
	lab_teardown();
}
END_TEST

START_TEST(others_of_the_plan_are_asked_when_the_parent_refuses)
{
	unsigned a, c, d;

	setup(0);
	a = neighbour(1);
	c = neighbour(2);
	d = neighbour(3);
	plan(1, 0, c);
	plan(1, 1, d);
	tell(2);
	offer(c, 10);
	offer(d, 10);
	offer(a, 0);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].asked & 2, 2);
	redirect(c, 1, 0);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[d].asked & 2, 2);
	ck_assert_uint_eq(lab.conn[a].asked & 2, 0);
	redirect(d, 1, 0);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[a].asked & 2, 2);
	lab_teardown();
}
END_TEST

START_TEST(a_planned_parent_without_a_place_is_not_waited_for)
{
	unsigned a, c;

	setup(0);
	a = neighbour(1);
	c = neighbour(2);
	plan(0, 0, c);
	tell(1);
	offer(a, 0);
	offer(c, PW_TREE_NEVER);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[a].asked, 7);
	lab_teardown();
}
END_TEST

START_TEST(a_planned_stranger_is_waited_for_a_little)
{
	unsigned a;

	setup(0);
	a = neighbour(1);
	plan_stranger(0, 0, 5);
	tell(1);
	offer(a, 0);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[a].asked, 6);
	run(SP_S);
	ck_assert_uint_eq(lab.conn[a].asked, 7);
	lab_teardown();
}
END_TEST

START_TEST(planned_stripes_are_inner_first)
{
	for (unsigned s = 0; s < 3; s++) {
		setup(0);
		run(9 * SP_S);
		lab.mesh->conf.up_bps = 60000;
		pl.inner = (uint16_t)(1u << s);
		tell(0);
		run(SP_S);
		ck_assert_uint_eq(lab.mesh->trees[0]->tree.inner, 1u << s);
		lab_teardown();
	}
}
END_TEST

START_TEST(places_without_memory_are_not_heard)
{
	setup(0);
	plan_stranger(0, 0, 5);
	failmem_arm(&fm, 1);
	ck_assert_int_eq(mesh_places(lab.mesh, &pl, 1, lab.now), SP_ERR_NOMEM);
	failmem_arm(&fm, 0);
	ck_assert_int_eq(mesh_places(lab.mesh, &pl, 1, lab.now), 0);
	lab_teardown();
}
END_TEST

START_TEST(an_uplink_that_is_another_is_announced_early)
{
	setup(0);
	/* or it hurries for want of neighbours */
	lab.mesh->conf.neighbours = 1;
	neighbour(1);
	lab_announced(&lab, 0, 0);
	ck_assert_uint_eq(lab.announces, 1);
	tell(0);
	run(12 * SP_S);
	ck_assert_uint_eq(lab.announces, 1);
	lab.mesh->conf.up_bps = 2000000;
	run(SP_S);
	ck_assert_uint_eq(lab.announces, 2);
	ck_assert_uint_eq(lab.told.up_kbps, 16000);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_plan", planned_parents_are_dialled,
    the_next_one_is_dialled_when_a_parent_cannot_be_had,
    nobody_is_dialled_above_the_limits,
    who_has_no_parent_asks_the_planned_one_first,
    without_the_part_the_best_is_asked,
    others_of_the_plan_are_asked_when_the_parent_refuses,
    a_planned_parent_without_a_place_is_not_waited_for,
    a_planned_stranger_is_waited_for_a_little, planned_stripes_are_inner_first,
    places_without_memory_are_not_heard,
    an_uplink_that_is_another_is_announced_early)
