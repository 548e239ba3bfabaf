#ifndef TEST_SIM_SIGNER_H
#define TEST_SIM_SIGNER_H

/*
 * A seeder reduced to its signatures: makes manifests and records of a channel
 * as frames of a publish, chained by track. For tests and fuzzers.
 */

#include "wire/manifest.h"
#include "wire/record.h"
#include "wire/trackwire.h"

#define SIGNER_TRACKS 256

struct signer {
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint32_t epoch; /* of what is made next; from 1 */
	uint32_t window_ms;
	uint64_t serial; /* of the manifest made last */
	uint32_t length; /* of pieces, default 20,000 */
	uint64_t init;   /* of the next record; default RECORD_NO_INIT */
	uint8_t prev[SIGNER_TRACKS][HASH_LEN];
};

void signer_init(struct signer *s, uint8_t seed);
/* Both append a frame and assert that it could be made. */
void signer_manifest(struct signer *s, struct sp_buf *b);
/*
 * The record's bytes depend on |number|, |avail_ms| and |salt|. It becomes the
 * predecessor of the next one of the track.
 */
void signer_record(struct signer *s, struct sp_buf *b, uint8_t track,
    uint64_t number, int64_t avail_ms, uint8_t salt);

#endif
