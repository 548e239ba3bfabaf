#ifndef TRACKER_COOKIE_H
#define TRACKER_COOKIE_H

/*
 * Connection ids of BEP 15 without a table: an id is a keyed hash (SipHash-2-4)
 * of the client's IP and of the slice of time in which it was made. Whoever
 * shows a good one has lately received a packet at that address, so that a
 * reply larger than its request goes to nobody who did not ask.
 *
 *	slice       n - 1      n       n + 1     n + 2
 *	made here   |---------x
 *	good                  x=========|=========|
 *
 * It is good in the slice in which it was made and in the next one: between one
 * and two slices, and only for that IP, whatever the port. IPv6 counts whole:
 * neighbours in a /64 do not share ids.
 */

#include "base/addr.h"
#include "base/tstamp.h"

#define COOKIE_KEY_LEN 16

struct cookie {
	uint64_t k0, k1;
	sp_time slice;
};

/* |key| is from the kernel, one for all workers; |slice| at least SP_S. */
void cookie_init(struct cookie *c, const uint8_t key[COOKIE_KEY_LEN],
    sp_time slice);
uint64_t cookie_make(const struct cookie *c, const struct sp_addr *from,
    sp_time now);
bool cookie_is_good(const struct cookie *c, const struct sp_addr *from,
    uint64_t id, sp_time now);

#endif
