/*
 * Trees of a whole swarm: nodes that have swarm/tree.h and nothing else, with
 * messages that take a step, and a piece each two seconds that goes the way
 * that the trees say. What the mesh does around a tree is done here in little.
 */

#include "swarm/tree.h"

#include "test/unit/unit.h"

#define NODES  200
#define K      16
#define STEP   (50 * SP_MS)
#define HOUSE  5  /* steps between looks for parents */
#define PIECE  40 /* steps between pieces */
#define JUDGE  20 /* after a piece */
#define FANOUT 6

struct node {
	struct tree t;
	unsigned n;               /* neighbours; slots are in order */
	uint8_t to[TREE_SLOTS];   /* node of a slot */
	uint8_t back[TREE_SLOTS]; /* our slot there */
	uint64_t open;            /* slots */
	bool gone;
	unsigned got[K]; /* times that the last piece came */
};

enum { SUBSCRIBE, ACCEPT, UNSUBSCRIBE, REFUSE };

struct msg {
	uint8_t type, to, slot, stripe;
	struct tree_asker who; /* SUBSCRIBE; from: UNSUBSCRIBE as well */
	struct pw_accept a;
};

static struct node nodes[NODES];
static struct msg queue[2][1 << 16];
static unsigned n_queue[2], side;
static struct sp_rng rng;
static sp_time now, avail;
static uint64_t edge; /* number of the next piece */
static sp_time srtt[TREE_SLOTS];

static struct msg *
say(unsigned from, unsigned slot, unsigned stripe, uint8_t type)
{
	struct msg *m = &queue[side][n_queue[side]++];

	ck_assert_uint_lt(n_queue[side], SP_LEN(queue[0]));
	*m = (struct msg){ .type = type,
		.to = nodes[from].to[slot],
		.slot = nodes[from].back[slot],
		.stripe = (uint8_t)stripe };
	return m;
}

static void
leave(unsigned i, unsigned s, uint8_t slot, uint64_t from)
{
	if (slot != TREE_NOBODY)
		say(i, slot, s, UNSUBSCRIBE)->who.from = from;
}

static void
tell_children(unsigned i, unsigned s)
{
	const struct tree *t = &nodes[i].t;
	uint64_t set = t->stripes[s].children;

	for (; set != 0; set &= set - 1)
		tree_above(t, s,
		    &say(i, (unsigned)__builtin_ctzll(set), s, ACCEPT)->a);
}

/* ---- messages ------------------------------------------------------------ */

static void
take(const struct msg *m)
{
	struct node *nd = &nodes[m->to];
	struct tree_ids ids = { nd->to[m->slot] + 1u, m->to + 1u };
	struct tree_move move;
	uint8_t evict;

	if (nd->gone || !(nd->open >> m->slot & 1))
		return;
	switch (m->type) {
	case SUBSCRIBE: {
		struct tree_asker who = m->who;

		who.slot = m->slot;
		who.id = ids.its;
		if (!tree_subscribe(&nd->t, m->stripe, &who, edge, &evict)) {
			say(m->to, m->slot, m->stripe, REFUSE);
			return;
		}
		if (evict != TREE_NOBODY)
			say(m->to, evict, m->stripe, REFUSE);
		tree_above(&nd->t, m->stripe,
		    &say(m->to, m->slot, m->stripe, ACCEPT)->a);
		break;
	}
	case ACCEPT:
		if (!tree_accepted(&nd->t, m->stripe, m->slot, ids, &m->a,
			&move, now)) {
			leave(m->to, m->stripe, m->slot, 0);
			return;
		}
		leave(m->to, m->stripe, move.left,
		    nd->t.stripes[m->stripe].asked_from);
		if (move.moved)
			tell_children(m->to, m->stripe);
		break;
	case UNSUBSCRIBE:
		tree_unsubscribe(&nd->t, m->stripe, m->slot, m->who.from);
		break;
	default:
		tree_refused(&nd->t, m->stripe, m->slot, now);
	}
}

