#ifndef TEST_SIM_EVQ_H
#define TEST_SIM_EVQ_H

/*
 * The event queue: ordered by (time, order of insertion), so that events of one
 * instant leave in the order they came. Nothing is ever removed but the first;
 * who changes his mind ignores the event when it comes.
 *
 * What is near stands in a 4-ary min-heap that fits into the nearest cache,
 * what is farther in slots of a millisecond each, without order, and what is
 * beyond these in one heap more.
 */

#include "base/tstamp.h"

#define EVQ_SLOTS 1024

struct evq_item {
	sp_time at;
	uint64_t seq;
	void *p;
	uint32_t kind;
	uint32_t arg;
};

struct evq_heap {
	struct evq_item *v;
	size_t len, cap;
};

struct evq_chunk;

struct evq {
	struct evq_heap near, far;
	struct evq_chunk *slots[EVQ_SLOTS];
	struct evq_chunk *spare;
	size_t waiting; /* items in slots */
	uint64_t edge;  /* slots below are in |near| */
	uint64_t seq;
};

void evq_fini(struct evq *q); /* a zeroed queue is empty and ready */
void evq_push(struct evq *q, sp_time at, uint32_t kind, uint32_t arg, void *p);
/* False when empty. */
bool evq_pop(struct evq *q, struct evq_item *out);
sp_time evq_at(const struct evq *q); /* SP_NEVER when empty */

#endif
