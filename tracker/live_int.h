#ifndef TRACKER_LIVE_INT_H
#define TRACKER_LIVE_INT_H

/* What live.c and publish.c share; nobody else includes it. */

#include "base/heap.h"
#include "base/map.h"
#include "tracker/evidence.h"
#include "tracker/feed.h"
#include "tracker/live.h"
#include "wire/manifest.h"

struct live_chan {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t pk[HASH_PK_LEN];
	uint8_t *manifest; /* newest envelope */
	size_t manifest_len;
	uint64_t manifest_seq, serial, seq;
	uint32_t epoch, window_ms;
	sp_time published;
	struct heap_node idle;
	struct feed feed;
};

struct live {
	const struct sp_mem *mem;
	struct live_conf conf;
	struct map *chans; /* info-hash -> struct live_chan * */
	struct heap idle;
	uint64_t seq_floor; /* seq of a new channel: above all forgotten ones */
	struct evidence evidence;
	struct live_stats stats;
};

struct live_chan *live_chan_get(const struct live *l,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);
/* A channel without manifest. SP_ERR_FULL, SP_ERR_NOMEM. */
int live_chan_add(struct live *l, const struct manifest *m,
    const uint8_t info_hash[LINK_INFOHASH_LEN], sp_time now,
    struct live_chan **out);
uint64_t live_chan_bytes(const struct live_chan *ch);

#endif
