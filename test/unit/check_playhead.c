#include "swarm/playhead.h"

#include "test/unit/pieces.h"
#include "test/unit/unit.h"

/* The worked example of playhead.h: T = 2 s, D = 5 s, 100 is newest. */
#define NOW (1000 * SP_S)
#define T   (2 * SP_S)
#define D   (5 * SP_S)

static struct failmem fm;
static struct window w;
static struct playhead ph;
static struct playhead_conf conf;
static uint32_t lost;

/* Piece |n| became available |age| ago; complete if |full|. */
static struct piece *
piece(uint64_t n, sp_time age, bool full, uint16_t flags)
{
	struct pieces_spec s = { .number = n,
		.length = 100,
		.duration_us = 2000000,
		.epoch = (uint32_t)n,
		.flags = flags };
	struct piece *pc;

	ck_assert_int_eq(pieces_add(&w, &s, NOW, &pc), 0);
	pc->avail_at = NOW - age;
	if (full)
		ck_assert_int_eq(pieces_fill(&w, pc, NOW), 0);
	return pc;
}

static void
empty(void)
{
	failmem_init(&fm);
	window_init(&w, &fm.mem, NULL);
	conf = (struct playhead_conf){ .delay_max = 60 * SP_S };
	playhead_follow(&ph, NOW);
}

/* Pieces 90..100, the newest available a second ago, all complete or none. */
static void
setup(bool full)
{
	uint64_t n;

	empty();
	for (n = 90; n <= 100; n++)
		piece(n, SP_S + (sp_time)(100 - n) * T, full, 0);
}

static void
teardown(void)
{
	window_fini(&w);
	failmem_check(&fm);
}

static sp_time
due(uint64_t n)
{
	return playhead_due(&ph, &w, window_piece(&w, 0, n));
}

static sp_time
deadline(uint64_t n)
{
	return playhead_deadline(&ph, &w, window_piece(&w, 0, n));
}

START_TEST(viewer_starts_one_before_the_newest_due_piece)
{
	setup(false);
	ck_assert_int_eq(due(100), SP_NEVER);
	ck_assert(playhead_begin(&ph, &conf, &w, 0, NOW + SP_S, NOW));
	ck_assert(!playhead_begin(&ph, &conf, &w, 0, NOW + SP_S, NOW));
	ck_assert_int_eq(ph.delay, D);
	ck_assert_uint_eq(ph.start, 97);
	ck_assert_int_eq(due(96), SP_NEVER);
	ck_assert_int_eq(deadline(96), SP_NEVER);
	teardown();
}
END_TEST

START_TEST(short_pieces_are_a_second_in_hand)
{
	struct piece *pc;
	uint64_t n;

	empty();
	for (n = 80; n <= 100; n++) {
		pc = piece(n, (sp_time)(100 - n) * 400 * SP_MS, true, 0);
		pc->rec.duration_us = 400000;
	}
	conf.delay = 2 * SP_S;
	ck_assert(playhead_begin(&ph, &conf, &w, 0, NOW + SP_S, NOW));
	/* 95 is due; 94, 93 and 92 play for 1.2 s */
	ck_assert_uint_eq(ph.start, 92);
	teardown();
}
END_TEST

START_TEST(pieces_of_the_start_have_the_time_that_those_before_them_play)
{
	setup(false);
	piece(101, -SP_S, false, 0);
	playhead_begin(&ph, &conf, &w, 0, NOW + SP_S, NOW);
	/* the player needs them a duration apart ... */
	ck_assert_int_eq(due(97), NOW + SP_S);
	ck_assert_int_eq(due(98), NOW + SP_S + T);
	ck_assert_int_eq(due(99), NOW + SP_S + 2 * T);
	ck_assert_int_eq(due(100), NOW + SP_S + 3 * T);
	/* ... and the scheduler gains a quarter of it with each */
	ck_assert_int_eq(deadline(97), NOW + SP_S);
	ck_assert_int_eq(deadline(98), NOW + SP_S + T * 3 / 4);
	ck_assert_int_eq(deadline(99), NOW + SP_S + 2 * T * 3 / 4);
	ck_assert_int_eq(deadline(100), NOW + SP_S + 3 * T * 3 / 4);
	/* what came after us keeps to the schedule of all */
	ck_assert_int_eq(deadline(101), NOW + SP_S + D);
	teardown();
}
END_TEST

