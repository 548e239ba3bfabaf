#include "swarm/client/vod_origin_plan.h"

#include "io/loop.h"
#include "swarm/client/vod_origin_ban.h"
#include "test/unit/failmem.h"
#include "test/unit/unit.h"

#define MIB   (UINT64_C(1) << 20)
#define N     40
#define START (1000 * SP_S)

/*
 * Pieces of 1 MiB, version 2: a film of 20, segments of 2 and 3 with padding
 * behind the second, and a film of 15 and a bit.
 */
static const struct lt_file files[] = {
	{ .path = "t/a.mkv", .length = 20 * MIB, .has_root = true },
	{ .path = "t/b.ts",
	    .length = 2 * MIB,
	    .offset = 20 * MIB,
	    .has_root = true },
	{ .path = "t/c.ts",
	    .length = 3 * MIB - 100,
	    .offset = 22 * MIB,
	    .has_root = true },
	{ .path = "t/.pad/1",
	    .length = 100,
	    .offset = 25 * MIB - 100,
	    .pad = true },
	{ .path = "t/d.mkv",
	    .length = 15 * MIB - 7,
	    .offset = 25 * MIB,
	    .has_root = true },
};
static const struct lt_info info = {
	.size = sizeof(info),
	.name = "t",
	.piece_length = MIB,
	.n_pieces = N,
	.total = 40 * MIB - 7,
	.n_files = SP_LEN(files),
	.files = files,
};

static struct failmem fm;
static struct vod_plan *plan;
static struct vod_origin_plan *op;
static uint8_t have[N / 8], peers[N];
static struct vod_reader reader;
static struct vod_span span;
static struct vod_origin_in in;
static struct vod_origin_job job;

/* A player at byte |at| of the file [from, to), as the plan has it now. */
static void
read_at(uint64_t at, uint64_t from, uint64_t to)
{
	struct vod_plan_in p = { have, &span, 1, &reader, 1, in.now };
	struct vod_act a;

	reader = (struct vod_reader){ at, to, MIB, false };
	span = (struct vod_span){ from, to, VOD_P_WANTED, false };
	vod_plan_make(plan, &p);
	while (vod_plan_next(plan, &a))
		;
}

static void
setup_n(unsigned n)
{
	memset(have, 0, sizeof(have));
	memset(peers, 0, sizeof(peers));
	in = (struct vod_origin_in){ .have = have,
		.peers = peers,
		.now = START };
	ck_assert_int_eq(
	    vod_plan_new(&plan, io_mem(), N, MIB, (uint64_t)info.total), 0);
	in.plan = plan;
	ck_assert_int_eq(vod_origin_plan_new(&op, io_mem(), &info, n, START),
	    0);
	read_at(0, 0, 20 * MIB);
	in.carried = START;
	/* everybody who may come has been met */
	in.met = true;
}

static void
end(void)
{
	vod_origin_plan_free(op);
	vod_plan_free(plan);
}

static bool
next(void)
{
	vod_origin_plan_look(op, &in);
	return vod_origin_plan_next(op, &in, &job);
}

static void
has(uint32_t i)
{
	have[i / 8] |= (uint8_t)(0x80 >> (i % 8));
}

START_TEST(what_nobody_has_comes_at_once_first_things_first)
{
	setup_n(1);
	ck_assert(next());
	ck_assert_uint_eq(job.at, 0);
	/* what follows comes along */
	ck_assert_uint_eq(job.end, VOD_ORIGIN_BYTES);
	ck_assert(!job.whole && !job.object);
	ck_assert(next());
	ck_assert_uint_eq(job.at, VOD_ORIGIN_BYTES);
	end();
}
END_TEST

START_TEST(peers_have_time_to_be_met)
{
	setup_n(1);
	in.met = false;
	in.known = 3;
	ck_assert(!next());
	in.now = START + VOD_ORIGIN_GRACE - 1;
	ck_assert(!next());
	in.now++;
	ck_assert(next());
	end();
}
END_TEST

START_TEST(who_hears_of_nobody_does_not_wait_long)
{
	setup_n(1);
	in.met = false;
	in.now = START + SP_S - 1;
	ck_assert(!next());
	in.now++;
	ck_assert(next());
	end();
}
END_TEST

