#ifndef SRC_BASE_MEM_H
#define SRC_BASE_MEM_H

/*
 * The injected allocator. Cores allocate through this and nothing else; the
 * purity gate sees to it. The host's table wraps malloc (src/io), the tests'
 * table counts and fails on demand (test/unit/failmem).
 */

#include "base/base.h"

struct sp_mem {
	void *ctx;
	/* NULL when there is none. size is never 0. */
	void *(*alloc)(void *ctx, size_t size);
	/* As realloc(3), p may be NULL, size is never 0; NULL keeps p valid. */
	void *(*resize)(void *ctx, void *p, size_t size);
	/* p may be NULL. */
	void (*release)(void *ctx, void *p);
};

void *mem_alloc(const struct sp_mem *mem, size_t size);
/* Zeroed; NULL also when n * size overflows. */
void *mem_zalloc(const struct sp_mem *mem, size_t n, size_t size);
/* n elements of size; NULL (p stays valid) on overflow or lack of memory. */
void *mem_resize(const struct sp_mem *mem, void *p, size_t n, size_t size);
void mem_free(const struct sp_mem *mem, void *p);
/* Copy of |len| bytes plus a NUL that is not counted. */
void *mem_dup(const struct sp_mem *mem, const void *p, size_t len);

#endif
