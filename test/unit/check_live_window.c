#include "test/unit/live_help.h"

/* ---- window -------------------------------------------------------------- */

START_TEST(the_window_forgets_what_is_older_than_the_manifest_says)
{
	start();
	seed.window_ms = 20000;
	signer_manifest(&seed, &body);
	records(0, 1, 100);
	ck_assert_int_eq(publish(), 0);
	/* 200 s is the newest; kept while avail + 2 s + 30 s >= that. */
	ck_assert_uint_eq(held(0), 17);
	tear_down();
}
END_TEST

START_TEST(the_rate_of_the_largest_track_is_known)
{
	struct live_chan_stats st;

	start();
	signer_manifest(&seed, &body);
	publish();
	live_chan_stats(live_find(live, seed.info_hash), &st);
	ck_assert_uint_eq(st.kbps, 0);
	seed.length = 50000; /* in 2 s */
	signer_record(&seed, &body, 0, 1, 1000, 0);
	seed.length = 10000;
	signer_record(&seed, &body, 1, 1, 1000, 0);
	signer_record(&seed, &body, LIM_TRACK_INIT, 1, 1000, 0);
	ck_assert_int_eq(publish(), 0);
	live_chan_stats(live_find(live, seed.info_hash), &st);
	ck_assert_uint_eq(st.kbps, 200);
	seed.length = 100000;
	signer_record(&seed, &body, 0, 2, 3000, 0);
	ck_assert_int_eq(publish(), 0);
	live_chan_stats(live_find(live, seed.info_hash), &st);
	ck_assert_uint_eq(st.kbps, (3 * 200 + 400) / 4);
	tear_down();
}
END_TEST

START_TEST(a_longer_window_in_the_manifest_keeps_more)
{
	start();
	seed.window_ms = 20000;
	signer_manifest(&seed, &body);
	records(0, 1, 50);
	publish();
	seed.window_ms = 100000;
	signer_manifest(&seed, &body);
	records(0, 51, 100);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(held(0), 57);
	tear_down();
}
END_TEST

START_TEST(a_track_has_a_most_of_records)
{
	start();
	seed.window_ms = 86400000;
	signer_manifest(&seed, &body);
	records(0, 1, LIM_WINDOW_PIECES + 20);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(held(0), LIM_WINDOW_PIECES);
	tear_down();
}
END_TEST

START_TEST(the_newest_init_pieces_stay)
{
	start();
	seed.window_ms = 4000;
	signer_manifest(&seed, &body);
	records(LIM_TRACK_INIT, 1, 12);
	records(0, 13, 100);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(held(LIM_TRACKS), LIVE_INIT_MIN);
	tear_down();
}
END_TEST

START_TEST(an_init_piece_stays_while_it_is_named)
{
	start();
	seed.window_ms = 4000;
	signer_manifest(&seed, &body);
	seed.init = 1;
	for (uint64_t n = 1; n <= 12; n++) {
		records(LIM_TRACK_INIT, n, n);
		records(0, n, n);
	}
	records(0, 13, 40);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(held(LIM_TRACKS), 12);
	seed.init = 12;
	records(0, 41, 80);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(held(LIM_TRACKS), LIVE_INIT_MIN);
	tear_down();
}
END_TEST

START_TEST(a_full_channel_drops_its_oldest)
{
	struct live_chan_stats st;

	set_up();
	conf.max_channel_bytes = LIVE_BYTES_MIN;
	ck_assert_int_eq(live_new(&live, &conf, &fm.mem, 1, 0), 0);
	seed.window_ms = 86400000;
	seed.length = 8 * LIM_BLOCK;
	signer_manifest(&seed, &body);
	records(LIM_TRACK_INIT, 1, 1);
	for (uint8_t t = 0; t < 5; t++)
		records(t, 1, 500);
	ck_assert_int_eq(publish(), 0);
	live_chan_stats(chan(), &st);
	ck_assert_uint_le(st.bytes, LIVE_BYTES_MIN);
	ck_assert_uint_gt(st.bytes, LIVE_BYTES_MIN - 2000);
	ck_assert_uint_eq(held(0), 0);
	ck_assert_uint_eq(newest(0), 500);
	ck_assert_uint_gt(held(4), 400);
	ck_assert_uint_eq(held(LIM_TRACKS), 1);
	tear_down();
}
END_TEST

