#include "tracker/peertab.h"

#include "base/rng.h"

int
peertab_init(struct peertab *t, const struct sp_mem *mem, uint32_t max_peers,
    uint32_t max_swarms, uint32_t span_s, uint64_t seed)
{
	struct sp_rng rng;
	int r;

	memset(t, 0, sizeof(*t));
	t->mem = mem;
	t->max_peers = max_peers;
	t->max_swarms = max_swarms;
	t->peers_free = t->swarms_free = PEERTAB_NONE;
	t->ip6.free = t->ids.free = PEERTAB_NONE;
	t->ip6.size = 16;
	t->ids.size = LINK_PEERID_LEN;
	rng_seed(&rng, seed);
	t->secret[0] = rng_u64(&rng);
	t->secret[1] = rng_u64(&rng);
	/* The current bucket, the furthest, and one for rounding. */
	t->n_buckets = 4;
	while (t->n_buckets < span_s / PEERTAB_BUCKET_S + 3)
		t->n_buckets *= 2;
	r = map_new(&t->hashes, mem, LINK_INFOHASH_LEN, sizeof(uint32_t),
	    max_swarms, seed);
	if (r == 0) {
		t->bucket = mem_zalloc(mem, t->n_buckets, sizeof(*t->bucket));
		if (t->bucket == NULL)
			r = SP_ERR_NOMEM;
	}
	if (r < 0) {
		peertab_fini(t);
		return r;
	}
	for (uint32_t i = 0; i < t->n_buckets; i++)
		t->bucket[i] = PEERTAB_NONE;
	return 0;
}

void
peertab_fini(struct peertab *t)
{
	for (uint32_t i = 0; i < t->swarms_len; i++)
		mem_free(t->mem, t->swarms[i].v);
	mem_free(t->mem, t->swarms);
	mem_free(t->mem, t->peers);
	mem_free(t->mem, t->more);
	mem_free(t->mem, t->ip6.v);
	mem_free(t->mem, t->ids.v);
	mem_free(t->mem, t->nets);
	mem_free(t->mem, t->bucket);
	for (size_t by = 0; by < PEERTAB_INDEXES; by++)
		for (size_t i = 0; i < PEERTAB_SHARDS; i++)
			mem_free(t->mem, t->index[by][i].v);
	map_free(t->hashes);
	memset(t, 0, sizeof(*t));
}

/* ---- swarms -------------------------------------------------------------- */

uint32_t
peertab_swarm(const struct peertab *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	const uint32_t *v = map_get(t->hashes, info_hash);

	return v == NULL ? PEERTAB_NONE : *v;
}

static int
swarm_slot(struct peertab *t, uint32_t *out)
{
	struct peertab_swarm *v;
	uint32_t cap;

	if (t->swarms_free != PEERTAB_NONE) {
		*out = t->swarms_free;
		return 0;
	}
	if (t->swarms_len == t->swarms_cap) {
		if (t->swarms_cap >= t->max_swarms)
			return SP_ERR_FULL;
		cap = SP_MIN(SP_MAX(t->swarms_cap * 2, 8u), t->max_swarms);
		v = mem_resize(t->mem, t->swarms, cap, sizeof(*v));
		if (v == NULL)
			return SP_ERR_NOMEM;
		t->swarms = v;
		t->swarms_cap = cap;
	}
	*out = t->swarms_len;
	return 0;
}

int
peertab_swarm_add(struct peertab *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    uint32_t *out)
{
	struct peertab_swarm *s;
	uint32_t *v, i;
	int r;

	r = swarm_slot(t, &i);
	if (r < 0)
		return r;
	v = map_put(t->hashes, info_hash, NULL, &r);
	if (v == NULL)
		return r;
	*v = *out = i;
	s = &t->swarms[i];
	if (i == t->swarms_len)
		t->swarms_len++;
	else
		t->swarms_free = s->next;
	memset(s, 0, sizeof(*s));
	memcpy(s->info_hash, info_hash, LINK_INFOHASH_LEN);
	s->used = true;
	return 0;
}

