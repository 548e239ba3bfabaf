#ifndef TOOLS_SIM_OPTIONS_H
#define TOOLS_SIM_OPTIONS_H

/* The options of spate-sim. */

#include "io/conf.h"

#define SIM_SEEDS 64

enum sim_output {
	SIM_TEXT,
	SIM_TSV,
	SIM_JSON,
};

struct sim_options {
	struct conf_std std;
	int output; /* enum sim_output */
	bool quiet, real, strict, check;
	int64_t jobs;
	struct conf_list seeds, sets;
	const char *suite, *trace, *plot; /* NULL: none */
};

extern const struct conf_prog sim_options_prog;

/*
 * "7" and "1..3" of all -s, in order; how many. SP_ERR_SYNTAX, SP_ERR_FULL
 * (more than SIM_SEEDS).
 */
int sim_options_seeds(const struct conf_list *l, uint64_t out[SIM_SEEDS]);

#endif
