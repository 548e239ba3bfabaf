#ifndef SWARM_CLIENT_COUNTERS_H
#define SWARM_CLIENT_COUNTERS_H

/*
 * The counters of a mesh as people, scripts and monitors read them: one table
 * feeds /metrics, /status.json and the report at the end. Pure.
 */

#include <jansson.h>

#include "base/buf.h"
#include "swarm/stats.h"

/*
 * Prometheus text format 0.0.4: HELP, TYPE and value of every counter, the
 * offload, and the quantiles of the lag. Returns b->err.
 */
int counters_metrics(struct sp_buf *b, const struct mesh_stats *st);
/* An object; times in seconds, ratios as reals. NULL without memory. */
json_t *counters_json(const struct mesh_stats *st);

enum counters_format {
	COUNTERS_TEXT, /* a few lines for people */
	COUNTERS_TSV,  /* name, value: one per line */
	COUNTERS_JSON,
};
/* Returns b->err or SP_ERR_NOMEM. */
int counters_report(struct sp_buf *b, const struct mesh_stats *st,
    enum counters_format f);

/* "1.25 MB", "830 kB", "12 B" of |n| bytes; 32 bytes. Returns |out|. */
const char *counters_bytes(uint64_t n, char out[32]);
/* "4.02 Mbit/s" of bytes per second. */
const char *counters_rate(uint64_t bps, char out[32]);

#endif
