#include "test/unit/pieces.h"

#define RAW_LEN (8 + 1 + 1 + 4 + 8 + HASH_LEN)

/* The made-up record's bytes. */
static void
raw(uint8_t out[RAW_LEN], const struct pieces_spec *s)
{
	memset(out, 0, RAW_LEN);
	memcpy(out, &s->number, 8);
	out[8] = s->track;
	out[9] = s->salt;
	memcpy(out + 10, &s->epoch, 4);
	memcpy(out + 14, &s->avail_ms, 8);
	if (s->prev != NULL)
		memcpy(out + 22, s->prev, HASH_LEN);
}

static void
env_of(struct record_env *env, uint8_t *bytes, size_t n_leaves,
    const struct pieces_spec *s)
{
	struct record *r = &env->rec;

	memset(env, 0, sizeof(*env));
	env->leaves = bytes;
	env->n_leaves = n_leaves;
	env->raw = bytes + n_leaves * HASH_LEN;
	env->raw_len = RAW_LEN;
	r->number = s->number;
	r->track = s->track;
	r->init = RECORD_NO_INIT;
	r->length = s->length;
	r->avail_ms = s->avail_ms;
	r->duration_us = s->duration_us;
	r->epoch = s->epoch;
	r->flags = s->flags;
	if (s->prev != NULL)
		memcpy(r->prev, s->prev, HASH_LEN);
}

void
pieces_digest(uint8_t out[HASH_LEN], const struct pieces_spec *s)
{
	struct record_env env;
	uint8_t bytes[RAW_LEN];

	raw(bytes, s);
	env_of(&env, bytes, 0, s);
	record_digest(out, &env);
}

int
pieces_add(struct window *w, const struct pieces_spec *s, sp_time now,
    struct piece **out)
{
	size_t leaves = (s->length + LIM_BLOCK - 1) / LIM_BLOCK;
	size_t uri_len = s->uri == NULL ? 0 : strlen(s->uri);
	size_t len = leaves * HASH_LEN + RAW_LEN + uri_len, i;
	uint8_t *bytes = malloc(len);
	struct record_env env;
	struct piece *pc;
	int rv;

	assert(bytes != NULL);
	env_of(&env, bytes, leaves, s);
	for (i = 0; i < leaves * HASH_LEN; i++)
		bytes[i] = (uint8_t)(i / HASH_LEN + s->salt);
	raw(bytes + leaves * HASH_LEN, s);
	if (s->uri != NULL) {
		memcpy(bytes + len - uri_len, s->uri, uri_len);
		env.rec.uri = (const char *)bytes + len - uri_len;
		env.rec.uri_len = uri_len;
	}
	rv = window_add(w, &env, bytes, len, now, &pc);
	if (rv == 0 && out != NULL)
		*out = pc;
	memset(bytes, 0x5a, len); /* the window keeps a copy */
	free(bytes);
	return rv;
}

int
pieces_fill(struct window *w, struct piece *pc, sp_time now)
{
	uint8_t block[LIM_BLOCK];
	uint32_t i, k, n;
	int rv;

	for (i = 0; i < pc->blocks; i++) {
		n = record_block_len(&pc->rec, i);
		for (k = 0; k < n; k++)
			block[k] =
			    (uint8_t)((i * LIM_BLOCK + k) * 3 + pc->rec.number);
		rv = window_put(w, pc, i, block, n);
		if (rv < 0 && rv != SP_ERR_EXISTS)
			return rv;
	}
	pc->done_at = now;
	return 0;
}
