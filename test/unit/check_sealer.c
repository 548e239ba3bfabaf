#include "tools/sealer.h"

#include "test/unit/unit.h"
#include "tools/spool.h"
#include "wire/verify.h"

/* Signer, spool and verification, which look at the same records. */

#define BOOT(c) "4:boot16:000000000000000" c

static struct failmem fm;
static struct sealer *sg;
static struct spool sp;
static struct verify *vf;
static struct sp_buf b;
static uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
static uint8_t data[3 * LIM_BLOCK + 1];

static void
begin(void)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 9 };

	failmem_init(&fm);
	hash_setup();
	hash_keypair(pk, sk, seed);
	sg = calloc(1, sizeof(*sg));
	vf = calloc(1, sizeof(*vf));
	sealer_init(sg, sk);
	sg->epoch = 3;
	verify_init(vf, pk);
	spool_init(&sp, &fm.mem);
	buf_init(&b, &fm.mem, 1 << 20);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i / 7);
}

static void
end(void)
{
	buf_fini(&b);
	spool_fini(&sp);
	failmem_check(&fm);
	free(sg);
	free(vf);
}

/* Signs a piece of |len| bytes into |b|, which is emptied first. */
static int
sign(uint8_t track, uint64_t number, uint32_t dseq, size_t len)
{
	struct record r = {
		.number = number,
		.init = RECORD_NO_INIT,
		.avail_ms = (int64_t)number * 1000,
		.dseq = dseq,
		.track = track,
		.flags = track >= LIM_TRACK_INIT ? RECORD_INIT
			 : len == 0              ? RECORD_GAP
						 : 0,
	};

	buf_reset(&b);
	return sealer_seal(sg, &r, data, len, &b);
}

static int
check(struct verify_row *row)
{
	ck_assert_int_eq(verify_next(vf, b.p, b.len, true, row), (int)b.len);
	ck_assert(row->kind == VERIFY_RECORD);
	return row->err;
}

START_TEST(records_of_a_track_are_chained)
{
	struct verify_row *row = calloc(1, sizeof(*row));

	begin();
	ck_assert_int_eq(sign(0, 5, 0, sizeof(data)), 0);
	ck_assert_int_eq(check(row), 0);
	ck_assert(row->first);
	ck_assert_uint_eq(row->env.n_leaves, 4);
	ck_assert_uint_eq(row->env.rec.epoch, 3);
	ck_assert_int_eq(sign(0, 7, 0, 1), 0);
	ck_assert_int_eq(check(row), 0);
	ck_assert(!row->first);
	ck_assert_int_eq(row->env.rec.flags, 0);
	ck_assert_int_eq(sign(LIM_TRACK_INIT, 5, 0, 10), 0);
	ck_assert_int_eq(check(row), 0);
	ck_assert(row->first);
	ck_assert_int_eq(sign(0, 8, 0, 0), 0);
	ck_assert_int_eq(check(row), 0);
	ck_assert_int_eq(row->env.rec.flags, RECORD_GAP);
	end();
	free(row);
}
END_TEST

START_TEST(another_dseq_is_a_discontinuity)
{
	struct verify_row *row = calloc(1, sizeof(*row));

	begin();
	ck_assert_int_eq(sign(0, 5, 2, 1), 0);
	ck_assert_int_eq(check(row), 0);
	ck_assert_int_eq(row->env.rec.flags, 0);
	ck_assert_int_eq(sign(0, 6, 3, 1), 0);
	ck_assert_int_eq(check(row), 0);
	ck_assert_int_eq(row->env.rec.flags, RECORD_DISCONTINUITY);
	end();
	free(row);
}
END_TEST

