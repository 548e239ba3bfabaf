#ifndef TOOLS_SIM_RUN_H
#define TOOLS_SIM_RUN_H

/* One run of a scenario: reading it, running it, what it came to. */

#include "test/sim/simhost.h"

#define SIM_QUANTILES 4 /* p50 p95 p99 p99.9 */

extern const struct sim_quantile {
	const char *name;
	uint32_t ppm;
} sim_quantiles[SIM_QUANTILES];

/* The one of |x|, 0 if it has none; -1 if it is not among these. */
int sim_column(const struct scn_expect *x);

/* No pointers: it travels through pipes. */
struct sim_result {
	uint64_t seed, trace, events;
	sp_time run;
	int64_t rate; /* of track 0, bytes per second */
	/* Column 0 of metrics without quantiles. */
	int64_t value[METRIC_N][SIM_QUANTILES];
	/* Of this machine, not of the scenario. */
	double wall_s, cpu_s;
	uint64_t peak_bytes; /* of memory, of the process */
};

/*
 * The text of a file, NULL after a message on stderr; caller frees. It ends
 * with a NUL that *len does not count.
 */
char *sim_slurp(const char *path, size_t *len);
/*
 * Parses; messages on stderr as path:line: what. False: it cannot be run.
 * |vars| is changed.
 */
bool sim_load(struct scenario *out, const char *path, struct scn_vars *vars);

/*
 * Makes a host and runs it to its end; |name| is for the progress line, which
 * is shown on a terminal unless it is NULL. *res is filled in; the host, with
 * its tally finished, is the caller's.
 */
struct simhost *sim_run(struct sim_result *res, const struct scenario *scn,
    const struct simhost_opts *opts, const char *name);

#endif
