#include "tracker/plans.h"

#include "base/heap.h"
#include "base/map.h"
#include "base/rng.h"

#define DOUBT (REP_START / 8) /* a score, of who is judged */

struct channel {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	struct heap_node due; /* always in the heap */
	struct plan *plan;
	bool touched; /* roster, rate, or who is there may have changed */
};

struct plans {
	const struct sp_mem *mem;
	struct plans_conf conf;
	struct map *chans; /* info-hash -> struct channel * */
	struct heap due;
	struct sp_rng rng;
	struct places places;
	struct sp_buf body;
};

int
plans_new(struct plans **out, const struct plans_conf *conf,
    const struct sp_mem *mem, uint64_t seed)
{
	struct plans *p = mem_zalloc(mem, 1, sizeof(*p));
	int r;

	*out = NULL;
	if (p == NULL)
		return SP_ERR_NOMEM;
	p->mem = mem;
	p->conf = *conf;
	heap_init(&p->due, mem);
	buf_init(&p->body, mem, LIM_FEED_FRAME);
	rng_seed(&p->rng, seed);
	r = map_new(&p->chans, mem, LINK_INFOHASH_LEN, sizeof(struct channel *),
	    conf->max_channels, rng_u64(&p->rng));
	if (r < 0) {
		mem_free(mem, p);
		return r;
	}
	*out = p;
	return 0;
}

static void
chan_free(struct plans *p, struct channel *c)
{
	heap_del(&p->due, &c->due);
	plan_free(c->plan);
	mem_free(p->mem, c);
}

void
plans_free(struct plans *p)
{
	size_t it = 0;
	void *v;

	if (p == NULL)
		return;
	while (map_next(p->chans, &it, &v) != NULL)
		chan_free(p, *(struct channel **)v);
	map_free(p->chans);
	heap_fini(&p->due);
	buf_fini(&p->body);
	mem_free(p->mem, p);
}

static struct channel *
chan_get(const struct plans *p, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	struct channel **c = map_get(p->chans, info_hash);

	return c == NULL ? NULL : *c;
}

static struct channel *
chan_add(struct plans *p, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	struct channel *c = mem_zalloc(p->mem, 1, sizeof(*c)), **v;

	if (c == NULL)
		return NULL;
	memcpy(c->info_hash, info_hash, LINK_INFOHASH_LEN);
	if (heap_set(&p->due, &c->due, SP_NEVER) == 0 &&
	    plan_new(&c->plan, p->mem, p->conf.max_viewers,
		p->conf.tell_private, rng_u64(&p->rng)) == 0) {
		v = map_put(p->chans, info_hash, NULL, NULL);
		if (v != NULL) {
			*v = c;
			return c;
		}
	}
	chan_free(p, c);
	return NULL;
}

/* It is in the heap: that takes no memory. */
static void
schedule(struct plans *p, struct channel *c, sp_time now)
{
	(void)heap_set(&p->due, &c->due,
	    c->touched ? now : plan_deadline(c->plan));
}

/* Where he is in the channel's plan; PLAN_NONE. */
static uint32_t
find(const struct plans *p, const struct presence_key *k)
{
	const uint32_t *note = presence_note(p->conf.presence, k);

	return note == NULL || *note == 0 ? PLAN_NONE : *note - 1;
}

static struct sp_addr
addr_of(const struct presence_key *k)
{
	return addr_make(k->family, k->ip, k->port);
}

/* ---- who is there -------------------------------------------------------- */

/* What is known of who has announced himself; nothing of others. */
static struct plan_weight
weight_of(const struct plans *p, const struct presence_key *k, sp_time now)
{
	const struct peertab *tab = registry_tab(p->conf.registry);
	const struct live_chan *ch = live_find(p->conf.live, k->info_hash);
	uint32_t swarm = peertab_swarm(tab, k->info_hash), i = PEERTAB_NONE;
	struct sp_addr addr = addr_of(k);
	struct plan_weight w = { .up_kbps = 0 };
	const struct peertab_peer *peer;
	struct live_chan_stats s;
	struct rep_chan rc;
	struct rep rep;
	uint32_t age;

	if (swarm != PEERTAB_NONE && ch != NULL)
		i = peertab_find(tab, swarm, &addr);
	if (i == PEERTAB_NONE || !peertab_has_id(tab, i, k->peer_id))
		return w;
	peer = &tab->peers[i];
	live_chan_stats(ch, &s);
	rc = (struct rep_chan){ k->info_hash, s.kbps, s.avail_ms };
	rep = reps_get(p->conf.reps, &rc, i, now);
	age = peertab_age(tab, i, registry_seconds(p->conf.registry, now));
	w.up_kbps = peertab_up_kbps(peer->up);
	w.relays = peer->live && !rep.out && !(peer->class & PEERTAB_SEED) &&
		   (peer->reachable || age < PLANS_REACH);
	w.doubtful = rep.judged && rep.score < DOUBT;
	return w;
}