static void
seek(unsigned i)
{
	struct node *nd = &nodes[i];
	struct pw_tree ad;
	struct msg *m;
	uint8_t slot;

	for (unsigned s = 0; s < K; s++) {
		slot = tree_pick(&nd->t, s, nd->open, srtt, &rng, now);
		if (slot == TREE_NOBODY)
			continue;
		nd->t.stripes[s].asked_from = edge;
		m = say(i, slot, s, SUBSCRIBE);
		m->who.weight = nd->t.inner >> s & 1 ? nd->t.weight : 0;
		m->who.orphan = nd->t.stripes[s].parent == TREE_NOBODY;
		m->who.from = edge;
	}
	tree_ad(&nd->t, 10 * SP_MS, &ad);
	for (unsigned k = 0; k < nd->n; k++)
		if (nd->open >> k & 1)
			tree_told(&nodes[nd->to[k]].t, nd->back[k], &ad);
}

/* ---- pieces -------------------------------------------------------------- */

/* Stripe |s| of the next piece goes down from |i|, which has it at |at|. */
static void
push(unsigned i, unsigned s, sp_time at)
{
	struct node *nd = &nodes[i];
	uint64_t set;
	unsigned slot, place = 0;
	struct node *c;
	sp_time wait;

	if (++nd->got[s] > 1)
		return;
	set = tree_targets(&nd->t, s, edge);
	for (; set != 0; set &= set - 1, place++) {
		slot = (unsigned)__builtin_ctzll(set);
		c = &nodes[nd->to[slot]];
		wait = (sp_time)place * 20 * SP_MS;
		tree_waited(&nd->t, nd->t.stripes[s].strong >> slot & 1, wait);
		if (!c->gone && c->t.stripes[s].parent == nd->back[slot])
			tree_arrived(&c->t, s, at + wait + 30 * SP_MS,
			    now + at + wait + 30 * SP_MS);
		push(nd->to[slot], s, at + wait + 30 * SP_MS);
	}
}

static void
publish(void)
{
	avail = now;
	for (unsigned i = 0; i < NODES; i++)
		memset(nodes[i].got, 0, sizeof(nodes[i].got));
	for (unsigned s = 0; s < K; s++)
		for (unsigned i = 0; i < NODES; i++)
			if (!nodes[i].gone && nodes[i].t.roots >> s & 1)
				push(i, s, 300 * SP_MS);
	edge++;
}

static void
judge(void)
{
	struct tree *t;

	for (unsigned i = 0; i < NODES; i++) {
		t = &nodes[i].t;
		for (unsigned s = 0; s < K && !nodes[i].gone; s++) {
			uint8_t parent = t->stripes[s].parent;

			if (parent == TREE_NOBODY ||
			    !tree_judge(t, s, edge - 1, avail,
				nodes[i].got[s] == 0))
				continue;
			leave(i, s, parent, 0);
			tree_leave(t, s, now);
		}
	}
}

static void
run(unsigned steps)
{
	const struct tree *t;
	struct msg *q;

	for (unsigned k = 0; k < steps; k++, now += STEP) {
		unsigned step = (unsigned)(now / STEP);

		q = queue[side];
		side ^= 1;
		n_queue[side] = 0;
		for (unsigned i = 0; i < n_queue[side ^ 1]; i++)
			take(&q[i]);
		if (step % PIECE == 0)
			publish();
		if (step % PIECE == JUDGE)
			judge();
		for (unsigned i = 0; i < NODES; i++) {
			if (!nodes[i].gone && (step + i) % HOUSE == 0)
				seek(i);
			t = &nodes[i].t;
			if (t->edges > t->room + t->room / 4)
				ck_abort_msg("%u has too many children", i);
		}
	}
}

/* ---- the swarm ----------------------------------------------------------- */

static void
join(unsigned a, unsigned b)
{
	struct node *x = &nodes[a], *y = &nodes[b];

	if (a == b || x->n == TREE_SLOTS || y->n == TREE_SLOTS)
		return;
	for (unsigned k = 0; k < x->n; k++)
		if (x->to[k] == b)
			return;
	x->to[x->n] = (uint8_t)b;
	y->to[y->n] = (uint8_t)a;
	x->back[x->n] = (uint8_t)y->n;
	y->back[y->n] = (uint8_t)x->n;
	x->open |= UINT64_C(1) << x->n++;
	y->open |= UINT64_C(1) << y->n++;
}

/*
 * A quarter is strong, a half has uplink for one and a half times the stream,
 * a quarter none; the first 16 are strong and begin a stripe each.
 */
