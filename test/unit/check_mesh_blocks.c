#include "swarm/peer.h"
#include "test/unit/mesh_help.h"

/* A viewer of track 0. */
static void
setup(void)
{
	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
}

/* Lets the neighbours in |who| answer as they are asked, for |t|. */
static void
serve_for(sp_time t, const unsigned *who, unsigned n)
{
	sp_time end = lab.now + t;
	unsigned i;

	while (lab.now < end) {
		lab_run(&lab, lab.now + 10 * SP_MS);
		for (i = 0; i < n; i++)
			lab_serve(&lab, who[i], LAB_RIGHT);
	}
}

START_TEST(what_a_neighbour_holds_is_asked_of_it)
{
	unsigned c, d;

	setup();
	c = neighbour(1);
	d = neighbour(2);
	lab_publish(&lab, 0);
	run(100 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].got[PW_REQUEST], 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].n_req, 2); /* a small pipeline at first */
	ck_assert_uint_eq(lab_serve(&lab, c, LAB_RIGHT), 2);
	run(100 * SP_MS);
	ck_assert_uint_eq(lab_serve(&lab, c, LAB_RIGHT), 1);
	ck_assert_int_eq(lab_held(&lab, 0), 3);
	reads_right(0);
	ck_assert_uint_eq(lab_stats(&lab).peer_bytes, LAB_LEN);
	ck_assert_uint_eq(lab.conn[d].got[PW_REQUEST], 0);
	/* the other one hears of it; who holds all hears nothing */
	run(200 * SP_MS);
	ck_assert_uint_ge(lab.conn[d].have[PW_HAVE_BLOCKS] +
			      lab.conn[d].have[PW_HAVE_ALL],
	    1);
	ck_assert_uint_eq(lab.conn[c].have[PW_HAVE_ALL], 0);
	lab_teardown();
}
END_TEST

START_TEST(nobody_is_asked_who_chokes)
{
	unsigned c;

	setup();
	c = (unsigned)lab_accept(&lab, 1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	run(SP_S);
	ck_assert_uint_eq(lab.conn[c].got[PW_REQUEST], 0);
	pw_put_simple(lab_say(&lab, c), PW_UNCHOKE);
	lab_flush(&lab, c);
	run(100 * SP_MS);
	ck_assert_uint_gt(lab.conn[c].n_req, 0);
	lab_teardown();
}
END_TEST

START_TEST(choke_frees_what_was_asked_for_others)
{
	unsigned c, d;

	setup();
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	run(300 * SP_MS);
	ck_assert_uint_gt(lab.conn[c].n_req, 0);
	d = neighbour(2);
	lab_have(&lab, d, 0, LAB_FIRST, true);
	pw_put_simple(lab_say(&lab, c), PW_CHOKE);
	lab_flush(&lab, c);
	serve_for(300 * SP_MS, &d, 1);
	ck_assert_int_eq(lab_held(&lab, 0), 3);
	reads_right(0);
	lab_teardown();
}
END_TEST

START_TEST(blocks_under_way_at_a_choke_are_no_offence)
{
	unsigned c, k, i;

	setup();
	c = neighbour(1);
	for (k = 0; k < 90; k++) {
		lab_publish(&lab, k);
		lab_have(&lab, c, 0, LAB_FIRST + k, true);
		run(500 * SP_MS);
		pw_put_simple(lab_say(&lab, c), PW_CHOKE);
		lab_flush(&lab, c);
		lab_serve(&lab, c, LAB_RIGHT);
		for (i = 0; i < 2; i++)
			pw_put_simple(lab_say(&lab, c), PW_UNCHOKE);
		lab_flush(&lab, c);
		run(500 * SP_MS);
		lab_serve(&lab, c, LAB_RIGHT);
	}
	ck_assert(lab.conn[c].open);
	lab_teardown();
}
END_TEST

START_TEST(who_lacks_a_block_is_not_asked_for_it_again)
{
	unsigned c, d;

	setup();
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	run(300 * SP_MS);
	lab_serve(&lab, c, LAB_GONE);
	run(2 * SP_S);
	ck_assert_uint_eq(lab.conn[c].n_req, 0);
	ck_assert_uint_gt(lab_stats(&lab).rejects, 0);
	d = neighbour(2);
	lab_have(&lab, d, 0, LAB_FIRST, true);
	serve_for(300 * SP_MS, &d, 1);
	reads_right(0);
	lab_teardown();
}
END_TEST

START_TEST(rejected_as_choked_counts_as_choked)
{
	unsigned c;

	setup();
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	run(300 * SP_MS);
	lab_serve(&lab, c, LAB_CHOKED);
	run(SP_S);
	ck_assert_uint_eq(lab.conn[c].n_req, 0);
	pw_put_simple(lab_say(&lab, c), PW_UNCHOKE);
	lab_flush(&lab, c);
	run(100 * SP_MS);
	ck_assert_uint_gt(lab.conn[c].n_req, 0);
	lab_teardown();
}
END_TEST

START_TEST(neighbour_with_a_long_queue_is_left_for_a_moment)
{
	unsigned c, asked;

	setup();
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	run(300 * SP_MS);
	asked = lab.conn[c].got[PW_REQUEST];
	lab_serve(&lab, c, LAB_QUEUE);
	lab_run(&lab, lab.now + 150 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].got[PW_REQUEST], asked);
	run(200 * SP_MS);
	ck_assert_uint_gt(lab.conn[c].got[PW_REQUEST], asked);
	/* what was not asked for is no reject */
	pw_put_reject(lab_say(&lab, c), (struct pw_block_ref){ 7, 7, 0 }, 0);
	lab_flush(&lab, c);
	ck_assert(lab.conn[c].open);
	lab_teardown();
}
END_TEST