START_TEST(what_peers_have_is_left_to_them)
{
	setup_n(1);
	memset(peers, 1, N);
	peers[5] = 0;
	ck_assert(next());
	ck_assert_uint_eq(job.at, 5 * MIB);
	ck_assert_uint_eq(job.end, 6 * MIB);
	ck_assert(!next());
	end();
}
END_TEST

START_TEST(what_peers_do_not_bring_in_time_is_rescued)
{
	setup_n(1);
	memset(peers, 1, N);
	ck_assert(!next());
	in.now = START + VOD_ORIGIN_PATIENCE;
	in.carried = in.now;
	ck_assert(next());
	ck_assert_uint_eq(job.at, 0);
	/* just that piece */
	ck_assert_uint_eq(job.end, MIB);
	/* and the next, which is due as well */
	ck_assert(next());
	ck_assert_uint_eq(job.at, MIB);
	end();
}
END_TEST

START_TEST(what_is_due_later_is_left_to_peers)
{
	setup_n(1);
	memset(peers, 1, N);
	for (uint32_t i = 0; i < 6; i++)
		has(i);
	ck_assert(!next());
	/* piece 6 is due at 6 s */
	in.now = in.carried = START + 3 * SP_S;
	ck_assert(!next());
	in.now = in.carried = START + 4 * SP_S;
	ck_assert(next());
	ck_assert_uint_eq(job.at, 6 * MIB);
	end();
}
END_TEST

START_TEST(silent_peers_are_no_peers)
{
	setup_n(1);
	memset(peers, 1, N);
	for (uint32_t i = 0; i < 10; i++)
		has(i);
	read_at(0, 0, 20 * MIB);
	ck_assert(!next());
	in.now = START + VOD_ORIGIN_SILENCE - 1;
	ck_assert(!next());
	in.now++;
	ck_assert(next());
	ck_assert_uint_eq(job.at, 10 * MIB);
	end();
}
END_TEST

/* Who was asked for nothing was not silent. */
START_TEST(silence_begins_when_something_is_wanted)
{
	setup_n(1);
	memset(peers, 1, N);
	for (uint32_t i = 0; i < 20; i++)
		has(i);
	in.now = START + 100 * SP_S;
	ck_assert(!next());
	read_at(30 * MIB, 25 * MIB, 40 * MIB - 7);
	ck_assert(!next());
	end();
}
END_TEST

START_TEST(what_nobody_will_read_soon_is_not_fetched)
{
	setup_n(1);
	for (uint32_t i = 0; i < 20; i++)
		has(i);
	read_at(0, 0, 20 * MIB);
	ck_assert(!next());
	/* a file that was asked for, and that nobody reads */
	reader.at = reader.end = 0;
	span = (struct vod_span){ 25 * MIB, 40 * MIB - 7, VOD_P_WANTED, false };
	struct vod_plan_in p = { have, &span, 1, NULL, 0, in.now };
	struct vod_act a;
	vod_plan_make(plan, &p);
	while (vod_plan_next(plan, &a))
		;
	ck_assert(!next());
	in.all = true;
	ck_assert(next());
	ck_assert_uint_eq(job.at, 25 * MIB);
	end();
}
END_TEST

START_TEST(origin_that_is_busy_rests_and_is_tried_once)
{
	static const unsigned rests[] = { 1, 2, 4, 4, 4, 8 };

	setup_n(1);
	ck_assert(next() && next());
	/* two that fail together are one failure */
	vod_origin_plan_end(op, 0, VOD_ORIGIN_BUSY, 0, 0, in.now);
	vod_origin_plan_end(op, 1, VOD_ORIGIN_BUSY, 0, 0, in.now);
	for (size_t i = 0; i < SP_LEN(rests); i++) {
		ck_assert_int_eq(vod_origin_plan_state(op, 0, in.now),
		    VOD_ORIGIN_RESTS);
		in.now += rests[i] * SP_S - 1;
		ck_assert(!next());
		in.now++;
		ck_assert(next());
		ck_assert(!next());
		vod_origin_plan_end(op, job.id, VOD_ORIGIN_BUSY, 0, 0, in.now);
	}
	/* what it asks for counts */
	in.now += 8 * SP_S;
	ck_assert(next());
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_BUSY, 0, 20 * SP_S, in.now);
	in.now += 20 * SP_S - 1;
	ck_assert(!next());
	in.now++;
	ck_assert(next());
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_DONE, job.end, 0, in.now);
	ck_assert(next() && next());
	end();
}
END_TEST

