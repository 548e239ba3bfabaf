#include "wire/bencode.h"
#include "wire/record.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct sp_buf b;
static uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
static uint8_t leaves[3 * HASH_LEN];

/* A piece of three blocks with every field set. */
static struct record
full(void)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 7 };
	struct record r = { .number = 41, .init = 0, .offset = 1000 };

	hash_setup();
	hash_keypair(pk, sk, seed);
	for (size_t i = 0; i < sizeof(leaves); i++)
		leaves[i] = (uint8_t)i;
	hash_tree_root(r.root, leaves, 3);
	memset(r.prev, 0xee, sizeof(r.prev));
	r.avail_ms = INT64_C(1700000000123);
	r.epoch = 2;
	r.duration_us = 2000000;
	r.length = 2 * LIM_BLOCK + 5;
	r.dseq = 3;
	r.flags = RECORD_INDEPENDENT | RECORD_LAST | 0x4000;
	r.track = 31;
	r.has_range = true;
	r.uri = "v/seg41.ts";
	r.uri_len = 10;
	r.keys = "#EXT-X-KEY:METHOD=NONE\n";
	r.keys_len = 23;
	r.lines = "#A\n#B\n";
	r.lines_len = 6;
	return r;
}

static struct record
small(void)
{
	struct record r = { .init = RECORD_NO_INIT, .length = 1 };

	memset(r.root, 'R', HASH_LEN);
	return r;
}

static void
start(void)
{
	failmem_init(&fm);
	buf_init(&b, &fm.mem, LIM_ENVELOPE);
}

static void
stop(void)
{
	buf_fini(&b);
	failmem_check(&fm);
}

/* Encodes and decodes; the copy borrows b. */
static struct record
round_trip(const struct record *r)
{
	struct record back;

	buf_reset(&b);
	ck_assert_int_eq(record_encode(&b, r), 0);
	ck_assert_int_eq(record_decode(&back, b.p, b.len), 0);
	return back;
}

static void
refused(const struct record *r)
{
	buf_reset(&b);
	ck_assert_int_eq(record_encode(&b, r), SP_ERR_ARG);
	ck_assert_uint_eq(b.len, 0);
}

#define R32 "RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR"
#define Z32 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
/* sizeof, because there may be NULs in it. */
#define DECODE(lit) record_decode(&got, (const uint8_t *)(lit), sizeof(lit) - 1)
static struct record got;

START_TEST(every_field_comes_back)
{
	struct record r = full(), back;

	start();
	back = round_trip(&r);
	ck_assert(back.number == 41 && back.init == 0 && back.offset == 1000);
	ck_assert(back.avail_ms == r.avail_ms && back.epoch == 2);
	ck_assert(back.duration_us == 2000000 && back.length == r.length);
	ck_assert(back.dseq == 3 && back.flags == r.flags);
	ck_assert(back.track == 31 && back.has_range && !back.absolute);
	ck_assert_mem_eq(back.root, r.root, HASH_LEN);
	ck_assert_mem_eq(back.prev, r.prev, HASH_LEN);
	ck_assert_uint_eq(back.uri_len, r.uri_len);
	ck_assert_mem_eq(back.uri, r.uri, r.uri_len);
	ck_assert_uint_eq(back.keys_len, r.keys_len);
	ck_assert_mem_eq(back.keys, r.keys, r.keys_len);
	ck_assert_uint_eq(back.lines_len, r.lines_len);
	ck_assert_mem_eq(back.lines, r.lines, r.lines_len);
	stop();
}
END_TEST

START_TEST(what_is_absent_is_left_out)
{
	struct record r = small(), back;

	start();
	back = round_trip(&r);
	ck_assert_uint_eq(b.len, sizeof("d1:li1e1:r32:" R32 "e") - 1);
	ck_assert_mem_eq(b.p, "d1:li1e1:r32:" R32 "e", b.len);
	ck_assert(back.init == RECORD_NO_INIT && !back.has_range);
	r.has_range = true;
	r.init = 0;
	back = round_trip(&r);
	ck_assert_mem_eq(b.p, "d1:ii0e1:li1e1:oi0e1:r32:" R32 "e", b.len);
	ck_assert(back.init == 0 && back.has_range && back.offset == 0);
	stop();
}
END_TEST