START_TEST(channels_and_their_bytes_are_bounded)
{
	struct live_stats st;
	int r = 0;

	set_up();
	conf.max_channels = 3;
	conf.max_bytes = LIVE_BYTES_MIN;
	ck_assert_int_eq(live_new(&live, &conf, &fm.mem, 1, 0), 0);
	for (uint8_t c = 1; c <= 4; c++) {
		signer_init(&seed, c);
		seed.window_ms = 86400000;
		signer_manifest(&seed, &body);
		r = publish();
		ck_assert_int_eq(r, c < 4 ? 0 : SP_ERR_FULL);
	}
	ck_assert_ptr_null(chan());
	signer_init(&seed, 1);
	r = 0;
	for (uint8_t t = 0; t < 10 && r == 0; t++) {
		records(t, 1, 300);
		r = publish();
	}
	ck_assert_int_eq(r, SP_ERR_FULL);
	live_stats(live, &st);
	ck_assert_uint_le(st.bytes, LIVE_BYTES_MIN);
	tear_down();
}
END_TEST

START_TEST(init_pieces_alone_can_fill_a_channel)
{
	int r = 0;

	set_up();
	conf.max_channel_bytes = LIVE_BYTES_MIN;
	ck_assert_int_eq(live_new(&live, &conf, &fm.mem, 1, 0), 0);
	seed.window_ms = 86400000;
	seed.length = 8 * LIM_BLOCK;
	signer_manifest(&seed, &body);
	for (uint8_t t = 0; t < 10 && r == 0; t++) {
		records((uint8_t)(LIM_TRACK_INIT + t), 1, 300);
		r = publish();
	}
	ck_assert_int_eq(r, SP_ERR_FULL);
	tear_down();
}
END_TEST

/* ---- reading ------------------------------------------------------------- */

START_TEST(a_new_reader_gets_manifest_and_window)
{
	struct tw_since pos = { 0 };
	struct tw_frame f;

	start_channel(4);
	ck_assert_int_eq(feed(&pos, 1 << 20), 5);
	ck_assert(fed(0, &f));
	ck_assert_uint_eq(f.type, TW_FRAME_MANIFEST);
	for (size_t i = 1; i <= 4; i++) {
		ck_assert(fed(i, &f));
		ck_assert_uint_eq(f.type, TW_FRAME_RECORD);
		ck_assert_uint_eq(f.seq, i + 1);
	}
	ck_assert(!fed(5, &f));
	ck_assert_uint_eq(pos.boot, BOOT);
	ck_assert_uint_eq(pos.seq, 5);
	ck_assert_int_eq(feed(&pos, 1 << 20), 0);
	tear_down();
}
END_TEST

START_TEST(a_reader_goes_on_where_it_was)
{
	struct tw_since pos = { BOOT, 3 };
	struct tw_frame f;

	start_channel(4);
	ck_assert_int_eq(feed(&pos, 1 << 20), 2);
	ck_assert(fed(0, &f));
	ck_assert_uint_eq(f.seq, 4);
	records(0, 5, 5);
	publish();
	ck_assert_int_eq(feed(&pos, 1 << 20), 1);
	ck_assert(fed(0, &f));
	ck_assert_uint_eq(f.seq, 6);
	tear_down();
}
END_TEST

START_TEST(another_boot_or_a_future_seq_means_all)
{
	struct tw_since other = { BOOT + 1, 3 }, future = { BOOT, 99 };

	start_channel(4);
	ck_assert_int_eq(feed(&other, 1 << 20), 5);
	ck_assert_int_eq(feed(&future, 1 << 20), 5);
	tear_down();
}
END_TEST

