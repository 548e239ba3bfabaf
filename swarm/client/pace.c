#include "swarm/client/pace.h"

#define QUARTERS  4
#define RAISE_MAX (4 * QUARTERS)
#define TOOK_MIN  (20 * SP_MS)
#define ENOUGH    2 /* times the best rendition: no need to wait */

void
pace_init(struct pace *p, sp_time now)
{
	memset(p, 0, sizeof(*p));
	p->ease_at = now;
	p->raise = QUARTERS;
}

static void
judge(struct pace *p, const struct pace_piece *pc, sp_time now)
{
	if (pc->lag > pc->delay) {
		p->late_at = p->ease_at = now;
		p->raise = QUARTERS;
	} else if (pc->lag > pc->delay / 2) {
		p->ease_at = now;
	} else if (now - p->ease_at >= PACE_SPAN) {
		p->ease_at = now;
		p->raise += SP_MAX(p->raise / 4, 1u);
		p->raise = SP_MIN(p->raise, RAISE_MAX);
	}
}

void
pace_piece(struct pace *p, const struct pace_piece *pc, sp_time now)
{
	uint64_t us = (uint64_t)(SP_MAX(pc->took, TOOK_MIN) / SP_US);

	p->v[p->next] =
	    (struct pace_sample){ now, SP_MAX(pc->bytes * 1000000 / us, 1u) };
	p->next = (p->next + 1) % PACE_SAMPLES;
	p->n += p->n < PACE_SAMPLES;
	if (pc->lag >= 0)
		judge(p, pc, now);
}

uint64_t
pace_swarm(const struct pace *p, sp_time now)
{
	uint64_t v[PACE_SAMPLES], bps;
	unsigned n = 0, i, k;

	for (i = 0; i < p->n; i++) {
		if (now - p->v[i].at > PACE_SPAN)
			continue;
		bps = p->v[i].bps;
		for (k = n++; k > 0 && v[k - 1] > bps; k--)
			v[k] = v[k - 1];
		v[k] = bps;
	}
	return n == 0 ? 0 : v[n / 10];
}

uint64_t
pace_rate(const struct pace *p, uint64_t rate, uint64_t top, bool lowest,
    sp_time now)
{
	uint64_t bps = pace_swarm(p, now), least = rate + rate / 5;

	if (bps == 0)
		return 0;
	if (p->late_at != 0 && now - p->late_at <= PACE_SPAN && !lowest)
		return SP_CLAMP(bps, rate - rate / 10, least);
	bps = SP_MAX(bps, least) * p->raise / QUARTERS;
	return bps >= ENOUGH * top ? 0 : bps;
}