START_TEST(a_number_is_not_signed_twice)
{
	begin();
	ck_assert_int_eq(sign(0, 5, 0, 1), 0);
	ck_assert_int_eq(sign(0, 5, 0, 2), SP_ERR_STALE);
	ck_assert_int_eq(sign(0, 4, 0, 2), SP_ERR_STALE);
	ck_assert_int_eq(sign(1, 4, 0, 2), 0);
	ck_assert_int_eq(sign(40, 4, 0, 2), SP_ERR_ARG);
	ck_assert_int_eq(sign(0, 6, 0, LIM_PIECE_BYTES + 1), SP_ERR_TOOBIG);
	ck_assert_int_eq(sign(0, LIM_NUMBER, 0, 1), SP_ERR_ARG);
	/* None of these has moved the chain. */
	ck_assert_uint_eq(sg->media[0].number, 5);
	end();
}
END_TEST

START_TEST(init_sections_are_recognised)
{
	begin();
	ck_assert(!sealer_has_init(sg, 2, data, 100));
	ck_assert_int_eq(sign(LIM_TRACK_INIT + 2, 5, 0, 100), 0);
	ck_assert(sealer_has_init(sg, 2, data, 100));
	ck_assert(!sealer_has_init(sg, 2, data, 101));
	ck_assert(!sealer_has_init(sg, 2, data, 0));
	ck_assert(!sealer_has_init(sg, 1, data, 100));
	end();
}
END_TEST

/* ---- verification ------------------------------------------------------- */

START_TEST(what_does_not_verify_is_named)
{
	struct verify_row *row = calloc(1, sizeof(*row));
	uint8_t other[HASH_PK_LEN] = { 0 };

	begin();
	ck_assert_int_eq(sign(0, 5, 0, 100), 0);
	ck_assert_int_eq(check(row), 0);
	ck_assert_int_eq(check(row), SP_ERR_STALE);
	ck_assert_int_eq(sign(0, 6, 0, 100), 0);
	ck_assert_int_eq(sign(0, 7, 0, 100), 0);
	ck_assert_int_eq(check(row), SP_ERR_CHAIN);
	ck_assert_int_eq(sign(0, 8, 0, 100), 0);
	ck_assert_int_eq(check(row), 0);
	ck_assert_int_eq(sign(0, 9, 0, 100), 0);
	b.p[b.len - 2] ^= 1;
	ck_assert_int_eq(check(row), SP_ERR_SIG);
	/* The first leaf hash follows "d1:h32:". */
	b.p[10] ^= 1;
	ck_assert_int_eq(check(row), SP_ERR_HASH);
	ck_assert_uint_eq(vf->failed, 4);
	verify_init(vf, other);
	ck_assert_int_eq(sign(0, 10, 0, 100), 0);
	ck_assert_int_eq(check(row), SP_ERR_SIG);
	verify_init(vf, NULL);
	ck_assert_int_eq(check(row), SP_ERR_NOTFOUND);
	end();
	free(row);
}
END_TEST

START_TEST(a_newer_epoch_starts_a_chain)
{
	struct verify_row *row = calloc(1, sizeof(*row));

	begin();
	ck_assert_int_eq(sign(0, 5, 0, 1), 0);
	ck_assert_int_eq(check(row), 0);
	sealer_init(sg, sk);
	sg->epoch = 4;
	ck_assert_int_eq(sign(0, 6, 0, 1), 0);
	ck_assert_int_eq(check(row), 0);
	ck_assert(row->first);
	sg->epoch = 3;
	ck_assert_int_eq(sign(0, 7, 0, 1), 0);
	ck_assert_int_eq(check(row), SP_ERR_STALE);
	end();
	free(row);
}
END_TEST

START_TEST(input_comes_in_bits)
{
	struct verify_row *row = calloc(1, sizeof(*row));

	begin();
	ck_assert_int_eq(sign(0, 5, 0, 1), 0);
	for (size_t n = 0; n < b.len; n++)
		ck_assert_int_eq(verify_next(vf, b.p, n, false, row), 0);
	ck_assert_int_eq(verify_next(vf, b.p, 20, true, row), SP_ERR_SHORT);
	ck_assert_int_lt(
	    verify_next(vf, (const uint8_t *)"<html>....", 10, true, row), 0);
	ck_assert_int_eq(verify_next(vf, NULL, 0, true, row), 0);
	end();
	free(row);
}
END_TEST

