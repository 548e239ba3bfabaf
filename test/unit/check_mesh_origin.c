#include "test/unit/mesh_help.h"

/* A viewer of track 0 with |n| origins, nobody around, piece 0 published. */
static void
setup(unsigned n)
{
	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, n, lab.now);
	lab_announced(&lab, 0, 0);
	lab_publish(&lab, 0);
}

/* Runs until there is a transfer; its index. */
static unsigned
transfer(void)
{
	unsigned i;

	for (i = 0; i < 500 && lab_fetching(&lab) < 0; i++)
		run(20 * SP_MS);
	ck_assert_int_ge(lab_fetching(&lab), 0);
	return (unsigned)lab_fetching(&lab);
}

START_TEST(piece_that_nobody_holds_is_fetched_whole)
{
	unsigned f;

	setup(1);
	f = transfer();
	ck_assert(lab.fetch[f].whole);
	ck_assert_uint_eq(lab.fetch[f].at, 0);
	ck_assert_uint_eq(lab.fetch[f].len, LAB_LEN);
	lab_reply(&lab, f, LAB_OK);
	reads_right(0);
	ck_assert_uint_eq(lab_stats(&lab).origin_bytes, LAB_LEN);
	ck_assert_uint_eq(lab_stats(&lab).origin_waste_bytes, 0);
	ck_assert_uint_eq(lab_stats(&lab).rescues, 1);
	run(5 * SP_S);
	ck_assert_uint_eq(lab.fetches, 1);
	lab_teardown();
}
END_TEST

/* A player waits for it, and pieces that may still be in time are many. */
START_TEST(late_init_piece_goes_before_all_pieces)
{
	struct lab_rec r, init;
	unsigned k, f;

	setup(1);
	lab_reply(&lab, transfer(), LAB_OK);
	mesh_origins(lab.mesh, 0, lab.now);
	init = lab_rec(&lab, 1);
	init.track = LIM_TRACK_INIT;
	init.flags = RECORD_INIT;
	init.duration_us = 0;
	init.length = 700;
	ck_assert_int_eq(lab_record(&lab, &init, true), 0);
	for (k = 1; k < 8; k++) {
		r = lab_rec(&lab, k);
		r.init = init.number;
		ck_assert_int_eq(lab_record(&lab, &r, true), 0);
		run(SP_S);
	}
	run(800 * SP_MS);
	mesh_origins(lab.mesh, 1, lab.now);
	f = transfer();
	ck_assert_uint_eq(lab.fetch[f].track, LIM_TRACK_INIT);
	lab_teardown();
}
END_TEST

START_TEST(blocks_that_are_held_are_not_fetched_again)
{
	unsigned c, f;

	setup(1);
	c = neighbour(1);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	while (lab_held(&lab, 0) < 2) {
		run(10 * SP_MS);
		lab_serve_one(&lab, c, LAB_RIGHT);
	}
	lab_hangup(&lab, c, MESH_CLOSE_REMOTE);
	f = transfer();
	ck_assert_uint_le(lab.fetch[f].len, LIM_BLOCK);
	ck_assert(!lab.fetch[f].whole);
	lab_reply(&lab, f, LAB_OK);
	reads_right(0);
	ck_assert_uint_eq(lab_stats(&lab).origin_waste_bytes, 0);
	ck_assert_uint_eq(
	    lab_stats(&lab).origin_bytes + lab_stats(&lab).peer_bytes, LAB_LEN);
	lab_teardown();
}
END_TEST

START_TEST(origin_that_ignores_ranges_is_waded_through)
{
	struct mesh_stats st;
	unsigned c, f;

	setup(1);
	c = neighbour(1);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	while (lab_held(&lab, 0) < 2) {
		run(10 * SP_MS);
		lab_serve_one(&lab, c, LAB_RIGHT);
	}
	lab_hangup(&lab, c, MESH_CLOSE_REMOTE);
	f = transfer();
	lab_reply(&lab, f, LAB_IGNORES_RANGE);
	reads_right(0);
	st = lab_stats(&lab);
	ck_assert_uint_eq(st.origin_bytes + st.peer_bytes, LAB_LEN);
	ck_assert_uint_gt(st.origin_waste_bytes, 0);
	lab_teardown();
}
END_TEST

START_TEST(body_that_ends_early_is_gone_on_with)
{
	unsigned f;

	setup(1);
	f = transfer();
	lab_reply(&lab, f, LAB_SHORT);
	ck_assert_int_eq(lab_held(&lab, 0), 1);
	ck_assert_uint_eq(lab_stats(&lab).fetch_errors, 1);
	f = transfer();
	ck_assert_uint_eq(lab.fetch[f].at + lab.fetch[f].len, LAB_LEN);
	lab_reply(&lab, f, LAB_OK);
	reads_right(0);
	lab_teardown();
}
END_TEST

