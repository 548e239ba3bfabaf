#include "swarm/client/vod_banned.h"

static sp_time
wait_of(const struct vod_ban *x)
{
	unsigned k = SP_MIN(x->pardons, 16U);

	return SP_MIN(VOD_BAN_TIME << k, VOD_BAN_LONG);
}

void
vod_banned_add(struct vod_banned *b, const struct sp_addr *a, sp_time now)
{
	struct vod_ban *x, *worst = b->v;

	if (a->port == 0)
		return;
	for (x = b->v; x < b->v + b->n; x++) {
		if (addr_eq(&x->addr, a)) {
			x->since = now;
			return;
		}
		if (x->pardons > worst->pardons)
			worst = x;
	}
	if (b->n < VOD_BANNED_MAX)
		worst = &b->v[b->n++];
	*worst = (struct vod_ban){ *a, 0, now };
}

const struct sp_addr *
vod_banned_pardon(struct vod_banned *b, sp_time now)
{
	struct vod_ban *x, *best = NULL;

	for (x = b->v; x < b->v + b->n; x++) {
		if (now - x->since < wait_of(x))
			continue;
		if (best == NULL || x->pardons < best->pardons ||
		    (x->pardons == best->pardons && x->since < best->since))
			best = x;
	}
	if (best == NULL)
		return NULL;
	best->pardons++;
	best->since = now;
	return &best->addr;
}
