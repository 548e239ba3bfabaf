#include "tracker/plain_int.h"

#define GRACE_S     30 /* peers outlive half the interval more and this */
#define EVICTED_MAX 32 /* swarms that one newcomer may push out */

/* Ticks for which a peer that is silent for |s| seconds is kept. */
static uint32_t
ticks(uint32_t s)
{
	return (s + PLAIN_TICK_S - 1) / PLAIN_TICK_S + 1;
}

uint32_t
plain_ttl(uint32_t interval_s)
{
	return ticks(interval_s + interval_s / 2 + GRACE_S);
}

/* ---- the asker's own entry ----------------------------------------------- */

/* Where an asker stands, or would. */
struct spot {
	uint64_t hash;
	uint32_t swarm; /* PLAIN_NONE: there is no such one */
	struct pool_key key;
	struct pool *pool; /* NULL: none of its class */
	uint32_t at;       /* POOL_NONE: it is not in it */
	uint32_t ports;    /* others of its host */
};

bool
plain_permits(const struct plain *p, const uint8_t *info_hash)
{
	return p->conf.access == NULL ||
	       access_permits(p->conf.access, info_hash);
}

/* 0, PLAIN_LIVE, SP_ERR_DENIED, SP_ERR_RANGE. Sets hash and swarm. */
static int
look_up(const struct plain *p, const struct plain_ask *ask, struct spot *s)
{
	s->hash =
	    ask->hint != NULL ? ask->hint->hash : plain_hash(p, ask->info_hash);
	s->swarm = plain_find(p, s->hash, ask->info_hash);
	/* Of what is denied there is nothing. */
	if ((s->swarm == PLAIN_NONE && !plain_permits(p, ask->info_hash)) ||
	    (p->conf.access != NULL &&
		!access_permits_addr(p->conf.access, &ask->addr)))
		return SP_ERR_DENIED;
	if (s->swarm != PLAIN_NONE &&
	    (plain_swarm(p, s->swarm)->flags & SWARM_LIVE))
		return PLAIN_LIVE;
	if (ask->event == TW_EVENT_STOPPED
		? ask->addr.family != 4 && ask->addr.family != 6
		: addr_is_bogus(&ask->addr))
		return SP_ERR_RANGE;
	return 0;
}

static void
find_entry(const struct plain *p, const struct plain_ask *ask, struct spot *s)
{
	s->key = pool_key(&p->env, &ask->addr);
	s->pool = NULL;
	s->at = POOL_NONE;
	s->ports = 0;
	if (s->swarm != PLAIN_NONE)
		s->pool = plain_pool(plain_swarm(p, s->swarm), s->key.class);
	if (s->pool != NULL)
		s->at = pool_find(s->pool, &s->key, &s->ports);
}

static uint16_t
mark_in(const struct plain *p, uint32_t n)
{
	return (uint16_t)((p->tick + n) & MARK_TICK);
}

static int
may_store(const struct plain *p, const struct spot *s)
{
	if (!scope_is_stored(p->conf.lan, s->key.class / POOL_SCOPE))
		return SP_ERR_DENIED;
	if (s->swarm != PLAIN_NONE &&
	    (plain_swarm(p, s->swarm)->len >= p->conf.max_swarm_peers ||
		s->ports >= p->conf.max_ip_ports))
		return SP_ERR_FULL;
	return 0;
}

static int
try_add(struct plain *p, const struct plain_ask *ask, struct spot *s,
    uint16_t mark)
{
	int r = 0;

	if (p->peers >= p->conf.max_peers)
		return SP_ERR_FULL;
	if (s->swarm == PLAIN_NONE) {
		if (p->n_swarms >= p->conf.max_swarms)
			return SP_ERR_FULL;
		r = plain_swarm_add(p, s->hash, ask->info_hash, &s->swarm);
	}
	if (r < 0)
		return r;
	r = plain_peer_add(p, s->swarm, &s->key, ask->seeds, mark);
	if (r < 0 && plain_swarm(p, s->swarm)->len == 0) {
		plain_swarm_del(p, s->swarm);
		s->swarm = PLAIN_NONE;
	}
	return r;
}

