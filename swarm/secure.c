#include "swarm/secure.h"

#include <sodium.h>

#include "swarm/noise.h"

#define MASK_BLOCK    64
#define MASK_FRAMES   (MASK_BLOCK / 2)
#define HELLO_MSG     112 /* the longest handshake message */
#define HELLO_VERSION 1

static const char PROLOGUE[] = "spate peer 1"; /* its NUL is part of it */

/* One direction of frames. */
struct way {
	uint64_t n; /* frames so far */
	uint8_t mask_key[SECURE_KEY_LEN];
	uint8_t mask[MASK_BLOCK]; /* key stream of block n / MASK_FRAMES */
	void *state;              /* of the cipher, in secure.states */
};

/* What only the handshake needs; freed when it is over. */
struct hands {
	struct noise noise;
	struct secure_hello hello; /* own */
	const struct secure_cipher *const *ciphers;
	size_t n_ciphers;
	size_t n_in;
	uint8_t in[HELLO_MSG]; /* n_in bytes of a message */
};

struct secure {
	const struct sp_mem *mem;
	struct hands *hands; /* owned; NULL when established */
	const struct secure_cipher *cipher;
	uint8_t *states; /* owned; both ways' */
	struct way tx, rx;
	struct secure_hello remote;
	uint8_t remote_key[SECURE_KEY_LEN];
	int err; /* sticky */

	uint8_t head[2]; /* n_head bytes of the masked length */
	uint8_t n_head;
	uint16_t want;  /* ciphertext of the frame that arrives, 0 = unknown */
	uint8_t *buf;   /* owned; NULL when nothing is kept */
	size_t buf_len; /* ciphertext bytes collected */
	size_t buf_cap;
};

