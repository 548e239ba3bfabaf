#include "tracker/wt_tab.h"

static_assert(sizeof(struct wt_key) == 24, "keys have no padding");

int
wt_tab_init(struct wt_tab *t, const struct sp_mem *mem, uint32_t max_conns,
    uint32_t max_peers, uint64_t seed)
{
	int r;

	memset(t, 0, sizeof(*t));
	t->mem = mem;
	t->free_peer = t->free_swarm = WT_NONE;
	t->age = (struct wt_list){ WT_NONE, WT_NONE };
	r = map_new(&t->by_id, mem, sizeof(struct wt_key), sizeof(uint32_t),
	    max_peers, seed);
	if (r == 0)
		r = map_new(&t->by_hash, mem, LINK_INFOHASH_LEN,
		    sizeof(uint32_t), max_peers, seed + 1);
	if (r == 0)
		r = map_new(&t->conns, mem, sizeof(uint32_t),
		    sizeof(struct wt_conn), max_conns, seed + 2);
	if (r == 0)
		r = map_new(&t->hosts, mem, sizeof(struct sp_addr),
		    sizeof(uint32_t), max_conns, seed + 3);
	return r;
}

void
wt_tab_fini(struct wt_tab *t)
{
	for (uint32_t i = 0; i < t->n_swarms; i++)
		mem_free(t->mem, t->swarms[i].v);
	mem_free(t->mem, t->swarms);
	mem_free(t->mem, t->peers);
	map_free(t->by_id);
	map_free(t->by_hash);
	map_free(t->conns);
	map_free(t->hosts);
}

/* ---- looking up ---------------------------------------------------------- */

static uint32_t
number(const struct map *m, const void *key)
{
	const uint32_t *v = map_get(m, key);

	return v == NULL ? WT_NONE : *v;
}

static struct wt_key
key_of(uint32_t swarm, const uint8_t peer_id[LINK_PEERID_LEN])
{
	struct wt_key k = { .swarm = swarm };

	memcpy(k.peer_id, peer_id, sizeof(k.peer_id));
	return k;
}

uint32_t
wt_tab_swarm(const struct wt_tab *t, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	return number(t->by_hash, info_hash);
}

uint32_t
wt_tab_peer(const struct wt_tab *t, uint32_t swarm,
    const uint8_t peer_id[LINK_PEERID_LEN])
{
	struct wt_key k = key_of(swarm, peer_id);

	return swarm == WT_NONE ? WT_NONE : number(t->by_id, &k);
}

struct wt_conn *
wt_tab_conn(const struct wt_tab *t, uint32_t conn)
{
	return map_get(t->conns, &conn);
}

struct wt_counts
wt_tab_counts(const struct wt_tab *t, uint32_t swarm)
{
	const struct wt_swarm *s;

	if (swarm == WT_NONE)
		return (struct wt_counts){ 0 };
	s = &t->swarms[swarm];
	return (struct wt_counts){ s->n - s->leechers, s->leechers };
}

/* ---- the two lists ------------------------------------------------------- */

static void
list_push(struct wt_tab *t, struct wt_list *l, enum wt_by by, uint32_t peer)
{
	t->peers[peer].of[by] = (struct wt_link){ WT_NONE, l->last };
	if (l->last == WT_NONE)
		l->first = peer;
	else
		t->peers[l->last].of[by].next = peer;
	l->last = peer;
}

static void
list_cut(struct wt_tab *t, struct wt_list *l, enum wt_by by, uint32_t peer)
{
	struct wt_link link = t->peers[peer].of[by];

	if (link.prev == WT_NONE)
		l->first = link.next;
	else
		t->peers[link.prev].of[by].next = link.next;
	if (link.next == WT_NONE)
		l->last = link.prev;
	else
		t->peers[link.next].of[by].prev = link.prev;
}

static void
conn_push(struct wt_tab *t, uint32_t peer)
{
	struct wt_conn *c = wt_tab_conn(t, t->peers[peer].conn);

	assert(c != NULL && "a peer has a connection");
	list_push(t, &c->peers, WT_BY_CONN, peer);
	c->n++;
}

static void
conn_cut(struct wt_tab *t, uint32_t peer)
{
	struct wt_conn *c = wt_tab_conn(t, t->peers[peer].conn);

	assert(c != NULL && "a peer has a connection");
	list_cut(t, &c->peers, WT_BY_CONN, peer);
	c->n--;
}

/* ---- a swarm's array ----------------------------------------------------- */

static void
put(struct wt_tab *t, struct wt_swarm *s, uint32_t at, uint32_t peer)
{
	s->v[at] = peer;
	t->peers[peer].at = at;
}

