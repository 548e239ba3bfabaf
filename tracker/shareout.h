#ifndef TRACKER_SHAREOUT_H
#define TRACKER_SHAREOUT_H

/*
 * What a tracker tells others of the announces that it took: sampled, paced,
 * in batches (wire/sharewire.h), by shard of the info-hash.
 *
 * A swarm that is busy needs no more than a sample elsewhere: within one slice
 * of SHAREOUT_SLICE at most SHAREOUT_SWARM announces of it travel, what is told
 * here and what was heard from others together. Swarms share these counters
 * when their keyed hashes fall together, so a few are told of less. Of all
 * swarms at most SHAREOUT_RATE announces a second are told. What is over is
 * only counted: the peer comes again with its next announce.
 *
 * A batch goes when it is full, SHAREOUT_LIVE_GAP after a viewer of a live
 * channel came into it, or SHAREOUT_GAP after its first entry. While nobody
 * takes them, full ones wait; the oldest of more than SHAREOUT_READY is
 * dropped, for what it says is worth least.
 *
 * It has nothing to do with other parts of the tracker, so that who takes
 * announces may call it under a lock of his own.
 */

#include "base/mem.h"
#include "base/tstamp.h"
#include "wire/sharewire.h"

#define SHAREOUT_SHARDS   16
#define SHAREOUT_SLICE    (10 * SP_S)
#define SHAREOUT_SWARM    2048
#define SHAREOUT_RATE     20000
#define SHAREOUT_GAP      (500 * SP_MS)
#define SHAREOUT_LIVE_GAP (50 * SP_MS)
#define SHAREOUT_READY    64
#define SHAREOUT_CELLS    16384 /* counters of swarms */

struct shareout;

/* |node| stands in all batches. SP_ERR_NOMEM. */
int shareout_new(struct shareout **out, uint64_t node, const struct sp_mem *mem,
    uint64_t seed, sp_time now);
void shareout_free(struct shareout *o);
uint64_t shareout_node(const struct shareout *o);
/*
 * An announce was taken. 0, or SP_ERR_FULL: it is over a rate, others are not
 * told; SP_ERR_NOMEM likewise.
 */
int shareout_tell(struct shareout *o, const struct sharewire_peer *p,
    sp_time now);
/* Another tracker told of a peer of that swarm. */
void shareout_heard(struct shareout *o,
    const uint8_t info_hash[LINK_INFOHASH_LEN], sp_time now);

struct shareout_batch {
	unsigned shard; /* < SHAREOUT_SHARDS */
	uint32_t n;     /* entries */
	const uint8_t *p;
	size_t len;
};
/*
 * The next batch that is to go; borrows until the next call of any function
 * here. SP_ERR_AGAIN: none now.
 */
int shareout_next(struct shareout *o, struct shareout_batch *out, sp_time now);
/* When there will be one; SP_NEVER. */
sp_time shareout_deadline(const struct shareout *o);

struct shareout_stats {
	uint64_t told;    /* entries that went into a batch */
	uint64_t over;    /* not told: over a rate, or no memory */
	uint64_t dropped; /* of batches that waited too long */
};
void shareout_stats(const struct shareout *o, struct shareout_stats *out);

#endif
