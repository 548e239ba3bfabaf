#include "swarm/secure.h"

#include "test/sim/countcipher.h"
#include "test/unit/unit.h"

struct side {
	struct secure *s;
	struct secure_conf conf;
	const struct secure_cipher *ciphers[8];
	struct sp_buf out;
};

static void
side_init(struct side *d, struct failmem *fm, bool initiator)
{
	memset(d, 0, sizeof(*d));
	d->conf.initiator = initiator;
	memset(d->conf.info_hash, 7, sizeof(d->conf.info_hash));
	memset(d->conf.psk, 8, sizeof(d->conf.psk));
	memset(d->conf.static_sk, initiator ? 1 : 2, SECURE_KEY_LEN);
	memset(d->conf.ephemeral_sk, initiator ? 3 : 4, SECURE_KEY_LEN);
	d->conf.hello.flags = initiator ? 0 : SECURE_FLAG_SEEDER;
	d->conf.hello.port = initiator ? 0x1234 : 0;
	d->conf.hello.up_kbps = initiator ? 0xfedcba98 : 5;
	d->conf.n_ciphers = secure_ciphers(d->ciphers);
	d->conf.ciphers = d->ciphers;
	buf_init(&d->out, &fm->mem, 1 << 20);
}

START_TEST(two_sides_meet_and_exchange_a_frame)
{
	struct failmem fm;
	struct side a, b;
	size_t used;
	struct sp_rd frame;

	failmem_init(&fm);
	side_init(&a, &fm, true);
	side_init(&b, &fm, false);
	ck_assert_int_eq(secure_new(&a.s, &a.conf, &fm.mem), 0);
	ck_assert_int_eq(secure_new(&b.s, &b.conf, &fm.mem), 0);
	ck_assert_int_eq(secure_start(a.s, &a.out), 0);
	ck_assert_uint_eq(a.out.len, 48);
	ck_assert_int_eq(
	    secure_input(b.s, a.out.p, a.out.len, &used, &b.out, &frame),
	    SECURE_MORE);
	buf_reset(&a.out);
	ck_assert_uint_eq(b.out.len, 112);
	ck_assert_int_eq(
	    secure_input(a.s, b.out.p, b.out.len, &used, &a.out, &frame),
	    SECURE_ESTABLISHED);
	ck_assert_uint_eq(a.out.len, 80);
	buf_reset(&b.out);
	ck_assert_int_eq(secure_seal(a.s, &a.out, (const uint8_t *)"hello", 5),
	    0);
	ck_assert_int_eq(
	    secure_input(b.s, a.out.p, a.out.len, &used, &b.out, &frame),
	    SECURE_ESTABLISHED);
	ck_assert_uint_eq(used, 80);
	ck_assert_int_eq(secure_input(b.s, a.out.p + 80, a.out.len - 80, &used,
			     &b.out, &frame),
	    SECURE_FRAME);
	ck_assert_uint_eq(buf_get_left(&frame), 5);
	ck_assert_mem_eq(frame.p, "hello", 5);
	ck_assert_uint_eq(secure_remote(b.s)->up_kbps, 0xfedcba98);
	secure_free(a.s);
	secure_free(b.s);
	buf_fini(&a.out);
	buf_fini(&b.out);
	failmem_check(&fm);
}
END_TEST

UNIT_MAIN("secure", two_sides_meet_and_exchange_a_frame)
