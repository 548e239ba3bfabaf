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

static void
tell(unsigned c, uint8_t who, uint8_t id)
{
	struct pw_pex_entry e = { .flags = PW_PEX_LISTENS };
	struct pw_open open;

	memset(e.peer_id, id, sizeof(e.peer_id));
	e.addr = lab_addr(&lab, who);
	pw_pex_begin(&open, lab_say(&lab, c));
	pw_pex_add(&open, lab_say(&lab, c), &e);
	pw_end(&open, lab_say(&lab, c));
	lab_flush(&lab, c);
}

START_TEST(hearsay_cannot_have_an_address_dialled_again_and_again)
{
	unsigned c, k, i;

	lab_setup(NULL);
	c = neighbour(1);
	tell(c, 50, 1); /* a victim that takes no connections */
	for (i = 0; i < 60; i++) {
		tell(c, 50, (uint8_t)(i + 2));
		run(SP_S);
		for (k = 0; k < LAB_DIALS; k++) {
			if (!lab.dial[k].used)
				continue;
			lab.dial[k].used = false;
			mesh_dial_failed(lab.mesh, lab.dial[k].id,
			    MESH_CLOSE_REFUSED, lab.now);
		}
	}
	/* after 5, 10, 20 s as any other that fails */
	ck_assert_uint_le(lab.dials, 4);
	ck_assert_uint_ge(lab.dials, 3);
	lab_teardown();
}
END_TEST

START_TEST(one_neighbour_cannot_fill_the_list_of_addresses)
{
	unsigned c, i;

	lab_setup(NULL);
	c = neighbour(1);
	for (i = 0; i < 100; i++)
		tell(c, (uint8_t)(i + 2), (uint8_t)i);
	ck_assert_uint_eq(lab_stats(&lab).contacts, 1 + LIM_PEX_PEERS);
	run(SP_S);
	tell(c, 200, 1); /* now it may again */
	ck_assert_uint_eq(lab_stats(&lab).contacts, 2 + LIM_PEX_PEERS);
	lab_teardown();
}
END_TEST

START_TEST(bad_manifests_of_a_neighbour_end_it)
{
	unsigned c, i;

	lab_setup(NULL);
	c = neighbour(1);
	lab_manifest(&lab, 5);
	lab.env.p[lab.env.len - 5] ^= 1;
	for (i = 0; i < 3; i++) {
		ck_assert(lab.conn[c].open);
		pw_put_env(lab_say(&lab, c), PW_MANIFEST, lab.env.p,
		    lab.env.len);
		lab_flush(&lab, c);
	}
	ck_assert(!lab.conn[c].open);
	lab_teardown();
}
END_TEST

START_TEST(block_sent_often_does_not_become_urgent)
{
	static uint8_t bytes[8 * LIM_BLOCK];
	struct mesh_conf conf;
	struct lab_rec r;
	unsigned c, d, i;

	lab_conf(&conf);
	conf.seeder = true;
	conf.up_bps = 18 * LIM_BLOCK;
	lab_setup(&conf);
	r = lab_rec(&lab, 0);
	r.length = sizeof(bytes);
	ck_assert_int_eq(lab_record(&lab, &r, false), 0);
	lab_bytes(0, LAB_FIRST, 0, 0, bytes, sizeof(bytes));
	mesh_supply(lab.mesh, 0, LAB_FIRST, bytes, sizeof(bytes), lab.now);
	c = neighbour(1);
	d = neighbour(2);
	pw_put_simple(lab_say(&lab, c), PW_INTERESTED);
	pw_put_simple(lab_say(&lab, d), PW_INTERESTED);
	lab_flush(&lab, c);
	lab_flush(&lab, d);
	run(SP_S);
	for (i = 0; i < 300; i++) {
		lab_request(&lab, c, 0, LAB_FIRST, 0, 9000);
		run(70 * SP_MS);
	}
	ck_assert_uint_ge(lab.conn[c].blocks, 256);
	run(SP_S);
	/* the burst, then one each in the queue: the urgent one is first */
	for (i = 0; i < 4; i++)
		lab_request(&lab, c, 0, LAB_FIRST, (uint16_t)(1 + i), 9000);
	i = (unsigned)lab.conn[c].blocks;
	lab_request(&lab, c, 0, LAB_FIRST, 0, 9000);
	lab_request(&lab, d, 0, LAB_FIRST, 6, 400);
	ck_assert_uint_eq(lab.conn[d].blocks, 0);
	lab_run(&lab, lab.now + 65 * SP_MS);
	ck_assert_uint_eq(lab.conn[d].blocks, 1);
	ck_assert_uint_eq(lab.conn[c].blocks, i);
	lab_teardown();
}
END_TEST

