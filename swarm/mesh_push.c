#include "swarm/mesh_int.h"

#define WAIT_SHARE 2 /* of the time until the deadline, pull has the rest */
#define STALE      (1500 * SP_MS) /* before the playout delay is over */
#define PUSH_AGE   (500 * SP_MS)  /* in a queue, over the length of a piece */
#define FRESH_TREE (700 * SP_MS)  /* what a new parent has to catch up with */

/*
 * Order of sending, least first: what is urgent (class 0, see upload_key),
 * pushes to who backs us up or has children, pushes to leaves, and last what
 * was asked for with time to spare. Inside a class the earlier deadline, then
 * the order in which the blocks came.
 */
#define CLASS_FIRST  (UINT64_C(1) << 61)
#define CLASS_STRONG (UINT64_C(1) << 62)
#define CLASS_LEAF   (UINT64_C(2) << 62)

static sp_time
due(const struct mesh *m, const struct piece *pc)
{
	if (pc->deadline != SP_NEVER)
		return pc->deadline;
	return pc->avail_at + m->conf.window_ms * SP_MS / 2;
}

static uint64_t
key_of(struct mesh *m, uint64_t cls, sp_time deadline)
{
	uint64_t ms = (uint64_t)SP_MAX(deadline, 0) / SP_MS;

	return cls | (ms & 0xffffffff) << 28 | (m->pushes++ & 0xfffffff);
}

static void
push_to(struct mesh *m, struct peer *p, struct piece *pc, uint32_t index,
    uint64_t cls)
{
	struct upload_push u;

	if (p->closing || !p->established || (m->slow & MESH_BIT(p->slot)) ||
	    holders_has(&pc->holders, p->slot, index) ||
	    (holders_expect(&pc->holders, index, m->now) >> p->slot & 1))
		return;
	u.e.ref = (struct pw_block_ref){ pc->rec.number, (uint16_t)index,
		pc->rec.track };
	u.e.len = record_block_len(&pc->rec, index);
	/* what is that late is pulled: a queue must not grow old */
	u.e.deadline = SP_MIN(due(m, pc),
	    m->now + (sp_time)pc->rec.duration_us * SP_US + PUSH_AGE);
	if (u.e.deadline <= m->now)
		return;
	u.at = m->now;
	u.strong = cls != CLASS_LEAF;
	u.key = key_of(m, cls, u.e.deadline);
	if (upload_push(&p->up, &u) == 0)
		m->askers |= MESH_BIT(p->slot);
}

static uint64_t
class_of(const struct mesh *m, const struct mesh_tree *mt, unsigned s,
    unsigned slot)
{
	if ((mt->tree.roots >> s & 1) &&
	    mt->backup[s][0] == mesh_short_id(m->peers[slot]->id))
		return CLASS_FIRST;
	return mt->tree.stripes[s].strong >> slot & 1 ? CLASS_STRONG
						      : CLASS_LEAF;
}

static void
push_all(struct mesh *m, struct piece *pc, uint32_t index, unsigned s,
    uint64_t set)
{
	unsigned i;

	MESH_SLOTS (set, i)
		push_to(m, m->peers[i], pc, index,
		    class_of(m, m->trees[pc->rec.track], s, i));
}

void
mesh_push_block(struct mesh *m, struct piece *pc, uint32_t index, int slot)
{
	struct tree *t = mesh_tree(m, pc->rec.track);
	const struct tree_stripe *st;
	uint64_t set;
	unsigned s;

	if (t == NULL)
		return;
	s = duty_stripe(pc->blocks, duty_stripes(pc->blocks), index);
	st = &t->stripes[s];
	if (slot < 0 && !m->conf.seeder && st->depth == 0)
		tree_arrived(t, s, m->now - pc->avail_at, m->now);
	set = tree_targets(t, s, pc->rec.number);
	if (slot >= 0)
		set &= ~MESH_BIT(slot);
	/* those first that pass it on */
	push_all(m, pc, index, s, set & st->strong);
	push_all(m, pc, index, s, set & ~st->strong);
	/* it entered the tree here: up as well as down, while that is early */
	if (slot < 0 && st->parent != TREE_NOBODY &&
	    m->now - pc->avail_at < (due(m, pc) - pc->avail_at) / WAIT_SHARE)
		push_to(m, m->peers[st->parent], pc, index, CLASS_FIRST);
}

