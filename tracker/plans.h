#ifndef TRACKER_PLANS_H
#define TRACKER_PLANS_H

/*
 * The planned push trees of all live channels (tracker/plan.h): of each the
 * track that nearly all its bytes are of. A channel with several renditions of
 * like size has none, for the tracker does not know who follows which.
 *
 * A viewer is planned while a stream is open that names him
 * (tracker/presence.h), and gets his places on it. He has children if he has
 * announced himself from the same address, relays, and has not been found out
 * (tracker/rep.h); who is young but cannot be reached either may prove it.
 *
 * The stripes begin with the first by rank of the duty roster that is there.
 */

#include "base/buf.h"
#include "tracker/duties.h"
#include "tracker/live.h"
#include "tracker/plan.h"
#include "tracker/presence.h"
#include "tracker/registry.h"
#include "tracker/rep.h"

#define PLANS_RANKS 4  /* of the roster that a stripe may begin with */
#define PLANS_REACH 75 /* seconds to be reached in */

struct plans;

struct plans_conf {
	const struct live *live; /* these five are borrowed for life */
	const struct registry *registry;
	const struct duties *duties;
	struct reps *reps;
	struct presence *presence; /* its notes are ours */
	uint32_t max_channels;
	uint32_t max_viewers; /* of a channel */
	bool tell_private;
};

/* SP_ERR_NOMEM. */
int plans_new(struct plans **out, const struct plans_conf *conf,
    const struct sp_mem *mem, uint64_t seed);
void plans_free(struct plans *p); /* NULL is fine */

/*
 * Viewer |k| is there (again: he is told all anew), or is not; he is present
 * during both calls. Without memory he is not planned.
 */
void plans_come(struct plans *p, const struct presence_key *k, sp_time now);
void plans_go(struct plans *p, const struct presence_key *k, sp_time now);
/* He has announced himself. */
void plans_weigh(struct plans *p, const struct presence_key *k, sp_time now);
/* The roster, or the rate of a channel, may be another. */
void plans_touch(struct plans *p, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now);
/* True: viewers of that channel have news. False: all is done. */
bool plans_run(struct plans *p, uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now);
sp_time plans_deadline(const struct plans *p);
/* Appends a PLACES frame when there is news for him: 1; 0; or b->err. */
int plans_feed(struct plans *p, const struct presence_key *k, struct sp_buf *b);

/* Viewers in all plans. */
uint64_t plans_viewers(const struct plans *p);
bool plans_are_sound(const struct plans *p);

#endif
