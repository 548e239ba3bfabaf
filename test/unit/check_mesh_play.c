#include "test/unit/mesh_help.h"

#define AN_HOUR INT64_C(3600000)

static void
setup(void)
{
	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
}

/* Answers all that is asked of |c| and of the origin, for |t|. */
static void
serve_for(sp_time t, unsigned c)
{
	sp_time end = lab.now + t;
	int f;

	while (lab.now < end) {
		lab_run(&lab, lab.now + 20 * SP_MS);
		if (c < LAB_CONNS)
			lab_serve(&lab, c, LAB_RIGHT);
		while ((f = lab_fetching(&lab)) >= 0)
			lab_reply(&lab, (unsigned)f, LAB_OK);
	}
}

/* A piece per second from |k| on, which |c| holds at once. */
static void
stream(unsigned c, unsigned k, unsigned n)
{
	for (n += k; k < n; k++) {
		lab_publish(&lab, k);
		lab_have(&lab, c, 0, LAB_FIRST + k, true);
		serve_for(SP_S, c);
	}
}

static struct mesh_play
play(void)
{
	struct mesh_play p;

	ck_assert_int_eq(mesh_play(lab.mesh, 0, &p), 0);
	return p;
}

START_TEST(playing_starts_soon_and_goes_on)
{
	unsigned c;

	setup();
	ck_assert(!play().started);
	c = neighbour(1);
	stream(c, 0, 12);
	ck_assert(play().started);
	ck_assert_uint_eq(play().first, LAB_FIRST);
	ck_assert_uint_ge(play().edge, LAB_FIRST + 8);
	ck_assert_uint_eq(lab_stats(&lab).missed, 0);
	ck_assert_uint_eq(lab_stats(&lab).stalls, 0);
	ck_assert_int_ge(lab_stats(&lab).startup, 0);
	ck_assert_int_lt(lab_stats(&lab).startup, SP_S);
	ck_assert_uint_ge(lab_stats(&lab).due, 5);
	lab_teardown();
}
END_TEST

/* Ten pieces, then twenty that are stamped |by| later. */
static void
stamps_jump(int64_t by)
{
	struct lab_rec r;
	unsigned c, k;

	setup();
	c = neighbour(1);
	stream(c, 0, 10);
	for (k = 10; k < 30; k++) {
		r = lab_rec(&lab, k);
		r.avail_ms += by;
		ck_assert_int_eq(lab_record(&lab, &r, true), 0);
		lab_have(&lab, c, 0, LAB_FIRST + k, true);
		serve_for(SP_S, c);
	}
	ck_assert_uint_ge(play().edge, LAB_FIRST + 25);
}

START_TEST(clock_set_back_an_hour_does_not_stop_playing)
{
	stamps_jump(-AN_HOUR);
	ck_assert_uint_eq(lab_stats(&lab).missed, 0);
	ck_assert_uint_eq(lab_stats(&lab).lost, 0);
	lab_teardown();
}
END_TEST

START_TEST(clock_set_forward_an_hour_does_not_stop_playing)
{
	stamps_jump(AN_HOUR);
	ck_assert_uint_le(lab_stats(&lab).missed, 1);
	/* later deadlines are not an hour away */
	ck_assert_uint_le(play().delay_ms, 10000);
	lab_teardown();
}
END_TEST

START_TEST(who_follows_again_begins_with_what_is_here)
{
	uint64_t due;
	unsigned c;

	setup();
	c = neighbour(1);
	stream(c, 0, 10);
	mesh_follow(lab.mesh, 0, false, lab.now);
	mesh_follow(lab.mesh, 0, true, lab.now);
	run(2 * SP_S);
	/* its clock runs: what is due is counted */
	due = lab_stats(&lab).due;
	stream(c, 10, 4);
	ck_assert_uint_gt(lab_stats(&lab).due, due);
	lab_teardown();
}
END_TEST

START_TEST(missed_deadlines_raise_the_delay)
{
	unsigned c, k, before;

	setup();
	c = neighbour(1);
	stream(c, 0, 8);
	before = play().delay_ms;
	/* everything is a second too late now */
	for (k = 8; k < 14; k++)
		lab_publish(&lab, k), run(SP_S);
	for (k = 8; k < 14; k++)
		lab_have(&lab, c, 0, LAB_FIRST + k, true);
	serve_for(3 * SP_S, c);
	ck_assert_uint_gt(lab_stats(&lab).missed, 0);
	ck_assert_uint_eq(lab_stats(&lab).stalls, 1);
	ck_assert_int_gt(lab_stats(&lab).stalled, 0);
	ck_assert_uint_gt(play().delay_ms, before);
	ck_assert_uint_eq(lab_stats(&lab).delay_ms, play().delay_ms);
	/* and to more than one step, if more is needed */
	serve_for(4 * SP_S, c);
	for (k = 14; k < 26; k++) {
		lab_publish(&lab, k);
		lab_have(&lab, c, 0, LAB_FIRST + k, true);
		serve_for(SP_S, c);
	}
	ck_assert_uint_ge(play().delay_ms, lab_stats(&lab).delay_needed_ms);
	ck_assert_uint_ge(lab_stats(&lab).delay_needed_ms, before + 1000);
	lab_teardown();
}
END_TEST