/* ---- the spool ---------------------------------------------------------- */

static void
spool_piece(uint8_t track, uint64_t number)
{
	ck_assert_int_eq(sign(track, number, 0, 10), 0);
	ck_assert_int_eq(spool_add(&sp, b.p, b.len), 0);
}

/* Frames of the next batch, which is answered by |reply|. */
static unsigned
turn(struct spool_cursor *c, const char *reply)
{
	struct spool_batch batch;
	struct spool_reply r;

	buf_reset(&b);
	ck_assert_int_eq(spool_batch(&sp, c, false, LIM_PUBLISH, &b, &batch),
	    0);
	ck_assert_int_eq(
	    spool_reply_read(&r, (const uint8_t *)reply, strlen(reply)), 0);
	if (batch.frames > 0)
		(void)spool_answer(&sp, c, &batch, &r);
	return batch.frames;
}

START_TEST(a_tracker_gets_what_it_lacks)
{
	struct spool_cursor c = { 0 };

	begin();
	ck_assert_int_eq(spool_manifest(&sp, data, 10), 0);
	spool_piece(0, 1);
	spool_piece(1, 1);
	ck_assert_uint_eq(turn(&c, "d" BOOT("1") "e"), 3);
	ck_assert_uint_eq(turn(&c, "d" BOOT("1") "e"), 0);
	ck_assert(sp.v[0].confirmed);
	spool_piece(0, 2);
	ck_assert_uint_eq(turn(&c, "d" BOOT("1") "4:code5:STALEe"), 1);
	ck_assert_int_eq(spool_manifest(&sp, data, 11), 0);
	ck_assert_uint_eq(turn(&c, "d" BOOT("1") "e"), 1);
	end();
}
END_TEST

START_TEST(a_tracker_that_restarted_gets_everything)
{
	struct spool_cursor c = { 0 };

	begin();
	spool_manifest(&sp, data, 10);
	spool_piece(0, 1);
	spool_piece(0, 2);
	ck_assert_uint_eq(turn(&c, "d" BOOT("1") "e"), 3);
	spool_piece(0, 3);
	ck_assert_uint_eq(turn(&c, "d" BOOT("2") "4:code8:NOTFOUNDe"), 1);
	ck_assert(!sp.v[2].confirmed);
	ck_assert_uint_eq(turn(&c, "d" BOOT("2") "e"), 4);
	ck_assert_uint_eq(turn(&c, "d" BOOT("2") "e"), 0);
	end();
}
END_TEST

START_TEST(a_broken_chain_is_sent_whole_once)
{
	struct spool_cursor c = { 0 };

	begin();
	spool_manifest(&sp, data, 10);
	spool_piece(0, 1);
	ck_assert_uint_eq(turn(&c, "d" BOOT("1") "e"), 2);
	spool_piece(0, 2);
	ck_assert_uint_eq(turn(&c, "d" BOOT("1") "4:code5:CHAINe"), 1);
	ck_assert_uint_eq(turn(&c, "d" BOOT("1") "4:code5:CHAINe"), 3);
	ck_assert_uint_eq(turn(&c, "d" BOOT("1") "e"), 0);
	spool_piece(0, 3);
	ck_assert_uint_eq(turn(&c, "d" BOOT("1") "4:code5:CHAINe"), 1);
	ck_assert_uint_eq(turn(&c, "d" BOOT("1") "e"), 0);
	end();
}
END_TEST

