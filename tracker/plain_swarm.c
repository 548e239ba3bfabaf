#include "tracker/plain_int.h"

#include "base/map.h"

/* ---- the index ----------------------------------------------------------- */

#define SHARD_SWARMS                                            \
	1024 /* as many shards as make so many in each, at most \
	      */
#define SHARDS_MAX 65536

uint64_t
plain_hash(const struct plain *p, const uint8_t *info_hash)
{
	return map_siphash(p->key[0], p->key[1], info_hash, LINK_INFOHASH_LEN);
}

static struct shard *
shard_of(const struct plain *p, uint64_t hash)
{
	return &p->shards[hash & p->shard_mask];
}

static uint32_t
home_of(const struct shard *s, uint32_t tag)
{
	return (uint32_t)((uint64_t)tag * s->cap >> 32);
}

static uint32_t
pair_next(const struct shard *s, uint32_t i)
{
	return i + 1 == s->cap ? 0 : i + 1;
}

static void
pair_put(struct shard *s, struct pair pair)
{
	uint32_t i = home_of(s, pair.tag);

	while (s->v[i].swarm != 0)
		i = pair_next(s, i);
	s->v[i] = pair;
}

static int
shard_grow(struct plain *p, struct shard *s)
{
	struct shard to = { NULL, s->len, SP_MAX(s->cap + s->cap / 2, 4u) };
	void *v = NULL;
	int r;

	if (((uint64_t)s->len + 1) * 5 <= (uint64_t)s->cap * 4)
		return 0;
	r = budget_resize(&p->env.mem, &v, 0, to.cap * sizeof(*to.v));
	if (r < 0)
		return r;
	memset(v, 0, to.cap * sizeof(*to.v));
	to.v = v;
	for (uint32_t i = 0; i < s->cap; i++) {
		if (s->v[i].swarm != 0)
			pair_put(&to, s->v[i]);
	}
	v = s->v;
	budget_resize(&p->env.mem, &v, s->cap * sizeof(*s->v), 0);
	*s = to;
	return 0;
}

/* Place of its pair; it is there. */
static uint32_t
pair_of(const struct shard *s, uint32_t tag, uint32_t swarm)
{
	uint32_t i = home_of(s, tag);

	while (s->v[i].swarm != swarm + 1)
		i = pair_next(s, i);
	return i;
}

static void
shard_del(struct shard *s, uint32_t tag, uint32_t swarm)
{
	uint32_t hole = pair_of(s, tag, swarm), i = hole, home, away, gap;

	for (;;) {
		i = pair_next(s, i);
		if (s->v[i].swarm == 0)
			break;
		home = home_of(s, s->v[i].tag);
		away = i >= home ? i - home : i + s->cap - home;
		gap = i >= hole ? i - hole : i + s->cap - hole;
		if (away >= gap) {
			s->v[hole] = s->v[i];
			hole = i;
		}
	}
	s->v[hole].swarm = 0;
	s->len--;
}

uint32_t
plain_find(const struct plain *p, uint64_t hash, const uint8_t *info_hash)
{
	const struct shard *s = shard_of(p, hash);
	uint32_t tag = (uint32_t)(hash >> 32), i;

	if (s->cap == 0)
		return PLAIN_NONE;
	for (i = home_of(s, tag); s->v[i].swarm != 0; i = pair_next(s, i)) {
		if (s->v[i].tag == tag &&
		    memcmp(plain_swarm(p, s->v[i].swarm - 1)->info_hash,
			info_hash, LINK_INFOHASH_LEN) == 0)
			return s->v[i].swarm - 1;
	}
	return PLAIN_NONE;
}

#define LINE      64
#define WARM_MAX  (24 * LINE) /* of a pool: more is seldom looked at */
#define POOL_HEAD offsetof(struct pool, bytes)

static void
fetch_lines(const void *v, size_t len)
{
	const uint8_t *p = v;

	for (size_t i = 0; i < len; i += LINE)
		__builtin_prefetch(p + i, 0, 2);
}

