#include "swarm/client/vod_plan.h"

#include "io/loop.h"
#include "test/unit/unit.h"

#define MIB   (UINT64_C(1) << 20)
#define N     200
#define START (1000 * SP_S)

static struct vod_plan *plan;
static uint8_t have[N / 8];
static struct vod_reader readers[4];
static struct vod_span span;
static struct vod_plan_in in;
/* what libtorrent was told */
static uint8_t prio[N];
static uint32_t ms[N];
static bool due[N];
static unsigned clears, undues, dues, prios;

/* Deadlines that go come before those that come, and those before the rest. */
static void
pull(void)
{
	enum vod_act_type last = VOD_ACT_CLEAR;
	struct vod_act a;
	uint32_t i;

	clears = undues = dues = prios = 0;
	vod_plan_make(plan, &in);
	while (vod_plan_next(plan, &a)) {
		ck_assert_int_ge(a.type, last);
		last = a.type;
		ck_assert_uint_lt(a.first, N);
		if (a.type == VOD_ACT_CLEAR) {
			clears++;
			for (i = 0; i < N; i++)
				prio[i] = due[i] ? 1 : prio[i];
			memset(due, 0, sizeof(due));
			continue;
		}
		if (a.type == VOD_ACT_PRIO) {
			prios++;
			ck_assert_uint_gt(a.n, 0);
			ck_assert_uint_le(a.first + a.n, N);
			for (i = a.first; i < a.first + a.n; i++) {
				ck_assert(!due[i]);
				prio[i] = a.prio;
			}
			continue;
		}
		undues += a.type == VOD_ACT_UNDUE;
		dues += a.type == VOD_ACT_DUE;
		due[a.first] = a.type == VOD_ACT_DUE;
		ms[a.first] = a.ms;
		/* as libtorrent does */
		prio[a.first] = due[a.first] ? 7 : 1;
	}
}

static void
got(uint32_t i)
{
	have[i / 8] |= (uint8_t)(0x80 >> (i % 8));
	due[i] = false;
	vod_plan_got(plan, i);
}

static void
setup(void)
{
	memset(have, 0, sizeof(have));
	memset(due, 0, sizeof(due));
	memset(prio, VOD_P_USUAL, sizeof(prio));
	span = (struct vod_span){ 0, N * MIB, VOD_P_WANTED, true };
	readers[0] = (struct vod_reader){ 0, N * MIB, MIB, false };
	readers[1] = (struct vod_reader){ 100 * MIB, N * MIB, MIB, false };
	in = (struct vod_plan_in){ .have = have,
		.spans = &span,
		.n_spans = 1,
		.readers = readers,
		.now = START };
	ck_assert_int_eq(vod_plan_new(&plan, io_mem(), N, MIB, N * MIB), 0);
}

static void
teardown(void)
{
	vod_plan_free(plan);
}

/* Pieces [from, to) have |p|. */
static void
assert_prio(uint32_t from, uint32_t to, uint8_t p)
{
	uint32_t i;

	for (i = from; i < to; i++)
		ck_assert_msg(prio[i] == p, "piece %u: %u", i, prio[i]);
}

/* Exactly [from, to) of all have deadlines. */
static void
assert_due(uint32_t from, uint32_t to)
{
	uint32_t i;

	for (i = 0; i < N; i++)
		ck_assert_msg(due[i] == (i >= from && i < to), "piece %u", i);
}

/* ---- one player ---- */

START_TEST(window_of_a_player_is_due_in_order_as_in_the_header)
{
	setup();
	in.n_readers = 1;
	pull();
	assert_due(0, 10);
	ck_assert_uint_eq(ms[0], 0);
	ck_assert_uint_eq(ms[1], 1000);
	ck_assert_uint_eq(ms[9], 9000);
	assert_prio(10, 50, VOD_P_AHEAD);
	assert_prio(50, 199, VOD_P_WANTED);
	assert_prio(199, 200, VOD_P_SOON);
	ck_assert_uint_eq(vod_plan_due(plan), 10);
	teardown();
}
END_TEST

START_TEST(nothing_is_told_twice)
{
	setup();
	in.n_readers = 1;
	pull();
	pull();
	ck_assert_uint_eq(clears + undues + dues + prios, 0);
	teardown();
}
END_TEST