START_TEST(the_largest_values_fit)
{
	static char uri[LIM_URI], lines[LIM_LINES];
	struct record r = full(), back;

	memset(uri, 'u', sizeof(uri));
	memset(lines, '#', sizeof(lines));
	lines[LIM_LINES - 1] = '\n';
	r.uri = uri;
	r.uri_len = sizeof(uri);
	r.keys = r.lines = lines;
	r.keys_len = r.lines_len = sizeof(lines);
	r.number = r.init = LIM_NUMBER - 1;
	r.length = LIM_PIECE_BYTES;
	r.offset = INT64_MAX - LIM_PIECE_BYTES;
	r.avail_ms = LIM_AVAIL_MS;
	r.duration_us = LIM_DURATION_US;
	r.epoch = r.dseq = UINT32_MAX;
	r.flags = 0xffff & ~(RECORD_GAP | RECORD_INIT);
	start();
	back = round_trip(&r);
	ck_assert_uint_le(b.len, LIM_RECORD);
	ck_assert(back.offset == r.offset && back.number == r.number);
	ck_assert(back.flags == r.flags);
	stop();
}
END_TEST

START_TEST(numbers_out_of_range_are_not_written)
{
	struct record r;

	start();
#define REFUSED(field, value)    \
	do {                     \
		r = full();      \
		r.field = value; \
		refused(&r);     \
	} while (0)
	REFUSED(number, LIM_NUMBER);
	REFUSED(init, LIM_NUMBER);
	REFUSED(offset, INT64_MAX - r.length + UINT64_C(1));
	REFUSED(offset, UINT64_MAX);
	REFUSED(has_range, false);
	REFUSED(avail_ms, -1);
	REFUSED(avail_ms, LIM_AVAIL_MS + 1);
	REFUSED(duration_us, LIM_DURATION_US + 1);
	REFUSED(length, LIM_PIECE_BYTES + 1);
	REFUSED(length, 0);
	REFUSED(track, LIM_TRACKS);
	REFUSED(track, LIM_TRACK_INIT);
	r = full();
	memset(r.root, 0, HASH_LEN);
	refused(&r);
#undef REFUSED
	stop();
}
END_TEST

START_TEST(init_pieces_are_in_tracks_of_their_own)
{
	struct record r = small();

	start();
	r.flags = RECORD_INIT;
	refused(&r);
	r.track = LIM_TRACK_INIT + LIM_TRACKS;
	refused(&r);
	r.track = LIM_TRACK_INIT + LIM_TRACKS - 1;
	round_trip(&r);
	r.track = LIM_TRACK_INIT;
	round_trip(&r);
	r.duration_us = 1;
	refused(&r);
	r.duration_us = 0;
	r.init = 0;
	refused(&r);
	stop();
}
END_TEST

START_TEST(a_gap_has_no_bytes_and_no_root)
{
	struct record r = small();

	start();
	r.flags = RECORD_GAP;
	refused(&r);
	r.length = 0;
	refused(&r);
	memset(r.root, 0, HASH_LEN);
	round_trip(&r);
	ck_assert_uint_eq(record_blocks(&r), 0);
	r.flags = 0;
	refused(&r);
	stop();
}
END_TEST

START_TEST(text_follows_its_rules)
{
	struct record r = small();

	start();
#define TEXT(field, s) (r.field = (s), r.field##_len = strlen(s))
	TEXT(uri, "../x");
	refused(&r);
	TEXT(uri, "http://a/");
	refused(&r);
	r.absolute = true;
	ck_assert(round_trip(&r).absolute);
	TEXT(uri, "ftp://a/");
	refused(&r);
	TEXT(uri, "x");
	refused(&r);
	TEXT(uri, "");
	refused(&r);
	r.absolute = false;
	round_trip(&r);
	TEXT(keys, "#a");
	refused(&r);
	TEXT(keys, "#a\n");
	round_trip(&r);
	TEXT(lines, "a\n");
	refused(&r);
#undef TEXT
	stop();
}
END_TEST

START_TEST(each_prefix_of_a_record_is_short)
{
	struct record r = full(), back;
	size_t i;

	start();
	round_trip(&r);
	for (i = 0; i < b.len; i++)
		ck_assert_int_eq(record_decode(&back, b.p, i), SP_ERR_SHORT);
	stop();
}
END_TEST

