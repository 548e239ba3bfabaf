#ifndef SWARM_UPLOAD_H
#define SWARM_UPLOAD_H

/*
 * The blocks that one neighbour is to get from us: those that it has asked for,
 * in the order it asked, and those that are pushed, least key first. At most
 * LIM_REQUESTS_IN of either. Which goes first is not decided here.
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

struct upload_push {
	uint64_t key; /* order of sending, over all neighbours */
	sp_time at;   /* it was put here */
	bool strong;  /* to who passes it on */
	struct upload_entry e;
};

struct upload {
	const struct sp_mem *mem;
	struct upload_entry *v;
	uint32_t n, cap;
	uint64_t bytes;           /* of |v| */
	struct upload_push *push; /* last is next */
	uint32_t n_push, cap_push;
	uint64_t push_bytes;
};

void upload_init(struct upload *u, const struct sp_mem *mem);
void upload_fini(struct upload *u);
/* SP_ERR_EXISTS (the same block: keeps its place), SP_ERR_FULL, SP_ERR_NOMEM.
 */
int upload_add(struct upload *u, const struct upload_entry *e);
/* Takes entry |i| < u->n out. */
void upload_take(struct upload *u, uint32_t i, struct upload_entry *out);
/* As upload_add, of blocks that are pushed. */
int upload_push(struct upload *u, const struct upload_push *e);
/* Takes push |i| < n_push out. */
void upload_unpush(struct upload *u, uint32_t i);
/* Takes the one of least key out; n_push > 0. */
void upload_pop(struct upload *u, struct upload_entry *out);
/* Asked for or pushed. SP_ERR_NOTFOUND. */
int upload_cancel(struct upload *u, const struct pw_block_ref *ref);
/* What was asked for; pushes stay. */
void upload_clear(struct upload *u);

#endif
