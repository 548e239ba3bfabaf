#include "test/sim/tally.h"
#include "test/unit/unit.h"

#define PPM INT64_C(1000000)

/* 4 Mbit/s in pieces of 2 s, 100 s of which 20 are start-up. */
static struct scenario scn;
static struct tally *t;

static void
setup(void)
{
	memset(&scn, 0, sizeof(scn));
	scn.run = 100 * SP_S;
	scn.settle = 20 * SP_S;
	scn.stream.rate = scn.tracks[0].rate = 500000;
	scn.n_tracks = 1;
	scn.stream.segment = 2 * SP_S;
	scn.net.plane = 30 * SP_MS;
	t = tally_new();
}

/* |n| viewers are there after settle, with uplinks of |up| bytes a second. */
static void
viewers(uint64_t n, uint64_t up)
{
	t->means.here_ms += n * 80000;
	t->means.track_ms[0] += n * 80000;
	t->means.need_bytes += n * 80 * 500000;
	t->means.could_bytes += n * 80 * up;
	t->means.delay += n * 80000 * 9000;
	t->means.up_max = SP_MAX(t->means.up_max, up);
}

static int64_t
get(enum metric m)
{
	return tally_get(t, m, 990000);
}

static void
near(enum metric m, int64_t want, int64_t by)
{
	ck_assert_msg(get(m) >= want - by && get(m) <= want + by,
	    "%s is %" PRId64 ", not %" PRId64, metric_table[m].name, get(m),
	    want);
}

START_TEST(with_uplinks_to_spare_one_copy_is_the_optimum)
{
	setup();
	viewers(20, 1000000);
	tally_close(t, &scn);
	near(METRIC_RHO, 2 * PPM * 1448 / 1500, 100);
	near(METRIC_OPTIMUM, 950000, 1);
	tally_free(t);
}
END_TEST

START_TEST(with_scarce_uplinks_the_rest_is_the_origins)
{
	setup();
	viewers(50, 0); /* free-riders, say */
	viewers(50, 500000);
	tally_close(t, &scn);
	near(METRIC_RHO, 482667, 100);
	near(METRIC_OPTIMUM, 482667, 100);
	tally_free(t);
}
END_TEST

START_TEST(lost_packets_are_taken_off_at_both_ends)
{
	setup();
	viewers(10, 500000);
	t->means.lossy = t->means.here_ms * 10000; /* 1 % */
	tally_close(t, &scn);
	near(METRIC_RHO, 965333 * 98 / 100, 1000);
	tally_free(t);
}
END_TEST

START_TEST(who_can_have_no_neighbour_costs_a_copy_each)
{
	setup();
	viewers(90, 1000000);
	t->means.here_ms += 10 * 80000;
	t->means.apart_ms += 10 * 80000;
	t->means.apart_bytes += (uint64_t)10 * 80 * 500000;
	tally_close(t, &scn);
	near(METRIC_OPTIMUM, 890000, 10); /* 1 - 0.1 - 1/100 */
	tally_free(t);
}
END_TEST

START_TEST(a_seeder_that_uploads_takes_the_copy_upon_itself)
{
	setup();
	scn.seeder.up = 250000; /* half of it */
	viewers(20, 1000000);
	tally_close(t, &scn);
	near(METRIC_OPTIMUM, 975000, 1);
	scn.seeder.up = 5000000;
	tally_close(t, &scn);
	near(METRIC_OPTIMUM, PPM, 1);
	tally_free(t);
}
END_TEST

START_TEST(every_track_that_is_watched_costs_a_copy)
{
	setup();
	scn.n_tracks = 3; /* the third is watched by nobody */
	scn.tracks[1].rate = scn.tracks[2].rate = 250000;
	viewers(30, 1000000);
	t->means.track_ms[1] += 10 * 80000;
	t->means.need_bytes += (uint64_t)10 * 80 * 250000;
	t->means.here_ms += 10 * 80000;
	tally_close(t, &scn);
	/* 1 - (500 + 250) / (30 * 500 + 10 * 250) */
	near(METRIC_OPTIMUM, PPM - PPM * 750 / 17500, 2);
	tally_free(t);
}
END_TEST