void
mesh_push_catch_up(struct mesh *m, struct peer *p, uint8_t track,
    unsigned stripe, uint64_t from)
{
	const struct window_track *w = window_track(&m->window, track);
	const struct mesh_tree *mt = m->trees[track];
	sp_time old = m->now - SP_MAX(m->play[track].delay - STALE, SP_S);
	struct piece *pc;
	unsigned k;
	uint64_t n;
	uint32_t i;

	if (m->conf.without & MESH_WITHOUT_CATCHUP)
		return;
	for (n = w->edge; n-- > SP_MAX(w->first, from);) {
		pc = mesh_find(m, track, n);
		if (pc == NULL)
			continue;
		if (pc->avail_at < old)
			break;
		k = duty_stripes(pc->blocks);
		if (stripe >= k || !mesh_may_share(m, pc))
			continue;
		for (i = duty_first(pc->blocks, k, stripe);
		     i < duty_first(pc->blocks, k, stripe + 1); i++)
			if (piece_holds(pc, i))
				push_to(m, p, pc, i,
				    class_of(m, mt, stripe, p->slot));
	}
}

void
mesh_push_forget(struct mesh *m, struct peer *p, uint8_t track, unsigned stripe,
    uint64_t from)
{
	const struct pw_block_ref *r;
	const struct piece *pc;
	uint32_t i;

	for (i = p->up.n_push; i-- > 0;) {
		r = &p->up.push[i].e.ref;
		pc = mesh_find(m, r->track, r->number);
		if (r->track == track && r->number >= from && pc != NULL &&
		    r->index < pc->blocks &&
		    duty_stripe(pc->blocks, duty_stripes(pc->blocks),
			r->index) == stripe)
			upload_unpush(&p->up, i);
	}
}

bool
mesh_push_arrived(struct mesh *m, const struct peer *p, const struct piece *pc,
    uint32_t index)
{
	struct tree *t = mesh_tree(m, pc->rec.track);
	struct tree_stripe *st;
	unsigned s;

	if (t == NULL)
		return p->push_till > m->now;
	s = duty_stripe(pc->blocks, duty_stripes(pc->blocks), index);
	st = &t->stripes[s];
	if (st->parent != p->slot)
		return p->push_till > m->now || tree_is_child(t, s, p->slot);
	if (pc->avail_at >= st->since)
		tree_arrived(t, s, m->now - pc->avail_at, m->now);
	return true;
}

bool
mesh_push_expects(const struct mesh *m, const struct piece *pc, uint32_t index,
    sp_time *next)
{
	const struct tree *t = mesh_tree(m, pc->rec.track);
	const struct tree_stripe *st;
	unsigned s;
	sp_time at;

	if (t == NULL)
		return false;
	s = duty_stripe(pc->blocks, duty_stripes(pc->blocks), index);
	st = &t->stripes[s];
	if (st->parent == TREE_NOBODY)
		return false;
	at = pc->avail_at + tree_wait(t, s);
	if (pc->avail_at < st->since)
		at = SP_MAX(at, st->since + FRESH_TREE);
	if (pc->deadline != SP_NEVER)
		at = SP_MIN(at,
		    pc->avail_at +
			SP_MAX(pc->deadline - pc->avail_at, 0) / WAIT_SHARE);
	if (at <= m->now)
		return false;
	*next = SP_MIN(*next, at);
	return true;
}

void
mesh_push_pulled(struct mesh *m, const struct piece *pc, uint32_t index)
{
	struct tree *t = pc == NULL ? NULL : mesh_tree(m, pc->rec.track);

	if (t != NULL && index < pc->blocks)
		t->stripes[duty_stripe(pc->blocks, duty_stripes(pc->blocks),
			       index)]
		    .pulled_at = m->now;
}

void
mesh_push_needless(struct mesh *m, const struct piece *pc, uint32_t index,
    int slot)
{
	const struct tree *t = mesh_tree(m, pc->rec.track);
	struct pw_block_ref ref = { pc->rec.number, (uint16_t)index,
		pc->rec.track };
	uint8_t parent;

	if (t == NULL)
		return;
	parent =
	    t->stripes[duty_stripe(pc->blocks, duty_stripes(pc->blocks), index)]
		.parent;
	if (parent != TREE_NOBODY && parent != slot &&
	    !m->peers[parent]->closing)
		pw_put_cancel(mesh_say(m, m->peers[parent]), ref);
}
