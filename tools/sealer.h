#ifndef TOOLS_SEALER_H
#define TOOLS_SEALER_H

/*
 * Signs records and keeps the chain of each track: number and digest of its
 * newest record, for media and init pieces. Pure.
 */

#include "base/buf.h"
#include "base/hash.h"
#include "wire/record.h"

struct sealer_head {
	bool used;
	uint64_t number;
	uint32_t dseq;
	int64_t avail_ms;
	uint8_t digest[HASH_LEN];
	uint8_t root[HASH_LEN];
};

struct sealer {
	uint8_t sk[HASH_SK_LEN];
	uint32_t epoch;
	struct sealer_head media[LIM_TRACKS];
	struct sealer_head inits[LIM_TRACKS];
	uint8_t leaves[LIM_PIECE_BLOCKS * HASH_LEN]; /* scratch */
};

void sealer_init(struct sealer *s, const uint8_t sk[HASH_SK_LEN]);
void sealer_wipe(struct sealer *s);

/*
 * Hashes |len| bytes at |p| (0 for a gap), fills in epoch, length, root, prev
 * and RECORD_DISCONTINUITY, and appends the envelope of |r|; r->track is as in
 * records (init pieces + LIM_TRACK_INIT). Then |r| is the track's newest.
 * SP_ERR_ARG (a value of |r| that no record may have), SP_ERR_TOOBIG,
 * SP_ERR_STALE (number does not grow), b->err; the chain has not moved then.
 */
int sealer_seal(struct sealer *s, struct record *r, const uint8_t *p,
    size_t len, struct sp_buf *b);
/* Would an init piece with these bytes be the track's newest again? */
bool sealer_has_init(struct sealer *s, unsigned track, const uint8_t *p,
    size_t len);

#endif