START_TEST(another_origin_takes_over)
{
	setup_n(2);
	ck_assert(next());
	ck_assert_uint_eq(job.origin, 0);
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_BUSY, 0, 0, in.now);
	ck_assert(next());
	ck_assert_uint_eq(job.origin, 1);
	ck_assert_uint_eq(job.at, 0);
	end();
}
END_TEST

START_TEST(wrong_bytes_put_a_file_out_at_that_origin)
{
	unsigned id;

	setup_n(2);
	ck_assert(next());
	id = job.id;
	vod_origin_plan_given(op, id, 0, in.now);
	vod_origin_plan_given(op, id, 1, in.now);
	ck_assert(!vod_origin_plan_spoilt(op, id, in.now));
	ck_assert_int_eq(vod_origin_plan_wrong(op, 0, in.now), 0);
	ck_assert(vod_origin_plan_spoilt(op, id, in.now));
	ck_assert_int_eq(vod_origin_plan_wrong(op, 0, in.now), SP_ERR_NOTFOUND);
	ck_assert_int_eq(vod_origin_plan_wrong(op, 1, in.now), 0);
	vod_origin_plan_end(op, id, VOD_ORIGIN_CUT, MIB, 0, in.now);
	ck_assert(next());
	ck_assert_uint_eq(job.origin, 1);
	ck_assert_uint_eq(job.at, 0);
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_CUT, 0, 0, in.now);
	/* other files are asked for */
	read_at(25 * MIB, 25 * MIB, 40 * MIB - 7);
	ck_assert(next());
	ck_assert_uint_eq(job.origin, 0);
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_CUT, job.at, 0, in.now);
	/* and this one again after a minute */
	read_at(0, 0, 20 * MIB);
	in.now += 60 * SP_S;
	ck_assert(next());
	ck_assert_uint_eq(job.origin, 0);
	end();
}
END_TEST

START_TEST(piece_that_was_given_is_not_fetched_again)
{
	setup_n(1);
	ck_assert(next());
	vod_origin_plan_given(op, job.id, 0, in.now);
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_BUSY, MIB, 0, in.now);
	in.now += SP_S;
	ck_assert(next());
	ck_assert_uint_eq(job.at, MIB);
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_CUT, MIB, 0, in.now);
	/* but when libtorrent has begun anew */
	vod_origin_plan_renew(op);
	ck_assert(next());
	ck_assert_uint_eq(job.at, 0);
	end();
}
END_TEST

START_TEST(file_that_is_not_there_is_not_asked_for_again)
{
	setup_n(1);
	ck_assert(next());
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_NONE, 0, 0, in.now);
	ck_assert(!next());
	in.now += 60 * SP_S;
	ck_assert(next());
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_NONE, 0, 0, in.now);
	/* twice as long */
	in.now += 119 * SP_S;
	ck_assert(!next());
	in.now += SP_S;
	ck_assert(next());
	end();
}
END_TEST

START_TEST(origin_that_ignores_range_sends_whole_files_once)
{
	setup_n(1);
	read_at(30 * MIB, 25 * MIB, 40 * MIB - 7);
	ck_assert(next());
	ck_assert_uint_eq(job.at, 30 * MIB);
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_NORANGE, job.at, 0, in.now);
	ck_assert(vod_origin_plan_ignores_range(op, 0));
	ck_assert(next());
	ck_assert(job.whole);
	ck_assert_uint_eq(job.at, 25 * MIB);
	ck_assert_uint_eq(job.end, 40 * MIB - 7);
	ck_assert(!next());
	end();
}
END_TEST

START_TEST(small_files_of_version_2_come_whole)
{
	setup_n(1);
	peers[22] = 1;
	read_at(23 * MIB, 22 * MIB, 25 * MIB - 100);
	ck_assert(next());
	ck_assert(job.object && !job.whole);
	ck_assert_uint_eq(job.at, 22 * MIB);
	ck_assert_uint_eq(job.end, 25 * MIB);
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_WRONG, job.end, 0, in.now);
	ck_assert(!next());
	end();
}
END_TEST