START_TEST(nobody_there_is_no_optimum)
{
	setup();
	tally_close(t, &scn);
	ck_assert_int_eq(get(METRIC_OPTIMUM), 0);
	ck_assert_int_eq(get(METRIC_RHO), 0);
	ck_assert_int_eq(get(METRIC_MISS_BOUND), PPM);
	tally_free(t);
}
END_TEST

START_TEST(what_was_reached_is_compared_with_the_optimum)
{
	setup();
	viewers(20, 1000000);
	t->sum.played_bytes = 1100;
	t->sum.origin_sent = 190;
	t->early.played_bytes = 100;
	t->early.origin_sent = 90;
	tally_close(t, &scn);
	ck_assert_int_eq(get(METRIC_OFFLOAD_LATER), 900000);
	near(METRIC_OF_OPTIMUM, 947368, 2);
	near(METRIC_EXCESS, 2 * PPM, 2);
	tally_free(t);
}
END_TEST

START_TEST(lag_has_a_floor_and_a_law)
{
	sp_time path, hops;

	setup();
	viewers(64, 2000000);
	t->sum.stream_bytes = t->sum.origin_sent = 1000; /* one copy */
	for (unsigned i = 0; i < 1000; i++)
		quantile_add(&t->sum.lag, 2000000);
	tally_close(t, &scn);
	/* rho 3.86; two access links and half of the plane */
	path = 2 * 9 * SP_MS + 30 * SP_MS * 521 / 1000;
	near(METRIC_LAG_MIN, 2 * SP_S * 1000 / 3861 + path, 5 * SP_MS);
	hops = 6 * SP_S * 16384 / 2000000;
	near(METRIC_LAG_LAW, 2 * SP_S * 1000 / 3861 + hops + 250 * SP_MS,
	    5 * SP_MS);
	near(METRIC_LAG_RATIO, 2 * SP_S * PPM / get(METRIC_LAG_MIN), 70000);
	near(METRIC_LAG_OF_LAW, 2 * SP_S * PPM / get(METRIC_LAG_LAW), 70000);
	tally_free(t);
}
END_TEST

/* Samples of 1, 2, ... 20,000 us, and of 1 s to 3 s. */
START_TEST(quantiles_of_lag_are_finer_than_what_they_are_counted_in)
{
	setup();
	for (unsigned us = 1; us <= 20000; us++)
		quantile_add(&t->sum.lag, us);
	ck_assert_int_eq(tally_get(t, METRIC_LAG, 0), SP_US);
	ck_assert_int_eq(tally_get(t, METRIC_LAG, 500), 10 * SP_US);
	for (uint32_t ppm = 10000; ppm < 1000000; ppm += 9999)
		ck_assert_int_le(
		    llabs(tally_get(t, METRIC_LAG, ppm) - ppm * SP_US / 50),
		    300 * SP_US);
	ck_assert_int_eq(tally_get(t, METRIC_LAG, 1000000), 20000 * SP_US);
	quantile_init(&t->sum.lag, 0);
	for (unsigned ms = 1000; ms < 3000; ms++)
		quantile_add(&t->sum.lag, 1000 * ms);
	near(METRIC_LAG, 2980 * SP_MS, 30 * SP_MS);
	ck_assert_int_le(llabs(tally_get(t, METRIC_LAG, 550000) - 2100 * SP_MS),
	    10 * SP_MS);
	tally_free(t);
}
END_TEST

