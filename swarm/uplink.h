#ifndef SWARM_UPLINK_H
#define SWARM_UPLINK_H

/*
 * How fast our uplink is, learned from how fast what waits for it leaves, and
 * how much may be on its way at once.
 *
 * A sample is taken after each UPLINK_SPAN of uninterrupted backlog, of a block
 * at least: of less, the delay of the way is all that is seen. One slow
 * connection makes a low sample, so the best of the last 10 to 20 s counts.
 * When the one packet comes that was lost, all that came behind it is
 * acknowledged at once, and seems to have left in no time: whether the line is
 * of any use is decided by the last UPLINK_SPANS together. While nothing ever
 * waits that long (loopback, a fast line) the rate is taken to be
 * UPLINK_ASSUMED: it only matters once something waits.
 *
 * What is on its way is what nobody has acknowledged. On a path that loses
 * packets that is more than what waits in front of the line, and who allowed
 * only so much as the line sends in a fixed time would send less, learn a lower
 * rate, and allow less again. So the time grows while blocks take hardly longer
 * than the way and the line make them, and shrinks when they queue: what delay
 * says is not mistaken for what loss does (LEDBAT, RFC 6817, has the same idea
 * and the same 100 ms).
 */

#include "base/tstamp.h"

#define UPLINK_SPAN    (300 * SP_MS)
#define UPLINK_SPANS   3
#define UPLINK_KEEP    (10 * SP_S)
#define UPLINK_ASSUMED 1000000       /* bytes per second */
#define UPLINK_AHEAD   (150 * SP_MS) /* on its way, at least */
#define UPLINK_FAR     (300 * SP_MS) /* and at most: more cannot be cancelled */
#define UPLINK_QUEUE   (100 * SP_MS) /* or a round trip more is a queue */

struct uplink_best {
	uint64_t rate, steady; /* of a span, and of UPLINK_SPANS */
	uint32_t samples;
};

struct uplink {
	struct uplink_best best[2]; /* of this and the last UPLINK_KEEP */
	sp_time keep_at;
	sp_time since;  /* backlog since then; SP_NEVER: none */
	uint64_t bytes; /* that left since */
	struct {
		uint64_t bytes, us;
	} span[UPLINK_SPANS - 1]; /* before, without a pause */
	sp_time ahead;
	uint64_t left;        /* bytes, ever, while no rate is known */
	uint8_t seen, queued; /* samples since |ahead| was looked at */
	bool full;            /* and more could have been sent */
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
/* A block was |took| on its way to a neighbour at |rtt|, the least known. */
void uplink_took(struct uplink *u, sp_time took, sp_time rtt, uint64_t bps);
/* Bytes that may be on their way. */
uint64_t uplink_room(const struct uplink *u, uint64_t bps);
/*
 * The same while the rate is only assumed: as much again as has left, so that
 * a line that is far slower than that is not blocked by the first blocks that
 * somebody asks for (slow start, RFC 5681).
 */
uint64_t uplink_first(const struct uplink *u);
/* That was not enough. */
void uplink_full(struct uplink *u);
/* False while the rate is only assumed. */
bool uplink_is_known(const struct uplink *u);

#endif
