#include "tracker/live.h"

#include "test/sim/signer.h"
#include "test/unit/unit.h"

#define BOOT UINT64_C(0xb007)

static struct failmem fm;
static struct live_conf conf;
static struct live *live;
static struct live_result res;
static struct signer seed;
static struct sp_buf body, out;

static void
set_up(void)
{
	failmem_init(&fm);
	ck_assert_int_eq(hash_setup(), 0);
	signer_init(&seed, 1);
	live_conf_init(&conf);
	conf.boot = BOOT;
	buf_init(&body, &fm.mem, 16 << 20);
	buf_init(&out, &fm.mem, 16 << 20);
}

static void
start(void)
{
	set_up();
	ck_assert_int_eq(live_new(&live, &conf, &fm.mem, 1, 0), 0);
}

static void
tear_down(void)
{
	ck_assert(live_is_sound(live));
	live_free(live);
	buf_fini(&body);
	buf_fini(&out);
	failmem_check(&fm);
}

/* Publishes what is in |body| and empties it. */
static int
publish_at(int s)
{
	int r = live_publish(live, seed.info_hash, body.p, body.len, &res,
	    s * SP_S);

	ck_assert_int_eq(r, res.err);
	ck_assert(live_is_sound(live));
	buf_reset(&body);
	return r;
}

static int
publish(void)
{
	return publish_at(0);
}

/* Records first..last of |track|, 2 s each, from time 0. */
static void
records(uint8_t track, uint64_t first, uint64_t last)
{
	for (uint64_t n = first; n <= last; n++)
		signer_record(&seed, &body, track, n, (int64_t)n * 2000, 0);
}

/* The channel with records 1..n of track 0. */
static void
start_channel(uint64_t n)
{
	start();
	signer_manifest(&seed, &body);
	records(0, 1, n);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(res.accepted, n + 1);
}

static const struct live_chan *
chan(void)
{
	return live_find(live, seed.info_hash);
}

static uint32_t
held(size_t slot)
{
	struct live_edge e;

	ck_assert_int_eq(live_edge(chan(), slot, &e), 0);
	return e.held;
}

static uint64_t
newest(size_t slot)
{
	struct live_edge e;

	ck_assert_int_eq(live_edge(chan(), slot, &e), 0);
	return e.number;
}

/* Frame |i| of what was fed; false when there are fewer. */
static bool
fed(size_t i, struct tw_frame *f)
{
	size_t at = 0;
	int n;

	do {
		if (at == out.len)
			return false;
		n = tw_frame_read(f, out.p + at, out.len - at);
		ck_assert_int_gt(n, 0);
		at += (size_t)n;
	} while (i-- > 0);
	return true;
}

static int
feed(struct tw_since *pos, size_t max)
{
	buf_reset(&out);
	return live_feed(live, chan(), pos, max, &out);
}

/* ---- manifests ----------------------------------------------------------- */

START_TEST(a_channel_begins_with_its_manifest)
{
	start();
	records(0, 1, 1);
	ck_assert_int_eq(publish(), SP_ERR_NOTFOUND);
	ck_assert_uint_eq(res.failed, 1);
	ck_assert_uint_eq(res.seq, 0);
	ck_assert_ptr_null(chan());
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(res.accepted, 1);
	ck_assert_uint_eq(res.seq, 1);
	ck_assert(res.woke);
	ck_assert_ptr_nonnull(chan());
	tear_down();
}
END_TEST

START_TEST(a_manifest_of_another_key_is_refused)
{
	struct signer other;

	start();
	signer_init(&other, 2);
	signer_manifest(&other, &body);
	ck_assert_int_eq(publish(), SP_ERR_WRONGCHAN);
	ck_assert_ptr_null(chan());
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), 0);
	signer_manifest(&other, &body);
	ck_assert_int_eq(publish(), SP_ERR_WRONGCHAN);
	ck_assert(!res.woke);
	tear_down();
}
END_TEST

START_TEST(a_forged_manifest_is_refused)
{
	start();
	signer_manifest(&seed, &body);
	body.p[body.len - 5] ^= 1;
	ck_assert_int_eq(publish(), SP_ERR_SIG);
	ck_assert_ptr_null(chan());
	tear_down();
}
END_TEST

START_TEST(the_same_manifest_again_changes_nothing)
{
	struct signer was;

	start();
	was = seed;
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), 0);
	seed = was;
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(res.skipped, 1);
	ck_assert_uint_eq(res.accepted, 0);
	ck_assert_uint_eq(res.seq, 1);
	ck_assert(!res.woke);
	tear_down();
}
END_TEST

