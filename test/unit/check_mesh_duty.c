#include "test/unit/roster_help.h"

/*
 * A roster comes that gives us these ranks for the stripes of track 0: digits,
 * or '-' for none that counts.
 */
static void
ranks(const char *want)
{
	unsigned k = (unsigned)strlen(want), s, r;
	struct duty d;

	members(MEMBERS);
	for (ros.epoch = 0; ros.epoch < 200000; ros.epoch++) {
		duty_draw(&d, &ros, lab.now, lab.mesh->id, 0, k, lab.now);
		for (s = 0; s < k; s++) {
			for (r = 0; r < DUTY_RANKS; r++)
				if (d.rank[r] >> s & 1)
					break;
			if (want[s] != (r < DUTY_RANKS ? '0' + (char)r : '-'))
				break;
		}
		if (s == k)
			break;
	}
	ck_assert_uint_lt(ros.epoch, 200000);
	ck_assert_int_eq(mesh_roster(lab.mesh, &ros, lab.now), 0);
}

static struct piece *
piece(uint64_t k)
{
	struct piece *pc = mesh_find(lab.mesh, 0, LAB_FIRST + k);

	ck_assert_ptr_nonnull(pc);
	return pc;
}

/* Neighbour |c| tells of piece |k| and gives it. */
static void
given(unsigned c, uint64_t k)
{
	unsigned i;

	lab_have(&lab, c, 0, LAB_FIRST + k, true);
	for (i = 0; i < 100 && !piece_is_complete(piece(k)); i++) {
		run(20 * SP_MS);
		lab_serve(&lab, c, LAB_RIGHT);
	}
	ck_assert(piece_is_complete(piece(k)));
}

/*
 * A viewer of 10 Mbit/s plays; nothing came from the origin yet. A backup of
 * rank r has its turn 400 + 313 r ms after the piece is available.
 */
static void
playing(unsigned n_origins)
{
	struct mesh_conf conf;
	unsigned c;

	lab_conf(&conf);
	conf.up_bps = 1250000;
	lab_setup(&conf);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, n_origins, lab.now);
	lab_announced(&lab, 0, 0);
	/* one neighbour is all that there is to wait for */
	lab.mesh->swarm_size = 2;
	c = neighbour(1);
	lab_publish(&lab, 0);
	given(c, 0);
	run(500 * SP_MS);
	ck_assert(lab.mesh->play[0].fixed);
	ck_assert_uint_eq(lab.fetches, 0);
	lab_hangup(&lab, c, MESH_CLOSE_REMOTE);
}

/* Somebody who tells, but lets nobody ask. */
static unsigned
teller(uint8_t who)
{
	int c = lab_accept(&lab, who);

	ck_assert_int_ge(c, 0);
	return (unsigned)c;
}

/* Block 0 of piece |k| is arriving at |c|. */
static void
tell_arriving(unsigned c, uint64_t k)
{
	struct pw_have_group g = { .number = LAB_FIRST + k,
		.kind = PW_HAVE_ARRIVING,
		.n_bytes = 1,
		.bits = (const uint8_t[1]){ 0x80 } };
	struct pw_open open;

	pw_have_begin(&open, lab_say(&lab, c), 0, g.number);
	pw_have_add(&open, lab_say(&lab, c), &g);
	pw_end(&open, lab_say(&lab, c));
	lab_flush(&lab, c);
}

/* There are |n| transfers in all; the oldest is of these blocks. */
static void
fetches_are(unsigned n, uint64_t first, uint64_t blocks)
{
	int f = lab_fetching(&lab);

	ck_assert_uint_eq(lab.fetches, n);
	ck_assert_int_ge(f, 0);
	ck_assert(!lab.fetch[f].whole);
	ck_assert_uint_eq(lab.fetch[f].at, first * LIM_BLOCK);
	ck_assert_uint_eq(lab.fetch[f].len, blocks * LIM_BLOCK);
}

START_TEST(who_is_on_duty_fetches_these_blocks_when_the_record_comes)
{
	struct lab_rec r;

	playing(1);
	ranks("-0-");
	lab_publish(&lab, 1);
	run(60 * SP_MS);
	fetches_are(1, 1, 1);
	ck_assert_uint_eq(lab_stats(&lab).duties, 1);
	lab_reply(&lab, (unsigned)lab_fetching(&lab), LAB_OK);
	ck_assert_int_eq(lab_held(&lab, 1), 1);
	given(neighbour(2), 1);
	/* a transfer for each stripe; their ends are no duty of ours */
	ranks("0--0-");
	r = lab_rec(&lab, 2);
	r.length = 5 * LIM_BLOCK;
	ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	run(60 * SP_MS);
	fetches_are(3, 0, 1);
	lab_reply(&lab, (unsigned)lab_fetching(&lab), LAB_OK);
	fetches_are(3, 3, 1);
	ck_assert_uint_eq(lab_stats(&lab).duties, 3);
	ck_assert_uint_eq(lab_stats(&lab).backups, 0);
	lab_teardown();
}
END_TEST

