#include "swarm/client/rungs.h"

#include "test/unit/unit.h"

static struct manifest m;
static struct rungs r;
static uint32_t viewers[LIM_TRACKS];

static void
track(uint8_t id, uint32_t kbps, const char *codecs)
{
	m.tracks[m.n_tracks++] = (struct manifest_track){ .id = id,
		.width = 640,
		.bandwidth_bps = kbps * 1000,
		.target_s = 2,
		.codecs = { codecs, strlen(codecs) } };
}

static void
ref(uint8_t kind, int16_t id)
{
	m.refs[m.n_refs++] = (struct manifest_ref){ .kind = kind, .track = id };
}

/* 3 (the least), 1, 2. */
static void
setup(void)
{
	memset(&m, 0, sizeof(m));
	memset(viewers, 0, sizeof(viewers));
	track(1, 3000, "avc1.64001f,mp4a.40.2");
	track(2, 6000, "avc1.640028,mp4a.40.2");
	track(3, 1000, "avc1.42001e,mp4a.40.5");
	rungs_read(&r, &m);
}

START_TEST(variants_are_rungs_in_order_of_their_rate)
{
	setup();
	ck_assert_uint_eq(r.n, 3);
	ck_assert_uint_eq(r.v[0].track, 3);
	ck_assert_uint_eq(r.v[1].track, 1);
	ck_assert_uint_eq(r.v[2].track, 2);
	/* twice with different sound, and one that is sound only */
	ref(MANIFEST_REF_STREAM, 1);
	ref(MANIFEST_REF_STREAM, 1);
	ref(MANIFEST_REF_STREAM, 3);
	ref(MANIFEST_REF_MEDIA, 2);
	rungs_read(&r, &m);
	ck_assert_uint_eq(r.n, 2);
	ck_assert_ptr_nonnull(rungs_find(&r, 1));
	ck_assert_ptr_null(rungs_find(&r, 2));
}
END_TEST

START_TEST(thin_rungs_are_left_out_from_above)
{
	setup();
	viewers[2] = 2;
	viewers[1] = 2;
	viewers[3] = 9;
	ck_assert_uint_eq(rungs_thin(&r, viewers, 0), 1 << 2 | 1 << 1);
	/* with those from above there are six: three, two, and us */
	viewers[2] = 2;
	viewers[1] = 3;
	viewers[3] = 0;
	ck_assert_uint_eq(rungs_thin(&r, viewers, 0), 1 << 2);
	viewers[2] = 5;
	ck_assert_uint_eq(rungs_thin(&r, viewers, 0), 1 << 1);
	viewers[1] = 5;
	ck_assert_uint_eq(rungs_thin(&r, viewers, 0), 0);
}
END_TEST

START_TEST(lowest_rung_is_always_listed)
{
	setup();
	viewers[2] = 100;
	ck_assert_uint_eq(rungs_thin(&r, viewers, 0), 1 << 1);
}
END_TEST

START_TEST(few_viewers_have_all_rungs)
{
	setup();
	ck_assert_uint_eq(rungs_thin(&r, viewers, 0), 0);
	viewers[3] = 4;
	ck_assert_uint_eq(rungs_thin(&r, viewers, 0), 0);
	viewers[3] = 5;
	ck_assert_uint_eq(rungs_thin(&r, viewers, 0), 1 << 2 | 1 << 1);
}
END_TEST

START_TEST(who_has_room_to_give_is_told_of_thin_rungs)
{
	setup();
	viewers[3] = 50;
	ck_assert_uint_eq(rungs_thin(&r, viewers, 4400000), 1 << 2 | 1 << 1);
	ck_assert_uint_eq(rungs_thin(&r, viewers, 4500000), 1 << 2);
	ck_assert_uint_eq(rungs_thin(&r, viewers, 9000000), 0);
}
END_TEST

START_TEST(rung_is_not_merged_into_what_may_not_be_played)
{
	setup();
	m.n_tracks = 0;
	track(1, 3000, "hvc1.1.6.L93");
	track(2, 6000, "hvc1.1.6.L120");
	track(3, 1000, "avc1.42001e");
	rungs_read(&r, &m);
	viewers[3] = 50;
	viewers[2] = 1;
	ck_assert_uint_eq(rungs_thin(&r, viewers, 0), 0);
	/* of its own kind there are enough */
	viewers[1] = 5;
	ck_assert_uint_eq(rungs_thin(&r, viewers, 0), 1 << 2);
	/* sound alone is no picture */
	m.tracks[0].width = 0;
	rungs_read(&r, &m);
	ck_assert_uint_eq(rungs_thin(&r, viewers, 0), 0);
}
END_TEST

/* Else who comes later would always find the rung empty. */
START_TEST(who_was_not_told_of_a_rung_counts_for_it)
{
	setup();
	ck_assert_int_eq(rungs_wish(&r, 3, 0, UINT64_MAX), 3);
	ck_assert_int_eq(rungs_wish(&r, 3, 1 << 2 | 1 << 1, 7000000), 2);
	ck_assert_int_eq(rungs_wish(&r, 3, 1 << 2 | 1 << 1, 5000000), 1);
	ck_assert_int_eq(rungs_wish(&r, 3, 1 << 2 | 1 << 1, 2000000), 3);
	ck_assert_int_eq(rungs_wish(&r, 1, 1 << 2, 2000000), 1);
	ck_assert_int_eq(rungs_wish(&r, -1, 0, 2000000), -1);
}
END_TEST

START_TEST(player_that_asks_about_another_rung_has_left)
{
	const struct rung *g;

	setup();
	g = rungs_find(&r, 1);
	ck_assert(!rungs_is_left(g, 10 * SP_S, 12 * SP_S, false, 16 * SP_S));
	ck_assert(rungs_is_left(g, 10 * SP_S, 12 * SP_S, false, 16 * SP_S + 1));
	/* it cannot get that one: soon, then */
	ck_assert(!rungs_is_left(g, 10 * SP_S, 12 * SP_S, true, 13 * SP_S));
	ck_assert(rungs_is_left(g, 10 * SP_S, 12 * SP_S, true, 13 * SP_S + 1));
	/* paused, or gone */
	ck_assert(!rungs_is_left(g, 10 * SP_S, 9 * SP_S, true, 20 * SP_S));
}
END_TEST

UNIT_MAIN("rungs", variants_are_rungs_in_order_of_their_rate,
    thin_rungs_are_left_out_from_above, lowest_rung_is_always_listed,
    few_viewers_have_all_rungs, who_has_room_to_give_is_told_of_thin_rungs,
    rung_is_not_merged_into_what_may_not_be_played,
    who_was_not_told_of_a_rung_counts_for_it,
    player_that_asks_about_another_rung_has_left)