START_TEST(an_older_manifest_is_stale)
{
	struct signer was;

	start();
	was = seed;
	signer_manifest(&seed, &body);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(res.seq, 2);
	seed = was;
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), SP_ERR_STALE);
	ck_assert_uint_eq(res.stale, 1);
	ck_assert_uint_eq(res.failed, 0);
	/* A higher serial does not excuse an older epoch. */
	seed.epoch = 0;
	seed.serial = 9;
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), SP_ERR_STALE);
	tear_down();
}
END_TEST

START_TEST(two_manifests_of_one_serial_are_evidence)
{
	struct live_evidence ev;
	struct signer was;

	start();
	was = seed;
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), 0);
	seed = was;
	seed.window_ms = 1;
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), SP_ERR_EQUIV);
	ck_assert_int_eq(live_evidence(live, 0, &ev), 0);
	ck_assert_uint_eq(ev.frame, TW_FRAME_MANIFEST);
	ck_assert_mem_eq(ev.info_hash, seed.info_hash, LINK_INFOHASH_LEN);
	ck_assert_int_eq(live_evidence(live, 1, &ev), SP_ERR_NOTFOUND);
	tear_down();
}
END_TEST

START_TEST(the_newest_manifest_is_told)
{
	const uint8_t *p;
	struct tw_frame f;
	size_t len;

	start();
	signer_manifest(&seed, &body);
	publish();
	signer_manifest(&seed, &body);
	ck_assert_int_gt(tw_frame_read(&f, body.p, body.len), 0);
	buf_put(&out, f.p, f.len);
	publish();
	p = live_manifest(chan(), &len);
	ck_assert_uint_eq(len, out.len);
	ck_assert_mem_eq(p, out.p, len);
	tear_down();
}
END_TEST

/* ---- records ------------------------------------------------------------- */

START_TEST(records_are_kept_in_order)
{
	struct live_chan_stats st;
	struct live_stats all;

	start_channel(5);
	ck_assert_uint_eq(res.seq, 6);
	ck_assert_uint_eq(newest(0), 5);
	ck_assert_uint_eq(held(0), 5);
	live_chan_stats(chan(), &st);
	ck_assert_uint_eq(st.records, 5);
	ck_assert_uint_eq(st.tracks, 1);
	ck_assert_uint_eq(st.epoch, 1);
	ck_assert_uint_eq(st.window_ms, 30000);
	ck_assert_mem_eq(st.pk, seed.pk, HASH_PK_LEN);
	live_stats(live, &all);
	ck_assert_uint_eq(all.channels, 1);
	ck_assert_uint_eq(all.records, 5);
	ck_assert_uint_eq(all.accepted, 6);
	ck_assert_uint_eq(all.bytes, st.bytes);
	tear_down();
}
END_TEST

START_TEST(forged_records_end_the_publish)
{
	size_t second;

	start_channel(1);
	records(0, 2, 2);
	second = body.len;
	records(0, 3, 4);
	body.p[second - 3] ^= 1; /* in the signature of the first */
	ck_assert_int_eq(publish(), SP_ERR_SIG);
	ck_assert_uint_eq(res.accepted, 0);
	ck_assert_uint_eq(res.failed, 1);
	ck_assert_uint_eq(newest(0), 1);
	tear_down();
}
END_TEST

START_TEST(records_of_another_key_are_refused)
{
	struct signer other;

	start_channel(1);
	signer_init(&other, 2);
	memcpy(other.prev, seed.prev, sizeof(other.prev));
	signer_record(&other, &body, 0, 2, 4000, 0);
	ck_assert_int_eq(publish(), SP_ERR_SIG);
	tear_down();
}
END_TEST

START_TEST(wrong_leaf_hashes_are_refused)
{
	struct tw_frame f;

	start_channel(1);
	records(0, 2, 2);
	ck_assert_int_gt(tw_frame_read(&f, body.p, body.len), 0);
	/* "d1:h64:" stands before the first leaf. */
	((uint8_t *)(uintptr_t)f.p)[10] ^= 1;
	ck_assert_int_eq(publish(), SP_ERR_HASH);
	tear_down();
}
END_TEST

