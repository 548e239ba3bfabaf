#include "swarm/tree.h"

#include "swarm/tree_int.h"

/* The half of it that looks up: whom to ask, and what to make of them. */

#define FULL (5 * SP_S)   /* it says it has no place: the last to be asked */
#define DRAW (20 * SP_MS) /* differences below are left to chance */
/* all stripes from one parent are lost with it */
#define SAME (5 * SP_MS)
/* times it: it was left, and has sent nothing in time since; it halves */
#define BLAME      (500 * SP_MS)
#define BLAME_MAX  4
#define BLAME_KEEP (30 * SP_S)

/* When blocks would come from there; SP_NEVER: it cannot be asked. */
static sp_time
cost(const struct tree *t, unsigned s, unsigned slot, sp_time srtt)
{
	const struct tree_stripe *st = &t->stripes[s];
	const struct pw_tree *ad = &t->ads[slot];
	bool inner = t->inner >> s & 1;
	unsigned i, same = 0;
	sp_time full = 0;

	if (ad->late[s] == PW_TREE_NEVER || (st->children >> slot & 1) ||
	    st->parent == slot)
		return SP_NEVER;
	if (!(ad->free >> s & 1) && !(inner && (ad->strong >> s & 1))) {
		if (st->parent != TREE_NOBODY && st->notice == 0)
			return SP_NEVER;
		full = FULL;
	}
	for (i = 0; i < t->k; i++)
		same += t->stripes[i].parent == slot;
	return (ad->late[s] + ad->wait[inner]) * (PW_TREE_UNIT * SP_MS) +
	       srtt / 2 + same * SAME + t->blame[slot] * BLAME + full;
}

/*
 * It is planned. Once that is no news what is measured counts alone, so that a
 * bad plan does not hurt for long; but who has nobody always begins with it.
 */
static bool
is_wished(const struct tree *t, unsigned stripe, unsigned slot)
{
	const struct tree_stripe *st = &t->stripes[stripe];

	return t->wish[stripe] == slot &&
	       ((t->wish_new >> stripe & 1) || st->parent == TREE_NOBODY ||
		   st->notice != 0);
}

/* A parent that sends late may be worse than another. */
static bool
may_move(const struct tree *t, const struct tree_stripe *st, sp_time now)
{
	return now - st->since > TREE_STAY && now - t->moved_at > TREE_MOVE_GAP;
}

static void
forgive(struct tree *t, sp_time now)
{
	unsigned i;

	if (now - t->forgiven_at < BLAME_KEEP)
		return;
	t->forgiven_at = now;
	for (i = 0; i < TREE_SLOTS; i++)
		t->blame[i] /= 2;
}

uint8_t
tree_pick(struct tree *t, unsigned stripe, uint64_t open,
    const sp_time srtt[TREE_SLOTS], struct sp_rng *rng, sp_time now)
{
	struct tree_stripe *st = &t->stripes[stripe];
	sp_time c, least = SP_NEVER;
	uint8_t best = TREE_NOBODY;
	uint64_t set;
	unsigned i;

	if (st->asked != TREE_NOBODY && now - st->asked_at > TREE_ANSWER)
		tree_refused(t, stripe, st->asked, now);
	if ((t->roots >> stripe & 1) || st->asked != TREE_NOBODY)
		return TREE_NOBODY;
	if (st->parent != TREE_NOBODY && st->notice == 0) {
		if (!may_move(t, st, now))
			return TREE_NOBODY;
		least = tree_mostly(st->late, st->late_dev) - TREE_GAIN;
	}
	if (now - st->refused_at > TREE_REFUSED)
		st->refused = 0;
	forgive(t, now);
	for (set = open & t->told & ~st->refused; set != 0; set &= set - 1) {
		i = (unsigned)__builtin_ctzll(set);
		c = cost(t, stripe, i, srtt[i]);
		if (c == SP_NEVER)
			continue;
		c += (sp_time)rng_below(rng, DRAW);
		if (is_wished(t, stripe, i))
			c -= TREE_WISH;
		if (c < least) {
			least = c;
			best = (uint8_t)i;
		}
	}
	if (st->parent != TREE_NOBODY && best != TREE_NOBODY)
		t->moved_at = now;
	st->asked = best;
	st->asked_at = now;
	return best;
}

/* The way from the root to us, of which the last PW_PATH count. */
static void
path_of(struct pw_accept *out, const struct pw_accept *a, uint32_t parent)
{
	unsigned i, skip = a->n == PW_PATH;

	memset(out, 0, sizeof(*out));
	for (i = skip; i < a->n; i++)
		out->path[out->n++] = a->path[i];
	out->path[out->n++] = parent;
	out->depth = a->depth + 1;
}

