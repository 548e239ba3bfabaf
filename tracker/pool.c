#include "tracker/pool.h"

static size_t
stride(uint8_t class)
{
	return class & POOL_V6 ? POOL_V6_ENTRY : POOL_V4_ENTRY;
}

static uint8_t *
entry(const struct pool *p, uint32_t at)
{
	return (uint8_t *)p->bytes + (size_t)at * stride(p->class);
}

/* ---- keys ---------------------------------------------------------------- */

/* Bytes of an entry that say which host it is; 0: hosts are not counted. */
static size_t
host_bytes(uint8_t class)
{
	switch (class / POOL_SCOPE) {
	case SCOPE_LOOPBACK:
		return 0;
	case SCOPE_PUBLIC:
		return class & POOL_V6 ? 8 : 4;
	default:
		return class & POOL_V6 ? 16 : 4;
	}
}

static uint64_t
load(const uint8_t *p, size_t n)
{
	uint64_t x = 0;

	memcpy(&x, p, n);
	return x;
}

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

/* Of the host, and for loopback of the port as well. */
static uint32_t
hash_of(const struct pool_env *env, uint8_t class, const uint8_t *at)
{
	bool all = host_bytes(class) == 0;
	uint64_t x;

	if (!(class & POOL_V6))
		return (uint32_t)(mix(load(at, all ? 6 : 4) ^ env->secret[0]) +
				  env->secret[1]);
	x = mix(load(at, 8) ^ env->secret[0]);
	if (class / POOL_SCOPE != SCOPE_PUBLIC)
		x = mix(x ^ load(at + 8, 8) ^ env->secret[1]);
	if (all)
		x = mix(x ^ load(at + 16, 2));
	return (uint32_t)x;
}

struct pool_key
pool_key(const struct pool_env *env, const struct sp_addr *addr)
{
	bool v6 = addr->family == 6;
	size_t n = v6 ? 16 : 4;
	struct pool_key k;

	k.class = (uint8_t)(scope_of(addr) * POOL_SCOPE + (v6 ? POOL_V6 : 0));
	memcpy(k.at, addr->ip, n);
	k.at[n] = (uint8_t)(addr->port >> 8);
	k.at[n + 1] = (uint8_t)addr->port;
	k.hash = hash_of(env, k.class, k.at);
	return k;
}

struct sp_addr
pool_addr(const struct pool *p, uint32_t at)
{
	const uint8_t *e = entry(p, at);
	size_t n = p->class & POOL_V6 ? 16 : 4;

	return addr_make(n == 16 ? 6 : 4, e, (uint16_t)(e[n] << 8 | e[n + 1]));
}

static bool
is_at(const uint8_t *e, const struct pool_key *k)
{
	if (k->class & POOL_V6)
		return memcmp(e, k->at, POOL_V6_BYTES) == 0;
	return memcmp(e, k->at, POOL_V4_BYTES) == 0;
}

static bool
is_of_host(const uint8_t *e, const struct pool_key *k, size_t n)
{
	return n != 0 && memcmp(e, k->at, n) == 0;
}

uint16_t
pool_mark(const struct pool *p, uint32_t at)
{
	uint16_t mark;

	memcpy(&mark, entry(p, at) + stride(p->class) - 2, 2);
	return mark;
}

void
pool_set_mark(struct pool *p, uint32_t at, uint16_t mark)
{
	memcpy(entry(p, at) + stride(p->class) - 2, &mark, 2);
}

/* ---- the index ----------------------------------------------------------- */

struct slots {
	uint8_t *p;
	uint32_t n;
	uint8_t width; /* bytes of each */
};

static struct slots
slots_of(const struct pool *p, uint8_t class, uint32_t cap)
{
	struct slots s = { NULL, 0, 0 };

	if (cap <= POOL_SCAN)
		return s;
	s.width = cap < UINT8_MAX ? 1 : cap < UINT16_MAX ? 2 : 4;
	s.n = cap + (s.width == 1 ? cap / 2 : cap / 4);
	if (p != NULL)
		s.p = (uint8_t *)p->bytes + (size_t)cap * stride(class);
	return s;
}

static struct slots
index_of(const struct pool *p)
{
	return slots_of(p, p->class, p->cap);
}

static uint32_t
slot_get(const struct slots *s, uint32_t i)
{
	uint16_t v2;
	uint32_t v4;

	if (s->width == 1)
		return s->p[i];
	if (s->width == 2) {
		memcpy(&v2, s->p + (size_t)i * 2, 2);
		return v2;
	}
	memcpy(&v4, s->p + (size_t)i * 4, 4);
	return v4;
}

