#include "swarm/noise.h"

#include <sodium.h>

/* Section numbers are those of the specification, revision 34. */

static const char PROTOCOL[] = "Noise_XXpsk0_25519_ChaChaPoly_SHA256";

enum token { END, PSK, E, S, EE, ES, SE };

#define TOKENS 5
static const uint8_t PATTERN[NOISE_STEPS][TOKENS] = {
	{ PSK, E, END },
	{ E, EE, S, ES, END },
	{ S, SE, END },
};

/* Bytes of a message besides its payload. */
static const uint8_t FIXED[NOISE_STEPS] = {
	NOISE_KEY_LEN + NOISE_TAG_LEN,
	2 * (NOISE_KEY_LEN + NOISE_TAG_LEN),
	NOISE_KEY_LEN + 2 * NOISE_TAG_LEN,
};

void
noise_nonce(uint8_t nonce[12], uint64_t counter)
{
	memset(nonce, 0, 4);
	for (size_t i = 0; i < 8; i++)
		nonce[4 + i] = (uint8_t)(counter >> (8 * i));
}

void
noise_public(uint8_t pk[NOISE_KEY_LEN], const uint8_t sk[NOISE_KEY_LEN])
{
	crypto_scalarmult_base(pk, sk);
}

static int
x25519_shared(uint8_t out[NOISE_KEY_LEN], const uint8_t sk[NOISE_KEY_LEN],
    const uint8_t pk[NOISE_KEY_LEN], const uint8_t remote[NOISE_KEY_LEN])
{
	(void)pk;
	/* libsodium refuses results that are all zero. */
	return crypto_scalarmult(out, sk, remote) != 0 ? SP_ERR_PROTO : 0;
}

const struct noise_dh noise_x25519 = { noise_public, x25519_shared };

static void
hmac_sha256(uint8_t out[32], const uint8_t key[32], const uint8_t *a,
    size_t a_len, const uint8_t *b, size_t b_len)
{
	crypto_auth_hmacsha256_state st;

	crypto_auth_hmacsha256_init(&st, key, NOISE_KEY_LEN);
	crypto_auth_hmacsha256_update(&st, a, a_len);
	crypto_auth_hmacsha256_update(&st, b, b_len);
	crypto_auth_hmacsha256_final(&st, out);
	sodium_memzero(&st, sizeof(st));
}

/* 4.3 HKDF with |n| = 2 or 3 outputs; |out| may overlap ck and ikm. */
static void
hkdf(uint8_t out[][NOISE_KEY_LEN], size_t n, const uint8_t ck[NOISE_KEY_LEN],
    const uint8_t *ikm, size_t len)
{
	uint8_t key[NOISE_KEY_LEN];

	hmac_sha256(key, ck, ikm, len, NULL, 0);
	for (size_t i = 0; i < n; i++) {
		uint8_t number = (uint8_t)(i + 1);

		hmac_sha256(out[i], key, i > 0 ? out[i - 1] : NULL,
		    i > 0 ? NOISE_KEY_LEN : 0, &number, 1);
	}
	sodium_memzero(key, sizeof(key));
}

static void
mix_hash(struct noise *n, const uint8_t *p, size_t len)
{
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, n->h, sizeof(n->h));
	crypto_hash_sha256_update(&st, p, len);
	crypto_hash_sha256_final(&st, n->h);
}

static void
mix_key(struct noise *n, const uint8_t key[NOISE_KEY_LEN])
{
	uint8_t t[2][NOISE_KEY_LEN];

	hkdf(t, 2, n->ck, key, NOISE_KEY_LEN);
	memcpy(n->ck, t[0], NOISE_KEY_LEN);
	memcpy(n->k, t[1], NOISE_KEY_LEN);
	n->n = 0;
	sodium_memzero(t, sizeof(t));
}

/* MixKeyAndHash, section 5.2. */
static void
mix_psk(struct noise *n)
{
	uint8_t t[3][NOISE_KEY_LEN];

	hkdf(t, 3, n->ck, n->psk, NOISE_KEY_LEN);
	memcpy(n->ck, t[0], NOISE_KEY_LEN);
	mix_hash(n, t[1], NOISE_KEY_LEN);
	memcpy(n->k, t[2], NOISE_KEY_LEN);
	n->n = 0;
	sodium_memzero(t, sizeof(t));
}

/* Section 9.2: with a psk the ephemeral goes into the key as well. */
static void
mix_ephemeral(struct noise *n, const uint8_t pk[NOISE_KEY_LEN])
{
	mix_hash(n, pk, NOISE_KEY_LEN);
	mix_key(n, pk);
}

/* There is always a key here: psk0 comes before anything is encrypted. */
static void
encrypt_and_hash(struct noise *n, uint8_t *c, const uint8_t *p, size_t len)
{
	uint8_t nonce[12];

	noise_nonce(nonce, n->n++);
	crypto_aead_chacha20poly1305_ietf_encrypt(c, NULL, p, len, n->h,
	    sizeof(n->h), NULL, nonce, n->k);
	mix_hash(n, c, len + NOISE_TAG_LEN);
}

/* |c_len| includes the tag. */
static int
decrypt_and_hash(struct noise *n, uint8_t *p, const uint8_t *c, size_t c_len)
{
	uint8_t nonce[12];

	noise_nonce(nonce, n->n++);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(p, NULL, NULL, c, c_len,
		n->h, sizeof(n->h), nonce, n->k) != 0)
		return SP_ERR_CRYPTO;
	mix_hash(n, c, c_len);
	return 0;
}

