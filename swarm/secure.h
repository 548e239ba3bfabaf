#ifndef SWARM_SECURE_H
#define SWARM_SECURE_H

/*
 * The secure link between two peers: Noise_XXpsk0_25519_ChaChaPoly_SHA256
 * (Noise Protocol Framework, revision 34) over a byte stream, then frames.
 *
 *	-> psk, e            the first message already proves the channel
 *	<- e, ee, s, es      payload: secure_hello of the responder
 *	-> s, se             payload: secure_hello of the initiator
 *
 * The prologue is "spate peer 1" || 0x00 || info-hash; the psk is derived from
 * the channel key (link_psk), so who does not have the link gets no answer at
 * all, not even a close that differs from a silent port's time-out.
 *
 * Handshake messages are sent bare: 48, 112 and 80 bytes, the first with an
 * empty payload, the others with a hello (integers big-endian):
 *
 *	u8 version = 1, u8 ciphers, u8 flags, u8 0,
 *	u16 port, u16 0, u32 up_kbps, u32 0      zeros are ignored on receipt
 *
 * After Split() each frame is
 *
 *	u16 length of the ciphertext, masked     2
 *	ciphertext with tag                      1..65,519 + 16
 *
 * Each direction counts its frames from 0; n is that number.
 *
 *	AEAD     the highest cipher in both hellos; the handshake itself is
 *	         always ChaCha20. Key: Split(), first output for what the
 *	         initiator sends. Nonce: n. Additional data: the two bytes of
 *	         the masked length.
 *	mask     key: HKDF(ck, "spate length", 2), outputs as for Split().
 *	         Block b = n / 32 is the ChaCha20 (RFC 8439) key stream of 64
 *	         bytes with nonce 00000000 || b (64 bits, little-endian) and
 *	         block counter 0; bytes 2 (n mod 32) and the one after it are
 *	         xored onto the big-endian length.
 *	rekey    after each SECURE_REKEY_FRAMES frames, Noise's Rekey() with the
 *	         AEAD of frames: the key becomes the first 32 bytes of what
 *	         nonce 2^64 - 1, no additional data and 32 zeros encrypt to.
 *	         n goes on, the mask keeps its key.
 *
 * Who records a first message and sends it again gets the second one, nothing
 * more: psk0 cannot tell a replay.
 *
 * No state but this object; no clock, no randomness: the caller brings the
 * ephemeral secret. Not in here: peer policy, messages.
 */

#include "base/buf.h"
#include "base/mem.h"
#include "swarm/noise.h"
#include "wire/limits.h"
#include "wire/link.h"

#define SECURE_KEY_LEN      32
#define SECURE_TAG_LEN      16
#define SECURE_OVERHEAD     18 /* bytes that a frame adds */
#define SECURE_FRAME_MAX    (LIM_FRAME - SECURE_TAG_LEN) /* plaintext bytes */
#define SECURE_REKEY_FRAMES 65536
#define SECURE_HELLO_LEN    16

/* Bits of hello.ciphers; the higher bit wins where both have it. */
enum secure_cipher_id {
	SECURE_CHACHA20 = 0, /* ChaCha20-Poly1305-IETF, always offered */
	SECURE_AES256GCM = 1,
	SECURE_COUNTING = 7, /* simulator: no encryption, same lengths */
};

/* What each side tells inside the handshake. */
struct secure_hello {
	uint8_t version;  /* 1 */
	uint8_t ciphers;  /* filled from the table of secure_new */
	uint8_t flags;    /* SECURE_FLAG_* */
	uint16_t port;    /* where it listens, 0 = nowhere */
	uint32_t up_kbps; /* what it means to upload, 0 = unknown */
};

enum secure_flag {
	SECURE_FLAG_SEEDER = 1 << 0, /* holds the channel's secret */
};

/*
 * An AEAD as the host supplies it. |state| has |state_len| bytes, aligned to
 * SECURE_ALIGN, prepared by |init| from the key. c may equal m. Nonce: 96
 * bits, the counter little-endian in the last 8 bytes (as Noise does for
 * ChaChaPoly).
 */