/* The first swarm of that tag: another one of it is rare, and no harm. */
static uint32_t
likely(const struct shard *s, uint32_t tag)
{
	uint32_t i = home_of(s, tag);

	while (s->v[i].swarm != 0 && s->v[i].tag != tag)
		i = pair_next(s, i);
	return s->v[i].swarm - 1;
}

void
plain_fetch(const struct plain *p, struct plain_hint *h, int step)
{
	const struct shard *s = shard_of(p, h->hash);
	uint32_t tag = (uint32_t)(h->hash >> 32);
	const struct swarm *w;

	if (step == 0)
		h->swarm = PLAIN_NONE;
	if (s->cap == 0 || (step > 1 && h->swarm == PLAIN_NONE))
		return;
	if (step == 0) {
		__builtin_prefetch(&s->v[home_of(s, tag)], 0, 2);
	} else if (step == 1) {
		h->swarm = likely(s, tag);
		if (h->swarm != PLAIN_NONE)
			fetch_lines(plain_swarm(p, h->swarm),
			    sizeof(struct swarm));
	} else {
		/* Entries, and about as much index as they need. */
		w = plain_swarm(p, h->swarm);
		if (w->pools != NULL)
			fetch_lines(w->pools,
			    SP_MIN(POOL_HEAD + (size_t)w->len * 10,
				(size_t)WARM_MAX));
	}
}

/* ---- life ---------------------------------------------------------------- */

static uint32_t
power_of_two(uint32_t n)
{
	uint32_t v = 1;

	while (v < n)
		v *= 2;
	return v;
}

int
plain_init_swarms(struct plain *p)
{
	uint32_t shards = power_of_two(p->conf.max_swarms / SHARD_SWARMS);
	uint32_t wheel = power_of_two(SP_MAX(2 * (p->max_ttl + 2), 256u));
	void *v = NULL;
	int r;

	p->swarms_free = p->lives = PLAIN_NONE;
	p->sweep.swarm = PLAIN_NONE;
	shards = SP_MIN(shards, (uint32_t)SHARDS_MAX);
	p->shard_mask = shards - 1;
	p->wheel_mask = wheel - 1;
	r = budget_resize(&p->env.mem, &v, 0, shards * sizeof(*p->shards));
	if (r < 0)
		return r;
	p->shards = memset(v, 0, shards * sizeof(*p->shards));
	for (size_t k = 0; k < 2; k++) {
		v = NULL;
		r = budget_resize(&p->env.mem, &v, 0,
		    wheel * sizeof(*p->wheel[k]));
		if (r < 0)
			return r;
		p->wheel[k] = memset(v, 0xff, wheel * sizeof(*p->wheel[k]));
	}
	return 0;
}

static void
release(struct plain *p, void *v, size_t size)
{
	if (v != NULL)
		budget_resize(&p->env.mem, &v, size, 0);
}

static void
pools_free(struct plain *p, struct swarm *s)
{
	struct pool *next;

	for (struct pool *v = s->pools; v != NULL; v = next) {
		next = v->next;
		pool_free(v, &p->env);
	}
	s->pools = NULL;
}

void
plain_fini_swarms(struct plain *p)
{
	size_t wheel = (size_t)p->wheel_mask + 1;

	for (uint32_t i = 0; i < p->swarms_len; i++)
		pools_free(p, plain_swarm(p, i));
	for (uint32_t i = 0; i < p->n_blocks; i++)
		release(p, p->blocks[i], PLAIN_BLOCK * sizeof(struct swarm));
	release(p, p->blocks, p->blocks_cap * sizeof(*p->blocks));
	for (uint32_t i = 0; p->shards != NULL && i <= p->shard_mask; i++)
		release(p, p->shards[i].v,
		    p->shards[i].cap * sizeof(struct pair));
	release(p, p->shards, (p->shard_mask + 1) * sizeof(*p->shards));
	release(p, p->wheel[0], wheel * sizeof(*p->wheel[0]));
	release(p, p->wheel[1], wheel * sizeof(*p->wheel[1]));
}