void
plans_weigh(struct plans *p, const struct presence_key *k, sp_time now)
{
	struct channel *c = chan_get(p, k->info_hash);
	uint32_t i = find(p, k);
	struct plan_weight w;

	if (c == NULL || i == PLAN_NONE)
		return;
	w = weight_of(p, k, now);
	plan_weigh(c->plan, i, &w, now);
	schedule(p, c, now);
}

void
plans_come(struct plans *p, const struct presence_key *k, sp_time now)
{
	uint32_t *note = presence_note(p->conf.presence, k), i = find(p, k);
	struct channel *c = chan_get(p, k->info_hash);
	struct sp_addr addr = addr_of(k);

	if (i != PLAN_NONE && c != NULL) {
		plan_untold(c->plan, i);
		schedule(p, c, now);
		return;
	}
	if (c == NULL)
		c = chan_add(p, k->info_hash);
	if (c == NULL || note == NULL)
		return;
	i = plan_join(c->plan, k->peer_id, &addr, now);
	if (i == PLAN_NONE)
		return;
	*note = i + 1;
	c->touched = true;
	plans_weigh(p, k, now);
}

void
plans_go(struct plans *p, const struct presence_key *k, sp_time now)
{
	uint32_t *note = presence_note(p->conf.presence, k), i = find(p, k);
	struct channel *c = chan_get(p, k->info_hash);

	if (i == PLAN_NONE || c == NULL)
		return;
	*note = 0;
	plan_leave(c->plan, i, now);
	if (plan_len(c->plan) == 0) {
		map_del(p->chans, c->info_hash);
		chan_free(p, c);
		return;
	}
	c->touched = true;
	schedule(p, c, now);
}

void
plans_touch(struct plans *p, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now)
{
	struct channel *c = chan_get(p, info_hash);

	if (c == NULL)
		return;
	c->touched = true;
	schedule(p, c, now);
}

/* ---- time ---------------------------------------------------------------- */

/* The first by rank who is there. */
static uint32_t
root_of(const struct plans *p, const struct channel *c, const struct roster *r,
    uint8_t track, unsigned stripe)
{
	uint8_t rank[PLANS_RANKS];
	size_t n = roster_rank(r, track, stripe, rank, PLANS_RANKS);
	struct presence_key k;
	uint32_t i;

	for (size_t j = 0; j < n; j++) {
		k = presence_key(c->info_hash, r->entries[rank[j]].peer_id,
		    &r->entries[rank[j]].addr);
		i = find(p, &k);
		if (i != PLAN_NONE)
			return i;
	}
	return PLAN_NONE;
}

static void
refresh(struct plans *p, struct channel *c, sp_time now)
{
	const struct live_chan *ch = live_find(p->conf.live, c->info_hash);
	const struct roster *r = duties_get(p->conf.duties, c->info_hash);
	uint32_t root[PLACES_STRIPES];
	struct live_main main;
	bool any = ch != NULL && r != NULL && live_main(ch, &main);

	c->touched = false;
	for (unsigned s = 0; s < PLACES_STRIPES; s++)
		root[s] = any ? root_of(p, c, r, main.track, s) : PLAN_NONE;
	if (any)
		plan_track(c->plan, main.track, main.kbps, main.blocks);
	plan_roots(c->plan, root, now);
}

bool
plans_run(struct plans *p, uint8_t info_hash[LINK_INFOHASH_LEN], sp_time now)
{
	struct channel *c;
	bool news;

	while (heap_at(&p->due) <= now) {
		c = (struct channel *)(void *)((char *)heap_top(&p->due) -
					       offsetof(struct channel, due));
		if (c->touched)
			refresh(p, c, now);
		news = plan_run(c->plan, now);
		schedule(p, c, now);
		if (news) {
			memcpy(info_hash, c->info_hash, LINK_INFOHASH_LEN);
			return true;
		}
	}
	return false;
}

sp_time
plans_deadline(const struct plans *p)
{
	return heap_at(&p->due);
}

/* ---- telling ------------------------------------------------------------- */

int
plans_feed(struct plans *p, const struct presence_key *k, struct sp_buf *b)
{
	struct tw_frame f = { .type = TW_FRAME_PLACES };
	struct channel *c = chan_get(p, k->info_hash);
	uint32_t i = find(p, k);
	uint16_t told;

	if (c == NULL || i == PLAN_NONE ||
	    !plan_tell(c->plan, i, &p->places, &told))
		return 0;
	buf_reset(&p->body);
	places_put(&p->body, &p->places, told);
	if (p->body.err != 0)
		return 0; /* advice that is not heard */
	f.p = p->body.p;
	f.len = p->body.len;
	tw_frame_write(b, &f);
	return b->err != 0 ? b->err : 1;
}

uint64_t
plans_viewers(const struct plans *p)
{
	uint64_t sum = 0;
	size_t it = 0;
	void *v;

	while (map_next(p->chans, &it, &v) != NULL)
		sum += plan_len((*(struct channel **)v)->plan);
	return sum;
}

bool
plans_are_sound(const struct plans *p)
{
	size_t it = 0;
	void *v;

	while (map_next(p->chans, &it, &v) != NULL)
		if (!plan_is_sound((*(struct channel **)v)->plan) ||
		    (*(struct channel **)v)->due.pos == 0)
			return false;
	return true;
}
