#include "swarm/tree.h"

#define FULL (5 * SP_S)   /* it says it has no place: the last to be asked */
#define DRAW (20 * SP_MS) /* differences below are left to chance */
/* all stripes from one parent are lost with it */
#define SAME (5 * SP_MS)

void
tree_init(struct tree *t)
{
	struct tree_stripe *st;
	unsigned s;

	memset(t, 0, sizeof(*t));
	for (s = 0; s < PW_STRIPES; s++) {
		st = &t->stripes[s];
		st->parent = st->asked = t->wish[s] = TREE_NOBODY;
		st->depth = PW_DEPTH_NONE;
		st->late = TREE_LATE;
		st->late_dev = TREE_LATE / 4;
	}
}

unsigned
tree_fanout(uint64_t bps, sp_time delay)
{
	/* f (ln f - 1) in thousandths, of f = 3 and on */
	static const uint16_t need[] = { 296, 1545, 3047, 4751, 6621, 8636,
		10775, 13026, 15377, 17819 };
	uint64_t x;
	unsigned f;

	x = bps * (uint64_t)(SP_CLAMP(delay, 0, SP_S) / SP_US) / LIM_BLOCK /
	    1000;
	for (f = 2; f < TREE_FANOUT_MAX && x >= need[f - 2]; f++)
		;
	return SP_MAX(f, TREE_FANOUT_MIN);
}

/* SplitMix64's mixer (Steele, Lea, Flood 2014). */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

void
tree_shape(struct tree *t, unsigned k, uint32_t room, unsigned fanout,
    uint64_t seed)
{
	unsigned n, s, best;
	uint64_t key, least;

	t->k = (uint8_t)k;
	t->room = room;
	t->fanout = (uint8_t)(room == 0 ? 0 : SP_MIN(fanout, room));
	t->inner = room == 0 ? 0 : t->roots;
	if (room == 0)
		return;
	n = (unsigned)SP_MIN((room + fanout / 2) / fanout, k);
	while ((unsigned)__builtin_popcount(t->inner) < n) {
		least = UINT64_MAX;
		for (s = best = 0; s < k; s++) {
			key =
			    mix(seed + (s + 1) * UINT64_C(0x9e3779b97f4a7c15));
			key >>= 1;
			if (!(t->planned >> s & 1))
				key |= UINT64_C(1) << 63;
			if (!(t->inner >> s & 1) && key < least) {
				least = key;
				best = s;
			}
		}
		t->inner |= (uint16_t)(1u << best);
	}
}

static void
detach(struct tree_stripe *st)
{
	st->parent = TREE_NOBODY;
	st->depth = PW_DEPTH_NONE;
	st->misses = 0;
	st->notice = 0;
	memset(&st->above, 0, sizeof(st->above));
}

void
tree_roots(struct tree *t, uint16_t roots, uint8_t left[PW_STRIPES])
{
	struct tree_stripe *st;
	unsigned s;

	for (s = 0; s < PW_STRIPES; s++) {
		st = &t->stripes[s];
		left[s] = TREE_NOBODY;
		if (roots >> s & 1) {
			left[s] = st->parent;
			detach(st);
			st->asked = TREE_NOBODY;
			st->depth = 0;
		} else if (t->roots >> s & 1) {
			st->depth = PW_DEPTH_NONE;
		}
	}
	t->roots = roots;
	t->inner |= t->room > 0 ? roots : 0;
}

static unsigned
count(uint64_t set)
{
	return (unsigned)__builtin_popcountll(set);
}

/* Whether a child may be added, whoever it is. */
static bool
has_place(const struct tree *t, unsigned s)
{
	const struct tree_stripe *st = &t->stripes[s];

	if (t->edges >= t->room)
		return false;
	if (t->inner >> s & 1)
		return count(st->children) < 2 * t->fanout;
	/* what the inner stripes may still need is kept for them */
	return t->edges < t->room * 3 / 4 && count(st->children) < t->fanout;
}

