#include "tracker/near.h"

struct near_place
near_place(const struct sp_addr *addr, uint32_t net)
{
	struct near_place p = { .prefix = addr->family, .net = net };
	unsigned len = addr->family == 6 ? 6 : 3;

	for (unsigned i = 0; i < len; i++)
		p.prefix = p.prefix << 8 | addr->ip[i];
	return p;
}

size_t
near_candidates(size_t want)
{
	return SP_MIN(NEAR_TIMES * want, (size_t)NEAR_MOST);
}

/* ---- crowds -------------------------------------------------------------- */

#define SLOTS 1024 /* a power of two above NEAR_MOST */

/* How often each key was seen. */
struct counts {
	uint64_t key[SLOTS];
	uint16_t n[SLOTS]; /* 0: free */
};

static uint16_t *
count_of(struct counts *c, uint64_t key)
{
	/* Fibonacci hashing: who chooses prefixes gains some steps */
	size_t i = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 54);

	while (c->n[i] > 0 && c->key[i] != key)
		i = (i + 1) % SLOTS;
	c->key[i] = key;
	return &c->n[i];
}

/* Apart from all prefixes, whose first byte is a family. */
static uint64_t
crowd_key(const struct near_place *p)
{
	return p->net == 0 ? p->prefix : UINT64_C(1) << 63 | p->net;
}

/* ---- choosing ------------------------------------------------------------ */

struct choice {
	const struct near_place *asker, *v;
	size_t n, want, places; /* places: P */
	struct sp_rng *rng;
	uint16_t *out;
	size_t taken;
	bool has[NEAR_MOST];
	/* of the candidate's prefix, of its network, itself left out */
	uint16_t prefix[NEAR_MOST], crowd[NEAR_MOST];
};

static void
count_crowds(struct choice *c, size_t from)
{
	struct counts prefixes = { 0 }, crowds = { 0 };
	size_t i;

	for (i = from; i < c->n; i++) {
		++*count_of(&prefixes, c->v[i].prefix);
		++*count_of(&crowds, crowd_key(&c->v[i]));
	}
	for (i = from; i < c->n; i++) {
		c->prefix[i] =
		    (uint16_t)(*count_of(&prefixes, c->v[i].prefix) - 1);
		c->crowd[i] =
		    (uint16_t)(*count_of(&crowds, crowd_key(&c->v[i])) - 1);
	}
}

static void
take(struct choice *c, size_t i)
{
	if (c->has[i] || c->taken == c->want)
		return;
	c->has[i] = true;
	c->out[c->taken++] = (uint16_t)i;
}

/* With what |crowd| others leave of the places. */
static void
take_if_left(struct choice *c, size_t i, size_t crowd)
{
	if (c->taken < c->want && !c->has[i] &&
	    rng_below(c->rng, c->places) >= SP_MIN(crowd, c->places))
		take(c, i);
}

static void
take_near(struct choice *c, size_t from)
{
	size_t i;

	for (i = from; i < c->n; i++)
		if (c->v[i].prefix == c->asker->prefix)
			take(c, i);
	for (i = from; i < c->n && c->asker->net != 0; i++)
		if (c->v[i].net == c->asker->net)
			take_if_left(c, i, c->prefix[i]);
	for (i = from; i < c->n; i++)
		take_if_left(c, i, c->crowd[i]);
	for (i = from; i < c->n; i++)
		take(c, i);
}

size_t
near_choose(const struct near_place *asker, const struct near_place *v,
    size_t n, size_t want, struct sp_rng *rng, uint16_t *out)
{
	size_t half = want - want / 2, i;
	struct choice c = { .asker = asker,
		.v = v,
		.n = SP_MIN(n, (size_t)NEAR_MOST),
		.want = want,
		.places = want / 2,
		.rng = rng,
		.out = out };

	for (i = 0; i < c.n && i < half; i++)
		take(&c, i);
	if (i == c.n || c.taken == want)
		return c.taken;
	count_crowds(&c, i);
	take_near(&c, i);
	return c.taken;
}