START_TEST(lost_piece_is_skipped_and_said_to_be_lost)
{
	struct mesh_piece pc;
	unsigned c, k;

	setup();
	c = neighbour(1);
	stream(c, 0, 6);
	lab_publish(&lab, 6); /* nobody has it */
	serve_for(SP_S, c);
	stream(c, 7, 20);
	ck_assert_uint_eq(lab_stats(&lab).lost, 1);
	ck_assert_int_eq(mesh_piece(lab.mesh, 0, LAB_FIRST + 6, &pc), 0);
	ck_assert(pc.lost);
	ck_assert_uint_gt(play().edge, LAB_FIRST + 15);
	/* it is not asked for any more, unless a player does */
	k = lab.conn[c].got[PW_REQUEST];
	lab_have(&lab, c, 0, LAB_FIRST + 6, true);
	run(SP_S);
	ck_assert_uint_eq(lab.conn[c].got[PW_REQUEST], k);
	ck_assert_int_eq(mesh_want(lab.mesh, 0, LAB_FIRST + 6, lab.now), 0);
	serve_for(SP_S, c);
	reads_right(6);
	ck_assert_int_eq(mesh_piece(lab.mesh, 0, LAB_FIRST + 6, &pc), 0);
	ck_assert(!pc.lost);
	lab_teardown();
}
END_TEST

START_TEST(hole_in_the_records_is_filled_by_asking)
{
	struct lab_rec r;
	unsigned c, k;

	setup();
	c = neighbour(1);
	stream(c, 0, 3);
	r = lab_rec(&lab, 3);
	lab_seal(&lab, &r); /* and not told */
	lab_have(&lab, c, 0, LAB_FIRST + 3, true);
	k = lab.conn[c].got[PW_WANT_RECORDS];
	run(200 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].got[PW_WANT_RECORDS], k + 1);
	ck_assert_uint_eq(lab.conn[c].want_number, LAB_FIRST + 3);
	ck_assert_uint_eq(lab.conn[c].want_count, 1);
	pw_put_env(lab_say(&lab, c), PW_RECORD, lab.env.p, lab.env.len);
	lab_flush(&lab, c);
	ck_assert_int_eq(lab_held(&lab, 3), 0);
	ck_assert_uint_eq(lab_stats(&lab).records_from_peers, 1);
	serve_for(SP_S, c);
	reads_right(3);
	lab_teardown();
}
END_TEST

START_TEST(record_is_asked_of_one_neighbour_at_a_time)
{
	unsigned c[6], i, asked = 0;

	setup();
	for (i = 0; i < 6; i++)
		c[i] = neighbour((uint8_t)(i + 1));
	stream(c[0], 0, 2);
	/* they tell of it one after the other */
	for (i = 0; i < 6; i++) {
		lab_have(&lab, c[i], 0, LAB_FIRST + 2, true);
		run(40 * SP_MS);
	}
	run(150 * SP_MS);
	for (i = 0; i < 6; i++)
		asked += lab.conn[c[i]].got[PW_WANT_RECORDS];
	ck_assert_uint_eq(asked, 1);
	/* who does not answer is not waited for */
	run(SP_S);
	for (i = 0; i < 6; i++)
		asked += lab.conn[c[i]].got[PW_WANT_RECORDS];
	ck_assert_uint_ge(asked, 2);
	lab_teardown();
}
END_TEST

START_TEST(feed_is_given_time_before_neighbours_are_asked)
{
	struct lab_rec r;
	unsigned c;

	setup();
	mesh_feed_state(lab.mesh, true, lab.now);
	ck_assert(lab_stats(&lab).feed_up);
	c = neighbour(1);
	lab_have(&lab, c, 0, LAB_FIRST, false);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].got[PW_WANT_RECORDS], 0);
	lab_publish(&lab, 0); /* there it is */
	run(2 * SP_S);
	ck_assert_uint_eq(lab.conn[c].got[PW_WANT_RECORDS], 0);
	lab_have(&lab, c, 0, LAB_FIRST + 1, false);
	mesh_feed_state(lab.mesh, false, lab.now);
	run(500 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].got[PW_WANT_RECORDS], 1);
	r = lab_rec(&lab, 1);
	ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	lab_teardown();
}
END_TEST