/* Leechers are [0, leechers): a seeder's place is behind them. */
static void
make_leecher(struct wt_tab *t, struct wt_swarm *s, uint32_t peer)
{
	uint32_t at = t->peers[peer].at;

	put(t, s, at, s->v[s->leechers]);
	put(t, s, s->leechers++, peer);
}

static void
make_seeder(struct wt_tab *t, struct wt_swarm *s, uint32_t peer)
{
	uint32_t at = t->peers[peer].at;

	put(t, s, at, s->v[--s->leechers]);
	put(t, s, s->leechers, peer);
}

void
wt_tab_seed(struct wt_tab *t, uint32_t peer, bool seed)
{
	struct wt_peer *p = &t->peers[peer];

	if (p->seed == seed)
		return;
	p->seed = seed;
	if (seed) {
		make_seeder(t, &t->swarms[p->swarm], peer);
		t->seeders++;
	} else {
		make_leecher(t, &t->swarms[p->swarm], peer);
		t->seeders--;
	}
}

/* ---- coming and going ---------------------------------------------------- */

/* One more number; of a free one, or at the end. */
static int
grow(const struct sp_mem *mem, void **v, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t want = *cap == 0 ? 4 : 2 * *cap;
	void *p;

	if (n < *cap)
		return 0;
	p = mem_resize(mem, *v, want, size);
	if (p == NULL)
		return SP_ERR_NOMEM;
	*v = p;
	*cap = want;
	return 0;
}

static int
new_peer(struct wt_tab *t, uint32_t *out)
{
	void *v = t->peers;
	int r;

	*out = t->free_peer;
	if (*out != WT_NONE) {
		t->free_peer = t->peers[*out].of[WT_BY_AGE].next;
		return 0;
	}
	r = grow(t->mem, &v, t->n_peers, &t->cap_peers, sizeof(*t->peers));
	t->peers = v;
	if (r == 0)
		*out = t->n_peers++;
	return r;
}

static void
free_peer(struct wt_tab *t, uint32_t peer)
{
	t->peers[peer].of[WT_BY_AGE].next = t->free_peer;
	t->free_peer = peer;
}

static int
new_swarm(struct wt_tab *t, const uint8_t *info_hash, uint32_t *out)
{
	uint32_t n, *where;
	void *v = t->swarms;
	int r;

	n = t->free_swarm;
	if (n == WT_NONE) {
		r = grow(t->mem, &v, t->n_swarms, &t->cap_swarms,
		    sizeof(*t->swarms));
		t->swarms = v;
		if (r < 0)
			return r;
		n = t->n_swarms;
	}
	where = map_put(t->by_hash, info_hash, NULL, &r);
	if (where == NULL)
		return r;
	*where = *out = n;
	if (n == t->n_swarms)
		t->n_swarms++;
	else
		t->free_swarm = t->swarms[n].next;
	t->swarms[n] = (struct wt_swarm){ .next = WT_NONE };
	memcpy(t->swarms[n].info_hash, info_hash, LINK_INFOHASH_LEN);
	t->live_swarms++;
	return 0;
}

static void
drop_if_empty(struct wt_tab *t, uint32_t swarm)
{
	struct wt_swarm *s = &t->swarms[swarm];

	if (s->n > 0)
		return;
	map_del(t->by_hash, s->info_hash);
	mem_free(t->mem, s->v);
	s->v = NULL;
	s->cap = 0;
	s->next = t->free_swarm;
	t->free_swarm = swarm;
	t->live_swarms--;
}

/* Room for one more in the swarm's array, a number and a place by id. */
static int
make_room(struct wt_tab *t, uint32_t swarm, const uint8_t *peer_id,
    uint32_t *out)
{
	struct wt_swarm *s = &t->swarms[swarm];
	struct wt_key k = key_of(swarm, peer_id);
	void *v = s->v;
	uint32_t *where;
	int r;

	r = grow(t->mem, &v, s->n, &s->cap, sizeof(*s->v));
	s->v = v;
	if (r < 0 || (r = new_peer(t, out)) < 0)
		return r;
	where = map_put(t->by_id, &k, NULL, &r);
	if (where == NULL) {
		free_peer(t, *out);
		return r;
	}
	*where = *out;
	return 0;
}

