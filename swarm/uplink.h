#ifndef SWARM_UPLINK_H
#define SWARM_UPLINK_H

/*
 * How fast our uplink is, learned from how fast what waits for it leaves.
 *
 * A sample is taken over at least UPLINK_SPAN of uninterrupted backlog. One
 * slow connection makes a low sample, so the best of the last 10 to 20 s
 * counts. While nothing ever waits that long (loopback, a fast line) the rate
 * is taken to be UPLINK_ASSUMED: it only matters once something waits.
 */

#include "base/tstamp.h"

#define UPLINK_SPAN    (300 * SP_MS)
#define UPLINK_KEEP    (10 * SP_S)
#define UPLINK_ASSUMED 1000000 /* bytes per second */

struct uplink {
	uint64_t best[2]; /* samples of this and the last UPLINK_KEEP */
	uint32_t count[2];
	sp_time keep_at;
	sp_time since;  /* backlog since then; SP_NEVER: none */
	uint64_t bytes; /* that left since */
};

void uplink_init(struct uplink *u);
/* Bytes were handed to the host. */
void uplink_begin(struct uplink *u, sp_time now);
/* |bytes| have left; |backlog| are still waiting. */
void uplink_sent(struct uplink *u, uint64_t bytes, uint64_t backlog,
    sp_time now);
/* Bytes per second. */
uint64_t uplink_rate(const struct uplink *u);
/* It is below |bps|, by more than a few samples. */
bool uplink_is_below(const struct uplink *u, uint64_t bps);
/* False while the rate is only assumed. */
bool uplink_is_known(const struct uplink *u);

#endif