bool
tree_accepted(struct tree *t, unsigned stripe, unsigned slot,
    struct tree_ids ids, const struct pw_accept *a, struct tree_move *out,
    sp_time now)
{
	struct tree_stripe *st = &t->stripes[stripe];
	struct pw_accept above;

	*out = (struct tree_move){ TREE_NOBODY, false };
	if (slot != st->asked && slot != st->parent)
		return false;
	if (slot == st->asked)
		st->asked = TREE_NOBODY;
	path_of(&above, a, ids.its);
	/* of two who have asked each other one becomes the child */
	if (above.depth >= TREE_DEPTH_MAX || tree_is_above(&above, ids.ours) ||
	    (tree_is_child(t, stripe, slot) && ids.ours < ids.its)) {
		tree_refused(t, stripe, slot, now);
		return false;
	}
	if (slot != st->parent) {
		tree_remove_child(t, stripe, slot);
		st->late = SP_MIN(st->late, TREE_LATE);
		st->late_dev = TREE_LATE / 4;
		out->left = st->parent;
		st->parent = (uint8_t)slot;
		st->since = st->got_at = now;
		st->misses = 0;
		st->notice = 0;
	}
	out->moved = st->depth != above.depth ||
		     memcmp(&st->above, &above, sizeof(above)) != 0;
	st->depth = above.depth;
	st->above = above;
	return true;
}

void
tree_refused(struct tree *t, unsigned stripe, unsigned slot, sp_time now)
{
	struct tree_stripe *st = &t->stripes[stripe];

	if (st->refused == 0)
		st->refused_at = now;
	st->refused |= UINT64_C(1) << slot;
	if (st->asked == slot)
		st->asked = TREE_NOBODY;
	if (st->parent != slot)
		return;
	tree_detach(st);
	st->served_till = now + TREE_SERVED;
}

void
tree_notice(struct tree *t, unsigned stripe, unsigned slot, uint64_t from)
{
	if (t->stripes[stripe].parent == slot)
		t->stripes[stripe].notice = SP_MAX(from, 1u);
}

bool
tree_over(const struct tree *t, unsigned stripe, uint64_t edge)
{
	const struct tree_stripe *st = &t->stripes[stripe];

	return st->parent != TREE_NOBODY && st->notice != 0 &&
	       st->notice < edge;
}

void
tree_leave(struct tree *t, unsigned stripe, sp_time now)
{
	struct tree_stripe *st = &t->stripes[stripe];

	if (st->parent == TREE_NOBODY)
		return;
	t->blame[st->parent] =
	    (uint8_t)SP_MIN(t->blame[st->parent] + 1, BLAME_MAX);
	tree_refused(t, stripe, st->parent, now);
	st->served_till = 0;
}

void
tree_gone(struct tree *t, unsigned slot)
{
	struct tree_stripe *st;
	unsigned s;

	t->told &= ~(UINT64_C(1) << slot);
	t->blame[slot] = 0;
	for (s = 0; s < PW_STRIPES; s++) {
		st = &t->stripes[s];
		if (t->wish[s] == slot)
			t->wish[s] = TREE_NOBODY;
		tree_remove_child(t, s, slot);
		st->refused &= ~(UINT64_C(1) << slot);
		if (st->asked == slot)
			st->asked = TREE_NOBODY;
		if (st->parent == slot)
			tree_detach(st);
	}
}

void
tree_arrived(struct tree *t, unsigned stripe, sp_time late, sp_time now)
{
	struct tree_stripe *st = &t->stripes[stripe];

	st->got_at = now;
	tree_smooth(&st->late, &st->late_dev, SP_CLAMP(late, 0, 10 * SP_S));
}

sp_time
tree_wait(const struct tree *t, unsigned stripe)
{
	const struct tree_stripe *st = &t->stripes[stripe];

	return SP_MAX(st->late + 4 * st->late_dev, TREE_LATE_MIN);
}

bool
tree_judge(struct tree *t, unsigned stripe, uint64_t number, sp_time avail,
    bool missing)
{
	struct tree_stripe *st = &t->stripes[stripe];

	if (st->parent == TREE_NOBODY || number < st->judged ||
	    avail < st->since)
		return false;
	st->judged = number + 1;
	if (!missing && st->pulled_at < avail) {
		st->misses = 0;
		/* what it cannot pass on of one stripe it may not have */
		if (st->got_at >= avail)
			t->blame[st->parent] = 0;
	} else {
		st->misses += st->got_at < avail ? 2 : 1;
	}
	return st->misses >= TREE_MISSES;
}
