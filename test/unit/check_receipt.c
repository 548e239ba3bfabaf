#include "wire/receipt.h"

#include "test/unit/unit.h"

static struct failmem fm;
static struct sp_buf b;
static struct receipt r, back;
static uint8_t sk[HASH_SK_LEN];

/* Seven neighbours, signed. */
static void
setup(void)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 7 };

	failmem_init(&fm);
	buf_init(&b, &fm.mem, RECEIPT_MAX);
	memset(&r, 0, sizeof(r));
	hash_keypair(r.key, sk, seed);
	memset(r.info_hash, 0xaa, sizeof(r.info_hash));
	r.slice = 174000000;
	r.slices = 3;
	r.n = 7;
	for (unsigned i = 0; i < r.n; i++) {
		r.entries[i].peer_id[3] = (uint8_t)(i + 1);
		r.entries[i].bytes = 1000000 * i;
		r.entries[i].flags = i == 4 ? RECEIPT_BAD : 0;
	}
	receipt_seal(&b, &r, sk);
	ck_assert_int_eq(b.err, 0);
}

static void
teardown(void)
{
	buf_fini(&b);
	failmem_check(&fm);
}

/* As |r| stands now. */
static int
open_again(void)
{
	buf_reset(&b);
	receipt_seal(&b, &r, sk);
	ck_assert_int_eq(b.err, 0);
	return receipt_open(&back, b.p, b.len);
}

START_TEST(what_is_sealed_is_read_again)
{
	setup();
	ck_assert_uint_eq(b.len,
	    RECEIPT_HEAD + 7 * RECEIPT_ENTRY + HASH_SIG_LEN);
	ck_assert_int_eq(receipt_open(&back, b.p, b.len), 0);
	ck_assert_int_eq(receipt_verify(&back, b.p, b.len), 0);
	ck_assert_mem_eq(&back, &r, sizeof(r));
	teardown();
}
END_TEST

START_TEST(largest_one_fits)
{
	setup();
	for (unsigned i = 0; i < LIM_RECEIPTS; i++)
		r.entries[i].peer_id[3] = (uint8_t)(i + 1);
	r.n = LIM_RECEIPTS;
	r.slices = LIM_RECEIPT_SPAN;
	ck_assert_int_eq(open_again(), 0);
	ck_assert_uint_eq(b.len, RECEIPT_MAX);
	teardown();
}
END_TEST

START_TEST(no_byte_can_be_changed)
{
	setup();
	for (size_t i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		ck_assert(receipt_open(&back, b.p, b.len) < 0 ||
			  receipt_verify(&back, b.p, b.len) == SP_ERR_SIG);
		b.p[i] ^= 1;
	}
	teardown();
}
END_TEST

START_TEST(lengths_must_be_right)
{
	setup();
	for (size_t i = 0; i < b.len; i++)
		ck_assert_int_eq(receipt_open(&back, b.p, i), SP_ERR_SHORT);
	buf_fini(&b);
	buf_init(&b, &fm.mem, 2 * RECEIPT_MAX);
	receipt_seal(&b, &r, sk);
	buf_put_u8(&b, 0);
	ck_assert_int_eq(receipt_open(&back, b.p, b.len), SP_ERR_SYNTAX);
	teardown();
}
END_TEST

START_TEST(numbers_must_be_in_range)
{
	setup();
	r.slices = 0;
	ck_assert_int_eq(open_again(), SP_ERR_RANGE);
	r.slices = LIM_RECEIPT_SPAN + 1;
	ck_assert_int_eq(open_again(), SP_ERR_RANGE);
	r.slices = 3;
	r.slice = 1; /* there are only slices 0 and 1 */
	ck_assert_int_eq(open_again(), SP_ERR_RANGE);
	r.slice = UINT64_MAX;
	ck_assert_int_eq(open_again(), SP_ERR_RANGE);
	r.slice = 2;
	ck_assert_int_eq(open_again(), 0);
	r.n = 0;
	ck_assert_int_eq(open_again(), SP_ERR_RANGE);
	r.n = 7;
	open_again();
	b.p[0] = 2;
	ck_assert_int_eq(receipt_open(&back, b.p, b.len), SP_ERR_SYNTAX);
	teardown();
}
END_TEST

START_TEST(nobody_is_named_twice)
{
	setup();
	r.entries[3] = r.entries[2];
	ck_assert_int_eq(open_again(), SP_ERR_CANON);
	r.entries[3].peer_id[3] = 1;
	ck_assert_int_eq(open_again(), SP_ERR_CANON);
	teardown();
}
END_TEST

START_TEST(peer_id_is_that_of_the_handshakes_key)
{
	uint8_t x_sk[HASH_X_LEN], x_pk[HASH_X_LEN];
	uint8_t id[LINK_PEERID_LEN], other[LINK_PEERID_LEN];
	static const uint8_t none[HASH_PK_LEN] = { 0 };

	setup();
	hash_x25519_sk(x_sk, sk);
	ck_assert_int_eq(hash_x25519_pk(x_pk, r.key), 0);
	link_peerid(other, x_pk);
	ck_assert_int_eq(receipt_peerid(id, r.key), 0);
	ck_assert_mem_eq(id, other, sizeof(id));
	/* of small order */
	ck_assert_int_eq(receipt_peerid(id, none), SP_ERR_SIG);
	teardown();
}
END_TEST

START_TEST(without_memory_the_buffer_says_so)
{
	setup();
	buf_fini(&b);
	buf_init(&b, &fm.mem, RECEIPT_MAX);
	failmem_arm(&fm, 1);
	receipt_seal(&b, &r, sk);
	ck_assert_int_eq(b.err, SP_ERR_NOMEM);
	teardown();
}
END_TEST

UNIT_MAIN("receipt", what_is_sealed_is_read_again, largest_one_fits,
    no_byte_can_be_changed, lengths_must_be_right, numbers_must_be_in_range,
    nobody_is_named_twice, peer_id_is_that_of_the_handshakes_key,
    without_memory_the_buffer_says_so)
