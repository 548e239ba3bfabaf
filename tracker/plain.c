#include "tracker/plain.h"

#include "tracker/plain_int.h"

/* ---- life ---------------------------------------------------------------- */

void
plain_conf_init(struct plain_conf *c)
{
	*c = (struct plain_conf){
		.lan = SCOPE_LAN_AUTO,
		.max_peers = 1000000,
		.max_swarms = 100000,
		.max_swarm_peers = 200000,
		.max_ip_ports = 64,
		.interval_s = 1800,
		.min_interval_s = 60,
		.numwant = 50,
	};
}

static bool
conf_is_valid(const struct plain_conf *c)
{
	return c->interval_s >= 60 && c->interval_s <= 86400 &&
	       c->min_interval_s <= c->interval_s && c->max_peers >= 1 &&
	       c->max_peers <= PLAIN_MAX && c->max_swarms >= 1 &&
	       c->max_swarms <= PLAIN_MAX && c->max_swarm_peers >= 1 &&
	       c->max_ip_ports >= 1 && c->numwant <= LIM_NUMWANT &&
	       (unsigned)c->lan <= SCOPE_LAN_NO;
}

int
plain_new(struct plain **out, const struct plain_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now)
{
	struct plain *p;
	int r;

	*out = NULL;
	if (!conf_is_valid(conf))
		return SP_ERR_ARG;
	p = mem_zalloc(mem, 1, sizeof(*p));
	if (p == NULL)
		return SP_ERR_NOMEM;
	p->conf = *conf;
	p->env.mem.mem = mem;
	p->env.mem.used = budget_cost(sizeof(*p));
	p->start = p->next = now;
	p->tenth_s = conf->interval_s / 10;
	p->max_ttl = plain_ttl(conf->interval_s + p->tenth_s);
	rng_seed(&p->rng, seed);
	for (size_t i = 0; i < 2; i++) {
		p->key[i] = rng_u64(&p->rng);
		p->env.secret[i] = rng_u64(&p->rng);
	}
	/* What it takes at the start it may have, whatever the ceiling. */
	r = plain_init_swarms(p);
	if (r < 0) {
		plain_free(p);
		return r;
	}
	p->env.mem.max = conf->max_bytes;
	*out = p;
	return 0;
}

int
plain_relimit(struct plain *p, const struct plain_conf *conf)
{
	struct plain_conf next = p->conf;

	next.max_swarm_peers = conf->max_swarm_peers;
	next.min_interval_s = conf->min_interval_s;
	next.numwant = conf->numwant;
	if (!conf_is_valid(&next))
		return SP_ERR_ARG;
	p->conf = next;
	return 0;
}

void
plain_free(struct plain *p)
{
	const struct sp_mem *mem;

	if (p == NULL)
		return;
	mem = p->env.mem.mem;
	plain_fini_swarms(p);
	mem_free(mem, p);
}

/* ---- looking ------------------------------------------------------------- */

static void
scrape_entry(const struct swarm *s, struct tw_scrape_entry *out)
{
	memcpy(out->info_hash, s->info_hash, LINK_INFOHASH_LEN);
	plain_count(s, &out->complete, &out->incomplete);
	out->downloaded = s->downloaded;
}

int
plain_scrape(const struct plain *p, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct tw_scrape_entry *out)
{
	uint32_t i = plain_find(p, plain_hash(p, info_hash), info_hash);

	memset(out, 0, sizeof(*out));
	memcpy(out->info_hash, info_hash, LINK_INFOHASH_LEN);
	if (i == PLAIN_NONE)
		return plain_permits(p, info_hash) ? SP_ERR_NOTFOUND
						   : SP_ERR_DENIED;
	if (plain_swarm(p, i)->flags & SWARM_LIVE)
		return PLAIN_LIVE;
	scrape_entry(plain_swarm(p, i), out);
	return 0;
}