static void
swarm_release(struct peertab *t, uint32_t swarm)
{
	struct peertab_swarm *s = &t->swarms[swarm];

	map_del(t->hashes, s->info_hash);
	mem_free(t->mem, s->v);
	memset(s, 0, sizeof(*s));
	s->next = t->swarms_free;
	t->swarms_free = swarm;
}

uint32_t
peertab_swarm_len(const struct peertab_swarm *s)
{
	return s->end[PEERTAB_CLASSES - 1];
}

uint32_t
peertab_swarm_count(const struct peertab_swarm *s, bool seeds)
{
	uint32_t n = 0, at = 0;

	for (uint32_t k = 0; k < PEERTAB_CLASSES; k++) {
		if (((k & PEERTAB_SEED) != 0) == seeds)
			n += s->end[k] - at;
		at = s->end[k];
	}
	return n;
}

uint32_t
peertab_swarm_del(struct peertab *t, uint32_t swarm)
{
	uint32_t n = peertab_swarm_len(&t->swarms[swarm]);

	if (n == 0)
		swarm_release(t, swarm);
	for (uint32_t i = 0; i < n; i++)
		peertab_del(t, t->swarms[swarm].v[0]);
	return n;
}

static int
swarm_grow(struct peertab *t, struct peertab_swarm *s)
{
	uint32_t cap = s->cap + SP_MAX(s->cap / 4, 4u), *v;

	if (peertab_swarm_len(s) < s->cap)
		return 0;
	v = mem_resize(t->mem, s->v, cap, sizeof(*v));
	if (v == NULL)
		return SP_ERR_NOMEM;
	s->v = v;
	s->cap = cap;
	return 0;
}

static void
stand(struct peertab *t, struct peertab_swarm *s, uint32_t pos, uint32_t peer)
{
	s->v[pos] = peer;
	t->peers[peer].pos = pos;
}

static void
class_insert(struct peertab *t, uint32_t peer, uint8_t class)
{
	struct peertab_peer *p = &t->peers[peer];
	struct peertab_swarm *s = &t->swarms[p->swarm];
	uint32_t k = PEERTAB_CLASSES - 1;

	for (; k > class; k--) {
		if (s->end[k] != s->end[k - 1])
			stand(t, s, s->end[k], s->v[s->end[k - 1]]);
		s->end[k]++;
	}
	stand(t, s, s->end[class]++, peer);
	p->class = class & 15;
	t->count[class]++;
	s->changes = ++t->changes;
}

static void
class_remove(struct peertab *t, uint32_t peer)
{
	const struct peertab_peer *p = &t->peers[peer];
	struct peertab_swarm *s = &t->swarms[p->swarm];
	uint32_t hole = p->pos, last;

	/* The hole moves to the end of each run, from where the next begins. */
	for (uint32_t k = p->class; k < PEERTAB_CLASSES; k++) {
		last = --s->end[k];
		if (last != hole)
			stand(t, s, hole, s->v[last]);
		hole = last;
	}
	t->count[p->class]--;
	s->changes = ++t->changes;
}

/* ---- buckets ------------------------------------------------------------- */

static void
bucket_insert(struct peertab *t, uint32_t peer, uint32_t due)
{
	struct peertab_peer *p = &t->peers[peer];
	uint32_t *head = &t->bucket[due % t->n_buckets];

	p->due = (uint16_t)due;
	p->prev = PEERTAB_NONE;
	p->next = *head;
	if (p->next != PEERTAB_NONE)
		t->peers[p->next].prev = peer;
	*head = peer;
}

static void
bucket_remove(struct peertab *t, uint32_t peer)
{
	const struct peertab_peer *p = &t->peers[peer];

	if (p->prev != PEERTAB_NONE)
		t->peers[p->prev].next = p->next;
	else
		t->bucket[p->due % t->n_buckets] = p->next;
	if (p->next != PEERTAB_NONE)
		t->peers[p->next].prev = p->prev;
}

uint32_t
peertab_due(const struct peertab *t, uint32_t due)
{
	return t->bucket[due % t->n_buckets];
}

/* ---- peers --------------------------------------------------------------- */