START_TEST(refused_origin_is_out)
{
	setup_n(1);
	ck_assert(next());
	vod_origin_plan_end(op, job.id, VOD_ORIGIN_REFUSED, 0, 0, in.now);
	in.now += 3600 * SP_S;
	ck_assert(!next());
	ck_assert_int_eq(vod_origin_plan_state(op, 0, in.now), VOD_ORIGIN_OUT);
	end();
}
END_TEST

START_TEST(origin_that_lacks_too_many_files_rests)
{
	enum { MANY = VOD_BANS + 1, LEN = 16384 };
	static struct lt_file many[MANY];
	static uint8_t has_none[MANY / 8 + 1], nobody[MANY];
	struct lt_info big = info;
	struct vod_act a;

	for (size_t i = 0; i < MANY; i++)
		many[i] = (struct lt_file){ .path = "t/x",
			.length = LEN,
			.offset = (int64_t)i * LEN };
	big.files = many;
	big.n_files = big.n_pieces = MANY;
	big.piece_length = LEN;
	big.total = (int64_t)MANY * LEN;
	span = (struct vod_span){ 0, (uint64_t)big.total, VOD_P_REST, false };
	in = (struct vod_origin_in){
		.have = has_none,
		.peers = nobody,
		.all = true,
		.met = true,
		.now = START,
	};
	ck_assert_int_eq(
	    vod_plan_new(&plan, io_mem(), MANY, LEN, (uint64_t)big.total), 0);
	in.plan = plan;
	vod_plan_make(plan,
	    &(struct vod_plan_in){ has_none, &span, 1, NULL, 0, START });
	while (vod_plan_next(plan, &a))
		;
	ck_assert_int_eq(vod_origin_plan_new(&op, io_mem(), &big, 1, START), 0);
	for (size_t i = 0; i < MANY; i++) {
		ck_assert(next());
		ck_assert_uint_eq(job.at, i * LEN);
		vod_origin_plan_end(op, job.id, VOD_ORIGIN_NONE, job.at, 0,
		    in.now);
	}
	/* the first is forgotten, but it is not asked for it at once */
	ck_assert_int_eq(vod_origin_plan_state(op, 0, in.now),
	    VOD_ORIGIN_RESTS);
	ck_assert(!next());
	in.now += SP_S;
	ck_assert(next());
	ck_assert_uint_eq(job.at, 0);
	end();
}
END_TEST

START_TEST(bytes_find_their_file)
{
	ck_assert_uint_eq(vod_origin_file(&info, 0), 0);
	ck_assert_uint_eq(vod_origin_file(&info, 20 * MIB - 1), 0);
	ck_assert_uint_eq(vod_origin_file(&info, 20 * MIB), 1);
	ck_assert_uint_eq(vod_origin_file(&info, 25 * MIB - 100), 3);
	ck_assert_uint_eq(vod_origin_file(&info, 40 * MIB - 8), 4);
}
END_TEST

START_TEST(plan_without_origins_or_memory_is_refused)
{
	ck_assert_int_eq(vod_origin_plan_new(&op, io_mem(), &info, 0, START),
	    SP_ERR_ARG);
	ck_assert_ptr_null(op);
	vod_origin_plan_free(NULL);
	FAILMEM_EACH (&fm) {
		if (vod_origin_plan_new(&op, &fm.mem, &info, 1, START) < 0)
			ck_assert_ptr_null(op);
		vod_origin_plan_free(op);
	}
}
END_TEST

UNIT_MAIN("vod_origin_plan", what_nobody_has_comes_at_once_first_things_first,
    peers_have_time_to_be_met, who_hears_of_nobody_does_not_wait_long,
    what_peers_have_is_left_to_them, what_peers_do_not_bring_in_time_is_rescued,
    what_is_due_later_is_left_to_peers, silent_peers_are_no_peers,
    silence_begins_when_something_is_wanted,
    what_nobody_will_read_soon_is_not_fetched,
    origin_that_is_busy_rests_and_is_tried_once, another_origin_takes_over,
    wrong_bytes_put_a_file_out_at_that_origin,
    piece_that_was_given_is_not_fetched_again,
    file_that_is_not_there_is_not_asked_for_again,
    origin_that_ignores_range_sends_whole_files_once,
    small_files_of_version_2_come_whole, refused_origin_is_out,
    origin_that_lacks_too_many_files_rests, bytes_find_their_file,
    plan_without_origins_or_memory_is_refused)