START_TEST(window_moves_with_its_player)
{
	setup();
	in.n_readers = 1;
	pull();
	got(0);
	readers[0].at = MIB;
	in.now += SP_S;
	pull();
	assert_due(1, 11);
	ck_assert_uint_eq(undues, 0);
	ck_assert_uint_eq(dues, 1);
	ck_assert_uint_eq(ms[10], 9000);
	assert_prio(50, 51, VOD_P_AHEAD);
	ck_assert_uint_eq(prios, 1);
	teardown();
}
END_TEST

START_TEST(what_is_here_has_no_deadline)
{
	setup();
	got(0);
	got(3);
	in.n_readers = 1;
	pull();
	ck_assert(!due[0] && due[1] && due[2] && !due[3] && due[4]);
	ck_assert_uint_eq(dues, 8);
	teardown();
}
END_TEST

START_TEST(seek_takes_deadlines_back_first_and_gives_a_priority_again)
{
	setup();
	in.n_readers = 1;
	pull();
	readers[0].at = 100 * MIB + 5;
	pull();
	ck_assert_uint_eq(clears, 1);
	assert_due(100, 111);
	ck_assert_uint_eq(ms[100], 0);
	/* head of the file is wanted soon, the rest is not urgent any more */
	assert_prio(0, 1, VOD_P_SOON);
	assert_prio(1, 100, VOD_P_WANTED);
	teardown();
}
END_TEST

START_TEST(player_that_goes_leaves_no_deadlines_but_of_the_edges)
{
	setup();
	in.n_readers = 1;
	readers[0].at = 50 * MIB;
	pull();
	assert_due(50, 60);
	in.n_readers = 0;
	span.edges = false;
	pull();
	ck_assert_uint_eq(undues, 10);
	ck_assert_uint_eq(vod_plan_due(plan), 0);
	assert_due(0, 0);
	assert_prio(0, N, VOD_P_WANTED);
	teardown();
}
END_TEST

START_TEST(deadline_that_comes_nearer_is_told_again)
{
	setup();
	in.n_readers = 1;
	pull();
	/* half a second is not worth it */
	readers[0].at = MIB / 2;
	pull();
	ck_assert_uint_eq(dues, 1);
	ck_assert(due[10]);
	readers[0].at = 5 * MIB;
	pull();
	ck_assert_uint_eq(ms[9], 4000);
	ck_assert_uint_eq(ms[6], 1000);
	/* a player that lags needs nothing later than was said */
	readers[0].at = 5 * MIB;
	in.now += 3 * SP_S;
	pull();
	ck_assert_uint_eq(dues, 0);
	teardown();
}
END_TEST

START_TEST(window_ends_where_its_player_does)
{
	setup();
	in.n_readers = 1;
	readers[0].end = 3 * MIB + 1;
	span.to = 3 * MIB + 1;
	pull();
	assert_due(0, 4);
	assert_prio(4, N, VOD_P_NONE);
	/* nothing is left to be read */
	readers[0].at = readers[0].end;
	span.edges = false;
	pull();
	assert_due(0, 0);
	/* past the end of all */
	readers[0] = (struct vod_reader){ 199 * MIB, 900 * MIB, MIB, false };
	span = (struct vod_span){ 0, N * MIB, VOD_P_WANTED, false };
	pull();
	assert_due(199, 200);
	teardown();
}
END_TEST

START_TEST(who_asks_goes_before_who_may_go_on)
{
	setup();
	in.n_readers = 2;
	readers[1].idle = true;
	pull();
	assert_due(0, 10);
	assert_prio(100, 110, VOD_P_SOON);
	/* alone, he has his window */
	readers[0].idle = true;
	in.n_readers = 1;
	pull();
	ck_assert_uint_eq(clears, 0);
	assert_due(0, 10);
	teardown();
}
END_TEST

START_TEST(who_waits_where_a_deadline_is_has_not_jumped)
{
	setup();
	in.n_readers = 1;
	pull();
	got(0);
	readers[0].at = 4 * MIB;
	pull();
	ck_assert_uint_eq(clears, 0);
	/* nor who has what he reads */
	got(90);
	readers[0].at = 90 * MIB;
	pull();
	ck_assert_uint_eq(clears, 0);
	ck_assert(due[91]);
	teardown();
}
END_TEST

