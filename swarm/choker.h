#ifndef SWARM_CHOKER_H
#define SWARM_CHOKER_H

/*
 * Who may ask us for blocks. Bilateral tit-for-tat does not work live
 * (Contracts, NSDI 2010): a viewer near the source has nothing to get back
 * from the one it serves. So everybody interested is served while the uplink
 * suffices; when there are more than slots, those who contribute most go
 * first, then those whom we serve already (no flapping), and a quarter of the
 * slots, one at least, goes round among the rest: so that newcomers are tried,
 * and who cannot upload is served all the same.
 *
 * To contribute is to give: to us lately, or to the swarm, which the tracker
 * knows by the receipts of others and tells in the weights of the roster.
 */

#include "base/rng.h"
#include "base/tstamp.h"

#define CHOKER_ROUND  SP_S        /* how often it runs */
#define CHOKER_ROTATE (10 * SP_S) /* how often the free slots move */

struct choker_peer {
	uint32_t slot;      /* the caller's name for it */
	uint64_t given_bps; /* what it contributes, bytes per second */
	bool interested;
	bool is_new;   /* it had no time to contribute */
	bool unchoked; /* now; the decision is written here */
	bool lesser;   /* written by choker_rank */
};

/* State between rounds. */
struct choker {
	uint64_t turn; /* of the rotating slots: who has them follows from it */
	sp_time rotate_at;
};

void choker_init(struct choker *c);
/*
 * Unchokes at most |slots| of the interested and no one else. |v| is
 * reordered.
 */
void choker_run(struct choker *c, struct choker_peer *v, size_t n,
    uint32_t slots, struct sp_rng *rng, sp_time now);
/*
 * Who contributes less than an eighth of the mean of all, unless it is new:
 * when we cannot serve all, these are the first to be refused. Nobody is while
 * nobody contributes.
 */
void choker_rank(struct choker_peer *v, size_t n);
/*
 * Slots for an upload limit: one per 32 KiB/s, 4..64; no limit: 64.
 */
uint32_t choker_slots(uint64_t up_bps);

#endif
