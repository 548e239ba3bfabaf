#include "tools/bt_load.h"

/* splitmix64's finalizer: Steele, Lea, Flood 2014. */
static uint64_t
mix(uint64_t v)
{
	v += 0x9e3779b97f4a7c15;
	v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9;
	v = (v ^ (v >> 27)) * 0x94d049bb133111eb;
	return v ^ (v >> 31);
}

static void
fill(uint64_t v, uint8_t out[LOAD_HASH])
{
	for (size_t i = 0; i < LOAD_HASH; i += 4) {
		v = mix(v);
		memcpy(out + i, &v, 4);
	}
}

struct bt_peer
bt_load_peer(const struct bt_load *l, uint32_t n)
{
	return (struct bt_peer){ n % l->swarms, n / l->swarms };
}

uint32_t
bt_load_swarm_size(const struct bt_load *l, uint32_t swarm)
{
	return l->peers / l->swarms + (swarm < l->peers % l->swarms);
}

struct bt_peer
bt_load_draw(const struct bt_load *l, uint32_t source, struct sp_rng *rng)
{
	uint64_t r = rng_u64(rng);
	struct bt_peer p;
	uint32_t size;

	p.swarm = (uint32_t)(((r >> 32) * l->swarms) >> 32);
	size = bt_load_swarm_size(l, p.swarm);
	/* A swarm may be smaller than the number of sources. */
	if (size <= source) {
		p.at = 0;
		return p;
	}
	size = (size - source + l->sources - 1) / l->sources;
	p.at =
	    (uint32_t)(((r & UINT32_MAX) * size) >> 32) * l->sources + source;
	return p;
}

void
bt_load_hash(const struct bt_load *l, uint32_t swarm, uint8_t out[LOAD_HASH])
{
	if (l->only)
		memcpy(out, l->hash, LOAD_HASH);
	else
		fill(mix(l->seed) + swarm, out);
}

void
bt_load_peer_id(const struct bt_load *l, const struct bt_peer *p,
    uint8_t out[LOAD_HASH])
{
	fill(mix(l->seed + 1) + ((uint64_t)p->swarm << 32) + p->at, out);
	/* Who names an info-hash means a live channel: they are its viewers. */
	memcpy(out, l->only ? "-SP0100-" : "-SB0001-", 8);
}

static uint32_t
first_port(uint32_t swarm)
{
	return (uint32_t)(mix(swarm) % LOAD_PORTS);
}

uint16_t
bt_load_port(const struct bt_peer *p)
{
	return (uint16_t)(LOAD_PORT_FIRST +
			  (first_port(p->swarm) + p->at) % LOAD_PORTS);
}

bool
bt_load_is_seed(const struct bt_load *l, const struct bt_peer *p)
{
	uint64_t v = mix(l->seed + 2) + ((uint64_t)p->swarm << 32) + p->at;

	return mix(v) % 1000000 < l->seeds_ppm;
}

bool
bt_load_find(const struct bt_load *l, uint32_t swarm, uint16_t port,
    uint32_t *at)
{
	if (port < LOAD_PORT_FIRST || port >= LOAD_PORT_FIRST + LOAD_PORTS)
		return false;
	*at = (port - LOAD_PORT_FIRST + LOAD_PORTS - first_port(swarm)) %
	      LOAD_PORTS;
	return *at < bt_load_swarm_size(l, swarm);
}
