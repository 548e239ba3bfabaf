#include "swarm/window.h"

#define RING_MIN 16

static void *
heap_piece_new(void *ctx SP_UNUSED, const struct sp_mem *mem,
    const struct record *rec)
{
	return mem_alloc(mem, SP_MAX(rec->length, 1));
}

static void
heap_piece_free(void *ctx SP_UNUSED, const struct sp_mem *mem, void *piece,
    const struct record *rec SP_UNUSED)
{
	mem_free(mem, piece);
}

static int
heap_put(void *ctx SP_UNUSED, void *piece, const struct record *rec SP_UNUSED,
    uint32_t index, const uint8_t *p, size_t len)
{
	memcpy((uint8_t *)piece + (size_t)index * LIM_BLOCK, p, len);
	return 0;
}

static const uint8_t *
heap_get(void *ctx SP_UNUSED, void *piece, const struct record *rec SP_UNUSED,
    uint32_t index)
{
	return (uint8_t *)piece + (size_t)index * LIM_BLOCK;
}

const struct window_store window_store_heap = {
	NULL,
	heap_piece_new,
	heap_piece_free,
	heap_put,
	heap_get,
	NULL,
	NULL,
};

void
window_init(struct window *w, const struct sp_mem *mem,
    const struct window_store *store)
{
	memset(w, 0, sizeof(*w));
	w->mem = mem;
	w->store = store != NULL ? store : &window_store_heap;
}

static void
piece_free(struct window *w, struct piece *pc)
{
	if (pc == NULL)
		return;
	window_drop(w, pc);
	if (w->store->env_free == NULL)
		mem_free(w->mem, pc->env);
	else if (pc->env != NULL)
		w->store->env_free(w->store->ctx, w->mem, &pc->rec, pc->env);
	mem_free(w->mem, pc->held);
	mem_free(w->mem, pc);
}

void
window_fini(struct window *w)
{
	struct window_track *t;
	uint32_t i, k;

	for (i = 0; i < 2 * LIM_TRACKS; i++) {
		t = i < LIM_TRACKS ? &w->tracks[i] : &w->inits[i - LIM_TRACKS];
		for (k = 0; k < t->cap; k++)
			piece_free(w, t->ring[k]);
		mem_free(w->mem, t->ring);
	}
	memset(w, 0, sizeof(*w));
}

struct window_track *
window_track(struct window *w, uint8_t track)
{
	if (track < LIM_TRACKS)
		return &w->tracks[track];
	if (track >= LIM_TRACK_INIT && track < LIM_TRACK_INIT + LIM_TRACKS)
		return &w->inits[track - LIM_TRACK_INIT];
	return NULL;
}

const struct window_track *
window_track_const(const struct window *w, uint8_t track)
{
	return window_track((struct window *)w, track);
}

static struct piece **
slot(const struct window_track *t, uint64_t number)
{
	return &t->ring[number & (t->cap - 1)];
}

struct piece *
window_piece(const struct window *w, uint8_t track, uint64_t number)
{
	const struct window_track *t = window_track_const(w, track);

	if (t == NULL || number < t->first || number >= t->edge)
		return NULL;
	return *slot(t, number);
}

/* Makes room for |span| slots. */
static int
ring_grow(struct window *w, struct window_track *t, uint64_t span)
{
	struct piece **ring;
	uint32_t cap = t->cap == 0 ? RING_MIN : t->cap;
	uint64_t n;

	while (cap < span)
		cap *= 2;
	if (cap == t->cap)
		return 0;
	ring = mem_zalloc(w->mem, cap, sizeof(struct piece *));
	if (ring == NULL)
		return SP_ERR_NOMEM;
	for (n = t->first; n < t->edge; n++)
		ring[n & (cap - 1)] = *slot(t, n);
	mem_free(w->mem, t->ring);
	t->ring = ring;
	t->cap = cap;
	return 0;
}

/* The chain between two records of one epoch that stand side by side. */
static bool
chain_fits(const struct piece *older, const struct record *newer_rec,
    const struct record *older_rec, const uint8_t *older_digest)
{
	if (older != NULL) {
		older_rec = &older->rec;
		older_digest = older->digest;
	}
	if (older_rec->epoch != newer_rec->epoch)
		return true;
	return memcmp(newer_rec->prev, older_digest, HASH_LEN) == 0;
}

static int
check_neighbours(const struct window *w, const struct record *rec,
    const uint8_t *digest)
{
	const struct piece *pc;

	pc = rec->number == 0 ? NULL
			      : window_piece(w, rec->track, rec->number - 1);
	if (pc != NULL && !chain_fits(pc, rec, NULL, NULL))
		return SP_ERR_CHAIN;
	pc = window_piece(w, rec->track, rec->number + 1);
	if (pc != NULL && !chain_fits(NULL, &pc->rec, rec, digest))
		return SP_ERR_CHAIN;
	return 0;
}

