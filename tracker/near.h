#ifndef TRACKER_NEAR_H
#define TRACKER_NEAR_H

/*
 * Which of some random candidates an asker in a live swarm is handed: half of
 * them as they come, so that the swarm stays one; of the others first those of
 * its own prefix (/24, /48), then those of its own network where that is known,
 * then anybody.
 *
 * Everybody is to be handed out about equally often all the same. Who stands in
 * a crowd is handed to the crowd, so less to others: the places that are left
 * go to candidates in proportion to what their own crowd leaves them. Crowds
 * are counted among the candidates, so nothing has to be kept of them. With P
 * the places for near ones and c the others of b's crowd among the candidates:
 *
 *	level      who                 is taken with probability
 *	prefix     the asker's         1
 *	network    the asker's         1 - min(c of b's prefix, P) / P
 *	anybody    all                 1 - min(c of b's network, P) / P
 *
 * and what is still free then goes to whoever comes first. As a hands out b
 * like b hands out a, sums are equal. A pure function of views.
 */

#include "base/addr.h"
#include "base/rng.h"

#define NEAR_MOST  600 /* candidates that are looked at, at most */
#define NEAR_TIMES 3   /* as many as are wanted */

/* Where a peer stands. */
struct near_place {
	uint64_t prefix;
	uint32_t net; /* number of its network; 0: not known */
};

/* |ip| has 4 or 16 bytes, as |family| (4, 6) says. */
static inline struct near_place
near_place_ip(int family, const uint8_t *ip, uint32_t net)
{
	uint64_t prefix = (uint64_t)ip[0] << 16 | (uint64_t)ip[1] << 8 | ip[2];

	if (family == 6)
		prefix = prefix << 24 | (uint64_t)ip[3] << 16 |
			 (uint64_t)ip[4] << 8 | ip[5];
	return (struct near_place){ prefix | (uint64_t)family << 48, net };
}

/* |addr|'s port is not looked at. */
struct near_place near_place(const struct sp_addr *addr, uint32_t net);
/* How many candidates a choice of |want| takes. */
size_t near_candidates(size_t want);
/*
 * Writes to |out| the indexes of at most |want| of the |n| (up to NEAR_MOST)
 * candidates |v|, which are others than the asker, in random order. How many:
 * the smaller of |want| and |n|.
 */
size_t near_choose(const struct near_place *asker, const struct near_place *v,
    size_t n, size_t want, struct sp_rng *rng, uint16_t *out);

#endif
