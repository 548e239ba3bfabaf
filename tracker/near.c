#include "tracker/near.h"

struct near_place
near_place(const struct sp_addr *addr, uint32_t net)
{
	return near_place_ip(addr->family, addr->ip, net);
}

size_t
near_candidates(size_t want)
{
	return SP_MIN(NEAR_TIMES * want, (size_t)NEAR_MOST);
}

/* ---- crowds -------------------------------------------------------------- */

#define SLOTS_BITS 11 /* of the largest table: more than 2 * NEAR_MOST */

static_assert(1 << SLOTS_BITS > 2 * NEAR_MOST, "half of the slots are free");

/* Where somebody stands: at first by prefix, then by network. */
struct spot {
	uint64_t key;
	uint16_t first; /* of those at the same key; itself, if it is */
	uint16_t n;     /* of the first: how many they are */
};

/*
 * Sets first and n of |v|, whose keys are set. The multiplier is drawn, so that
 * nobody can choose prefixes that fall together.
 */
static void
count(struct spot *v, size_t n, struct sp_rng *rng)
{
	uint64_t odd = rng_u64(rng) | 1;
	uint16_t slot[1 << SLOTS_BITS];
	unsigned bits = 1;
	size_t i, at, mask;

	while ((size_t)1 << bits < 2 * n)
		bits++;
	mask = ((size_t)1 << bits) - 1;
	memset(slot, 0, (mask + 1) * sizeof(slot[0]));
	for (i = 0; i < n; i++) {
		at = (size_t)(v[i].key * odd >> (64 - bits));
		while (slot[at] != 0 && v[slot[at] - 1].key != v[i].key)
			at = (at + 1) & mask;
		if (slot[at] == 0) {
			slot[at] = (uint16_t)(i + 1);
			v[i].n = 0;
		}
		v[i].first = (uint16_t)(slot[at] - 1);
		v[v[i].first].n++;
	}
}

/* Apart from all prefixes, whose first byte is a family. */
static uint64_t
crowd_key(const struct near_place *p)
{
	return p->net == 0 ? p->prefix : UINT64_C(1) << 63 | p->net;
}

/* ---- choosing ------------------------------------------------------------ */

/* Of candidates |from| and after it; arrays are by number from there. */
struct choice {
	const struct near_place *asker, *v;
	size_t from, n, want, places; /* n: behind |from|; places: P */
	struct sp_rng *rng;
	uint16_t *out;
	size_t taken;
	uint8_t has[NEAR_MOST];
	struct spot
	    spot[NEAR_MOST]; /* by network, or prefix where it has none */
	uint16_t
	    prefix[NEAR_MOST]; /* others there; only if there are networks */
};

/* Of its crowd among the candidates, itself left out. */
static uint16_t
others(const struct choice *c, size_t i)
{
	return (uint16_t)(c->spot[c->spot[i].first].n - 1);
}

/* Sets has too. */
static void
count_crowds(struct choice *c)
{
	uint32_t nets = 0;

	memset(c->has, 0, c->n * sizeof(c->has[0]));
	for (size_t i = 0; i < c->n; i++) {
		c->spot[i].key = c->v[i].prefix;
		nets |= c->v[i].net;
	}
	count(c->spot, c->n, c->rng);
	if (nets == 0)
		return;
	for (size_t i = 0; i < c->n; i++)
		c->prefix[i] = others(c, i);
	for (size_t i = 0; i < c->n; i++)
		c->spot[i].key = crowd_key(&c->v[i]);
	count(c->spot, c->n, c->rng);
}

static void
take(struct choice *c, size_t i)
{
	if (c->has[i] || c->taken == c->want)
		return;
	c->has[i] = true;
	c->out[c->taken++] = (uint16_t)(c->from + i);
}

/* With what |crowd| others leave of the places. */
static void
take_if_left(struct choice *c, size_t i, size_t crowd)
{
	if (!c->has[i] && (crowd == 0 || rng_below(c->rng, c->places) >=
					     SP_MIN(crowd, c->places)))
		take(c, i);
}

static void
take_near(struct choice *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].prefix == c->asker->prefix)
			take(c, i);
	for (i = 0; i < c->n && c->asker->net != 0; i++)
		if (c->v[i].net == c->asker->net)
			take_if_left(c, i, c->prefix[i]);
	for (i = 0; i < c->n && c->taken < c->want; i++)
		take_if_left(c, i, others(c, i));
	for (i = 0; i < c->n && c->taken < c->want; i++)
		take(c, i);
}

size_t
near_choose(const struct near_place *asker, const struct near_place *v,
    size_t n, size_t want, struct sp_rng *rng, uint16_t *out)
{
	size_t half = want - want / 2, i;
	struct choice c; /* large: what is used is set */

	n = SP_MIN(n, (size_t)NEAR_MOST);
	for (i = 0; i < n && i < half; i++)
		out[i] = (uint16_t)i;
	if (i == n || i == want)
		return i;
	c.asker = asker;
	c.v = v + i;
	c.from = c.taken = i;
	c.n = n - i;
	c.want = want;
	c.places = want / 2;
	c.rng = rng;
	c.out = out;
	count_crowds(&c);
	take_near(&c);
	return c.taken;
}
