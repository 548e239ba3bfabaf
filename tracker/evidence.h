#ifndef TRACKER_EVIDENCE_H
#define TRACKER_EVIDENCE_H

/*
 * Pairs of envelopes that a channel key signed for one place: proof that the
 * holder of the key told two stories. At most LIVE_EVIDENCE pairs, of them at
 * most EVIDENCE_CHANNEL of one channel.
 */

#include "tracker/live.h"

#define EVIDENCE_CHANNEL 4

struct evidence_pair;

struct evidence {
	const struct sp_mem *mem;
	struct evidence_pair *v[LIVE_EVIDENCE]; /* oldest first */
	size_t n;
};

void evidence_init(struct evidence *e, const struct sp_mem *mem);
void evidence_fini(struct evidence *e);
/*
 * Copies both, unless this pair is kept already: who sends it again pushes no
 * other one out. When there is no room the oldest pair of the channel, or of
 * all, gives way; when there is no memory the new one is not kept.
 */
void evidence_keep(struct evidence *e,
    const uint8_t info_hash[LINK_INFOHASH_LEN], uint8_t frame, const uint8_t *a,
    size_t a_len, const uint8_t *b, size_t b_len);
/* As live_evidence. */
int evidence_get(const struct evidence *e, size_t i, struct live_evidence *out);

#endif