START_TEST(what_was_before_settle_does_not_count_later)
{
	setup();
	viewers(64, 2000000);
	for (unsigned i = 0; i < 600; i++)
		quantile_add(&t->early.lag, 6000000);
	t->sum.lag = t->early.lag;
	for (unsigned i = 0; i < 400; i++)
		quantile_add(&t->sum.lag, 1000000);
	t->early.dup_bytes = 900;
	t->early.peer_bytes = 100;
	t->early.wire_in = 3000;
	t->early.feed_in = 500;
	t->early.due_bytes = 1000;
	t->sum.dup_bytes = 1000;
	t->sum.peer_bytes = 9000;
	t->sum.wire_in = 12100;
	t->sum.feed_in = 600;
	t->sum.due_bytes = 11000;
	tally_close(t, &scn);
	near(METRIC_LAG, 6 * SP_S, 400 * SP_MS);
	near(METRIC_LAG_LATER, SP_S, 65 * SP_MS);
	near(METRIC_LAG_RATIO,
	    get(METRIC_LAG_LATER) * 1000 / (get(METRIC_LAG_MIN) / 1000), 10);
	ck_assert_int_eq(get(METRIC_DUPLICATES), 100000);
	ck_assert_int_eq(get(METRIC_DUPLICATES_LATER), 100 * PPM / 9000);
	/* 2700 bytes, of which 2500 before */
	ck_assert_int_eq(get(METRIC_CONTROL), 2700 * PPM / 11000);
	ck_assert_int_eq(get(METRIC_CONTROL_LATER), 20000);
	tally_free(t);
}
END_TEST

START_TEST(no_miss_has_a_bound_and_one_miss_has_none)
{
	setup();
	t->value[METRIC_DUE] = 3000;
	tally_close(t, &scn);
	ck_assert_int_eq(get(METRIC_MISS_BOUND), 1000);
	t->value[METRIC_MISSES] = 3;
	tally_close(t, &scn);
	ck_assert_int_eq(get(METRIC_MISS_BOUND), PPM);
	ck_assert_int_eq(get(METRIC_MISSED), 1000);
	tally_free(t);
}
END_TEST

START_TEST(control_is_measured_by_the_stream)
{
	setup();
	t->sum.due_bytes = 1000000;
	t->sum.peer_bytes = 400000;
	t->sum.dup_bytes = 1000;
	t->sum.bad_bytes = 500;
	t->sum.origin_bytes = 600000;
	t->sum.wire_in = 411500;
	t->sum.feed_in = 5000;
	t->sum.have_in = 4000;
	t->sum.ask_in = 3000;
	t->sum.record_in = 2000;
	tally_close(t, &scn);
	ck_assert_int_eq(get(METRIC_CONTROL), 15000);
	ck_assert_int_eq(get(METRIC_CONTROL_HAVE), 4000);
	ck_assert_int_eq(get(METRIC_CONTROL_ASK), 3000);
	ck_assert_int_eq(get(METRIC_CONTROL_RECORD), 2000);
	ck_assert_int_eq(get(METRIC_CONTROL_FEED), 5000);
	ck_assert_int_eq(get(METRIC_POLLUTED), 500);
	ck_assert_int_eq(get(METRIC_BLOCKS), 61);
	tally_free(t);
}
END_TEST

/* ---- series ---- */

/* A second: how many wait, and what the origin has sent in it. */
static uint64_t sent;

static void
second(uint32_t waiting, uint64_t bytes)
{
	struct series_row row = { .waiting = waiting, .present = 10 };

	sent += bytes;
	row.at = (sp_time)(t->series.n + 1) * SP_S;
	row.origin_bytes = sent;
	series_add(&t->series, &row);
}

static void
seconds(unsigned n, uint32_t waiting, uint64_t bytes)
{
	while (n-- > 0)
		second(waiting, bytes);
}

static void
outage(sp_time from, sp_time to, enum scn_what what)
{
	scn.events[scn.n_events++] = (struct scn_event){ from, what, 0 };
	if (to > 0)
		scn.events[scn.n_events++] =
		    (struct scn_event){ to, (enum scn_what)(what + 1), 0 };
}