static int
mix_dh(struct noise *n, enum token t)
{
	uint8_t shared[NOISE_KEY_LEN];
	bool own_s = t == (n->initiator ? SE : ES);
	bool remote_s = t == (n->initiator ? ES : SE);
	int err;

	err = n->dh->shared(shared, own_s ? n->s : n->e, own_s ? n->ps : n->pe,
	    remote_s ? n->rs : n->re);
	if (err == 0)
		mix_key(n, shared);
	sodium_memzero(shared, sizeof(shared));
	return err;
}

void
noise_init(struct noise *n, const struct noise_conf *conf)
{
	memset(n, 0, sizeof(*n));
	n->dh = conf->dh != NULL ? conf->dh : &noise_x25519;
	n->initiator = conf->initiator;
	memcpy(n->psk, conf->psk, NOISE_KEY_LEN);
	memcpy(n->s, conf->static_sk, NOISE_KEY_LEN);
	if (conf->static_pk != NULL)
		memcpy(n->ps, conf->static_pk, NOISE_KEY_LEN);
	else
		noise_public(n->ps, n->s);
	memcpy(n->e, conf->ephemeral_sk, NOISE_KEY_LEN);
	/* The name is longer than a hash, so its hash is the first h. */
	crypto_hash_sha256(n->h, (const uint8_t *)PROTOCOL,
	    sizeof(PROTOCOL) - 1);
	memcpy(n->ck, n->h, NOISE_KEY_LEN);
	mix_hash(n, conf->prologue, conf->prologue_len);
}

size_t
noise_len(const struct noise *n, size_t payload)
{
	assert(n->step < NOISE_STEPS && "the handshake is over");
	return FIXED[n->step] + payload;
}

bool
noise_is_turn(const struct noise *n)
{
	return n->step < NOISE_STEPS && (n->step % 2 == 0) == n->initiator;
}

/* Writes what |t| puts on the wire and returns how much, or an error. */
static int
write_token(struct noise *n, enum token t, uint8_t *out)
{
	switch (t) {
	case PSK:
		mix_psk(n);
		return 0;
	case E:
		n->dh->public(n->pe, n->e);
		memcpy(out, n->pe, NOISE_KEY_LEN);
		mix_ephemeral(n, out);
		return NOISE_KEY_LEN;
	case S:
		encrypt_and_hash(n, out, n->ps, NOISE_KEY_LEN);
		return NOISE_KEY_LEN + NOISE_TAG_LEN;
	default:
		return mix_dh(n, t);
	}
}

int
noise_write(struct noise *n, uint8_t *out, const uint8_t *payload, size_t len)
{
	assert(noise_is_turn(n) && "the other side has to write now");
	for (const uint8_t *t = PATTERN[n->step]; *t != END; t++) {
		int done = write_token(n, *t, out);

		if (done < 0)
			return done;
		out += done;
	}
	encrypt_and_hash(n, out, payload, len);
	n->step++;
	return 0;
}

static int
read_token(struct noise *n, enum token t, const uint8_t *in)
{
	int err;

	switch (t) {
	case PSK:
		mix_psk(n);
		return 0;
	case E:
		memcpy(n->re, in, NOISE_KEY_LEN);
		mix_ephemeral(n, n->re);
		return NOISE_KEY_LEN;
	case S:
		err = decrypt_and_hash(n, n->rs, in,
		    NOISE_KEY_LEN + NOISE_TAG_LEN);
		return err < 0 ? err : NOISE_KEY_LEN + NOISE_TAG_LEN;
	default:
		return mix_dh(n, t);
	}
}

int
noise_read(struct noise *n, uint8_t *payload, const uint8_t *msg, size_t len)
{
	const uint8_t *end = msg + len;
	int rv;

	assert(n->step < NOISE_STEPS && !noise_is_turn(n) &&
	       "it is ours to write now");
	if (len < noise_len(n, 0))
		return SP_ERR_CRYPTO;
	for (const uint8_t *t = PATTERN[n->step]; *t != END; t++) {
		rv = read_token(n, *t, msg);
		if (rv < 0)
			return rv;
		msg += rv;
	}
	rv = decrypt_and_hash(n, payload, msg, (size_t)(end - msg));
	if (rv < 0)
		return rv;
	n->step++;
	return 0;
}

void
noise_export(const struct noise *n, const char *label,
    uint8_t from_initiator[NOISE_KEY_LEN],
    uint8_t from_responder[NOISE_KEY_LEN])
{
	uint8_t t[2][NOISE_KEY_LEN];

	assert(n->step == NOISE_STEPS && "the handshake is not over");
	hkdf(t, 2, n->ck, (const uint8_t *)label, strlen(label));
	memcpy(from_initiator, t[0], NOISE_KEY_LEN);
	memcpy(from_responder, t[1], NOISE_KEY_LEN);
	sodium_memzero(t, sizeof(t));
}

void
noise_split(const struct noise *n, uint8_t from_initiator[NOISE_KEY_LEN],
    uint8_t from_responder[NOISE_KEY_LEN])
{
	noise_export(n, "", from_initiator, from_responder);
}