START_TEST(polluter_is_banned_and_its_block_is_got_elsewhere)
{
	unsigned c, d;

	setup();
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	run(300 * SP_MS);
	lab_serve_one(&lab, c, LAB_WRONG);
	ck_assert(!lab.conn[c].open);
	ck_assert_int_eq(lab.conn[c].why, SP_ERR_HASH);
	ck_assert_uint_eq(lab.conn[c].bye, PW_BYE_BAD_BLOCK + 1);
	ck_assert_uint_eq(lab_stats(&lab).banned, 1);
	ck_assert_uint_gt(lab_stats(&lab).bad_bytes, 0);
	ck_assert_int_eq(lab_held(&lab, 0), 0);
	/* its identity does not get in again for ten minutes */
	c = (unsigned)lab_accept(&lab, 1);
	ck_assert(!lab.conn[c].open);
	d = neighbour(2);
	lab_have(&lab, d, 0, LAB_FIRST, true);
	serve_for(300 * SP_MS, &d, 1);
	reads_right(0);
	lab_hangup(&lab, d, MESH_CLOSE_REMOTE);
	run(601 * SP_S);
	c = (unsigned)lab_accept(&lab, 1);
	ck_assert(lab.conn[c].open);
	lab_teardown();
}
END_TEST

START_TEST(others_of_a_banned_ones_address_get_in)
{
	unsigned c;

	setup();
	lab.far = true;
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	run(300 * SP_MS);
	lab_serve_one(&lab, c, LAB_WRONG);
	/* it may be a NAT: only who it is tells */
	c = (unsigned)lab_accept(&lab, 1);
	ck_assert(!lab.conn[c].open);
	ck_assert_int_eq(lab.conn[c].why, SP_ERR_DENIED);
	ck_assert_int_ge(lab_accept(&lab, 2), 0);
	lab_teardown();
}
END_TEST

