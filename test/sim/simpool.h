#ifndef TEST_SIM_SIMPOOL_H
#define TEST_SIM_SIMPOOL_H

/*
 * Where bytes of the stream are kept already. Most of what travels is blocks of
 * one pool of random bytes; a segment that knows where its own are in there
 * need not hold them.
 */

#include "base/base.h"

#define SIMPOOL_MIN 4096 /* shorter ones are not looked for */

struct simpool;

/* Of |len| bytes, borrowed for life. */
struct simpool *simpool_new(const uint8_t *p, size_t len);
void simpool_free(struct simpool *pool); /* NULL is fine */

/* Bytes [at, at + len) of what was asked for are at |where|. */
struct simpool_run {
	size_t at, len;
	const uint8_t *where;
};
/* False: no long run of |p| is in the pool, or it begins too late. */
bool simpool_find(const struct simpool *pool, const uint8_t *p, size_t len,
    struct simpool_run *out);

#endif
