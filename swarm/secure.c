#include "swarm/secure.h"

#include <sodium.h>

#include "swarm/frame.h"

#define HELLO_MSG     112 /* the longest handshake message */
#define HELLO_VERSION 1

static const char PROLOGUE[] = "spate peer 1"; /* its NUL is part of it */

/* What only the handshake needs; freed when it is over. */
struct hands {
	struct noise noise;
	struct secure_hello hello; /* own */
	const struct secure_cipher *ciphers[SECURE_CIPHERS];
	size_t n_ciphers;
	size_t n_in;
	uint8_t in[HELLO_MSG]; /* n_in bytes of a message */
};

struct secure {
	const struct sp_mem *mem;
	struct hands *hands; /* owned; NULL when established */
	const struct secure_cipher *cipher;
	uint8_t *states; /* owned; both ways' */
	struct frame_way tx, rx;
	struct frame_in in;
	struct secure_hello remote;
	uint8_t remote_key[SECURE_KEY_LEN];
	int err; /* sticky */
};

static bool
ciphers_are_valid(const struct secure_conf *conf)
{
	unsigned seen = 0;

	if (conf->n_ciphers < 1 || conf->n_ciphers > SECURE_CIPHERS)
		return false;
	for (size_t i = 0; i < conf->n_ciphers; i++) {
		const struct secure_cipher *c = conf->ciphers[i];

		if ((unsigned)c->id >= SECURE_CIPHERS ||
		    c->state_len > SECURE_STATE || (seen & 1U << c->id) != 0)
			return false;
		seen |= 1U << c->id;
	}
	return true;
}

static void
start_noise(struct noise *n, const struct secure_conf *conf)
{
	uint8_t prologue[sizeof(PROLOGUE) + LINK_INFOHASH_LEN];
	struct noise_conf nc = {
		.initiator = conf->initiator,
		.prologue = prologue,
		.prologue_len = sizeof(prologue),
		.psk = conf->psk,
		.static_sk = conf->static_sk,
		.static_pk = conf->static_pk,
		.ephemeral_sk = conf->ephemeral_sk,
		.dh = conf->dh,
	};

	memcpy(prologue, PROLOGUE, sizeof(PROLOGUE));
	memcpy(prologue + sizeof(PROLOGUE), conf->info_hash, LINK_INFOHASH_LEN);
	noise_init(n, &nc);
}

int
secure_new(struct secure **out, const struct secure_conf *conf,
    const struct sp_mem *mem)
{
	struct secure *s;

	*out = NULL;
	if (!ciphers_are_valid(conf))
		return SP_ERR_ARG;
	s = mem_zalloc(mem, 1, sizeof(*s));
	if (s == NULL)
		return SP_ERR_NOMEM;
	s->mem = mem;
	s->hands = mem_zalloc(mem, 1, sizeof(*s->hands));
	if (s->hands == NULL) {
		mem_free(mem, s);
		return SP_ERR_NOMEM;
	}
	s->hands->n_ciphers = conf->n_ciphers;
	s->hands->hello = conf->hello;
	s->hands->hello.version = HELLO_VERSION;
	s->hands->hello.ciphers = 0;
	for (size_t i = 0; i < conf->n_ciphers; i++) {
		s->hands->ciphers[i] = conf->ciphers[i];
		s->hands->hello.ciphers |=
		    (uint8_t)(1U << conf->ciphers[i]->id);
	}
	start_noise(&s->hands->noise, conf);
	*out = s;
	return 0;
}

static void
free_hands(struct secure *s)
{
	if (s->hands == NULL)
		return;
	sodium_memzero(s->hands, sizeof(*s->hands));
	mem_free(s->mem, s->hands);
	s->hands = NULL;
}

/* Bytes of one way's state, rounded up so that the second is aligned. */
static size_t
state_len(const struct secure_cipher *c)
{
	return (c->state_len + SECURE_ALIGN - 1) / SECURE_ALIGN * SECURE_ALIGN;
}

/* Of both, with what it takes to align: sp_mem promises nothing. */
static size_t
states_len(const struct secure_cipher *c)
{
	return 2 * state_len(c) + SECURE_ALIGN - 1;
}

