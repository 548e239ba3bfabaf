#ifndef TEST_SIM_DIST_H
#define TEST_SIM_DIST_H

/*
 * Random quantities in integers, so that every compiler draws the same.
 *
 *	A		always A
 *	A..B		uniform
 *	pareto:M	Pareto with shape 1.5 and mean M, at most 50 M
 *	pareto:S,M	the same with shape S
 *	mix:M		uplinks as measured, of mean M: 20 % have 0.08 M,
 *			30 % 0.34, 30 % 0.84, 15 % 2.5 and 5 % 5 M
 */

#include "base/rng.h"

enum dist_kind {
	DIST_FIXED,
	DIST_UNIFORM,
	DIST_PARETO,
	DIST_MIX,
};

#define DIST_SHAPE     INT64_C(1500000) /* in 1/1,000,000 */
#define DIST_SHAPE_MIN INT64_C(1050000)
#define DIST_SHAPE_MAX INT64_C(10000000)

struct dist {
	enum dist_kind kind;
	int64_t a;
	/* UNIFORM: >= a; PARETO: shape, 0 is 1.5; MIX: factor in ppm, 0: 1 */
	int64_t b;
};

/* The |k|-th of a fair deck of the mix: any 100 in a row have its shares. */
int64_t dist_mix(const struct dist *d, uint64_t k);
/* Makes the mean of the first |n| of the deck d->a, as near as can be. */
void dist_mix_fit(struct dist *d, uint64_t n);
int64_t dist_draw(const struct dist *d, struct sp_rng *r);
/* |median| * exp(sigma * z), z normal; |sigma_ppm| in 1/1,000,000. */
int64_t dist_lognormal(struct sp_rng *r, int64_t median, uint32_t sigma_ppm);
/* v * 2^(e / 65536), for v >= 0; saturates at INT64_MAX. */
int64_t dist_exp2(int64_t v, int64_t e);

#endif
