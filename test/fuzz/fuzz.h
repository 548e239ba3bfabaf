#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

/* What fuzz targets share: the C library's heap, and a check that stays. */

#include "test/heap.h"

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

#endif