/* ---- swarms -------------------------------------------------------------- */

struct swarm *
plain_swarm(const struct plain *p, uint32_t i)
{
	return &p->blocks[i / PLAIN_BLOCK][i % PLAIN_BLOCK];
}

static int
block_add(struct plain *p)
{
	uint32_t cap = p->blocks_cap;
	void *v = p->blocks;
	int r;

	if (p->n_blocks == cap) {
		cap += SP_MAX(cap / 8, 8u);
		r = budget_resize(&p->env.mem, &v,
		    p->blocks_cap * sizeof(*p->blocks),
		    cap * sizeof(*p->blocks));
		if (r < 0)
			return r;
		p->blocks = v;
		p->blocks_cap = cap;
	}
	v = NULL;
	r = budget_resize(&p->env.mem, &v, 0,
	    PLAIN_BLOCK * sizeof(struct swarm));
	if (r < 0)
		return r;
	p->blocks[p->n_blocks++] = v;
	return 0;
}

int
plain_swarm_add(struct plain *p, uint64_t hash, const uint8_t *info_hash,
    uint32_t *out)
{
	struct shard *shard = shard_of(p, hash);
	uint32_t i = p->swarms_free;
	struct swarm *s;
	int r;

	r = shard_grow(p, shard);
	if (r == 0 && i == PLAIN_NONE) {
		i = p->swarms_len;
		if (i == p->n_blocks * PLAIN_BLOCK)
			r = block_add(p);
	}
	if (r < 0)
		return r;
	s = plain_swarm(p, i);
	if (i == p->swarms_len)
		p->swarms_len++;
	else
		p->swarms_free = s->next;
	memset(s, 0, sizeof(*s));
	memcpy(s->info_hash, info_hash, LINK_INFOHASH_LEN);
	s->flags = SWARM_USED;
	pair_put(shard, (struct pair){ (uint32_t)(hash >> 32), i + 1 });
	shard->len++;
	p->n_swarms++;
	*out = i;
	return 0;
}

static void
forget_counts(struct plain *p, const struct swarm *s)
{
	for (const struct pool *v = s->pools; v != NULL; v = v->next) {
		p->count[v->class][0] -= v->len - v->seeds;
		p->count[v->class][1] -= v->seeds;
		for (uint32_t i = 0; i < v->len; i++)
			p->stats.foreign -=
			    (pool_mark(v, i) & MARK_FOREIGN) != 0;
	}
	p->peers -= s->len;
}

uint32_t
plain_swarm_del(struct plain *p, uint32_t i)
{
	struct swarm *s = plain_swarm(p, i);
	uint64_t hash = plain_hash(p, s->info_hash);
	uint32_t n = s->len;

	plain_unhang(p, i);
	if (p->sweep.swarm == i)
		p->sweep.swarm = PLAIN_NONE;
	shard_del(shard_of(p, hash), (uint32_t)(hash >> 32), i);
	forget_counts(p, s);
	pools_free(p, s);
	p->n_swarms -= !(s->flags & SWARM_LIVE);
	memset(s, 0, sizeof(*s));
	s->next = p->swarms_free;
	p->swarms_free = i;
	return n;
}

/* ---- lists --------------------------------------------------------------- */

int64_t
plain_mark_tick(const struct plain *p, uint16_t mark)
{
	int64_t ahead = (mark - p->turn) & MARK_TICK;

	/* Some may have been missed when a look was cut: they lie behind. */
	return p->turn + (ahead < MARK_AHEAD ? ahead : ahead - MARK_TICK - 1);
}

int64_t
plain_due_tick(const struct plain *p, uint16_t due)
{
	return p->turn + (int16_t)(uint16_t)(due - (uint64_t)p->turn);
}

