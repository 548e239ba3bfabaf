#include "tracker/duties.h"

#include "base/heap.h"
#include "base/map.h"
#include "base/rng.h"
#include "tracker/duty_roster.h"

struct channel {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	struct heap_node due;
	sp_time drawn, draw_at, epoch_at; /* last draw, next, next epoch */
	sp_time lent_until;               /* another tracker draws for us */
	uint32_t changes;                 /* of the swarm, at the last draw */
	uint32_t epoch;
	struct roster told; /* with true addresses */
	/*
	 * Bodies of frames: all of |told|, and what leads to it from |since|;
	 * by the scope of the reader, with the addresses that it may hear.
	 * Those above |scopes| are as the last one.
	 */
	struct sp_buf full[PEERTAB_SCOPES], delta[PEERTAB_SCOPES];
	unsigned scopes; /* [1, PEERTAB_SCOPES] */
	uint64_t since;
};

struct duties {
	const struct sp_mem *mem;
	struct duties_conf conf;
	struct map *chans; /* info-hash -> struct channel * */
	struct heap due;
	struct sp_rng rng;
	uint64_t versions; /* counted over all channels: none comes twice */
	uint64_t members;
	struct duty_draft draft;
	struct roster next, view[2];
};

int
duties_new(struct duties **out, const struct duties_conf *conf,
    const struct sp_mem *mem, uint64_t seed)
{
	struct duties *d = mem_zalloc(mem, 1, sizeof(*d));
	int r;

	*out = NULL;
	if (d == NULL)
		return SP_ERR_NOMEM;
	d->mem = mem;
	d->conf = *conf;
	heap_init(&d->due, mem);
	rng_seed(&d->rng, seed);
	r = map_new(&d->chans, mem, LINK_INFOHASH_LEN, sizeof(struct channel *),
	    conf->max_channels, rng_u64(&d->rng));
	if (r < 0) {
		mem_free(mem, d);
		return r;
	}
	*out = d;
	return 0;
}

static void
chan_free(struct duties *d, struct channel *c)
{
	heap_del(&d->due, &c->due);
	for (unsigned i = 0; i < PEERTAB_SCOPES; i++) {
		buf_fini(&c->full[i]);
		buf_fini(&c->delta[i]);
	}
	d->members -= c->told.n;
	mem_free(d->mem, c);
}

void
duties_free(struct duties *d)
{
	size_t it = 0;
	void *v;

	if (d == NULL)
		return;
	while (map_next(d->chans, &it, &v) != NULL)
		chan_free(d, *(struct channel **)v);
	map_free(d->chans);
	heap_fini(&d->due);
	mem_free(d->mem, d);
}

static struct channel *
chan_get(const struct duties *d, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	struct channel **c = map_get(d->chans, info_hash);

	return c == NULL ? NULL : *c;
}

static void
chan_add(struct duties *d, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now)
{
	struct channel *c = mem_zalloc(d->mem, 1, sizeof(*c)), **v;

	if (c == NULL)
		return;
	memcpy(c->info_hash, info_hash, LINK_INFOHASH_LEN);
	for (unsigned i = 0; i < PEERTAB_SCOPES; i++) {
		buf_init(&c->full[i], d->mem, LIM_FEED_FRAME);
		buf_init(&c->delta[i], d->mem, LIM_FEED_FRAME);
	}
	c->scopes = 1;
	c->draw_at = c->epoch_at = now;
	if (heap_set(&d->due, &c->due, now) == 0) {
		v = map_put(d->chans, info_hash, NULL, NULL);
		if (v != NULL) {
			*v = c;
			return;
		}
	}
	chan_free(d, c);
}

void
duties_touch(struct duties *d, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now)
{
	const struct peertab *tab = registry_tab(d->conf.registry);
	uint32_t swarm = peertab_swarm(tab, info_hash);
	struct channel *c = chan_get(d, info_hash);
	sp_time at;

	if (c == NULL) {
		if (swarm != PEERTAB_NONE &&
		    live_find(d->conf.live, info_hash) != NULL)
			chan_add(d, info_hash, now);
		return;
	}
	if (c->changes ==
	    (swarm == PEERTAB_NONE ? 0 : tab->swarms[swarm].changes))
		return;
	at = SP_MAX(c->drawn + DUTIES_GAP, now);
	/* It is in the heap already, so this takes no memory. */
	if (at < c->due.at)
		(void)heap_set(&d->due, &c->due, at);
}

/* ---- drawing ------------------------------------------------------------- */

/* One draw under way. */
struct draw {
	const struct channel *c;
	struct rep_chan rep;
	uint32_t swarm;
	sp_time now;
	uint32_t now_s; /* as peers' born_s are counted */
};

