#include "swarm/mesh_int.h"

/* What is said of push trees, and heard. */

#define PUSH_TAIL (10 * SP_S)   /* what a former parent may still send */
#define AHEAD     8             /* of our newest piece another may be */
#define TELL_GAP  (500 * SP_MS) /* between telling of one stripe */

void
mesh_tree_bid(struct mesh *m, uint8_t track, unsigned s, unsigned slot,
    uint64_t from)
{
	struct peer *p;

	if (slot == TREE_NOBODY || (p = m->peers[slot]) == NULL || p->closing)
		return;
	p->push_till = m->now + PUSH_TAIL;
	pw_put_unsubscribe(mesh_say(m, p), track, (uint8_t)s, from);
}

void
mesh_tree_redirect(struct mesh *m, uint8_t track, unsigned s, unsigned slot,
    uint64_t from, uint64_t instead)
{
	struct peer *p = m->peers[slot];
	struct sp_buf *b = mesh_say(m, p);
	struct pw_pex_entry e = { .flags = PW_PEX_LISTENS };
	struct pw_open open;
	const struct peer *q;
	unsigned i, n = 0;

	pw_redirect_begin(&open, b, track, (uint8_t)s, from);
	MESH_SLOTS (instead & m->open, i) {
		q = m->peers[i];
		if (i == slot || n == PW_REDIRECTS || q->listen.family == 0 ||
		    (addr_is_private(&q->listen) && !addr_is_private(&p->addr)))
			continue;
		memcpy(e.peer_id, q->id, LINK_PEERID_LEN);
		e.addr = q->listen;
		n += pw_pex_add(&open, b, &e);
	}
	pw_end(&open, b);
}

void
mesh_tree_deny(struct mesh *m, uint8_t track, unsigned s, unsigned slot)
{
	const struct tree *t = mesh_tree(m, track);

	mesh_tree_redirect(m, track, s, slot, 0,
	    t == NULL ? 0 : t->stripes[s].strong);
}

void
mesh_tree_tell(struct mesh *m, uint8_t track, unsigned s)
{
	struct mesh_tree *mt = m->trees[track];
	const struct tree *t = &mt->tree;
	struct pw_accept a;
	unsigned i;

	if (m->now - mt->tell_at[s] < TELL_GAP) {
		mt->tell |= (uint16_t)(1u << s);
		return;
	}
	mt->tell &= (uint16_t) ~(1u << s);
	if (t->stripes[s].depth >= TREE_DEPTH_MAX)
		return;
	mt->tell_at[s] = m->now;
	tree_above(t, s, &a);
	MESH_SLOTS (t->stripes[s].children, i)
		pw_put_accept(mesh_say(m, m->peers[i]), track, (uint8_t)s, &a);
}

/* ---- hearing ---- */

/* It may push to us: it is a parent, or was asked to become one. */
static bool
may_push(const struct mesh *m, const struct peer *p, const struct tree *t,
    unsigned s)
{
	return m->now < p->asked_till ||
	       (t != NULL && t->stripes[s].parent == p->slot);
}

/* What it gives is not wanted. Who just sends an accept may not push yet. */
static void
decline(struct mesh *m, struct peer *p, uint8_t track, unsigned s, bool known)
{
	if (known)
		mesh_tree_bid(m, track, s, p->slot, 0);
	else
		pw_put_unsubscribe(mesh_say(m, p), track, (uint8_t)s, 0);
}

/*
 * From which piece on: as |from| says, but one that never comes would hold up
 * all that come or leave with it (tree_targets).
 */
static uint64_t
believe(const struct mesh *m, uint8_t track, uint64_t from)
{
	return SP_MIN(from, m->window.tracks[track].edge + AHEAD);
}