/* or the connection could not be used again */
START_TEST(body_that_is_all_there_ends_by_itself)
{
	unsigned f;

	setup(1);
	f = transfer();
	ck_assert_int_eq(lab_reply_head(&lab, f, 0, LAB_LEN), 0);
	ck_assert_int_eq(lab_reply_data(&lab, f, 0, LAB_LEN, true), 0);
	reads_right(0);
	lab_reply_done(&lab, f, MESH_FETCH_OK, 200, 0);
	lab_teardown();
}
END_TEST

START_TEST(body_that_goes_on_is_cut)
{
	unsigned f;

	setup(1);
	f = transfer();
	ck_assert_int_eq(lab_reply_head(&lab, f, 0, LAB_LEN), 0);
	ck_assert_int_eq(lab_reply_data(&lab, f, 0, LAB_LEN + 9000, true),
	    SP_ERR_CLOSED);
	lab_reply_done(&lab, f, MESH_FETCH_OK, 200, 0);
	reads_right(0);
	ck_assert_uint_eq(lab_stats(&lab).fetch_errors, 0);
	lab_teardown();
}
END_TEST

START_TEST(wrong_bytes_of_one_origin_are_got_from_the_next)
{
	unsigned f, first;
	uint64_t wrong;

	setup(2);
	f = transfer();
	first = lab.fetch[f].origin;
	lab_reply(&lab, f, LAB_BAD);
	lab_read(&lab, 0, LAB_FIRST, &wrong);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_int_lt(lab_held(&lab, 0), 3);
	ck_assert_uint_gt(lab_stats(&lab).bad_bytes, 0);
	f = transfer();
	ck_assert_uint_ne(lab.fetch[f].origin, first);
	lab_reply(&lab, f, LAB_OK);
	reads_right(0);
	lab_teardown();
}
END_TEST

START_TEST(missing_piece_is_asked_for_again_and_again_less)
{
	sp_time at = 0, gap = 0;
	unsigned i, f;

	setup(1);
	for (i = 0; i < 5; i++) {
		f = transfer();
		if (i > 1)
			ck_assert_int_ge(lab.now - at + 20 * SP_MS, gap);
		gap = lab.now - at;
		at = lab.now;
		lab_reply(&lab, f, LAB_404);
	}
	ck_assert_int_ge(gap, 2 * SP_S);
	/* a 404 says nothing about other pieces */
	at = lab.now;
	lab_publish(&lab, 1);
	mesh_want(lab.mesh, 0, LAB_FIRST + 1, lab.now);
	f = transfer();
	ck_assert_uint_eq(lab.fetch[f].number, LAB_FIRST + 1);
	ck_assert_int_le(lab.now - at, SP_S);
	lab_teardown();
}
END_TEST

START_TEST(retry_after_rests_the_whole_origin)
{
	unsigned f;
	sp_time at;

	setup(1);
	f = transfer();
	at = lab.now;
	lab_reply(&lab, f, LAB_503);
	lab_publish(&lab, 1);
	mesh_want(lab.mesh, 0, LAB_FIRST + 1, lab.now);
	transfer();
	ck_assert_int_ge(lab.now - at, 2 * SP_S);
	ck_assert_int_le(lab.now - at, 2200 * SP_MS);
	lab_teardown();
}
END_TEST

START_TEST(second_origin_steps_in_at_once)
{
	unsigned f, first;
	sp_time at;

	setup(2);
	f = transfer();
	first = lab.fetch[f].origin;
	at = lab.now;
	lab_reply(&lab, f, LAB_RESET);
	ck_assert_uint_eq(lab_stats(&lab).fetch_errors, 1);
	f = transfer();
	ck_assert_uint_eq(lab.fetch[f].origin, 1 - first);
	ck_assert_int_le(lab.now - at, 40 * SP_MS);
	lab_reply(&lab, f, LAB_503);
	/* both rest now; the first one for a shorter time */
	f = transfer();
	ck_assert_uint_eq(lab.fetch[f].origin, first);
	lab_reply(&lab, f, LAB_OK);
	reads_right(0);
	lab_teardown();
}
END_TEST

START_TEST(peers_win_over_an_origin_that_hangs)
{
	unsigned c, f, i;

	setup(1);
	f = transfer();
	c = neighbour(1);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	for (i = 0; i < 400 && lab_held(&lab, 0) < 3; i++) {
		run(20 * SP_MS);
		lab_serve(&lab, c, LAB_RIGHT);
	}
	reads_right(0);
	/* and the transfer is cancelled, and what was tried beside it */
	ck_assert(!lab.fetch[f].used);
	ck_assert_uint_eq(lab.unfetches, lab.fetches);
	ck_assert_uint_eq(lab_stats(&lab).peer_bytes, LAB_LEN);
	lab_teardown();
}
END_TEST

