#ifndef SWARM_CLIENT_RUNGS_H
#define SWARM_CLIENT_RUNGS_H

/*
 * The renditions among which players choose by speed: which there are, which
 * of them are worth a swarm of their own, and which a player has left
 * (SCHEDULER.md section 7). Pure.
 *
 * A rung with few viewers costs the origin nearly as much as one with many. So
 * who begins to watch is not told of it, but of the next lower one, which is
 * then shared by the viewers of both:
 *
 *	rung           viewers   with those from above   listed
 *	6 Mbit/s       2         2                       no
 *	3 Mbit/s       2         4                       no
 *	1 Mbit/s       9         13                      yes
 *
 * A viewer whose own uplink has room for one and a half streams of the rung
 * gives more than it takes there, and is told of it. Where all viewers
 * together are few, nothing would be gained, and all rungs are listed.
 */

#include "base/tstamp.h"
#include "wire/manifest.h"

#define RUNGS_THIN 6 /* viewers that a rung of its own takes */

struct rung {
	uint8_t track;
	bool video;
	uint32_t bps; /* bits per second */
	uint32_t target_s;
	const struct manifest_text *codecs;
};

/* By rate, the least first. */
struct rungs {
	struct rung v[LIM_TRACKS];
	size_t n;
};

/* Borrows |m|. */
void rungs_read(struct rungs *r, const struct manifest *m);
/* NULL: the track is no rung. */
const struct rung *rungs_find(const struct rungs *r, uint8_t track);
/*
 * The tracks that who begins now is better not told of, bit by id. |viewers|
 * by id: others that watch it, or would; |up_bps|: bits per second of our
 * uplink.
 */
uint32_t rungs_thin(const struct rungs *r, const uint32_t viewers[LIM_TRACKS],
    uint64_t up_bps);
/*
 * The rung that counts as ours: the one that is watched (-1: none), or the best
 * one |without| which the player was told of the others, as long as what comes
 * to us would suffice for it. -1: none.
 */
int rungs_wish(const struct rungs *r, int watched, uint32_t without,
    uint64_t down_bps);
/*
 * Whether the player has left a rung that it asked about at |asked|, as it has
 * asked about another one at |other|. It would have asked for the playlist
 * again by now; who goes |down| does so for want of bandwidth, so that one
 * playlist that was not asked for is enough.
 */
bool rungs_is_left(const struct rung *r, sp_time asked, sp_time other,
    bool down, sp_time now);

#endif
