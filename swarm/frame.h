#ifndef SWARM_FRAME_H
#define SWARM_FRAME_H

/*
 * The frames of a secure link after its handshake: what is in a frame, and
 * how the stream falls into them. Part of swarm/secure.h, which has the
 * format.
 */

#include "swarm/secure.h"

#define FRAME_MASK_LEN 64

/* One direction. */
struct frame_way {
	const struct secure_cipher *cipher;
	void *state; /* of the cipher; borrowed */
	uint64_t n;  /* frames so far */
	uint8_t mask_key[SECURE_KEY_LEN];
	uint8_t mask[FRAME_MASK_LEN]; /* key stream for 32 frames */
};

/* |state| has cipher->state_len bytes, aligned, and is filled here. */
void frame_way_init(struct frame_way *w, const struct secure_cipher *cipher,
    void *state, const uint8_t key[SECURE_KEY_LEN],
    const uint8_t mask_key[SECURE_KEY_LEN]);
/* Writes |len| (1..SECURE_FRAME_MAX) + SECURE_OVERHEAD bytes. */
/* |p| may be |to| + 2. */
void frame_seal(struct frame_way *w, uint8_t *to, const uint8_t *p, size_t len);

/* A frame that arrives. All zeros is its start. */
struct frame_in {
	uint8_t head[2]; /* n_head bytes of the masked length */
	uint8_t n_head;
	uint16_t want;  /* ciphertext bytes of the frame, 0 = not known yet */
	uint8_t *buf;   /* owned; NULL when nothing is kept */
	size_t buf_len; /* ciphertext bytes collected */
	size_t buf_cap;
};

/*
 * The second half of secure_input: SECURE_FRAME, SECURE_MORE, SP_ERR_CRYPTO,
 * SP_ERR_PROTO (length), SP_ERR_NOMEM. A frame that is whole in the input is
 * decrypted from there.
 */
int frame_input(struct frame_in *in, struct frame_way *w,
    const struct sp_mem *mem, const uint8_t *p, size_t len, size_t *used,
    struct sp_rd *frame);
void frame_in_fini(struct frame_in *in, const struct sp_mem *mem);

#endif
