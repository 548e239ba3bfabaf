#include "tracker/limit.h"

#include "base/map.h"

#define WAYS 4

/*
 * Times are counted in 2^-16 s and 32 bits, so they come round after 18 hours.
 * A bucket is never further ahead than its burst: an entry that seems to be is
 * from the last round, and full.
 */
#define TICKS INT64_C(65536)

struct entry {
	uint32_t tag;               /* of the host; 0: free */
	uint32_t full[LIMIT_KINDS]; /* when the bucket will be */
	uint32_t zero;
};

static_assert(sizeof(struct entry) * WAYS == 64, "a set is a line");

/* In ticks: what a request costs and how much may be owed at most. */
struct cost {
	uint32_t one, most; /* 0: no limit */
};

struct limit {
	const struct sp_mem *mem;
	struct cost cost[LIMIT_KINDS];
	uint64_t k0, k1;
	uint32_t mask; /* of sets */
	struct entry *entries;
};

int
limit_set(struct limit *l, const struct limit_rate rate[LIMIT_KINDS])
{
	struct cost cost[LIMIT_KINDS] = { { 0, 0 } };

	for (int i = 0; i < LIMIT_KINDS; i++) {
		if (rate[i].per_s == 0)
			continue;
		if (rate[i].per_s > LIMIT_RATE_MAX || rate[i].burst == 0 ||
		    rate[i].burst > LIMIT_BURST_MAX)
			return SP_ERR_ARG;
		cost[i].one = (uint32_t)TICKS / rate[i].per_s;
		if ((int64_t)cost[i].one * rate[i].burst > INT32_MAX)
			return SP_ERR_ARG;
		cost[i].most = cost[i].one * rate[i].burst;
	}
	memcpy(l->cost, cost, sizeof(cost));
	return 0;
}

int
limit_new(struct limit **out, const struct sp_mem *mem,
    const struct limit_rate rate[LIMIT_KINDS], uint32_t hosts, uint64_t seed)
{
	struct limit *l;
	uint32_t n = WAYS;
	int r;

	*out = NULL;
	if (hosts > LIMIT_HOSTS_MAX)
		return SP_ERR_ARG;
	while (n < hosts)
		n *= 2;
	l = mem_zalloc(mem, 1, sizeof(*l));
	if (l == NULL)
		return SP_ERR_NOMEM;
	l->mem = mem;
	l->mask = n / WAYS - 1;
	l->k0 = seed;
	l->k1 = ~seed;
	r = limit_set(l, rate);
	if (r == 0) {
		l->entries = mem_zalloc(mem, n, sizeof(l->entries[0]));
		r = l->entries == NULL ? SP_ERR_NOMEM : 0;
	}
	if (r < 0) {
		limit_free(l);
		return r;
	}
	*out = l;
	return 0;
}

void
limit_free(struct limit *l)
{
	if (l == NULL)
		return;
	mem_free(l->mem, l->entries);
	mem_free(l->mem, l);
}

static uint32_t
ticks(sp_time now)
{
	return (uint32_t)(now / SP_S * TICKS + now % SP_S * TICKS / SP_S);
}

/* What the bucket lacks of being full. */
static uint32_t
owed(const struct limit *l, const struct entry *e, int kind, uint32_t now)
{
	uint32_t ahead = e->full[kind] - now;

	return ahead <= l->cost[kind].most ? ahead : 0;
}

static uint32_t
owed_at_most(const struct limit *l, const struct entry *e, uint32_t now)
{
	uint32_t most = 0;

	if (e->tag == 0)
		return 0;
	for (int i = 0; i < LIMIT_KINDS; i++)
		most = SP_MAX(most, owed(l, e, i, now));
	return most;
}

/* The host's entry, or the one in its set that is soonest forgotten. */
static struct entry *
entry_of(struct limit *l, const struct sp_addr *from, uint32_t now)
{
	/* Of IPv6 the network, which one line has as a whole. */
	uint64_t in[2] = { 0, from->family };
	struct entry *set, *e, *out;
	uint64_t h;
	uint32_t tag;

	memcpy(in, from->ip, sizeof(in[0]));
	h = map_siphash(l->k0, l->k1, in, sizeof(in));
	tag = (uint32_t)(h >> 32) | 1;
	out = set = &l->entries[(size_t)((uint32_t)h & l->mask) * WAYS];
	for (e = set; e < set + WAYS; e++) {
		if (e->tag == tag)
			return e;
		if (owed_at_most(l, e, now) < owed_at_most(l, out, now))
			out = e;
	}
	out->tag = tag;
	for (int i = 0; i < LIMIT_KINDS; i++)
		out->full[i] = now;
	return out;
}

bool
limit_take(struct limit *l, const struct sp_addr *from, enum limit_kind kind,
    sp_time now)
{
	const struct cost *c = &l->cost[kind];
	uint32_t at = ticks(now), debt;
	struct entry *e;

	if (c->one == 0)
		return true;
	e = entry_of(l, from, at);
	debt = owed(l, e, kind, at);
	if (debt > c->most - c->one)
		return false;
	e->full[kind] = at + debt + c->one;
	return true;
}
