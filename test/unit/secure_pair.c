#include "test/unit/secure_pair.h"

static void
side_init(struct pair_side *d, const struct sp_mem *mem, bool initiator)
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
	d->conf.ciphers = d->ciphers;
	d->conf.n_ciphers = 1;
	d->ciphers[0] = &secure_chacha20;
	buf_init(&d->out, mem, 8 << 20);
	buf_init(&d->plain, mem, 8 << 20);
}

void
pair_init(struct pair *p)
{
	const struct secure_cipher *c[2];

	secure_ciphers(c);
	side_init(&p->a, &p->fm.mem, true);
	side_init(&p->b, &p->fm.mem, false);
}

void
pair_cipher(struct pair *p, const struct secure_cipher *c)
{
	p->a.ciphers[0] = p->b.ciphers[0] = c;
}

int
pair_new(struct pair *p)
{
	int rv = secure_new(&p->a.s, &p->a.conf, &p->fm.mem);

	return rv < 0 ? rv : secure_new(&p->b.s, &p->b.conf, &p->fm.mem);
}

static int
feed_piece(struct pair_side *d, const uint8_t *p, size_t len)
{
	struct sp_rd frame;
	size_t used;
	int rv;

	do {
		rv = secure_input(d->s, p, len, &used, &d->out, &frame);
		/* Check is slow at asserting, and frames are many. */
		if (used > len)
			ck_abort_msg("used more than there is");
		p += used;
		len -= used;
		if (rv == SECURE_ESTABLISHED) {
			ck_assert(!d->established);
			d->established = true;
		} else if (rv == SECURE_FRAME) {
			d->n_frames++;
			buf_put(&d->plain, frame.p, buf_get_left(&frame));
		}
	} while (rv > SECURE_MORE);
	if (rv < 0)
		return rv;
	ck_assert_uint_eq(len, 0);
	return d->plain.err;
}

int
pair_feed(struct pair_side *d, const uint8_t *p, size_t len, size_t chunk)
{
	for (size_t n; len > 0; len -= n, p += n) {
		/* An allocation of its own, so that overruns show. */
		uint8_t *copy;
		int rv;

		n = SP_MIN(len, chunk);
		copy = malloc(n);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, p, n);
		rv = feed_piece(d, copy, n);
		free(copy);
		if (rv < 0)
			return rv;
	}
	return 0;
}

int
pair_pass(struct pair_side *from, struct pair_side *to, size_t chunk)
{
	int rv = pair_feed(to, from->out.p, from->out.len, chunk);

	buf_reset(&from->out);
	return rv;
}

int
pair_meet(struct pair *p, size_t chunk)
{
	int rv = pair_new(p);

	if (rv == 0)
		rv = secure_start(p->a.s, &p->a.out);
	if (rv == 0)
		rv = secure_start(p->b.s, &p->b.out);
	for (int i = 0; i < 3 && rv == 0; i++)
		rv = i % 2 == 0 ? pair_pass(&p->a, &p->b, chunk)
				: pair_pass(&p->b, &p->a, chunk);
	return rv;
}

void
pair_open(struct pair *p)
{
	failmem_init(&p->fm);
	pair_init(p);
	ck_assert_int_eq(pair_meet(p, SIZE_MAX), 0);
	ck_assert(p->a.established && p->b.established);
}

void
pair_fini(struct pair *p)
{
	struct pair_side *sides[] = { &p->a, &p->b };

	for (size_t i = 0; i < 2; i++) {
		secure_free(sides[i]->s);
		buf_fini(&sides[i]->out);
		buf_fini(&sides[i]->plain);
	}
	failmem_check(&p->fm);
}