static bool
ciphers_are_valid(const struct secure_conf *conf)
{
	unsigned seen = 0;

	if (conf->n_ciphers < 1 || conf->n_ciphers > 8)
		return false;
	for (size_t i = 0; i < conf->n_ciphers; i++) {
		const struct secure_cipher *c = conf->ciphers[i];

		if ((unsigned)c->id > 7 || c->state_len > SECURE_STATE ||
		    (seen & 1U << c->id) != 0)
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
		.ephemeral_sk = conf->ephemeral_sk,
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
	s->hands->ciphers = conf->ciphers;
	s->hands->n_ciphers = conf->n_ciphers;
	s->hands->hello = conf->hello;
	s->hands->hello.version = HELLO_VERSION;
	s->hands->hello.ciphers = 0;
	for (size_t i = 0; i < conf->n_ciphers; i++)
		s->hands->hello.ciphers |=
		    (uint8_t)(1U << conf->ciphers[i]->id);
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
	mem_free(mem, s->buf);
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
	struct way *init = n->initiator ? &s->tx : &s->rx;
	struct way *resp = n->initiator ? &s->rx : &s->tx;
	uint8_t k[2][SECURE_KEY_LEN];
	size_t skip;

	s->states = mem_alloc(s->mem, states_len(c));
	if (s->states == NULL)
		return SP_ERR_NOMEM;
	skip = -(uintptr_t)s->states % SECURE_ALIGN;
	init->state = s->states + skip;
	resp->state = s->states + skip + state_len(c);
	noise_split(n, k[0], k[1]);
	c->init(init->state, k[0]);
	c->init(resp->state, k[1]);
	sodium_memzero(k, sizeof(k));
	noise_export(n, "spate length", init->mask_key, resp->mask_key);
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

/* The two bytes that hide the length of frame w->n. */
static const uint8_t *
mask_of(struct way *w)
{
	uint8_t nonce[12];

	if (w->n % MASK_FRAMES == 0) {
		noise_nonce(nonce, w->n / MASK_FRAMES);
		crypto_stream_chacha20_ietf(w->mask, MASK_BLOCK, nonce,
		    w->mask_key);
	}
	return w->mask + 2 * (w->n % MASK_FRAMES);
}

/* Called after each frame. */
static void
count_frame(const struct secure_cipher *c, struct way *w)
{
	static const uint8_t zeros[SECURE_KEY_LEN];
	uint8_t key[SECURE_KEY_LEN + SECURE_TAG_LEN];

	if (++w->n % SECURE_REKEY_FRAMES != 0)
		return;
	c->seal(key, zeros, sizeof(zeros), NULL, 0, UINT64_MAX, w->state);
	c->init(w->state, key);
	sodium_memzero(key, sizeof(key));
}

/* Room for |need| bytes; what is in the buffer is lost. */
static int
make_room(struct secure *s, size_t need)
{
	if (s->buf_cap >= need)
		return 0;
	mem_free(s->mem, s->buf);
	s->buf_cap = 0;
	s->buf = mem_alloc(s->mem, need);
	if (s->buf == NULL)
		return SP_ERR_NOMEM;
	s->buf_cap = need;
	return 0;
}

/* Reads the length; 1 when it is known. */
static int
input_head(struct secure *s, const uint8_t *p, size_t len, size_t *used)
{
	const uint8_t *mask;

	if (s->want != 0)
		return 1;
	while (s->n_head < 2 && *used < len)
		s->head[s->n_head++] = p[(*used)++];
	if (s->n_head < 2)
		return 0;
	mask = mask_of(&s->rx);
	s->want =
	    (uint16_t)((s->head[0] ^ mask[0]) << 8 | (s->head[1] ^ mask[1]));
	return s->want > SECURE_TAG_LEN ? 1 : SP_ERR_PROTO;
}

/* Decrypts the frame of s->want bytes at |c|, which may be s->buf. */
static int
open_frame(struct secure *s, const uint8_t *c, struct sp_rd *frame)
{
	size_t len = (size_t)s->want - SECURE_TAG_LEN;
	int rv;

	rv = make_room(s, len);
	if (rv == 0)
		rv = s->cipher->open(s->buf, c, len, s->head, sizeof(s->head),
		    s->rx.n, s->rx.state);
	if (rv < 0)
		return rv;
	count_frame(s->cipher, &s->rx);
	s->n_head = 0;
	s->want = 0;
	s->buf_len = 0;
	*frame = buf_rd(s->buf, len);
	return SECURE_FRAME;
}

static int
input_frame(struct secure *s, const uint8_t *p, size_t len, size_t *used,
    struct sp_rd *frame)
{
	size_t take;
	int rv = input_head(s, p, len, used);

	if (rv < 0)
		return rv;
	if (rv == 0 || *used == len) {
		if (s->buf_len > 0)
			return SECURE_MORE;
		mem_free(s->mem, s->buf);
		s->buf = NULL;
		s->buf_cap = 0;
		return SECURE_MORE;
	}
	p += *used;
	if (s->buf_len == 0 && len - *used >= s->want) {
		*used += s->want;
		return open_frame(s, p, frame);
	}
	if (s->buf_len == 0 && make_room(s, s->want) < 0)
		return SP_ERR_NOMEM;
	take = SP_MIN(s->want - s->buf_len, len - *used);
	memcpy(s->buf + s->buf_len, p, take);
	s->buf_len += take;
	*used += take;
	return s->buf_len < s->want ? SECURE_MORE
				    : open_frame(s, s->buf, frame);
}

int
secure_input(struct secure *s, const uint8_t *p, size_t len, size_t *used,
    struct sp_buf *out, struct sp_rd *frame)
{
	int rv;

	*used = 0;
	if (s->err < 0)
		return s->err;
	rv = s->hands != NULL ? input_hands(s, p, len, used, out)
			      : input_frame(s, p, len, used, frame);
	if (rv < 0)
		s->err = rv;
	return rv;
}

int
secure_seal(struct secure *s, struct sp_buf *out, const uint8_t *p, size_t len)
{
	const uint8_t *mask;
	uint8_t *to;
	size_t n = len + SECURE_TAG_LEN;

	assert((s->err < 0 || s->hands == NULL) && "frames need a handshake");
	if (s->err < 0)
		return s->err;
	if (len == 0 || len > SECURE_FRAME_MAX)
		return SP_ERR_ARG;
	to = out->err < 0 ? NULL : buf_reserve(out, 2 + n);
	if (to == NULL)
		return out->err;
	mask = mask_of(&s->tx);
	to[0] = (uint8_t)(n >> 8) ^ mask[0];
	to[1] = (uint8_t)n ^ mask[1];
	s->cipher->seal(to + 2, p, len, to, 2, s->tx.n, s->tx.state);
	count_frame(s->cipher, &s->tx);
	buf_commit(out, 2 + n);
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
