#ifndef TEST_UNIT_TREE_HELP_H
#define TEST_UNIT_TREE_HELP_H

/* One viewer's place in trees: what the tests of it share. */

#include "swarm/tree.h"

#include "test/unit/unit.h"

#define K    16
#define ALL  UINT64_MAX
#define OURS 0xabcdef01 /* our id in a path */

static struct tree t;
static struct sp_rng rng;
static sp_time srtt[TREE_SLOTS];

/* Room for |room| children, with stripe 0 beginning with us. */
static inline void
make(uint32_t room, unsigned fanout, uint16_t roots)
{
	uint8_t left[PW_STRIPES];

	rng_seed(&rng, 1);
	memset(srtt, 0, sizeof(srtt));
	tree_init(&t);
	tree_roots(&t, roots, left);
	tree_shape(&t, K, room, fanout, 1);
}

static uint8_t evicted;

static inline bool
ask(unsigned s, unsigned slot, uint8_t weight, bool orphan)
{
	struct tree_asker who = { slot, 1000 + slot, weight, orphan, 0 };

	return tree_subscribe(&t, s, &who, 50, &evicted);
}

/* |slot| is told to have the stripe so late, with a place or without. */
static inline void
tell(unsigned slot, unsigned s, unsigned late, unsigned wait, bool free)
{
	struct pw_tree ad = { .wait = { (uint8_t)wait, (uint8_t)wait } };

	memset(ad.late, PW_TREE_NEVER, sizeof(ad.late));
	ad.late[s] = (uint8_t)late;
	ad.free = free ? (uint16_t)(1u << s) : 0;
	tree_told(&t, slot, &ad);
}

static inline uint8_t
pick(unsigned s, sp_time now)
{
	return tree_pick(&t, s, ALL, srtt, &rng, now);
}

static struct tree_move moved;

static inline bool
accept(unsigned s, unsigned slot, const struct pw_accept *a, sp_time now)
{
	struct tree_ids ids = { 1000 + slot, OURS };

	return tree_accepted(&t, s, slot, ids, a, &moved, now);
}

/* Gives us a parent that is a root and sends at once. */
static inline void
attach(unsigned s, unsigned slot, sp_time now)
{
	struct pw_accept a = { 0 };

	tell(slot, s, 0, 0, true);
	ck_assert_uint_eq(pick(s, now), slot);
	ck_assert(accept(s, slot, &a, now));
}

static inline unsigned
count(uint64_t set)
{
	return (unsigned)__builtin_popcountll(set);
}

static inline void
is_sound(void)
{
	const struct tree_stripe *st;
	uint32_t edges = 0;

	for (unsigned s = 0; s < PW_STRIPES; s++) {
		st = &t.stripes[s];
		edges += count(st->children);
		ck_assert_uint_eq(st->strong & ~st->children, 0);
		ck_assert_uint_eq(st->fresh & ~st->children, 0);
		ck_assert_uint_eq(st->leaving & st->children, 0);
		if (st->parent == TREE_NOBODY)
			continue;
		ck_assert_uint_eq(st->children >> st->parent & 1, 0);
		ck_assert_uint_lt(st->depth, TREE_DEPTH_MAX);
	}
	ck_assert_uint_eq(edges, t.edges);
}

#endif
