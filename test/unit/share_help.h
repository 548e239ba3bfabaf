#ifndef TEST_UNIT_SHARE_HELP_H
#define TEST_UNIT_SHARE_HELP_H

/* Peers that trackers tell each other of: what the tests of it share. */

#include "wire/sharewire.h"

/* Peer |k| of swarm |swarm|, an ordinary one. */
static inline struct sharewire_peer
some_peer(unsigned swarm, unsigned k)
{
	uint8_t ip[4] = { 5, (uint8_t)(k >> 16), (uint8_t)(k >> 8),
		(uint8_t)k };
	struct sharewire_peer p = { .addr = addr_make(4, ip, 6881) };

	memset(p.info_hash, 0x55, sizeof(p.info_hash));
	p.info_hash[0] = (uint8_t)swarm;
	p.info_hash[1] = (uint8_t)(swarm >> 8);
	return p;
}

/* A viewer that relays, at an IPv6 address. */
static inline struct sharewire_peer
some_viewer(unsigned swarm, unsigned k)
{
	uint8_t ip[16] = { 0x20, 1, 0x0d, 0xb8, (uint8_t)(k >> 8), (uint8_t)k };
	struct sharewire_peer p = some_peer(swarm, k);

	p.addr = addr_make(6, ip, 7000);
	p.flags = SHAREWIRE_LIVE | SHAREWIRE_REACHABLE;
	memset(p.peer_id, 'v', sizeof(p.peer_id));
	p.peer_id[0] = (uint8_t)k;
	p.up_kbps = 9000 + k;
	p.has_track = true;
	p.track = 3;
	return p;
}

#endif