START_TEST(claims_of_far_numbers_cost_little)
{
	unsigned c, i;

	setup();
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LIM_NUMBER - 1, false);
	run(10 * SP_S);
	ck_assert_uint_le(lab.conn[c].got[PW_WANT_RECORDS], 21);
	/* who claims that is not believed after it; take another */
	c = neighbour(2);
	/* one that could be: asked for twice a second, until it gives up */
	lab_have(&lab, c, 0, LAB_FIRST + 5, false);
	for (i = 0; i < 10; i++)
		run(SP_S);
	ck_assert_uint_ge(lab.conn[c].got[PW_WANT_RECORDS], 1);
	ck_assert_uint_le(lab.conn[c].got[PW_WANT_RECORDS], 21);
	lab_teardown();
}
END_TEST

START_TEST(bad_records_of_a_neighbour_end_it)
{
	unsigned c, i;

	setup();
	c = neighbour(1);
	for (i = 0; i < 3; i++) {
		ck_assert(lab.conn[c].open);
		pw_put_env(lab_say(&lab, c), PW_RECORD, "d1:h0:", 6);
		lab_flush(&lab, c);
	}
	ck_assert(!lab.conn[c].open);
	ck_assert_int_eq(lab.conn[c].why, SP_ERR_LIMIT);
	ck_assert_uint_eq(lab_stats(&lab).records_bad, 3);
	lab_teardown();
}
END_TEST

START_TEST(equivocation_and_broken_chains_are_refused)
{
	struct lab_rec r;

	setup();
	lab_publish(&lab, 0);
	r = lab_rec(&lab, 0);
	r.salt = 1;
	ck_assert_int_eq(lab_record(&lab, &r, true), SP_ERR_EQUIV);
	r = lab_rec(&lab, 1);
	r.unchained = true;
	ck_assert_int_eq(lab_record(&lab, &r, true), SP_ERR_CHAIN);
	r = lab_rec(&lab, 2);
	r.avail_ms = LIM_AVAIL_MS;
	ck_assert_int_eq(lab_record(&lab, &r, true), SP_ERR_RANGE);
	ck_assert_uint_eq(lab_stats(&lab).records_bad, 3);
	lab_teardown();
}
END_TEST

START_TEST(manifest_goes_to_who_asks_and_to_all_who_know_less)
{
	const struct manifest *m;
	const uint8_t *env;
	unsigned c, d;
	size_t len;

	setup();
	c = neighbour(1);
	d = neighbour(2);
	ck_assert_ptr_null(mesh_manifest_get(lab.mesh, NULL, NULL));
	lab_manifest(&lab, 5);
	pw_put_env(lab_say(&lab, c), PW_MANIFEST, lab.env.p, lab.env.len);
	lab_flush(&lab, c);
	m = mesh_manifest_get(lab.mesh, &env, &len);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->serial, 5);
	ck_assert_uint_eq(len, lab.env.len);
	ck_assert_uint_eq(lab.conn[d].got[PW_MANIFEST], 1);
	ck_assert_uint_eq(lab.conn[c].got[PW_MANIFEST], 0);
	ck_assert(lab.changed & MESH_CHANGED_MANIFEST);
	pw_put_want_manifest(lab_say(&lab, c), 4);
	lab_flush(&lab, c);
	ck_assert_uint_eq(lab.conn[c].got[PW_MANIFEST], 1);
	pw_put_want_manifest(lab_say(&lab, c), 5);
	lab_flush(&lab, c);
	ck_assert_uint_eq(lab.conn[c].got[PW_MANIFEST], 1);
	ck_assert_int_eq(
	    mesh_manifest(lab.mesh, lab.env.p, lab.env.len, true, lab.now),
	    SP_ERR_STALE);
	lab_manifest(&lab, 6);
	lab.env.p[lab.env.len - 10] ^= 1;
	ck_assert_int_eq(
	    mesh_manifest(lab.mesh, lab.env.p, lab.env.len, true, lab.now),
	    SP_ERR_SIG);
	lab.env.p[lab.env.len - 10] ^= 1;
	ck_assert_int_eq(
	    mesh_manifest(lab.mesh, lab.env.p, lab.env.len, true, lab.now), 0);
	/* from the feed: others have it from there */
	ck_assert_uint_eq(lab.conn[d].got[PW_MANIFEST], 1);
	lab_teardown();
}
END_TEST