/* ---- rates ---- */

START_TEST(window_follows_the_rate_between_bounds)
{
	setup();
	ck_assert_uint_eq(vod_plan_window(0, 1024), 5 * MIB);
	ck_assert_uint_eq(vod_plan_window(MIB, 1024), 10 * MIB);
	ck_assert_uint_eq(vod_plan_window(3 * MIB, 1024), 30 * MIB);
	ck_assert_uint_eq(vod_plan_window(1000 * MIB, 1024), 64 * MIB);
	ck_assert_uint_eq(vod_plan_window(UINT64_MAX, 1024), 64 * MIB);
	/* two pieces, however large */
	ck_assert_uint_eq(vod_plan_window(0, 64 * MIB), 128 * MIB);
	teardown();
}
END_TEST

START_TEST(fast_player_has_as_many_deadlines_as_there_are)
{
	setup();
	in.n_readers = 1;
	readers[0].rate_bps = 500 * MIB;
	pull();
	assert_due(0, 64);
	ck_assert_uint_eq(ms[50], 100);
	assert_prio(64, 199, VOD_P_AHEAD);
	teardown();
}
END_TEST

START_TEST(slow_player_is_taken_for_half_a_mebibyte_a_second)
{
	setup();
	in.n_readers = 1;
	readers[0].rate_bps = 1;
	pull();
	assert_due(0, 5);
	ck_assert_uint_eq(ms[1], 2000);
	teardown();
}
END_TEST

/* ---- several ---- */

START_TEST(two_players_share_the_deadlines)
{
	setup();
	in.n_readers = 2;
	readers[0].rate_bps = readers[1].rate_bps = 500 * MIB;
	pull();
	ck_assert_uint_eq(dues, 64);
	ck_assert(
	    due[0] && due[31] && !due[32] && due[100] && due[131] && !due[132]);
	assert_prio(32, 64, VOD_P_SOON);
	assert_prio(132, 164, VOD_P_SOON);
	/* one goes */
	in.n_readers = 1;
	pull();
	ck_assert_uint_eq(undues, 32);
	assert_due(0, 64);
	teardown();
}
END_TEST

START_TEST(piece_that_two_need_is_due_for_the_sooner)
{
	setup();
	in.n_readers = 2;
	readers[1].at = 5 * MIB;
	pull();
	assert_due(0, 15);
	ck_assert_uint_eq(ms[4], 4000);
	ck_assert_uint_eq(ms[5], 0);
	ck_assert_uint_eq(ms[9], 4000);
	teardown();
}
END_TEST

START_TEST(more_players_than_deadlines_have_one_each_while_there_are_any)
{
	struct vod_reader many[80];
	size_t i;

	setup();
	for (i = 0; i < SP_LEN(many); i++)
		many[i] =
		    (struct vod_reader){ 2 * i * MIB, N * MIB, MIB, false };
	in.readers = many;
	in.n_readers = SP_LEN(many);
	pull();
	ck_assert_uint_eq(dues, VOD_DUE_MAX);
	for (i = 0; i < VOD_DUE_MAX; i++)
		ck_assert(due[2 * i]);
	teardown();
}
END_TEST

/* ---- files ---- */

START_TEST(edges_grow_with_the_file)
{
	ck_assert_uint_eq(vod_plan_edge(0), 0);
	ck_assert_uint_eq(vod_plan_edge(1000), 1000);
	ck_assert_uint_eq(vod_plan_edge(60 * MIB), 128 << 10);
	ck_assert_uint_eq(vod_plan_edge(1024 * MIB), 2 * MIB);
	ck_assert_uint_eq(vod_plan_edge(UINT64_MAX), 4 * MIB);
}
END_TEST

START_TEST(head_and_tail_come_first_while_nobody_plays)
{
	setup();
	span.from = 11 * MIB - 1;
	span.to = 60 * MIB;
	pull();
	ck_assert(due[10] && due[11] && due[59]);
	ck_assert_uint_eq(dues, 3);
	ck_assert_uint_eq(ms[10], 0);
	ck_assert_uint_eq(ms[59], 500);
	assert_prio(0, 10, VOD_P_NONE);
	assert_prio(12, 59, VOD_P_WANTED);
	assert_prio(60, N, VOD_P_NONE);
	teardown();
}
END_TEST

