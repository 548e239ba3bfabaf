#include "test/sim/evq.h"
#include "test/sim/simmem.h"

#define EVQ_WAYS   4
#define SLOT_SHIFT 20 /* ns of a slot, as a power of two */
#define CHUNK      30 /* items: 1 KiB with its head */

struct evq_chunk {
	struct evq_chunk *next;
	size_t n;
	struct evq_item v[CHUNK];
};

/* ---- heap ---- */

static bool
before(const struct evq_item *a, const struct evq_item *b)
{
	return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

static void
heap_push(struct evq_heap *q, const struct evq_item *it)
{
	size_t i, up;

	if (q->len == q->cap) {
		q->cap = q->cap > 0 ? q->cap * 2 : 1024;
		q->v = sim_resize(q->v, q->cap, sizeof(*q->v));
	}
	for (i = q->len++; i > 0; i = up) {
		up = (i - 1) / EVQ_WAYS;
		if (!before(it, &q->v[up]))
			break;
		q->v[i] = q->v[up];
	}
	q->v[i] = *it;
}

static void
heap_pop(struct evq_heap *q)
{
	struct evq_item last = q->v[--q->len];
	size_t i = 0, c, k, best;

	while ((c = i * EVQ_WAYS + 1) < q->len) {
		best = c;
		for (k = c + 1; k < c + EVQ_WAYS && k < q->len; k++)
			if (before(&q->v[k], &q->v[best]))
				best = k;
		if (!before(&q->v[best], &last))
			break;
		q->v[i] = q->v[best];
		i = best;
	}
	q->v[i] = last;
}

/* ---- slots ---- */

static void
slot_put(struct evq *q, uint64_t slot, const struct evq_item *it)
{
	struct evq_chunk **head = &q->slots[slot % EVQ_SLOTS], *c = *head;

	if (c == NULL || c->n == CHUNK) {
		if ((c = q->spare) != NULL)
			q->spare = c->next;
		else
			c = sim_alloc(sizeof(*c));
		c->next = *head;
		c->n = 0;
		*head = c;
	}
	c->v[c->n++] = *it;
	q->waiting++;
}

static void
put(struct evq *q, const struct evq_item *it)
{
	uint64_t slot = (uint64_t)it->at >> SLOT_SHIFT;

	if (slot < q->edge)
		heap_push(&q->near, it);
	else if (slot - q->edge < EVQ_SLOTS)
		slot_put(q, slot, it);
	else
		heap_push(&q->far, it);
}

/* What is no longer far gets a slot; then the next slot's items become near. */
static void
advance(struct evq *q)
{
	struct evq_chunk **head = &q->slots[q->edge % EVQ_SLOTS], *c;
	uint64_t slot;

	while (q->far.len > 0) {
		slot = (uint64_t)q->far.v[0].at >> SLOT_SHIFT;
		if (slot - q->edge >= EVQ_SLOTS)
			break;
		slot_put(q, slot, &q->far.v[0]);
		heap_pop(&q->far);
	}
	while ((c = *head) != NULL) {
		for (size_t i = 0; i < c->n; i++)
			heap_push(&q->near, &c->v[i]);
		q->waiting -= c->n;
		*head = c->next;
		c->next = q->spare;
		q->spare = c;
	}
	q->edge++;
}

/* The first is near, if there is any. */
static void
fill(struct evq *q)
{
	while (q->near.len == 0 && q->waiting + q->far.len > 0) {
		if (q->waiting == 0) /* nothing for a while */
			q->edge = (uint64_t)q->far.v[0].at >> SLOT_SHIFT;
		advance(q);
	}
}

/* ---- the queue ---- */

static void
chunks_free(struct evq_chunk *c)
{
	struct evq_chunk *next;

	for (; c != NULL; c = next) {
		next = c->next;
		mem_free(&sim_mem, c);
	}
}

void
evq_fini(struct evq *q)
{
	for (size_t i = 0; i < EVQ_SLOTS; i++)
		chunks_free(q->slots[i]);
	chunks_free(q->spare);
	mem_free(&sim_mem, q->near.v);
	mem_free(&sim_mem, q->far.v);
	memset(q, 0, sizeof(*q));
}

void
evq_push(struct evq *q, sp_time at, uint32_t kind, uint32_t arg, void *p)
{
	struct evq_item it = { at, q->seq++, p, kind, arg };

	put(q, &it);
	fill(q);
}

bool
evq_pop(struct evq *q, struct evq_item *out)
{
	if (q->near.len == 0)
		return false;
	*out = q->near.v[0];
	heap_pop(&q->near);
	fill(q);
	return true;
}

sp_time
evq_at(const struct evq *q)
{
	return q->near.len > 0 ? q->near.v[0].at : SP_NEVER;
}
