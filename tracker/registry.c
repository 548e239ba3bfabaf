#include "tracker/registry.h"

#include "base/rng.h"
#include "tracker/sample.h"

struct registry {
	const struct sp_mem *mem;
	struct registry_conf conf;
	struct sp_rng rng;
	struct peertab tab;
	sp_time start;
	uint32_t due;      /* the first bucket that has not expired */
	uint32_t late_max; /* buckets that may be due at once */
	struct registry_stats stats;
};

/* Peers outlive the interval they were told by half of it and this. */
#define GRACE_S 30

static uint32_t
ttl_s(uint32_t interval_s)
{
	return interval_s + interval_s / 2 + GRACE_S;
}

void
registry_conf_init(struct registry_conf *c)
{
	*c = (struct registry_conf){
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
conf_is_valid(const struct registry_conf *c)
{
	return c->interval_s >= 60 && c->interval_s <= 86400 &&
	       c->min_interval_s <= c->interval_s && c->max_peers >= 1 &&
	       c->max_peers <= REGISTRY_PEERS_MAX && c->max_swarms >= 1 &&
	       c->max_swarms <= REGISTRY_PEERS_MAX && c->max_swarm_peers >= 1 &&
	       c->max_ip_ports >= 1 && c->numwant <= LIM_NUMWANT &&
	       (unsigned)c->lan <= SCOPE_LAN_NO;
}

int
registry_new(struct registry **out, const struct registry_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now)
{
	struct registry *r;
	uint32_t longest;
	int rv;

	*out = NULL;
	if (!conf_is_valid(conf))
		return SP_ERR_ARG;
	r = mem_zalloc(mem, 1, sizeof(*r));
	if (r == NULL)
		return SP_ERR_NOMEM;
	r->mem = mem;
	r->conf = *conf;
	r->start = now;
	rng_seed(&r->rng, seed);
	longest = SP_MAX(conf->interval_s, REGISTRY_LIVE_INTERVAL_S);
	longest = ttl_s(longest + longest / 10);
	r->late_max = (INT16_MAX - longest / PEERTAB_BUCKET_S) / 2;
	rv = peertab_init(&r->tab, mem, conf->max_peers, conf->max_swarms,
	    longest, rng_u64(&r->rng));
	if (rv < 0) {
		mem_free(mem, r);
		return rv;
	}
	*out = r;
	return 0;
}

int
registry_relimit(struct registry *r, const struct registry_conf *conf)
{
	struct registry_conf next = r->conf;

	next.max_swarm_peers = conf->max_swarm_peers;
	next.min_interval_s = conf->min_interval_s;
	next.numwant = conf->numwant;
	if (!conf_is_valid(&next))
		return SP_ERR_ARG;
	r->conf = next;
	return 0;
}

void
registry_free(struct registry *r)
{
	if (r == NULL)
		return;
	peertab_fini(&r->tab);
	mem_free(r->mem, r);
}

static uint32_t
seconds(const struct registry *r, sp_time now)
{
	return (uint32_t)((now - r->start) / SP_S);
}

/* ---- expiry -------------------------------------------------------------- */

/*
 * Peers know 16 bits of their bucket, so after a very long silence (16 hours at
 * least) time is taken to have stood still.
 */
static uint32_t
bucket_now(struct registry *r, sp_time now)
{
	uint32_t end = seconds(r, now) / PEERTAB_BUCKET_S;
	uint32_t late = end > r->due ? end - r->due : 0;

	if (r->tab.n_peers == 0 || late <= r->late_max)
		return end;
	r->start += (sp_time)(late - r->late_max) * PEERTAB_BUCKET_S * SP_S;
	return r->due + r->late_max;
}

int
registry_tick(struct registry *r, sp_time now)
{
	uint32_t end = bucket_now(r, now), i, next;
	int n = 0;

	/* After a long silence one turn of the ring has seen every bucket. */
	if (end - r->due > r->tab.n_buckets && end > r->due)
		r->due = end - r->tab.n_buckets;
	for (; r->due < end; r->due++) {
		for (i = peertab_due(&r->tab, r->due); i != PEERTAB_NONE;
		     i = next) {
			next = r->tab.peers[i].next;
			if ((int16_t)(r->tab.peers[i].due - end) >= 0)
				continue;
			if (n == REGISTRY_TICK_MAX)
				return n;
			peertab_del(&r->tab, i);
			r->stats.expired++;
			n++;
		}
	}
	return n;
}

sp_time
registry_deadline(const struct registry *r)
{
	if (r->tab.n_peers == 0)
		return SP_NEVER;
	return tstamp_add(r->start,
	    ((sp_time)r->due + 1) * PEERTAB_BUCKET_S * SP_S);
}

/* ---- announces ----------------------------------------------------------- */

static uint8_t
class_of(const struct sp_addr *a, bool seeds)
{
	return (uint8_t)(scope_of(a) * PEERTAB_SCOPE +
			 (a->family == 6 ? PEERTAB_V6 : 0) +
			 (seeds ? PEERTAB_SEED : 0));
}

static uint32_t
jitter(struct registry *r, uint32_t s)
{
	uint32_t tenth = s / 10;

	return s - tenth + (uint32_t)rng_below(&r->rng, 2 * tenth + 1);
}

/* |peer| may be PEERTAB_NONE: not stored. */
static void
set_interval(struct registry *r, uint32_t peer, bool live,
    struct registry_answer *out, sp_time now)
{
	if (!live) {
		out->interval_s = jitter(r, r->conf.interval_s);
		out->min_interval_s = r->conf.min_interval_s;
		return;
	}
	out->min_interval_s = REGISTRY_LIVE_MIN_S;
	if (peer != PEERTAB_NONE &&
	    peertab_age(&r->tab, peer, seconds(r, now)) < REGISTRY_LIVE_YOUNG_S)
		out->interval_s = REGISTRY_LIVE_FIRST_S;
	else
		out->interval_s = jitter(r, REGISTRY_LIVE_INTERVAL_S);
}

static int
may_store(const struct registry *r, uint32_t swarm, const struct sp_addr *addr)
{
	enum scope scope = scope_of(addr);

	if (!scope_is_stored(r->conf.lan, scope))
		return SP_ERR_DENIED;
	if (swarm == PEERTAB_NONE)
		return 0;
	if (peertab_swarm_len(&r->tab.swarms[swarm]) >=
		r->conf.max_swarm_peers ||
	    (scope != SCOPE_LOOPBACK &&
		peertab_ports(&r->tab, swarm, addr) >= r->conf.max_ip_ports))
		return SP_ERR_FULL;
	return 0;
}

static int
add_peer(struct registry *r, uint32_t *swarm, const struct tw_announce *a,
    const struct sp_addr *addr, uint32_t *out)
{
	int rv;

	rv = may_store(r, *swarm, addr);
	if (rv == 0 && *swarm == PEERTAB_NONE)
		rv = peertab_swarm_add(&r->tab, a->info_hash, swarm);
	if (rv < 0)
		return rv;
	rv = peertab_add(&r->tab, *swarm, addr, a->peer_id,
	    class_of(addr, a->left == 0), r->due, out);
	if (rv < 0 && peertab_swarm_len(&r->tab.swarms[*swarm]) == 0) {
		peertab_swarm_del(&r->tab, *swarm);
		*swarm = PEERTAB_NONE;
	}
	return rv;
}

static void
set_live(struct registry *r, uint32_t peer, const struct tw_announce *a)
{
	struct peertab_peer *p = &r->tab.peers[peer];

	if (p->live != a->live || p->away)
		peertab_touch(&r->tab, peer);
	p->live = a->live;
	p->away = false;
	p->reachable = a->reachable;
	p->up = peertab_up_pack(a->up_kbps);
	r->tab.more[peer].track = (a->has_track ? a->track + 1 : 0) & 63;
	peertab_set_net(&r->tab, peer, a->net);
}

/* Another one than it was, or a new one. */
static void
be_born(struct registry *r, uint32_t peer, const struct tw_announce *a,
    sp_time now)
{
	struct peertab_peer *p = &r->tab.peers[peer];

	p->born_s = (uint16_t)seconds(r, now);
	p->completed = false;
	p->live = false;
	r->tab.more[peer].foreign = a->foreign;
	peertab_touch(&r->tab, peer);
}

/* The asker's entry. SP_ERR_NOTFOUND; SP_ERR_NOMEM: it has another peer-id. */
static int
find_entry(struct registry *r, uint32_t swarm, const struct tw_announce *a,
    const struct sp_addr *addr, uint32_t *out, struct registry_answer *ans,
    sp_time now)
{
	*out = swarm == PEERTAB_NONE ? PEERTAB_NONE
				     : peertab_find(&r->tab, swarm, addr);
	if (*out == PEERTAB_NONE)
		return SP_ERR_NOTFOUND;
	if (peertab_has_id(&r->tab, *out, a->peer_id))
		return 0;
	peertab_id(&r->tab, *out, ans->was);
	/* Without memory who was there stays. */
	if (peertab_set_id(&r->tab, *out, a->peer_id) < 0)
		return SP_ERR_NOMEM;
	ans->replaced = true;
	be_born(r, *out, a, now);
	return 0;
}

/* Adds or renews the asker; its index or PEERTAB_NONE in *out. */
static int
place(struct registry *r, uint32_t *swarm, const struct tw_announce *a,
    const struct sp_addr *addr, uint32_t *out, struct registry_answer *ans,
    sp_time now)
{
	struct peertab_peer *p;
	int rv;

	rv = find_entry(r, *swarm, a, addr, out, ans, now);
	if (rv == SP_ERR_NOTFOUND) {
		rv = add_peer(r, swarm, a, addr, out);
		if (rv == 0)
			be_born(r, *out, a, now);
	}
	if (rv < 0)
		return rv;
	p = &r->tab.peers[*out];
	peertab_enter(&r->tab, *out);
	r->tab.more[*out].foreign &= a->foreign;
	peertab_grow_old(&r->tab, *out, seconds(r, now));
	set_live(r, *out, a);
	peertab_set_class(&r->tab, *out, class_of(addr, a->left == 0));
	if (a->event == TW_EVENT_COMPLETED && !p->completed) {
		p->completed = true;
		r->tab.swarms[*swarm].downloaded++;
	}
	return 0;
}

static void
count_refusal(struct registry *r, int err)
{
	if (err == SP_ERR_FULL)
		r->stats.refused_full++;
	else if (err == SP_ERR_DENIED)
		r->stats.refused_denied++;
	else
		r->stats.refused_nomem++;
}

static void
stop(struct registry *r, uint32_t swarm, const struct tw_announce *a,
    const struct sp_addr *addr)
{
	uint32_t i;

	if (swarm == PEERTAB_NONE)
		return;
	i = peertab_find(&r->tab, swarm, addr);
	if (i == PEERTAB_NONE || !peertab_has_id(&r->tab, i, a->peer_id))
		return;
	peertab_del(&r->tab, i);
	r->stats.stopped++;
}

/* ---- the announce -------------------------------------------------------- */

static size_t
numwant(const struct registry *r, const struct tw_announce *a, size_t max)
{
	size_t n = r->conf.numwant;

	if (a->numwant > 0)
		n = SP_MIN((size_t)a->numwant, (size_t)LIM_NUMWANT);
	return SP_MIN(n, max);
}

static void
count_swarm(const struct registry *r, uint32_t swarm,
    struct registry_answer *out)
{
	if (swarm == PEERTAB_NONE)
		return;
	out->complete = peertab_swarm_count(&r->tab.swarms[swarm], true);
	out->incomplete = peertab_swarm_count(&r->tab.swarms[swarm], false);
}

static void
count_tracks(const struct registry *r, uint32_t swarm, uint32_t self,
    struct registry_answer *out)
{
	const struct peertab_swarm *s = &r->tab.swarms[swarm];
	uint32_t i, n = peertab_swarm_len(s);
	unsigned track;

	out->counted = n <= REGISTRY_COUNTED;
	for (i = 0; out->counted && i < n; i++) {
		track = r->tab.more[s->v[i]].track;
		if (track == 0 || s->v[i] == self || r->tab.peers[s->v[i]].away)
			continue;
		out->viewers[track - 1] += out->viewers[track - 1] < UINT8_MAX;
	}
}

int
registry_announce(struct registry *r, const struct tw_announce *a,
    const struct sp_addr *from, bool live, struct tw_peer *peers, size_t max,
    struct registry_answer *out, sp_time now)
{
	struct sp_addr addr = *from;
	struct sample_rule rule;
	uint32_t swarm, self = PEERTAB_NONE;

	memset(out, 0, sizeof(*out));
	registry_tick(r, now);
	addr.port = a->port;
	if (a->event == TW_EVENT_STOPPED) {
		stop(r, peertab_swarm(&r->tab, a->info_hash), a, &addr);
		set_interval(r, PEERTAB_NONE, live, out, now);
		count_swarm(r, peertab_swarm(&r->tab, a->info_hash), out);
		return 0;
	}
	if (addr_is_bogus(&addr))
		return SP_ERR_RANGE;
	swarm = peertab_swarm(&r->tab, a->info_hash);
	out->store = place(r, &swarm, a, &addr, &self, out, now);
	if (out->store < 0)
		count_refusal(r, out->store);
	set_interval(r, self, live, out, now);
	if (self != PEERTAB_NONE)
		peertab_set_due(&r->tab, self,
		    (seconds(r, now) + ttl_s(out->interval_s)) /
			PEERTAB_BUCKET_S);
	if (swarm == PEERTAB_NONE)
		return 0;
	rule.v6 = addr.family == 6;
	rule.seeds = a->left != 0;
	rule.scopes = (uint8_t)scope_handed(r->conf.lan, scope_of(&addr));
	rule.self = self;
	rule.near = live;
	rule.asker = near_place(&addr, peertab_net_fold(a->net));
	out->n_peers = sample_peers(&r->tab, swarm, &rule, &r->rng, peers,
	    numwant(r, a, max));
	count_swarm(r, swarm, out);
	if (live)
		count_tracks(r, swarm, self, out);
	return 0;
}

/* ---- streams ------------------------------------------------------------- */

bool
registry_away(struct registry *r, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t peer_id[LINK_PEERID_LEN], const struct sp_addr *addr,
    bool away)
{
	uint32_t swarm = peertab_swarm(&r->tab, info_hash), i = PEERTAB_NONE;
	struct peertab_peer *p;

	if (swarm != PEERTAB_NONE)
		i = peertab_find(&r->tab, swarm, addr);
	if (i == PEERTAB_NONE)
		return false;
	p = &r->tab.peers[i];
	if (p->away == away || !peertab_has_id(&r->tab, i, peer_id))
		return false;
	p->away = away;
	peertab_touch(&r->tab, i);
	return true;
}

/* ---- looking ------------------------------------------------------------- */

static void
scrape_entry(const struct peertab_swarm *s, struct tw_scrape_entry *out)
{
	memcpy(out->info_hash, s->info_hash, LINK_INFOHASH_LEN);
	out->complete = peertab_swarm_count(s, true);
	out->incomplete = peertab_swarm_count(s, false);
	out->downloaded = s->downloaded;
}

bool
registry_scrape(const struct registry *r,
    const uint8_t info_hash[LINK_INFOHASH_LEN], struct tw_scrape_entry *out)
{
	uint32_t i = peertab_swarm(&r->tab, info_hash);

	memset(out, 0, sizeof(*out));
	memcpy(out->info_hash, info_hash, LINK_INFOHASH_LEN);
	if (i == PEERTAB_NONE)
		return false;
	scrape_entry(&r->tab.swarms[i], out);
	return true;
}

bool
registry_next(const struct registry *r, size_t *it, struct tw_scrape_entry *out)
{
	while (*it < r->tab.swarms_len && !r->tab.swarms[*it].used)
		++*it;
	if (*it >= r->tab.swarms_len)
		return false;
	scrape_entry(&r->tab.swarms[(*it)++], out);
	return true;
}

int
registry_drop(struct registry *r, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	uint32_t i = peertab_swarm(&r->tab, info_hash);

	if (i == PEERTAB_NONE)
		return SP_ERR_NOTFOUND;
	peertab_swarm_del(&r->tab, i);
	return 0;
}

/* Of the first |len| of the swarm the last one at |addr|, or PEERTAB_NONE. */
static uint32_t
last_at(const struct peertab *t, uint32_t swarm, const struct sp_addr *addr,
    uint32_t len)
{
	const uint32_t *v = t->swarms[swarm].v;
	struct sp_addr at;

	if (addr->port != 0)
		return peertab_find(t, swarm, addr);
	while (len-- > 0) {
		at = peertab_addr(t, v[len]);
		if (addr_ip_eq(&at, addr))
			return v[len];
	}
	return PEERTAB_NONE;
}

uint32_t
registry_forget(struct registry *r, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct sp_addr *addr, uint8_t was[LINK_PEERID_LEN])
{
	uint32_t swarm = peertab_swarm(&r->tab, info_hash), i, len, n = 0;

	if (swarm == PEERTAB_NONE)
		return 0;
	len = peertab_swarm_len(&r->tab.swarms[swarm]);
	while (len > 0 &&
	       (i = last_at(&r->tab, swarm, addr, len)) != PEERTAB_NONE) {
		peertab_id(&r->tab, i, was);
		/* What comes to its place stood behind it, and was seen. */
		len = r->tab.peers[i].pos;
		peertab_del(&r->tab, i);
		n++;
	}
	return n;
}

void
registry_stats(const struct registry *r, struct registry_stats *out)
{
	*out = r->stats;
	out->swarms = map_len(r->tab.hashes);
	out->peers = r->tab.n_peers;
	for (uint32_t k = 0; k < PEERTAB_CLASSES; k++) {
		if (k & PEERTAB_V6)
			out->peers6 += r->tab.count[k];
		if (k & PEERTAB_SEED)
			out->seeders += r->tab.count[k];
	}
	out->peers4 = out->peers - out->peers6;
}

const struct peertab *
registry_tab(const struct registry *r)
{
	return &r->tab;
}

uint32_t
registry_seconds(const struct registry *r, sp_time now)
{
	return seconds(r, now);
}

bool
registry_is_sound(const struct registry *r)
{
	return peertab_is_sound(&r->tab);
}
