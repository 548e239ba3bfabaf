#include "swarm/frame.h"

#include <sodium.h>

#include "swarm/noise.h"

#define MASK_FRAMES (FRAME_MASK_LEN / 2)

void
frame_way_init(struct frame_way *w, const struct secure_cipher *cipher,
    void *state, const uint8_t key[SECURE_KEY_LEN],
    const uint8_t mask_key[SECURE_KEY_LEN])
{
	memset(w, 0, sizeof(*w));
	w->cipher = cipher;
	w->state = state;
	memcpy(w->mask_key, mask_key, SECURE_KEY_LEN);
	cipher->init(state, key);
}

/* The two bytes that hide the length of frame w->n. */
static const uint8_t *
mask_of(struct frame_way *w)
{
	uint8_t nonce[12];

	if (w->n % MASK_FRAMES == 0) {
		noise_nonce(nonce, w->n / MASK_FRAMES);
		crypto_stream_chacha20_ietf(w->mask, FRAME_MASK_LEN, nonce,
		    w->mask_key);
	}
	return w->mask + 2 * (w->n % MASK_FRAMES);
}

/* Called after each frame. */
static void
count_frame(struct frame_way *w)
{
	static const uint8_t zeros[SECURE_KEY_LEN];
	uint8_t key[SECURE_KEY_LEN + SECURE_TAG_LEN];

	if (++w->n % SECURE_REKEY_FRAMES != 0)
		return;
	w->cipher->seal(key, zeros, sizeof(zeros), NULL, 0, UINT64_MAX,
	    w->state);
	w->cipher->init(w->state, key);
	sodium_memzero(key, sizeof(key));
}

void
frame_seal(struct frame_way *w, uint8_t *to, const uint8_t *p, size_t len)
{
	const uint8_t *mask = mask_of(w);
	size_t n = len + SECURE_TAG_LEN;

	to[0] = (uint8_t)(n >> 8) ^ mask[0];
	to[1] = (uint8_t)n ^ mask[1];
	w->cipher->seal(to + 2, p, len, to, 2, w->n, w->state);
	count_frame(w);
}

void
frame_in_fini(struct frame_in *in, const struct sp_mem *mem)
{
	mem_free(mem, in->buf);
	in->buf = NULL;
	in->buf_len = in->buf_cap = 0;
}

/* Room for |need| bytes; what is in the buffer is lost. */
static int
make_room(struct frame_in *in, const struct sp_mem *mem, size_t need)
{
	if (in->buf_cap >= need)
		return 0;
	frame_in_fini(in, mem);
	in->buf = mem_alloc(mem, need);
	if (in->buf == NULL)
		return SP_ERR_NOMEM;
	in->buf_cap = need;
	return 0;
}

/* Reads the length; 1 when it is known. */
static int
input_head(struct frame_in *in, struct frame_way *w, const uint8_t *p,
    size_t len, size_t *used)
{
	const uint8_t *mask;

	if (in->want != 0)
		return 1;
	while (in->n_head < 2 && *used < len)
		in->head[in->n_head++] = p[(*used)++];
	if (in->n_head < 2)
		return 0;
	mask = mask_of(w);
	in->want =
	    (uint16_t)((in->head[0] ^ mask[0]) << 8 | (in->head[1] ^ mask[1]));
	return in->want > SECURE_TAG_LEN ? 1 : SP_ERR_PROTO;
}

/* Decrypts the frame of in->want bytes at |c|, which may be in->buf. */
static int
open_frame(struct frame_in *in, struct frame_way *w, const uint8_t *c,
    struct sp_rd *frame)
{
	size_t len = (size_t)in->want - SECURE_TAG_LEN;
	int rv;

	rv = w->cipher->open(in->buf, c, len, in->head, sizeof(in->head), w->n,
	    w->state);
	if (rv < 0)
		return rv;
	count_frame(w);
	in->n_head = 0;
	in->want = 0;
	in->buf_len = 0;
	*frame = buf_rd(in->buf, len);
	return SECURE_FRAME;
}

int
frame_input(struct frame_in *in, struct frame_way *w, const struct sp_mem *mem,
    const uint8_t *p, size_t len, size_t *used, struct sp_rd *frame)
{
	size_t take;
	int rv = input_head(in, w, p, len, used);

	if (rv < 0)
		return rv;
	if (rv == 0 || *used == len) {
		/* The buffer may still have the last frame's text. */
		if (in->buf_len == 0)
			frame_in_fini(in, mem);
		return SECURE_MORE;
	}
	p += *used;
	if (in->buf_len == 0 && len - *used >= in->want) {
		rv = make_room(in, mem, (size_t)in->want - SECURE_TAG_LEN);
		*used += in->want;
		return rv < 0 ? rv : open_frame(in, w, p, frame);
	}
	if (in->buf_len == 0 && make_room(in, mem, in->want) < 0)
		return SP_ERR_NOMEM;
	take = SP_MIN(in->want - in->buf_len, len - *used);
	memcpy(in->buf + in->buf_len, p, take);
	in->buf_len += take;
	*used += take;
	return in->buf_len < in->want ? SECURE_MORE
				      : open_frame(in, w, in->buf, frame);
}
