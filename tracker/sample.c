#include "tracker/sample.h"

struct runs {
	uint32_t at[PEERTAB_CLASSES], len[PEERTAB_CLASSES];
	uint32_t n, total;
};

/* The runs of the swarm whose peers may be handed to this asker. */
static void
eligible(const struct peertab_swarm *s, const struct sample_rule *rule,
    struct runs *out)
{
	uint32_t at = 0;

	out->n = out->total = 0;
	for (uint32_t k = 0; k < PEERTAB_CLASSES; at = s->end[k++]) {
		if (k / PEERTAB_SCOPE > rule->scopes || at == s->end[k] ||
		    ((k & PEERTAB_V6) != 0) != rule->v6 ||
		    (!rule->seeds && (k & PEERTAB_SEED)))
			continue;
		out->at[out->n] = at;
		out->len[out->n] = s->end[k] - at;
		out->total += out->len[out->n++];
	}
}

static uint32_t
gcd(uint32_t a, uint32_t b)
{
	uint32_t c;

	while (b != 0) {
		c = a % b;
		a = b;
		b = c;
	}
	return a;
}

/* A random step that visits all of 0..n-1 before it comes back. */
static uint32_t
coprime(struct sp_rng *rng, uint32_t n)
{
	uint32_t step;

	if (n < 3)
		return 1;
	step = 1 + (uint32_t)rng_below(rng, n - 1);
	while (gcd(n, step) != 1)
		step = step % (n - 1) + 1;
	return step;
}

/* Mostly there is one run. */
static inline uint32_t
runs_get(const struct runs *runs, const uint32_t *v, uint32_t i)
{
	uint32_t k = 0;

	for (; i >= runs->len[k]; k++)
		i -= runs->len[k];
	return v[runs->at[k] + i];
}

/*
 * Indexes of random eligible peers. They stand all over the memory, so all of
 * them are brought near at once, before any is looked at.
 */
static size_t
collect(const struct peertab *t, uint32_t swarm, const struct sample_rule *rule,
    struct sp_rng *rng, uint32_t *out, size_t want)
{
	const uint32_t *v = t->swarms[swarm].v;
	uint32_t at, step, i;
	struct runs runs;
	size_t n = 0;

	eligible(&t->swarms[swarm], rule, &runs);
	if (runs.total == 0 || want == 0)
		return 0;
	at = (uint32_t)rng_below(rng, runs.total);
	step = coprime(rng, runs.total);
	for (uint32_t k = 0; k < runs.total && n < want; k++) {
		i = runs_get(&runs, v, at);
		/* both are below 2^27 */
		at += step;
		at -= at >= runs.total ? runs.total : 0;
		if (i == rule->self)
			continue;
		__builtin_prefetch(&t->peers[i], 0, 2);
		out[n++] = i;
	}
	return n;
}

static void
tell(const struct peertab *t, uint32_t i, struct tw_peer *out)
{
	out->addr = peertab_addr(t, i);
	out->has_id = true;
	peertab_id(t, i, out->peer_id);
}

/* Chooses |want| of the |n| that were found, and tells of them. */
static size_t
tell_near(const struct peertab *t, const struct sample_rule *rule,
    struct sp_rng *rng, const uint32_t *found, size_t n, struct tw_peer *out,
    size_t want)
{
	struct near_place places[NEAR_MOST];
	uint16_t chosen[NEAR_MOST];

	for (size_t i = 0; i < n; i++)
		places[i] = near_place_ip(rule->v6 ? 6 : 4,
		    peertab_ip(t, found[i]), peertab_net(t, found[i]));
	n = near_choose(&rule->asker, places, n, want, rng, chosen);
	for (size_t i = 0; i < n; i++)
		tell(t, found[chosen[i]], &out[i]);
	return n;
}

size_t
sample_peers(const struct peertab *t, uint32_t swarm,
    const struct sample_rule *rule, struct sp_rng *rng, struct tw_peer *out,
    size_t want)
{
	uint32_t found[NEAR_MOST];
	size_t n;

	want = SP_MIN(want, (size_t)LIM_NUMWANT);
	n = collect(t, swarm, rule, rng, found,
	    rule->near ? near_candidates(want) : want);
	if (n > want)
		return tell_near(t, rule, rng, found, n, out, want);
	for (size_t i = 0; i < n; i++)
		tell(t, found[i], &out[i]);
	return n;
}
