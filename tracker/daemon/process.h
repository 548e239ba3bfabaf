#ifndef TRACKER_DAEMON_PROCESS_H
#define TRACKER_DAEMON_PROCESS_H

/* What the process costs, and how long requests take, for reports. */

#include "base/buf.h"
#include "base/tstamp.h"

/* Bounds of the buckets of a struct took, without the last, endless one. */
#define PROCESS_BUCKETS 6

/* Times of handling: how many took at most as long as each bound. */
struct took {
	uint64_t n[PROCESS_BUCKETS + 1]; /* not cumulative */
	sp_time sum;
};
void took_add(struct took *k, sp_time t);

struct process {
	int statm; /* kept open: /proc may be out of reach later; -1 */
};
void process_open(struct process *p);
void process_close(struct process *p);

/*
 * Appends process_* and spate_tracker_handling_seconds, Prometheus text.
 * b->err.
 */
int process_metrics(const struct process *p, const struct took *k,
    struct sp_buf *b);
/* Resident bytes; 0: not known. */
uint64_t process_memory(const struct process *p);

#endif
