#include "tools/sealer.h"

void
sealer_init(struct sealer *s, const uint8_t sk[HASH_SK_LEN])
{
	memset(s, 0, sizeof(*s));
	memcpy(s->sk, sk, HASH_SK_LEN);
}

void
sealer_wipe(struct sealer *s)
{
	hash_wipe(s, sizeof(*s));
}

static struct sealer_head *
head_of(struct sealer *s, unsigned track)
{
	if (track >= LIM_TRACK_INIT && track - LIM_TRACK_INIT < LIM_TRACKS)
		return &s->inits[track - LIM_TRACK_INIT];
	return track < LIM_TRACKS ? &s->media[track] : NULL;
}

static void
root_of(struct sealer *s, uint8_t root[HASH_LEN], const uint8_t *p, size_t len)
{
	memset(root, 0, HASH_LEN);
	if (len == 0)
		return;
	hash_leaves(s->leaves, p, len);
	hash_tree_root(root, s->leaves, hash_leaf_count(len));
}

bool
sealer_has_init(struct sealer *s, unsigned track, const uint8_t *p, size_t len)
{
	const struct sealer_head *h = &s->inits[track];
	uint8_t root[HASH_LEN];

	if (!h->used || len == 0 || len > LIM_PIECE_BYTES)
		return false;
	root_of(s, root, p, len);
	return memcmp(root, h->root, HASH_LEN) == 0;
}

static void
advance(struct sealer_head *h, const struct record *r, const uint8_t *env,
    size_t len)
{
	struct record_env e;
	int rv = record_open(&e, env, len);

	assert(rv == 0 && "what was sealed opens");
	(void)rv;
	h->used = true;
	h->number = r->number;
	h->dseq = r->dseq;
	h->avail_ms = r->avail_ms;
	memcpy(h->root, r->root, HASH_LEN);
	record_digest(h->digest, &e);
}

int
sealer_seal(struct sealer *s, struct record *r, const uint8_t *p, size_t len,
    struct sp_buf *b)
{
	struct sealer_head *h = head_of(s, r->track);
	size_t at = b->len;
	int rv;

	if (h == NULL)
		return SP_ERR_ARG;
	if (len > LIM_PIECE_BYTES)
		return SP_ERR_TOOBIG;
	if (h->used && r->number <= h->number)
		return SP_ERR_STALE;
	r->epoch = s->epoch;
	r->length = (uint32_t)len;
	memset(r->prev, 0, HASH_LEN);
	if (h->used) {
		memcpy(r->prev, h->digest, HASH_LEN);
		if (r->dseq != h->dseq)
			r->flags |= RECORD_DISCONTINUITY;
	}
	root_of(s, r->root, p, len);
	rv = record_seal(b, r, s->leaves, hash_leaf_count(len), s->sk);
	if (rv < 0)
		return rv;
	advance(h, r, b->p + at, b->len - at);
	return 0;
}