/* The neighbours have delivered a block before. */
static void
delivered(void)
{
	unsigned i;

	MESH_SLOTS (lab.mesh->open, i)
		lab.mesh->peers[i]->blocks_ok = 1;
}

START_TEST(on_duty_who_never_delivered_is_not_believed)
{
	unsigned c;

	playing(1);
	c = teller(1);
	ranks("0--");
	lab_publish(&lab, 1);
	lab_have(&lab, c, 0, LAB_FIRST + 1, true);
	run(60 * SP_MS);
	ck_assert_uint_ge(lab.fetches, 1);
	lab_teardown();
}
END_TEST

START_TEST(what_a_credible_neighbour_holds_is_no_duty)
{
	struct mesh *m;
	unsigned c, i;

	playing(1);
	m = lab.mesh;
	c = teller(1);
	ranks("0--");
	delivered();
	lab_publish(&lab, 1);
	lab_have(&lab, c, 0, LAB_FIRST + 1, true);
	run(SP_S);
	ck_assert_uint_eq(lab.fetches, 0);
	/* the word of who gives nothing keeps nobody from it */
	MESH_SLOTS (m->open, i)
		m->peers[i]->timeouts = 10;
	lab_publish(&lab, 2);
	lab_have(&lab, c, 0, LAB_FIRST + 2, true);
	run(60 * SP_MS);
	ck_assert_uint_ge(lab.fetches, 1);
	ck_assert_uint_ge(lab_stats(&lab).duties, 1);
	lab_teardown();
}
END_TEST

START_TEST(origin_that_does_not_begin_leaves_it_to_neighbours)
{
	unsigned c;

	playing(1);
	c = neighbour(2);
	ranks("000");
	lab_publish(&lab, 1);
	run(100 * SP_MS);
	ck_assert_uint_eq(lab.fetches, 1);
	lab_have(&lab, c, 0, LAB_FIRST + 1, true);
	run(200 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].n_req, 0);
	/* 300 ms for the first byte are assumed, and the margin */
	run(400 * SP_MS);
	ck_assert_uint_gt(lab.conn[c].n_req, 0);
	lab_serve(&lab, c, LAB_RIGHT);
	run(SP_S);
	lab_serve(&lab, c, LAB_RIGHT);
	run(100 * SP_MS);
	ck_assert_uint_eq(piece(1)->n_held, 3);
	lab_teardown();
}
END_TEST

START_TEST(pieces_of_an_old_window_are_nobodys_duty)
{
	struct lab_rec r;
	unsigned k;

	playing(1);
	ranks("000");
	for (k = 1; k <= 5; k++) {
		r = lab_rec(&lab, k);
		r.avail_ms -= (5 - k) * 900;
		ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	}
	for (k = 1; k <= 5; k++) {
		ck_assert_uint_eq(piece(k)->stripes, k < 3 ? 0 : 3);
		ck_assert(mesh_duty_at(lab.mesh, piece(k), 0) ==
			  (k < 3 ? SP_NEVER : piece(k)->avail_at));
	}
	lab_teardown();
}
END_TEST

START_TEST(who_seeds_or_has_no_origin_has_no_duty)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.seeder = true;
	lab_setup(&conf);
	mesh_origins(lab.mesh, 1, lab.now);
	ranks("000");
	lab_publish(&lab, 0);
	ck_assert_uint_eq(piece(0)->stripes, 0);
	run(SP_S);
	ck_assert_uint_eq(lab.fetches, 0);
	lab_teardown();

	playing(0);
	ranks("000");
	lab_publish(&lab, 1);
	ck_assert_uint_eq(piece(1)->stripes, 0);
	run(SP_S);
	ck_assert_uint_eq(lab.fetches, 0);
	lab_teardown();
}
END_TEST

START_TEST(roster_is_believed_for_a_minute)
{
	playing(1);
	ck_assert(!mesh_duty_is_on(lab.mesh));
	ranks("000");
	lab.now += 60 * SP_S;
	lab_publish(&lab, 1);
	ck_assert(mesh_duty_is_on(lab.mesh));
	ck_assert_uint_eq(piece(1)->stripes, 3);
	lab.now += SP_MS;
	lab_publish(&lab, 2);
	ck_assert(!mesh_duty_is_on(lab.mesh));
	ck_assert_uint_eq(piece(2)->stripes, 0);
	ck_assert_int_eq(mesh_duty_end(lab.mesh, piece(2)), piece(2)->avail_at);
	lab_teardown();
}
END_TEST