START_TEST(what_nobody_wants_is_not_fetched)
{
	setup();
	in.n_spans = 0;
	pull();
	assert_prio(0, N, VOD_P_NONE);
	ck_assert_uint_eq(prios, 1);
	ck_assert_uint_eq(dues, 0);
	teardown();
}
END_TEST

START_TEST(small_and_empty_files_are_whole_edges)
{
	setup();
	span.to = 1;
	pull();
	assert_due(0, 1);
	assert_prio(1, N, VOD_P_NONE);
	span.from = span.to = 5 * MIB;
	pull();
	assert_due(0, 0);
	assert_prio(0, N, VOD_P_NONE);
	teardown();
}
END_TEST

START_TEST(spans_that_overlap_have_the_higher_priority)
{
	struct vod_span two[2] = {
		{ 0, 20 * MIB, VOD_P_REST, false },
		{ 10 * MIB, 30 * MIB, VOD_P_WANTED, false },
	};

	setup();
	in.spans = two;
	in.n_spans = 2;
	pull();
	assert_prio(0, 10, VOD_P_REST);
	assert_prio(10, 30, VOD_P_WANTED);
	assert_prio(30, N, VOD_P_NONE);
	teardown();
}
END_TEST

/* ---- life ---- */

START_TEST(reset_begins_from_the_usual)
{
	setup();
	in.n_readers = 1;
	pull();
	vod_plan_reset(plan);
	ck_assert_uint_eq(vod_plan_due(plan), 0);
	memset(prio, VOD_P_USUAL, sizeof(prio));
	memset(due, 0, sizeof(due));
	pull();
	assert_due(0, 10);
	assert_prio(50, 199, VOD_P_WANTED);
	teardown();
}
END_TEST

START_TEST(last_piece_may_be_short)
{
	struct vod_plan *p;
	struct vod_act a;
	bool seen = false;

	setup();
	ck_assert_int_eq(vod_plan_new(&p, io_mem(), 3, MIB, 2 * MIB + 1), 0);
	readers[0].at = 2 * MIB;
	in.n_readers = 1;
	vod_plan_make(p, &in);
	while (vod_plan_next(p, &a))
		seen |= a.type == VOD_ACT_DUE && a.first == 2;
	ck_assert(seen);
	vod_plan_free(p);
	teardown();
}
END_TEST

START_TEST(plan_without_pieces_or_memory_is_refused)
{
	struct failmem fm;
	struct vod_plan *p;

	ck_assert_int_eq(vod_plan_new(&p, io_mem(), 0, 1, 0), SP_ERR_ARG);
	ck_assert_int_eq(vod_plan_new(&p, io_mem(), 1, 0, 0), SP_ERR_ARG);
	FAILMEM_EACH (&fm) {
		if (vod_plan_new(&p, &fm.mem, 8, 1024, 8192) < 0)
			continue;
		vod_plan_free(p);
	}
	vod_plan_free(NULL);
}
END_TEST

UNIT_MAIN("vod_plan", window_of_a_player_is_due_in_order_as_in_the_header,
    nothing_is_told_twice, window_moves_with_its_player,
    what_is_here_has_no_deadline,
    seek_takes_deadlines_back_first_and_gives_a_priority_again,
    player_that_goes_leaves_no_deadlines_but_of_the_edges,
    deadline_that_comes_nearer_is_told_again, window_ends_where_its_player_does,
    who_asks_goes_before_who_may_go_on,
    who_waits_where_a_deadline_is_has_not_jumped,
    window_follows_the_rate_between_bounds,
    fast_player_has_as_many_deadlines_as_there_are,
    slow_player_is_taken_for_half_a_mebibyte_a_second,
    two_players_share_the_deadlines, piece_that_two_need_is_due_for_the_sooner,
    more_players_than_deadlines_have_one_each_while_there_are_any,
    edges_grow_with_the_file, head_and_tail_come_first_while_nobody_plays,
    what_nobody_wants_is_not_fetched, small_and_empty_files_are_whole_edges,
    spans_that_overlap_have_the_higher_priority, reset_begins_from_the_usual,
    last_piece_may_be_short, plan_without_pieces_or_memory_is_refused)
