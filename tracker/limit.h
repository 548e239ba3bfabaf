#ifndef TRACKER_LIMIT_H
#define TRACKER_LIMIT_H

/*
 * How often one host may ask: a token bucket for each host and kind of request,
 * in a table that never grows. A host is an IPv4 address or the /64 of an IPv6
 * address.
 *
 * A bucket is kept as the time at which it will be full again, so one that is
 * full needs no entry. The table is made of sets of four entries, a set to a
 * line of the cache, and a keyed hash of the host names its set. A new host
 * takes the entry whose buckets are nearest to full: what is forgotten in a
 * flood of hosts that ask once is those hosts, and who is over a limit stays.
 * Who is forgotten all the same has a full bucket again.
 */

#include "base/addr.h"
#include "base/mem.h"
#include "base/tstamp.h"

enum limit_kind {
	LIMIT_CONNECT,  /* what an unproven address gets a reply to */
	LIMIT_ANNOUNCE, /* announces and scrapes */
	LIMIT_KINDS,
};

#define LIMIT_RATE_MAX  10000 /* per second */
#define LIMIT_BURST_MAX 100000
#define LIMIT_HOSTS_MAX (1u << 24)

struct limit_rate {
	/*
	 * At most LIMIT_RATE_MAX; 0: no limit. The time between two requests is
	 * rounded down to 2^-16 s.
	 */
	uint32_t per_s;
	uint32_t burst; /* 1 to LIMIT_BURST_MAX when there is a limit */
};

struct limit;

/*
 * |hosts| is rounded up to a power of two (16 bytes each). SP_ERR_ARG,
 * SP_ERR_NOMEM.
 */
int limit_new(struct limit **out, const struct sp_mem *mem,
    const struct limit_rate rate[LIMIT_KINDS], uint32_t hosts, uint64_t seed);
void limit_free(struct limit *l); /* NULL is fine */
/* Other rates from now on; as limit_new. */
int limit_set(struct limit *l, const struct limit_rate rate[LIMIT_KINDS]);

/*
 * One request of |from| at |now|: true and a token taken, or false, and then it
 * is as if it had not been asked.
 */
bool limit_take(struct limit *l, const struct sp_addr *from,
    enum limit_kind kind, sp_time now);

#endif
