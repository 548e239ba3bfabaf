#include "test/unit/track_duty_help.h"

/* The live window in the answer to an announce. */

static struct sp_buf plain;

static void
query(struct sp_buf *out, const char *more)
{
	struct tw_announce a = viewer(1);

	a.live = false;
	a.compact = true;
	tw_announce_write(out, &a);
	buf_put_str(out, more);
	ck_assert_int_eq(out->err, 0);
}

/* Announces with |more| in the query; the answer is in |b|. */
static struct tw_reply
ask(const char *more)
{
	static struct tw_peer peers[LIM_NUMWANT];
	struct sp_addr from = ip("5.0.0.1");
	struct tw_reply r;

	buf_reset(&body);
	query(&body, more);
	buf_reset(&b);
	ck_assert_int_eq(track_http_announce(track, (char *)body.p, body.len,
			     &from, &b, SP_S),
	    0);
	ck_assert_int_eq(tw_reply_read(&r, peers, LIM_NUMWANT, b.p, b.len), 0);
	buf_reset(&body);
	return r;
}

/* Its frames by type, 'h' 'e' 'm' 'r'; the records' seqs. */
static char types[64];
static uint64_t seqs[64];
static size_t n_records;

static void
take_apart(const uint8_t *p, size_t len)
{
	static const char names[] = "?hmrao?e";
	struct tw_frame f;
	size_t i = 0;
	int n;

	n_records = 0;
	for (; (n = tw_frame_read(&f, p, len)) > 0; p += n, len -= (size_t)n) {
		ck_assert_uint_lt(f.type, sizeof(names) - 1);
		ck_assert_uint_lt(i, sizeof(types) - 1);
		types[i++] = names[f.type];
		if (f.type == TW_FRAME_RECORD)
			seqs[n_records++] = f.seq;
	}
	types[i] = '\0';
	ck_assert_int_eq(n, 0);
	ck_assert_uint_eq(len, 0);
}

static void
begin(unsigned records)
{
	start();
	for (unsigned n = 2; n <= records; n++)
		signer_record(&seed, &body, 0, n, (int64_t)n * 1000, 0);
	if (records > 1)
		ck_assert_int_eq(publish(SP_S), 0);
}

START_TEST(who_asks_gets_the_edge_and_what_is_new)
{
	struct tw_edge e;
	struct tw_frame f;
	struct tw_reply r;
	struct sp_rd rd;
	int n;

	begin(4);
	r = ask("&lw=1");
	take_apart(r.live, r.live_len);
	ck_assert_str_eq(types, "hemrrrr");
	n = tw_frame_read(&f, r.live, r.live_len);
	ck_assert_uint_eq(f.boot, 9);
	ck_assert_uint_eq(f.seq, 5);
	ck_assert_uint_eq(f.clock_ms, 0);
	ck_assert_int_gt(tw_frame_read(&f, r.live + n, r.live_len - (size_t)n),
	    0);
	rd = buf_rd(f.p, f.len);
	ck_assert(tw_edge_get(&rd, &e));
	ck_assert_uint_eq(e.track, 0);
	ck_assert_uint_eq(e.epoch, 1);
	ck_assert_uint_eq(e.number, 4);
	ck_assert_uint_eq(e.avail_ms, 4000);
	ck_assert(!tw_edge_get(&rd, &e));
	tear_down();
}
END_TEST

START_TEST(who_says_where_it_is_gets_what_came_after)
{
	struct tw_reply r;

	begin(4);
	r = ask("&lw=9.3");
	take_apart(r.live, r.live_len);
	ck_assert_str_eq(types, "herr");
	ck_assert_uint_eq(seqs[0], 4);
	r = ask("&lw=9.5");
	take_apart(r.live, r.live_len);
	ck_assert_str_eq(types, "he");
	/* of another tracker, or of the future: all */
	r = ask("&lw=8.3");
	take_apart(r.live, r.live_len);
	ck_assert_str_eq(types, "hemrrrr");
	r = ask("&lw=9.6");
	take_apart(r.live, r.live_len);
	ck_assert_str_eq(types, "hemrrrr");
	tear_down();
}
END_TEST