static uint32_t *
head_of(struct plain *p, const struct swarm *s)
{
	if (s->flags & SWARM_LIVE)
		return &p->lives;
	return &p->wheel[(s->flags & SWARM_LONE) != 0][s->due & p->wheel_mask];
}

void
plain_hang(struct plain *p, uint32_t i, int64_t due)
{
	struct swarm *s = plain_swarm(p, i);
	uint32_t *head;

	s->due = (uint16_t)due;
	s->flags &= (uint8_t)~SWARM_LONE;
	if (s->len == 1) {
		s->flags |= SWARM_LONE;
		p->lone_from = SP_MIN(p->lone_from, due);
	}
	s->flags |= SWARM_HUNG;
	head = head_of(p, s);
	s->prev = PLAIN_NONE;
	s->next = *head;
	if (s->next != PLAIN_NONE)
		plain_swarm(p, s->next)->prev = i;
	*head = i;
}

void
plain_unhang(struct plain *p, uint32_t i)
{
	struct swarm *s = plain_swarm(p, i);

	if (!(s->flags & SWARM_HUNG))
		return;
	s->flags &= (uint8_t)~SWARM_HUNG;
	if (s->prev != PLAIN_NONE)
		plain_swarm(p, s->prev)->next = s->next;
	else
		*head_of(p, s) = s->next;
	if (s->next != PLAIN_NONE)
		plain_swarm(p, s->next)->prev = s->prev;
}

/* Into the list where it belongs now, no later than |due|. */
static void
settle(struct plain *p, uint32_t i, int64_t due)
{
	struct swarm *s = plain_swarm(p, i);
	bool lone = (s->flags & SWARM_LONE) != 0;

	if (s->flags & SWARM_HUNG)
		due = SP_MIN(due, plain_due_tick(p, s->due));
	if ((s->flags & SWARM_HUNG) && s->due == (uint16_t)due &&
	    lone == (s->len == 1))
		return;
	plain_unhang(p, i);
	plain_hang(p, i, due);
}

/* ---- peers --------------------------------------------------------------- */

struct pool *
plain_pool(const struct swarm *s, uint8_t class)
{
	struct pool *v = s->pools;

	while (v != NULL && v->class != class)
		v = v->next;
	return v;
}

/* What points at the pool. */
static struct pool **
link_of(struct swarm *s, uint8_t class)
{
	struct pool **v = &s->pools;

	while ((*v)->class != class)
		v = &(*v)->next;
	return v;
}

int
plain_peer_add(struct plain *p, uint32_t i, const struct pool_key *k,
    bool seeds, uint16_t mark)
{
	struct swarm *s = plain_swarm(p, i);
	struct pool *v;
	int r = 0;

	if (plain_pool(s, k->class) == NULL) {
		r = pool_new(&v, &p->env, k->class);
		if (r < 0)
			return r;
		v->next = s->pools;
		s->pools = v;
	}
	r = pool_add(link_of(s, k->class), &p->env, k, seeds, mark);
	if (r < 0)
		return r;
	s->len++;
	p->peers++;
	p->count[k->class][seeds]++;
	p->stats.foreign += (mark & MARK_FOREIGN) != 0;
	settle(p, i, plain_mark_tick(p, mark));
	return 0;
}

void
plain_peer_del(struct plain *p, uint32_t i, struct pool *pool, uint32_t at)
{
	struct swarm *s = plain_swarm(p, i);

	p->stats.foreign -= (pool_mark(pool, at) & MARK_FOREIGN) != 0;
	p->count[pool->class][at < pool->seeds]--;
	p->peers--;
	pool_del(pool, &p->env, at);
	if (--s->len == 1)
		settle(p, i, plain_due_tick(p, s->due));
}

void
plain_pool_trim(struct plain *p, uint32_t i, uint8_t class)
{
	struct pool **link = link_of(plain_swarm(p, i), class), *v = *link;

	if (v->len == 0) {
		*link = v->next;
		pool_free(v, &p->env);
	} else {
		pool_trim(link, &p->env);
	}
}
