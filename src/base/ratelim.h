#ifndef SRC_BASE_RATELIM_H
#define SRC_BASE_RATELIM_H

/* Token bucket in integers, and a smoothed rate meter. */

#include "base/tstamp.h"

struct ratelim {
	uint64_t rate_bps;  /* tokens (bytes) per second, 0 = no limit */
	uint64_t burst;     /* most tokens that can be saved */
	uint64_t tokens_ns; /* saved, in bytes * 1e9 / rate: time credit, ns */
	sp_time last;
};

void ratelim_init(struct ratelim *r, uint64_t rate_bps, uint64_t burst,
    sp_time now);
void ratelim_set(struct ratelim *r, uint64_t rate_bps, uint64_t burst,
    sp_time now);
/* True and takes |n| if there are that many. No limit: always. */
bool ratelim_take(struct ratelim *r, uint64_t n, sp_time now);
/* When |n| (<= burst) tokens will be there; now if they are. */
sp_time ratelim_when(const struct ratelim *r, uint64_t n, sp_time now);

/* Bytes per second over about the last 3 s, in 8 slots of 375 ms. */
struct ratemeter {
	uint64_t slot[8];
	int64_t cur; /* index of the newest slot since time 0 */
	uint64_t total;
	sp_time since; /* first sample; 0 = none */
};

void ratemeter_add(struct ratemeter *r, uint64_t n, sp_time now);
uint64_t ratemeter_bps(const struct ratemeter *r, sp_time now);

#endif
