#ifndef TEST_UNIT_ROSTER_HELP_H
#define TEST_UNIT_ROSTER_HELP_H

/* Rosters for the mesh of mesh_help.h. */

#include "swarm/mesh_int.h"
#include "test/unit/mesh_help.h"

static struct roster ros;

/* |n| members with public addresses. */
static inline void
fill(size_t n)
{
	static const uint8_t ip[4] = { 192, 0, 2, 1 };

	memset(&ros, 0, sizeof(ros));
	ros.version = n + 1;
	ros.epoch = 3;
	ros.epoch_s = 20;
	ros.n = n;
	for (size_t i = 0; i < n; i++) {
		ros.entries[i].peer_id[0] = (uint8_t)i;
		ros.entries[i].addr = addr_make(4, ip, (uint16_t)(i + 1));
		ros.entries[i].weight = 1000;
	}
}

#define MEMBERS 8

/* The roster |ros| with us and those of |n| - 1 other ids. */
static inline void
members(size_t n)
{
	const uint8_t *id = lab.mesh->id;
	size_t at = 0;

	fill(n - 1);
	while (at < ros.n &&
	       memcmp(ros.entries[at].peer_id, id, LINK_PEERID_LEN) < 0)
		at++;
	memmove(&ros.entries[at + 1], &ros.entries[at],
	    (ros.n - at) * sizeof(ros.entries[0]));
	memcpy(ros.entries[at].peer_id, id, LINK_PEERID_LEN);
	ros.entries[at].weight = 1000;
	ros.entries[at].addr = lab_addr(&lab, 0);
	ros.n = n;
}

/* One comes without us. */
static inline void
not_on_it(void)
{
	fill(MEMBERS);
	ck_assert_int_eq(mesh_roster(lab.mesh, &ros, lab.now), 0);
}

#endif