/* Adds who is not there, for whom up to |evict| swarms may go. */
static int
add(struct plain *p, const struct plain_ask *ask, struct spot *s, uint16_t mark,
    int evict)
{
	int r;

	r = may_store(p, s);
	if (r < 0)
		return r;
	while ((r = try_add(p, ask, s, mark)) == SP_ERR_FULL && evict-- > 0) {
		if (!plain_evict(p, s->swarm))
			break;
	}
	if (r == 0)
		find_entry(p, ask, s);
	return r;
}

/* It never expires earlier than it was to: its swarm is due by that. */
static void
renew(struct plain *p, const struct plain_ask *ask, struct spot *s,
    uint16_t mark)
{
	uint16_t was = pool_mark(s->pool, s->at);
	bool seeded = s->at < s->pool->seeds;

	if (plain_mark_tick(p, mark) < plain_mark_tick(p, was))
		mark = (mark & MARK_FOREIGN) | (was & MARK_TICK);
	p->stats.foreign += (mark & MARK_FOREIGN) != 0;
	p->stats.foreign -= (was & MARK_FOREIGN) != 0;
	pool_set_mark(s->pool, s->at, mark | (was & MARK_COMPLETED));
	if (seeded == ask->seeds)
		return;
	s->at = pool_set_seeds(s->pool, &p->env, s->at, ask->seeds);
	p->count[s->key.class][seeded]--;
	p->count[s->key.class][ask->seeds]++;
}

static void
count_download(struct plain *p, const struct plain_ask *ask,
    const struct spot *s)
{
	uint16_t mark = pool_mark(s->pool, s->at);

	if (ask->event != TW_EVENT_COMPLETED || (mark & MARK_COMPLETED))
		return;
	pool_set_mark(s->pool, s->at, mark | MARK_COMPLETED);
	plain_swarm(p, s->swarm)->downloaded++;
}

static void
remove_entry(struct plain *p, struct spot *s)
{
	plain_peer_del(p, s->swarm, s->pool, s->at);
	plain_pool_trim(p, s->swarm, s->key.class);
	if (plain_swarm(p, s->swarm)->len == 0) {
		plain_swarm_del(p, s->swarm);
		s->swarm = PLAIN_NONE;
	}
	p->stats.stopped++;
}

/* Adds or renews the asker. */
static int
store(struct plain *p, const struct plain_ask *ask, struct spot *s,
    uint32_t interval_s)
{
	uint16_t mark = mark_in(p, plain_ttl(interval_s));
	int r;

	if (s->at == POOL_NONE) {
		r = add(p, ask, s, mark, EVICTED_MAX);
		if (r == SP_ERR_FULL)
			p->stats.refused_full++;
		else if (r == SP_ERR_DENIED)
			p->stats.refused_denied++;
		else if (r < 0)
			p->stats.refused_nomem++;
		if (r < 0)
			return r;
	} else {
		renew(p, ask, s, mark);
	}
	count_download(p, ask, s);
	return 0;
}

/* ---- the announce -------------------------------------------------------- */

/*
 * Our own viewers say so in their peer-id (link_peerid). -SP3 and so on is
 * BitSpirit.
 */
static bool
is_viewer(const struct plain_ask *ask)
{
	return ask->peer_id != NULL && memcmp(ask->peer_id, "-SP0", 4) == 0;
}

static void
set_interval(struct plain *p, struct plain_answer *out)
{
	uint64_t x = rng_u64(&p->rng) >> 32;

	out->interval_s = p->conf.interval_s - p->tenth_s +
			  (uint32_t)(x * (2 * p->tenth_s + 1) >> 32);
	out->min_interval_s = p->conf.min_interval_s;
}

void
plain_count(const struct swarm *s, uint32_t *complete, uint32_t *incomplete)
{
	*complete = 0;
	for (const struct pool *v = s->pools; v != NULL; v = v->next)
		*complete += v->seeds;
	*incomplete = s->len - *complete;
}