START_TEST(backup_waits_for_its_turn)
{
	playing(1);
	ranks("1--");
	lab_publish(&lab, 1);
	run(700 * SP_MS);
	ck_assert_uint_eq(lab.fetches, 0);
	run(60 * SP_MS);
	fetches_are(1, 0, 1);
	ck_assert_uint_eq(lab_stats(&lab).backups, 1);
	ck_assert_uint_eq(lab_stats(&lab).duties, 0);
	lab_teardown();

	playing(1);
	ranks("-2-");
	lab_publish(&lab, 1);
	run(1010 * SP_MS);
	ck_assert_uint_eq(lab.fetches, 0);
	run(60 * SP_MS);
	fetches_are(1, 1, 1);
	ck_assert_uint_eq(lab_stats(&lab).backups, 1);
	lab_teardown();
}
END_TEST

START_TEST(backup_that_hears_of_it_stays_away)
{
	unsigned c, how;

	for (how = 0; how < 2; how++) {
		playing(1);
		c = teller(1);
		ranks("1--");
		delivered();
		lab_publish(&lab, 1);
		run(600 * SP_MS);
		if (how == 0)
			tell_arriving(c, 1);
		else
			lab_have(&lab, c, 0, LAB_FIRST + 1, true);
		run(500 * SP_MS);
		ck_assert_uint_eq(lab.fetches, 0);
		ck_assert_uint_eq(piece(1)->heard, 1);
		lab_teardown();
	}
}
END_TEST

START_TEST(pace_of_the_ramp_is_learned_of_blocks_that_spread)
{
	unsigned c, t[3], i;

	playing(0);
	c = neighbour(2);
	for (i = 0; i < 3; i++)
		t[i] = teller((uint8_t)(3 + i));
	ck_assert_int_eq(lab.mesh->pace.tau, RESCUE_PACE);
	/* one has it; 700 ms later four, and it comes: 350 ms a doubling */
	lab_publish(&lab, 1);
	lab_have(&lab, t[0], 0, LAB_FIRST + 1, true);
	run(700 * SP_MS);
	for (i = 1; i < 3; i++)
		lab_have(&lab, t[i], 0, LAB_FIRST + 1, true);
	given(c, 1);
	ck_assert_int_lt(lab.mesh->pace.tau, RESCUE_PACE);
	ck_assert_int_gt(lab.mesh->pace.tau,
	    RESCUE_PACE - (RESCUE_PACE - RESCUE_PACE_MIN) / 8);
	lab_teardown();
}
END_TEST

START_TEST(turns_of_backups_follow_what_is_heard)
{
	unsigned c, k;
	sp_time turn;

	playing(1);
	c = neighbour(2);
	for (k = 1; k <= 20; k++) {
		ranks("1--");
		lab_publish(&lab, k);
		turn = mesh_duty_at(lab.mesh, piece(k), 0) - piece(k)->avail_at;
		if (k == 1)
			ck_assert_int_eq(turn, 713 * SP_MS);
		run(100 * SP_MS);
		given(c, k);
		run(SP_S);
	}
	/* 100 ms and the pass after it, in the place of 400 */
	ck_assert_int_ge(turn, 405 * SP_MS);
	ck_assert_int_le(turn, 475 * SP_MS);
	ck_assert_uint_eq(lab.fetches, 0);
	lab_teardown();
}
END_TEST

/* Transfers of 12 pieces in the first |t| of each, before a neighbour has it.
 */
static unsigned
drawn(sp_time t, void (*roster)(void))
{
	unsigned c, k, n;

	playing(1);
	c = neighbour(2);
	for (k = 1; k <= 12; k++) {
		if (roster != NULL)
			roster();
		lab_publish(&lab, k);
		run(t);
		while (lab_fetching(&lab) >= 0)
			lab_reply(&lab, (unsigned)lab_fetching(&lab), LAB_OK);
		given(c, k);
	}
	n = lab.fetches;
	lab_teardown();
	return n;
}

static void
no_rank(void)
{
	ranks("---");
}

