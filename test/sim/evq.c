#include "test/sim/evq.h"
#include "test/sim/simmem.h"

#define EVQ_WAYS 4

static bool
before(const struct evq_item *a, const struct evq_item *b)
{
	return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

void
evq_fini(struct evq *q)
{
	mem_free(&sim_mem, q->v);
	memset(q, 0, sizeof(*q));
}

void
evq_push(struct evq *q, sp_time at, uint32_t kind, uint32_t arg, void *p)
{
	struct evq_item it = { at, q->seq++, p, kind, arg };
	size_t i, up;

	if (q->len == q->cap) {
		q->cap = q->cap > 0 ? q->cap * 2 : 1024;
		q->v = sim_resize(q->v, q->cap, sizeof(*q->v));
	}
	for (i = q->len++; i > 0; i = up) {
		up = (i - 1) / EVQ_WAYS;
		if (!before(&it, &q->v[up]))
			break;
		q->v[i] = q->v[up];
	}
	q->v[i] = it;
}

bool
evq_pop(struct evq *q, struct evq_item *out)
{
	struct evq_item last;
	size_t i = 0, c, k, best;

	if (q->len == 0)
		return false;
	*out = q->v[0];
	last = q->v[--q->len];
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
	return true;
}

sp_time
evq_at(const struct evq *q)
{
	return q->len > 0 ? q->v[0].at : SP_NEVER;
}