static int
peer_slot(struct peertab *t, uint32_t *out)
{
	struct peertab_more *more;
	struct peertab_peer *v;
	uint32_t cap;

	if (t->peers_free != PEERTAB_NONE) {
		*out = t->peers_free;
		return 0;
	}
	if (t->peers_len == t->peers_cap) {
		if (t->peers_cap >= t->max_peers)
			return SP_ERR_FULL;
		cap = t->peers_cap + SP_MAX(t->peers_cap / 4, 16u);
		cap = SP_MIN(cap, t->max_peers);
		v = mem_resize(t->mem, t->peers, cap, sizeof(*v));
		if (v == NULL)
			return SP_ERR_NOMEM;
		t->peers = v;
		more = mem_resize(t->mem, t->more, cap, sizeof(*more));
		if (more == NULL)
			return SP_ERR_NOMEM;
		t->more = more;
		t->peers_cap = cap;
	}
	*out = t->peers_len;
	return 0;
}

uint32_t
peertab_age(const struct peertab *t, uint32_t peer, uint32_t now_s)
{
	return (uint16_t)(now_s - t->peers[peer].born_s);
}

void
peertab_grow_old(struct peertab *t, uint32_t peer, uint32_t now_s)
{
	if (peertab_age(t, peer, now_s) > PEERTAB_OLD_S)
		t->peers[peer].born_s = (uint16_t)(now_s - PEERTAB_OLD_S);
}

uint16_t
peertab_net_fold(uint32_t net)
{
	return (uint16_t)(net ^ net >> 16);
}

void
peertab_set_net(struct peertab *t, uint32_t peer, uint32_t net)
{
	uint16_t *nets;

	if (peer >= t->nets_len) {
		if (net == 0)
			return;
		nets = mem_resize(t->mem, t->nets, t->peers_cap, sizeof(*nets));
		if (nets == NULL)
			return;
		memset(nets + t->nets_len, 0,
		    (t->peers_cap - t->nets_len) * sizeof(*nets));
		t->nets = nets;
		t->nets_len = t->peers_cap;
	}
	t->nets[peer] = peertab_net_fold(net);
}

int
peertab_add(struct peertab *t, uint32_t swarm, const struct sp_addr *addr,
    const uint8_t peer_id[LINK_PEERID_LEN], uint8_t class, uint32_t due,
    uint32_t *out)
{
	struct peertab_peer *p;
	uint32_t i;
	int r;

	r = peer_slot(t, &i);
	if (r == 0)
		r = swarm_grow(t, &t->swarms[swarm]);
	if (r == 0)
		r = peertab_index_room(t, swarm, addr);
	if (r == 0)
		r = peertab_name_room(t, addr, peer_id);
	if (r < 0)
		return r;
	p = &t->peers[i];
	if (i == t->peers_len)
		t->peers_len++;
	else
		t->peers_free = p->pos;
	memset(p, 0, sizeof(*p));
	t->more[i] = (struct peertab_more){ 0 };
	peertab_name_set(t, i, addr, peer_id);
	p->swarm = swarm;
	class_insert(t, i, class);
	peertab_index_add(t, i);
	t->n_peers++;
	bucket_insert(t, i, due);
	*out = i;
	return 0;
}

void
peertab_touch(struct peertab *t, uint32_t peer)
{
	t->swarms[t->peers[peer].swarm].changes = ++t->changes;
}

/* 256 * 2^(i/8) */
static const uint16_t up_steps[8] = { 256, 279, 304, 332, 362, 395, 431, 470 };

uint32_t
peertab_up_kbps(uint8_t up)
{
	uint64_t v;

	if (up == 0)
		return 0;
	v = (uint64_t)up_steps[(up - 1) % 8] << (up - 1) / 8 >> 8;
	return (uint32_t)v;
}

uint8_t
peertab_up_pack(uint32_t kbps)
{
	uint8_t up;

	if (kbps == 0)
		return 0;
	up = (uint8_t)SP_MIN(8 * (31 - __builtin_clz(kbps)) + 8, 255);
	while (peertab_up_kbps(up) > kbps)
		up--;
	return up;
}

