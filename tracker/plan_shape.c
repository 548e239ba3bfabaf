#include "tracker/plan_int.h"

#define ROOT_ROOM 8 /* children of a root that does not know */

unsigned
plan_fanout(uint64_t kbps)
{
	/* f (ln f - 1) = 30 ms * bytes per second / block, f of 6 to 12 */
	static const uint32_t least[] = { 28900, 37700, 46700, 56900, 67100,
		77800 };
	unsigned f;

	for (f = 0; f < SP_LEN(least) && kbps >= least[f]; f++)
		;
	return 6 + f;
}

/* What an inner stripe of its adds to the room of that. */
static uint32_t
room_each(const struct viewer *v)
{
	unsigned n = (unsigned)__builtin_popcount(v->inner);

	return n == 0 ? 0 : v->room / n;
}

static bool
enter(struct plan *p, uint32_t i, unsigned s)
{
	struct inners *in = &p->inners[s];
	uint32_t cap = SP_MAX(16, 2 * in->cap), *v;

	if (in->n == in->cap) {
		v = mem_resize(p->mem, in->v, cap, sizeof(*v));
		if (v == NULL)
			return false;
		in->v = v;
		in->cap = cap;
	}
	in->v[in->n++] = i;
	p->v[i].inner |= (uint16_t)(1u << s);
	return true;
}

void
plan_quit(struct plan *p, uint32_t i, unsigned s)
{
	struct inners *in = &p->inners[s];
	uint32_t k;

	for (k = 0; in->v[k] != i; k++)
		;
	in->v[k] = in->v[--in->n];
	p->v[i].inner &= (uint16_t) ~(1u << s);
}

/* The stripes it has children in, or is the root of. */
static uint16_t
busy(const struct plan *p, uint32_t i)
{
	const struct viewer *v = &p->v[i];
	uint16_t set = 0;
	unsigned k, s;

	for (k = 0; k < v->n_kids; k++)
		set |= (uint16_t)(1u << (v->kids[k] & 15));
	for (s = 0; s < K; s++)
		set |= (uint16_t)((p->root[s] == i) << s);
	return set;
}

/* A stripe more to be inner in: where the least room is. PLAN_NONE: all. */
static unsigned
poorest(const struct plan *p, const struct viewer *v)
{
	unsigned s, best = PLAN_NONE;

	for (s = 0; s < p->k; s++)
		if (!(v->inner >> s & 1) &&
		    (best == PLAN_NONE || p->room[s] < p->room[best]))
			best = s;
	return best;
}

void
plan_count_room(struct plan *p, uint32_t i, bool add)
{
	const struct viewer *v = &p->v[i];
	uint32_t each = room_each(v);
	unsigned s;

	for (s = 0; s < K; s++)
		if (v->inner >> s & 1)
			p->room[s] += add ? each : 0 - each;
}

/* Leaves go first, and out of the stripes that are no longer inner all. */
static void
oust_excess(struct plan *p, uint32_t i)
{
	struct viewer *v = &p->v[i];
	uint32_t name;
	unsigned k, leaf;

	for (k = v->n_kids; k-- > 0;)
		if (!(v->inner >> (v->kids[k] & 15) & 1))
			plan_oust(p, v->kids[k] >> 4, v->kids[k] & 15);
	while (v->n_kids > v->room) {
		for (k = leaf = 0; k < v->n_kids; k++) {
			name = v->kids[k];
			if (!(p->v[name >> 4].inner >> (name & 15) & 1))
				leaf = k;
		}
		plan_detach(p, v->kids[leaf] >> 4, v->kids[leaf] & 15);
	}
}

/* |room| children, in as many stripes as they fill. */
void
plan_reshape(struct plan *p, uint32_t i, unsigned room)
{
	struct viewer *v = &p->v[i];
	uint16_t was = v->inner, now = busy(p, i);
	unsigned n, s;

	plan_count_room(p, i, false);
	v->room = (uint8_t)room;
	v->fanout = (uint8_t)SP_MIN(
	    plan_fanout(v->up_kbps == 0 ? UP_ASSUMED : v->up_kbps), room);
	n = room == 0 ? 0
		      : SP_CLAMP((room + v->fanout / 2) / v->fanout, 1, p->k);
	/* stripes without children are given up first */
	for (s = 0; s < K; s++)
		if ((v->inner >> s & 1) && (!(now >> s & 1) || room == 0))
			plan_quit(p, i, s);
	for (s = 0; s < K && room > 0; s++)
		if (p->root[s] == i && !(v->inner >> s & 1))
			enter(p, i, s);
	/* but those it had are taken again while there are too few */
	for (s = 0; s < K; s++)
		if (((was & ~v->inner) >> s & 1) && s < p->k &&
		    (unsigned)__builtin_popcount(v->inner) < n)
			enter(p, i, s);
	while ((unsigned)__builtin_popcount(v->inner) < n &&
	       (s = poorest(p, v)) != PLAN_NONE)
		if (!enter(p, i, s))
			break;
	plan_count_room(p, i, true);
	v->reshaped = v->reshaped || v->inner != was;
	oust_excess(p, i);
	for (s = 0; s < K; s++)
		if (v->inner >> s & 1)
			plan_lift(p, i, s);
	plan_run_by(p, p->ran_at);
}

/* How many children it should have. */
unsigned
plan_fair_room(const struct plan *p, uint32_t i)
{
	const struct viewer *v = &p->v[i];
	uint64_t room;
	bool root = false;
	unsigned s;

	for (s = 0; s < p->k; s++)
		root = root || p->root[s] == i;
	if (!v->relays || p->kbps == 0 || !(v->grown || root))
		return 0;
	if (v->up_kbps == 0)
		return root ? ROOT_ROOM : PLAN_UNKNOWN;
	room = (uint64_t)v->up_kbps * p->rho * p->k / p->kbps / 1000;
	return (unsigned)SP_MIN(room, PLAN_ROOM_MAX);
}

/* Small changes are not worth any move. */
void
plan_refit(struct plan *p, uint32_t i)
{
	const struct viewer *v = &p->v[i];
	unsigned room = plan_fair_room(p, i);
	unsigned far = SP_MAX(v->room / 6, 1);

	if (room > v->room + far || room + far < v->room ||
	    (room == 0) != (v->room == 0))
		plan_reshape(p, i, room);
}
