#ifndef SWARM_DUTY_H
#define SWARM_DUTY_H

/*
 * Who of the roster fetches what from the origin (SCHEDULER.md section 2).
 *
 * A piece's blocks are cut into K stripes, contiguous runs, one Range request
 * each. For every stripe of a track the roster gives an order (wire/roster.h):
 * rank 0 fetches when the piece is available, ranks 1.. step in when nothing
 * is heard, each a little later than the one before. 10 blocks, K = 4:
 *
 *	block	0 1 2 3 4 5 6 7 8 9
 *	stripe	0 0 1 1 1 2 2 3 3 3
 *
 * All who have the same roster draw the same. The feed brings a roster and
 * the records in one order, so what counts for a piece is the roster that was
 * there when its record came.
 */

#include "base/tstamp.h"
#include "wire/roster.h"

#define DUTY_STRIPES 16          /* most of a piece */
#define DUTY_RANKS   4           /* on duty and three backups */
#define DUTY_AGE     (60 * SP_S) /* an older roster is not believed */

/* Stripes of one track's pieces, bit by number, for which one has a rank. */
struct duty {
	uint16_t rank[DUTY_RANKS];
};

/* Number of stripes of a piece of |blocks| blocks: min(DUTY_STRIPES, blocks) */
unsigned duty_stripes(uint32_t blocks);
/*
 * First block of stripe |s| of |k|, for s = k one past the last block. |k| is
 * 1 when the origin ignores Range.
 */
uint32_t duty_first(uint32_t blocks, unsigned k, unsigned s);
/* The stripe that block |index| < |blocks| is in. */
unsigned duty_stripe(uint32_t blocks, unsigned k, uint32_t index);

/*
 * What |id| has to do for pieces of |track| with |k| <= DUTY_STRIPES stripes,
 * by a roster that came at |at|. Nothing without a roster (NULL), with one
 * older than DUTY_AGE, or when |id| is not on it: false.
 */
bool duty_draw(struct duty *out, const struct roster *r, sp_time at,
    const uint8_t id[LINK_PEERID_LEN], uint8_t track, unsigned k, sp_time now);

/*
 * How long after a piece is available the backup of |rank| fires if it holds
 * and hears of nothing of a stripe:
 *	q95_arrival + rank * (ttfb_q95 + block_time)
 * |q95_arrival|: when blocks from who was on duty were there, after
 * availability; |block_time|: that a block takes on the uplink. Rank 0: 0.
 * Times are not negative; the sum is at most SP_NEVER.
 */
sp_time duty_backup_delay(unsigned rank, sp_time q95_arrival, sp_time ttfb_q95,
    sp_time block_time);

#endif
