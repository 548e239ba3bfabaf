/*
 * A side of a secure link that meets a genuine partner on a stream that
 * somebody else changes. Whatever comes, it may only accept what the partner
 * sealed, in the order in which it did.
 *
 *	u8	1 = the side dials, 2 = both have AES
 *	u8 u8	n, x: byte n - 1 of the handshake's stream is xored with x
 *	u8	bytes per call of secure_input, 0 = all
 *	...	what happens then, see OP_*
 */

#include "test/fuzz/fuzz.h"
#include "swarm/secure.h"

#define SEALED_MAX 256

enum op {
	OP_FRAME,  /* u16 length: the partner's frame comes */
	OP_CHANGE, /* u16, u16 n, u8 x: as it, byte n xored with x */
	OP_RAW,    /* u8 length, bytes: they come */
	OP_AGAIN,  /* the last frame comes once more */
	OP_ANSWER, /* u16 length: the side sends a frame, which must work */
	N_OPS,
};

struct run {
	struct secure *side, *partner;
	struct sp_buf side_out, partner_out;
	size_t chunk;
	bool established;
	int err; /* of the side */
	/* What the partner sealed, and how much of it was accepted. */
	struct {
		size_t len;
		uint8_t seed;
	} sealed[SEALED_MAX];
	size_t n_sealed, n_accepted;
};

static uint8_t
byte_of(uint8_t seed, size_t i)
{
	return (uint8_t)(seed + i * 13);
}

static void
accept(struct run *r, const struct sp_rd *frame)
{
	size_t len = buf_get_left(frame);

	FUZZ_CHECK(r->n_accepted < r->n_sealed);
	FUZZ_CHECK(r->sealed[r->n_accepted].len == len);
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK(
		    frame->p[i] == byte_of(r->sealed[r->n_accepted].seed, i));
	r->n_accepted++;
}

/* One call's worth, in memory of its own. */
static void
give_piece(struct run *r, const uint8_t *p, size_t len)
{
	uint8_t *copy = malloc(len);
	size_t at = 0, used, before = r->side_out.len;
	struct sp_rd frame;
	int rv;

	FUZZ_CHECK(copy != NULL);
	memcpy(copy, p, len);
	do {
		rv = secure_input(r->side, copy + at, len - at, &used,
		    &r->side_out, &frame);
		FUZZ_CHECK(used <= len - at);
		at += used;
		if (rv == SECURE_ESTABLISHED)
			r->established = true;
		else if (rv == SECURE_FRAME)
			accept(r, &frame);
	} while (rv > SECURE_MORE);
	FUZZ_CHECK(rv < 0 || at == len);
	FUZZ_CHECK(rv == 0 || rv == SP_ERR_CRYPTO || rv == SP_ERR_PROTO);
	FUZZ_CHECK(r->err == 0 || (rv == r->err && r->side_out.len == before));
	r->err = rv;
	free(copy);
}

static void
give(struct run *r, const uint8_t *p, size_t len)
{
	for (size_t n; len > 0; len -= n, p += n) {
		n = r->chunk > 0 ? SP_MIN(r->chunk, len) : len;
		give_piece(r, p, n);
	}
}

static struct secure *
open_end(bool initiator, bool aes)
{
	const struct secure_cipher *ciphers[2];
	struct secure_conf conf = { .initiator = initiator };
	struct secure *s;

	memset(conf.static_sk, initiator ? 1 : 2, SECURE_KEY_LEN);
	memset(conf.ephemeral_sk, initiator ? 3 : 4, SECURE_KEY_LEN);
	conf.n_ciphers = secure_ciphers(ciphers);
	if (!aes)
		conf.n_ciphers = 1;
	conf.ciphers = ciphers;
	FUZZ_CHECK(secure_new(&s, &conf, &heap_mem) == 0);
	return s;
}

/* The partner gets what the side wrote; it is never lied to. */
static void
to_partner(struct run *r, size_t frames)
{
	struct sp_rd frame;
	size_t at = 0, used, got = 0;
	int rv;

	do {
		rv = secure_input(r->partner, r->side_out.p + at,
		    r->side_out.len - at, &used, &r->partner_out, &frame);
		at += used;
		got += rv == SECURE_FRAME;
	} while (rv > SECURE_MORE);
	FUZZ_CHECK(rv == SECURE_MORE && got == frames);
	buf_reset(&r->side_out);
}

