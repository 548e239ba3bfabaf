#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

/* What fuzz targets share: the C library's heap, and a check that stays. */

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

/* As assert, whatever NDEBUG says. */
#define FUZZ_CHECK(x)                                                      \
	do {                                                               \
		if (!(x)) {                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
			    #x);                                           \
			abort();                                           \
		}                                                          \
	} while (0)

static inline void *
fuzz_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static inline void *
fuzz_resize(void *ctx, void *p, size_t size)
{
	(void)ctx;
	return realloc(p, size);
}

static inline void
fuzz_release(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

static const struct sp_mem fuzz_mem = { NULL, fuzz_alloc, fuzz_resize,
	fuzz_release };

#endif