START_TEST(later_pieces_are_due_d_after_their_availability)
{
	uint64_t n;

	setup(true);
	for (n = 101; n < 120; n++)
		piece(n, SP_S - (sp_time)(n - 100) * T, false, 0);
	playhead_begin(&ph, &conf, &w, 0, NOW + SP_S, NOW);
	/* the first ones are late by the start, the rest goes by the clock */
	ck_assert_int_eq(due(113), NOW - SP_S + 13 * T + D);
	ck_assert_int_eq(deadline(113), due(113));
	ck_assert(playhead_first(&ph, NOW));
	ck_assert_int_eq(due(98), NOW + T);
	ck_assert_int_eq(due(113), NOW - SP_S + 13 * T + D);
	teardown();
}
END_TEST

START_TEST(listed_is_what_is_complete_and_due)
{
	setup(true);
	ck_assert(!playhead_advance(&ph, &w, 0, NOW, &lost));
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	ck_assert(playhead_advance(&ph, &w, 0, NOW, &lost));
	/* 98 became available five seconds ago */
	ck_assert_uint_eq(ph.edge, 99);
	ck_assert_uint_eq(ph.scan, 101);
	ck_assert_uint_eq(lost, 0);
	ck_assert_int_eq(playhead_next(&ph, &w, 0, NOW), NOW + 2 * SP_S);
	ck_assert(!playhead_advance(&ph, &w, 0, NOW + 2 * SP_S - 1, &lost));
	ck_assert(playhead_advance(&ph, &w, 0, NOW + 2 * SP_S, &lost));
	ck_assert_uint_eq(ph.edge, 100);
	ck_assert(playhead_advance(&ph, &w, 0, NOW + 4 * SP_S, &lost));
	ck_assert_uint_eq(ph.edge, 101);
	ck_assert_int_eq(playhead_next(&ph, &w, 0, NOW + 4 * SP_S), SP_NEVER);
	teardown();
}
END_TEST

START_TEST(missing_piece_holds_the_list)
{
	setup(false);
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	pieces_fill(&w, window_piece(&w, 0, 98), NOW);
	ck_assert(!playhead_advance(&ph, &w, 0, NOW, &lost));
	ck_assert_uint_eq(ph.edge, 97);
	pieces_fill(&w, window_piece(&w, 0, 97), NOW);
	ck_assert(playhead_advance(&ph, &w, 0, NOW, &lost));
	ck_assert_uint_eq(ph.edge, 99);
	teardown();
}
END_TEST

START_TEST(missing_piece_is_given_up_when_a_later_one_is_there)
{
	sp_time at;

	setup(false);
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	ck_assert_int_eq(playhead_patience(window_piece(&w, 0, 97)), 8 * SP_S);
	at = due(97) + 8 * SP_S + 1;
	/* nothing to go on to: wait on */
	ck_assert(!playhead_advance(&ph, &w, 0, at, &lost));
	ck_assert_uint_eq(lost, 0);
	pieces_fill(&w, window_piece(&w, 0, 99), NOW);
	ck_assert(!playhead_advance(&ph, &w, 0, at - 1, &lost));
	ck_assert(playhead_advance(&ph, &w, 0, at, &lost));
	ck_assert_uint_eq(lost, 1);
	ck_assert(window_piece(&w, 0, 97)->lost);
	ck_assert_uint_eq(ph.edge, 98); /* 98 has more time */
	ck_assert_int_eq(playhead_next(&ph, &w, 0, at), due(98) + 8 * SP_S + 1);
	ck_assert(playhead_advance(&ph, &w, 0, due(98) + 8 * SP_S + 1, &lost));
	ck_assert_uint_eq(lost, 1);
	ck_assert_uint_eq(ph.edge, 100);
	teardown();
}
END_TEST

