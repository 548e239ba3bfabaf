#ifndef TEST_SIM_EVQ_H
#define TEST_SIM_EVQ_H

/*
 * The event queue: a 4-ary min-heap on (time, order of insertion), so that
 * events of one instant leave in the order they came. Keys stand in the array
 * itself: a sift touches no other memory. Nothing is ever removed but the
 * first; who changes his mind ignores the event when it comes.
 */

#include "base/tstamp.h"

struct evq_item {
	sp_time at;
	uint64_t seq;
	void *p;
	uint32_t kind;
	uint32_t arg;
};

struct evq {
	struct evq_item *v;
	size_t len, cap;
	uint64_t seq;
};

void evq_fini(struct evq *q); /* a zeroed queue is empty and ready */
void evq_push(struct evq *q, sp_time at, uint32_t kind, uint32_t arg, void *p);
/* False when empty. */
bool evq_pop(struct evq *q, struct evq_item *out);
sp_time evq_at(const struct evq *q); /* SP_NEVER when empty */

#endif
