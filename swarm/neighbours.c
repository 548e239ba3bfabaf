#include "swarm/neighbours.h"

#define SET    24
#define LOCAL  10
#define STRONG 4
#define RANDOM 8
#define STEADY 60 /* s; half of the strength is there by then */

unsigned
neigh_distance(const struct sp_addr *self, const struct sp_addr *a)
{
	/* we reach it there, so it is of our house */
	if (addr_is_private(a) || addr_same_net(self, a))
		return 0;
	if (self->family != a->family || a->family == 0)
		return 2;
	return memcmp(self->ip, a->ip, a->family == 6 ? 4 : 2) == 0 ? 1 : 2;
}

uint32_t
neigh_share(uint32_t want, enum neigh_class class)
{
	switch (class) {
	case NEIGH_LOCAL:
		return want * LOCAL / SET;
	case NEIGH_STRONG:
		return want * STRONG / SET;
	case NEIGH_RANDOM:
		return want * RANDOM / SET;
	case NEIGH_TRIED:
		break;
	}
	return want - want * LOCAL / SET - want * STRONG / SET -
	       want * RANDOM / SET;
}

/* ---- classes ------------------------------------------------------------- */

struct view {
	const struct neigh_want *w;
	enum neigh_class class;
};

/* What it is worth as a source; what it only says itself counts an eighth. */
static uint64_t
strength(const struct neigh_peer *p)
{
	uint64_t w = p->weight != 0 ? p->weight : p->up_kbps / 8;
	uint64_t age_s = (uint64_t)(p->age / SP_S);

	return w * (age_s + 1) / (age_s + STEADY);
}

static bool
is_nearer(const struct neigh_want *w, const struct neigh_peer *a,
    const struct neigh_peer *b)
{
	unsigned da = neigh_distance(&w->self, &a->addr);
	unsigned db = neigh_distance(&w->self, &b->addr);

	if (da != db)
		return da < db;
	if ((a->srtt == 0) != (b->srtt == 0))
		return a->srtt != 0;
	if (a->srtt != b->srtt)
		return a->srtt < b->srtt;
	return a->slot < b->slot;
}

static bool
is_better(const struct view *o, const struct neigh_peer *a,
    const struct neigh_peer *b)
{
	if (o->class == NEIGH_LOCAL)
		return is_nearer(o->w, a, b);
	if (o->class == NEIGH_STRONG && strength(a) != strength(b))
		return strength(a) > strength(b);
	if (a->age != b->age)
		return a->age > b->age;
	return a->slot < b->slot;
}

/* Whether it may be of that class at all. */
static bool
fits(const struct view *o, const struct neigh_peer *p)
{
	switch (o->class) {
	case NEIGH_LOCAL:
		return p->srtt != 0 ||
		       neigh_distance(&o->w->self, &p->addr) < 2;
	case NEIGH_STRONG:
		return strength(p) > 0;
	default:
		return true;
	}
}

/* The best |max| of v[at..n) for the class to the front; what is next. */
static size_t
fill(const struct view *o, struct neigh_peer *v, size_t at, size_t n,
    uint32_t max)
{
	struct neigh_peer tmp;
	size_t best, i;

	for (; max > 0; max--, at++) {
		best = n;
		for (i = at; i < n; i++)
			if (fits(o, &v[i]) &&
			    (best == n || is_better(o, &v[i], &v[best])))
				best = i;
		if (best == n)
			break;
		tmp = v[at];
		v[at] = v[best];
		v[best] = tmp;
		v[at].class = o->class;
	}
	return at;
}

void
neigh_classify(const struct neigh_want *w, struct neigh_peer *v, size_t n)
{
	struct view o = { .w = w };
	size_t at = 0;

	for (o.class = NEIGH_LOCAL; o.class < NEIGH_TRIED; o.class ++)
		at = fill(&o, v, at, n, neigh_share(w->n, o.class));
	fill(&o, v, at, n, UINT32_MAX);
}

/* ---- dialling ------------------------------------------------------------ */

/* Neighbours of the network; private ones are not counted. */
static size_t
crowd(const struct sp_addr *a, const struct neigh_peer *v, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		k += addr_same_net(a, &v[i].addr);
	return addr_is_private(a) ? 0 : k;
}

/* What kind of contact is sought. */
enum sought { SOUGHT_NEAR, SOUGHT_STRONG, SOUGHT_OTHER, SOUGHT_ANY };

static bool
is_sought(const struct neigh_want *w, enum sought what,
    const struct neigh_contact *c, const struct neigh_peer *v, size_t n)
{
	switch (what) {
	case SOUGHT_NEAR:
		return neigh_distance(&w->self, &c->addr) < 2;
	case SOUGHT_STRONG:
		return c->weight != 0 && crowd(&c->addr, v, n) < NEIGH_NET;
	case SOUGHT_OTHER:
		return crowd(&c->addr, v, n) < NEIGH_NET;
	case SOUGHT_ANY:
		break;
	}
	return true;
}

int
neigh_dial(const struct neigh_want *w, const struct neigh_contact *v, size_t n,
    const struct neigh_peer *peers, size_t n_peers, struct sp_rng *rng)
{
	uint32_t near = 0, strong = 0, seen;
	enum sought what;
	int best = -1;
	size_t i;

	for (i = 0; i < n_peers; i++) {
		near += neigh_distance(&w->self, &peers[i].addr) < 2;
		strong += peers[i].weight != 0;
	}
	for (what = SOUGHT_NEAR; what <= SOUGHT_ANY && best < 0; what++) {
		if ((what == SOUGHT_NEAR &&
			near >= neigh_share(w->n, NEIGH_LOCAL)) ||
		    (what == SOUGHT_STRONG &&
			strong >= neigh_share(w->n, NEIGH_STRONG)))
			continue;
		/* reservoir of one: each candidate equally likely */
		for (i = 0, seen = 0; i < n; i++)
			if (is_sought(w, what, &v[i], peers, n_peers) &&
			    rng_below(rng, ++seen) == 0)
				best = (int)i;
	}
	return best;
}

/* ---- letting go ---------------------------------------------------------- */

size_t
neigh_rotate(const struct neigh_want *w, const struct neigh_peer *v, size_t n,
    uint32_t *slots, size_t max)
{
	const struct neigh_peer *p, *least;
	size_t k = 0, i, j;

	if (n < w->n)
		return 0;
	while (k < max) {
		least = NULL;
		for (i = 0; i < n; i++) {
			p = &v[i];
			for (j = 0; j < k && slots[j] != p->slot; j++)
				;
			if (p->class == NEIGH_TRIED && p->ours && !p->keep &&
			    p->age >= NEIGH_ROTATE && j == k &&
			    (least == NULL || p->flow_bps < least->flow_bps))
				least = p;
		}
		if (least == NULL)
			break;
		slots[k++] = least->slot;
	}
	return k;
}

int
neigh_worst(const struct neigh_peer *v, size_t n)
{
	const struct neigh_peer *p, *worst = NULL;
	bool a, b;

	for (size_t i = 0; i < n; i++) {
		p = &v[i];
		if (p->keep || p->age < NEIGH_GRACE)
			continue;
		/* near and strong ones are the last to go */
		a = p->class >= NEIGH_RANDOM;
		b = worst != NULL && worst->class >= NEIGH_RANDOM;
		if (worst == NULL || a > b ||
		    (a == b && p->flow_bps < worst->flow_bps))
			worst = p;
	}
	return worst == NULL ? -1 : (int)worst->slot;
}
