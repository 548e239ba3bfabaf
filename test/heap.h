#ifndef TEST_HEAP_H
#define TEST_HEAP_H

/* The C library's heap, for tests that have no memory to fail. */

#include "base/mem.h"

static inline void *
heap_alloc(void *ctx SP_UNUSED, size_t size)
{
	return malloc(size);
}

static inline void *
heap_resize(void *ctx SP_UNUSED, void *p, size_t size)
{
	return realloc(p, size);
}

static inline void
heap_release(void *ctx SP_UNUSED, void *p)
{
	free(p);
}

static const struct sp_mem heap_mem = { NULL, heap_alloc, heap_resize,
	heap_release };

#endif