void
secure_free(struct secure *s)
{
	const struct sp_mem *mem;

	if (s == NULL)
		return;
	mem = s->mem;
	free_hands(s);
	if (s->states != NULL)
		sodium_memzero(s->states, states_len(s->cipher));
	mem_free(mem, s->states);
	frame_in_fini(&s->in, mem);
	sodium_memzero(s, sizeof(*s));
	mem_free(mem, s);
}

static void
put_hello(uint8_t p[SECURE_HELLO_LEN], const struct secure_hello *h)
{
	memset(p, 0, SECURE_HELLO_LEN);
	p[0] = h->version;
	p[1] = h->ciphers;
	p[2] = h->flags;
	p[4] = (uint8_t)(h->port >> 8);
	p[5] = (uint8_t)h->port;
	for (size_t i = 0; i < 4; i++)
		p[8 + i] = (uint8_t)(h->up_kbps >> (24 - 8 * i));
}

/* Takes the other's hello and picks the cipher. */
static int
take_hello(struct secure *s, const uint8_t p[SECURE_HELLO_LEN])
{
	struct sp_rd rd = buf_rd(p, SECURE_HELLO_LEN);
	struct secure_hello *h = &s->remote;

	h->version = buf_get_u8(&rd);
	h->ciphers = buf_get_u8(&rd);
	h->flags = buf_get_u8(&rd);
	buf_get_u8(&rd);
	h->port = buf_get_u16(&rd);
	buf_get_u16(&rd);
	h->up_kbps = buf_get_u32(&rd);
	if (h->version != HELLO_VERSION)
		return SP_ERR_PROTO;
	for (size_t i = 0; i < s->hands->n_ciphers; i++) {
		const struct secure_cipher *c = s->hands->ciphers[i];

		if ((h->ciphers & 1U << c->id) != 0 &&
		    (s->cipher == NULL || c->id > s->cipher->id))
			s->cipher = c;
	}
	return s->cipher == NULL ? SP_ERR_PROTO : 0;
}

static int
establish(struct secure *s)
{
	const struct secure_cipher *c = s->cipher;
	struct noise *n = &s->hands->noise;
	struct frame_way *init = n->initiator ? &s->tx : &s->rx;
	struct frame_way *resp = n->initiator ? &s->rx : &s->tx;
	uint8_t k[2][SECURE_KEY_LEN], mask[2][SECURE_KEY_LEN];
	size_t skip;

	s->states = mem_alloc(s->mem, states_len(c));
	if (s->states == NULL)
		return SP_ERR_NOMEM;
	skip = -(uintptr_t)s->states % SECURE_ALIGN;
	noise_split(n, k[0], k[1]);
	noise_export(n, "spate length", mask[0], mask[1]);
	frame_way_init(init, c, s->states + skip, k[0], mask[0]);
	frame_way_init(resp, c, s->states + skip + state_len(c), k[1], mask[1]);
	sodium_memzero(k, sizeof(k));
	sodium_memzero(mask, sizeof(mask));
	memcpy(s->remote_key, n->rs, SECURE_KEY_LEN);
	free_hands(s);
	return SECURE_ESTABLISHED;
}

static int
append(struct sp_buf *out, const uint8_t *p, size_t len)
{
	if (out->err == 0)
		buf_put(out, p, len);
	return out->err;
}

int
secure_start(struct secure *s, struct sp_buf *out)
{
	struct noise *n = &s->hands->noise;
	uint8_t msg[HELLO_MSG];
	size_t len;

	if (!n->initiator)
		return 0;
	assert(n->step == 0 && "secure_start is called once");
	len = noise_len(n, 0);
	s->err = noise_write(n, msg, NULL, 0);
	if (s->err == 0)
		s->err = append(out, msg, len);
	return s->err;
}