void
peertab_set_class(struct peertab *t, uint32_t peer, uint8_t class)
{
	if (t->peers[peer].class == class)
		return;
	class_remove(t, peer);
	class_insert(t, peer, class);
}

void
peertab_set_due(struct peertab *t, uint32_t peer, uint32_t due)
{
	bucket_remove(t, peer);
	bucket_insert(t, peer, due);
}

void
peertab_del(struct peertab *t, uint32_t peer)
{
	struct peertab_peer *p = &t->peers[peer];

	peertab_leave(t, peer);
	peertab_index_del(t, peer);
	peertab_name_drop(t, peer);
	t->n_peers--;
	class_remove(t, peer);
	bucket_remove(t, peer);
	if (peertab_swarm_len(&t->swarms[p->swarm]) == 0)
		swarm_release(t, p->swarm);
	p->swarm = PEERTAB_NONE;
	p->pos = t->peers_free;
	t->peers_free = peer;
}

/* ---- for tests ----------------------------------------------------------- */

static bool
swarm_is_sound(const struct peertab *t, uint32_t swarm)
{
	const struct peertab_swarm *s = &t->swarms[swarm];
	const struct peertab_peer *p;
	struct sp_addr addr;
	uint32_t at = 0;

	if (peertab_swarm(t, s->info_hash) != swarm ||
	    peertab_swarm_len(s) > s->cap)
		return false;
	for (uint32_t k = 0; k < PEERTAB_CLASSES; k++) {
		if (s->end[k] < at)
			return false;
		for (; at < s->end[k]; at++) {
			p = &t->peers[s->v[at]];
			addr = peertab_addr(t, s->v[at]);
			if (p->swarm != swarm || p->pos != at ||
			    p->class != k ||
			    peertab_find(t, swarm, &addr) != s->v[at] ||
			    (k / PEERTAB_SCOPE != SCOPE_LOOPBACK &&
				peertab_ports(t, swarm, &addr) == 0))
				return false;
		}
	}
	return true;
}

static bool
buckets_are_sound(const struct peertab *t, uint64_t peers)
{
	uint64_t n = 0;
	uint32_t prev;

	for (uint32_t b = 0; b < t->n_buckets; b++) {
		prev = PEERTAB_NONE;
		for (uint32_t i = t->bucket[b]; i != PEERTAB_NONE;
		     i = t->peers[i].next) {
			if (t->peers[i].prev != prev || n++ >= peers ||
			    t->peers[i].due % t->n_buckets != b)
				return false;
			prev = i;
		}
	}
	return n == peers;
}

/* Nobody is in the index by peer-id who is not found there. */
static bool
ids_are_sound(const struct peertab *t)
{
	uint8_t id[LINK_PEERID_LEN];
	uint64_t n = 0, indexed = 0;

	for (uint32_t i = 0; i < t->peers_len; i++) {
		if (t->peers[i].swarm == PEERTAB_NONE)
			continue;
		peertab_id(t, i, id);
		n += peertab_find_id(t, t->peers[i].swarm, id) == i;
	}
	for (uint32_t k = 0; k < PEERTAB_SHARDS; k++)
		indexed += t->index[PEERTAB_BY_ID][k].len;
	return n == indexed;
}

bool
peertab_is_sound(const struct peertab *t)
{
	uint64_t peers = 0, swarms = 0, counted = 0, indexed = 0;

	for (uint32_t i = 0; i < t->swarms_len; i++) {
		if (!t->swarms[i].used)
			continue;
		if (!swarm_is_sound(t, i))
			return false;
		peers += peertab_swarm_len(&t->swarms[i]);
		swarms++;
	}
	for (uint32_t k = 0; k < PEERTAB_CLASSES; k++)
		counted += t->count[k];
	for (uint32_t k = 0; k < PEERTAB_SHARDS; k++)
		indexed += t->index[PEERTAB_BY_ADDR][k].len;
	return peers == counted && peers == indexed && peers == t->n_peers &&
	       swarms == map_len(t->hashes) && buckets_are_sound(t, peers) &&
	       ids_are_sound(t);
}
