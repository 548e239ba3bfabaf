#include "swarm/client/pace.h"

#include "test/unit/unit.h"

#define RATE UINT64_C(100000)
#define TOP  UINT64_C(1000000)
#define D    (5 * SP_S)

static struct pace p;
static sp_time now;

/* |kb| thousand bytes in |took|, |lag| after they were available. */
static void
piece(uint64_t kb, sp_time took, sp_time lag)
{
	struct pace_piece pc = { kb * 1000, took, lag, D };

	pace_piece(&p, &pc, now);
}

static void
setup(void)
{
	now = 100 * SP_S;
	pace_init(&p, now);
}

static uint64_t
rate(void)
{
	return pace_rate(&p, RATE, TOP, false, now);
}

/* A piece of 2 s every 2 s, for |t|. */
static void
stream(sp_time t, uint64_t kb, sp_time took, sp_time lag)
{
	sp_time end = now + t;

	for (; now < end; now += 2 * SP_S)
		piece(kb, took, lag);
}

START_TEST(nothing_is_known_before_the_first_piece)
{
	setup();
	ck_assert_uint_eq(pace_swarm(&p, now), 0);
	ck_assert_uint_eq(rate(), 0);
}
END_TEST

START_TEST(players_get_what_the_swarm_brings)
{
	setup();
	piece(400, SP_S, SP_S);
	ck_assert_uint_eq(rate(), 400000);
	/* the slow ones count */
	piece(300, SP_S, SP_S);
	piece(600, SP_S, SP_S);
	ck_assert_uint_eq(rate(), 300000);
	/* of ten the second, and of the last ten seconds */
	for (int i = 0; i < 7; i++)
		piece(500, SP_S, SP_S);
	ck_assert_uint_eq(rate(), 400000);
	now += PACE_SPAN + 1;
	ck_assert_uint_eq(rate(), 0);
}
END_TEST

START_TEST(nobody_gets_less_than_he_plays)
{
	setup();
	piece(200, 4 * SP_S, 4 * SP_S);
	ck_assert_uint_eq(pace_swarm(&p, now), 50000);
	ck_assert_uint_eq(rate(), 120000);
}
END_TEST

START_TEST(late_pieces_send_the_player_down)
{
	setup();
	piece(200, 6 * SP_S, 6 * SP_S);
	ck_assert_uint_eq(rate(), 90000);
	/* who cannot go down is not slowed */
	ck_assert_uint_eq(pace_rate(&p, RATE, TOP, true, now), 120000);
	/* a fast one that was late by itself is no better */
	now += PACE_SPAN / 2;
	piece(900, SP_S, D + 1);
	now += PACE_SPAN / 2 + 1;
	ck_assert_uint_eq(rate(), 120000);
	now += PACE_SPAN / 2;
	piece(300, SP_S, SP_S);
	ck_assert_uint_ge(rate(), 300000);
}
END_TEST

START_TEST(time_to_spare_lets_the_player_try_more)
{
	uint64_t last = 0;

	setup();
	stream(10 * SP_S, 200, 2 * SP_S, 2 * SP_S);
	ck_assert_uint_eq(rate(), 120000);
	stream(2 * SP_S, 200, 2 * SP_S, 2 * SP_S);
	ck_assert_uint_eq(rate(), 150000);
	for (int i = 0; i < 20; i++) {
		ck_assert_uint_ge(rate(), last);
		last = rate();
		stream(10 * SP_S, 200, 2 * SP_S, 2 * SP_S);
	}
	ck_assert_uint_eq(rate(), 480000);
	/* what comes late ends it */
	piece(200, 2 * SP_S, 6 * SP_S);
	now += PACE_SPAN + 1;
	piece(200, 2 * SP_S, 2 * SP_S);
	ck_assert_uint_le(rate(), 150000);
}
END_TEST

START_TEST(without_time_to_spare_nothing_is_tried)
{
	setup();
	stream(100 * SP_S, 200, 2 * SP_S, 3 * SP_S);
	ck_assert_uint_eq(rate(), 120000);
	/* what was there before we came says nothing of that */
	stream(100 * SP_S, 200, 2 * SP_S, -1);
	ck_assert_uint_eq(rate(), 120000);
}
END_TEST

START_TEST(where_all_can_be_had_nobody_waits)
{
	setup();
	piece(1999, SP_S, SP_S);
	ck_assert_uint_eq(rate(), 1999000);
	now += PACE_SPAN + 1;
	piece(2000, SP_S, SP_S);
	ck_assert_uint_eq(rate(), 0);
	/* in no time, as far as the clock can tell */
	setup();
	piece(40, 0, 0);
	ck_assert_uint_eq(rate(), 0);
}
END_TEST

UNIT_MAIN("pace", nothing_is_known_before_the_first_piece,
    players_get_what_the_swarm_brings, nobody_gets_less_than_he_plays,
    late_pieces_send_the_player_down, time_to_spare_lets_the_player_try_more,
    without_time_to_spare_nothing_is_tried, where_all_can_be_had_nobody_waits)