/* Or whether one may be squeezed in that finds no other. */
static bool
has_corner(const struct tree *t)
{
	return t->edges < t->room + t->room / 4;
}

static bool
is_attached(const struct tree *t, unsigned s)
{
	return s < t->k && t->stripes[s].depth < TREE_DEPTH_MAX;
}

static uint8_t
units(sp_time t)
{
	return (uint8_t)SP_MIN(t / (PW_TREE_UNIT * SP_MS), PW_TREE_NEVER);
}

/* Most of what a smoothed time comes to. */
static sp_time
mostly(sp_time mean, sp_time dev)
{
	return mean + dev;
}

void
tree_ad(const struct tree *t, sp_time least, struct pw_tree *out)
{
	const struct tree_stripe *st;
	unsigned s, i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < 2; i++)
		out->wait[i] =
		    units(SP_MAX(mostly(t->wait[i], t->wait_dev[i]), least));
	for (s = 0; s < PW_STRIPES; s++) {
		st = &t->stripes[s];
		out->late[s] = PW_TREE_NEVER;
		if (!is_attached(t, s))
			continue;
		out->late[s] = SP_MIN(units(mostly(st->late, st->late_dev)),
		    PW_TREE_NEVER - 1);
		if (has_place(t, s))
			out->free |= (uint16_t)(1u << s);
		if (st->children != 0)
			out->strong |= (uint16_t)(1u << s);
	}
}

static void
smooth(sp_time *mean, sp_time *dev, sp_time v)
{
	sp_time err = v > *mean ? v - *mean : *mean - v;

	*mean += (v - *mean) / 16;
	*dev += (err - *dev) / 16;
}

void
tree_waited(struct tree *t, bool strong, sp_time wait)
{
	smooth(&t->wait[strong], &t->wait_dev[strong], wait);
}

void
tree_told(struct tree *t, unsigned slot, const struct pw_tree *ad)
{
	t->ads[slot] = *ad;
	t->told |= UINT64_C(1) << slot;
}

static bool
is_above(const struct pw_accept *above, uint32_t id)
{
	unsigned i;

	for (i = 0; i < above->n; i++)
		if (above->path[i] == id)
			return true;
	return false;
}

/* The child of least weight, if it has less than half of |weight|. */
static uint8_t
weakest(const struct tree_stripe *st, uint8_t weight)
{
	uint8_t best = TREE_NOBODY;
	unsigned least = weight / 2, i;
	uint64_t set;

	for (set = st->children; set != 0; set &= set - 1) {
		i = (unsigned)__builtin_ctzll(set);
		if (st->weight[i] < least) {
			least = st->weight[i];
			best = (uint8_t)i;
		}
	}
	return best;
}

static void
remove_child(struct tree *t, unsigned stripe, unsigned slot)
{
	struct tree_stripe *st = &t->stripes[stripe];
	uint64_t bit = UINT64_C(1) << slot;

	t->edges -= (st->children & bit) != 0;
	st->children &= ~bit;
	st->strong &= ~bit;
	st->fresh &= ~bit;
	st->leaving &= ~bit;
}

bool
tree_subscribe(struct tree *t, unsigned stripe, const struct tree_asker *who,
    uint64_t edge, uint8_t *evict)
{
	struct tree_stripe *st = &t->stripes[stripe];
	uint64_t bit = UINT64_C(1) << who->slot;

	*evict = TREE_NOBODY;
	if (!is_attached(t, stripe) || st->parent == who->slot ||
	    is_above(&st->above, who->id)) {
		remove_child(t, stripe, who->slot);
		return false;
	}
	if (!(st->children & bit)) {
		if (!has_place(t, stripe) && !(who->orphan && has_corner(t))) {
			*evict = weakest(st, who->weight);
			if (*evict == TREE_NOBODY)
				return false;
			tree_unsubscribe(t, stripe, *evict, edge);
		}
		t->edges++;
		st->children |= bit;
		st->leaving &= ~bit;
		st->fresh |= bit;
		st->fresh_from = st->fresh == bit
				     ? who->from
				     : SP_MIN(st->fresh_from, who->from);
	}
	st->weight[who->slot] = who->weight;
	st->strong &= ~bit;
	st->strong |= who->weight > 0 ? bit : 0;
	return true;
}