/* Gives what the partner wrote with byte |at| xored. */
static void
from_partner(struct run *r, size_t at, uint8_t x)
{
	if (at < r->partner_out.len)
		r->partner_out.p[at] ^= x;
	give(r, r->partner_out.p, r->partner_out.len);
	buf_reset(&r->partner_out);
}

/* The handshake; is the side still well after it? */
static bool
meet(struct run *r, bool initiator, size_t at, uint8_t x)
{
	bool changed = x != 0 && at < (initiator ? 112 : 128);

	FUZZ_CHECK(secure_start(r->side, &r->side_out) == 0);
	FUZZ_CHECK(secure_start(r->partner, &r->partner_out) == 0);
	if (initiator) {
		to_partner(r, 0);
		from_partner(r, at, x);
	} else {
		from_partner(r, at, x);
		if (r->err < 0)
			FUZZ_CHECK(r->side_out.len == 0);
		if (r->err < 0)
			return false;
		to_partner(r, 0);
		from_partner(r, at < 48 ? SIZE_MAX : at - 48, x);
	}
	FUZZ_CHECK(r->established == !changed);
	FUZZ_CHECK((r->err < 0) == changed);
	if (!changed && initiator)
		to_partner(r, 0);
	return !changed;
}

static size_t
frame_len(struct sp_rd *in)
{
	return 1 + buf_get_u16(in) % SECURE_FRAME_MAX;
}

static void
seal(struct run *r, struct secure *from, struct sp_buf *out, size_t len,
    uint8_t seed)
{
	static uint8_t data[SECURE_FRAME_MAX];
	int rv;

	for (size_t i = 0; i < len; i++)
		data[i] = byte_of(seed, i);
	rv = secure_seal(from, out, data, len);
	FUZZ_CHECK(rv == (from == r->side ? r->err : 0));
	FUZZ_CHECK(out->err == 0);
}

static void
step(struct run *r, struct sp_rd *in)
{
	uint8_t op = buf_get_u8(in);
	uint16_t at = UINT16_MAX;
	uint8_t x = 0;
	size_t len;
	const uint8_t *raw;

	switch (op % N_OPS) {
	case OP_FRAME:
	case OP_CHANGE:
		len = frame_len(in);
		if (op % N_OPS == OP_CHANGE) {
			at = buf_get_u16(in);
			x = buf_get_u8(in);
		}
		seal(r, r->partner, &r->partner_out, len, op);
		r->sealed[r->n_sealed].len = len;
		r->sealed[r->n_sealed++].seed = op;
		from_partner(r, at, x);
		break;
	case OP_RAW:
		len = buf_get_u8(in);
		raw = buf_get_span(in, len);
		if (raw != NULL)
			give(r, raw, len);
		break;
	case OP_AGAIN:
		/* buf_reset has kept the bytes. */
		if (r->n_sealed > 0)
			give(r, r->partner_out.p,
			    r->sealed[r->n_sealed - 1].len + SECURE_OVERHEAD);
		break;
	default:
		seal(r, r->side, &r->side_out, frame_len(in), op);
		to_partner(r, r->err == 0);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct sp_rd in = buf_rd(p, len);
	uint8_t flags = buf_get_u8(&in);
	uint8_t at = buf_get_u8(&in), x = buf_get_u8(&in);
	struct run r = { .chunk = buf_get_u8(&in) };

	if (in.bad)
		return 0;
	r.side = open_end((flags & 1) != 0, (flags & 2) != 0);
	r.partner = open_end((flags & 1) == 0, (flags & 2) != 0);
	buf_init(&r.side_out, &heap_mem, 1 << 20);
	buf_init(&r.partner_out, &heap_mem, 1 << 20);
	if (meet(&r, (flags & 1) != 0, (size_t)at - 1, x))
		while (buf_get_left(&in) > 0 && r.n_sealed < SEALED_MAX)
			step(&r, &in);
	buf_fini(&r.side_out);
	buf_fini(&r.partner_out);
	secure_free(r.side);
	secure_free(r.partner);
	return 0;
}
