#ifndef SWARM_UPLOAD_H
#define SWARM_UPLOAD_H

/*
 * The blocks that one neighbour has asked of us and not got yet, in the order
 * it asked. At most LIM_REQUESTS_IN. Which goes first is not decided here.
 */

#include "base/err.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "wire/peerwire.h"

struct upload_entry {
	struct pw_block_ref ref;
	uint32_t len;
	sp_time deadline; /* of the asker */
};

struct upload {
	const struct sp_mem *mem;
	struct upload_entry *v;
	uint32_t n, cap;
	uint64_t bytes;
};

void upload_init(struct upload *u, const struct sp_mem *mem);
void upload_fini(struct upload *u);
/* SP_ERR_EXISTS (the same block: keeps its place), SP_ERR_FULL, SP_ERR_NOMEM.
 */
int upload_add(struct upload *u, const struct upload_entry *e);
/* Takes entry |i| < u->n out. */
void upload_take(struct upload *u, uint32_t i, struct upload_entry *out);
/* SP_ERR_NOTFOUND. */
int upload_cancel(struct upload *u, const struct pw_block_ref *ref);
void upload_clear(struct upload *u);

#endif
