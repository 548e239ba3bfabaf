#include "swarm/mesh_int.h"

#define NEWCOMER (20 * SP_S) /* has had no time to give anything */
#define SCARCE   256         /* of the origin in what we get, in 1/1024 */

/* To us lately, or to all as the tracker has it: bytes per second. */
static uint64_t
contribution(const struct mesh *m, const struct peer *p)
{
	uint64_t to_us = ratemeter_bps(&p->down, m->now);
	uint64_t to_all = (uint64_t)mesh_weight(m, p->id) * 125;

	return SP_MAX(to_us, to_all / m->conf.neighbours);
}

/*
 * Whether uploads do not suffice for all: then the origin must carry much of
 * what we get ourselves. Smoothed over a quarter of a minute; in 1/1024.
 */
static void
weigh_scarcity(struct mesh *m)
{
	uint64_t origin = ratemeter_bps(&m->origin_meter, m->now);
	uint64_t all = origin + ratemeter_bps(&m->peer_meter, m->now);
	uint32_t share = all == 0 ? 0 : (uint32_t)(origin * 1024 / all);

	m->origin_share = (15 * m->origin_share + share) / 16;
	m->scarce = m->origin_share > SCARCE;
}

void
mesh_choke(struct mesh *m)
{
	struct choker_peer v[MESH_PEERS_MAX];
	struct peer *p;
	uint32_t slots = choker_slots(m->conf.up_bps);
	size_t i, n = 0;
	bool choke;

	mesh_weigh(m);
	if (!mesh_serves(m) || m->shy_till != 0)
		slots = 0;
	for (i = 0; i < MESH_PEERS_MAX; i++) {
		p = m->peers[i];
		if (p == NULL || !p->established || p->closing)
			continue;
		v[n++] = (struct choker_peer){
			.slot = (uint32_t)i,
			.given_bps = contribution(m, p),
			.is_new = m->now - p->established_at < NEWCOMER,
			.interested = p->is_interested,
			.unchoked = !p->am_choking,
		};
	}
	choker_run(&m->choker, v, n, slots, &m->rng, m->now);
	choker_rank(v, n);
	for (i = 0; i < n; i++) {
		p = m->peers[v[i].slot];
		p->lesser = m->scarce && v[i].lesser;
		choke = !v[i].unchoked;
		if (choke == p->am_choking)
			continue;
		p->am_choking = choke;
		if (choke)
			upload_clear(&p->up);
		pw_put_simple(mesh_say(m, p), choke ? PW_CHOKE : PW_UNCHOKE);
	}
}

static void
liveness(struct mesh *m, unsigned slot)
{
	struct peer *p = m->peers[slot];

	if (p->closing) {
		/* the host has not taken the CLOSE for want of sending */
		return;
	}
	if (!p->established) {
		if (m->now - p->opened_at > PEER_HANDSHAKE)
			mesh_peer_drop(m, slot, -1, SP_ERR_TIMEOUT);
		return;
	}
	if (m->now - p->recv_at > PEER_SILENT ||
	    (p->unsent > 0 && m->now - p->mark_at > PEER_STUCK)) {
		mesh_peer_drop(m, slot, -1, SP_ERR_TIMEOUT);
		return;
	}
	if (m->now - p->sent_at < PEER_PING &&
	    m->now - p->ping_at < 3 * PEER_PING)
		return;
	p->ping_token = rng_u64(&m->rng) | 1;
	p->ping_at = m->now;
	pw_put_ping(mesh_say(m, p), p->ping_token);
}

/* Whom |p| may be told of: reachable, and no machines of our house. */
static void
pex(struct mesh *m, struct peer *p)
{
	struct sp_buf *b = mesh_say(m, p);
	struct pw_pex_entry e;
	struct pw_open open;
	const struct peer *q;
	unsigned i, n = 0;

	p->pex_at = m->now + MESH_PEX_GAP;
	for (i = 0; i < MESH_PEERS_MAX; i++) {
		q = m->peers[i];
		if (q == NULL || q == p || !q->established || q->closing ||
		    q->listen.family == 0 ||
		    (addr_is_private(&q->listen) && !addr_is_private(&p->addr)))
			continue;
		if (n++ == 0)
			pw_pex_begin(&open, b);
		memset(&e, 0, sizeof(e));
		e.flags = 1;
		memcpy(e.peer_id, q->id, LINK_PEERID_LEN);
		e.addr = q->listen;
		if (!pw_pex_add(&open, b, &e))
			break;
	}
	if (n > 0)
		pw_end(&open, b);
}

bool
mesh_is_neighbour(const struct mesh *m, const uint8_t *peer_id)
{
	unsigned i;

	MESH_SLOTS (m->open, i)
		if (memcmp(m->peers[i]->id, peer_id, LINK_PEERID_LEN) == 0)
			return true;
	return false;
}

bool
mesh_dial(struct mesh *m, struct contact *ct)
{
	struct mesh_act *a = mesh_act_push(m, MESH_DIAL);

	if (a == NULL) {
		contacts_release(&m->contacts, ct, false, m->now);
		return false;
	}
	a->u.dial.dial = ct->dial;
	a->u.dial.addr = ct->addr;
	m->st.dials++;
	return true;
}

/* What the tracker needs to know of who may be put on duty. */
static void
tell_uplink(struct mesh *m, struct mesh_act *a)
{
	uint64_t kbps = SP_MAX(mesh_uplink(m) / 125, 1u);

	a->u.announce.live = !m->conf.seeder && mesh_serves(m);
	a->u.announce.reachable = m->reached;
	a->u.announce.up_kbps = 0;
	if (mesh_uplink_is_known(m))
		a->u.announce.up_kbps = (uint32_t)SP_MIN(kbps, UINT32_MAX);
	m->told_kbps = a->u.announce.up_kbps;
}

static void
tell_tracker(struct mesh *m)
{
	enum tw_event event;
	struct mesh_act *a;
	uint32_t id = m->next_id + 1;

	if (!announce_due(&m->announce, id, m->now, &event))
		return;
	m->next_id = id;
	a = mesh_act_push(m, MESH_ANNOUNCE);
	if (a == NULL) {
		announce_failed(&m->announce, id, &m->rng, m->now);
		return;
	}
	m->st.announces++;
	a->u.announce.announce = id;
	a->u.announce.event = event;
	a->u.announce.numwant = 50;
	a->u.announce.uploaded = m->st.up_bytes;
	a->u.announce.downloaded = m->st.peer_bytes + m->st.origin_bytes;
	a->u.announce.left = m->conf.seeder ? 0 : 1;
	a->u.announce.track = m->watched;
	tell_uplink(m, a);
}

void
mesh_house(struct mesh *m)
{
	unsigned i;

	mesh_peers_slow(m);
	for (i = 0; i < MESH_PEERS_MAX; i++) {
		if (m->peers[i] == NULL)
			continue;
		liveness(m, i);
		if (m->peers[i]->established && !m->peers[i]->closing &&
		    m->now >= m->peers[i]->pex_at)
			pex(m, m->peers[i]);
	}
	if (m->now >= m->choke_at) {
		m->choke_at = m->now + CHOKER_ROUND;
		weigh_scarcity(m);
		mesh_choke(m);
	}
	mesh_solo_look(m);
	mesh_warn_house(m);
	tell_tracker(m);
	mesh_receipts_run(m);
	if (m->mates)
		mesh_duty_meet(m);
	mesh_plan_house(m);
	mesh_tree_house(m);
	mesh_neighbours_run(m);
}