/* False: it does not relay, is away, or has been found out. */
static bool
offer(struct duties *d, const struct draw *w, uint32_t peer)
{
	const struct peertab *tab = registry_tab(d->conf.registry);
	const struct peertab_peer *p = &tab->peers[peer];
	struct duty_viewer v;
	struct rep rep;

	if (!p->live || p->away || (p->class & PEERTAB_SEED))
		return false;
	peertab_id(tab, peer, v.peer_id);
	v.addr = peertab_addr(tab, peer);
	v.age_s = peertab_age(tab, peer, w->now_s);
	v.up_kbps = peertab_up_kbps(p->up);
	v.reachable = p->reachable;
	rep = reps_get(d->conf.reps, &w->rep, peer, w->now);
	v.rep = rep.score;
	v.judged = rep.judged;
	if (!rep.out)
		duty_draft_offer(&d->draft, &v);
	return !rep.out;
}

/* Offers the members that are there still; how many. */
static size_t
offer_members(struct duties *d, const struct draw *w)
{
	const struct peertab *tab = registry_tab(d->conf.registry);
	const struct roster *own = &w->c->told;
	const struct roster_entry *e;
	size_t n = 0;
	uint32_t i;

	for (size_t k = 0; k < own->n; k++) {
		e = &own->entries[k];
		i = peertab_find(tab, w->swarm, &e->addr);
		if (i != PEERTAB_NONE && peertab_has_id(tab, i, e->peer_id))
			n += offer(d, w, i);
	}
	return n;
}

/* A run of at most |max| of the swarm; members all the same. */
static void
offer_run(struct duties *d, const struct draw *w, uint32_t max)
{
	const struct peertab *tab = registry_tab(d->conf.registry);
	const struct peertab_swarm *s = &tab->swarms[w->swarm];
	uint32_t len = peertab_swarm_len(s), at = 0;

	if (len > max) {
		offer_members(d, w);
		at = (uint32_t)rng_below(&d->rng, len);
	}
	for (uint32_t i = 0; i < SP_MIN(len, max); i++)
		offer(d, w, s->v[(at + i) % len]);
}

/* Into d->next: who should be on it. */
static void
select_members(struct duties *d, const struct channel *c, uint32_t swarm,
    bool whole, sp_time now)
{
	const struct live_chan *ch = live_find(d->conf.live, c->info_hash);
	struct draw w = { .c = c, .swarm = swarm, .now = now };
	struct live_chan_stats s;

	d->next.n = 0;
	if (swarm == PEERTAB_NONE)
		return;
	live_chan_stats(ch, &s);
	w.rep = (struct rep_chan){ c->info_hash, s.kbps, s.avail_ms };
	w.now_s = registry_seconds(d->conf.registry, now);
	duty_draft_init(&d->draft, &c->told, s.kbps, whole);
	if (whole || offer_members(d, &w) < DUTY_MIN) {
		duty_draft_init(&d->draft, &c->told, s.kbps, whole);
		offer_run(d, &w, whole ? DUTIES_SCAN : DUTIES_FILL);
	}
	duty_draft_end(&d->draft, &d->next);
}

static void
copy(struct roster *to, const struct roster *from)
{
	memcpy(to, from, offsetof(struct roster, entries));
	memcpy(to->entries, from->entries, from->n * sizeof(from->entries[0]));
}

static bool
is_same(const struct roster *a, const struct roster *b)
{
	return a->n == b->n && memcmp(a->entries, b->entries,
				   a->n * sizeof(a->entries[0])) == 0;
}

static unsigned
scopes_of(const struct roster *r)
{
	unsigned n = 1;

	for (size_t i = 0; i < r->n; i++)
		n = SP_MAX(n, scope_of(&r->entries[i].addr) + 1);
	return n;
}

/* |from| without the addresses that are above |scope|. */
static const struct roster *
seen_by(const struct duties *d, struct roster *to, const struct roster *from,
    unsigned scope)
{
	if (d->conf.tell_private)
		return from;
	copy(to, from);
	for (size_t i = 0; i < to->n; i++)
		if (scope_of(&to->entries[i].addr) > scope)
			memset(&to->entries[i].addr, 0,
			    sizeof(to->entries[i].addr));
	return to;
}

/* d->next is what readers are told from now on. */
static void
tell(struct duties *d, struct channel *c)
{
	const struct roster *was, *is;
	unsigned i;

	d->next.version = ++d->versions;
	d->next.epoch = c->epoch;
	d->next.epoch_s = DUTIES_EPOCH_S;
	c->since = c->told.version;
	c->scopes = 1;
	if (!d->conf.tell_private)
		c->scopes = SP_MAX(scopes_of(&c->told), scopes_of(&d->next));
	for (i = 0; i < PEERTAB_SCOPES; i++) {
		buf_reset(&c->full[i]);
		buf_reset(&c->delta[i]);
		if (i >= c->scopes)
			continue;
		is = seen_by(d, &d->view[0], &d->next, i);
		was = seen_by(d, &d->view[1], &c->told, i);
		roster_put_full(&c->full[i], is);
		if (c->since != 0)
			roster_put_delta(&c->delta[i], was, is);
	}
	d->members += d->next.n;
	d->members -= c->told.n;
	copy(&c->told, &d->next);
}