START_TEST(a_slow_reader_gets_it_in_parts)
{
	struct tw_since pos = { 0 };
	struct tw_frame f;
	uint64_t seq = 1;
	int n;

	start_channel(20);
	while ((n = feed(&pos, 1)) > 0) {
		ck_assert_int_eq(n, seq == 1 ? 2 : 1);
		ck_assert(fed((size_t)n - 1, &f));
		ck_assert_uint_eq(f.seq, ++seq);
	}
	ck_assert_int_eq(n, 0);
	ck_assert_uint_eq(seq, 21);
	tear_down();
}
END_TEST

START_TEST(a_new_manifest_is_fed_in_its_place)
{
	struct tw_since pos = { BOOT, 3 };
	struct tw_frame f;

	start_channel(4);
	signer_manifest(&seed, &body); /* seq 6 */
	records(0, 5, 5);              /* seq 7 */
	publish();
	ck_assert_int_eq(feed(&pos, 1 << 20), 4);
	ck_assert(fed(2, &f));
	ck_assert_uint_eq(f.type, TW_FRAME_MANIFEST);
	ck_assert_uint_eq(pos.seq, 7);
	signer_manifest(&seed, &body);
	publish();
	ck_assert_int_eq(feed(&pos, 1), 1);
	ck_assert(fed(0, &f));
	ck_assert_uint_eq(f.type, TW_FRAME_MANIFEST);
	ck_assert_int_eq(feed(&pos, 1), 0);
	tear_down();
}
END_TEST

START_TEST(a_reader_behind_the_window_gets_what_is_left)
{
	struct tw_since pos = { BOOT, 2 };
	struct tw_frame f;

	start();
	seed.window_ms = 20000;
	signer_manifest(&seed, &body);
	records(0, 1, 100);
	publish();
	ck_assert_int_eq(feed(&pos, 1 << 20), 17);
	ck_assert(fed(0, &f));
	ck_assert_uint_eq(f.seq, 85);
	tear_down();
}
END_TEST

START_TEST(no_room_to_write_moves_no_reader)
{
	struct tw_since pos = { BOOT, 1 };
	struct sp_buf tiny;

	start_channel(4);
	buf_init(&tiny, &fm.mem, 100);
	ck_assert_int_eq(live_feed(live, chan(), &pos, 1 << 20, &tiny),
	    SP_ERR_FULL);
	ck_assert_uint_eq(pos.seq, 1);
	buf_fini(&tiny);
	tear_down();
}
END_TEST

/* ---- channels ------------------------------------------------------------ */

START_TEST(idle_channels_are_forgotten_and_their_seq_goes_on)
{
	struct live_stats st;

	start_channel(4);
	ck_assert(live_deadline(live) == 600 * SP_S);
	records(0, 5, 5);
	publish_at(300);
	live_tick(live, 899 * SP_S);
	ck_assert_ptr_nonnull(chan());
	live_tick(live, 900 * SP_S);
	ck_assert_ptr_null(chan());
	ck_assert(live_deadline(live) == SP_NEVER);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish_at(901), 0);
	ck_assert_uint_eq(res.seq, 7);
	live_stats(live, &st);
	ck_assert_uint_eq(st.forgotten, 1);
	tear_down();
}
END_TEST

START_TEST(replays_keep_no_channel_alive)
{
	struct signer was;

	start();
	was = seed;
	signer_manifest(&seed, &body);
	records(0, 1, 1);
	publish();
	seed = was;
	signer_manifest(&seed, &body);
	records(0, 1, 1);
	ck_assert_int_eq(publish_at(500), SP_ERR_STALE);
	live_tick(live, 600 * SP_S);
	ck_assert_ptr_null(chan());
	tear_down();
}
END_TEST

START_TEST(channels_can_be_walked_and_dropped)
{
	const struct live_chan *ch;
	struct live_chan_stats st;
	size_t it = 0, n = 0;

	start();
	for (uint8_t c = 1; c <= 5; c++) {
		signer_init(&seed, c);
		signer_manifest(&seed, &body);
		publish();
	}
	while ((ch = live_next(live, &it)) != NULL) {
		live_chan_stats(ch, &st);
		ck_assert_int_eq(live_drop(live, st.info_hash), 0);
		n++;
	}
	ck_assert_uint_eq(n, 5);
	ck_assert_int_eq(live_drop(live, seed.info_hash), SP_ERR_NOTFOUND);
	tear_down();
}
END_TEST

