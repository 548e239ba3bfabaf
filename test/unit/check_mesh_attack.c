#include "test/unit/mesh_help.h"

/* What neighbours do who mean harm. */

START_TEST(record_that_has_left_does_not_come_back)
{
	static uint8_t old[LIM_ENVELOPE];
	struct lab_rec r;
	unsigned c, d, k;
	size_t len = 0;

	lab_setup(NULL);
	c = neighbour(1);
	d = neighbour(2);
	for (k = 0; k < 70; k++) {
		lab_publish(&lab, k);
		if (k == 3) {
			len = lab.env.len;
			memcpy(old, lab.env.p, len);
		}
		run(SP_S);
	}
	ck_assert_int_eq(lab_held(&lab, 3), -1);
	pw_put_env(lab_say(&lab, c), PW_RECORD, old, len);
	lab_flush(&lab, c);
	run(SP_S);
	ck_assert_int_eq(lab_held(&lab, 3), -1);
	ck_assert_uint_eq(lab.conn[d].have[PW_HAVE_KNOWN], 0);
	ck_assert(lab.conn[c].open); /* it may have been slow */
	/* what was passed over and is in time is taken */
	lab_teardown();
	lab_setup(NULL);
	r = lab_rec(&lab, 0);
	lab_seal(&lab, &r);
	len = lab.env.len;
	memcpy(old, lab.env.p, len);
	lab.now += SP_S;
	lab_publish(&lab, 1);
	ck_assert_int_eq(mesh_record(lab.mesh, old, len, true, lab.now), 0);
	lab_teardown();
}
END_TEST

START_TEST(strangers_cannot_hold_all_slots)
{
	struct mesh_conf conf;
	unsigned i, k, d;

	lab_conf(&conf);
	conf.neighbours = 8;
	lab_setup(&conf);
	/* new ones twelve times a second, none of which says a word */
	for (i = 0; i < 60; i++) {
		lab_accept_raw(&lab, (uint8_t)(20 + i));
		run(80 * SP_MS);
		for (k = d = 0; k < LAB_CONNS; k++)
			d += lab.conn[k].open;
		ck_assert_uint_le(d, 13);
	}
	/* they keep us from dialling nobody, and nobody from coming in */
	lab_announced(&lab, 1, 3);
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 3);
	ck_assert_int_ge(lab_accept(&lab, 9), 0);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 1);
	lab_teardown();
}
END_TEST

START_TEST(flood_of_strangers_is_refused)
{
	unsigned i, in = 0;
	uint8_t entropy[32] = { 1 };
	struct sp_addr a;

	lab_setup(NULL);
	for (i = 0; i < 64; i++) {
		a = lab_addr(&lab, (uint8_t)i);
		in += mesh_peer_open(lab.mesh, 1000 + i, 0, &a, entropy,
			  lab.now) == 0;
	}
	ck_assert_uint_eq(in, 24);
	for (i = 0; i < in; i++)
		mesh_peer_closed(lab.mesh, 1000 + i, MESH_CLOSE_REMOTE,
		    lab.now);
	lab_teardown();
}
END_TEST

START_TEST(some_neighbours_are_of_our_own_choice)
{
	struct mesh_conf conf;
	unsigned i, k;

	lab_conf(&conf);
	conf.neighbours = 8;
	conf.neighbours_max = 12;
	lab_setup(&conf);
	for (i = 0; i < 9; i++)
		neighbour((uint8_t)(100 + i));
	lab_announced(&lab, 1, 5);
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 2);
	for (k = 0; k < LAB_DIALS; k++)
		if (lab.dial[k].used)
			ck_assert_int_ge(
			    lab_answer(&lab, k,
				(uint8_t)(lab.dial[k].addr.port - 7000)),
			    0);
	run(10 * SP_S);
	ck_assert_uint_eq(lab.dials, 2);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_attack", record_that_has_left_does_not_come_back,
    strangers_cannot_hold_all_slots, flood_of_strangers_is_refused,
    some_neighbours_are_of_our_own_choice)
