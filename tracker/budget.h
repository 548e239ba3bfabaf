#ifndef TRACKER_BUDGET_H
#define TRACKER_BUDGET_H

/*
 * Memory with a ceiling. Each block is counted as what malloc(3) of glibc
 * takes for it: 8 bytes more, rounded up to 16, at least 32. Callers remember
 * the size of what they have, so nothing is kept beside it.
 */

#include "base/err.h"
#include "base/mem.h"

struct budget {
	const struct sp_mem *mem;
	uint64_t used, max; /* bytes; max 0: no ceiling */
};

/* What a block of |size| bytes counts for; 0 for 0. */
uint64_t budget_cost(size_t size);
/*
 * Makes |*p| (NULL: none yet), which has |was| bytes, |size| bytes large; 0
 * frees it. SP_ERR_FULL (the ceiling), SP_ERR_NOMEM: nothing has changed.
 * Making it smaller fails for lack of memory only.
 */
int budget_resize(struct budget *b, void **p, size_t was, size_t size);

#endif