START_TEST(keys_that_should_be_absent_are_not_canonical)
{
	ck_assert_int_eq(DECODE("d1:li1e1:r32:" R32 "e"), 0);
	ck_assert_int_eq(DECODE("d1:ai0e1:li1e1:r32:" R32 "e"), SP_ERR_CANON);
	ck_assert_int_eq(DECODE("d1:fi0e1:li1e1:r32:" R32 "e"), SP_ERR_CANON);
	ck_assert_int_eq(DECODE("d1:k0:1:li1e1:r32:" R32 "e"), SP_ERR_CANON);
	ck_assert_int_eq(DECODE("d1:li1e1:m0:1:r32:" R32 "e"), SP_ERR_CANON);
	ck_assert_int_eq(DECODE("d1:li1e1:ni0e1:r32:" R32 "e"), SP_ERR_CANON);
	ck_assert_int_eq(DECODE("d1:li1e1:p32:" Z32 "1:r32:" R32 "e"),
	    SP_ERR_CANON);
	ck_assert_int_eq(DECODE("d1:li1e1:r32:" Z32 "e"), SP_ERR_CANON);
	ck_assert_int_eq(DECODE("d1:li1e1:r32:" R32 "1:ti0ee"), SP_ERR_CANON);
	ck_assert_int_eq(DECODE("d1:li1e1:r32:" R32 "1:u0:e"), SP_ERR_CANON);
	ck_assert_int_eq(DECODE("d1:r32:" R32 "1:li1ee"), SP_ERR_CANON);
	ck_assert_int_eq(DECODE("d1:li1e1:li1e1:r32:" R32 "e"), SP_ERR_CANON);
}
END_TEST

START_TEST(numbers_out_of_range_are_not_read)
{
	ck_assert_int_eq(DECODE("d1:li-1e1:r32:" R32 "e"), SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("d1:li16777217e1:r32:" R32 "e"), SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("d1:li4294967297e1:r32:" R32 "e"),
	    SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("d1:fi65536e1:li1e1:r32:" R32 "e"),
	    SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("d1:ii-1e1:li1e1:r32:" R32 "e"), SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("d1:li1e1:ni9007199254740992e1:r32:" R32 "e"),
	    SP_ERR_RANGE);
	ck_assert_int_eq(
	    DECODE("d1:li1e1:oi9223372036854775807e1:r32:" R32 "e"),
	    SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("d1:li1e1:r32:" R32 "1:ti256ee"), SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("d1:li1e1:r32:" R32 "1:ti32ee"), SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("d1:ai9223372036855e1:li1e1:r32:" R32 "e"),
	    SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("d1:di3600000001e1:li1e1:r32:" R32 "e"),
	    SP_ERR_RANGE);
	/* A gap with bytes; bytes without a root; a root without bytes. */
	ck_assert_int_eq(DECODE("d1:fi16e1:li1e1:r32:" R32 "e"), SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("d1:li1ee"), SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("d1:fi16e1:r32:" R32 "e"), SP_ERR_RANGE);
	ck_assert_int_eq(DECODE("de"), SP_ERR_RANGE);
}
END_TEST

