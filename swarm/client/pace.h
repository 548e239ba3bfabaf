#ifndef SWARM_CLIENT_PACE_H
#define SWARM_CLIENT_PACE_H

/*
 * How fast a player of several renditions is given what is here already.
 *
 * A player chooses the rendition by the speed at which segments come. They
 * come from this machine, so it would always choose the best one, whatever the
 * swarm can carry. So they are given at the speed at which the swarm brought
 * such pieces: the lower decile of 10 s (SCHEDULER.md section 7).
 *
 * That is less than the swarm can do, for it brings a live piece no faster
 * than it needs to. So while pieces come with time to spare, the speed is
 * raised step by step, until the player tries the next rendition; when one
 * comes too late, that is over. Who plays at a rate is never given less than
 * 6/5 of it, unless pieces came too late: then down to 9/10, so that the
 * player looks for a lower one.
 *
 *	the swarm brings a 2 s piece of 3 Mbit/s in 1 s: 6 Mbit/s
 *	in 2.5 s, but in time:                           3.6 Mbit/s, then more
 *	in 2.5 s, too late:                              2.7 Mbit/s
 *
 * Rates are bytes per second. Pure.
 */

#include "base/tstamp.h"

#define PACE_SPAN    (10 * SP_S)
#define PACE_SAMPLES 32

struct pace_sample {
	sp_time at;
	uint64_t bps;
};

struct pace {
	struct pace_sample v[PACE_SAMPLES];
	unsigned n, next;
	sp_time late_at; /* a piece came too late; 0: none has */
	sp_time ease_at; /* since then all came with time to spare */
	unsigned raise;  /* of the speed, in quarters */
};

/* A piece that is complete. */
struct pace_piece {
	uint64_t bytes; /* that came since its first block, of whatever */
	sp_time took;   /* since then */
	sp_time lag;    /* since it was available; -1: we were not there */
	sp_time delay;  /* playout delay */
};

void pace_init(struct pace *p, sp_time now);
void pace_piece(struct pace *p, const struct pace_piece *pc, sp_time now);
/* What the swarm brings; 0: not known. */
uint64_t pace_swarm(const struct pace *p, sp_time now);
/*
 * For a segment of a rendition of |rate|, where the best one has |top| and this
 * is the |lowest| or not. 0: as fast as it goes.
 */
uint64_t pace_rate(const struct pace *p, uint64_t rate, uint64_t top,
    bool lowest, sp_time now);

#endif
