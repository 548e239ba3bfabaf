#include "swarm/announce.h"

#define EARLY_FOR      (120 * SP_S)
#define EARLY_INTERVAL (30 * SP_S)
#define LATE_S         120
#define BACKOFF_MAX    (60 * SP_S)
#define HURRY_MIN      (5 * SP_S)

/* |t| give or take |percent|. */
static sp_time
jitter(sp_time t, int percent, struct sp_rng *rng)
{
	sp_time span = t / 100 * percent;

	return t - span + (sp_time)rng_below(rng, (uint64_t)(2 * span) + 1);
}

void
announce_init(struct announce *a, sp_time now)
{
	memset(a, 0, sizeof(*a));
	a->started = a->next = now;
}

bool
announce_due(struct announce *a, uint32_t id, sp_time now, enum tw_event *event)
{
	if (now < a->next)
		return false;
	*event = a->ever ? TW_EVENT_NONE : TW_EVENT_STARTED;
	a->id = id;
	a->last = now;
	a->next = SP_NEVER;
	return true;
}

void
announce_ok(struct announce *a, uint32_t id, uint32_t interval_s,
    uint32_t min_interval_s, struct sp_rng *rng, sp_time now)
{
	sp_time t;

	if (id != a->id)
		return;
	a->id = 0;
	a->fails = 0;
	a->ever = true;
	a->min_interval_s = SP_MIN(min_interval_s, 3600);
	if (interval_s == 0)
		interval_s = LATE_S;
	t = SP_CLAMP(interval_s, 5, 3600) * SP_S;
	if (now - a->started < EARLY_FOR)
		t = SP_MIN(t, EARLY_INTERVAL);
	a->next = now + jitter(t, 10, rng);
}

void
announce_failed(struct announce *a, uint32_t id, struct sp_rng *rng,
    sp_time now)
{
	sp_time t;

	if (id != a->id)
		return;
	a->id = 0;
	t = SP_MIN(SP_S << SP_MIN(a->fails, 6), BACKOFF_MAX);
	a->fails++;
	a->next = now + jitter(t, 20, rng);
}

void
announce_hurry(struct announce *a, sp_time now)
{
	sp_time at = a->last + SP_MAX(HURRY_MIN, a->min_interval_s * SP_S);

	if (a->id != 0 || a->fails > 0)
		return;
	a->next = SP_MIN(a->next, SP_MAX(at, now));
}
