#include "swarm/client/dht_plan.h"

#define FIRST       SP_S
#define PUT_FIRST   (2 * SP_S)
#define BACKOFF_MAX (60 * SP_S)
#define QUIET       (15 * 60 * SP_S) /* peers are found and announced */
#define HEAD_SECOND (60 * SP_S)
#define HEAD_MIN    (20 * 60 * SP_S)
#define HEAD_SPREAD (20 * 60 * SP_S)

/* |t| give or take |percent|. */
static sp_time
jitter(sp_time t, int percent, struct sp_rng *rng)
{
	sp_time span = t / 100 * percent;

	return t - span + (sp_time)rng_below(rng, (uint64_t)(2 * span) + 1);
}

static sp_time
backoff(sp_time first, unsigned n, sp_time max, struct sp_rng *rng)
{
	return jitter(SP_MIN(first << SP_MIN(n, 10u), max), 20, rng);
}

static sp_time
head_later(struct sp_rng *rng)
{
	return HEAD_MIN + (sp_time)rng_below(rng, HEAD_SPREAD);
}

void
dht_plan_init(struct dht_plan *p, bool get, sp_time now)
{
	memset(p, 0, sizeof(*p));
	p->at[DHT_FIND] = now;
	p->at[DHT_ANNOUNCE] = SP_NEVER;
	p->at[DHT_GET] = get ? now : SP_NEVER;
	p->at[DHT_PUT] = SP_NEVER;
}

void
dht_plan_ready(struct dht_plan *p, sp_time now)
{
	if (!p->found)
		p->at[DHT_FIND] = now;
	if (!p->got && p->at[DHT_GET] != SP_NEVER)
		p->at[DHT_GET] = now;
	if (p->at[DHT_ANNOUNCE] != SP_NEVER) {
		p->at[DHT_ANNOUNCE] = now;
		p->n[DHT_ANNOUNCE] = 0;
	}
	if (p->at[DHT_PUT] != SP_NEVER)
		p->at[DHT_PUT] = now;
}

void
dht_plan_wish(struct dht_plan *p, sp_time now)
{
	sp_time at = p->last[DHT_FIND] + DHT_WISH_GAP;

	p->at[DHT_FIND] = SP_MIN(p->at[DHT_FIND], SP_MAX(at, now));
}

void
dht_plan_serve(struct dht_plan *p, sp_time now)
{
	if (p->at[DHT_ANNOUNCE] == SP_NEVER)
		p->at[DHT_ANNOUNCE] = now;
}

void
dht_plan_moved(struct dht_plan *p, sp_time now)
{
	if (p->at[DHT_ANNOUNCE] == SP_NEVER)
		return;
	p->at[DHT_ANNOUNCE] = now;
	p->n[DHT_ANNOUNCE] = 0;
}

void
dht_plan_known(struct dht_plan *p)
{
	p->known = true;
}

void
dht_plan_look(struct dht_plan *p, sp_time now)
{
	p->at[DHT_GET] = SP_MIN(p->at[DHT_GET],
	    SP_MAX(now, p->last[DHT_GET] + DHT_WISH_GAP));
}

void
dht_plan_publish(struct dht_plan *p, sp_time now)
{
	p->at[DHT_PUT] = now;
	p->n[DHT_PUT] = 0;
}

/* ---- what is due ---- */

static sp_time
next_of(const struct dht_plan *p, enum dht_what what, struct sp_rng *rng)
{
	unsigned n = p->n[what];

	switch (what) {
	case DHT_FIND:
		return backoff(FIRST, n, p->known ? QUIET : BACKOFF_MAX, rng);
	case DHT_ANNOUNCE:
		return jitter(n == 0   ? 5 * SP_S
			      : n == 1 ? 30 * SP_S
				       : QUIET,
		    10, rng);
	case DHT_GET:
		return p->known || p->got ? head_later(rng)
					  : backoff(FIRST, n, BACKOFF_MAX, rng);
	default:
		return backoff(PUT_FIRST, n, BACKOFF_MAX, rng);
	}
}

unsigned
dht_plan_due(struct dht_plan *p, struct sp_rng *rng, sp_time now)
{
	unsigned due = 0;

	for (unsigned i = 0; i < DHT_WHATS; i++) {
		if (now < p->at[i])
			continue;
		due |= DHT_BIT(i);
		p->at[i] = now + next_of(p, i, rng);
		p->last[i] = now;
		p->n[i]++;
	}
	if (due & DHT_BIT(DHT_FIND))
		p->found = false;
	return due;
}

sp_time
dht_plan_next(const struct dht_plan *p)
{
	sp_time at = SP_NEVER;

	for (unsigned i = 0; i < DHT_WHATS; i++)
		at = SP_MIN(at, p->at[i]);
	return at;
}

/* ---- what came of it ---- */

void
dht_plan_peers(struct dht_plan *p, struct sp_rng *rng, sp_time now)
{
	if (p->found)
		return;
	p->found = true;
	p->n[DHT_FIND] = 0;
	p->at[DHT_FIND] = now + jitter(QUIET, 10, rng);
}

/* Whether the head that we have is to be put back. */
static bool
is_ours_to_keep(int64_t found, int64_t have, int64_t age_ms, uint32_t peers,
    struct sp_rng *rng)
{
	if (have == 0 || age_ms > DHT_KEEP_MS)
		return false;
	if (found < have)
		return true;
	return age_ms > DHT_FRESH_MS &&
	       rng_below(rng, SP_MAX(peers, 1u)) < DHT_PUTTERS;
}

void
dht_plan_head(struct dht_plan *p, int64_t found, int64_t have, int64_t age_ms,
    uint32_t peers, struct sp_rng *rng, sp_time now)
{
	if (found > 0) {
		p->n[DHT_GET] = 0;
		p->at[DHT_GET] =
		    now + (p->heads == 0 ? HEAD_SECOND : head_later(rng));
		p->heads += p->heads < 2;
		p->got = true;
	}
	if (is_ours_to_keep(found, have, age_ms, peers, rng)) {
		p->n[DHT_PUT] = 0;
		p->at[DHT_PUT] = now + (sp_time)rng_below(rng, DHT_PUT_SPREAD);
	}
}

void
dht_plan_stored(struct dht_plan *p, uint32_t stored)
{
	if (stored == 0)
		return;
	p->at[DHT_PUT] = SP_NEVER;
	p->n[DHT_PUT] = 0;
}
