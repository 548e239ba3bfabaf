#ifndef SWARM_LEDGER_H
#define SWARM_LEDGER_H

/*
 * What each neighbour gave us since the last receipts, by peer-id, so that it
 * counts for one who has left as well. Always in the order of peer-ids. Of
 * more than LIM_RECEIPTS the one that gave least is forgotten.
 */

#include "wire/receipt.h"

struct ledger {
	size_t n;
	struct receipt_entry v[LIM_RECEIPTS];
};

/* |bytes| of |peer_id|, verified. */
void ledger_gave(struct ledger *l, const uint8_t peer_id[LINK_PEERID_LEN],
    size_t bytes);
/* It sent a block that failed its hash. */
void ledger_bad(struct ledger *l, const uint8_t peer_id[LINK_PEERID_LEN]);
/* Entries and their number into |r|, and forgets them. */
void ledger_take(struct ledger *l, struct receipt *r);

#endif