static void
on_subscribe(struct mesh *m, struct peer *p, const struct pw_msg *msg)
{
	uint8_t track = msg->u.tree.track, s = msg->u.tree.stripe, evict;
	struct tree *t = mesh_tree(m, track);
	uint64_t edge = m->window.tracks[track].edge;
	struct tree_asker who = { p->slot, mesh_short_id(p->id),
		msg->u.tree.weight, msg->u.tree.orphan,
		believe(m, track, msg->u.tree.from) };
	struct pw_accept a;

	if (mesh_relays(m, track)) {
		mesh_relay_deny(m, track, s, p->slot);
		return;
	}
	if (t == NULL || !tree_subscribe(t, s, &who, edge, &evict)) {
		mesh_tree_deny(m, track, s, p->slot);
		return;
	}
	if (evict != TREE_NOBODY) {
		mesh_push_forget(m, m->peers[evict], track, s, edge);
		mesh_tree_deny(m, track, s, evict);
	}
	tree_above(t, s, &a);
	pw_put_accept(mesh_say(m, p), track, s, &a);
	mesh_push_catch_up(m, p, track, s, who.from);
}

static void
on_accept(struct mesh *m, struct peer *p, const struct pw_msg *msg)
{
	uint8_t track = msg->u.tree.track, s = msg->u.tree.stripe;
	struct tree_ids ids = { mesh_short_id(p->id), mesh_short_id(m->id) };
	struct tree *t = mesh_tree(m, track);
	bool known = may_push(m, p, t, s);
	struct tree_move move;

	if (t == NULL) {
		decline(m, p, track, s, known);
		return;
	}
	if (!tree_accepted(t, s, p->slot, ids, &msg->u.tree.accept, &move,
		m->now)) {
		decline(m, p, track, s, known);
		mesh_tree_hurry(m);
		return;
	}
	mesh_tree_bid(m, track, s, move.left, t->stripes[s].asked_from);
	if (move.moved)
		mesh_tree_tell(m, track, s);
}

static void
on_redirect(struct mesh *m, struct peer *p, struct pw_msg *msg)
{
	struct tree *t = mesh_tree(m, msg->u.pex.track);

	if (!may_push(m, p, t, msg->u.pex.stripe))
		return;
	p->push_till = m->now + PUSH_TAIL;
	if (t == NULL)
		return;
	if (msg->u.pex.from > m->window.tracks[msg->u.pex.track].edge)
		tree_notice(t, msg->u.pex.stripe, p->slot, msg->u.pex.from);
	else
		tree_refused(t, msg->u.pex.stripe, p->slot, m->now);
	mesh_pex_take(m, p, msg);
	mesh_tree_hurry(m);
}

static bool
is_end(const struct pw_tree *ad)
{
	unsigned s;

	for (s = 0; s < PW_STRIPES; s++)
		if (ad->late[s] != PW_TREE_NEVER)
			return false;
	return ad->wait[0] == PW_TREE_NEVER && ad->wait[1] == PW_TREE_NEVER;
}

/* Who begins to tell may have had no trees yet when we told. */
static void
on_tree(struct mesh_tree *mt, const struct peer *p, const struct pw_tree *ad)
{
	if (is_end(ad)) {
		mt->tree.told &= ~MESH_BIT(p->slot);
		return;
	}
	if (!(mt->tree.told & MESH_BIT(p->slot)))
		mt->ad_to &= ~MESH_BIT(p->slot);
	tree_told(&mt->tree, p->slot, ad);
}

void
mesh_tree_recv(struct mesh *m, struct peer *p, struct pw_msg *msg)
{
	struct mesh_tree *mt;

	if (msg->type != PW_TREE && msg->type != PW_UNSUBSCRIBE &&
	    !ratelim_take(&p->tree_in, 1, m->now))
		return;
	if (msg->type == PW_REDIRECT) {
		on_redirect(m, p, msg);
		return;
	}
	mt = m->trees[msg->u.tree.track];
	switch (msg->type) {
	case PW_TREE:
		if (mt != NULL)
			on_tree(mt, p, &msg->u.tree.ad);
		break;
	case PW_SUBSCRIBE:
		on_subscribe(m, p, msg);
		break;
	case PW_ACCEPT:
		on_accept(m, p, msg);
		break;
	case PW_UNSUBSCRIBE:
		if (mt == NULL)
			break;
		tree_unsubscribe(&mt->tree, msg->u.tree.stripe, p->slot,
		    believe(m, msg->u.tree.track, msg->u.tree.from));
		mesh_push_forget(m, p, msg->u.tree.track, msg->u.tree.stripe,
		    msg->u.tree.from);
		break;
	default:
		break;
	}
}
