#ifndef SRC_BASE_HEAP_H
#define SRC_BASE_HEAP_H

/*
 * Intrusive binary min-heap on (time, sequence): entries with equal times
 * leave in the order they came, which determinism needs. The owner embeds a
 * heap_node, zeroed before its first use.
 */

#include "base/err.h"
#include "base/mem.h"
#include "base/tstamp.h"

struct heap_node {
	sp_time at;
	uint64_t seq;
	size_t pos; /* 1-based, 0 when not in the heap */
};

struct heap {
	const struct sp_mem *mem;
	struct heap_node **v;
	size_t len, cap;
	uint64_t seq;
};

void heap_init(struct heap *h, const struct sp_mem *mem);
void heap_fini(struct heap *h); /* nodes belong to their owners */
/*
 * Inserts or moves |n| to |at|, behind all entries of the same time.
 * SP_ERR_NOMEM (n is then not in the heap); a move never fails.
 */
int heap_set(struct heap *h, struct heap_node *n, sp_time at);
/* Fine when it is not in the heap. */
void heap_del(struct heap *h, struct heap_node *n);
struct heap_node *heap_top(const struct heap *h); /* NULL when empty */
sp_time heap_at(const struct heap *h);            /* SP_NEVER when empty */

#endif
