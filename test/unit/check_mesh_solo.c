#include "test/unit/mesh_help.h"

/* A viewer of track 0 with an origin, that is told of |others| by a tracker. */
static void
setup(unsigned others)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.delay_ms = 4000;
	lab_setup(&conf);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, 1, lab.now);
	lab_announced(&lab, 1, others);
}

/* Piece |k| is new for |t|; whether some of it was asked of the origin. */
static bool
fetched(uint64_t k, sp_time t)
{
	unsigned before = lab.fetches;
	sp_time end = lab.now + t;
	int f;

	lab_publish(&lab, k);
	while (lab.now < end) {
		run(20 * SP_MS);
		if ((f = lab_fetching(&lab)) >= 0)
			lab_reply(&lab, (unsigned)f, LAB_OK);
	}
	return lab.fetches > before;
}

START_TEST(who_has_nobody_fetches_what_is_new_at_once)
{
	uint64_t k;
	int f;

	setup(0);
	fetched(0, 3 * SP_S);
	ck_assert(lab_stats(&lab).instant);
	ck_assert_uint_eq(lab_stats(&lab).instants, 1);
	for (k = 1; k < 6; k++) {
		lab_publish(&lab, k);
		run(100 * SP_MS);
		f = lab_fetching(&lab);
		ck_assert_int_ge(f, 0);
		ck_assert(lab.fetch[f].whole);
		ck_assert_uint_eq(lab.fetch[f].number, LAB_FIRST + k);
		lab_reply(&lab, (unsigned)f, LAB_OK);
		reads_right(k);
		run(900 * SP_MS);
	}
	ck_assert_uint_eq(lab_stats(&lab).missed, 0);
	ck_assert_uint_eq(lab_stats(&lab).instants, 1);
	lab_teardown();
}
END_TEST

START_TEST(two_neighbours_that_have_what_is_new_are_waited_for_again)
{
	unsigned a, b;

	setup(5);
	fetched(0, 3 * SP_S);
	ck_assert(lab_stats(&lab).instant);
	a = neighbour(1);
	b = neighbour(2);
	/* that they are there is not enough */
	ck_assert(fetched(1, SP_S));
	ck_assert(lab_stats(&lab).instant);
	lab_have(&lab, a, 0, LAB_FIRST + 1, true);
	ck_assert(fetched(2, SP_S));
	ck_assert(lab_stats(&lab).instant);
	lab_have(&lab, a, 0, LAB_FIRST + 2, true);
	lab_have(&lab, b, 0, LAB_FIRST + 2, true);
	run(SP_S);
	ck_assert(!lab_stats(&lab).instant);
	ck_assert(!fetched(3, 200 * SP_MS));
	/* until they have gone */
	lab_hangup(&lab, a, MESH_CLOSE_REMOTE);
	run(3 * SP_S);
	ck_assert(lab_stats(&lab).instant);
	ck_assert_uint_eq(lab_stats(&lab).instants, 2);
	lab_teardown();
}
END_TEST

START_TEST(neighbours_that_have_it_and_give_nothing_are_not_waited_for)
{
	int c[3], i;
	uint64_t k;

	setup(5);
	/* they never let us ask */
	for (i = 0; i < 3; i++)
		c[i] = lab_accept(&lab, (uint8_t)(1 + i));
	for (k = 0; k < 14 && !lab_stats(&lab).instant; k++) {
		for (i = 0; i < 3; i++)
			lab_have(&lab, (unsigned)c[i], 0, LAB_FIRST + k, true);
		fetched(k, SP_S);
	}
	ck_assert(lab_stats(&lab).instant);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 3);
	ck_assert(fetched(k, 200 * SP_MS));
	lab_teardown();
}
END_TEST

START_TEST(pieces_of_the_start_tell_nothing_of_neighbours)
{
	struct mesh_conf conf;
	int c[3], i;
	uint64_t k;

	lab_conf(&conf);
	conf.delay_ms = 4000;
	lab_setup(&conf);
	mesh_origins(lab.mesh, 1, lab.now);
	lab_announced(&lab, 1, 5);
	for (i = 0; i < 3; i++)
		c[i] = lab_accept(&lab, (uint8_t)(1 + i));
	for (k = 0; k < 6; k++) {
		fetched(k, SP_S);
		for (i = 0; i < 3; i++)
			lab_have(&lab, (unsigned)c[i], 0, LAB_FIRST + k, true);
	}
	mesh_follow(lab.mesh, 0, true, lab.now);
	for (i = 0; i < 300; i++) {
		run(20 * SP_MS);
		while (lab_fetching(&lab) >= 0)
			lab_reply(&lab, (unsigned)lab_fetching(&lab), LAB_OK);
	}
	/* three pieces of the start, and they were due */
	ck_assert_uint_ge(lab_stats(&lab).due, 3);
	ck_assert_uint_ge(lab_stats(&lab).rescues, 3);
	ck_assert_uint_eq(lab_stats(&lab).instants, 0);
	lab_teardown();
}
END_TEST

START_TEST(neighbours_that_lack_it_too_are_left_to_the_ramp)
{
	unsigned i;
	uint64_t k;

	setup(5);
	for (i = 0; i < 3; i++)
		neighbour((uint8_t)(1 + i));
	for (k = 0; k < 9; k++)
		fetched(k, SP_S);
	ck_assert(!lab_stats(&lab).instant);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_solo", who_has_nobody_fetches_what_is_new_at_once,
    two_neighbours_that_have_what_is_new_are_waited_for_again,
    neighbours_that_have_it_and_give_nothing_are_not_waited_for,
    pieces_of_the_start_tell_nothing_of_neighbours,
    neighbours_that_lack_it_too_are_left_to_the_ramp)