START_TEST(block_of_a_wrong_length_or_index_is_pollution)
{
	struct pw_block_ref ref = { LAB_FIRST, 0, 0 };
	static const uint8_t zeros[LIM_BLOCK];
	unsigned c;

	setup();
	lab_publish(&lab, 0);
	c = neighbour(1);
	pw_put_block_head(lab_say(&lab, c), ref, 100);
	buf_put(lab_say(&lab, c), zeros, 100);
	lab_flush(&lab, c);
	ck_assert(!lab.conn[c].open);
	ref.index = 3;
	c = neighbour(2);
	pw_put_block_head(lab_say(&lab, c), ref, LIM_BLOCK);
	buf_put(lab_say(&lab, c), zeros, LIM_BLOCK);
	lab_flush(&lab, c);
	ck_assert(!lab.conn[c].open);
	ck_assert_uint_eq(lab_stats(&lab).banned, 2);
	lab_teardown();
}
END_TEST

START_TEST(liar_who_never_answers_costs_no_miss)
{
	unsigned liar, c, k;

	setup();
	liar = neighbour(1);
	c = neighbour(2);
	for (k = 0; k < 30; k++) {
		lab_publish(&lab, k);
		lab_have(&lab, liar, 0, LAB_FIRST + k, true);
		lab_have(&lab, c, 0, LAB_FIRST + k, true);
		serve_for(SP_S, &c, 1);
	}
	ck_assert_uint_ge(lab_stats(&lab).due, 20);
	ck_assert_uint_eq(lab_stats(&lab).missed, 0);
	ck_assert_uint_gt(lab_stats(&lab).timeouts, 0);
	ck_assert_uint_gt(lab.conn[liar].got[PW_CANCEL], 0);
	lab_teardown();
}
END_TEST

START_TEST(swarm_of_liars_costs_no_miss_where_there_is_an_origin)
{
	unsigned c[5], k, i;
	int f;

	setup();
	mesh_origins(lab.mesh, 1, lab.now);
	for (i = 0; i < 5; i++)
		c[i] = neighbour((uint8_t)(i + 1));
	for (k = 0; k < 20; k++) {
		lab_publish(&lab, k);
		for (i = 0; i < 5; i++)
			lab_have(&lab, c[i], 0, LAB_FIRST + k, true);
		for (i = 0; i < 50; i++) {
			lab_run(&lab, lab.now + 20 * SP_MS);
			while ((f = lab_fetching(&lab)) >= 0)
				lab_reply(&lab, (unsigned)f, LAB_OK);
		}
	}
	ck_assert_uint_ge(lab_stats(&lab).due, 10);
	ck_assert_uint_eq(lab_stats(&lab).missed, 0);
	lab_teardown();
}
END_TEST

START_TEST(who_never_delivers_is_asked_less_and_less)
{
	unsigned c, k, early, late;

	setup();
	c = neighbour(1);
	for (k = 0, early = late = 0; k < 300; k++) {
		lab_publish(&lab, k);
		lab_have(&lab, c, 0, LAB_FIRST + k, true);
		run(SP_S);
		if (k == 100)
			early = lab.conn[c].got[PW_REQUEST];
	}
	late = lab.conn[c].got[PW_REQUEST] - early;
	ck_assert_uint_ge(early, 3);
	ck_assert_uint_le(early, 12);
	ck_assert_uint_lt(late, early);
	/* it may be an honest one with no uplink to speak of */
	ck_assert(lab.conn[c].open);
	ck_assert_uint_eq(lab_stats(&lab).banned, 0);
	lab_teardown();
}
END_TEST