START_TEST(long_windows_go_in_batches)
{
	struct spool_cursor c = { 0 };
	struct spool_batch batch;

	begin();
	spool_manifest(&sp, data, 10);
	for (uint64_t i = 1; i <= 10; i++)
		spool_piece(0, i);
	buf_reset(&b);
	ck_assert_int_eq(spool_batch(&sp, &c, false, 600, &b, &batch), 0);
	ck_assert_uint_gt(batch.frames, 1);
	ck_assert_uint_lt(batch.frames, 11);
	ck_assert_uint_le(b.len, 600);
	ck_assert_uint_eq(batch.seq, batch.frames - 1);
	end();
}
END_TEST

START_TEST(what_leaves_the_window_leaves_the_spool)
{
	begin();
	spool_piece(LIM_TRACK_INIT, 1);
	for (uint64_t i = 1; i <= 100; i++)
		spool_piece(0, i);
	/* One second each; they outlive the window by ten. */
	spool_trim(&sp, 20000);
	ck_assert_uint_eq(sp.n, 32);
	ck_assert_uint_eq(sp.v[0].track, LIM_TRACK_INIT);
	ck_assert_uint_eq(sp.v[1].number, 70);
	ck_assert_uint_eq(spool_newest(&sp, 0)->number, 100);
	ck_assert_ptr_null(spool_newest(&sp, 1));
	/* A newer init section: nothing names the old one. */
	spool_piece(LIM_TRACK_INIT, 100);
	spool_trim(&sp, 20000);
	ck_assert_uint_eq(spool_newest(&sp, LIM_TRACK_INIT)->number, 100);
	ck_assert_uint_ne(sp.v[0].track, LIM_TRACK_INIT);
	end();
}
END_TEST

START_TEST(a_piece_is_spooled_once)
{
	begin();
	spool_piece(0, 1);
	ck_assert_int_eq(spool_add(&sp, b.p, b.len), SP_ERR_EXISTS);
	ck_assert_int_eq(spool_add(&sp, data, 10), SP_ERR_SYNTAX);
	ck_assert_uint_eq(sp.n, 1);
	end();
}
END_TEST

START_TEST(replies_that_are_none_are_refused)
{
	static const char *const bad[] = { "", "hello", "le", "i1e", "de",
		"d4:boot4:0000e", "d4:booti1ee" };
	struct spool_reply r;

	begin();
	for (size_t i = 0; i < SP_LEN(bad); i++)
		ck_assert_int_lt(spool_reply_read(&r, (const uint8_t *)bad[i],
				     strlen(bad[i])),
		    0);
	ck_assert_int_eq(spool_reply_read(&r,
			     (const uint8_t *)"d14:failure reason2:noe", 23),
	    0);
	ck_assert_uint_eq(r.text_len, 2);
	end();
}
END_TEST

START_TEST(without_memory_the_spool_stays_whole)
{
	struct failmem each;
	struct spool s;
	int rv;

	begin();
	ck_assert_int_eq(sign(0, 5, 0, 100), 0);
	FAILMEM_EACH (&each) {
		spool_init(&s, &each.mem);
		rv = spool_manifest(&s, data, 10);
		if (rv == 0)
			rv = spool_add(&s, b.p, b.len);
		ck_assert(rv == 0 || rv == SP_ERR_NOMEM);
		ck_assert_uint_eq(s.n, rv == 0);
		spool_fini(&s);
	}
	end();
}
END_TEST

UNIT_MAIN("sealer", records_of_a_track_are_chained,
    another_dseq_is_a_discontinuity, a_number_is_not_signed_twice,
    init_sections_are_recognised, what_does_not_verify_is_named,
    a_newer_epoch_starts_a_chain, input_comes_in_bits,
    a_tracker_gets_what_it_lacks, a_tracker_that_restarted_gets_everything,
    a_broken_chain_is_sent_whole_once, long_windows_go_in_batches,
    what_leaves_the_window_leaves_the_spool, a_piece_is_spooled_once,
    replies_that_are_none_are_refused, without_memory_the_spool_stays_whole)
