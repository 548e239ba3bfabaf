#ifndef TRACKER_TRACK_INT_H
#define TRACKER_TRACK_INT_H

/*
 * What track.c (life, access, time), track_announce.c and track_live.c (what
 * comes from and goes to live channels) share; nobody else includes it.
 */

#include "tracker/duties.h"
#include "tracker/figures.h"
#include "tracker/plain.h"
#include "tracker/plans.h"
#include "tracker/presence.h"
#include "tracker/rep.h"
#include "tracker/track.h"

struct track {
	const struct sp_mem *mem;
	struct plain *plain;       /* ordinary swarms */
	struct registry *registry; /* live ones, and viewers of ours */
	struct live *live;
	struct access *access;
	struct duties *duties;
	struct reps *reps;
	struct presence *presence;
	struct plans *plans;
	struct figures *figures;
	struct shareout *shareout; /* NULL: alone */
	bool full_scrape;
	uint32_t asker_net;
	uint32_t import_s; /* ordinary peers of other trackers are kept */
	struct track_stats stats; /* its own part of it */
};

bool track_may_publish(struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);
/* A viewer's announce was taken: others are told of it. */
void track_tell(struct track *t, const struct tw_announce *a,
    const struct sp_addr *from, sp_time now);

/* Forgets channels and swarms that are no longer permitted. */
void track_drop_denied(struct track *t);

#endif
