#include "tracker/plain_int.h"

#define TICK        (PLAIN_TICK_S * SP_S)
#define SWARM_COST  4  /* peers that a swarm counts for besides its own */
#define EVICT_TRIES 16 /* swarms whose peer turns out to be heard of since */

/* ---- expiry -------------------------------------------------------------- */

/*
 * Looks at the rest of a pool, backwards: deletions move what was seen. When
 * turn is behind, all that has expired by now goes with one look.
 */
static int
sweep_pool(struct plain *p, struct pool *pool, uint32_t *left)
{
	struct sweep *w = &p->sweep;
	int64_t due;
	int n = 0;

	w->at = SP_MIN(w->at, pool->len);
	for (; w->at > 0 && *left > 0; --*left) {
		w->at--;
		due = plain_mark_tick(p, pool_mark(pool, w->at));
		if (due > p->tick) {
			w->soonest = SP_MIN(w->soonest, due);
			continue;
		}
		plain_peer_del(p, w->swarm, pool, w->at);
		n++;
	}
	return n;
}

static void
sweep_to(struct plain *p, const struct pool *pool)
{
	p->sweep.class = pool->class;
	p->sweep.at = pool->len;
}

/* All peers of swarm |i| have been seen. */
static void
sweep_end(struct plain *p, uint32_t i)
{
	int64_t due = p->sweep.cut ? p->tick + 1 : p->sweep.soonest;

	p->sweep.swarm = PLAIN_NONE;
	if (plain_swarm(p, i)->len == 0) {
		plain_swarm_del(p, i);
		return;
	}
	plain_unhang(p, i);
	plain_hang(p, i, due);
}

/* Returns how many peers have gone. */
static int
sweep_swarm(struct plain *p, uint32_t i, uint32_t *left)
{
	struct swarm *s = plain_swarm(p, i);
	struct sweep *w = &p->sweep;
	struct pool *pool, *next;
	uint8_t class;
	int n = 0;

	if (w->swarm != i) {
		*w = (struct sweep){ .swarm = i, .soonest = SP_NEVER };
		sweep_to(p, s->pools);
	}
	pool = plain_pool(s, w->class);
	if (pool == NULL) {
		pool = s->pools;
		sweep_to(p, pool);
	}
	for (; pool != NULL; pool = next) {
		n += sweep_pool(p, pool, left);
		if (w->at > 0) {
			w->cut = true;
			return n;
		}
		next = pool->next;
		class = pool->class;
		if (next != NULL)
			sweep_to(p, next);
		plain_pool_trim(p, i, class);
	}
	*left -= SP_MIN(*left, (uint32_t)SWARM_COST);
	sweep_end(p, i);
	return n;
}

static void
set_tick(struct plain *p, sp_time now)
{
	int64_t late, most;

	p->tick = (now - p->start) / TICK;
	if (p->peers == 0)
		p->turn = SP_MAX(p->turn, p->tick);
	/*
	 * After a very long silence time is taken to have stood still, or the
	 * wheel would have to turn more than once, and marks come round.
	 */
	most = SP_MIN((int64_t)p->wheel_mask, (int64_t)MARK_AHEAD) -
	       p->max_ttl - 2;
	most = SP_MIN(most, (int64_t)MARK_BEHIND);
	late = p->tick - p->turn;
	if (late > most) {
		p->start += (late - most) * TICK;
		p->tick -= late - most;
	}
}

int
plain_tick(struct plain *p, sp_time now)
{
	uint32_t left = PLAIN_TICK_MAX, i;
	int n = 0;

	if (now < p->next)
		return 0;
	set_tick(p, now);
	while (p->turn <= p->tick && left > 0) {
		i = p->sweep.swarm;
		if (i == PLAIN_NONE)
			i = p->wheel[0][p->turn & p->wheel_mask];
		if (i == PLAIN_NONE)
			i = p->wheel[1][p->turn & p->wheel_mask];
		if (i == PLAIN_NONE)
			p->turn++;
		else
			n += sweep_swarm(p, i, &left);
	}
	p->next = tstamp_add(p->start, p->turn * TICK);
	p->stats.expired += (uint64_t)n;
	return n;
}

sp_time
plain_deadline(const struct plain *p)
{
	return p->peers == 0 ? SP_NEVER : p->next;
}

/* ---- eviction ------------------------------------------------------------ */

/* The first lone swarm but |keep|, and when it is due; PLAIN_NONE. */
static uint32_t
first_lone(struct plain *p, uint32_t keep, int64_t *due)
{
	int64_t t = SP_MAX(p->lone_from, p->turn),
		end = p->turn + p->wheel_mask;
	bool empty = true;
	uint32_t i;

	for (; t <= end; t++) {
		i = p->wheel[1][t & p->wheel_mask];
		if (empty)
			p->lone_from = t;
		if (i == PLAIN_NONE)
			continue;
		empty = false;
		if (i == keep)
			i = plain_swarm(p, i)->next;
		if (i == PLAIN_NONE)
			continue;
		*due = t;
		return i;
	}
	return PLAIN_NONE;
}

bool
plain_evict(struct plain *p, uint32_t keep)
{
	int64_t due, real;
	uint32_t i;

	for (int tries = 0; tries < EVICT_TRIES; tries++) {
		i = first_lone(p, keep, &due);
		if (i == PLAIN_NONE)
			return false;
		real =
		    plain_mark_tick(p, pool_mark(plain_swarm(p, i)->pools, 0));
		if (real <= due) {
			p->stats.evicted += plain_swarm_del(p, i);
			return true;
		}
		plain_unhang(p, i);
		plain_hang(p, i, real);
	}
	return false;
}
