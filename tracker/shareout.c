#include "tracker/shareout.h"

#include "base/map.h"
#include "base/ratelim.h"
#include "base/rng.h"

struct cell {
	uint32_t slice; /* of SHAREOUT_SLICE, from 1 */
	uint32_t n;
};

struct shard {
	struct sharewire_out out; /* open: n > 0 */
	sp_time due;              /* when it goes; SP_NEVER: it is empty */
};

/* A full batch that waits. */
struct ready {
	uint8_t *p;
	size_t len;
	uint32_t n;
	unsigned shard;
};

struct shareout {
	const struct sp_mem *mem;
	uint64_t node, k0, k1;
	struct ratelim rate;
	struct cell *cells;
	struct shard shards[SHAREOUT_SHARDS];
	struct ready ready[SHAREOUT_READY]; /* ring */
	size_t head, len;
	uint8_t *lent; /* what shareout_next gave last, owned */
	struct shareout_stats stats;
};

int
shareout_new(struct shareout **out, uint64_t node, const struct sp_mem *mem,
    uint64_t seed, sp_time now)
{
	struct shareout *o;
	struct sp_rng rng;

	*out = NULL;
	o = mem_zalloc(mem, 1, sizeof(*o));
	if (o == NULL)
		return SP_ERR_NOMEM;
	o->mem = mem;
	o->node = node;
	rng_seed(&rng, seed);
	o->k0 = rng_u64(&rng);
	o->k1 = rng_u64(&rng);
	ratelim_init(&o->rate, SHAREOUT_RATE, SHAREOUT_RATE, now);
	for (size_t i = 0; i < SHAREOUT_SHARDS; i++) {
		sharewire_init(&o->shards[i].out, mem);
		o->shards[i].due = SP_NEVER;
	}
	o->cells = mem_zalloc(mem, SHAREOUT_CELLS, sizeof(*o->cells));
	if (o->cells == NULL) {
		shareout_free(o);
		return SP_ERR_NOMEM;
	}
	*out = o;
	return 0;
}

void
shareout_free(struct shareout *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < SHAREOUT_SHARDS; i++)
		sharewire_fini(&o->shards[i].out);
	for (; o->len > 0; o->len--, o->head++)
		mem_free(o->mem, o->ready[o->head % SHAREOUT_READY].p);
	mem_free(o->mem, o->lent);
	mem_free(o->mem, o->cells);
	mem_free(o->mem, o);
}

uint64_t
shareout_node(const struct shareout *o)
{
	return o->node;
}

/* ---- sampling ------------------------------------------------------------ */

static struct cell *
cell_of(struct shareout *o, const uint8_t *info_hash, sp_time now)
{
	uint64_t h = map_siphash(o->k0, o->k1, info_hash, LINK_INFOHASH_LEN);
	struct cell *c = &o->cells[h % SHAREOUT_CELLS];
	uint32_t slice = (uint32_t)(now / SHAREOUT_SLICE) + 1;

	if (c->slice != slice)
		*c = (struct cell){ .slice = slice };
	return c;
}

void
shareout_heard(struct shareout *o, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now)
{
	struct cell *c = cell_of(o, info_hash, now);

	if (c->n < SHAREOUT_SWARM)
		c->n++;
}

/* ---- batches ------------------------------------------------------------- */

/* The open batch of a shard is closed, and waits. */
static int
make_ready(struct shareout *o, unsigned k)
{
	struct shard *s = &o->shards[k];
	struct ready *r;
	uint8_t *copy;

	copy = mem_dup(o->mem, s->out.buf.p, s->out.buf.len);
	if (copy == NULL)
		return SP_ERR_NOMEM;
	if (o->len == SHAREOUT_READY) {
		r = &o->ready[o->head];
		o->stats.dropped += r->n;
		mem_free(o->mem, r->p);
		o->head = (o->head + 1) % SHAREOUT_READY;
		o->len--;
	}
	r = &o->ready[(o->head + o->len++) % SHAREOUT_READY];
	*r = (struct ready){ copy, s->out.buf.len, s->out.n, k };
	s->out.n = 0;
	s->due = SP_NEVER;
	return 0;
}

static int
put(struct shareout *o, unsigned k, const struct sharewire_peer *p, sp_time now)
{
	struct shard *s = &o->shards[k];
	sp_time due = now + (p->flags & SHAREWIRE_LIVE ? SHAREOUT_LIVE_GAP
						       : SHAREOUT_GAP);
	int r;

	if (s->out.n == 0)
		sharewire_begin(&s->out, o->node);
	r = sharewire_add(&s->out, p);
	if (r == SP_ERR_FULL) {
		r = make_ready(o, k);
		if (r < 0)
			return r;
		sharewire_begin(&s->out, o->node);
		r = sharewire_add(&s->out, p);
	}
	if (r == 0)
		s->due = SP_MIN(s->due, due);
	return r;
}

int
shareout_tell(struct shareout *o, const struct sharewire_peer *p, sp_time now)
{
	struct cell *c = cell_of(o, p->info_hash, now);
	int r = SP_ERR_FULL;

	if (c->n < SHAREOUT_SWARM && ratelim_take(&o->rate, 1, now))
		r = put(o, p->info_hash[0] % SHAREOUT_SHARDS, p, now);
	if (r < 0) {
		o->stats.over++;
		return r;
	}
	c->n++;
	o->stats.told++;
	return 0;
}

static void
lend(struct shareout *o, struct shareout_batch *out)
{
	struct ready *r = &o->ready[o->head];

	mem_free(o->mem, o->lent);
	o->lent = r->p;
	*out = (struct shareout_batch){ r->shard, r->n, r->p, r->len };
	o->head = (o->head + 1) % SHAREOUT_READY;
	o->len--;
}

int
shareout_next(struct shareout *o, struct shareout_batch *out, sp_time now)
{
	struct sharewire_out *w;

	if (o->len > 0) {
		lend(o, out);
		return 0;
	}
	for (unsigned k = 0; k < SHAREOUT_SHARDS; k++) {
		if (o->shards[k].due > now)
			continue;
		w = &o->shards[k].out;
		*out = (struct shareout_batch){ k, w->n, w->buf.p, w->buf.len };
		w->n = 0;
		o->shards[k].due = SP_NEVER;
		return 0;
	}
	return SP_ERR_AGAIN;
}

sp_time
shareout_deadline(const struct shareout *o)
{
	sp_time at = o->len > 0 ? 0 : SP_NEVER;

	for (unsigned k = 0; k < SHAREOUT_SHARDS; k++)
		at = SP_MIN(at, o->shards[k].due);
	return at;
}

void
shareout_stats(const struct shareout *o, struct shareout_stats *out)
{
	*out = o->stats;
}