static struct piece *
piece_new(struct window *w, const struct record_env *env, const uint8_t *bytes,
    size_t len, const uint8_t *digest, sp_time now)
{
	struct piece *pc = mem_zalloc(w->mem, 1, sizeof(*pc));
	size_t words;

	if (pc == NULL)
		return NULL;
	pc->rec = env->rec;
	pc->blocks = record_blocks(&env->rec);
	words = (pc->blocks + 63) / 64 + (pc->blocks == 0);
	/* one allocation: held, fetching, holders, pending, sent */
	pc->held = mem_zalloc(w->mem, 1,
	    (2 * words + HOLDERS_WORDS(pc->blocks)) * sizeof(uint64_t) +
		2 * pc->blocks);
	pc->env = w->store->env_dup == NULL
		      ? mem_dup(w->mem, bytes, len)
		      : w->store->env_dup(w->store->ctx, w->mem, &env->rec,
			    bytes, len);
	if (pc->held == NULL || pc->env == NULL) {
		piece_free(w, pc);
		return NULL;
	}
	pc->fetching = pc->held + words;
	holders_init(&pc->holders, pc->fetching + words, pc->blocks);
	pc->pending =
	    (uint8_t *)(pc->fetching + words + HOLDERS_WORDS(pc->blocks));
	pc->sent = pc->pending + pc->blocks;
	pc->env_len = len;
	pc->leaves = pc->env + (env->leaves - bytes);
	if (env->rec.uri != NULL)
		pc->rec.uri = (const char *)pc->env +
			      (env->rec.uri - (const char *)bytes);
	if (env->rec.keys != NULL)
		pc->rec.keys = (const char *)pc->env +
			       (env->rec.keys - (const char *)bytes);
	if (env->rec.lines != NULL)
		pc->rec.lines = (const char *)pc->env +
				(env->rec.lines - (const char *)bytes);
	memcpy(pc->digest, digest, HASH_LEN);
	pc->known_at = now;
	pc->done_at = pc->blocks == 0 ? now : SP_NEVER;
	pc->want_at = pc->deadline = pc->heard_at = SP_NEVER;
	return pc;
}

int
window_add(struct window *w, const struct record_env *env, const uint8_t *bytes,
    size_t len, sp_time now, struct piece **out)
{
	struct window_track *t = window_track(w, env->rec.track);
	uint64_t n = env->rec.number, first, edge;
	uint8_t digest[HASH_LEN];
	struct piece *pc;
	int rv;

	if (t == NULL)
		return SP_ERR_RANGE;
	record_digest(digest, env);
	pc = window_piece(w, env->rec.track, n);
	if (pc != NULL)
		return memcmp(pc->digest, digest, HASH_LEN) == 0 ? SP_ERR_EXISTS
								 : SP_ERR_EQUIV;
	first = t->used ? t->first : n;
	edge = t->used ? t->edge : n;
	if (t->used && n + LIM_WINDOW_PIECES < edge)
		return SP_ERR_STALE;
	if ((rv = check_neighbours(w, &env->rec, digest)) < 0)
		return rv;
	pc = piece_new(w, env, bytes, len, digest, now);
	if (pc == NULL)
		return SP_ERR_NOMEM;
	if (n >= edge && n - first >= LIM_WINDOW_PIECES) {
		window_advance(w, env->rec.track, n - LIM_WINDOW_PIECES + 1);
		first = SP_MAX(t->first, n - LIM_WINDOW_PIECES + 1);
		if (t->edge < first) /* nothing of the old window is left */
			t->edge = first;
		t->first = first;
		edge = t->edge;
	}
	first = SP_MIN(first, n);
	edge = SP_MAX(edge, n + 1);
	if ((rv = ring_grow(w, t, edge - first)) < 0) {
		piece_free(w, pc);
		return rv;
	}
	t->first = first;
	t->edge = edge;
	t->used = true;
	*slot(t, n) = pc;
	*out = pc;
	return 0;
}

void
window_advance(struct window *w, uint8_t track, uint64_t number)
{
	struct window_track *t = window_track(w, track);
	struct piece **s;

	if (t == NULL)
		return;
	for (; t->first < number && t->first < t->edge; t->first++) {
		s = slot(t, t->first);
		piece_free(w, *s);
		*s = NULL;
	}
}

int
window_put(struct window *w, struct piece *pc, uint32_t index, const uint8_t *p,
    size_t len)
{
	const struct window_store *st = w->store;
	int rv;

	assert(index < pc->blocks && "index is checked by the caller");
	if (piece_holds(pc, index))
		return SP_ERR_EXISTS;
	if (pc->data == NULL) {
		pc->data = st->piece_new(st->ctx, w->mem, &pc->rec);
		if (pc->data == NULL)
			return SP_ERR_NOMEM;
	}
	if ((rv = st->put(st->ctx, pc->data, &pc->rec, index, p, len)) < 0)
		return rv;
	pc->held[index / 64] |= UINT64_C(1) << (index % 64);
	pc->n_held++;
	w->bytes += len;
	return 0;
}

const uint8_t *
window_get(const struct window *w, const struct piece *pc, uint32_t index)
{
	if (index >= pc->blocks || !piece_holds(pc, index))
		return NULL;
	return w->store->get(w->store->ctx, pc->data, &pc->rec, index);
}

void
window_drop(struct window *w, struct piece *pc)
{
	uint32_t i;

	if (pc->held != NULL)
		for (i = 0; i < pc->blocks; i++)
			if (piece_holds(pc, i))
				w->bytes -= record_block_len(&pc->rec, i);
	if (pc->data != NULL)
		w->store->piece_free(w->store->ctx, w->mem, pc->data, &pc->rec);
	pc->data = NULL;
	pc->n_held = 0;
	if (pc->held != NULL)
		memset(pc->held, 0, (pc->blocks + 63) / 64 * 8);
}