START_TEST(hole_is_given_up_as_the_piece_behind_it)
{
	sp_time at;

	empty();
	piece(97, 7 * SP_S, true, 0);
	piece(99, 3 * SP_S, true, 0);
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	ck_assert_uint_eq(ph.start, 97);
	playhead_advance(&ph, &w, 0, NOW, &lost);
	ck_assert_uint_eq(ph.edge, 98);
	ck_assert_int_le(playhead_next(&ph, &w, 0, NOW), NOW + SP_S);
	at = due(99) + 8 * SP_S;
	ck_assert(!playhead_advance(&ph, &w, 0, at, &lost));
	ck_assert(playhead_advance(&ph, &w, 0, at + 1, &lost));
	ck_assert_uint_eq(lost, 1);
	ck_assert_uint_eq(ph.edge, 100);
	teardown();
}
END_TEST

START_TEST(start_is_not_in_a_hole)
{
	empty();
	piece(90, 21 * SP_S, false, 0);
	piece(98, 5 * SP_S, false, 0);
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	ck_assert_uint_eq(ph.start, 98);
	teardown();
}
END_TEST

START_TEST(start_waits_for_a_first_record)
{
	empty();
	ck_assert(!playhead_begin(&ph, &conf, &w, 0, NOW, NOW));
	ck_assert_int_eq(playhead_next(&ph, &w, 0, NOW), SP_NEVER);
	piece(7, 0, false, 0);
	ck_assert(playhead_begin(&ph, &conf, &w, 0, NOW, NOW));
	ck_assert_uint_eq(ph.start, 7);
	teardown();
}
END_TEST

START_TEST(what_left_the_window_is_skipped)
{
	setup(false);
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	pieces_fill(&w, window_piece(&w, 0, 99), NOW);
	window_advance(&w, 0, 99);
	playhead_advance(&ph, &w, 0, NOW + 10 * SP_S, &lost);
	ck_assert_uint_eq(lost, 2);
	ck_assert_uint_eq(ph.edge, 100);
	teardown();
}
END_TEST

START_TEST(last_piece_ends_the_track)
{
	empty();
	piece(9, 7 * SP_S, true, 0);
	piece(10, 5 * SP_S, true, RECORD_LAST);
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	ck_assert(playhead_advance(&ph, &w, 0, NOW, &lost));
	ck_assert(ph.ended);
	teardown();
}
END_TEST

START_TEST(delay_follows_the_target_duration_within_bounds)
{
	setup(false);
	conf.delay_max = 4 * SP_S;
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	ck_assert_int_eq(ph.delay, 4 * SP_S);
	playhead_follow(&ph, NOW);
	conf.delay = 9 * SP_S; /* the user's word */
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	ck_assert_int_eq(ph.delay, 9 * SP_S);
	teardown();
}
END_TEST

START_TEST(missed_deadlines_raise_the_delay_step_by_step)
{
	setup(true);
	conf.delay_max = D + 2500 * SP_MS;
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	/* the start is no measure */
	ck_assert(!playhead_raise(&ph, &conf, true, T, NOW));
	ck_assert(playhead_first(&ph, NOW));
	ck_assert(!playhead_first(&ph, NOW + 1));
	ck_assert(playhead_raise(&ph, &conf, true, T, NOW));
	ck_assert_int_eq(ph.delay, D + SP_S);
	/* once per T */
	ck_assert(!playhead_raise(&ph, &conf, true, T, NOW + T - 1));
	ck_assert(playhead_raise(&ph, &conf, true, T, NOW + T));
	ck_assert(playhead_raise(&ph, &conf, true, T, NOW + 2 * T));
	ck_assert_int_eq(ph.delay, conf.delay_max);
	ck_assert(!playhead_raise(&ph, &conf, true, T, NOW + 3 * T));
	teardown();
}
END_TEST

