#ifndef SWARM_NOISE_H
#define SWARM_NOISE_H

/*
 * The handshake Noise_XXpsk0_25519_ChaChaPoly_SHA256 of the Noise Protocol
 * Framework, revision 34, message by message. swarm/secure.h is its only
 * user in the engine; it is a module of its own so that the published test
 * vectors run through it.
 *
 *	step 0	-> psk, e		32 + payload + 16
 *	step 1	<- e, ee, s, es		80 + payload + 16
 *	step 2	-> s, se		48 + payload + 16
 *	step 3	Split()
 *
 * Initiator: write, read, write, split. Responder: read, write, read, split.
 * No memory but the struct; nothing in it needs freeing, only wiping: it holds
 * secrets, and after an error that is all that may be done with it.
 */

#include "base/err.h"

#define NOISE_KEY_LEN 32
#define NOISE_TAG_LEN 16
#define NOISE_STEPS   3

/*
 * Key agreement, a table so that a simulator can count instead of compute:
 * shared(a, A, B) = shared(b, B, A) with A, B the public keys of a, b.
 */
struct noise_dh {
	void (*public)(uint8_t pk[NOISE_KEY_LEN],
	    const uint8_t sk[NOISE_KEY_LEN]);
	/* SP_ERR_PROTO: the remote key is one that gives nothing secret. */
	int (*shared)(uint8_t out[NOISE_KEY_LEN],
	    const uint8_t sk[NOISE_KEY_LEN], const uint8_t pk[NOISE_KEY_LEN],
	    const uint8_t remote[NOISE_KEY_LEN]);
};
extern const struct noise_dh noise_x25519;

struct noise_conf {
	bool initiator;
	const uint8_t *prologue; /* borrowed for the call */
	size_t prologue_len;
	const uint8_t *psk, *static_sk, *ephemeral_sk; /* 32 bytes, copied */
	const uint8_t *static_pk;  /* of static_sk; NULL: computed */
	const struct noise_dh *dh; /* borrowed for life; NULL: X25519 */
};

struct noise {
	const struct noise_dh *dh;
	bool initiator;
	uint8_t step;              /* messages done, 3 = ready to split */
	uint64_t n;                /* nonce of |k| */
	uint8_t k[NOISE_KEY_LEN];  /* cipher key */
	uint8_t ck[NOISE_KEY_LEN]; /* chaining key */
	uint8_t h[NOISE_KEY_LEN];  /* transcript hash */
	uint8_t psk[NOISE_KEY_LEN];
	uint8_t s[NOISE_KEY_LEN], e[NOISE_KEY_LEN];   /* own secrets */
	uint8_t ps[NOISE_KEY_LEN], pe[NOISE_KEY_LEN]; /* their public keys */
	uint8_t rs[NOISE_KEY_LEN], re[NOISE_KEY_LEN]; /* remote public */
};

void noise_init(struct noise *n, const struct noise_conf *conf);
/* Length of the message of this step with |payload| bytes of payload. */
size_t noise_len(const struct noise *n, size_t payload);
/* Is the message of this step ours to write? */
bool noise_is_turn(const struct noise *n);
/*
 * Writes noise_len() bytes to |out|. SP_ERR_PROTO: the remote key gives the
 * all-zero shared secret.
 */
int noise_write(struct noise *n, uint8_t *out, const uint8_t *payload,
    size_t len);
/*
 * Reads a message of |len| bytes, and its payload (noise_len(n, 0) less) to
 * |payload|. SP_ERR_CRYPTO: does not authenticate, or is too short;
 * SP_ERR_PROTO as above.
 */
int noise_read(struct noise *n, uint8_t *payload, const uint8_t *msg,
    size_t len);

/* At step 3: the keys of the initiator's and of the responder's sending. */
void noise_split(const struct noise *n, uint8_t from_initiator[NOISE_KEY_LEN],
    uint8_t from_responder[NOISE_KEY_LEN]);
/*
 * At step 3: two more keys by HKDF(ck, |label|, 2), independent of those of
 * noise_split, whose label is empty.
 */
void noise_export(const struct noise *n, const char *label,
    uint8_t from_initiator[NOISE_KEY_LEN],
    uint8_t from_responder[NOISE_KEY_LEN]);

/* 96-bit nonce: four zeros, then |counter| little-endian. */
void noise_nonce(uint8_t nonce[12], uint64_t counter);
/* X25519 public key. */
void noise_public(uint8_t pk[NOISE_KEY_LEN], const uint8_t sk[NOISE_KEY_LEN]);

#endif
