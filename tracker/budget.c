#include "tracker/budget.h"

uint64_t
budget_cost(size_t size)
{
	if (size == 0)
		return 0;
	return SP_MAX(((uint64_t)size + 8 + 15) / 16 * 16, UINT64_C(32));
}

int
budget_resize(struct budget *b, void **p, size_t was, size_t size)
{
	uint64_t used = b->used - budget_cost(was) + budget_cost(size);
	void *q = NULL;

	if (size > was && b->max != 0 && used > b->max)
		return SP_ERR_FULL;
	if (size == 0) {
		mem_free(b->mem, *p);
	} else {
		q = mem_resize(b->mem, *p, size, 1);
		if (q == NULL)
			return SP_ERR_NOMEM;
	}
	*p = q;
	b->used = used;
	return 0;
}