int
wt_tab_add(struct wt_tab *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t peer_id[LINK_PEERID_LEN], uint32_t conn, uint32_t s,
    uint32_t *out)
{
	uint32_t swarm = wt_tab_swarm(t, info_hash);
	struct wt_swarm *sw;
	struct wt_peer *p;
	int r = 0;

	if (swarm == WT_NONE)
		r = new_swarm(t, info_hash, &swarm);
	if (r < 0)
		return r;
	r = make_room(t, swarm, peer_id, out);
	if (r < 0) {
		drop_if_empty(t, swarm);
		return r;
	}
	p = &t->peers[*out];
	*p = (struct wt_peer){ .swarm = swarm, .conn = conn, .seen_s = s };
	memcpy(p->id, peer_id, sizeof(p->id));
	sw = &t->swarms[swarm];
	put(t, sw, sw->n++, *out);
	make_leecher(t, sw, *out);
	list_push(t, &t->age, WT_BY_AGE, *out);
	conn_push(t, *out);
	t->live_peers++;
	return 0;
}

void
wt_tab_del(struct wt_tab *t, uint32_t peer)
{
	struct wt_peer *p = &t->peers[peer];
	struct wt_swarm *s = &t->swarms[p->swarm];
	struct wt_key k = key_of(p->swarm, p->id);

	/* As a seeder it can change places with the last one. */
	wt_tab_seed(t, peer, true);
	t->seeders--;
	put(t, s, p->at, s->v[--s->n]);
	map_del(t->by_id, &k);
	list_cut(t, &t->age, WT_BY_AGE, peer);
	conn_cut(t, peer);
	drop_if_empty(t, p->swarm);
	free_peer(t, peer);
	t->live_peers--;
}

void
wt_tab_seen(struct wt_tab *t, uint32_t peer, uint32_t conn, uint32_t s)
{
	conn_cut(t, peer);
	t->peers[peer].conn = conn;
	conn_push(t, peer);
	list_cut(t, &t->age, WT_BY_AGE, peer);
	list_push(t, &t->age, WT_BY_AGE, peer);
	t->peers[peer].seen_s = s;
}

/* ---- whether all is right ------------------------------------------------ */

static bool
swarm_is_sound(const struct wt_tab *t, uint32_t swarm)
{
	const struct wt_swarm *s = &t->swarms[swarm];
	const struct wt_peer *p;

	if (s->n == 0 || s->n > s->cap || s->leechers > s->n ||
	    wt_tab_swarm(t, s->info_hash) != swarm)
		return false;
	for (uint32_t i = 0; i < s->n; i++) {
		p = &t->peers[s->v[i]];
		if (p->swarm != swarm || p->at != i ||
		    p->seed != (i >= s->leechers) ||
		    wt_tab_peer(t, swarm, p->id) != s->v[i])
			return false;
	}
	return true;
}

/* The number of its peers, oldest first; WT_NONE: it is broken. */
static uint32_t
list_walk(const struct wt_tab *t, const struct wt_list *l, enum wt_by by,
    uint32_t conn)
{
	uint32_t n = 0, prev = WT_NONE, seen = 0;
	const struct wt_peer *p;

	for (uint32_t i = l->first; i != WT_NONE;
	     prev = i, i = p->of[by].next) {
		p = &t->peers[i];
		if (p->of[by].prev != prev || p->seen_s < seen ||
		    (by == WT_BY_CONN && p->conn != conn) ||
		    ++n > t->live_peers)
			return WT_NONE;
		seen = p->seen_s;
	}
	return l->last == prev ? n : WT_NONE;
}

static bool
conns_are_sound(const struct wt_tab *t)
{
	uint32_t peers = 0, conns = 0;
	const struct wt_conn *c;
	const uint32_t *key;
	size_t it = 0;
	void *v;

	while ((key = map_next(t->conns, &it, &v)) != NULL) {
		c = v;
		if (list_walk(t, &c->peers, WT_BY_CONN, *key) != c->n ||
		    map_get(t->hosts, &c->host) == NULL)
			return false;
		peers += c->n;
	}
	for (it = 0; map_next(t->hosts, &it, &v) != NULL;) {
		if (*(uint32_t *)v == 0)
			return false;
		conns += *(uint32_t *)v;
	}
	return peers == t->live_peers && conns == map_len(t->conns);
}

bool
wt_tab_is_sound(const struct wt_tab *t)
{
	uint32_t swarms = 0, peers = 0, seeders = 0;

	for (uint32_t i = 0; i < t->n_swarms; i++) {
		if (t->swarms[i].v == NULL)
			continue;
		if (!swarm_is_sound(t, i))
			return false;
		swarms++;
		peers += t->swarms[i].n;
		seeders += t->swarms[i].n - t->swarms[i].leechers;
	}
	return swarms == t->live_swarms && peers == t->live_peers &&
	       seeders == t->seeders && map_len(t->by_hash) == swarms &&
	       map_len(t->by_id) == peers &&
	       list_walk(t, &t->age, WT_BY_AGE, 0) == peers &&
	       conns_are_sound(t);
}
