#ifndef TEST_SIM_SIMHOST_H
#define TEST_SIM_SIMHOST_H

/*
 * A swarm of real cores in a simulated network, as a scenario says:
 *
 *	struct simhost *h = simhost_new(&scn, &opts);
 *	while (simhost_step(h, SP_S))
 *		tell(simhost_progress(h));
 *	tally = simhost_finish(h);
 *
 * One at a time: the counting crypto has no context.
 */

#include "test/sim/scenario.h"
#include "test/sim/tally.h"

struct simhost_opts {
	bool real_crypto; /* whatever the scenario says */
	/* Every event as a line; NULL: none. */
	FILE *trace;
};

struct simhost;

struct simhost *simhost_new(const struct scenario *scn,
    const struct simhost_opts *opts);
void simhost_free(struct simhost *h);
/* Goes on for |span| of the scenario's time; false when it is over. */
bool simhost_step(struct simhost *h, sp_time span);
/* Final values; borrows. No steps after it. */
const struct tally *simhost_finish(struct simhost *h);

/* The same, once it has finished. */
const struct tally *simhost_tally(const struct simhost *h);

/* SipHash over all events: time, node, kind, length. */
uint64_t simhost_trace(const struct simhost *h);
uint64_t simhost_events(const struct simhost *h);
sp_time simhost_time(const struct simhost *h); /* of the scenario */

#endif
