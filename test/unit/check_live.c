#include "test/unit/live_help.h"

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

START_TEST(evidence_that_is_sent_again_pushes_nothing_out)
{
	struct live_evidence ev;
	struct signer first;
	size_t n = 0;

	start();
	signer_manifest(&seed, &body);
	records(0, 1, 1);
	memset(seed.prev[0], 0, HASH_LEN);
	signer_record(&seed, &body, 0, 1, 2000, 1);
	first = seed;
	for (int i = 0; i < 6; i++) {
		memset(first.prev[0], 0, HASH_LEN);
		signer_record(&first, &body, 0, 1, 2000, 2);
	}
	ck_assert_int_eq(publish(), SP_ERR_EQUIV);
	while (live_evidence(live, n, &ev) == 0)
		n++;
	ck_assert_uint_eq(n, 2);
	tear_down();
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
    evidence_that_is_sent_again_pushes_nothing_out)