START_TEST(delay_grows_to_what_is_needed_and_never_falls)
{
	setup(true);
	conf.least = D + 1200 * SP_MS;
	conf.delay_max = D + 2 * SP_S;
	/* who begins now begins with it */
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	ck_assert_int_eq(ph.delay, conf.least);
	playhead_first(&ph, NOW);
	ck_assert(!playhead_raise(&ph, &conf, false, T, NOW));
	conf.least = D + 1500 * SP_MS;
	ck_assert(playhead_raise(&ph, &conf, false, T, NOW));
	ck_assert_int_eq(ph.delay, conf.least);
	/* no faster than by half a piece in the time of one */
	conf.least = D + 10 * SP_S;
	ck_assert(!playhead_raise(&ph, &conf, false, T, NOW + T - 1));
	conf.delay_max = D + 20 * SP_S;
	ck_assert(playhead_raise(&ph, &conf, false, T, NOW + T));
	ck_assert_int_eq(ph.delay, D + 2500 * SP_MS);
	conf.least = 0;
	ck_assert(!playhead_raise(&ph, &conf, false, T, NOW + 3 * T));
	ck_assert_int_eq(ph.delay, D + 2500 * SP_MS);
	teardown();
}
END_TEST

START_TEST(fixed_delay_is_never_raised)
{
	setup(true);
	conf.delay = 3 * SP_S;
	conf.least = 9 * SP_S;
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	playhead_first(&ph, NOW);
	ck_assert(!playhead_raise(&ph, &conf, true, T, NOW));
	ck_assert_int_eq(ph.delay, 3 * SP_S);
	teardown();
}
END_TEST

START_TEST(raised_delay_moves_every_later_deadline)
{
	setup(true);
	piece(110, SP_S - 10 * T, false, 0);
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	playhead_first(&ph, NOW);
	ck_assert_int_eq(due(110), NOW - SP_S + 10 * T + D +
				       /* 101..109 are holes of 110's duration:
					  the schedule of a start */
				       2 * SP_S);
	ck_assert(playhead_raise(&ph, &conf, true, T, NOW));
	ck_assert(due(110) >= NOW - SP_S + 10 * T + ph.delay);
	teardown();
}
END_TEST

START_TEST(following_again_chooses_a_new_start)
{
	setup(true);
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW);
	playhead_advance(&ph, &w, 0, NOW, &lost);
	playhead_stop(&ph);
	ck_assert(!ph.on && !ph.started);
	ck_assert_int_eq(due(100), SP_NEVER);
	ck_assert(!playhead_begin(&ph, &conf, &w, 0, NOW, NOW));
	ck_assert(!playhead_advance(&ph, &w, 0, NOW, &lost));
	playhead_follow(&ph, NOW + 2 * SP_S);
	playhead_begin(&ph, &conf, &w, 0, NOW, NOW + 2 * SP_S);
	ck_assert_uint_eq(ph.start, 98); /* 99 is the newest due one now */
	teardown();
}
END_TEST

START_TEST(target_is_the_longest_of_the_newest)
{
	struct pieces_spec s = { .length = 10 };

	empty();
	ck_assert_int_eq(playhead_target(&w, 0), 0);
	for (s.number = 0; s.number < 20; s.number++) {
		s.duration_us = s.number == 5 ? 9000000 : 1000000;
		if (s.number == 15)
			s.duration_us = 3000000;
		s.epoch = (uint32_t)s.number;
		ck_assert_int_eq(pieces_add(&w, &s, NOW, NULL), 0);
	}
	ck_assert_int_eq(playhead_target(&w, 0), 3 * SP_S);
	teardown();
}
END_TEST

UNIT_MAIN("playhead", viewer_starts_one_before_the_newest_due_piece,
    short_pieces_are_a_second_in_hand,
    pieces_of_the_start_have_the_time_that_those_before_them_play,
    later_pieces_are_due_d_after_their_availability,
    listed_is_what_is_complete_and_due, missing_piece_holds_the_list,
    missing_piece_is_given_up_when_a_later_one_is_there,
    hole_is_given_up_as_the_piece_behind_it, start_is_not_in_a_hole,
    start_waits_for_a_first_record, what_left_the_window_is_skipped,
    last_piece_ends_the_track, delay_follows_the_target_duration_within_bounds,
    missed_deadlines_raise_the_delay_step_by_step,
    delay_grows_to_what_is_needed_and_never_falls, fixed_delay_is_never_raised,
    raised_delay_moves_every_later_deadline,
    following_again_chooses_a_new_start, target_is_the_longest_of_the_newest)
