#ifndef SWARM_SOLO_H
#define SWARM_SOLO_H

/*
 * Instant origin mode (SCHEDULER.md section 5): whether a viewer waits for
 * others at all, or fetches whole pieces from the origin when they are there.
 * It passes them on all the same.
 *
 * It begins when fewer than two neighbours (one, where there is only one other
 * viewer) are left for 2 s, or when two pieces in a row of a track had to be
 * fetched at the guard time though neighbours had them. It ends when two
 * neighbours hold what is new. Who was let down by them begins again if they do
 * so again, and stays the longer.
 */

#include "base/tstamp.h"
#include "wire/limits.h"

#define SOLO_WAIT     (2 * SP_S) /* with too few neighbours */
#define SOLO_PEERS    2
#define SOLO_ROW      2 /* pieces that others did not bring */
#define SOLO_STAY     (10 * SP_S)
#define SOLO_STAY_MAX (160 * SP_S)
#define SOLO_CALM     (60 * SP_S) /* after it: as if it had never been */

struct solo {
	bool on;
	sp_time few_at; /* too few since; SP_NEVER: enough */
	sp_time till;   /* it does not end before */
	sp_time stay;   /* the next time */
	sp_time ended;  /* the last time */
	uint8_t row[LIM_TRACKS];
};

void solo_init(struct solo *s, sp_time now);
/*
 * |live| neighbours, |good| of which hold what is new, of |others| that there
 * are besides us as far as is known. Returns whether |on| has changed.
 */
bool solo_look(struct solo *s, unsigned live, unsigned good, uint64_t others,
    sp_time now);
/*
 * A piece's time has come; |rescued|: neighbours had it, and it had to be
 * fetched at the guard time all the same. Returns whether it is |on| now and
 * was not.
 */
bool solo_piece(struct solo *s, uint8_t track, bool rescued, sp_time now);

#endif
