#include "swarm/fetchq.h"

void
fetchq_init(struct fetchq *q)
{
	q->n = 0;
}

static bool
is_part(const struct fetch_ask *a, const struct fetch_ask *of)
{
	return a->ref == of->ref && a->first >= of->first &&
	       a->first + a->n <= of->first + of->n;
}

static bool
is_before(const struct fetch_ask *a, const struct fetch_ask *b)
{
	if (a->class != b->class)
		return a->class < b->class;
	return a->deadline < b->deadline;
}

bool
fetchq_add(struct fetchq *q, const struct fetch_ask *a, sp_time eta,
    sp_time now)
{
	size_t i;

	if (now + eta > a->deadline &&
	    (a->class == FETCH_DUTY || a->class >= FETCH_SOLO))
		return false;
	for (i = 0; i < q->n; i++)
		if (is_part(a, &q->v[i]))
			return false;
	for (i = q->n; i > 0 && is_before(a, &q->v[i - 1]); i--)
		;
	if (i == FETCHQ_MAX)
		return false;
	q->n = SP_MIN(q->n + 1, (size_t)FETCHQ_MAX);
	memmove(&q->v[i + 1], &q->v[i], (q->n - 1 - i) * sizeof(q->v[0]));
	q->v[i] = *a;
	return true;
}
