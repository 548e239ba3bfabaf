#include "swarm/mesh_int.h"

/*
 * Places that the tracker has planned: who is to be dialled, and whom a stripe
 * that lacks a parent asks first. Advice: nobody is refused for it, and what
 * is measured decides later.
 */

#define WAITS (700 * SP_MS) /* for a planned parent, then others are asked */
#define MOVES (15 * SP_S)   /* after it was told a new place is worth a move */
#define DIALS 8             /* of one round */
#define FAR   3             /* a part of the uplink that is worth telling */

/* Nothing is wished for trees of |track| any more. */
static void
forget(struct mesh *m, uint8_t track)
{
	struct tree *t = mesh_tree(m, track);

	if (t == NULL)
		return;
	memset(t->wish, TREE_NOBODY, sizeof(t->wish));
	t->planned = t->wish_new = 0;
}

int
mesh_places(struct mesh *m, const struct places *p, uint16_t told, sp_time now)
{
	struct mesh_plan *mp = m->plan;
	unsigned s;

	m->now = now;
	if (m->conf.without & (MESH_WITHOUT_CENTRAL | MESH_WITHOUT_PUSH))
		return 0;
	if (mp == NULL) {
		mp = m->plan = mem_zalloc(m->mem, 1, sizeof(*mp));
		if (mp == NULL)
			return SP_ERR_NOMEM;
	}
	if (mp->places.track != p->track)
		forget(m, mp->places.track);
	mp->places = *p;
	for (s = 0; s < PW_STRIPES; s++)
		if (told >> s & 1)
			mp->told_at[s] = now;
	m->house_at = SP_MIN(m->house_at, now);
	return 0;
}

/* ---- dialling ------------------------------------------------------------ */

/* Slot of the neighbour; TREE_NOBODY. */
static uint8_t
slot_of(const struct mesh *m, const struct places_peer *p)
{
	unsigned i;

	MESH_SLOTS (m->open, i)
		if (memcmp(m->peers[i]->id, p->peer_id, LINK_PEERID_LEN) == 0)
			return (uint8_t)i;
	return TREE_NOBODY;
}

/*
 * Each neighbour costs haves: there are to be some more than without a plan,
 * not as many as may come. False: nobody can be dialled now.
 */
static bool
dial(struct mesh *m, const struct places_peer *p, unsigned *dials)
{
	uint32_t out = contacts_dialing(&m->contacts);
	uint32_t most = m->conf.neighbours + m->conf.neighbours / 3;
	struct contact *ct;

	most = SP_MIN(most, m->conf.neighbours_max);
	if (*dials == DIALS || out >= m->conf.dials_max ||
	    mesh_peers_established(m) + out >= most)
		return false;
	contacts_add(&m->contacts, &p->addr, p->peer_id, &m->rng, m->now);
	ct = contacts_take(&m->contacts, &p->addr, ++m->next_id, m->now);
	if (ct == NULL)
		return true;
	++*dials;
	return mesh_dial(m, ct);
}

static bool
is_on_its_way(const struct mesh *m, const struct places_peer *p)
{
	const struct contact *ct =
	    contacts_by_addr((struct contacts *)&m->contacts, &p->addr);

	return ct != NULL &&
	       (ct->state == CONTACT_DIALING || ct->state == CONTACT_CONNECTED);
}

/*
 * The parent, and while it cannot be had the next one. *spare: slots of those
 * behind it. False: nobody can be dialled now.
 */
static bool
meet(struct mesh *m, const struct tree_stripe *st, const struct place *pl,
    uint8_t *wish, uint64_t *spare, unsigned *dials, bool able)
{
	bool seek = true;
	uint8_t slot;
	unsigned i;

	*wish = TREE_NOBODY;
	*spare = 0;
	for (i = 0; i < pl->n; i++) {
		slot = slot_of(m, &pl->v[i]);
		if (slot != TREE_NOBODY) {
			if (i == 0)
				*wish = slot;
			else
				*spare |= MESH_BIT(slot);
			seek = seek && (st->refused >> slot & 1);
		} else if (seek && able) {
			able = dial(m, &pl->v[i], dials);
			seek = !is_on_its_way(m, &pl->v[i]);
		}
	}
	return able;
}

/* Who knows more of its uplink says so, for the plan hangs on it. */
static void
tell_uplink(struct mesh *m)
{
	uint64_t kbps = mesh_uplink(m) / 125, was = m->told_kbps;

	if (!mesh_uplink_is_known(m) || !mesh_serves(m))
		return;
	if (was == 0 || kbps > was + was / FAR || kbps + was / FAR < was)
		announce_hurry(&m->announce, m->now);
}

void
mesh_plan_house(struct mesh *m)
{
	struct mesh_plan *mp = m->plan;
	struct tree *t;
	unsigned s, dials = 0;
	bool moves, able = true;

	if (mp == NULL)
		return;
	t = mesh_tree(m, mp->places.track);
	if (t == NULL || !m->play[mp->places.track].on)
		return;
	tell_uplink(m);
	t->planned = mp->places.inner;
	for (s = 0; s < t->k; s++) {
		mp->spare[s] = 0;
		t->wish[s] = TREE_NOBODY;
		moves = m->now - mp->told_at[s] < MOVES;
		t->wish_new &= (uint16_t) ~(1u << s);
		t->wish_new |= (uint16_t)(moves << s);
		if (t->roots >> s & 1)
			continue;
		able = meet(m, &t->stripes[s], &mp->places.stripes[s],
		    &t->wish[s], &mp->spare[s], &dials,
		    able && (moves || t->stripes[s].parent == TREE_NOBODY));
	}
}

/* Those of |set| that have a place in the tree. */
static uint64_t
attached(const struct tree *t, unsigned s, uint64_t set)
{
	uint64_t out = 0;
	unsigned i;

	MESH_SLOTS (set, i)
		if (t->ads[i].late[s] != PW_TREE_NEVER)
			out |= MESH_BIT(i);
	return out;
}

uint64_t
mesh_plan_open(const struct mesh *m, uint8_t track, unsigned s, uint64_t open)
{
	const struct mesh_plan *mp = m->plan;
	const struct tree *t = mesh_tree(m, track);
	const struct tree_stripe *st = &t->stripes[s];
	uint64_t may = open & t->told & ~st->refused, wish, spare;

	if (mp == NULL || mp->places.track != track ||
	    (st->parent != TREE_NOBODY && st->notice == 0) ||
	    mp->places.stripes[s].n == 0)
		return open;
	wish = t->wish[s] == TREE_NOBODY ? 0 : MESH_BIT(t->wish[s]);
	if (attached(t, s, wish & may) != 0)
		return wish;
	spare = attached(t, s, mp->spare[s] & may);
	if (wish == 0 && m->now - mp->told_at[s] < WAITS)
		return 0;
	return (wish & st->refused) && spare != 0 ? spare : open;
}
