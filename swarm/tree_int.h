#ifndef SWARM_TREE_INT_H
#define SWARM_TREE_INT_H

/*
 * What tree.c (shape, children) and tree_parent.c (parents) share; nobody else
 * includes it.
 */

#include "swarm/tree.h"

/* No parent any more. */
void tree_detach(struct tree_stripe *st);
void tree_remove_child(struct tree *t, unsigned stripe, unsigned slot);
void tree_smooth(sp_time *mean, sp_time *dev, sp_time v);

/* Most of what a smoothed time comes to. */
static inline sp_time
tree_mostly(sp_time mean, sp_time dev)
{
	return mean + dev;
}

static inline bool
tree_is_above(const struct pw_accept *above, uint32_t id)
{
	unsigned i;

	for (i = 0; i < above->n; i++)
		if (above->path[i] == id)
			return true;
	return false;
}

#endif
