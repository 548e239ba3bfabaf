#include "swarm/mesh_int.h"

/*
 * A player that switches to another rendition leaves many children at once, and
 * when it switches for want of bandwidth so may others. So children are told
 * first and left later: until then what our parents push goes on to them.
 * Nothing is asked for, and nothing is fetched.
 */

/* The first piece that is not passed on; 0: there is nothing to pass on. */
static uint64_t
notice(const struct mesh *m, uint8_t track, sp_time delay)
{
	const struct window_track *w = &m->window.tracks[track];
	sp_time each = playhead_target(&m->window, track);

	if (each == 0 || delay == 0 || w->edge == 0)
		return 0;
	return SP_MIN(w->edge + (uint64_t)(delay / each) + 1, LIM_NUMBER - 1);
}

/* Who is above us is nearest to what the children need. */
static uint64_t
above(const struct tree_stripe *st)
{
	return st->parent == TREE_NOBODY ? 0 : MESH_BIT(st->parent);
}

/* Leaves the parents of stripes that nobody gets from us. */
static void
leave_idle(struct mesh *m, uint8_t track)
{
	struct tree *t = &m->trees[track]->tree;
	struct tree_stripe *st;
	unsigned s;

	for (s = 0; s < PW_STRIPES; s++) {
		st = &t->stripes[s];
		if (st->asked != TREE_NOBODY) {
			mesh_tree_bid(m, track, s, st->asked, 0);
			tree_refused(t, s, st->asked, m->now);
		}
		if (st->parent == TREE_NOBODY || st->children != 0)
			continue;
		mesh_tree_bid(m, track, s, st->parent,
		    st->leaving == 0 ? 0 : st->leave_from);
		tree_refused(t, s, st->parent, m->now);
	}
}

/* What comes to us no longer the children are not to wait for. */
static void
drop_orphans(struct mesh *m, uint8_t track)
{
	struct tree *t = &m->trees[track]->tree;
	uint64_t edge = m->window.tracks[track].edge;
	unsigned s, i;

	for (s = 0; s < PW_STRIPES; s++) {
		if (t->stripes[s].parent != TREE_NOBODY)
			continue;
		MESH_SLOTS (t->stripes[s].children, i) {
			mesh_tree_redirect(m, track, s, i, 0, 0);
			tree_unsubscribe(t, s, i, edge);
		}
	}
}

void
mesh_relay_begin(struct mesh *m, uint8_t track, sp_time delay)
{
	struct mesh_tree *mt = m->trees[track];
	struct tree_stripe *st;
	unsigned s, i;

	if (mt == NULL)
		return;
	mt->relay_from = notice(m, track, delay);
	if (mt->relay_from == 0 || mt->tree.edges == 0) {
		mesh_tree_end(m, track);
		return;
	}
	mt->relay_till = m->now + delay;
	/* it begins with us no longer */
	mesh_root_watch(m, track);
	drop_orphans(m, track);
	leave_idle(m, track);
	for (s = 0; s < PW_STRIPES; s++) {
		st = &mt->tree.stripes[s];
		MESH_SLOTS (st->children, i)
			mesh_tree_redirect(m, track, s, i, mt->relay_from,
			    above(st));
	}
	mesh_tree_hurry(m);
}

void
mesh_relay_deny(struct mesh *m, uint8_t track, unsigned s, unsigned slot)
{
	const struct mesh_tree *mt = m->trees[track];
	bool child = tree_is_child(&mt->tree, s, slot);

	mesh_tree_redirect(m, track, s, slot, child ? mt->relay_from : 0,
	    above(&mt->tree.stripes[s]));
}

void
mesh_relay_stop(struct mesh *m, uint8_t track)
{
	if (!mesh_relays(m, track))
		return;
	m->trees[track]->relay_till = 0;
	mesh_root_roster(m);
}

void
mesh_relay_run(struct mesh *m, uint8_t track)
{
	const struct mesh_tree *mt = m->trees[track];

	drop_orphans(m, track);
	leave_idle(m, track);
	if (m->now >= mt->relay_till)
		mesh_tree_end(m, track);
}
