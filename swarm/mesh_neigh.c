#include "swarm/mesh_int.h"

#include "swarm/neighbours.h"

#define DIALS_ROUND 4           /* new dials of one round */
#define DIAL_TWIN   (60 * SP_S) /* before a neighbour's other address */
#define SHED_GAP    (30 * SP_S)
#define SEEDERS     2 /* are never let go: it is only their word */
#define VIEWS       (MESH_PEERS_MAX + CONTACTS_MAX)

static struct neigh_want
wanted(const struct mesh *m)
{
	return (struct neigh_want){ m->external, m->conf.neighbours };
}

uint32_t
mesh_weight(const struct mesh *m, const uint8_t *peer_id)
{
	int i = m->roster == NULL ? -1 : roster_find(m->roster, peer_id);

	return i < 0 ? 0 : m->roster->entries[i].weight;
}

/* ---- views --------------------------------------------------------------- */

/* Of those that call themselves seeders, who gives most. */
static void
keep_seeders(const struct mesh *m, struct neigh_peer *v, size_t n)
{
	size_t best, i;
	unsigned k;

	for (k = 0; k < SEEDERS; k++) {
		for (i = 0, best = n; i < n; i++)
			if (m->peers[v[i].slot]->seeder && !v[i].keep &&
			    (best == n || v[i].flow_bps > v[best].flow_bps))
				best = i;
		if (best == n)
			return;
		v[best].keep = true;
	}
}

static size_t
view_neighbours(const struct mesh *m, struct neigh_peer *v)
{
	const struct peer *p;
	unsigned i;
	size_t n = 0;

	MESH_SLOTS (m->open, i) {
		p = m->peers[i];
		v[n++] = (struct neigh_peer){
			.slot = i,
			.addr = p->addr,
			.srtt = p->srtt,
			.age = m->now - p->established_at,
			.weight = mesh_weight(m, p->id),
			.up_kbps = secure_remote(p->link)->up_kbps,
			.flow_bps = ratemeter_bps(&p->down, m->now) +
				    ratemeter_bps(&p->upm, m->now),
			.ours = p->outgoing,
			.keep = mesh_tree_needs(m, i),
		};
	}
	keep_seeders(m, v, n);
	return n;
}

/* Behind the neighbours, who may become one: address and weight are enough. */
static size_t
view_dials(const struct mesh *m, struct neigh_peer *v, size_t n)
{
	const struct contact *ct;
	unsigned i;

	for (i = 0; i < m->contacts.n; i++) {
		ct = &m->contacts.v[i];
		if (ct->state != CONTACT_DIALING)
			continue;
		v[n++] = (struct neigh_peer){ .addr = ct->addr,
			.weight =
			    ct->has_id ? mesh_weight(m, ct->peer_id) : 0 };
	}
	MESH_SLOTS (m->used & ~m->open & ~m->ending, i)
		if (m->peers[i]->outgoing)
			v[n++] =
			    (struct neigh_peer){ .addr = m->peers[i]->addr };
	return n;
}

/* ---- dialling ------------------------------------------------------------ */

/* Neighbours and own dials that may become one; strangers are not counted. */
static uint32_t
count(const struct mesh *m)
{
	uint32_t n = 0;
	unsigned i;

	MESH_SLOTS (m->used & ~m->ending, i)
		n += m->peers[i]->established || m->peers[i]->outgoing;
	return n;
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

/* Who may be dialled now. */
static size_t
view_contacts(struct mesh *m, struct neigh_contact *v)
{
	struct contact *ct;
	size_t n = 0;

	for (uint32_t i = 0; i < m->contacts.n; i++) {
		ct = &m->contacts.v[i];
		if (!contacts_may_dial(&m->contacts, ct, m->now))
			continue;
		if (ct->has_id && mesh_is_neighbour(m, ct->peer_id)) {
			/* it came to us; this is where it listens */
			ct->retry_at = m->now + DIAL_TWIN;
			continue;
		}
		v[n].addr = ct->addr;
		v[n].weight = ct->has_id ? mesh_weight(m, ct->peer_id) : 0;
		n++;
	}
	return n;
}

/*
 * Half of the wanted neighbours are dialled; the other half are those that dial
 * us, else everybody would end up with twice as many. A quarter is dialled
 * however many came by themselves: they may all be one.
 */
static bool
is_enough(const struct mesh *m, uint32_t have, uint32_t ours, uint32_t out)
{
	return have + out >= m->conf.neighbours_max ||
	       out >= m->conf.dials_max ||
	       (have + out >= m->conf.neighbours &&
		   ours + out >= (m->conf.neighbours + 3) / 4) ||
	       (ours + out >= (m->conf.neighbours + 1) / 2 &&
		   have + out >= m->conf.neighbours / 4);
}

static void
dial(struct mesh *m)
{
	uint32_t have = count(m), out = contacts_dialing(&m->contacts);
	uint32_t ours = dialled(m), until = out + DIALS_ROUND;
	struct neigh_want w = wanted(m);
	struct neigh_contact c[CONTACTS_MAX];
	struct neigh_peer v[VIEWS];
	struct contact *ct;
	size_t n, n_c;
	int k;

	if (is_enough(m, have, ours, out))
		return;
	n = view_dials(m, v, view_neighbours(m, v));
	n_c = view_contacts(m, c);
	for (; out < until && !is_enough(m, have, ours, out); out++) {
		k = neigh_dial(&w, c, n_c, v, n, &m->rng);
		if (k < 0) {
			if (have + out < m->conf.neighbours / 2)
				announce_hurry(&m->announce, m->now);
			return;
		}
		ct = contacts_take(&m->contacts, &c[k].addr, ++m->next_id,
		    m->now);
		if (ct == NULL || !mesh_dial(m, ct))
			return;
		v[n++] = (struct neigh_peer){ .addr = c[k].addr,
			.weight = c[k].weight };
		c[k] = c[--n_c];
	}
}

/* ---- letting go ---------------------------------------------------------- */

static void
let_go(struct mesh *m, unsigned slot)
{
	m->peers[slot]->away = NEIGH_AWAY;
	mesh_peer_drop(m, slot, PW_BYE_CHURN, SP_OK);
}

/* Over the cap the worst one goes. Half-open connections end by themselves. */
static void
shed(struct mesh *m)
{
	struct neigh_want w = wanted(m);
	struct neigh_peer v[MESH_PEERS_MAX];
	size_t n;
	int worst;

	if (mesh_peers_established(m) <= m->conf.neighbours_max ||
	    m->now < m->shed_at)
		return;
	n = view_neighbours(m, v);
	neigh_classify(&w, v, n);
	worst = neigh_worst(v, n);
	if (worst < 0)
		return;
	m->shed_at = m->now + SHED_GAP;
	let_go(m, (unsigned)worst);
}

static void
rotate(struct mesh *m)
{
	struct neigh_want w = wanted(m);
	struct neigh_contact c[CONTACTS_MAX];
	struct neigh_peer v[MESH_PEERS_MAX];
	uint32_t slots[NEIGH_EXPLORE];
	size_t n, k;

	if (m->now < m->rotate_at)
		return;
	m->rotate_at = m->now + NEIGH_ROTATE;
	n = view_neighbours(m, v);
	neigh_classify(&w, v, n);
	k = neigh_rotate(&w, v, n, slots,
	    SP_MIN(view_contacts(m, c), (size_t)NEIGH_EXPLORE));
	while (k-- > 0)
		let_go(m, slots[k]);
}

void
mesh_neighbours_run(struct mesh *m)
{
	rotate(m);
	dial(m);
	shed(m);
}
