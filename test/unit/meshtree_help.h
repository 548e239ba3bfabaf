#ifndef TEST_UNIT_MESHTREE_HELP_H
#define TEST_UNIT_MESHTREE_HELP_H

/* Push trees of three stripes, whose neighbours are played by hand. */

#include "test/unit/mesh_help.h"

static uint64_t pieces; /* that were published */

/* A viewer who has seen a piece. */
static inline void
begin(const struct mesh_conf *conf)
{
	lab_setup(conf);
	mesh_follow(lab.mesh, 0, true, lab.now);
	lab_publish(&lab, 0);
	pieces = 1;
	run(SP_S);
}

/* Pieces go on for |n| seconds. */
static inline void
watch(unsigned n)
{
	while (n-- > 0) {
		lab_publish(&lab, pieces++);
		run(SP_S);
	}
}

static inline void
accept(unsigned c, uint8_t stripe, uint32_t above)
{
	struct pw_accept a = { .depth = 1, .n = 1, .path = { above } };

	pw_put_accept(lab_say(&lab, c), 0, stripe, &a);
	lab_flush(&lab, c);
}

static inline void
subscribe(unsigned c, uint8_t stripe, uint8_t weight)
{
	pw_put_subscribe(lab_say(&lab, c), 0, stripe, weight, true,
	    LAB_FIRST + pieces);
	lab_flush(&lab, c);
}

/* A neighbour who becomes the parent in all stripes. */
static inline unsigned
parent(uint8_t who)
{
	unsigned c = neighbour(who);

	offer(c, 0);
	run(300 * SP_MS);
	ck_assert_uint_eq(lab.conn[c].asked, 7);
	for (uint8_t s = 0; s < 3; s++)
		accept(c, s, 77);
	ck_assert_uint_eq(lab_stats(&lab).tree_places, 3);
	return c;
}

#endif
