#include "tracker/wt.h"

#include "base/rng.h"
#include "tracker/wt_tab.h"

#define EXPIRE 3 /* intervals */

struct wt {
	struct wt_conf conf;
	const struct sp_mem *mem;
	struct wt_tab tab;
	struct sp_rng rng;
	sp_time born;
	struct wt_stats stats;
	/* What wt_next has not told yet: the reply, then offers or the answer.
	 */
	bool reply;
	struct wt_act act; /* the reply; for the others whose they are */
	const struct wt_offer *offers;
	uint32_t to[LIM_WT_OFFERS]; /* peers */
	uint32_t n, at;
};

void
wt_conf_init(struct wt_conf *c)
{
	*c = (struct wt_conf){
		.max_conns = 100000,
		.max_host_conns = 64,
		.max_conn_peers = 256,
		.max_conn_swarm = 4,
		.max_swarm_peers = 100000,
		.max_peers = 500000,
		.interval_s = 120,
		.rate_bps = 65536,
		.burst_bytes = 2u << 20,
	};
}

int
wt_new(struct wt **out, const struct wt_conf *conf, const struct sp_mem *mem,
    uint64_t seed, sp_time now)
{
	struct wt *w;
	int r;

	*out = NULL;
	if (conf->max_conns < 1 || conf->max_conns > WT_PEERS_MAX ||
	    conf->max_host_conns < 1 || conf->max_conn_peers < 1 ||
	    conf->max_conn_swarm < 1 || conf->max_swarm_peers < 1 ||
	    conf->max_peers < 1 || conf->max_peers > WT_PEERS_MAX ||
	    conf->interval_s < 10 || conf->interval_s > 86400)
		return SP_ERR_ARG;
	w = mem_zalloc(mem, 1, sizeof(*w));
	if (w == NULL)
		return SP_ERR_NOMEM;
	w->conf = *conf;
	w->mem = mem;
	w->born = now;
	rng_seed(&w->rng, seed);
	r = wt_tab_init(&w->tab, mem, conf->max_conns, conf->max_peers,
	    rng_u64(&w->rng));
	if (r < 0) {
		wt_free(w);
		return r;
	}
	*out = w;
	return 0;
}

void
wt_free(struct wt *w)
{
	if (w == NULL)
		return;
	wt_tab_fini(&w->tab);
	mem_free(w->mem, w);
}

static uint32_t
seconds(const struct wt *w, sp_time now)
{
	return (uint32_t)((now - w->born) / SP_S);
}

/* ---- connections --------------------------------------------------------- */

static int
host_add(struct wt *w, const struct sp_addr *host)
{
	uint32_t *n;
	int r;

	n = map_put(w->tab.hosts, host, NULL, &r);
	if (n == NULL)
		return r;
	if (*n >= w->conf.max_host_conns && !addr_is_loopback(host))
		return SP_ERR_FULL;
	++*n;
	return 0;
}

static void
host_del(struct wt *w, const struct sp_addr *host)
{
	uint32_t *n = map_get(w->tab.hosts, host);

	assert(n != NULL && *n > 0 && "a connection's host is counted");
	if (--*n == 0)
		map_del(w->tab.hosts, host);
}

int
wt_open(struct wt *w, uint32_t conn, const struct sp_addr *from, sp_time now)
{
	struct sp_addr host = addr_host(from);
	struct wt_conn *c;
	bool fresh;
	int r;

	host.port = 0;
	c = map_put(w->tab.conns, &conn, &fresh, &r);
	if (c == NULL)
		return r;
	if (!fresh)
		return SP_ERR_EXISTS;
	r = host_add(w, &host);
	if (r < 0) {
		map_del(w->tab.conns, &conn);
		return r;
	}
	c->host = host;
	c->peers = (struct wt_list){ WT_NONE, WT_NONE };
	ratelim_init(&c->in, addr_is_loopback(&host) ? 0 : w->conf.rate_bps,
	    w->conf.burst_bytes, now);
	return 0;
}

