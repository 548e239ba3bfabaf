#include "swarm/mesh_int.h"

#define ROOT_MET    (3 * SP_S)     /* who is on duty is a neighbour by then */
#define ROOT_LATE   (1500 * SP_MS) /* after a piece's length, if longer */
#define ROOT_SILENT (2500 * SP_MS) /* it would have told of a piece */

/*
 * Whether we hear of the |j|-th before us, who is to be a neighbour of ours,
 * and the stripe comes to it: else it watches another track. Of who never was
 * one nothing is known: not all can meet, and two roots are two copies.
 */
static bool
is_heard(const struct mesh *m, struct mesh_tree *mt, unsigned s, unsigned j,
    sp_time silent)
{
	const struct peer *p;
	unsigned i;

	MESH_SLOTS (m->open, i) {
		p = m->peers[i];
		if (mesh_short_id(p->id) != mt->before[s][j])
			continue;
		mt->met[s] |= (uint8_t)(1u << j);
		return m->now - p->recv_at < silent &&
		       (mt->tree.told >> i & 1) &&
		       mt->tree.ads[i].late[s] != PW_TREE_NEVER;
	}
	return !(mt->met[s] >> j & 1);
}

/* Sets the stripes that begin with us, and tells whom it concerns. */
static void
set_roots(struct mesh *m, uint8_t track, uint16_t roots)
{
	struct mesh_tree *mt = m->trees[track];
	uint16_t before = mt->tree.roots;
	uint8_t left[PW_STRIPES];
	unsigned s;

	if (roots == before)
		return;
	tree_roots(&mt->tree, roots, left);
	for (s = 0; s < PW_STRIPES; s++) {
		mesh_tree_bid(m, track, s, left[s], 0);
		if ((roots & ~before) >> s & 1)
			mesh_tree_tell(m, track, s);
	}
}

/* Who is before us in stripe |s|; the grace begins when that is another. */
static void
note_before(struct mesh *m, struct mesh_tree *mt, unsigned s, unsigned j,
    uint32_t id)
{
	if (mt->before[s][j] == id)
		return;
	mt->before[s][j] = id;
	mt->before_at[s][j] = m->now;
	mt->met[s] &= (uint8_t) ~(1u << j);
}

static void
rank(struct mesh *m, uint8_t track, unsigned s)
{
	const struct roster *r = m->roster;
	struct mesh_tree *mt = m->trees[track];
	uint8_t v[DUTY_RANKS];
	const uint8_t *id;
	size_t n, i;

	n = roster_rank(r, track, s, v, DUTY_RANKS);
	mt->rank[s] = DUTY_RANKS;
	for (i = 1; i < DUTY_RANKS; i++)
		mt->backup[s][i - 1] =
		    i < n ? mesh_short_id(r->entries[v[i]].peer_id) : 0;
	if (!mt->member)
		return;
	for (i = 0; i < n; i++) {
		id = r->entries[v[i]].peer_id;
		if (memcmp(id, m->id, LINK_PEERID_LEN) == 0) {
			mt->rank[s] = (uint8_t)i;
			return;
		}
		if (i < DUTY_RANKS - 1)
			note_before(m, mt, s, i,
			    r->entries[v[i]].addr.family == 0
				? 0
				: mesh_short_id(id));
	}
}

/* Nobody before us is heard of. */
static bool
stands_in(const struct mesh *m, struct mesh_tree *mt, unsigned s,
    sp_time silent)
{
	unsigned i;

	if (mt->rank[s] == 0 || mt->rank[s] >= DUTY_RANKS)
		return false;
	for (i = 0; i < mt->rank[s]; i++)
		if (mt->before[s][i] == 0 ||
		    m->now - mt->before_at[s][i] <= ROOT_MET ||
		    is_heard(m, mt, s, i, silent))
			return false;
	return true;
}

void
mesh_root_watch(struct mesh *m, uint8_t track)
{
	struct mesh_tree *mt = m->trees[track];
	const struct piece *pc = mesh_newest(m, track);
	sp_time silent = ROOT_SILENT;
	uint16_t roots = 0;
	unsigned s;

	if (pc != NULL)
		silent = SP_MAX(silent,
		    (sp_time)pc->rec.duration_us * SP_US + ROOT_LATE);
	mt->acting = 0;
	for (s = 0; mt->member && mt->relay_till == 0 && s < PW_STRIPES; s++) {
		if (mt->rank[s] == 0)
			roots |= (uint16_t)(1u << s);
		else if (stands_in(m, mt, s, silent))
			mt->acting |= (uint16_t)(1u << s);
	}
	roots |= mt->acting;
	if (m->supplies)
		roots = UINT16_MAX;
	set_roots(m, track, roots);
}

void
mesh_root_roster(struct mesh *m)
{
	struct mesh_tree *mt;
	uint8_t t;
	unsigned s;

	for (t = 0; t < LIM_TRACKS; t++) {
		if ((mt = m->trees[t]) == NULL)
			continue;
		mt->member =
		    m->roster != NULL && roster_find(m->roster, m->id) >= 0;
		for (s = 0; m->roster != NULL && s < PW_STRIPES; s++)
			rank(m, t, s);
		mesh_root_watch(m, t);
	}
}

bool
mesh_root_acts(const struct mesh *m, uint8_t track, unsigned stripe)
{
	return track < LIM_TRACKS && m->trees[track] != NULL &&
	       (m->trees[track]->acting >> stripe & 1);
}