START_TEST(origin_that_hangs_is_tried_beside)
{
	unsigned f, i, n;

	setup(1);
	f = transfer();
	run(600 * SP_MS);
	ck_assert_uint_eq(lab.fetches, 2);
	ck_assert(lab.fetch[f].used);
	/* no more at once than otherwise, for as long as it takes */
	run(20 * SP_S);
	ck_assert_uint_ge(lab.fetches, 8);
	ck_assert_uint_le(lab.fetches, 25);
	for (i = n = 0; i < LAB_FETCHES; i++)
		n += lab.fetch[i].used;
	ck_assert_uint_le(n, 4);
	/* the first one that answers brings it; the others are not needed */
	f = (unsigned)lab_fetching(&lab);
	lab_reply(&lab, f, LAB_OK);
	reads_right(0);
	run(20 * SP_MS);
	ck_assert_int_eq(lab_fetching(&lab), -1);
	ck_assert_uint_eq(lab.unfetches + 1, lab.fetches);
	lab_teardown();
}
END_TEST

START_TEST(transfer_of_a_piece_that_left_ends)
{
	struct lab_rec r;
	unsigned f;
	uint32_t id;

	setup(1);
	f = transfer();
	id = lab.fetch[f].id;
	ck_assert_int_eq(lab_reply_head(&lab, f, 0, LAB_LEN), 0);
	ck_assert_int_eq(lab_reply_data(&lab, f, 0, 20000, true), 0);
	lab.now += 100 * SP_S;
	r = lab_rec(&lab, 50);
	r.unchained = true;
	ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	ck_assert_int_eq(lab_held(&lab, 0), -1);
	ck_assert(!lab.fetch[f].used);
	ck_assert_int_eq(
	    mesh_fetch_data(lab.mesh, id, (const uint8_t *)"x", 1, lab.now),
	    SP_ERR_NOTFOUND);
	ck_assert_int_eq(
	    mesh_fetch_done(lab.mesh, id, MESH_FETCH_OK, 200, 0, lab.now),
	    SP_ERR_NOTFOUND);
	ck_assert_int_eq(mesh_fetch_head(lab.mesh, id, 0, 0, lab.now),
	    SP_ERR_NOTFOUND);
	lab_teardown();
}
END_TEST

START_TEST(window_that_leaps_ends_transfers_and_requests)
{
	struct lab_rec r;
	unsigned c;

	setup(1);
	transfer();
	c = neighbour(1);
	lab_publish(&lab, 1);
	lab_have(&lab, c, 0, LAB_FIRST + 1, true);
	while (lab.conn[c].n_req == 0)
		run(20 * SP_MS);
	/* of the same time, so nothing is too old */
	r = lab_rec(&lab, LIM_WINDOW_PIECES + 200);
	r.unchained = true;
	ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	ck_assert_int_eq(lab_fetching(&lab), -1);
	ck_assert_uint_eq(lab.conn[c].n_req, 0);
	lab_teardown();
}
END_TEST

START_TEST(resource_of_another_length_is_not_read)
{
	unsigned f;

	setup(1);
	f = transfer();
	ck_assert_int_eq(lab_reply_head(&lab, f, 0, LAB_LEN + 1), SP_ERR_RANGE);
	lab_reply_done(&lab, f, MESH_FETCH_NET, 0, 0);
	f = transfer();
	ck_assert_int_eq(lab_reply_head(&lab, f, 5, 0), SP_ERR_RANGE);
	/* bytes without a head have no place */
	ck_assert_int_eq(lab_reply_data(&lab, f, 0, 10, true), SP_ERR_CLOSED);
	lab_reply_done(&lab, f, MESH_FETCH_REFUSED, 0, 0);
	ck_assert_int_eq(lab_held(&lab, 0), 0);
	lab_teardown();
}
END_TEST

START_TEST(piece_inside_a_larger_resource_is_asked_for_there)
{
	struct lab_rec r;
	unsigned f;

	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, 1, lab.now);
	lab_announced(&lab, 0, 0);
	r = lab_rec(&lab, 0);
	r.offset = 123456;
	ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	f = transfer();
	ck_assert(!lab.fetch[f].whole);
	ck_assert_uint_eq(lab.fetch[f].at, 123456);
	/* the whole resource comes */
	ck_assert_int_eq(lab_reply_head(&lab, f, 0, 999999), 0);
	ck_assert_int_eq(lab_reply_data(&lab, f, 0, 100000, true), 0);
	ck_assert_int_eq(lab_reply_data(&lab, f, 100000, 100000, true),
	    SP_ERR_CLOSED);
	lab_reply_done(&lab, f, MESH_FETCH_OK, 200, 0);
	reads_right(0);
	lab_teardown();
}
END_TEST