START_TEST(who_does_not_ask_gets_the_same_bytes_as_ever)
{
	static const char *const queries[] = { "", "&lw=0", "&lw=", "&lw=x",
		"&lw=9", "&lw=9.x" };
	struct tw_reply r;

	begin(4);
	buf_init(&plain, &fm.mem, 65536);
	r = ask("");
	ck_assert_uint_eq(r.live_len, 0);
	buf_put(&plain, b.p, b.len);
	for (size_t i = 0; i < SP_LEN(queries); i++) {
		r = ask(queries[i]);
		ck_assert_uint_eq(b.len, plain.len);
		ck_assert_mem_eq(b.p, plain.p, b.len);
	}
	/* With it, the rest is the same. */
	r = ask("&lw=1");
	ck_assert_uint_gt(r.live_len, 0);
	ck_assert_uint_eq(r.interval_s, 30);
	buf_fini(&plain);
	tear_down();
}
END_TEST

START_TEST(a_swarm_without_a_channel_has_nothing_to_tell)
{
	struct tw_announce a = viewer(1);
	struct tw_reply r;

	begin(1);
	seed.info_hash[0] ^= 1;
	r = ask("&lw=1");
	ck_assert_uint_eq(r.live_len, 0);
	a = viewer(1);
	a.window = true;
	buf_reset(&b);
	ck_assert_int_eq(track_tail(track, &a, 1000, &b), 0);
	ck_assert_uint_eq(b.len, 0);
	seed.info_hash[0] ^= 1;
	tear_down();
}
END_TEST

START_TEST(what_does_not_fit_is_left_out_oldest_first)
{
	struct tw_announce a;
	size_t most = 0;

	begin(8);
	a = viewer(1);
	a.window = true;
	for (size_t max = 0; max < 8000; max += 13) {
		buf_reset(&b);
		ck_assert_int_eq(track_tail(track, &a, max, &b), 0);
		ck_assert_uint_le(b.len, max);
		take_apart(b.p, b.len);
		ck_assert(b.len == 0 || memcmp(types, "he", 2) == 0);
		ck_assert_uint_ge(n_records, most);
		most = n_records;
		/* without a gap, up to the newest */
		for (size_t i = 0; i < n_records; i++)
			ck_assert_uint_eq(seqs[i], 9 - n_records + 1 + i);
	}
	ck_assert_uint_eq(most, 8);
	tear_down();
}
END_TEST

START_TEST(as_many_tracks_are_told_as_fit)
{
	struct tw_announce a;
	struct tw_frame f;
	int n;

	start();
	for (uint8_t t = 1; t < 30; t++)
		signer_record(&seed, &body, t, 1, 1000, 0);
	ck_assert_int_eq(publish(SP_S), 0);
	a = viewer(1);
	a.window = true;
	for (size_t max = 0; max < 900; max++) {
		buf_reset(&b);
		ck_assert_int_eq(track_tail(track, &a, max, &b), 0);
		ck_assert_uint_le(b.len, max);
		if (b.len == 0)
			continue;
		n = tw_frame_read(&f, b.p, b.len);
		ck_assert_int_gt(n, 0);
		ck_assert_int_gt(tw_frame_read(&f, b.p + n, b.len - (size_t)n),
		    0);
		ck_assert_uint_eq(f.type, TW_FRAME_EDGE);
		ck_assert_uint_eq(f.len / TW_EDGE_LEN,
		    SP_MIN((max - (size_t)n - 5) / TW_EDGE_LEN, (size_t)30));
	}
	tear_down();
}
END_TEST

START_TEST(lack_of_memory_costs_the_window_only)
{
	struct sp_addr from = ip("5.0.0.1");
	char text[400];
	size_t len;

	begin(4);
	query(&body, "&lw=1");
	len = body.len;
	ck_assert_uint_lt(len, sizeof(text));
	memcpy(text, body.p, len);
	/* of those for the reply itself there is room already */
	for (int i = 0; i < 65536; i++)
		buf_put_u8(&b, 0);
	for (size_t i = 1; i < 8; i++) {
		buf_reset(&b);
		failmem_arm(&fm, i);
		ck_assert_int_eq(
		    track_http_announce(track, text, len, &from, &b, SP_S), 0);
		ck_assert_uint_gt(b.len, 50);
	}
	failmem_arm(&fm, 0);
	buf_reset(&body);
	tear_down();
}
END_TEST

UNIT_MAIN("track_tail", who_asks_gets_the_edge_and_what_is_new,
    who_says_where_it_is_gets_what_came_after,
    who_does_not_ask_gets_the_same_bytes_as_ever,
    a_swarm_without_a_channel_has_nothing_to_tell,
    what_does_not_fit_is_left_out_oldest_first, as_many_tracks_are_told_as_fit,
    lack_of_memory_costs_the_window_only)
