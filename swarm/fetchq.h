#ifndef SWARM_FETCHQ_H
#define SWARM_FETCHQ_H

/*
 * What one viewer would fetch from the origin now, over all tracks, the most
 * important first. It is filled anew in every pass, so nothing in it is out of
 * date, and what was not its turn is asked for again with what is known then.
 */

#include "base/tstamp.h"

#define FETCHQ_MAX 64

enum fetch_class {
	FETCH_DUTY,   /* for all, by the roster */
	FETCH_FIRST,  /* a player has not begun yet */
	FETCH_RESCUE, /* or it stalls */
	FETCH_SOLO,   /* who waits for nobody; there is time */
	FETCH_AHEAD,  /* for all, by lot; there is time */
};

struct fetch_ask {
	uint32_t ref;      /* piece, the caller's number for it */
	uint32_t first, n; /* blocks */
	enum fetch_class class;
	sp_time deadline;
};

struct fetchq {
	struct fetch_ask v[FETCHQ_MAX];
	size_t n;
};

void fetchq_init(struct fetchq *q);
/*
 * Sorts it in: by class, then deadline, then as they came. |eta|: when it is
 * here if it is asked for at |now|. A rescue that comes too late is
 * what a player stands and waits for; what is for others and comes too late is
 * left out, and so is what is part of an ask that is there. False: it is, or it
 * is the last of a full queue.
 */
bool fetchq_add(struct fetchq *q, const struct fetch_ask *a, sp_time eta,
    sp_time now);

#endif