START_TEST(two_timeouts_leave_a_neighbour_alone)
{
	unsigned c, asked, late;
	sp_time at = 0;

	setup();
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	/* one that has delivered: others are worse off */
	serve_for(SP_S, &c, 1);
	lab_publish(&lab, 1);
	lab_have(&lab, c, 0, LAB_FIRST + 1, true);
	run(SP_S);
	ck_assert_uint_ge(lab.conn[c].n_req, 2);
	while (lab_stats(&lab).timeouts < 2)
		run(20 * SP_MS);
	/* what it was still asked for meanwhile is late too */
	do {
		late = lab.conn[c].got[PW_CANCEL];
		asked = lab.conn[c].got[PW_REQUEST];
		at = lab.now;
		while (lab.conn[c].got[PW_CANCEL] == late &&
		       lab.now - at < 4 * SP_S)
			run(20 * SP_MS);
	} while (lab.conn[c].got[PW_CANCEL] > late);
	ck_assert_uint_eq(lab.conn[c].n_req, 0);
	ck_assert_uint_eq(lab.conn[c].got[PW_REQUEST], asked);
	run(PEER_ALONE - (lab.now - at) - 20 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].got[PW_REQUEST], asked);
	run(100 * SP_MS);
	ck_assert_uint_gt(lab.conn[c].got[PW_REQUEST], asked);
	lab_teardown();
}
END_TEST

START_TEST(slow_answer_near_the_deadline_is_hedged_once)
{
	unsigned c, d, k, i;

	setup();
	c = neighbour(1);
	/* it is known to take 150 ms */
	for (k = 0; k < 8; k++) {
		lab_publish(&lab, k);
		lab_have(&lab, c, 0, LAB_FIRST + k, true);
		for (i = 0; i < 6; i++) {
			lab_run(&lab, lab.now + 150 * SP_MS);
			lab_serve(&lab, c, LAB_RIGHT);
		}
	}
	d = neighbour(2);
	lab_publish(&lab, k);
	lab_have(&lab, c, 0, LAB_FIRST + k, true);
	lab_run(&lab, lab.now + 310 * SP_MS);
	ck_assert_uint_gt(lab.conn[c].n_req, 0);
	lab_have(&lab, d, 0, LAB_FIRST + k, true);
	mesh_want(lab.mesh, 0, LAB_FIRST + k, lab.now);
	lab_run(&lab, lab.now + 150 * SP_MS);
	ck_assert_uint_gt(lab_stats(&lab).hedges, 0);
	ck_assert_uint_gt(lab.conn[d].n_req, 0);
	ck_assert_uint_gt(lab.conn[c].n_req, 0);
	serve_for(100 * SP_MS, &d, 1);
	ck_assert_int_eq(lab_held(&lab, k), 3);
	/* the loser is told */
	ck_assert_uint_gt(lab.conn[c].got[PW_CANCEL], 0);
	ck_assert_uint_eq(lab.conn[c].n_req, 0);
	lab_teardown();
}
END_TEST

START_TEST(blocks_nobody_asked_for_are_taken_and_then_punished)
{
	static uint8_t bytes[LIM_BLOCK];
	struct pw_block_ref ref = { LAB_FIRST, 0, 0 };
	unsigned c, i;

	setup();
	lab_publish(&lab, 0);
	c = neighbour(1);
	lab_bytes(0, LAB_FIRST, 0, 0, bytes, sizeof(bytes));
	for (i = 0; i < 64; i++) {
		pw_put_block_head(lab_say(&lab, c), ref, LIM_BLOCK);
		buf_put(lab_say(&lab, c), bytes, LIM_BLOCK);
		lab_flush(&lab, c);
		ck_assert(lab.conn[c].open);
	}
	ck_assert_int_eq(lab_held(&lab, 0), 1);
	ck_assert_uint_eq(lab_stats(&lab).dup_bytes, 63 * LIM_BLOCK);
	ref.number = 5; /* of no known piece: the same */
	pw_put_block_head(lab_say(&lab, c), ref, LIM_BLOCK);
	buf_put(lab_say(&lab, c), bytes, LIM_BLOCK);
	lab_flush(&lab, c);
	ck_assert(!lab.conn[c].open);
	ck_assert_int_eq(lab.conn[c].why, SP_ERR_LIMIT);
	lab_teardown();
}
END_TEST

