#include "swarm/mesh_int.h"

#define DIALS_ROUND 4           /* new dials of one round */
#define DIAL_TWIN   (60 * SP_S) /* before a neighbour's other address */
#define SHED_GAP    (30 * SP_S)
#define CAP_GRACE   (15 * SP_S)

void
mesh_choke(struct mesh *m)
{
	struct choker_peer v[MESH_PEERS_MAX];
	struct peer *p;
	uint32_t slots = choker_slots(m->conf.up_bps);
	size_t i, n = 0;
	bool choke;

	if (m->conf.no_upload)
		slots = 0;
	for (i = 0; i < MESH_PEERS_MAX; i++) {
		p = m->peers[i];
		if (p == NULL || !p->established || p->closing)
			continue;
		v[n++] = (struct choker_peer){
			.slot = (uint32_t)i,
			.given_bps = ratemeter_bps(&p->down, m->now),
			.interested = p->is_interested,
			.unchoked = !p->am_choking,
		};
	}
	choker_run(&m->choker, v, n, slots, &m->rng, m->now);
	for (i = 0; i < n; i++) {
		p = m->peers[v[i].slot];
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

/* Neighbours and own dials that may become one; strangers are not counted. */
static uint32_t
count(const struct mesh *m)
{
	uint32_t i, n = 0;

	for (i = 0; i < MESH_PEERS_MAX; i++)
		n += m->peers[i] != NULL && !m->peers[i]->closing &&
		     (m->peers[i]->established || m->peers[i]->outgoing);
	return n;
}

bool
mesh_is_neighbour(const struct mesh *m, const uint8_t *peer_id)
{
	unsigned i;

	for (i = 0; i < MESH_PEERS_MAX; i++)
		if (m->peers[i] != NULL && m->peers[i]->established &&
		    !m->peers[i]->closing &&
		    memcmp(m->peers[i]->id, peer_id, LINK_PEERID_LEN) == 0)
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

static uint32_t
dialled(const struct mesh *m)
{
	uint32_t n = 0;
	unsigned i;

	MESH_SLOTS (m->used & ~m->ending, i)
		n += m->peers[i]->outgoing;
	return n;
}

/*
 * Half of the wanted neighbours are dialled; the other half are those that dial
 * us, else everybody would end up with twice as many. A quarter is dialled
 * however many came by themselves: they may all be one.
 */
static void
dial(struct mesh *m)
{
	uint32_t have = count(m), out = contacts_dialing(&m->contacts);
	uint32_t ours = dialled(m);
	struct contact *ct;
	unsigned i;

	for (i = 0; i < DIALS_ROUND; i++) {
		if (have + out >= m->conf.neighbours_max ||
		    out >= m->conf.dials_max ||
		    (have + out >= m->conf.neighbours &&
			ours + out >= (m->conf.neighbours + 3) / 4) ||
		    (ours + out >= (m->conf.neighbours + 1) / 2 &&
			have + out >= m->conf.neighbours / 4))
			return;
		ct = contacts_pick(&m->contacts, ++m->next_id, &m->rng, m->now);
		if (ct == NULL) {
			if (have + out < m->conf.neighbours / 2)
				announce_hurry(&m->announce, m->now);
			return;
		}
		if (ct->has_id && mesh_is_neighbour(m, ct->peer_id)) {
			/* it came to us; this is where it listens */
			contacts_release(&m->contacts, ct, false, m->now);
			ct->retry_at = m->now + DIAL_TWIN;
			continue;
		}
		if (!mesh_dial(m, ct))
			return;
		out++;
	}
}

/* What the tracker needs to know of who may be put on duty. */
static void
tell_uplink(const struct mesh *m, struct mesh_act *a)
{
	uint64_t kbps = SP_MAX(mesh_uplink(m) / 125, 1u);

	a->u.announce.live = !m->conf.seeder && !m->conf.no_upload;
	a->u.announce.reachable = m->reached;
	a->u.announce.up_kbps = 0;
	if (mesh_uplink_is_known(m))
		a->u.announce.up_kbps = (uint32_t)SP_MIN(kbps, UINT32_MAX);
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
	tell_uplink(m, a);
}

/*
 * Over the cap the one that gives least goes, after a grace: newcomers get a
 * chance. Half-open connections end by themselves.
 */
static void
shed(struct mesh *m)
{
	struct peer *p, *worst = NULL;
	unsigned i, at = 0;
	uint64_t least = UINT64_MAX, bps;

	if (mesh_peers_established(m) <= m->conf.neighbours_max ||
	    m->now < m->shed_at)
		return;
	for (i = 0; i < MESH_PEERS_MAX; i++) {
		p = m->peers[i];
		if (p == NULL || !p->established || p->closing || p->seeder ||
		    m->now - p->established_at < CAP_GRACE)
			continue;
		bps = ratemeter_bps(&p->down, m->now) +
		      ratemeter_bps(&p->upm, m->now);
		if (bps < least) {
			least = bps;
			worst = p;
			at = i;
		}
	}
	if (worst == NULL)
		return;
	m->shed_at = m->now + SHED_GAP;
	mesh_peer_drop(m, at, PW_BYE_CHURN, SP_OK);
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
		mesh_choke(m);
	}
	tell_tracker(m);
	mesh_receipts_run(m);
	if (m->mates)
		mesh_duty_meet(m);
	dial(m);
	shed(m);
}