/* True when readers have news. */
static bool
draw(struct duties *d, struct channel *c, sp_time now)
{
	const struct peertab *tab = registry_tab(d->conf.registry);
	uint32_t swarm = peertab_swarm(tab, c->info_hash);
	bool whole = now >= c->draw_at;

	c->drawn = now;
	if (now < c->lent_until) {
		(void)heap_set(&d->due, &c->due, c->lent_until);
		return false;
	}
	c->changes = swarm == PEERTAB_NONE ? 0 : tab->swarms[swarm].changes;
	if (whole)
		c->draw_at = now + DUTIES_DRAW_S * SP_S;
	if (now >= c->epoch_at) {
		c->epoch_at = now + DUTIES_EPOCH_S * SP_S;
		c->epoch++;
	}
	/* It is in the heap: no memory. */
	(void)heap_set(&d->due, &c->due, c->draw_at);
	select_members(d, c, swarm, whole, now);
	if (is_same(&d->next, &c->told) && !(whole && d->next.n > 0))
		return false;
	tell(d, c);
	return true;
}

int
duties_adopt(struct duties *d, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct roster *r, sp_time now, sp_time until)
{
	struct channel *c = chan_get(d, info_hash);

	if (c == NULL) {
		if (live_find(d->conf.live, info_hash) == NULL)
			return SP_ERR_NOTFOUND;
		chan_add(d, info_hash, now);
		c = chan_get(d, info_hash);
	}
	if (c == NULL)
		return SP_ERR_NOMEM;
	if (r->epoch != c->epoch) {
		c->epoch = r->epoch;
		c->epoch_at = now + DUTIES_EPOCH_S * SP_S;
	}
	c->lent_until = c->draw_at = until;
	/* It is in the heap: no memory. */
	(void)heap_set(&d->due, &c->due, until);
	copy(&d->next, r);
	tell(d, c);
	return 0;
}

bool
duties_run(struct duties *d, uint8_t info_hash[LINK_INFOHASH_LEN], sp_time now)
{
	struct channel *c;

	while (heap_at(&d->due) <= now) {
		c = (struct channel *)(void *)((char *)heap_top(&d->due) -
					       offsetof(struct channel, due));
		if (live_find(d->conf.live, c->info_hash) == NULL) {
			map_del(d->chans, c->info_hash);
			chan_free(d, c);
		} else if (draw(d, c, now)) {
			memcpy(info_hash, c->info_hash, LINK_INFOHASH_LEN);
			return true;
		}
	}
	return false;
}

sp_time
duties_deadline(const struct duties *d)
{
	return heap_at(&d->due);
}

/* ---- telling ------------------------------------------------------------- */

int
duties_feed(const struct duties *d, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct sp_addr *reader, uint64_t *version, struct sp_buf *b)
{
	const struct channel *c = chan_get(d, info_hash);
	struct tw_frame f = { .type = TW_FRAME_ROSTER };
	const struct sp_buf *body;
	unsigned i;

	if (c == NULL || c->told.version == 0 || c->told.version == *version)
		return 0;
	i = SP_MIN(scope_of(reader), c->scopes - 1);
	body = *version != 0 && *version == c->since && c->delta[i].err == 0
		   ? &c->delta[i]
		   : &c->full[i];
	/* What had no memory when it was drawn comes with the next one. */
	if (body->err != 0)
		return 0;
	f.p = body->p;
	f.len = body->len;
	tw_frame_write(b, &f);
	if (b->err != 0)
		return b->err;
	*version = c->told.version;
	return 1;
}

const struct roster *
duties_get(const struct duties *d, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	const struct channel *c = chan_get(d, info_hash);

	return c == NULL || c->told.version == 0 ? NULL : &c->told;
}

uint64_t
duties_members(const struct duties *d)
{
	return d->members;
}

bool
duties_are_sound(const struct duties *d)
{
	const struct channel *c;
	uint64_t members = 0;
	size_t it = 0;
	void *v;

	while (map_next(d->chans, &it, &v) != NULL) {
		c = *(struct channel **)v;
		members += c->told.n;
		if (c->due.pos == 0 || c->told.n > LIM_ROSTER ||
		    c->told.version > d->versions || c->scopes < 1 ||
		    c->scopes > PEERTAB_SCOPES ||
		    (c->since != 0 && c->since >= c->told.version))
			return false;
		for (size_t i = 1; i < c->told.n; i++)
			if (memcmp(c->told.entries[i - 1].peer_id,
				c->told.entries[i].peer_id,
				LINK_PEERID_LEN) >= 0)
				return false;
	}
	return members == d->members && map_len(d->chans) == d->due.len;
}
