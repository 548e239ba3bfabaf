#include "test/unit/track_duty_help.h"

static struct telemetry t;

static int
tell(const char *from, unsigned k, sp_time now)
{
	struct tw_announce a = viewer(k);
	struct sp_addr addr = ip(from);

	memcpy(t.peer_id, a.peer_id, sizeof(t.peer_id));
	t.port = a.port;
	buf_reset(&b);
	telemetry_put(&b, &t);
	return track_telemetry(track, seed.info_hash, b.p, b.len, &addr, now);
}

static void
begin(void)
{
	start();
	t = (struct telemetry){ .span_s = 30,
		.peer_kib = 3000,
		.origin_kib = 1000,
		.n = 1,
		.lags = { telemetry_lag_code(800) } };
	join("5.0.0.1", 1, SP_S);
	join("5.0.1.1", 2, SP_S);
}

START_TEST(viewers_that_are_there_make_the_figures)
{
	struct figures_told f;

	begin();
	ck_assert_int_eq(tell("5.0.0.1", 1, 2 * SP_S), 0);
	ck_assert_int_eq(
	    track_channel_figures(track, seed.info_hash, &f, 2 * SP_S), 0);
	ck_assert_uint_eq(f.viewers, 2);
	ck_assert_uint_eq(f.reports, 1);
	ck_assert_uint_eq(f.offload_ppm, 750000);
	ck_assert(f.has_lag);
	ck_assert_uint_ge(f.lag_ms[0], 750);
	ck_assert_uint_le(f.lag_ms[0], 850);
	ck_assert_uint_gt(f.copies_ppm, 0);
	tear_down();
}
END_TEST

START_TEST(nobody_speaks_for_another)
{
	struct track_stats st;

	begin();
	/* from elsewhere; at another port; under another name */
	ck_assert_int_eq(tell("5.0.0.2", 1, SP_S), SP_ERR_NOTFOUND);
	ck_assert_int_eq(tell("5.0.0.1", 2, SP_S), SP_ERR_NOTFOUND);
	buf_reset(&b);
	t.port = 1001;
	t.peer_id[9] = 9;
	telemetry_put(&b, &t);
	reader = ip("5.0.0.1");
	ck_assert_int_eq(
	    track_telemetry(track, seed.info_hash, b.p, b.len, &reader, SP_S),
	    SP_ERR_NOTFOUND);
	/* who has left, and who seeds */
	leave("5.0.0.1", 1, SP_S);
	ck_assert_int_eq(tell("5.0.0.1", 1, SP_S), SP_ERR_NOTFOUND);
	ck_assert_int_eq(tell("5.0.1.1", 2, SP_S), 0);
	track_stats(track, &st);
	ck_assert_uint_eq(st.telemetry, 5);
	ck_assert_uint_eq(st.telemetry_errors, 4);
	tear_down();
}
END_TEST

START_TEST(seeders_are_no_viewers)
{
	struct tw_announce a;

	begin();
	a = viewer(7);
	a.left = 0;
	announce("5.0.2.1", &a, SP_S);
	ck_assert_int_eq(tell("5.0.2.1", 7, SP_S), SP_ERR_NOTFOUND);
	tear_down();
}
END_TEST

START_TEST(an_unknown_channel_has_no_figures)
{
	uint8_t other[LINK_INFOHASH_LEN] = { 1 };
	struct figures_told f;

	begin();
	ck_assert_int_eq(track_channel_figures(track, other, &f, SP_S),
	    SP_ERR_NOTFOUND);
	buf_reset(&b);
	t.port = 1;
	telemetry_put(&b, &t);
	ck_assert_int_eq(
	    track_telemetry(track, other, b.p, b.len, &reader, SP_S),
	    SP_ERR_NOTFOUND);
	ck_assert_int_eq(
	    track_telemetry(track, seed.info_hash, b.p, 3, &reader, SP_S),
	    SP_ERR_SHORT);
	tear_down();
}
END_TEST

UNIT_MAIN("track_figures", viewers_that_are_there_make_the_figures,
    nobody_speaks_for_another, seeders_are_no_viewers,
    an_unknown_channel_has_no_figures)
