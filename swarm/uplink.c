#include "swarm/uplink.h"

#include "wire/limits.h"

#define SURE 5 /* samples */
#define LOOK 8 /* samples, then |ahead| may change */
#define STEP 4 /* by that part */

void
uplink_init(struct uplink *u)
{
	memset(u, 0, sizeof(*u));
	u->since = SP_NEVER;
	u->ahead = UPLINK_AHEAD;
}

void
uplink_begin(struct uplink *u, sp_time now)
{
	if (u->since != SP_NEVER)
		return;
	u->since = now;
	u->bytes = 0;
	memset(u->span, 0, sizeof(u->span));
}

/* Of what left in so long, and in the spans before it. */
static uint64_t
steady(struct uplink *u, uint64_t us)
{
	uint64_t bytes = u->bytes, all = us;
	unsigned i;

	for (i = 0; i < UPLINK_SPANS - 1; i++) {
		bytes += u->span[i].bytes;
		all += u->span[i].us;
	}
	memmove(&u->span[1], &u->span[0],
	    (UPLINK_SPANS - 2) * sizeof(u->span[0]));
	u->span[0].bytes = u->bytes;
	u->span[0].us = us;
	return bytes * 1000000 / all;
}

static void
keep(struct uplink *u, sp_time now)
{
	uint64_t us = (uint64_t)((now - u->since) / SP_US);
	uint64_t rate = u->bytes * 1000000 / us, slow = steady(u, us);
	struct uplink_best *b = u->best;

	if (now - u->keep_at > UPLINK_KEEP) {
		b[1] = b[0];
		memset(&b[0], 0, sizeof(b[0]));
		u->keep_at = now;
	}
	b[0].rate = SP_MAX(b[0].rate, rate);
	b[0].steady = SP_MAX(b[0].steady, slow);
	b[0].samples++;
}

void
uplink_sent(struct uplink *u, uint64_t bytes, uint64_t backlog, sp_time now)
{
	if (u->since == SP_NEVER)
		return;
	u->left += uplink_is_known(u) ? 0 : bytes;
	u->bytes += bytes;
	if (now - u->since >= UPLINK_SPAN) {
		/* of little, the way's delay is all that is seen */
		if (u->bytes + backlog >= LIM_BLOCK)
			keep(u, now);
		else
			memset(u->span, 0, sizeof(u->span));
		u->since = now;
		u->bytes = 0;
	}
	if (backlog == 0)
		u->since = SP_NEVER;
}

uint64_t
uplink_rate(const struct uplink *u)
{
	uint64_t best = SP_MAX(u->best[0].rate, u->best[1].rate);

	return best == 0 ? UPLINK_ASSUMED : best;
}

void
uplink_took(struct uplink *u, sp_time took, sp_time rtt, uint64_t bps)
{
	sp_time least =
	    rtt + (sp_time)(LIM_BLOCK * 1000 / SP_MAX(bps, 1)) * SP_MS;

	u->queued += took - least > SP_MAX(rtt, UPLINK_QUEUE);
	if (++u->seen < LOOK)
		return;
	if (u->queued > LOOK / 2)
		u->ahead -= u->ahead / STEP;
	else if (u->full)
		u->ahead += u->ahead / STEP;
	u->ahead = SP_CLAMP(u->ahead, UPLINK_AHEAD, UPLINK_FAR);
	u->seen = u->queued = 0;
	u->full = false;
}

uint64_t
uplink_room(const struct uplink *u, uint64_t bps)
{
	return bps / 1000 * (uint64_t)(u->ahead / SP_MS);
}

uint64_t
uplink_first(const struct uplink *u)
{
	return SP_MIN(LIM_BLOCK + u->left, uplink_room(u, UPLINK_ASSUMED));
}

void
uplink_full(struct uplink *u)
{
	u->full = true;
}

bool
uplink_is_below(const struct uplink *u, uint64_t bps)
{
	const struct uplink_best *b = u->best;

	return b[0].samples + b[1].samples >= SURE &&
	       SP_MAX(b[0].steady, b[1].steady) < bps;
}

bool
uplink_is_known(const struct uplink *u)
{
	return u->best[0].rate != 0 || u->best[1].rate != 0;
}
