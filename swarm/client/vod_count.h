#ifndef SWARM_CLIENT_VOD_COUNT_H
#define SWARM_CLIENT_VOD_COUNT_H

/* The counters of a torrent that is played, as text: one table. Pure. */

#include <jansson.h>

#include "base/buf.h"
#include "swarm/client/counters.h"
#include "swarm/client/vod.h"

/* Prometheus text format 0.0.4. Returns b->err. */
int vod_count_metrics(struct sp_buf *b, const struct vod_counts *c);
/* An object. NULL without memory. */
json_t *vod_count_json(const struct vod_counts *c);
/* The report at the end. Returns b->err or SP_ERR_NOMEM. */
int vod_count_report(struct sp_buf *b, const struct vod_counts *c,
    enum counters_format f);
/* "12 peers 3.91 Mbit/s  up 0 kbit/s  34.2 % of 2.1 GB  1 player": length. */
size_t vod_count_line(char *out, size_t size, const struct vod_counts *c);

#endif