static void
start(uint64_t seed)
{
	uint8_t left[PW_STRIPES];
	struct tree *t;
	uint32_t room;

	memset(nodes, 0, sizeof(nodes));
	n_queue[0] = n_queue[1] = 0;
	rng_seed(&rng, seed);
	now = 1000 * SP_S;
	edge = 100;
	for (unsigned i = 0; i < TREE_SLOTS; i++)
		srtt[i] = 40 * SP_MS;
	for (unsigned i = 0; i < NODES; i++) {
		t = &nodes[i].t;
		room = i < NODES / 4 ? 48 : i < 3 * NODES / 4 ? 24 : 0;
		tree_init(t);
		tree_roots(t, i < K ? (uint16_t)(1u << i) : 0, left);
		tree_shape(t, K, room, FANOUT, rng_u64(&rng));
		t->weight = (uint8_t)(room / 2);
		for (unsigned k = 0; k < 14; k++)
			join(i, (unsigned)rng_below(&rng, NODES));
	}
}

/* How far |i| is from the root of |s|; NODES: not attached. */
static unsigned
way_up(unsigned i, unsigned s)
{
	const struct tree_stripe *st;
	unsigned n = 0, up;

	for (; !(nodes[i].t.roots >> s & 1); i = up) {
		st = &nodes[i].t.stripes[s];
		if (st->parent == TREE_NOBODY || ++n == NODES)
			return NODES;
		up = nodes[i].to[st->parent];
		ck_assert(!nodes[up].gone);
		ck_assert(
		    tree_is_child(&nodes[up].t, s, nodes[i].back[st->parent]));
	}
	return n;
}

/* Children are those that have the parent, once all messages are there. */
static void
edges_have_two_ends(void)
{
	uint64_t set;
	unsigned c;

	for (unsigned i = 0; i < 2 * NODES; i++) {
		struct msg *q = queue[side];
		unsigned n = n_queue[side];

		side ^= 1;
		n_queue[side] = 0;
		for (unsigned k = 0; k < n; k++)
			take(&q[k]);
	}
	ck_assert_uint_eq(n_queue[side], 0);
	for (unsigned i = 0; i < NODES; i++)
		for (unsigned s = 0; s < K && !nodes[i].gone; s++)
			for (set = nodes[i].t.stripes[s].children; set != 0;
			     set &= set - 1) {
				c = (unsigned)__builtin_ctzll(set);
				ck_assert_msg(
				    nodes[nodes[i].to[c]].t.stripes[s].parent ==
					nodes[i].back[c],
				    "%u is no child of %u in %u",
				    nodes[i].to[c], i, s);
			}
}

/* Each node has each stripe from its root, once. */
static void
all_are_served(void)
{
	uint64_t edges = 0, room = 0, deep = 0, n = 0;
	unsigned up;

	edges_have_two_ends();
	for (unsigned i = 0; i < NODES; i++) {
		if (nodes[i].gone)
			continue;
		edges += nodes[i].t.edges;
		room += nodes[i].t.room;
		for (unsigned s = 0; s < K; s++) {
			up = way_up(i, s);
			ck_assert_msg(up < TREE_DEPTH_MAX,
			    "node %u, stripe %u: no way up", i, s);
			ck_assert_uint_eq(up, nodes[i].t.stripes[s].depth);
			ck_assert_msg(nodes[i].got[s] == 1,
			    "node %u, stripe %u: %u times", i, s,
			    nodes[i].got[s]);
			deep += up;
			n++;
		}
	}
	ck_assert_uint_eq(edges, n - K);
	ck_assert_uint_le(edges, room);
	/* 200 at fan-out 6 are three levels, if no place were left over */
	ck_assert_uint_le(deep, 4 * n);
}

START_TEST(all_get_each_stripe_from_its_root_once)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		start(seed);
		run(20 * 40); /* 40 s */
		all_are_served();
	}
}
END_TEST

START_TEST(who_has_lost_a_parent_finds_another)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		start(seed);
		run(20 * 20);
		for (unsigned i = K; i < NODES; i += 9) {
			struct node *nd = &nodes[i];

			nd->gone = true;
			for (unsigned k = 0; k < nd->n; k++) {
				nodes[nd->to[k]].open &=
				    ~(UINT64_C(1) << nd->back[k]);
				tree_gone(&nodes[nd->to[k]].t, nd->back[k]);
			}
		}
		run(20 * 40);
		all_are_served();
	}
}
END_TEST

UNIT_MAIN("tree_swarm", all_get_each_stripe_from_its_root_once,
    who_has_lost_a_parent_finds_another)