START_TEST(malformed_records_are_refused)
{
	static uint8_t big[LIM_RECORD + 1];

	ck_assert_int_eq(DECODE("le"), SP_ERR_SYNTAX);
	ck_assert_int_eq(DECODE("i1e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(DECODE("d1:l1:x1:r32:" R32 "e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(
	    DECODE("d1:li1e1:r31:RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRe"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(DECODE("d1:li1e1:ri1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(DECODE("d1:ki1e1:li1e1:r32:" R32 "e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(DECODE("d1:k3:key1:li1e1:r32:" R32 "e"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(DECODE("d1:li1e1:r32:" R32 "1:u2:..e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(DECODE("d1:li1e1:r32:" R32 "1:u1:a1:x8:http://ae"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(DECODE("d1:li1e1:r32:" R32 "ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(record_decode(&got, big, sizeof(big)), SP_ERR_TOOBIG);
}
END_TEST

START_TEST(long_text_is_too_big)
{
	static char in[LIM_RECORD];
	int n;

	n = snprintf(in, sizeof(in), "d1:u%d:%0*de", LIM_URI + 1, LIM_URI + 1,
	    0);
	ck_assert_int_eq(record_decode(&got, (uint8_t *)in, (size_t)n),
	    SP_ERR_TOOBIG);
	n = snprintf(in, sizeof(in), "d1:m%d:%0*de", LIM_LINES + 1,
	    LIM_LINES + 1, 0);
	ck_assert_int_eq(record_decode(&got, (uint8_t *)in, (size_t)n),
	    SP_ERR_TOOBIG);
}
END_TEST

START_TEST(unknown_keys_are_skipped)
{
	ck_assert_int_eq(
	    DECODE("d0:i1e1:bd1:ale1:bi1ee1:li1e1:r32:" R32 "2:uui1e1:zlee"),
	    0);
	ck_assert_uint_eq(got.length, 1);
	ck_assert_ptr_null(got.uri);
}
END_TEST

START_TEST(an_envelope_opens_and_verifies)
{
	struct record r = full();
	struct record_env env;
	uint8_t digest[HASH_LEN], want[HASH_LEN], other[HASH_PK_LEN];

	start();
	ck_assert_int_eq(record_seal(&b, &r, leaves, 3, sk), 0);
	ck_assert_int_eq(record_open(&env, b.p, b.len), 0);
	ck_assert_uint_eq(env.n_leaves, 3);
	ck_assert_mem_eq(env.leaves, leaves, sizeof(leaves));
	ck_assert_uint_eq(env.rec.number, 41);
	ck_assert_int_eq(record_verify(&env, pk), 0);
	memcpy(other, pk, sizeof(pk));
	other[0] ^= 1;
	ck_assert_int_eq(record_verify(&env, other), SP_ERR_SIG);
	hash_sha256(want, env.raw, env.raw_len);
	record_digest(digest, &env);
	ck_assert_mem_eq(digest, want, HASH_LEN);
	stop();
}
END_TEST

START_TEST(no_flipped_bit_passes)
{
	struct record r = full();
	struct record_env env;
	size_t i;

	start();
	ck_assert_int_eq(record_seal(&b, &r, leaves, 3, sk), 0);
	for (i = 0; i < b.len * 8; i++) {
		b.p[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_msg(record_open(&env, b.p, b.len) < 0 ||
				  record_verify(&env, pk) == SP_ERR_SIG,
		    "bit %zu", i);
		b.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	stop();
}
END_TEST

START_TEST(leaves_must_give_the_root)
{
	struct record r = full();

	start();
	ck_assert_int_eq(record_seal(&b, &r, leaves, 2, sk), SP_ERR_ARG);
	leaves[40] ^= 1;
	ck_assert_int_eq(record_seal(&b, &r, leaves, 3, sk), SP_ERR_HASH);
	r.length = UINT32_MAX;
	ck_assert_int_eq(
	    record_seal(&b, &r, leaves, hash_leaf_count(UINT32_MAX), sk),
	    SP_ERR_ARG);
	ck_assert_uint_eq(b.len, 0);
	stop();
}
END_TEST

START_TEST(a_gap_travels_without_leaves)
{
	struct record r = full();
	struct record_env env;

	r.flags = RECORD_GAP;
	r.length = 0;
	memset(r.root, 0, HASH_LEN);
	start();
	ck_assert_int_eq(record_seal(&b, &r, NULL, 0, sk), 0);
	ck_assert_mem_eq(b.p, "d1:h0:1:rd", 10);
	ck_assert_int_eq(record_open(&env, b.p, b.len), 0);
	ck_assert_uint_eq(env.n_leaves, 0);
	ck_assert_int_eq(record_verify(&env, pk), 0);
	stop();
}
END_TEST

START_TEST(the_largest_piece_fits_its_envelope)
{
	static uint8_t many[LIM_PIECE_BLOCKS * HASH_LEN];
	static char uri[LIM_URI], lines[LIM_LINES];
	struct record r = full();
	struct record_env env;

	memset(uri, 'u', sizeof(uri));
	memset(lines, '#', sizeof(lines));
	lines[LIM_LINES - 1] = '\n';
	r.uri = uri;
	r.uri_len = sizeof(uri);
	r.keys = r.lines = lines;
	r.keys_len = r.lines_len = sizeof(lines);
	r.length = LIM_PIECE_BYTES;
	hash_tree_root(r.root, many, LIM_PIECE_BLOCKS);
	start();
	ck_assert_int_eq(record_seal(&b, &r, many, LIM_PIECE_BLOCKS, sk), 0);
	ck_assert_int_eq(record_open(&env, b.p, b.len), 0);
	ck_assert_uint_eq(env.n_leaves, LIM_PIECE_BLOCKS);
	stop();
}
END_TEST

/* Writes an envelope by hand. */
static int
open_parts(const char *head, size_t n_leaves, size_t sig_len, const char *tail)
{
	static const uint8_t sig[100];
	struct record r = full();
	struct record_env env;
	struct sp_buf raw;
	int rv;

	buf_reset(&b);
	buf_init(&raw, &fm.mem, LIM_RECORD);
	record_encode(&raw, &r);
	buf_put_str(&b, head);
	bencode_put_cstr(&b, "h");
	bencode_put_str(&b, leaves, n_leaves * HASH_LEN);
	bencode_put_cstr(&b, "r");
	buf_put(&b, raw.p, raw.len);
	bencode_put_cstr(&b, "s");
	bencode_put_str(&b, sig, sig_len);
	buf_put_str(&b, tail);
	rv = record_open(&env, b.p, b.len);
	buf_fini(&raw);
	return rv;
}

START_TEST(envelopes_have_one_shape)
{
	static const uint8_t big[LIM_ENVELOPE + 1];
	struct record_env env;

	start();
	ck_assert_int_eq(open_parts("d", 3, 64, "e"), 0);
	ck_assert_int_eq(open_parts("d", 2, 64, "e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(open_parts("d", 3, 63, "e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(open_parts("d1:ai1e", 3, 64, "e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(open_parts("d", 3, 64, "1:zi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(open_parts("l", 3, 64, "e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(open_parts("d", 3, 64, "ei1e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(open_parts("d", 3, 64, ""), SP_ERR_SHORT);
#define OPEN(s) record_open(&env, (const uint8_t *)(s), sizeof(s) - 1)
	ck_assert_int_eq(OPEN("de"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("i1e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:h0:e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:h0:1:r2:dee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:rde1:s64:" R32 R32 "e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:h0:1:rde1:s64:" R32 R32 "e"), SP_ERR_RANGE);
#undef OPEN
	ck_assert_int_eq(record_open(&env, big, sizeof(big)), SP_ERR_TOOBIG);
	stop();
}
END_TEST

START_TEST(a_record_above_its_limit_is_refused_in_an_envelope)
{
	struct record_env env;
	size_t n = LIM_RECORD;

	start();
	buf_put_str(&b, "d1:h0:1:rd1:z");
	buf_put_dec(&b, (int64_t)n);
	buf_put_u8(&b, ':');
	while (n-- > 0)
		buf_put_u8(&b, 'z');
	buf_put_str(&b, "e1:s64:" R32 R32 "e");
	ck_assert_int_eq(record_open(&env, b.p, b.len), SP_ERR_TOOBIG);
	stop();
}
END_TEST

START_TEST(sealing_survives_lack_of_memory)
{
	struct record r = full();
	int rv;

	FAILMEM_EACH (&fm) {
		buf_init(&b, &fm.mem, LIM_ENVELOPE);
		rv = record_seal(&b, &r, leaves, 3, sk);
		ck_assert(rv == 0 || rv == SP_ERR_NOMEM);
		buf_fini(&b);
	}
	failmem_init(&fm);
	buf_init(&b, &fm.mem, 100);
	ck_assert_int_eq(record_seal(&b, &r, leaves, 3, sk), SP_ERR_FULL);
	stop();
}
END_TEST

START_TEST(blocks_are_16_kib_but_the_last)
{
	struct record r = full();

	ck_assert_uint_eq(record_blocks(&r), 3);
	ck_assert_uint_eq(record_block_len(&r, 0), LIM_BLOCK);
	ck_assert_uint_eq(record_block_len(&r, 1), LIM_BLOCK);
	ck_assert_uint_eq(record_block_len(&r, 2), 5);
	r.length = LIM_BLOCK;
	ck_assert_uint_eq(record_blocks(&r), 1);
	ck_assert_uint_eq(record_block_len(&r, 0), LIM_BLOCK);
	r.length = 1;
	ck_assert_uint_eq(record_block_len(&r, 0), 1);
	r.length = LIM_PIECE_BYTES;
	ck_assert_uint_eq(record_blocks(&r), LIM_PIECE_BLOCKS);
	ck_assert_uint_eq(record_block_len(&r, LIM_PIECE_BLOCKS - 1),
	    LIM_BLOCK);
}
END_TEST

UNIT_MAIN("record", every_field_comes_back, what_is_absent_is_left_out,
    the_largest_values_fit, numbers_out_of_range_are_not_written,
    init_pieces_are_in_tracks_of_their_own, a_gap_has_no_bytes_and_no_root,
    text_follows_its_rules, each_prefix_of_a_record_is_short,
    keys_that_should_be_absent_are_not_canonical,
    numbers_out_of_range_are_not_read, malformed_records_are_refused,
    long_text_is_too_big, unknown_keys_are_skipped,
    an_envelope_opens_and_verifies, no_flipped_bit_passes,
    leaves_must_give_the_root, a_gap_travels_without_leaves,
    the_largest_piece_fits_its_envelope, envelopes_have_one_shape,
    a_record_above_its_limit_is_refused_in_an_envelope,
    sealing_survives_lack_of_memory, blocks_are_16_kib_but_the_last)