START_TEST(replays_are_stale_and_the_rest_goes_on)
{
	struct signer was;

	start_channel(3);
	was = seed;
	signer_init(&seed, 1);
	records(0, 1, 3);
	seed = was;
	records(0, 4, 4);
	ck_assert_int_eq(publish(), SP_ERR_STALE);
	ck_assert_uint_eq(res.stale, 3);
	ck_assert_uint_eq(res.accepted, 1);
	ck_assert_uint_eq(res.failed, 0);
	ck_assert_uint_eq(newest(0), 4);
	tear_down();
}
END_TEST

START_TEST(records_that_left_the_window_are_stale)
{
	start();
	seed.window_ms = 4000;
	signer_manifest(&seed, &body);
	records(0, 1, 30);
	ck_assert_int_eq(publish(), 0);
	signer_init(&seed, 1);
	signer_record(&seed, &body, 0, 1, 2000, 9);
	ck_assert_int_eq(publish(), SP_ERR_STALE);
	tear_down();
}
END_TEST

START_TEST(a_gap_breaks_the_chain)
{
	struct signer was;
	struct live_stats st;

	start_channel(3);
	was = seed;
	records(0, 4, 4);
	buf_reset(&body);
	records(0, 5, 6);
	ck_assert_int_eq(publish(), SP_ERR_CHAIN);
	ck_assert_uint_eq(res.failed, 2);
	ck_assert_uint_eq(newest(0), 3);
	/* The seeder goes on from there. */
	seed = was;
	records(0, 4, 6);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(newest(0), 6);
	live_stats(live, &st);
	ck_assert_uint_eq(st.chain, 2);
	tear_down();
}
END_TEST

START_TEST(a_fork_of_the_next_number_breaks_the_chain)
{
	start_channel(3);
	memset(seed.prev[0], 7, HASH_LEN);
	records(0, 4, 4);
	ck_assert_int_eq(publish(), SP_ERR_CHAIN);
	tear_down();
}
END_TEST

START_TEST(skipped_numbers_are_no_gap)
{
	start_channel(3);
	records(0, 20, 21);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(newest(0), 21);
	tear_down();
}
END_TEST

START_TEST(a_tracker_without_history_accepts_any_start)
{
	start();
	signer_manifest(&seed, &body);
	memset(seed.prev[0], 7, HASH_LEN);
	records(0, 400, 402);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(held(0), 3);
	tear_down();
}
END_TEST

START_TEST(a_newer_epoch_starts_a_new_chain)
{
	start_channel(3);
	seed.epoch = 2;
	memset(seed.prev[0], 0, HASH_LEN);
	records(0, 4, 4);
	ck_assert_int_eq(publish(), 0);
	/* And the older one is over. */
	seed.epoch = 1;
	records(0, 5, 5);
	ck_assert_int_eq(publish(), SP_ERR_STALE);
	tear_down();
}
END_TEST

START_TEST(a_newer_epoch_does_not_turn_numbers_back)
{
	start_channel(3);
	seed.epoch = 2;
	records(0, 3, 3);
	ck_assert_int_eq(publish(), SP_ERR_STALE);
	ck_assert_uint_eq(newest(0), 3);
	tear_down();
}
END_TEST

START_TEST(a_gap_longer_than_the_window_is_accepted)
{
	start_channel(3);
	memset(seed.prev[0], 7, HASH_LEN);
	/* Window 30 s and slack 10 s after record 3 at 6 s. */
	signer_record(&seed, &body, 0, 23, 46000, 0);
	ck_assert_int_eq(publish(), SP_ERR_CHAIN);
	memset(seed.prev[0], 7, HASH_LEN);
	signer_record(&seed, &body, 0, 23, 46001, 0);
	ck_assert_int_eq(publish(), 0);
	tear_down();
}
END_TEST

START_TEST(two_records_for_one_place_are_evidence)
{
	struct live_evidence ev;
	struct record_env a, b;
	struct live_stats st;

	start_channel(3);
	signer_init(&seed, 1);
	records(0, 1, 1);
	buf_reset(&body);
	signer_record(&seed, &body, 0, 2, 4000, 9);
	ck_assert_int_eq(publish(), SP_ERR_EQUIV);
	ck_assert_uint_eq(res.failed, 1);
	ck_assert_int_eq(live_evidence(live, 0, &ev), 0);
	ck_assert_uint_eq(ev.frame, TW_FRAME_RECORD);
	ck_assert_int_eq(record_open(&a, ev.a, ev.a_len), 0);
	ck_assert_int_eq(record_open(&b, ev.b, ev.b_len), 0);
	ck_assert_int_eq(record_verify(&a, seed.pk), 0);
	ck_assert_int_eq(record_verify(&b, seed.pk), 0);
	ck_assert_uint_eq(a.rec.number, 2);
	ck_assert_uint_eq(b.rec.number, 2);
	ck_assert_int_ne(memcmp(a.rec.root, b.rec.root, HASH_LEN), 0);
	live_stats(live, &st);
	ck_assert_uint_eq(st.equiv, 1);
	tear_down();
}
END_TEST