START_TEST(unfollowed_track_is_not_asked_for)
{
	unsigned c, asked;

	setup();
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	run(300 * SP_MS);
	asked = lab.conn[c].got[PW_REQUEST];
	ck_assert_uint_gt(asked, 0);
	mesh_follow(lab.mesh, 0, false, lab.now);
	lab_publish(&lab, 1);
	lab_have(&lab, c, 0, LAB_FIRST + 1, true);
	run(5 * SP_S);
	ck_assert_uint_eq(lab.conn[c].got[PW_REQUEST], asked);
	ck_assert_int_eq(mesh_follow(lab.mesh, 200, true, lab.now),
	    SP_ERR_RANGE);
	lab_teardown();
}
END_TEST

/* Trade, a polluter, a manifest, a leap of the window. */
static void
some_life(void)
{
	struct lab_rec r;
	int c[3];
	unsigned i, k;

	for (i = 0; i < 3; i++) {
		c[i] = lab_accept(&lab, (uint8_t)(i + 1));
		if (c[i] < 0 || !lab.conn[c[i]].established)
			continue;
		pw_put_simple(lab_say(&lab, (unsigned)c[i]), PW_UNCHOKE);
		pw_put_simple(lab_say(&lab, (unsigned)c[i]), PW_INTERESTED);
		lab_flush(&lab, (unsigned)c[i]);
	}
	for (k = 0; k < 3; k++) {
		lab_publish(&lab, k);
		for (i = 0; i < 3; i++) {
			if (c[i] < 0 || !lab.conn[c[i]].open ||
			    !lab.conn[c[i]].established)
				continue;
			lab_have(&lab, (unsigned)c[i], 0, LAB_FIRST + k, true);
			lab_request(&lab, (unsigned)c[i], 0, LAB_FIRST, 0, 900);
			lab_run(&lab, lab.now + 100 * SP_MS);
			lab_serve(&lab, (unsigned)c[i],
			    i == 2 ? LAB_WRONG : LAB_RIGHT);
		}
		ck_assert_ptr_null(mesh_sound(lab.mesh));
	}
	lab_manifest(&lab, 3);
	mesh_manifest(lab.mesh, lab.env.p, lab.env.len, false, lab.now);
	lab_drain(&lab);
	r = lab_rec(&lab, LIM_WINDOW_PIECES + 9);
	r.unchained = true;
	lab_record(&lab, &r, false);
	lab_announced(&lab, 40, 20);
	lab_run(&lab, lab.now + SP_S);
}

START_TEST(every_failing_allocation_is_survived)
{
	FAILMEM_EACH (&fm) {
		if (lab_init(&lab, NULL, &fm.mem) == 0) {
			mesh_follow(lab.mesh, 0, true, lab.now);
			some_life();
			ck_assert_ptr_null(mesh_sound(lab.mesh));
			ck_assert_uint_eq(lab.wrong, 0);
		}
		lab_fini(&lab);
	}
}
END_TEST

UNIT_MAIN("mesh_blocks", what_a_neighbour_holds_is_asked_of_it,
    nobody_is_asked_who_chokes, choke_frees_what_was_asked_for_others,
    blocks_under_way_at_a_choke_are_no_offence,
    who_lacks_a_block_is_not_asked_for_it_again,
    rejected_as_choked_counts_as_choked,
    neighbour_with_a_long_queue_is_left_for_a_moment,
    polluter_is_banned_and_its_block_is_got_elsewhere,
    others_of_a_banned_ones_address_get_in,
    block_of_a_wrong_length_or_index_is_pollution,
    liar_who_never_answers_costs_no_miss,
    swarm_of_liars_costs_no_miss_where_there_is_an_origin,
    who_never_delivers_is_asked_less_and_less,
    two_timeouts_leave_a_neighbour_alone,
    slow_answer_near_the_deadline_is_hedged_once,
    blocks_nobody_asked_for_are_taken_and_then_punished,
    unfollowed_track_is_not_asked_for, every_failing_allocation_is_survived)
