#ifndef SWARM_CHOKER_H
#define SWARM_CHOKER_H

/*
 * Who may ask us for blocks. Bilateral tit-for-tat does not work live
 * (Contracts, NSDI 2010): a viewer near the source has nothing to get back
 * from the one it serves. So everybody interested is served while the uplink
 * suffices; when there are more than slots, those who gave us most lately go
 * first, then those whom we serve already (no flapping), and one slot rotates
 * so that newcomers are tried.
 */

#include "base/rng.h"
#include "base/tstamp.h"

#define CHOKER_ROUND  SP_S        /* how often it runs */
#define CHOKER_ROTATE (10 * SP_S) /* how often the free slot moves */

struct choker_peer {
	uint32_t slot;      /* the caller's name for it */
	uint64_t given_bps; /* what it delivers to us, bytes per second */
	bool interested;
	bool unchoked; /* now; the decision is written here */
};

/* State between rounds. */
struct choker {
	uint32_t lucky; /* slot of the rotating one, UINT32_MAX none */
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
 * Slots for an upload limit: one per 32 KiB/s, 4..64; no limit: 64.
 */
uint32_t choker_slots(uint64_t up_bps);

#endif
