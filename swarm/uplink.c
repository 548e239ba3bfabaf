#include "swarm/uplink.h"

#define SURE 5 /* samples */

void
uplink_init(struct uplink *u)
{
	memset(u, 0, sizeof(*u));
	u->since = SP_NEVER;
}

void
uplink_begin(struct uplink *u, sp_time now)
{
	if (u->since != SP_NEVER)
		return;
	u->since = now;
	u->bytes = 0;
}

void
uplink_sent(struct uplink *u, uint64_t bytes, uint64_t backlog, sp_time now)
{
	uint64_t sample, us;

	if (u->since == SP_NEVER)
		return;
	u->bytes += bytes;
	if (now - u->since >= UPLINK_SPAN) {
		us = (uint64_t)((now - u->since) / SP_US);
		sample = u->bytes * 1000000 / us;
		if (now - u->keep_at > UPLINK_KEEP) {
			u->best[1] = u->best[0];
			u->best[0] = 0;
			u->count[1] = u->count[0];
			u->count[0] = 0;
			u->keep_at = now;
		}
		u->best[0] = SP_MAX(u->best[0], sample);
		u->count[0]++;
		u->since = now;
		u->bytes = 0;
	}
	if (backlog == 0)
		u->since = SP_NEVER;
}

uint64_t
uplink_rate(const struct uplink *u)
{
	uint64_t best = SP_MAX(u->best[0], u->best[1]);

	return best == 0 ? UPLINK_ASSUMED : best;
}

bool
uplink_is_below(const struct uplink *u, uint64_t bps)
{
	return u->count[0] + u->count[1] >= SURE && uplink_rate(u) < bps;
}

bool
uplink_is_known(const struct uplink *u)
{
	return u->best[0] != 0 || u->best[1] != 0;
}
