#ifndef SWARM_CLIENT_LSD_PLAN_H
#define SWARM_CLIENT_LSD_PLAN_H

/*
 * When to say on the local network that we are there (wire/lsd.h), and whom of
 * those who do to meet. Pure: the time is an argument, chance is the caller's.
 *
 * Said at once, after 2 s and after 10 s, for radio loses much of what goes to
 * all; then each 5 minutes, +-10 %. Within 2 s when somebody new is heard of,
 * for who has enough neighbours does not dial him, and at once when there
 * is nobody at all; but after the first three not within a minute of the last.
 * Where LSD_ENOUGH others have spoken since, a newcomer is left to them.
 *
 * Who is heard of is met once in 10 minutes. That is bounded: a channel's own
 * members may make up addresses.
 */

#include "base/addr.h"
#include "base/ratelim.h"
#include "base/rng.h"

#define LSD_EVERY    (300 * SP_S)
#define LSD_GAP      (60 * SP_S)
#define LSD_ANSWER   (2 * SP_S)
#define LSD_ENOUGH   8
#define LSD_SEEN_MAX 64
#define LSD_SEEN_FOR (600 * SP_S)
#define LSD_MEET_BPS 2  /* new ones in a second, */
#define LSD_MEET     32 /* and so many at once */

struct lsd_plan {
	sp_time next, last; /* last 0: nothing was said yet */
	unsigned said;
	bool answering;  /* |next| is for somebody new, */
	sp_time usual;   /* and would have been this, */
	unsigned others; /* who have spoken since */
	struct {
		struct sp_addr addr;
		sp_time at;
	} seen[LSD_SEEN_MAX];
	size_t n_seen;
	struct ratelim meet;
};

void lsd_plan_init(struct lsd_plan *p, sp_time now);
/* It is time: then the next one is set. */
bool lsd_plan_due(struct lsd_plan *p, struct sp_rng *rng, sp_time now);
/* When lsd_plan_due will be true. */
sp_time lsd_plan_next(const struct lsd_plan *p);
/* There are no peers. */
void lsd_plan_wish(struct lsd_plan *p, sp_time now);
/* A member at |addr| has spoken; true: he is to be met. */
bool lsd_plan_heard(struct lsd_plan *p, const struct sp_addr *addr,
    struct sp_rng *rng, sp_time now);

#endif