static void
slot_set(const struct slots *s, uint32_t i, uint32_t v)
{
	uint16_t v2 = (uint16_t)v;

	if (s->width == 1)
		s->p[i] = (uint8_t)v;
	else if (s->width == 2)
		memcpy(s->p + (size_t)i * 2, &v2, 2);
	else
		memcpy(s->p + (size_t)i * 4, &v, 4);
}

static uint32_t
slot_home(const struct slots *s, uint32_t hash)
{
	return (uint32_t)((uint64_t)hash * s->n >> 32);
}

static uint32_t
slot_next(const struct slots *s, uint32_t i)
{
	return i + 1 == s->n ? 0 : i + 1;
}

static uint32_t
home_of(const struct pool *p, const struct pool_env *env, const struct slots *s,
    uint32_t at)
{
	return slot_home(s, hash_of(env, p->class, entry(p, at)));
}

static void
index_add(const struct slots *s, uint32_t home, uint32_t at)
{
	uint32_t i = home;

	while (slot_get(s, i) != 0)
		i = slot_next(s, i);
	slot_set(s, i, at + 1);
}

/* Slot of the entry, which stands there still. */
static uint32_t
index_slot(const struct pool *p, const struct pool_env *env,
    const struct slots *s, uint32_t at)
{
	uint32_t i = home_of(p, env, s, at);

	while (slot_get(s, i) != at + 1)
		i = slot_next(s, i);
	return i;
}

/* Frees |hole| and moves back what had to go past it. */
static void
index_close(const struct pool *p, const struct pool_env *env,
    const struct slots *s, uint32_t hole)
{
	uint32_t i = hole, v, home, away, gap;

	for (;;) {
		i = slot_next(s, i);
		v = slot_get(s, i);
		if (v == 0)
			break;
		home = home_of(p, env, s, v - 1);
		away = i >= home ? i - home : i + s->n - home;
		gap = i >= hole ? i - hole : i + s->n - hole;
		if (away >= gap) {
			slot_set(s, hole, v);
			hole = i;
		}
	}
	slot_set(s, hole, 0);
}

static void
index_fill(struct pool *p, const struct pool_env *env)
{
	struct slots s = index_of(p);

	if (s.n == 0)
		return;
	memset(s.p, 0, (size_t)s.n * s.width);
	for (uint32_t i = 0; i < p->len; i++)
		index_add(&s, home_of(p, env, &s, i), i);
}

/* ---- memory -------------------------------------------------------------- */

static size_t
size_of(uint8_t class, uint32_t cap)
{
	struct slots s = slots_of(NULL, class, cap);

	return sizeof(struct pool) + (size_t)cap * stride(class) +
	       (size_t)s.n * s.width;
}

/* The capacity after |cap|: 2, 4, 8, and then an eighth more. */
static uint32_t
cap_after(uint32_t cap)
{
	if (cap < POOL_SCAN)
		return SP_MAX(cap * 2, 2u);
	return cap + SP_MAX(cap / 8, 4u);
}

static int
set_cap(struct pool **p, struct pool_env *env, uint32_t cap)
{
	uint8_t class = (*p)->class;
	void *v = *p;
	int r;

	r = budget_resize(&env->mem, &v, size_of(class, (*p)->cap),
	    size_of(class, cap));
	if (r < 0)
		return r;
	*p = v;
	(*p)->cap = cap;
	index_fill(*p, env);
	return 0;
}

int
pool_new(struct pool **out, struct pool_env *env, uint8_t class)
{
	void *v = NULL;
	int r;

	*out = NULL;
	r = budget_resize(&env->mem, &v, 0, size_of(class, cap_after(0)));
	if (r < 0)
		return r;
	*out = v;
	memset(v, 0, sizeof(**out));
	(*out)->class = class;
	(*out)->cap = cap_after(0);
	return 0;
}

void
pool_free(struct pool *p, struct pool_env *env)
{
	void *v = p;

	if (p != NULL)
		budget_resize(&env->mem, &v, size_of(p->class, p->cap), 0);
}

void
pool_trim(struct pool **p, struct pool_env *env)
{
	uint32_t cap = cap_after(0);

	if ((*p)->len >= (*p)->cap / 2 || (*p)->cap <= cap)
		return;
	while (cap < (*p)->len + (*p)->len / 4)
		cap = cap_after(cap);
	/* When there is no memory it stays as large as it is. */
	if (cap < (*p)->cap)
		set_cap(p, env, cap);
}

/* ---- entries ------------------------------------------------------------- */

static uint32_t
scan(const struct pool *p, const struct pool_key *k, uint32_t *ports)
{
	size_t host = host_bytes(p->class);

	for (uint32_t i = 0; i < p->len; i++) {
		if (is_at(entry(p, i), k))
			return i;
		*ports += is_of_host(entry(p, i), k, host);
	}
	return POOL_NONE;
}

