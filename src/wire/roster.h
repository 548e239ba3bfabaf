#ifndef SRC_WIRE_ROSTER_H
#define SRC_WIRE_ROSTER_H

/*
 * The duty roster: which viewers of a channel fetch from the origin for all.
 *
 * A tracker chooses them and sends the roster with the live feed, whole or as
 * what has changed. Who has the same roster agrees, without another word, on
 * who is on duty for what: for each stripe of a piece the members are ranked
 * by weighted rendezvous (highest random weight: Thaler, Ravishankar 1998; its
 * weighted form: Schindelhauer, Schomaker 2005). Rank 0 is on duty, 1 and on
 * are its backups.
 *
 *	u     = SipHash-2-4(peer-id, epoch u32, track u8, stripe u32), under
 *	        the public key "spate duty ranks"
 *	score = -weight / log2((u + 1) / 2^64), the highest is rank 0
 *
 * A member that leaves gives up its own ranks and moves no other; a member
 * holds rank 0 in proportion to its weight. Each epoch draws anew.
 *
 * The body of a ROSTER frame (wire/trackwire.h):
 *	u64 version, u64 since (0: the whole roster), u32 epoch,
 *	u16 seconds of an epoch, u8 number gone, u8 number of entries,
 *	peer-ids that are gone, entries
 * and an entry:
 *	peer-id, u32 weight, u8 family (4, 6, or 0: not told),
 *	address and port (6, 18 or 0 bytes)
 * Both lists are in the order of peer-ids, none twice. An entry with a known
 * peer-id takes the place of the old one. Who is at |since| gets to |version|
 * by it; who is not leaves it and waits for a whole one, which is the first
 * that every stream brings: to ask for it is to connect anew.
 */

#include "base/addr.h"
#include "base/buf.h"
#include "wire/limits.h"
#include "wire/link.h"

struct roster_entry {
	uint8_t peer_id[LINK_PEERID_LEN];
	struct sp_addr addr; /* family 0: not told (it is private) */
	uint32_t weight;     /* never 0; kbit/s, as the tracker sees it */
};

struct roster {
	uint64_t version; /* grows within a tracker's stream; 0: none yet */
	uint32_t epoch;
	uint32_t epoch_s; /* how long one lasts, [1, 65535] */
	size_t n;
	struct roster_entry entries[LIM_ROSTER]; /* by peer-id, growing */
};

/* Index of the member, or -1. */
int roster_find(const struct roster *r, const uint8_t peer_id[LINK_PEERID_LEN]);
/*
 * Up to |max| indexes in |out|, rank 0 first: who has the stripe of the track
 * in this epoch. Ties go to the lower peer-id. Returns their number, at most
 * r->n. Costs n hashes.
 */
size_t roster_rank(const struct roster *r, uint8_t track, uint32_t stripe,
    uint8_t *out, size_t max);
/*
 * The rank of member |index| if it is below |max|, else |max|: what
 * roster_rank would say, but cheaper.
 */
size_t roster_rank_of(const struct roster *r, size_t index, uint8_t track,
    uint32_t stripe, size_t max);

/* Appends the body of a frame with all of |r|. */
void roster_put_full(struct sp_buf *b, const struct roster *r);
/* Appends one that leads from |from| (version not 0) to |to|. */
void roster_put_delta(struct sp_buf *b, const struct roster *from,
    const struct roster *to);
/*
 * Takes the body of a frame. |r| is as it was unless the result is 0:
 *	SP_ERR_STALE   does not start at r->version: go on, see above
 *	SP_ERR_SHORT, SP_ERR_SYNTAX, SP_ERR_RANGE (epoch of 0 seconds, weight
 *	0, an address that cannot be dialled), SP_ERR_CANON (order, versions),
 *	SP_ERR_TOOBIG (LIM_ROSTER), SP_ERR_NOTFOUND (gone, but was not there)
 */
int roster_take(struct roster *r, const uint8_t *p, size_t len);

#endif
