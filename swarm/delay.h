#ifndef SWARM_DELAY_H
#define SWARM_DELAY_H

/*
 * How long the playout delay has to be (SCHEDULER.md section 5):
 *
 *	D >= q99.9(lag) + q99.9(ttfb) + 0.3 s
 *
 * As it stands that would raise D for ever, for lag grows with D: what can wait
 * does, for uploads that are more urgent and for the ramp, which ends a guard
 * time before the deadline. Simulated, with D = 6 s one piece in ten of a good
 * swarm is complete after 4.1 s, with D = 10 s after 6.5 s. So a piece that was
 * there in time says that this D is enough, and counts as at most what leaves
 * D as it is; one that was not counts as it was.
 */

#include "base/quantile.h"
#include "base/tstamp.h"

#define DELAY_MARGIN (300 * SP_MS)
#define DELAY_KNOWN  8          /* samples, before anything is said */
#define DELAY_LATE   (3 * SP_S) /* more than so late counts as that */

struct delay {
	struct quantile lag_us; /* as it counts */
	sp_time told;           /* what was warned of; 0: nothing */
};

void delay_init(struct delay *d);
/*
 * A piece was complete |lag| after it was available, with |delay| in force,
 * and |late| or in time for the player. |ttfb|: q99.9 of the origin's.
 */
void delay_sample(struct delay *d, sp_time lag, bool late, sp_time delay,
    sp_time ttfb);
/* What D has to be; 0: it is not known. */
sp_time delay_needed(const struct delay *d, sp_time ttfb);
/*
 * True when who has fixed D at |fixed| should hear that |needed| is more: at
 * first and each time that it has grown by a second.
 */
bool delay_warns(struct delay *d, sp_time needed, sp_time fixed);

#endif