START_TEST(gap_is_complete_and_listed)
{
	struct lab_rec r;
	struct mesh_piece pc;
	unsigned c;

	setup();
	c = neighbour(1);
	stream(c, 0, 3);
	r = lab_rec(&lab, 3);
	r.length = 0;
	r.flags = RECORD_GAP;
	r.no_uri = true;
	ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	serve_for(SP_S, c);
	stream(c, 4, 6);
	ck_assert_int_eq(mesh_piece(lab.mesh, 0, LAB_FIRST + 3, &pc), 0);
	ck_assert_uint_eq(pc.blocks, 0);
	ck_assert(!pc.lost);
	ck_assert_uint_gt(play().edge, LAB_FIRST + 4);
	ck_assert_uint_eq(lab_stats(&lab).missed, 0);
	lab_teardown();
}
END_TEST

START_TEST(init_piece_comes_with_its_first_user)
{
	sp_time at[2] = { 0, 0 };
	struct lab_rec r, init;
	struct mesh_piece pc;
	unsigned i;

	setup();
	mesh_origins(lab.mesh, 1, lab.now);
	lab_announced(&lab, 0, 0);
	init = lab_rec(&lab, 0);
	init.track = LIM_TRACK_INIT;
	init.flags = RECORD_INIT;
	init.duration_us = 0;
	init.length = 700;
	r = lab_rec(&lab, 0);
	r.init = init.number;
	/* the user's record comes first */
	ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	ck_assert_int_eq(lab_record(&lab, &init, true), 0);
	for (i = 0; i < 200; i++) {
		serve_for(20 * SP_MS, LAB_CONNS);
		mesh_piece(lab.mesh, LIM_TRACK_INIT, init.number, &pc);
		if (at[0] == 0 && pc.held == pc.blocks)
			at[0] = lab.now;
		if (at[1] == 0 && lab_held(&lab, 0) == 3)
			at[1] = lab.now;
	}
	ck_assert_int_gt(at[1], 0);
	ck_assert_int_gt(at[0], 0);
	/* neighbours are given a moment for it */
	ck_assert_int_le(at[0], at[1] + 250 * SP_MS);
	reads_right(0);
	lab_teardown();
}
END_TEST

START_TEST(init_piece_that_nobody_needs_is_not_asked_for)
{
	struct lab_rec init;
	struct mesh_piece pc;
	unsigned k;

	setup();
	mesh_origins(lab.mesh, 1, lab.now);
	for (k = 0; k < 12; k++) {
		init = lab_rec(&lab, k);
		init.track = LIM_TRACK_INIT;
		init.flags = RECORD_INIT;
		init.duration_us = 0;
		ck_assert_int_eq(lab_record(&lab, &init, true), 0);
	}
	run(5 * SP_S);
	ck_assert_uint_eq(lab.fetches, 0);
	/* and only the newest are kept */
	ck_assert_int_eq(mesh_piece(lab.mesh, LIM_TRACK_INIT, LAB_FIRST, &pc),
	    SP_ERR_NOTFOUND);
	ck_assert_int_eq(
	    mesh_piece(lab.mesh, LIM_TRACK_INIT, LAB_FIRST + 11, &pc), 0);
	lab_teardown();
}
END_TEST

START_TEST(window_follows_time)
{
	unsigned c;

	setup();
	c = neighbour(1);
	stream(c, 0, 70);
	/* sixty seconds of it are kept */
	ck_assert_int_eq(lab_held(&lab, 5), -1);
	ck_assert_int_eq(lab_held(&lab, 15), 3);
	ck_assert_uint_le(lab_stats(&lab).window_bytes, 62 * LAB_LEN);
	ck_assert_uint_ge(play().first, LAB_FIRST + 8);
	lab_teardown();
}
END_TEST

START_TEST(last_piece_ends_the_track)
{
	struct lab_rec r;
	unsigned c;

	setup();
	c = neighbour(1);
	stream(c, 0, 5);
	r = lab_rec(&lab, 5);
	r.flags = RECORD_LAST;
	ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	lab_have(&lab, c, 0, LAB_FIRST + 5, true);
	serve_for(5 * SP_S, c);
	ck_assert(play().ended);
	ck_assert_uint_eq(play().edge, LAB_FIRST + 6);
	lab_teardown();
}
END_TEST

