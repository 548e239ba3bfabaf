#ifndef TEST_UNIT_FAILMEM_H
#define TEST_UNIT_FAILMEM_H

/*
 * An allocator for tests: it counts, fails on demand, fills fresh memory
 * with rubbish, and fails the test on a double or foreign free.
 *
 * To see that every failing allocation is survived without a leak:
 *
 *	struct failmem fm;
 *
 *	FAILMEM_EACH(&fm) {
 *		rv = map_new(&m, &fm.mem, 4, 4, 10, 1);
 *		if (rv < 0) {
 *			ck_assert_int_eq(rv, SP_ERR_NOMEM);
 *			continue;
 *		}
 *		map_free(m);
 *	}
 *
 * The body runs with the first allocation failing, then the second, and so
 * on, and a last time with none failing. Leave it by its end or `continue';
 * after each round nothing may be allocated.
 */

#include "base/mem.h"

struct failmem {
	struct sp_mem mem; /* give this to the code under test */
	size_t calls;      /* allocations and resizes asked for */
	size_t fail_at;    /* which of them fails, from 1; 0 = none */
	bool sticky;       /* all after it fail too */
	size_t failed;     /* how many were made to fail */
	size_t live;       /* blocks not yet released */
	size_t live_bytes;
	size_t peak_bytes;
	size_t round; /* of FAILMEM_EACH, from 1 */
};

void failmem_init(struct failmem *fm);
/* The |n|-th allocation from now fails (1 = the next); 0 = none. */
void failmem_arm(struct failmem *fm, size_t n);
/* Fails the test when blocks are live. */
void failmem_check(const struct failmem *fm);

#define FAILMEM_EACH(fm) for (failmem_init(fm); failmem_round(fm);)

/* For FAILMEM_EACH: checks the round that ended, arms the next. */
bool failmem_round(struct failmem *fm);

#endif
