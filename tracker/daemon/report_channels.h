#ifndef TRACKER_DAEMON_REPORT_CHANNELS_H
#define TRACKER_DAEMON_REPORT_CHANNELS_H

/* How the viewers of each channel fare (tracker/figures.h), for operators. */

#include <jansson.h>

#include "tracker/track.h"

/*
 * Appends spate_channel_* of all live channels, Prometheus text 0.0.4; what is
 * not known of a channel is left out. b->err, or SP_ERR_NOMEM.
 */
int report_channels_metrics(const struct track *t, struct sp_buf *b,
    sp_time now);
/* An object of one channel: figures that are not known are null. */
json_t *report_channel_json(const struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN], sp_time now);

#endif