void
tree_unsubscribe(struct tree *t, unsigned stripe, unsigned slot, uint64_t from)
{
	struct tree_stripe *st = &t->stripes[stripe];
	bool was = tree_is_child(t, stripe, slot);

	remove_child(t, stripe, slot);
	if (!was)
		return;
	/* one number for all: who is not the first may lose what is pulled */
	st->leave_from = st->leaving == 0 ? from : SP_MIN(st->leave_from, from);
	st->leaving |= UINT64_C(1) << slot;
}

bool
tree_excess(const struct tree *t, unsigned *stripe, unsigned *slot)
{
	const struct tree_stripe *st;
	uint64_t weak;
	unsigned i, s;

	if (t->edges <= t->room + t->room / 4)
		return false;
	for (i = 0; i < 2 * PW_STRIPES; i++) {
		s = i % PW_STRIPES;
		st = &t->stripes[s];
		weak = st->children & ~st->strong;
		/* the inner ones in the second turn */
		if (weak == 0 || (i < PW_STRIPES && (t->inner >> s & 1)))
			continue;
		*stripe = s;
		*slot = (unsigned)__builtin_ctzll(weak);
		return true;
	}
	return false;
}

uint64_t
tree_targets(struct tree *t, unsigned stripe, uint64_t number)
{
	struct tree_stripe *st = &t->stripes[stripe];
	uint64_t set = st->children;

	if (number > st->leave_from)
		st->leaving = 0;
	if (number > st->fresh_from)
		st->fresh = 0;
	if (number < st->leave_from)
		set |= st->leaving;
	if (number < st->fresh_from)
		set &= ~st->fresh;
	return set;
}

void
tree_above(const struct tree *t, unsigned stripe, struct pw_accept *out)
{
	*out = t->stripes[stripe].above;
	out->depth = t->stripes[stripe].depth;
}

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
	       srtt / 2 + same * SAME + full;
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
		least = mostly(st->late, st->late_dev) - TREE_GAIN;
	}
	if (now - st->refused_at > TREE_REFUSED)
		st->refused = 0;
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
	if (above.depth >= TREE_DEPTH_MAX || is_above(&above, ids.ours)) {
		tree_refused(t, stripe, slot, now);
		return false;
	}
	if (slot != st->parent) {
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
	detach(st);
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
	tree_refused(t, stripe, st->parent, now);
	st->served_till = 0;
}

void
tree_gone(struct tree *t, unsigned slot)
{
	struct tree_stripe *st;
	unsigned s;

	t->told &= ~(UINT64_C(1) << slot);
	for (s = 0; s < PW_STRIPES; s++) {
		st = &t->stripes[s];
		if (t->wish[s] == slot)
			t->wish[s] = TREE_NOBODY;
		remove_child(t, s, slot);
		st->refused &= ~(UINT64_C(1) << slot);
		if (st->asked == slot)
			st->asked = TREE_NOBODY;
		if (st->parent == slot)
			detach(st);
	}
}

void
tree_arrived(struct tree *t, unsigned stripe, sp_time late, sp_time now)
{
	struct tree_stripe *st = &t->stripes[stripe];

	st->got_at = now;
	smooth(&st->late, &st->late_dev, SP_CLAMP(late, 0, 10 * SP_S));
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
	if (!missing && st->pulled_at < avail)
		st->misses = 0;
	else
		st->misses += st->got_at < avail ? 2 : 1;
	return st->misses >= TREE_MISSES;
}
