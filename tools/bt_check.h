#ifndef TOOLS_BT_CHECK_H
#define TOOLS_BT_CHECK_H

/* Whether the peers in a reply are who they should be. */

#include "tools/bt_result.h"

#define CHECK_SEEN 16384 /* a power of two */

struct bt_check {
	const struct bt_load *load;
	bool on; /* false: nothing is looked at */
	/*
	 * Address of source 0; those of the others follow it (own_step) or are
	 * the same. Family 0: not known, any will do.
	 */
	struct sp_addr first;
	bool step;
	uint32_t reply;            /* counts replies */
	uint32_t seen[CHECK_SEEN]; /* the last reply that had such a peer */
};

void bt_check_init(struct bt_check *c, const struct bt_options *o);
/*
 * Counts in |r| what is wrong with the compact peers |p| (4: 6 bytes each, 6:
 * 18) that |asker| was given. At most one fault of a kind for each reply.
 */
void bt_check_peers(struct bt_check *c, struct bt_result *r,
    const struct bt_peer *asker, int family, const uint8_t *p, size_t len);

/* Address that |source| sends from; unset when the kernel chooses. */
struct sp_addr bt_check_source(const struct bt_check *c, uint32_t source);

#endif