START_TEST(piece_without_a_uri_is_not_asked_of_the_origin)
{
	struct lab_rec r;

	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, 1, lab.now);
	r = lab_rec(&lab, 0);
	r.no_uri = true;
	ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	run(20 * SP_S);
	ck_assert_uint_eq(lab.fetches, 0);
	lab_teardown();
}
END_TEST

START_TEST(transfers_at_once_are_bounded)
{
	struct mesh_conf conf;
	unsigned k, i, n;

	lab_conf(&conf);
	conf.fetches_max = 2;
	lab_setup(&conf);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, 1, lab.now);
	for (k = 0; k < 8; k++) {
		lab_publish(&lab, k);
		run(SP_S);
		for (i = n = 0; i < LAB_FETCHES; i++)
			n += lab.fetch[i].used;
		ck_assert_uint_le(n, 2);
	}
	ck_assert_uint_eq(n, 2);
	lab_teardown();
}
END_TEST

START_TEST(neighbours_hear_what_is_arriving_from_the_origin)
{
	unsigned c, f;

	setup(1);
	c = neighbour(1);
	f = transfer();
	run(100 * SP_MS);
	ck_assert_uint_ge(lab.conn[c].have[PW_HAVE_ARRIVING], 1);
	lab_reply(&lab, f, LAB_OK);
	run(200 * SP_MS);
	ck_assert_uint_ge(lab.conn[c].have[PW_HAVE_ALL], 1);
	lab_teardown();
}
END_TEST

START_TEST(what_arrives_elsewhere_is_waited_for)
{
	struct pw_have_group g = { .number = LAB_FIRST,
		.kind = PW_HAVE_ARRIVING,
		.n_bytes = 1,
		.bits = (const uint8_t[1]){ 0xe0 } };
	struct pw_open open;
	sp_time alone, with;
	unsigned c;

	/* without: when is it fetched? */
	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, 1, lab.now);
	neighbour(1);
	lab_publish(&lab, 0);
	transfer();
	alone = lab.now;
	lab_teardown();

	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, 1, lab.now);
	c = neighbour(1);
	lab_publish(&lab, 0);
	pw_have_begin(&open, lab_say(&lab, c), 0, LAB_FIRST);
	pw_have_add(&open, lab_say(&lab, c), &g);
	pw_end(&open, lab_say(&lab, c));
	lab_flush(&lab, c);
	transfer();
	with = lab.now;
	ck_assert_int_ge(with, alone);
	lab_teardown();
}
END_TEST

START_TEST(no_origin_is_no_transfer)
{
	setup(0);
	run(20 * SP_S);
	ck_assert_uint_eq(lab.fetches, 0);
	ck_assert_int_eq(lab_held(&lab, 0), 0);
	/* one that is named later is used */
	ck_assert_int_eq(mesh_origins(lab.mesh, 99, lab.now), 0);
	transfer();
	lab_teardown();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	unsigned i;
	int f;

	FAILMEM_EACH (&fm) {
		if (lab_init(&lab, NULL, &fm.mem) == 0) {
			mesh_follow(lab.mesh, 0, true, lab.now);
			mesh_origins(lab.mesh, 1, lab.now);
			lab_accept(&lab, 1);
			lab_publish(&lab, 0);
			for (i = 0; i < 60; i++) {
				lab_run(&lab, lab.now + 50 * SP_MS);
				f = lab_fetching(&lab);
				if (f >= 0)
					lab_reply(&lab, (unsigned)f,
					    i < 30 ? LAB_SHORT : LAB_OK);
				ck_assert_ptr_null(mesh_sound(lab.mesh));
			}
		}
		lab_fini(&lab);
	}
}
END_TEST

UNIT_MAIN("mesh_origin", piece_that_nobody_holds_is_fetched_whole,
    late_init_piece_goes_before_all_pieces,
    blocks_that_are_held_are_not_fetched_again,
    origin_that_ignores_ranges_is_waded_through,
    body_that_ends_early_is_gone_on_with, body_that_goes_on_is_cut,
    body_that_is_all_there_ends_by_itself,
    wrong_bytes_of_one_origin_are_got_from_the_next,
    missing_piece_is_asked_for_again_and_again_less,
    retry_after_rests_the_whole_origin, second_origin_steps_in_at_once,
    peers_win_over_an_origin_that_hangs, origin_that_hangs_is_tried_beside,
    transfer_of_a_piece_that_left_ends,
    window_that_leaps_ends_transfers_and_requests,
    resource_of_another_length_is_not_read,
    piece_inside_a_larger_resource_is_asked_for_there,
    piece_without_a_uri_is_not_asked_of_the_origin,
    transfers_at_once_are_bounded,
    neighbours_hear_what_is_arriving_from_the_origin,
    what_arrives_elsewhere_is_waited_for, no_origin_is_no_transfer,
    every_failing_allocation_is_survived)
