#include "swarm/client/lsd_plan.h"

/* After each of the first ones. */
static const sp_time begin[] = { 2 * SP_S, 8 * SP_S };

void
lsd_plan_init(struct lsd_plan *p, sp_time now)
{
	memset(p, 0, sizeof(*p));
	p->next = now;
	ratelim_init(&p->meet, LSD_MEET_BPS, LSD_MEET, now);
}

sp_time
lsd_plan_next(const struct lsd_plan *p)
{
	return p->next;
}

/* |t| +-10 % */
static sp_time
about(struct sp_rng *rng, sp_time t)
{
	return t - t / 10 + (sp_time)rng_below(rng, (uint64_t)t / 5);
}

bool
lsd_plan_due(struct lsd_plan *p, struct sp_rng *rng, sp_time now)
{
	if (now < p->next)
		return false;
	p->next = now + (p->said < SP_LEN(begin) ? begin[p->said]
						 : about(rng, LSD_EVERY));
	p->said++;
	p->last = now;
	p->answering = false;
	return true;
}

/* Not later than |at|, nor too soon after the last one. */
static void
hurry(struct lsd_plan *p, sp_time at)
{
	if (p->last != 0)
		at = SP_MAX(at, p->last + LSD_GAP);
	p->next = SP_MIN(p->next, at);
}

void
lsd_plan_wish(struct lsd_plan *p, sp_time now)
{
	hurry(p, now);
	p->answering = false;
}

/* Forgets whom it has not heard of for long. */
static bool
is_known(struct lsd_plan *p, const struct sp_addr *addr, sp_time now)
{
	for (size_t i = 0; i < p->n_seen;) {
		if (now - p->seen[i].at >= LSD_SEEN_FOR)
			p->seen[i] = p->seen[--p->n_seen];
		else if (addr_eq(&p->seen[i].addr, addr))
			return true;
		else
			i++;
	}
	return false;
}

static void
remember(struct lsd_plan *p, const struct sp_addr *addr, struct sp_rng *rng,
    sp_time now)
{
	size_t i = p->n_seen;

	if (i == LSD_SEEN_MAX)
		i = (size_t)rng_below(rng, LSD_SEEN_MAX);
	else
		p->n_seen++;
	p->seen[i].addr = *addr;
	p->seen[i].at = now;
}

bool
lsd_plan_heard(struct lsd_plan *p, const struct sp_addr *addr,
    struct sp_rng *rng, sp_time now)
{
	if (p->answering && ++p->others >= LSD_ENOUGH) {
		p->answering = false;
		p->next = p->usual;
	}
	if (is_known(p, addr, now) || !ratelim_take(&p->meet, 1, now))
		return false;
	remember(p, addr, rng, now);
	if (p->answering)
		return true;
	p->usual = p->next;
	p->others = 0;
	hurry(p, now + (sp_time)rng_below(rng, (uint64_t)LSD_ANSWER));
	p->answering = p->next < p->usual;
	return true;
}
