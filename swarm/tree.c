#include "swarm/tree.h"

#include "swarm/tree_int.h"

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

/* Roots of stripes that pieces do not have are none. */
static uint16_t
own_roots(const struct tree *t)
{
	return (uint16_t)(t->roots & ((1u << t->k) - 1));
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
	t->inner = room == 0 ? 0 : own_roots(t);
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

void
tree_detach(struct tree_stripe *st)
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
			tree_detach(st);
			st->asked = TREE_NOBODY;
			st->depth = 0;
		} else if (t->roots >> s & 1) {
			st->depth = PW_DEPTH_NONE;
		}
	}
	t->roots = roots;
	t->inner |= t->room > 0 ? own_roots(t) : 0;
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

void
tree_ad(const struct tree *t, sp_time least, struct pw_tree *out)
{
	const struct tree_stripe *st;
	unsigned s, i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < 2; i++)
		out->wait[i] = units(
		    SP_MAX(tree_mostly(t->wait[i], t->wait_dev[i]), least));
	for (s = 0; s < PW_STRIPES; s++) {
		st = &t->stripes[s];
		out->late[s] = PW_TREE_NEVER;
		if (!is_attached(t, s))
			continue;
		out->late[s] =
		    SP_MIN(units(tree_mostly(st->late, st->late_dev)),
			PW_TREE_NEVER - 1);
		if (has_place(t, s))
			out->free |= (uint16_t)(1u << s);
		if (st->children != 0)
			out->strong |= (uint16_t)(1u << s);
	}
}

void
tree_smooth(sp_time *mean, sp_time *dev, sp_time v)
{
	sp_time err = v > *mean ? v - *mean : *mean - v;

	*mean += (v - *mean) / 16;
	*dev += (err - *dev) / 16;
}

void
tree_waited(struct tree *t, bool strong, sp_time wait)
{
	tree_smooth(&t->wait[strong], &t->wait_dev[strong], wait);
}

void
tree_told(struct tree *t, unsigned slot, const struct pw_tree *ad)
{
	t->ads[slot] = *ad;
	t->told |= UINT64_C(1) << slot;
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

void
tree_remove_child(struct tree *t, unsigned stripe, unsigned slot)
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
	if (t->room == 0 || !is_attached(t, stripe) ||
	    st->parent == who->slot || tree_is_above(&st->above, who->id)) {
		tree_remove_child(t, stripe, who->slot);
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

	tree_remove_child(t, stripe, slot);
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
		/* who serves nobody keeps nobody waiting */
		weak = st->children & ~(t->room == 0 ? 0 : st->strong);
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