START_TEST(forged_equivocation_is_no_evidence)
{
	struct live_evidence ev;
	struct signer other;

	start_channel(3);
	signer_init(&other, 2);
	signer_record(&other, &body, 0, 3, 6000, 9);
	ck_assert_int_eq(publish(), SP_ERR_SIG);
	ck_assert_int_eq(live_evidence(live, 0, &ev), SP_ERR_NOTFOUND);
	tear_down();
}
END_TEST

START_TEST(evidence_is_bounded_by_channel_and_in_all)
{
	struct live_evidence ev;
	size_t n = 0;

	start();
	for (uint8_t c = 1; c <= 20; c++) {
		signer_init(&seed, c);
		signer_manifest(&seed, &body);
		records(0, 1, 1);
		for (uint8_t salt = 1; salt <= 6; salt++) {
			memset(seed.prev[0], 0, HASH_LEN);
			signer_record(&seed, &body, 0, 1, 2000, salt);
		}
		ck_assert_int_eq(publish(), SP_ERR_EQUIV);
		ck_assert_uint_eq(res.failed, 6);
	}
	while (live_evidence(live, n, &ev) == 0)
		n++;
	ck_assert_uint_eq(n, LIVE_EVIDENCE);
	/* Four of each of the last sixteen. */
	signer_init(&seed, 5);
	ck_assert_int_eq(live_evidence(live, 0, &ev), 0);
	ck_assert_mem_eq(ev.info_hash, seed.info_hash, LINK_INFOHASH_LEN);
	tear_down();
}
END_TEST

START_TEST(the_outermost_tracks_have_their_slots)
{
	start_channel(1);
	records(31, 1, 1);
	records(LIM_TRACK_INIT, 1, 2);
	records(LIM_TRACK_INIT + 31, 1, 3);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(newest(31), 1);
	ck_assert_uint_eq(newest(32), 2);
	ck_assert_uint_eq(newest(63), 3);
	tear_down();
}
END_TEST

START_TEST(broken_bodies_are_told_apart)
{
	uint8_t junk[] = { TW_FRAME_RECORD, 0xff, 0xff, 0xff, 0xff, 1, 2 };
	uint8_t other[] = { 99, 0, 0, 0, 2, 1, 2 };

	start_channel(1);
	ck_assert_int_eq(publish(), SP_ERR_SHORT); /* empty */
	buf_put(&body, junk, sizeof(junk));
	ck_assert_int_eq(publish(), SP_ERR_TOOBIG);
	records(0, 2, 2);
	body.len--;
	ck_assert_int_eq(publish(), SP_ERR_SHORT);
	buf_put(&body, other, sizeof(other));
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(res.skipped, 1);
	ck_assert_int_eq(
	    live_publish(live, seed.info_hash, junk, LIM_PUBLISH + 1, &res, 0),
	    SP_ERR_TOOBIG);
	tear_down();
}
END_TEST

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

UNIT_MAIN("live", a_channel_begins_with_its_manifest,
    a_manifest_of_another_key_is_refused, a_forged_manifest_is_refused,
    the_same_manifest_again_changes_nothing, an_older_manifest_is_stale,
    two_manifests_of_one_serial_are_evidence, the_newest_manifest_is_told,
    records_are_kept_in_order, forged_records_end_the_publish,
    records_of_another_key_are_refused, wrong_leaf_hashes_are_refused,
    replays_are_stale_and_the_rest_goes_on,
    records_that_left_the_window_are_stale, a_gap_breaks_the_chain,
    a_fork_of_the_next_number_breaks_the_chain, skipped_numbers_are_no_gap,
    a_tracker_without_history_accepts_any_start,
    a_newer_epoch_starts_a_new_chain, a_newer_epoch_does_not_turn_numbers_back,
    a_gap_longer_than_the_window_is_accepted,
    two_records_for_one_place_are_evidence, forged_equivocation_is_no_evidence,
    evidence_is_bounded_by_channel_and_in_all,
    the_outermost_tracks_have_their_slots, broken_bodies_are_told_apart,
    the_window_forgets_what_is_older_than_the_manifest_says,
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