/* Handles the message in hands->in: 0 when the handshake goes on. */
static int
shake(struct secure *s, struct sp_buf *out)
{
	struct noise *n = &s->hands->noise;
	uint8_t msg[HELLO_MSG], hello[SECURE_HELLO_LEN];
	bool has_hello = n->step > 0;
	size_t len;
	int rv;

	rv = noise_read(n, hello, s->hands->in, s->hands->n_in);
	s->hands->n_in = 0;
	if (rv == 0 && has_hello)
		rv = take_hello(s, hello);
	if (rv < 0)
		return rv;
	if (!noise_is_turn(n))
		return establish(s);
	len = noise_len(n, SECURE_HELLO_LEN);
	put_hello(hello, &s->hands->hello);
	rv = noise_write(n, msg, hello, sizeof(hello));
	if (rv == 0 && n->step == NOISE_STEPS)
		rv = establish(s);
	if (rv >= 0 && append(out, msg, len) < 0)
		rv = out->err;
	return rv;
}

static int
input_hands(struct secure *s, const uint8_t *p, size_t len, size_t *used,
    struct sp_buf *out)
{
	while (*used < len) {
		struct hands *h = s->hands;
		size_t need, take;
		int rv;

		assert(!noise_is_turn(&h->noise) && "call secure_start first");
		need = noise_len(&h->noise,
		    h->noise.step > 0 ? SECURE_HELLO_LEN : 0);
		take = SP_MIN(need - h->n_in, len - *used);
		memcpy(h->in + h->n_in, p + *used, take);
		h->n_in += take;
		*used += take;
		if (h->n_in < need)
			break;
		rv = shake(s, out);
		if (rv != 0)
			return rv;
	}
	return SECURE_MORE;
}

int
secure_input(struct secure *s, const uint8_t *p, size_t len, size_t *used,
    struct sp_buf *out, struct sp_rd *frame)
{
	int rv;

	*used = 0;
	if (s->err < 0)
		return s->err;
	rv = s->hands != NULL
		 ? input_hands(s, p, len, used, out)
		 : frame_input(&s->in, &s->rx, s->mem, p, len, used, frame);
	if (rv < 0)
		s->err = rv;
	return rv;
}

int
secure_seal(struct secure *s, struct sp_buf *out, const uint8_t *p, size_t len)
{
	uint8_t *to;

	assert((s->err < 0 || s->hands == NULL) && "frames need a handshake");
	if (s->err < 0)
		return s->err;
	if (len == 0 || len > SECURE_FRAME_MAX)
		return SP_ERR_ARG;
	if (out->err < 0)
		return out->err;
	to = buf_reserve(out, len + SECURE_OVERHEAD);
	if (to == NULL)
		return out->err;
	frame_seal(&s->tx, to, p, len);
	buf_commit(out, len + SECURE_OVERHEAD);
	return 0;
}

size_t
secure_begin(struct sp_buf *out)
{
	size_t at = out->len;

	buf_put_u16(out, 0); /* the length comes here */
	return at;
}

int
secure_end(struct secure *s, struct sp_buf *out, size_t at)
{
	size_t len;
	uint8_t *to;

	assert((s->err < 0 || s->hands == NULL) && "frames need a handshake");
	if (s->err < 0)
		return s->err;
	if (out->err < 0)
		return out->err;
	len = out->len - at - 2;
	if (len == 0 || len > SECURE_FRAME_MAX)
		return SP_ERR_ARG;
	if (buf_reserve(out, SECURE_TAG_LEN) == NULL)
		return out->err;
	to = out->p + at;
	frame_seal(&s->tx, to, to + 2, len);
	buf_commit(out, SECURE_TAG_LEN);
	return 0;
}

bool
secure_is_established(const struct secure *s)
{
	return s->hands == NULL && s->err == 0;
}

const struct secure_hello *
secure_remote(const struct secure *s)
{
	assert(s->hands == NULL && "known after the handshake");
	return &s->remote;
}

const uint8_t *
secure_remote_key(const struct secure *s)
{
	assert(s->hands == NULL && "known after the handshake");
	return s->remote_key;
}

enum secure_cipher_id
secure_cipher(const struct secure *s)
{
	assert(s->hands == NULL && "known after the handshake");
	return s->cipher->id;
}
