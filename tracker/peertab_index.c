#include "tracker/peertab.h"

#include "base/map.h"

/*
 * From (swarm, IP, port) and from (swarm, peer-id) to the peer: shards of peer
 * numbers + 1, 0 is free, linear probing from a hash. Nothing is kept but the
 * numbers.
 *
 * By address it is the hash of swarm and host, so that all ports of a host are
 * in one run of slots, which is how they are counted. The owner keeps them few;
 * of loopback addresses there are as many as one likes, so their ports are
 * hashed too. Of peers with one peer-id only one is in the index: of them too
 * there are as many as one likes.
 */

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static uint64_t
addr_hash(const struct peertab *t, uint32_t swarm, const struct sp_addr *addr)
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
id_hash(const struct peertab *t, uint32_t swarm, const uint8_t *peer_id)
{
	return map_siphash(t->secret[0] ^ swarm, t->secret[1], peer_id,
	    LINK_PEERID_LEN);
}

static uint64_t
peer_hash(const struct peertab *t, enum peertab_by by, uint32_t peer)
{
	uint32_t swarm = t->peers[peer].swarm;
	uint8_t id[LINK_PEERID_LEN];
	struct sp_addr addr;

	if (by == PEERTAB_BY_ADDR) {
		addr = peertab_addr(t, peer);
		return addr_hash(t, swarm, &addr);
	}
	peertab_id(t, peer, id);
	return id_hash(t, swarm, id);
}

static struct peertab_shard *
shard_of(const struct peertab *t, enum peertab_by by, uint64_t hash)
{
	return (struct peertab_shard *)&t->index[by][hash % PEERTAB_SHARDS];
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

static int
room(struct peertab *t, enum peertab_by by, uint64_t hash)
{
	struct peertab_shard *s = shard_of(t, by, hash), to;

	if (((uint64_t)s->len + 1) * 8 <= (uint64_t)s->cap * 7)
		return 0;
	to.len = s->len;
	to.cap = s->cap + SP_MAX(s->cap / 8, 4u);
	to.v = mem_zalloc(t->mem, to.cap, sizeof(*to.v));
	if (to.v == NULL)
		return SP_ERR_NOMEM;
	for (uint32_t i = 0; i < s->cap; i++) {
		if (s->v[i] != 0)
			put(&to, peer_hash(t, by, s->v[i] - 1), s->v[i] - 1);
	}
	mem_free(t->mem, s->v);
	*s = to;
	return 0;
}

static void
enter(struct peertab *t, enum peertab_by by, uint32_t peer)
{
	uint64_t hash = peer_hash(t, by, peer);
	struct peertab_shard *s = shard_of(t, by, hash);

	put(s, hash, peer);
	s->len++;
}

static void
leave(struct peertab *t, enum peertab_by by, uint32_t peer)
{
	uint64_t hash = peer_hash(t, by, peer);
	struct peertab_shard *s = shard_of(t, by, hash);
	uint32_t hole = home_of(s, hash), i, home, away, gap;

	while (s->v[hole] != peer + 1)
		hole = after(s, hole);
	for (i = after(s, hole); s->v[i] != 0; i = after(s, i)) {
		home = home_of(s, peer_hash(t, by, s->v[i] - 1));
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

/* ---- by address ---------------------------------------------------------- */

int
peertab_index_room(struct peertab *t, uint32_t swarm,
    const struct sp_addr *addr)
{
	return room(t, PEERTAB_BY_ADDR, addr_hash(t, swarm, addr));
}

void
peertab_index_add(struct peertab *t, uint32_t peer)
{
	enter(t, PEERTAB_BY_ADDR, peer);
}

void
peertab_index_del(struct peertab *t, uint32_t peer)
{
	leave(t, PEERTAB_BY_ADDR, peer);
}

/* The peer there, or PEERTAB_NONE; *ports: how many of its host were seen. */
static uint32_t
probe(const struct peertab *t, uint32_t swarm, const struct sp_addr *addr,
    uint32_t *ports)
{
	uint64_t hash = addr_hash(t, swarm, addr);
	const struct peertab_shard *s = shard_of(t, PEERTAB_BY_ADDR, hash);
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

/* ---- by peer-id ---------------------------------------------------------- */

uint32_t
peertab_find_id(const struct peertab *t, uint32_t swarm,
    const uint8_t peer_id[LINK_PEERID_LEN])
{
	uint64_t hash = id_hash(t, swarm, peer_id);
	const struct peertab_shard *s = shard_of(t, PEERTAB_BY_ID, hash);
	uint32_t i;

	if (s->cap == 0)
		return PEERTAB_NONE;
	for (i = home_of(s, hash); s->v[i] != 0; i = after(s, i)) {
		if (t->peers[s->v[i] - 1].swarm == swarm &&
		    peertab_has_id(t, s->v[i] - 1, peer_id))
			return s->v[i] - 1;
	}
	return PEERTAB_NONE;
}

void
peertab_enter(struct peertab *t, uint32_t peer)
{
	uint32_t swarm = t->peers[peer].swarm;
	uint8_t id[LINK_PEERID_LEN];

	peertab_id(t, peer, id);
	if (peertab_find_id(t, swarm, id) != PEERTAB_NONE ||
	    room(t, PEERTAB_BY_ID, id_hash(t, swarm, id)) < 0)
		return;
	enter(t, PEERTAB_BY_ID, peer);
}

void
peertab_leave(struct peertab *t, uint32_t peer)
{
	uint8_t id[LINK_PEERID_LEN];

	peertab_id(t, peer, id);
	if (peertab_find_id(t, t->peers[peer].swarm, id) == peer)
		leave(t, PEERTAB_BY_ID, peer);
}
