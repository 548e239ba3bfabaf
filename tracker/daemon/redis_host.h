#ifndef TRACKER_DAEMON_REDIS_HOST_H
#define TRACKER_DAEMON_REDIS_HOST_H

/*
 * tracker/share on connections to Redis: for commands, and for waiting for
 * news. Without --redis the part does nothing.
 */

#include "tracker/daemon/host_int.h"

extern const struct host_part redis_part;

/* The channel has news of ours. With both locks. */
void redis_host_publish(struct track_host *h,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);

/* It has drawn another roster. With both locks. */
void redis_host_drawn(struct track_host *h,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);

#endif
