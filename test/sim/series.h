#ifndef TEST_SIM_SERIES_H
#define TEST_SIM_SERIES_H

/* A run second by second: for plots, and for how long troubles last. */

#include "test/sim/scenario.h"

struct series_row {
	sp_time at;            /* of the scenario */
	uint32_t present;      /* viewers */
	uint32_t waiting;      /* of these, for 5 s there and not playing */
	uint64_t origin_bytes; /* all so far, as the next three */
	uint64_t played_bytes;
	uint64_t peer_bytes;
	uint64_t bad_bytes;
	uint64_t missed; /* pieces */
};

struct series {
	struct series_row *v; /* one a second */
	size_t n, cap;
};

void series_add(struct series *s, const struct series_row *row);
void series_fini(struct series *s);

/*
 * The longest time from the end of an outage until all is well for five
 * seconds: nobody waits, and the origin sends no more than half as much again
 * as in the ten seconds before. Of an outage without an end, and when viewers
 * crash or lose the origin, from its beginning. What did not recover counts to
 * the end of the run.
 */
sp_time series_recovery(const struct series *s, const struct scenario *scn);
/* From |since| to the last bad byte; 0 if there was none after it. */
sp_time series_polluted(const struct series *s, sp_time since);

#endif