#define SECURE_STATE   512
#define SECURE_ALIGN   16
#define SECURE_CIPHERS 8 /* ids, and so ciphers, at most */
struct secure_cipher {
	enum secure_cipher_id id;
	size_t state_len; /* 0..SECURE_STATE */
	void (*init)(void *state, const uint8_t key[SECURE_KEY_LEN]);
	void (*seal)(uint8_t *c, const uint8_t *m, size_t len,
	    const uint8_t *ad, size_t ad_len, uint64_t counter,
	    const void *state);
	/* 0 or SP_ERR_CRYPTO; c has len + SECURE_TAG_LEN bytes. */
	int (*open)(uint8_t *m, const uint8_t *c, size_t len, const uint8_t *ad,
	    size_t ad_len, uint64_t counter, const void *state);
};

extern const struct secure_cipher secure_chacha20;
extern const struct secure_cipher secure_aes256gcm;
/*
 * What this machine can do: fills |out| with at most 2 pointers, returns how
 * many. ChaCha20 is always among them. Prepares libsodium, so hosts call it
 * once before anything else here.
 */
size_t secure_ciphers(const struct secure_cipher *out[2]);

struct secure;

struct secure_conf {
	bool initiator;
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t psk[32];
	uint8_t static_sk[SECURE_KEY_LEN];
	const uint8_t *static_pk; /* of it, for the call; NULL: computed */
	uint8_t ephemeral_sk[SECURE_KEY_LEN]; /* fresh random bytes */
	struct secure_hello hello;            /* own; ciphers is ignored */
	/* The table is copied, what it points to borrowed for life. */
	const struct secure_cipher *const *ciphers;
	size_t n_ciphers;          /* 1..SECURE_CIPHERS, ids differ */
	const struct noise_dh *dh; /* borrowed for life; NULL: X25519 */
};

enum secure_event {
	SECURE_MORE = 0,        /* all input is used, nothing happened */
	SECURE_ESTABLISHED = 1, /* remote hello and key are known now */
	SECURE_FRAME = 2,       /* *frame is a decrypted frame */
};

/* SP_ERR_NOMEM, SP_ERR_ARG (ciphers). Copies |conf|. */
int secure_new(struct secure **out, const struct secure_conf *conf,
    const struct sp_mem *mem);
void secure_free(struct secure *s); /* wipes keys */

/*
 * Once, before any input. Initiator: appends the first message to |out|;
 * SP_ERR_NOMEM, SP_ERR_FULL as in out->err. Responder: nothing.
 */
int secure_start(struct secure *s, struct sp_buf *out);
/*
 * Takes bytes of the stream. Call again with the rest until it returns
 * SECURE_MORE. Uses *used bytes; handshake answers are appended to |out|;
 * after SECURE_FRAME *frame points into the object and holds until the next
 * call. Incomplete frames are kept inside (at most LIM_FRAME bytes).
 * SP_ERR_CRYPTO: a message does not authenticate (in the first message of a
 * responder: the other does not know the channel; stay silent);
 * SP_ERR_PROTO: zero key, unknown version, no common cipher, bad length;
 * SP_ERR_NOMEM; SP_ERR_FULL when |out| is. With an error nothing is appended.
 * After it the object only takes secure_free; calls return the same error.
 */
int secure_input(struct secure *s, const uint8_t *p, size_t len, size_t *used,
    struct sp_buf *out, struct sp_rd *frame);
/*
 * Appends one frame with |len| (1..SECURE_FRAME_MAX) bytes to |out|. Only when
 * established. SP_ERR_ARG: |len|; SP_ERR_NOMEM, SP_ERR_FULL as in out->err,
 * and then no frame number is used up. |p| is outside of |out|.
 */
int secure_seal(struct secure *s, struct sp_buf *out, const uint8_t *p,
    size_t len);
/*
 * The same without a copy: begin, put up to SECURE_FRAME_MAX bytes behind what
 * |out| holds, end. |at| is what begin gave; between the two nothing else is
 * sealed. Errors as above, and those of |out|.
 */
size_t secure_begin(struct sp_buf *out);
int secure_end(struct secure *s, struct sp_buf *out, size_t at);

bool secure_is_established(const struct secure *s);
/* Of the other side; only when established. */
const struct secure_hello *secure_remote(const struct secure *s);
const uint8_t *secure_remote_key(const struct secure *s); /* 32 bytes */
enum secure_cipher_id secure_cipher(const struct secure *s);
/* X25519 public key of a secret key. */
void secure_public(uint8_t pk[SECURE_KEY_LEN],
    const uint8_t sk[SECURE_KEY_LEN]);

#endif
