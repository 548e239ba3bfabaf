#ifndef SRC_BASE_RATELIM_H
#define SRC_BASE_RATELIM_H

/* Token bucket in integers, and a smoothed rate meter. */

#include "base/tstamp.h"

#define RATELIM_BURST_MAX ((uint64_t)INT64_MAX / 1000000000)

/*
 * The credit counts 1e-9 bytes: then one nanosecond is worth exactly rate_bps
 * of them, nothing is ever rounded away, and a take at the very moment that
 * ratelim_when named succeeds.
 */
struct ratelim {
	uint64_t rate_bps; /* tokens (bytes) per second, 0 = no limit */
	uint64_t burst;    /* most tokens that can be saved */
	int64_t credit;    /* saved at |last|, in 1e-9 bytes; below 0 owed */
	sp_time last;
};

/* The bucket starts full. |burst| is cut at RATELIM_BURST_MAX (9 GB). */
void ratelim_init(struct ratelim *r, uint64_t rate_bps, uint64_t burst,
    sp_time now);
/* True and takes |n| if there are that many. No limit: always. More than the
 * burst: never. */
bool ratelim_take(struct ratelim *r, uint64_t n, sp_time now);
/*
 * |n| tokens are spent already: what is not there is owed, and paid before
 * anything is taken again. No more is owed than a second brings.
 */
void ratelim_charge(struct ratelim *r, uint64_t n, sp_time now);
/* When |n| tokens will be there: now if they are, SP_NEVER if n > burst. */
sp_time ratelim_when(const struct ratelim *r, uint64_t n, sp_time now);

/* Bytes per second over about the last 3 s, in 8 slots of 375 ms. Zeroed at
 * first. */
struct ratemeter {
	uint64_t slot[8];
	int64_t cur;    /* index of the newest slot since time 0 */
	uint64_t total; /* bytes ever */
	sp_time since;  /* first sample, if started */
	bool started;
};

void ratemeter_add(struct ratemeter *r, uint64_t n, sp_time now);
uint64_t ratemeter_bps(const struct ratemeter *r, sp_time now);

#endif