START_TEST(recovery_is_when_nobody_waits_and_the_origin_is_calm)
{
	setup();
	sent = 0;
	outage(30 * SP_S, 40 * SP_S, SCN_TRACKER_DOWN);
	seconds(29, 0, 500000);
	seconds(11, 3, 500000); /* to 40 s */
	seconds(4, 3, 500000);  /* they still wait */
	seconds(4, 0, 5000000); /* catching up */
	seconds(52, 0, 600000);
	tally_close(t, &scn);
	/* From 48 s on the five seconds that follow are calm. */
	ck_assert_int_eq(get(METRIC_RECOVERY), 8 * SP_S);
	tally_free(t);
}
END_TEST

START_TEST(what_never_recovers_counts_to_the_end)
{
	setup();
	sent = 0;
	outage(30 * SP_S, 0, SCN_SEEDER_DOWN);
	seconds(30, 0, 500000);
	seconds(70, 1, 0);
	tally_close(t, &scn);
	ck_assert_int_eq(get(METRIC_RECOVERY), 70 * SP_S);
	tally_free(t);
}
END_TEST

START_TEST(from_a_crash_recovery_counts_at_once)
{
	setup();
	sent = 0;
	outage(30 * SP_S, 0, SCN_CRASH);
	/* not the end of anything */
	scn.events[scn.n_events++] =
	    (struct scn_event){ 60 * SP_S, (enum scn_what)(SCN_CRASH + 1), 0 };
	seconds(30, 0, 500000);
	seconds(4, 2, 500000);
	seconds(66, 0, 500000);
	tally_close(t, &scn);
	ck_assert_int_eq(get(METRIC_RECOVERY), 5 * SP_S);
	tally_free(t);
}
END_TEST

START_TEST(what_was_not_disturbed_recovers_at_once)
{
	setup();
	sent = 0;
	outage(30 * SP_S, 40 * SP_S, SCN_ORIGIN_DOWN);
	seconds(100, 0, 500000);
	tally_close(t, &scn);
	ck_assert_int_eq(get(METRIC_RECOVERY), 0);
	tally_free(t);
}
END_TEST

START_TEST(pollution_lasts_to_the_last_bad_byte)
{
	struct series_row row = { 0 };

	setup();
	for (unsigned i = 1; i <= 50; i++) {
		row.at = i * SP_S;
		row.bad_bytes = SP_CLAMP(i, 10, 25) * 16384;
		series_add(&t->series, &row);
	}
	t->polluter = 8 * SP_S;
	tally_close(t, &scn);
	ck_assert_int_eq(get(METRIC_POLLUTED_FOR), 17 * SP_S);
	t->polluter = 30 * SP_S;
	tally_close(t, &scn);
	ck_assert_int_eq(get(METRIC_POLLUTED_FOR), 0);
	tally_free(t);
}
END_TEST

UNIT_MAIN("tally", with_uplinks_to_spare_one_copy_is_the_optimum,
    with_scarce_uplinks_the_rest_is_the_origins,
    lost_packets_are_taken_off_at_both_ends,
    who_can_have_no_neighbour_costs_a_copy_each,
    a_seeder_that_uploads_takes_the_copy_upon_itself,
    every_track_that_is_watched_costs_a_copy, nobody_there_is_no_optimum,
    what_was_reached_is_compared_with_the_optimum, lag_has_a_floor_and_a_law,
    quantiles_of_lag_are_finer_than_what_they_are_counted_in,
    what_was_before_settle_does_not_count_later,
    no_miss_has_a_bound_and_one_miss_has_none,
    control_is_measured_by_the_stream,
    recovery_is_when_nobody_waits_and_the_origin_is_calm,
    what_never_recovers_counts_to_the_end, from_a_crash_recovery_counts_at_once,
    what_was_not_disturbed_recovers_at_once,
    pollution_lasts_to_the_last_bad_byte)