void
wt_close(struct wt *w, uint32_t conn)
{
	struct wt_conn *c = wt_tab_conn(&w->tab, conn);

	if (c == NULL)
		return;
	w->reply = false;
	w->n = 0;
	while (c->n > 0)
		wt_tab_del(&w->tab, c->peers.first);
	host_del(w, &c->host);
	map_del(w->tab.conns, &conn);
}

int
wt_charge(struct wt *w, uint32_t conn, size_t bytes, sp_time now)
{
	struct wt_conn *c = wt_tab_conn(&w->tab, conn);

	if (c == NULL)
		return SP_ERR_NOTFOUND;
	return ratelim_take(&c->in, SP_MAX(bytes, WT_COST), now) ? 0
								 : SP_ERR_LIMIT;
}

/* ---- who is in ----------------------------------------------------------- */

static void
evict(struct wt *w, uint32_t peer)
{
	wt_tab_del(&w->tab, peer);
	w->stats.evicted++;
}

/* Of all peers the one silent longest, if it should have announced itself. */
static bool
evict_overdue(struct wt *w, uint32_t s)
{
	uint32_t oldest = w->tab.age.first;

	if (oldest == WT_NONE ||
	    s - w->tab.peers[oldest].seen_s <
		w->conf.interval_s * (uint64_t)WT_OVERDUE_PCT / 100)
		return false;
	evict(w, oldest);
	return true;
}

/* One socket is one browser: it has no crowd of its own in a swarm. */
static void
evict_of_conn(struct wt *w, const struct wt_conn *c, uint32_t swarm)
{
	uint32_t oldest = WT_NONE, n = 0;

	for (uint32_t i = c->peers.first; swarm != WT_NONE && i != WT_NONE;
	     i = w->tab.peers[i].of[WT_BY_CONN].next) {
		if (w->tab.peers[i].swarm == swarm && n++ == 0)
			oldest = i;
	}
	if (n >= w->conf.max_conn_swarm)
		evict(w, oldest);
	if (c->n >= w->conf.max_conn_peers)
		evict(w, c->peers.first);
}

/* Room for one more of |conn| in the swarm. */
static int
make_room(struct wt *w, uint32_t conn, const uint8_t *info_hash, uint32_t s)
{
	struct wt_conn *c = wt_tab_conn(&w->tab, conn);
	struct wt_counts counts;

	wt_scrape(w, info_hash, &counts);
	if (counts.complete + counts.incomplete >= w->conf.max_swarm_peers)
		return SP_ERR_FULL;
	evict_of_conn(w, c, wt_tab_swarm(&w->tab, info_hash));
	if (w->tab.live_peers >= w->conf.max_peers && !evict_overdue(w, s))
		return SP_ERR_FULL;
	return 0;
}

/* May |conn| speak for |peer|, which another one announced? */
static bool
may_take(const struct wt *w, uint32_t conn, uint32_t peer)
{
	uint32_t now = w->tab.peers[peer].conn;

	return now == conn || addr_ip_eq(&wt_tab_conn(&w->tab, conn)->host,
				  &wt_tab_conn(&w->tab, now)->host);
}

static void
set_role(struct wt *w, uint32_t peer, const struct wt_announce *a)
{
	if (a->left == WT_LEFT_NONE || a->event == WT_EVENT_COMPLETED)
		wt_tab_seed(&w->tab, peer, true);
	else if (a->left == WT_LEFT_SOME)
		wt_tab_seed(&w->tab, peer, false);
}