bool
plain_next(const struct plain *p, size_t *it, struct tw_scrape_entry *out)
{
	const struct swarm *s;

	while (*it < p->swarms_len) {
		s = plain_swarm(p, (uint32_t)(*it)++);
		if ((s->flags & SWARM_USED) && !(s->flags & SWARM_LIVE)) {
			scrape_entry(s, out);
			return true;
		}
	}
	return false;
}

bool
plain_next_live(const struct plain *p, size_t *it,
    uint8_t out[LINK_INFOHASH_LEN])
{
	uint32_t i = *it == 0 ? p->lives : (uint32_t)(*it - 1);

	if (i == PLAIN_NONE)
		return false;
	memcpy(out, plain_swarm(p, i)->info_hash, LINK_INFOHASH_LEN);
	*it = (size_t)plain_swarm(p, i)->next + 1;
	return true;
}

void
plain_warm(const struct plain *p, struct plain_hint *h,
    const uint8_t info_hash[LINK_INFOHASH_LEN], int step)
{
	if (step == 0)
		h->hash = plain_hash(p, info_hash);
	plain_fetch(p, h, step);
}

int
plain_drop(struct plain *p, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	uint32_t i = plain_find(p, plain_hash(p, info_hash), info_hash);

	if (i == PLAIN_NONE)
		return SP_ERR_NOTFOUND;
	plain_swarm_del(p, i);
	return 0;
}

/* Of swarm |i|, which may go with them. */
static uint32_t
forget_in(struct plain *p, uint32_t i, const struct pool_key *k, bool host)
{
	struct pool *pool = plain_pool(plain_swarm(p, i), k->class);
	uint32_t at = POOL_NONE, n = 0;

	if (pool == NULL)
		return 0;
	for (;; n++) {
		/* Deletions move what stands behind, and was seen. */
		at =
		    host ? pool_last_of(pool, k, at) : pool_find(pool, k, NULL);
		if (at == POOL_NONE)
			break;
		plain_peer_del(p, i, pool, at);
	}
	if (n > 0)
		plain_pool_trim(p, i, k->class);
	if (plain_swarm(p, i)->len == 0)
		plain_swarm_del(p, i);
	return n;
}

uint32_t
plain_forget(struct plain *p, const struct sp_addr *addr)
{
	struct pool_key k = pool_key(&p->env, addr);
	const struct swarm *s;
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->swarms_len; i++) {
		s = plain_swarm(p, i);
		if ((s->flags & SWARM_USED) && !(s->flags & SWARM_LIVE))
			n += forget_in(p, i, &k, addr->port == 0);
	}
	return n;
}

int
plain_set_live(struct plain *p, const uint8_t info_hash[LINK_INFOHASH_LEN],
    bool live)
{
	uint64_t hash = plain_hash(p, info_hash);
	uint32_t i = plain_find(p, hash, info_hash);
	bool is = i != PLAIN_NONE && (plain_swarm(p, i)->flags & SWARM_LIVE);
	int r;

	if (is == live)
		return 0;
	if (i != PLAIN_NONE)
		plain_swarm_del(p, i);
	if (!live)
		return 0;
	p->env.mem.max = 0;
	r = plain_swarm_add(p, hash, info_hash, &i);
	p->env.mem.max = p->conf.max_bytes;
	if (r < 0)
		return r;
	plain_swarm(p, i)->flags |= SWARM_LIVE;
	p->n_swarms--;
	plain_hang(p, i, 0);
	return 0;
}

void
plain_stats(const struct plain *p, struct plain_stats *out)
{
	*out = p->stats;
	out->swarms = p->n_swarms;
	out->bytes = p->env.mem.used;
	out->peers = p->peers;
	for (uint32_t k = 0; k < POOL_CLASSES; k++) {
		if (k & POOL_V6)
			out->peers6 += p->count[k][0] + p->count[k][1];
		out->seeders += p->count[k][1];
	}
	out->peers4 = out->peers - out->peers6;
}
