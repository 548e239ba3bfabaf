#ifndef TOOLS_BT_LOAD_H
#define TOOLS_BT_LOAD_H

/*
 * Who announces what in a benchmark: |peers| peers, spread evenly over
 * |swarms| swarms, each drawn from its number, so that nothing is kept of them
 * and every reply can be held against what it should say.
 *
 * Peer |at| of swarm |swarm| has a port that no other peer of that swarm has,
 * and sends from source |at| % |sources|. A tracker that returns a peer of
 * another swarm is found out by that port.
 */

#include "base/addr.h"
#include "base/rng.h"

#define LOAD_HASH       20
#define LOAD_SOURCES    64
#define LOAD_PORT_FIRST 1025
#define LOAD_PORTS      64000u /* peers in a swarm, at most */

struct bt_load {
	uint32_t peers, swarms, sources;
	uint32_t seeds_ppm;
	uint64_t seed;
	bool only; /* there is one swarm, and its info-hash is |hash| */
	uint8_t hash[LOAD_HASH];
};

struct bt_peer {
	uint32_t swarm, at;
};

/* Peer |n| of load->peers: neighbouring numbers are in different swarms. */
struct bt_peer bt_load_peer(const struct bt_load *l, uint32_t n);
/* Any of those that send from |source|. */
struct bt_peer bt_load_draw(const struct bt_load *l, uint32_t source,
    struct sp_rng *rng);
/* Peers of |swarm|. */
uint32_t bt_load_swarm_size(const struct bt_load *l, uint32_t swarm);
void bt_load_hash(const struct bt_load *l, uint32_t swarm,
    uint8_t out[LOAD_HASH]);
void bt_load_peer_id(const struct bt_load *l, const struct bt_peer *p,
    uint8_t out[LOAD_HASH]);
uint16_t bt_load_port(const struct bt_peer *p);
bool bt_load_is_seed(const struct bt_load *l, const struct bt_peer *p);
/*
 * Who of |swarm| has |port|: its at in *at. False: nobody, so the tracker
 * made it up or took it from elsewhere.
 */
bool bt_load_find(const struct bt_load *l, uint32_t swarm, uint16_t port,
    uint32_t *at);

#endif