START_TEST(tracks_without_records_have_no_edge)
{
	struct live_edge e;

	start_channel(1);
	ck_assert_int_eq(live_edge(chan(), 1, &e), SP_ERR_NOTFOUND);
	ck_assert_int_eq(live_edge(chan(), LIVE_TRACKS, &e), SP_ERR_NOTFOUND);
	records(LIM_TRACK_INIT + 3, 9, 9);
	publish();
	ck_assert_int_eq(live_edge(chan(), LIM_TRACKS + 3, &e), 0);
	ck_assert_uint_eq(e.track, LIM_TRACK_INIT + 3);
	ck_assert_mem_eq(e.digest, seed.prev[LIM_TRACK_INIT + 3], HASH_LEN);
	tear_down();
}
END_TEST

START_TEST(bad_configurations_are_refused)
{
	struct live_conf good;

	set_up();
	good = conf;
#define REFUSED(field, value)                                           \
	do {                                                            \
		conf = good;                                            \
		conf.field = value;                                     \
		ck_assert_int_eq(live_new(&live, &conf, &fm.mem, 1, 0), \
		    SP_ERR_ARG);                                        \
	} while (0)
	REFUSED(boot, 0);
	REFUSED(max_channels, 0);
	REFUSED(max_channels, LIVE_CHANNELS_MAX + 1);
	REFUSED(max_bytes, LIVE_BYTES_MIN - 1);
	REFUSED(max_channel_bytes, LIVE_BYTES_MIN - 1);
	REFUSED(idle, SP_S - 1);
	live_free(NULL);
	failmem_check(&fm);
}
END_TEST

START_TEST(lack_of_memory_is_survived)
{
	struct failmem good;
	struct signer twin;

	set_up();
	failmem_init(&good);
	buf_init(&body, &good.mem, 1 << 20);
	signer_manifest(&seed, &body);
	records(0, 1, 20);
	records(LIM_TRACK_INIT, 1, 1);
	signer_manifest(&seed, &body);
	twin = seed;
	memset(twin.prev, 0, sizeof(twin.prev));
	signer_record(&twin, &body, 0, 20, 2000, 3);
	FAILMEM_EACH (&fm) {
		if (live_new(&live, &conf, &fm.mem, 1, 0) < 0)
			continue;
		(void)live_publish(live, seed.info_hash, body.p, body.len, &res,
		    0);
		ck_assert(res.err == SP_ERR_NOMEM || res.err == SP_ERR_EQUIV ||
			  res.err == SP_ERR_STALE);
		ck_assert(live_is_sound(live));
		/* What was lost can be published again. */
		(void)live_publish(live, seed.info_hash, body.p, body.len, &res,
		    0);
		ck_assert_uint_eq(newest(0), 20);
		ck_assert_uint_eq(newest(LIM_TRACKS), 1);
		live_free(live);
	}
	buf_fini(&body);
	failmem_check(&good);
}
END_TEST

UNIT_MAIN("live_window",
    the_window_forgets_what_is_older_than_the_manifest_says,
    the_rate_of_the_largest_track_is_known,
    a_longer_window_in_the_manifest_keeps_more, a_track_has_a_most_of_records,
    the_newest_init_pieces_stay, an_init_piece_stays_while_it_is_named,
    a_full_channel_drops_its_oldest, channels_and_their_bytes_are_bounded,
    init_pieces_alone_can_fill_a_channel, a_new_reader_gets_manifest_and_window,
    a_reader_goes_on_where_it_was, another_boot_or_a_future_seq_means_all,
    a_slow_reader_gets_it_in_parts, a_new_manifest_is_fed_in_its_place,
    a_reader_behind_the_window_gets_what_is_left,
    no_room_to_write_moves_no_reader,
    idle_channels_are_forgotten_and_their_seq_goes_on,
    replays_keep_no_channel_alive, channels_can_be_walked_and_dropped,
    tracks_without_records_have_no_edge, bad_configurations_are_refused,
    lack_of_memory_is_survived)
