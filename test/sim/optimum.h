#ifndef TEST_SIM_OPTIMUM_H
#define TEST_SIM_OPTIMUM_H

/*
 * The best that any engine could have reached in a run, from what was drawn:
 *
 *	rho	(1 - w)(1 - p) sum of u_i / (N r), where the uplinks of
 *		free-riders, polluters and those without neighbours count
 *		nothing, w is the share of headers (52/1500) and of TCP's
 *		acknowledgements, and p that of lost packets
 *	optimum	f (1 - max(1/N, 1 - rho)), where N viewers, who watch a share f
 *		of all, can have neighbours; with several tracks 1/N is
 *		sum of r_q / sum of N_q r_q; a seeder that uploads takes part
 *		of it upon itself
 *	lag-min	max(T / rho, b / u_max * log2(N / copies)) + path delay
 *	lag-law	T / rho + b / u_mean * log2(N) + 0.25 s
 *
 * N, uplinks, loss and delay are means over the time after settle. In lag-min
 * and lag-law rho counts as 1 when it is less: the origin helps then.
 */

#include "test/sim/tally.h"

/* Sets these four metrics and what is measured by them. */
void optimum_fill(struct tally *t, const struct scenario *scn);

#endif