START_TEST(who_has_no_rank_draws_after_all_backups)
{
	/* of the turns of four there are 1.65 s, but half is the ramp's */
	ck_assert_uint_gt(drawn(1100 * SP_MS, NULL), 0);
	ck_assert_uint_eq(drawn(1100 * SP_MS, no_rank), 0);
	ck_assert_uint_eq(drawn(1100 * SP_MS, not_on_it), 0);
	ck_assert_uint_gt(drawn(2000 * SP_MS, no_rank), 0);
	ck_assert_uint_gt(drawn(2000 * SP_MS, not_on_it), 0);
}
END_TEST

START_TEST(what_is_missing_at_the_guard_time_is_fetched)
{
	const struct piece *pc;
	sp_time guard;
	unsigned c;

	playing(1);
	c = teller(1);
	no_rank();
	lab_publish(&lab, 1);
	lab_have(&lab, c, 0, LAB_FIRST + 1, true);
	pc = piece(1);
	guard =
	    pc->deadline - mesh_fetch_guard(lab.mesh, UINT64_C(3) * LIM_BLOCK);
	ck_assert_int_gt(guard, mesh_duty_end(lab.mesh, pc));
	run(guard - SP_MS - lab.now);
	ck_assert_uint_eq(lab.fetches, 0);
	run(60 * SP_MS);
	ck_assert_uint_eq(lab.fetches, 1);
	ck_assert(lab.fetch[lab_fetching(&lab)].whole);
	ck_assert_uint_eq(lab_stats(&lab).duties, 0);
	ck_assert_uint_eq(lab_stats(&lab).backups, 0);
	lab_teardown();
}
END_TEST

START_TEST(origin_that_ignores_ranges_makes_one_stripe)
{
	int f;

	playing(1);
	ranks("--0");
	lab_publish(&lab, 1);
	run(60 * SP_MS);
	ck_assert_uint_eq(piece(1)->stripes, 3);
	lab_reply(&lab, (unsigned)lab_fetching(&lab), LAB_IGNORES_RANGE);
	reads_right(1);
	ranks("0");
	lab_publish(&lab, 2);
	ck_assert_uint_eq(piece(2)->stripes, 1);
	run(60 * SP_MS);
	ck_assert_uint_eq(lab.fetches, 2);
	f = lab_fetching(&lab);
	ck_assert(lab.fetch[f].whole);
	ck_assert_uint_eq(lab.fetch[f].len, LAB_LEN);
	ck_assert_uint_eq(lab_stats(&lab).duties, 2);
	/* a backup of all */
	lab_reply(&lab, (unsigned)f, LAB_OK);
	ranks("1");
	lab_publish(&lab, 3);
	run(SP_S);
	ck_assert(lab.fetch[lab_fetching(&lab)].whole);
	ck_assert_uint_eq(lab_stats(&lab).duties, 2);
	ck_assert_uint_eq(lab_stats(&lab).backups, 1);
	lab_teardown();
}
END_TEST

START_TEST(origin_that_refuses_is_asked_for_several_stripes_at_once)
{
	unsigned i;

	playing(1);
	ranks("0--");
	lab_publish(&lab, 1);
	run(60 * SP_MS);
	fetches_are(1, 0, 1);
	lab_reply(&lab, (unsigned)lab_fetching(&lab), LAB_503);
	given(neighbour(2), 1);
	run(3 * SP_S);
	/* who has the first of two has both */
	ranks("0--");
	lab_publish(&lab, 2);
	run(60 * SP_MS);
	fetches_are(2, 0, 2);
	/* and who has the second one waits for its turn as a backup */
	lab_reply(&lab, (unsigned)lab_fetching(&lab), LAB_OK);
	given(neighbour(3), 2);
	ranks("-0-");
	lab_publish(&lab, 3);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.fetches, 2);
	for (i = 0; i < 50 && lab.fetches < 3; i++)
		run(20 * SP_MS);
	fetches_are(3, 1, 1);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_duty",
    who_is_on_duty_fetches_these_blocks_when_the_record_comes,
    on_duty_who_never_delivered_is_not_believed,
    what_a_credible_neighbour_holds_is_no_duty,
    origin_that_does_not_begin_leaves_it_to_neighbours,
    pieces_of_an_old_window_are_nobodys_duty,
    who_seeds_or_has_no_origin_has_no_duty, roster_is_believed_for_a_minute,
    backup_waits_for_its_turn, backup_that_hears_of_it_stays_away,
    pace_of_the_ramp_is_learned_of_blocks_that_spread,
    turns_of_backups_follow_what_is_heard,
    who_has_no_rank_draws_after_all_backups,
    what_is_missing_at_the_guard_time_is_fetched,
    origin_that_ignores_ranges_makes_one_stripe,
    origin_that_refuses_is_asked_for_several_stripes_at_once)
