#ifndef SWARM_ANNOUNCE_H
#define SWARM_ANNOUNCE_H

/*
 * When to announce (SCHEDULER.md section 6): at once, then every 30 s for two
 * minutes, then at the tracker's interval (120 s if it names none) +-10 %;
 * after a failure 1, 2, 4 ... 60 s +-20 %. A wish for more peers brings the
 * next one forward, but not below 5 s (or the tracker's minimum).
 */

#include "base/rng.h"
#include "base/tstamp.h"
#include "wire/trackwire.h"

struct announce {
	sp_time started; /* first announce */
	sp_time last;    /* last one sent */
	sp_time next;    /* SP_NEVER while one is out */
	uint32_t id;     /* of the one that is out, 0 none */
	uint32_t fails;  /* in a row */
	uint32_t min_interval_s;
	bool ever; /* one was answered: no "started" any more */
};

void announce_init(struct announce *a, sp_time now);
/* True when one is due; *event says which. Marks it as out. */
bool announce_due(struct announce *a, uint32_t id, sp_time now,
    enum tw_event *event);
/* Answers to other ids are ignored. */
void announce_ok(struct announce *a, uint32_t id, uint32_t interval_s,
    uint32_t min_interval_s, struct sp_rng *rng, sp_time now);
void announce_failed(struct announce *a, uint32_t id, struct sp_rng *rng,
    sp_time now);
/* More peers are needed. */
void announce_hurry(struct announce *a, sp_time now);

#endif
