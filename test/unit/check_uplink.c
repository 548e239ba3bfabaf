#include "swarm/uplink.h"

#include "test/unit/unit.h"
#include "wire/limits.h"

START_TEST(unknown_uplink_is_taken_to_be_fair)
{
	struct uplink u;

	uplink_init(&u);
	ck_assert_uint_eq(uplink_rate(&u), UPLINK_ASSUMED);
	/* gone at once: that says nothing of the line */
	uplink_begin(&u, SP_S);
	uplink_sent(&u, 100000, 0, SP_S + SP_MS);
	ck_assert_uint_eq(uplink_rate(&u), UPLINK_ASSUMED);
	ck_assert(!uplink_is_known(&u));
}
END_TEST

START_TEST(unknown_uplink_begins_with_a_block_and_doubles)
{
	struct uplink u;

	uplink_init(&u);
	ck_assert_uint_eq(uplink_first(&u), LIM_BLOCK);
	uplink_begin(&u, SP_S);
	uplink_sent(&u, LIM_BLOCK, 0, SP_S + 50 * SP_MS);
	ck_assert_uint_eq(uplink_first(&u), 2 * LIM_BLOCK);
	uplink_begin(&u, SP_S + 50 * SP_MS);
	uplink_sent(&u, 2 * LIM_BLOCK, 0, SP_S + 100 * SP_MS);
	ck_assert_uint_eq(uplink_first(&u), 4 * LIM_BLOCK);
	/* no more than the assumed rate allows */
	uplink_begin(&u, SP_S + 100 * SP_MS);
	uplink_sent(&u, 100 * LIM_BLOCK, 0, SP_S + 150 * SP_MS);
	ck_assert_uint_eq(uplink_first(&u), uplink_room(&u, UPLINK_ASSUMED));
}
END_TEST

START_TEST(rate_is_what_leaves_under_backlog)
{
	struct uplink u;

	uplink_init(&u);
	uplink_begin(&u, SP_S);
	uplink_sent(&u, 100000, 400000, SP_S + 200 * SP_MS);
	ck_assert_uint_eq(uplink_rate(&u), UPLINK_ASSUMED);
	ck_assert(!uplink_is_known(&u));
	uplink_sent(&u, 100000, 200000, SP_S + 400 * SP_MS);
	ck_assert(uplink_is_known(&u));
	ck_assert_uint_eq(uplink_rate(&u), 500000);
	/* a begin while something waits does not start anew */
	uplink_begin(&u, SP_S + 600 * SP_MS);
	uplink_sent(&u, 40000, 0, SP_S + 800 * SP_MS);
	ck_assert_uint_eq(uplink_rate(&u), 500000);
	/* no backlog: what is told now is not counted */
	uplink_sent(&u, 1000000, 5, SP_S + 1200 * SP_MS);
	ck_assert_uint_eq(uplink_rate(&u), 500000);
}
END_TEST

START_TEST(best_of_the_last_while_counts_and_is_forgotten)
{
	struct uplink u;
	sp_time t = 100 * SP_S;
	int i;

	uplink_init(&u);
	uplink_begin(&u, t);
	uplink_sent(&u, 100000, LIM_BLOCK, t + 100 * SP_MS); /* 1 MB/s */
	for (i = 1; i <= 300; i++)                           /* then 100 kB/s */
		uplink_sent(&u, 10000, LIM_BLOCK, t + (i + 1) * 100 * SP_MS);
	ck_assert_uint_eq(uplink_rate(&u), 100000);
}
END_TEST

START_TEST(it_is_below_something_after_some_samples_only)
{
	struct uplink u;
	sp_time t = 100 * SP_S;
	int i;

	uplink_init(&u);
	ck_assert(!uplink_is_below(&u, UINT64_MAX));
	uplink_begin(&u, t);
	for (i = 1; i <= 5; i++) {
		ck_assert(!uplink_is_below(&u, UINT64_MAX));
		uplink_sent(&u, 30000, LIM_BLOCK, t + i * 300 * SP_MS);
	}
	ck_assert(uplink_is_below(&u, 100001));
	ck_assert(!uplink_is_below(&u, 100000));
	/* what is better, and stays so, is believed */
	for (; i <= 8; i++)
		uplink_sent(&u, 60000, LIM_BLOCK, t + i * 300 * SP_MS);
	ck_assert(!uplink_is_below(&u, 200000));
}
END_TEST

#define T0 (100 * SP_S)

/* There is a backlog from T0 on. */
static void
waits(struct uplink *u)
{
	uplink_init(u);
	uplink_begin(u, T0);
}

/* Small messages, each acknowledged a way and back later. */
START_TEST(what_is_little_tells_nothing)
{
	struct uplink u;
	int i;

	waits(&u);
	for (i = 1; i <= 100; i++)
		uplink_sent(&u, 500, 500, T0 + i * 100 * SP_MS);
	ck_assert(!uplink_is_known(&u));
	ck_assert(!uplink_is_below(&u, UINT64_MAX));
}
END_TEST

/* All that came behind a packet that was lost is acknowledged at once. */
START_TEST(what_waited_for_a_lost_packet_is_no_burst)
{
	struct uplink u;
	int i;

	waits(&u);
	for (i = 1; i <= 20; i++)
		uplink_sent(&u, i % 3 == 0 ? 27000 : 0, LIM_BLOCK,
		    T0 + i * 300 * SP_MS);
	ck_assert(uplink_is_below(&u, 30001));
	ck_assert(!uplink_is_below(&u, 30000));
}
END_TEST

/* Eight blocks, of which |queued| took long, on a line that was full. */
static void
took(struct uplink *u, int queued)
{
	int i;

	uplink_full(u);
	for (i = 0; i < 8; i++)
		uplink_took(u, (i < queued ? 215 : 214) * SP_MS, 98 * SP_MS,
		    1000000);
}

START_TEST(more_is_on_its_way_while_nothing_queues)
{
	struct uplink u;
	sp_time ahead;
	int i;

	uplink_init(&u);
	ck_assert_uint_eq(uplink_room(&u, 1000000), 150000);
	took(&u, 4);
	ck_assert_int_gt(u.ahead, UPLINK_AHEAD);
	ahead = u.ahead;
	took(&u, 8);
	ck_assert_int_lt(u.ahead, ahead);
	for (i = 0; i < 100; i++)
		took(&u, 0);
	ck_assert_int_eq(u.ahead, UPLINK_FAR);
	for (i = 0; i < 100; i++)
		took(&u, 8);
	ck_assert_int_eq(u.ahead, UPLINK_AHEAD);
}
END_TEST

START_TEST(who_was_never_short_of_room_gets_no_more)
{
	struct uplink u;
	int i;

	uplink_init(&u);
	for (i = 0; i < 100; i++)
		uplink_took(&u, 0, SP_MS, 1000000);
	ck_assert_int_eq(u.ahead, UPLINK_AHEAD);
}
END_TEST

UNIT_MAIN("uplink", unknown_uplink_is_taken_to_be_fair,
    unknown_uplink_begins_with_a_block_and_doubles,
    rate_is_what_leaves_under_backlog,
    best_of_the_last_while_counts_and_is_forgotten,
    it_is_below_something_after_some_samples_only, what_is_little_tells_nothing,
    what_waited_for_a_lost_packet_is_no_burst,
    more_is_on_its_way_while_nothing_queues,
    who_was_never_short_of_room_gets_no_more)