/* The peer's number in |*peer|; WT_NONE when it is not kept (any more). */
static int
enter(struct wt *w, uint32_t conn, const struct wt_announce *a, uint32_t *peer,
    sp_time now)
{
	uint32_t s = seconds(w, now);
	int r;

	*peer = wt_tab_peer(&w->tab, wt_tab_swarm(&w->tab, a->info_hash),
	    a->peer_id);
	if (*peer != WT_NONE && !may_take(w, conn, *peer)) {
		w->stats.refused_id++;
		return SP_ERR_EXISTS;
	}
	if (a->event == WT_EVENT_STOPPED) {
		if (*peer != WT_NONE)
			wt_tab_del(&w->tab, *peer);
		*peer = WT_NONE;
		return 0;
	}
	if (*peer == WT_NONE) {
		r = make_room(w, conn, a->info_hash, s);
		if (r == 0)
			r = wt_tab_add(&w->tab, a->info_hash, a->peer_id, conn,
			    s, peer);
		if (r < 0) {
			*peer = WT_NONE;
			w->stats.refused_full++;
			return 0;
		}
	} else {
		if (w->tab.peers[*peer].conn != conn)
			evict_of_conn(w, wt_tab_conn(&w->tab, conn),
			    w->tab.peers[*peer].swarm);
		wt_tab_seen(&w->tab, *peer, conn, s);
	}
	set_role(w, *peer, a);
	return 0;
}

/* ---- who gets an offer --------------------------------------------------- */

/*
 * |k| different numbers below |n|, each set with the same chance (Floyd, in
 * Bentley, Programming Pearls 1987), in an order that says nothing.
 */
static void
draw(struct sp_rng *rng, uint32_t n, uint32_t k, uint32_t *out)
{
	uint32_t x, got = 0;

	for (uint32_t j = n - k; j < n; j++) {
		x = (uint32_t)rng_below(rng, (uint64_t)j + 1);
		for (uint32_t i = 0; i < got; i++) {
			if (out[i] == x) {
				x = j;
				break;
			}
		}
		out[got++] = x;
	}
	rng_shuffle(rng, out, k, sizeof(*out));
}

/*
 * Leechers get offers of all, seeders those of leechers: what may be drawn is
 * the front of the swarm's array, without the peer itself.
 */
static void
choose(struct wt *w, uint32_t peer, size_t offers)
{
	const struct wt_peer *p = &w->tab.peers[peer];
	const struct wt_swarm *s = &w->tab.swarms[p->swarm];
	uint32_t n = p->seed ? s->leechers : s->n - 1;

	w->n = (uint32_t)SP_MIN(offers, SP_MIN(n, LIM_WT_OFFERS));
	draw(&w->rng, n, w->n, w->to);
	for (uint32_t i = 0; i < w->n; i++) {
		if (w->to[i] >= p->at)
			w->to[i]++;
		w->to[i] = s->v[w->to[i]];
	}
}

/* ---- announces ----------------------------------------------------------- */

/* Told with 10 % more or less, so that who came together goes apart. */
static uint32_t
interval(struct wt *w)
{
	uint32_t tenth = w->conf.interval_s / 10;

	return w->conf.interval_s - tenth +
	       (uint32_t)rng_below(&w->rng, 2 * (uint64_t)tenth + 1);
}

int
wt_announce(struct wt *w, uint32_t conn, const struct wt_announce *a,
    sp_time now)
{
	bool keep = a->event != WT_EVENT_STOPPED;
	uint32_t peer;
	int r;

	w->reply = false;
	w->n = w->at = 0;
	if (wt_tab_conn(&w->tab, conn) == NULL)
		return SP_ERR_NOTFOUND;
	wt_tick(w, now);
	r = enter(w, conn, a, &peer, now);
	if (r < 0)
		return r;
	w->stats.announces++;
	w->reply = true;
	w->act = (struct wt_act){
		.kind = WT_ACT_REPLY,
		.conn = conn,
		.info_hash = a->info_hash,
		.peer_id = a->peer_id,
		.interval_s = interval(w),
		.full = keep && peer == WT_NONE,
	};
	wt_scrape(w, a->info_hash, &w->act.counts);
	w->offers = a->offers;
	if (peer != WT_NONE)
		choose(w, peer, a->n_offers);
	w->stats.offers += w->n;
	return 0;
}

