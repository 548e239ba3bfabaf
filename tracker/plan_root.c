#include "tracker/plan_int.h"

/* Where trees begin, and what becomes of them when that is elsewhere. */

#define DEEP  7   /* more than trees have that have grown by and by */
#define LIFTS 512 /* in one run, about */

/* Who has the most below it of those that hung on the old root; PLAN_NONE. */
static uint32_t
heir(const struct plan *p, uint32_t was, unsigned s)
{
	uint32_t i, best = PLAN_NONE;

	if (was != PLAN_NONE)
		return was;
	for (i = 0; i < p->len; i++)
		if (p->v[i].used && (p->v[i].inner >> s & 1) &&
		    p->v[i].parent[s] == PLAN_NONE && i != p->root[s] &&
		    (best == PLAN_NONE || p->v[i].room > p->v[best].room))
			best = i;
	return best;
}

/* A child of |i| in another stripe that can do without it; n_kids: none. */
static unsigned
least_kid(const struct plan *p, uint32_t i, unsigned s)
{
	const struct viewer *v = &p->v[i], *kid;
	unsigned k, least = UINT32_MAX, best = v->n_kids, cost, t;

	for (k = 0; k < v->n_kids; k++) {
		kid = &p->v[v->kids[k] >> 4];
		t = v->kids[k] & 15;
		if (t == s)
			continue;
		cost = kid->inner >> t & 1 ? 1u + kid->room : 0;
		cost += p->root[t] == i ? 2 * PLAN_ROOM_MAX : 0;
		if (cost < least) {
			least = cost;
			best = k;
		}
	}
	return best;
}

/*
 * Nearly all still hang on the old root of |s|, or on who hung on that, and
 * the new one may have no place left, having children in other stripes: then
 * nobody would hang on it.
 */
static void
succeed(struct plan *p, uint32_t was, unsigned s)
{
	uint32_t root = p->root[s], next = heir(p, was, s), name;
	uint32_t ousted[PLAN_ROOM_MAX];
	const struct viewer *v = &p->v[root];
	unsigned n = 0, k;

	if (next == PLAN_NONE)
		return;
	while (!plan_attach(p, next, s)) {
		k = least_kid(p, root, s);
		/* it cannot dial the new one, or there are only its own */
		if ((v->n_kids < v->room && v->links < PLAN_LINKS) ||
		    k == v->n_kids)
			break;
		name = ousted[n++] = v->kids[k];
		plan_detach(p, name >> 4, name & 15);
	}
	while (n-- > 0)
		plan_attach(p, ousted[n] >> 4, ousted[n] & 15);
}

void
plan_roots(struct plan *p, const uint32_t root[K], sp_time now)
{
	uint32_t was[K];
	unsigned s;

	memcpy(was, p->root, sizeof(was));
	memcpy(p->root, root, sizeof(was));
	for (s = 0; s < K; s++) {
		if (root[s] == was[s])
			continue;
		if (root[s] != PLAN_NONE) {
			plan_detach(p, root[s], s);
			plan_reshape(p, root[s],
			    SP_MAX(plan_fair_room(p, root[s]),
				p->v[root[s]].room));
		}
		p->sunk = 2 * p->len;
		plan_run_by(p, now);
		if (root[s] != PLAN_NONE)
			succeed(p, was[s], s);
	}
}

/*
 * A root that takes its place above the old one makes the trees deeper each
 * time. Those with children go up first: others go with them.
 */
bool
plan_flatten(struct plan *p)
{
	unsigned s, least, tries = 0;
	bool first;
	uint32_t i;

	p->sunk = SP_MIN(p->sunk, 2 * p->len);
	for (; p->sunk > 0 && tries < LIFTS; p->sunk--) {
		i = (p->sunk - 1) % p->len;
		first = p->sunk > p->len;
		for (s = 0; s < p->k && p->v[i].used; s++) {
			least = first && (p->v[i].inner >> s & 1)
				    ? DEEP
				    : PLAN_DEPTH_MAX;
			if (p->v[i].parent[s] == PLAN_NONE ||
			    plan_depth(p, i, s) <= least)
				continue;
			plan_lift(p, i, s);
			tries++;
		}
	}
	return p->sunk == 0;
}