START_TEST(wanted_piece_is_urgent)
{
	unsigned c, k;
	uint16_t slack;

	setup();
	c = neighbour(1);
	stream(c, 0, 4);
	lab_publish(&lab, 4);
	lab_have(&lab, c, 0, LAB_FIRST + 4, true);
	ck_assert_int_eq(mesh_want(lab.mesh, 0, LAB_FIRST + 4, lab.now), 0);
	ck_assert_int_eq(mesh_want(lab.mesh, 0, LAB_FIRST + 4, lab.now), 0);
	ck_assert_int_eq(mesh_want(lab.mesh, 0, LAB_FIRST + 44, lab.now),
	    SP_ERR_NOTFOUND);
	run(40 * SP_MS);
	ck_assert_uint_gt(lab.conn[c].n_req, 0);
	for (k = 0; k < lab.conn[c].n_req; k++) {
		slack = lab.conn[c].req[k].slack_ms;
		ck_assert_uint_le(slack, 400);
	}
	/* one that is there is no matter */
	ck_assert_int_eq(mesh_want(lab.mesh, 0, LAB_FIRST, lab.now), 0);
	lab_teardown();
}
END_TEST

START_TEST(fixed_delay_is_kept_and_said_to_be_too_short)
{
	struct mesh_conf conf;
	unsigned c, k;

	lab_conf(&conf);
	conf.delay_ms = 3000;
	lab_setup(&conf);
	mesh_follow(lab.mesh, 0, true, lab.now);
	c = neighbour(1);
	stream(c, 0, 12);
	ck_assert_uint_gt(lab_stats(&lab).delay_needed_ms, 0);
	ck_assert_uint_le(lab_stats(&lab).delay_needed_ms, 3000);
	for (k = 12; k < 18; k++)
		lab_publish(&lab, k), run(SP_S);
	for (k = 12; k < 18; k++)
		lab_have(&lab, c, 0, LAB_FIRST + k, true);
	serve_for(5 * SP_S, c);
	ck_assert_uint_gt(lab_stats(&lab).missed, 0);
	ck_assert_uint_eq(play().delay_ms, 3000);
	ck_assert_uint_gt(lab_stats(&lab).delay_needed_ms, 3000);
	lab_teardown();
}
END_TEST

/* A busy minute; the hash of all that the mesh wanted done. */
static uint64_t
busy_minute(void)
{
	uint64_t hash;
	unsigned c[3], k, i;
	int f;

	setup();
	mesh_origins(lab.mesh, 2, lab.now);
	for (i = 0; i < 3; i++)
		c[i] = neighbour((uint8_t)(i + 1));
	for (k = 0; k < 40; k++) {
		lab_publish(&lab, k);
		for (i = 0; i < 3; i++)
			if ((k + i) % 4 != 0)
				lab_have(&lab, c[i], 0, LAB_FIRST + k, true);
		for (i = 0; i < 30; i++) {
			lab_run(&lab, lab.now + 50 * SP_MS);
			lab_serve(&lab, c[i % 3],
			    k % 7 == 3 ? LAB_QUEUE : LAB_RIGHT);
			if ((f = lab_fetching(&lab)) >= 0)
				lab_reply(&lab, (unsigned)f,
				    k % 5 == 0 ? LAB_SHORT : LAB_OK);
		}
		if (k % 10 == 9)
			lab_announced(&lab, (uint8_t)(10 + k), 5);
	}
	hash = lab.hash;
	lab_teardown();
	return hash;
}

START_TEST(same_inputs_give_the_same_acts)
{
	void *hole = malloc(12345); /* other addresses in the second run */
	uint64_t first = busy_minute();

	free(hole);
	ck_assert(busy_minute() == first);
}
END_TEST

UNIT_MAIN("mesh_play", playing_starts_soon_and_goes_on,
    clock_set_back_an_hour_does_not_stop_playing,
    clock_set_forward_an_hour_does_not_stop_playing,
    who_follows_again_begins_with_what_is_here,
    missed_deadlines_raise_the_delay, lost_piece_is_skipped_and_said_to_be_lost,
    hole_in_the_records_is_filled_by_asking,
    record_is_asked_of_one_neighbour_at_a_time,
    feed_is_given_time_before_neighbours_are_asked,
    claims_of_far_numbers_cost_little, bad_records_of_a_neighbour_end_it,
    equivocation_and_broken_chains_are_refused,
    manifest_goes_to_who_asks_and_to_all_who_know_less,
    gap_is_complete_and_listed, init_piece_comes_with_its_first_user,
    init_piece_that_nobody_needs_is_not_asked_for, window_follows_time,
    last_piece_ends_the_track, wanted_piece_is_urgent,
    fixed_delay_is_kept_and_said_to_be_too_short,
    same_inputs_give_the_same_acts)
