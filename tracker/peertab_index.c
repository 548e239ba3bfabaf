#include "tracker/peertab.h"

/*
 * From (swarm, IP, port) to the peer: shards of peer numbers + 1, 0 is free,
 * linear probing from the hash of swarm and host, so that all ports of a host
 * are in one run of slots, which is how they are counted. The owner keeps them
 * few; of loopback addresses there are as many as one likes, so their ports
 * are hashed too. Nothing is kept but the numbers.
 */

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static uint64_t
hash_of(const struct peertab *t, uint32_t swarm, const struct sp_addr *addr)
{
	struct sp_addr host = addr_host(addr);
	uint64_t a, b;

	memcpy(&a, host.ip, sizeof(a));
	memcpy(&b, host.ip + 8, sizeof(b));
	a = mix(a ^ t->secret[0]);
	a = mix(a ^ b ^ t->secret[1]);
	if (addr_is_loopback(addr))
		a ^= addr->port;
	return mix(a ^ (uint64_t)swarm << 32 ^ addr->family);
}

static uint64_t
peer_hash(const struct peertab *t, uint32_t peer)
{
	struct sp_addr addr = peertab_addr(t, peer);

	return hash_of(t, t->peers[peer].swarm, &addr);
}

static struct peertab_shard *
shard_of(const struct peertab *t, uint64_t hash)
{
	return (struct peertab_shard *)&t->shards[hash % PEERTAB_SHARDS];
}

static uint32_t
home_of(const struct peertab_shard *s, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * s->cap >> 32);
}

static uint32_t
after(const struct peertab_shard *s, uint32_t i)
{
	return i + 1 == s->cap ? 0 : i + 1;
}

static void
put(struct peertab_shard *s, uint64_t hash, uint32_t peer)
{
	uint32_t i = home_of(s, hash);

	while (s->v[i] != 0)
		i = after(s, i);
	s->v[i] = peer + 1;
}

int
peertab_index_room(struct peertab *t, uint32_t swarm,
    const struct sp_addr *addr)
{
	struct peertab_shard *s = shard_of(t, hash_of(t, swarm, addr)), to;

	if (((uint64_t)s->len + 1) * 8 <= (uint64_t)s->cap * 7)
		return 0;
	to.len = s->len;
	to.cap = s->cap + SP_MAX(s->cap / 8, 4u);
	to.v = mem_zalloc(t->mem, to.cap, sizeof(*to.v));
	if (to.v == NULL)
		return SP_ERR_NOMEM;
	for (uint32_t i = 0; i < s->cap; i++) {
		if (s->v[i] != 0)
			put(&to, peer_hash(t, s->v[i] - 1), s->v[i] - 1);
	}
	mem_free(t->mem, s->v);
	*s = to;
	return 0;
}

void
peertab_index_add(struct peertab *t, uint32_t peer)
{
	uint64_t hash = peer_hash(t, peer);
	struct peertab_shard *s = shard_of(t, hash);

	put(s, hash, peer);
	s->len++;
}

void
peertab_index_del(struct peertab *t, uint32_t peer)
{
	uint64_t hash = peer_hash(t, peer);
	struct peertab_shard *s = shard_of(t, hash);
	uint32_t hole = home_of(s, hash), i, home, away, gap;

	while (s->v[hole] != peer + 1)
		hole = after(s, hole);
	for (i = after(s, hole); s->v[i] != 0; i = after(s, i)) {
		home = home_of(s, peer_hash(t, s->v[i] - 1));
		away = i >= home ? i - home : i + s->cap - home;
		gap = i >= hole ? i - hole : i + s->cap - hole;
		if (away >= gap) {
			s->v[hole] = s->v[i];
			hole = i;
		}
	}
	s->v[hole] = 0;
	s->len--;
}

/* The peer there, or PEERTAB_NONE; *ports: how many of its host were seen. */
static uint32_t
probe(const struct peertab *t, uint32_t swarm, const struct sp_addr *addr,
    uint32_t *ports)
{
	uint64_t hash = hash_of(t, swarm, addr);
	const struct peertab_shard *s = shard_of(t, hash);
	struct sp_addr host = addr_host(addr), at, its;
	uint32_t i;

	*ports = 0;
	if (s->cap == 0)
		return PEERTAB_NONE;
	for (i = home_of(s, hash); s->v[i] != 0; i = after(s, i)) {
		if (t->peers[s->v[i] - 1].swarm != swarm)
			continue;
		at = peertab_addr(t, s->v[i] - 1);
		if (addr_eq(&at, addr))
			return s->v[i] - 1;
		its = addr_host(&at);
		*ports += addr_ip_eq(&its, &host);
	}
	return PEERTAB_NONE;
}

uint32_t
peertab_find(const struct peertab *t, uint32_t swarm,
    const struct sp_addr *addr)
{
	uint32_t ports;

	return probe(t, swarm, addr, &ports);
}

uint32_t
peertab_ports(const struct peertab *t, uint32_t swarm,
    const struct sp_addr *addr)
{
	struct sp_addr host = addr_host(addr);
	uint32_t ports;

	/* Nobody has port 0, so all of the run are seen. */
	host = *addr;
	host.port = 0;
	(void)probe(t, swarm, &host, &ports);
	return ports;
}

/* ---- addresses ----------------------------------------------------------- */

struct sp_addr
peertab_addr(const struct peertab *t, uint32_t peer)
{
	const struct peertab_peer *p = &t->peers[peer];

	if (p->class & PEERTAB_V6)
		return addr_make(6, t->ip6[p->ip], p->port);
	return addr_make(4, &p->ip, p->port);
}

int
peertab_ip6_room(struct peertab *t)
{
	uint32_t cap = t->ip6_cap + SP_MAX(t->ip6_cap / 4, 4u);
	void *v;

	if (t->ip6_free != PEERTAB_NONE || t->ip6_len < t->ip6_cap)
		return 0;
	v = mem_resize(t->mem, t->ip6, cap, sizeof(*t->ip6));
	if (v == NULL)
		return SP_ERR_NOMEM;
	t->ip6 = v;
	t->ip6_cap = cap;
	return 0;
}

void
peertab_ip_set(struct peertab *t, struct peertab_peer *p,
    const struct sp_addr *addr)
{
	if (addr->family == 4) {
		memcpy(&p->ip, addr->ip, sizeof(p->ip));
		return;
	}
	p->ip = t->ip6_free;
	if (p->ip == PEERTAB_NONE)
		p->ip = t->ip6_len++;
	else
		memcpy(&t->ip6_free, t->ip6[p->ip], sizeof(t->ip6_free));
	memcpy(t->ip6[p->ip], addr->ip, 16);
}

void
peertab_ip_free(struct peertab *t, const struct peertab_peer *p)
{
	if (!(p->class & PEERTAB_V6))
		return;
	memcpy(t->ip6[p->ip], &t->ip6_free, sizeof(t->ip6_free));
	t->ip6_free = p->ip;
}