int
wt_answer(struct wt *w, uint32_t conn, const struct wt_answer *a, sp_time now)
{
	uint32_t swarm = wt_tab_swarm(&w->tab, a->info_hash), from, to;

	w->reply = false;
	w->n = w->at = 0;
	from = wt_tab_peer(&w->tab, swarm, a->peer_id);
	to = wt_tab_peer(&w->tab, swarm, a->to);
	if (from == WT_NONE || to == WT_NONE || from == to ||
	    w->tab.peers[from].conn != conn)
		return SP_ERR_NOTFOUND;
	wt_tab_seen(&w->tab, from, conn, seconds(w, now));
	w->act = (struct wt_act){
		.kind = WT_ACT_ANSWER,
		.info_hash = a->info_hash,
		.peer_id = a->peer_id,
	};
	w->offers = &a->offer;
	w->to[0] = to;
	w->n = 1;
	w->stats.answers++;
	return 0;
}

int
wt_next(struct wt *w, struct wt_act *act)
{
	if (w->reply) {
		*act = w->act;
		w->reply = false;
		w->act.kind = WT_ACT_OFFER;
		return 0;
	}
	if (w->at == w->n)
		return SP_ERR_AGAIN;
	*act = w->act;
	act->conn = w->tab.peers[w->to[w->at]].conn;
	act->offer = &w->offers[w->at++];
	return 0;
}

/* ---- swarms -------------------------------------------------------------- */

bool
wt_scrape(const struct wt *w, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct wt_counts *out)
{
	uint32_t swarm = wt_tab_swarm(&w->tab, info_hash);

	*out = wt_tab_counts(&w->tab, swarm);
	return swarm != WT_NONE;
}

const uint8_t *
wt_swarm_next(const struct wt *w, size_t *it, struct wt_counts *out)
{
	while (*it < w->tab.n_swarms) {
		uint32_t i = (uint32_t)(*it)++;

		if (w->tab.swarms[i].v == NULL)
			continue;
		*out = wt_tab_counts(&w->tab, i);
		return w->tab.swarms[i].info_hash;
	}
	return NULL;
}

int
wt_drop(struct wt *w, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	uint32_t swarm = wt_tab_swarm(&w->tab, info_hash);

	if (swarm == WT_NONE)
		return SP_ERR_NOTFOUND;
	w->reply = false;
	w->n = 0;
	for (uint32_t n = w->tab.swarms[swarm].n; n > 0; n--)
		wt_tab_del(&w->tab, w->tab.swarms[swarm].v[n - 1]);
	return 0;
}

/* ---- time ---------------------------------------------------------------- */

int
wt_tick(struct wt *w, sp_time now)
{
	uint32_t s = seconds(w, now), oldest, n = 0;

	while ((oldest = w->tab.age.first) != WT_NONE && n < WT_TICK_MAX &&
	       s - w->tab.peers[oldest].seen_s >= EXPIRE * w->conf.interval_s) {
		wt_tab_del(&w->tab, oldest);
		n++;
	}
	if (n > 0) {
		w->reply = false;
		w->n = 0;
	}
	w->stats.expired += n;
	return (int)n;
}

sp_time
wt_deadline(const struct wt *w)
{
	uint32_t oldest = w->tab.age.first;

	if (oldest == WT_NONE)
		return SP_NEVER;
	return w->born + (w->tab.peers[oldest].seen_s +
			     EXPIRE * (sp_time)w->conf.interval_s) *
			     SP_S;
}

void
wt_stats(const struct wt *w, struct wt_stats *out)
{
	*out = w->stats;
	out->conns = map_len(w->tab.conns);
	out->swarms = w->tab.live_swarms;
	out->peers = w->tab.live_peers;
	out->seeders = w->tab.seeders;
}

bool
wt_is_sound(const struct wt *w)
{
	return wt_tab_is_sound(&w->tab) &&
	       w->tab.live_peers <= w->conf.max_peers;
}
