#include "swarm/mesh_int.h"

/* What we make of our own line, and of neighbours who all fail. */

#define WEAK_SHARE    6 /* of the stream's rate: below, serve nobody */
#define WEAK_FOR      (300 * SP_S)
#define SHY_MAX       (8 * SP_S)
#define AMNESTY_GAP   (60 * SP_S)
#define AMNESTY_LEAST 4 /* neighbours */

static void
amnesty(struct mesh *m)
{
	unsigned i;

	MESH_SLOTS (m->used, i)
		peer_amnesty(m->peers[i]);
	m->amnesty_at = m->now + AMNESTY_GAP;
}

/*
 * Where nobody is believed everything comes from the origin, nobody is asked
 * and nobody can prove better. When all have failed it was our own line.
 */
static void
weigh_neighbours(struct mesh *m)
{
	unsigned i, n = 0;

	MESH_SLOTS (m->used, i) {
		if (!m->peers[i]->established || m->peers[i]->closing)
			continue;
		if (peer_is_credible(m->peers[i]))
			return;
		n++;
	}
	if (n >= AMNESTY_LEAST && m->now >= m->amnesty_at)
		amnesty(m);
}

/*
 * Acknowledgements of a whole stream and our requests take up to a tenth of
 * its rate. Who has hardly more, and passes on blocks too, drowns them in his
 * own queue, gets nothing from anybody, and loads the origin. So he serves
 * nobody, for a while; lines do change.
 */
static void
weigh_uplink(struct mesh *m)
{
	const struct piece *pc;
	uint64_t bps = 0;
	unsigned i;

	if (m->weak_till <= m->now) {
		m->weak_till = SP_NEVER;
		uplink_init(&m->uplink);
	}
	if (m->conf.seeder || m->conf.up_bps != 0 || m->weak_till != SP_NEVER)
		return;
	for (i = 0; i < LIM_TRACKS; i++) {
		pc = m->play[i].on ? mesh_newest(m, (uint8_t)i) : NULL;
		if (pc != NULL)
			bps += mesh_piece_bps(pc);
	}
	if (!uplink_is_below(&m->uplink, bps / WEAK_SHARE))
		return;
	m->weak_till = m->now + WEAK_FOR;
	amnesty(m);
	announce_hurry(&m->announce, m->now);
	log_msg(m->conf.log, LOG_LEVEL_INFO,
	    "mesh: uplink too weak to serve "
	    "bytes_per_s=%llu",
	    (unsigned long long)uplink_rate(&m->uplink));
}

/*
 * A line that nobody knows is left to what our player needs first. A block for
 * somebody else can fill a slow one for a second, and requests to the origin
 * and acknowledgements of what it sends then wait behind it.
 */
void
mesh_weigh_begins(struct mesh *m)
{
	if (!m->began && !m->conf.seeder && m->conf.up_bps == 0 &&
	    m->conf.expect_up_bps == 0) {
		m->shy_till = m->now + SHY_MAX;
		mesh_choke(m);
	}
	m->began = true;
}

void
mesh_weigh_start(struct mesh *m, bool waits, sp_time *next)
{
	if (m->shy_till == 0)
		return;
	if (waits && m->now < m->shy_till) {
		*next = SP_MIN(*next, m->shy_till);
		return;
	}
	m->shy_till = 0;
	mesh_choke(m);
}

void
mesh_weigh(struct mesh *m)
{
	weigh_uplink(m);
	weigh_neighbours(m);
}