START_TEST(replayed_window_is_left_for_the_real_one)
{
	struct lab_rec r;
	unsigned c, d;

	lab_setup(NULL);
	c = neighbour(1);
	r = lab_rec(&lab, 0);
	lab_seal(&lab, &r); /* of last week */
	pw_put_env(lab_say(&lab, c), PW_RECORD, lab.env.p, lab.env.len);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	d = neighbour(2);
	lab_have(&lab, d, 0, LAB_FIRST + 5000, true);
	run(5 * SP_S);
	ck_assert_uint_ge(lab.conn[d].got[PW_WANT_RECORDS], 1);
	ck_assert_uint_eq(lab.conn[d].want_number, LAB_FIRST + 5000);
	r = lab_rec(&lab, 5000);
	lab_seal(&lab, &r);
	pw_put_env(lab_say(&lab, d), PW_RECORD, lab.env.p, lab.env.len);
	lab_flush(&lab, d);
	ck_assert_int_eq(lab_held(&lab, 5000), 0);
	lab_teardown();
}
END_TEST

START_TEST(record_is_asked_for_once_while_it_may_be_under_way)
{
	unsigned c[4], i, asks = 0;

	lab_setup(NULL);
	for (i = 0; i < 4; i++)
		c[i] = neighbour((uint8_t)(i + 1));
	for (i = 0; i < 4; i++) {
		lab_have(&lab, c[i], 0, LAB_FIRST, true);
		run(30 * SP_MS);
	}
	for (i = 0; i < 4; i++)
		asks += lab.conn[c[i]].got[PW_WANT_RECORDS];
	ck_assert_uint_eq(asks, 1);
	lab_teardown();
}
END_TEST

START_TEST(records_are_not_sent_without_end)
{
	struct lab_rec r;
	unsigned c, k;

	lab_setup(NULL);
	for (k = 0; k < 40; k++) {
		r = lab_rec(&lab, k);
		r.length = 128 * LIM_BLOCK; /* 4 KiB of leaves each */
		ck_assert_int_eq(lab_record(&lab, &r, false), 0);
	}
	c = neighbour(1);
	lab.conn[c].bytes_in = 0;
	for (k = 0; k < 100; k++) {
		pw_put_want(lab_say(&lab, c), 0, LAB_FIRST, 64);
		lab_flush(&lab, c);
		run(100 * SP_MS);
	}
	/* a window's worth at once, then little */
	ck_assert_uint_ge(lab.conn[c].bytes_in, 1000000);
	ck_assert_uint_le(lab.conn[c].bytes_in, 1500000);
	lab_teardown();
}
END_TEST

START_TEST(tracks_that_do_not_exist_take_no_memory)
{
	unsigned c;
	int i;
	size_t before;

	lab_setup(NULL);
	c = neighbour(1);
	lab_manifest(&lab, 1);
	mesh_manifest(lab.mesh, lab.env.p, lab.env.len, true, lab.now);
	lab_publish(&lab, 0);
	run(SP_S);
	before = fm.live_bytes;
	for (i = 1; i < LIM_TRACKS; i++)
		lab_have(&lab, c, (uint8_t)i, 7, true);
	ck_assert_uint_le(fm.live_bytes, before + 1000);
	lab_teardown();
}
END_TEST

START_TEST(resource_that_ignores_range_is_not_read_for_ever)
{
	struct lab_rec r;
	int f;

	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, 1, lab.now);
	r = lab_rec(&lab, 0);
	r.offset = UINT64_C(1) << 40;
	ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	run(5 * SP_S);
	ck_assert_int_ge(f = lab_fetching(&lab), 0);
	ck_assert_int_eq(lab_reply_head(&lab, (unsigned)f, 0, 0), SP_ERR_RANGE);
	lab_reply_done(&lab, (unsigned)f, MESH_FETCH_HTTP, 200, 0);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_attack", record_that_has_left_does_not_come_back,
    strangers_cannot_hold_all_slots, flood_of_strangers_is_refused,
    some_neighbours_are_of_our_own_choice,
    hearsay_cannot_have_an_address_dialled_again_and_again,
    one_neighbour_cannot_fill_the_list_of_addresses,
    bad_manifests_of_a_neighbour_end_it,
    block_sent_often_does_not_become_urgent,
    replayed_window_is_left_for_the_real_one,
    record_is_asked_for_once_while_it_may_be_under_way,
    records_are_not_sent_without_end, tracks_that_do_not_exist_take_no_memory,
    resource_that_ignores_range_is_not_read_for_ever)