/* By the index. */
static uint32_t
probe(const struct pool *p, const struct pool_key *k, uint32_t *ports)
{
	size_t host = host_bytes(p->class);
	struct slots s = index_of(p);
	uint32_t i = slot_home(&s, k->hash), v;

	for (;; i = slot_next(&s, i)) {
		v = slot_get(&s, i);
		if (v == 0)
			return POOL_NONE;
		if (is_at(entry(p, v - 1), k))
			return v - 1;
		*ports += is_of_host(entry(p, v - 1), k, host);
	}
}

uint32_t
pool_find(const struct pool *p, const struct pool_key *k, uint32_t *ports)
{
	uint32_t unused;

	if (ports == NULL)
		ports = &unused;
	*ports = 0;
	return p->cap <= POOL_SCAN ? scan(p, k, ports) : probe(p, k, ports);
}

uint32_t
pool_last_of(const struct pool *p, const struct pool_key *k, uint32_t end)
{
	size_t ip = stride(p->class) - 4;

	for (uint32_t i = SP_MIN(end, p->len); i-- > 0;) {
		if (memcmp(entry(p, i), k->at, ip) == 0)
			return i;
	}
	return POOL_NONE;
}

/* Entry |from| is to stand at |to|, where none is. */
static void
move(struct pool *p, const struct pool_env *env, uint32_t from, uint32_t to)
{
	struct slots s = index_of(p);

	if (from == to)
		return;
	if (s.n != 0)
		slot_set(&s, index_slot(p, env, &s, from), to + 1);
	memcpy(entry(p, to), entry(p, from), stride(p->class));
}

static void
swap(struct pool *p, const struct pool_env *env, uint32_t a, uint32_t b)
{
	struct slots s = index_of(p);
	uint8_t tmp[POOL_V6_ENTRY];
	uint32_t at_a, at_b;

	if (a == b)
		return;
	if (s.n != 0) {
		at_a = index_slot(p, env, &s, a);
		at_b = index_slot(p, env, &s, b);
		slot_set(&s, at_a, b + 1);
		slot_set(&s, at_b, a + 1);
	}
	memcpy(tmp, entry(p, a), stride(p->class));
	memcpy(entry(p, a), entry(p, b), stride(p->class));
	memcpy(entry(p, b), tmp, stride(p->class));
}

int
pool_add(struct pool **pp, struct pool_env *env, const struct pool_key *k,
    bool seeds, uint16_t mark)
{
	struct pool *p = *pp;
	struct slots s;
	uint32_t at;
	int r;

	if (p->len == p->cap) {
		if (p->cap >= POOL_MAX)
			return SP_ERR_FULL;
		r = set_cap(pp, env, cap_after(p->cap));
		if (r < 0)
			return r;
		p = *pp;
	}
	at = p->len;
	if (seeds) {
		move(p, env, p->seeds, p->len);
		at = p->seeds++;
	}
	p->len++;
	memcpy(entry(p, at), k->at, stride(p->class) - 2);
	pool_set_mark(p, at, mark);
	s = index_of(p);
	if (s.n != 0)
		index_add(&s, slot_home(&s, k->hash), at);
	return 0;
}

void
pool_del(struct pool *p, const struct pool_env *env, uint32_t at)
{
	struct slots s = index_of(p);

	if (s.n != 0)
		index_close(p, env, &s, index_slot(p, env, &s, at));
	if (at < p->seeds) {
		p->seeds--;
		move(p, env, p->seeds, at);
		at = p->seeds;
	}
	p->len--;
	move(p, env, p->len, at);
}

uint32_t
pool_set_seeds(struct pool *p, const struct pool_env *env, uint32_t at,
    bool seeds)
{
	uint32_t to = at;

	if (seeds && at >= p->seeds)
		to = p->seeds++;
	else if (!seeds && at < p->seeds)
		to = --p->seeds;
	swap(p, env, at, to);
	return to;
}

/* ---- for tests ----------------------------------------------------------- */

bool
pool_is_sound(const struct pool *p, const struct pool_env *env)
{
	struct slots s = index_of(p);
	struct pool_key k;
	uint32_t used = 0;

	if (p->len > p->cap || p->seeds > p->len)
		return false;
	for (uint32_t i = 0; i < p->len; i++) {
		k.class = p->class;
		memcpy(k.at, entry(p, i), stride(p->class) - 2);
		k.hash = hash_of(env, k.class, k.at);
		if (pool_find(p, &k, NULL) != i)
			return false;
	}
	for (uint32_t i = 0; i < s.n; i++)
		used += slot_get(&s, i) != 0;
	return s.n == 0 || used == p->len;
}