static size_t
sample(struct plain *p, const struct plain_ask *ask, const struct spot *s,
    uint8_t *peers, size_t cap)
{
	enum scope most =
	    scope_handed(p->conf.lan, (enum scope)(s->key.class / POOL_SCOPE));
	size_t want = p->conf.numwant, n = 0, self = 0;
	struct pool_span v[SCOPE_COUNT];
	const struct pool *pool = plain_swarm(p, s->swarm)->pools;

	if (ask->numwant > 0)
		want = SP_MIN((size_t)ask->numwant, (size_t)LIM_NUMWANT);
	want = SP_MIN(want,
	    s->key.class & POOL_V6 ? cap / POOL_V6_BYTES : cap / POOL_V4_BYTES);
	for (; pool != NULL; pool = pool->next) {
		if (((pool->class ^ s->key.class) & POOL_V6) ||
		    pool->class / POOL_SCOPE > most)
			continue;
		if (pool == s->pool)
			self = n;
		v[n].p = pool;
		v[n++].from = ask->seeds ? pool->seeds : 0;
	}
	return n == 0 ? 0
		      : pool_sample(v, n, self, s->at, &p->rng, peers, want);
}

/* Also of one who was not known here: he may be known there. */
static void
tell(const struct plain *p, const struct plain_ask *ask, sp_time now)
{
	struct sharewire_peer o = { .addr = ask->addr };

	memcpy(o.info_hash, ask->info_hash, LINK_INFOHASH_LEN);
	if (ask->seeds)
		o.flags |= SHAREWIRE_SEEDER;
	if (ask->event == TW_EVENT_STOPPED)
		o.flags |= SHAREWIRE_STOPPED;
	/* Who stops may name no port. What is not told is counted there. */
	if (!addr_is_bogus(&o.addr))
		(void)shareout_tell(p->conf.shareout, &o, now);
}

int
plain_announce(struct plain *p, const struct plain_ask *ask, uint8_t *peers,
    size_t cap, struct plain_answer *out, sp_time now)
{
	struct spot s;
	int r;

	if (is_viewer(ask))
		return PLAIN_LIVE;
	if (now >= p->next)
		plain_tick(p, now);
	r = look_up(p, ask, &s);
	if (r < 0) {
		p->stats.announce_errors++;
		p->stats.denied += r == SP_ERR_DENIED;
	}
	if (r != 0)
		return r;
	p->stats.announces++;
	memset(out, 0, sizeof(*out));
	set_interval(p, out);
	find_entry(p, ask, &s);
	if (ask->event != TW_EVENT_STOPPED)
		out->store = store(p, ask, &s, out->interval_s);
	else if (s.at != POOL_NONE)
		remove_entry(p, &s);
	if (p->conf.shareout != NULL && out->store == 0)
		tell(p, ask, now);
	if (s.swarm == PLAIN_NONE)
		return 0;
	plain_count(plain_swarm(p, s.swarm), &out->complete, &out->incomplete);
	if (ask->event != TW_EVENT_STOPPED)
		out->n_peers = sample(p, ask, &s, peers, cap);
	p->stats.peers_told += out->n_peers;
	return 0;
}

/* ---- other trackers ------------------------------------------------------ */

static int
import_known(struct plain *p, const struct plain_ask *ask, struct spot *s,
    uint16_t mark)
{
	if (!(pool_mark(s->pool, s->at) & MARK_FOREIGN))
		return SP_ERR_EXISTS;
	if (ask->event == TW_EVENT_STOPPED) {
		remove_entry(p, s);
		return 0;
	}
	renew(p, ask, s, mark);
	count_download(p, ask, s);
	return 0;
}

int
plain_import(struct plain *p, const struct plain_ask *ask, uint32_t ttl_s,
    sp_time now)
{
	struct spot s;
	uint16_t mark;
	int r;

	plain_tick(p, now);
	r = look_up(p, ask, &s);
	if (r != 0)
		return r;
	find_entry(p, ask, &s);
	ttl_s = SP_MIN(ttl_s, p->max_ttl * PLAIN_TICK_S);
	mark = MARK_FOREIGN | mark_in(p, SP_MIN(ticks(ttl_s), p->max_ttl));
	if (s.at != POOL_NONE)
		return import_known(p, ask, &s, mark);
	if (ask->event == TW_EVENT_STOPPED)
		return SP_ERR_NOTFOUND;
	r = add(p, ask, &s, mark, 0);
	if (r == 0)
		count_download(p, ask, &s);
	return r;
}
