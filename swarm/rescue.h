#ifndef SWARM_RESCUE_H
#define SWARM_RESCUE_H

/*
 * When and what to fetch from the origin (SCHEDULER.md section 5). Pure
 * functions; what is known of each origin is in tap.h.
 *
 * Every viewer draws for each stripe of a piece the slack at which it would
 * fetch it, g + tau * log2(1/u): with u uniform the probability to have fetched
 * by slack x is 2^-((x-g)/tau), so of M viewers that lack it the first one
 * acts about tau * log2 M before the guard time g, and the others see it
 * arriving and hold back. At x <= g everything missing is fetched, whatever
 * holders claim.
 */

#include "base/tstamp.h"

#define RESCUE_TAU_MIN (100 * SP_MS)
#define RESCUE_TAU_MAX (2 * SP_S)
#define RESCUE_RANGES  8

/*
 * tau where somebody is on duty: the time in which the holders of a block
 * double, as seen among the neighbours. Too small is worse than too large: all
 * would fetch before they can hear of each other.
 */
#define RESCUE_PACE     (500 * SP_MS) /* before there are samples */
#define RESCUE_PACE_MIN (300 * SP_MS)
#define RESCUE_PACE_MAX (800 * SP_MS)

struct rescue_pace {
	sp_time tau;
};

void rescue_pace_init(struct rescue_pace *p);
/*
 * When a block was first heard of |from| had it, and when it came, |took|
 * later, |to|. Less than a doubling tells nothing.
 */
void rescue_pace_add(struct rescue_pace *p, sp_time took, unsigned from,
    unsigned to);

/* Slack at which the holder of |seed| fetches this stripe on its own. */
sp_time rescue_threshold(uint64_t seed, uint8_t track, uint64_t number,
    uint32_t stripe, sp_time guard, sp_time tau);
/*
 * For comparison: after what time p2p-media-loader fetches a segment that
 * nobody has, by chance 0.1 each second as its defaults are.
 */
sp_time rescue_random(uint64_t seed, uint8_t track, uint64_t number);
/*
 * tau of a ramp that has |span| between availability and the guard time, for a
 * swarm of |n|: the first draw, tau * log2(n), and two tau of reserve fit in
 * the span. Larger, and many would fetch at the very start; smaller, and the
 * swarm has less time to spread what the first one fetched.
 */
sp_time rescue_tau(sp_time span, uint64_t n);
/*
 * To be added to the threshold: who has the uplink to pass on what it fetches
 * acts earlier, by tau for each doubling of its uplink over twice the stream's
 * rate, and later below; within +- 4 tau.
 */
sp_time rescue_shift(uint64_t up_bps, uint64_t stream_bps, sp_time tau);
/* Stripes of a piece of |blocks|: one per 4 blocks, 1..8. */
uint32_t rescue_stripes(uint32_t blocks);
/* Stripe of block |index|: contiguous runs. */
uint32_t rescue_stripe_of(uint32_t index, uint32_t blocks);

struct rescue_range {
	uint32_t first, n; /* blocks */
};

/*
 * Into how many ranges a piece is cut at most, 1..RESCUE_RANGES: half of that
 * |grain| times over (tap_grain), and where there is no time no more than one
 * for RESCUE_RANGE_BLOCKS, for a transfer takes about as long to begin as to
 * bring so much, and there are only a few at once.
 */
#define RESCUE_RANGE_BLOCKS 8
size_t rescue_ranges(uint32_t blocks, bool urgent, unsigned grain);
/*
 * Ranges that cover every block with need[i] != 0, at most |max| of them, which
 * is 1..RESCUE_RANGES, bridging the smallest gaps; all in one when more than
 * 80 % of the piece is needed. Returns their number.
 */
size_t rescue_plan(const uint8_t *need, uint32_t blocks,
    struct rescue_range out[RESCUE_RANGES], size_t max);
/*
 * Halves the largest of the |n| ranges, which stay in order, until none has
 * more than |most| blocks or there are |max| or RESCUE_RANGES. Returns their
 * number. One connection that loses packets brings less than the line could.
 */
size_t rescue_split(struct rescue_range r[RESCUE_RANGES], size_t n, size_t max,
    uint32_t most);
/*
 * Runs of blocks whose need is |what|, from the first on, at most |max|.
 * Returns their number.
 */
size_t rescue_runs(const uint8_t *need, uint8_t what, uint32_t blocks,
    struct rescue_range *out, size_t max);

#endif
