#ifndef SRC_BASE_QUANTILE_H
#define SRC_BASE_QUANTILE_H

/*
 * Online quantiles of durations or sizes: a histogram of 8 sub-buckets per
 * power of two (values below 16 exact, relative error <= 6.25 % above), with
 * exponential forgetting by halving all counts when the total passes a limit.
 * Integers only.
 */

#include "base/base.h"

#define QUANTILE_BUCKETS 512

struct quantile {
	uint32_t count[QUANTILE_BUCKETS];
	uint32_t total;
	uint32_t limit; /* halve before adding to so many; 0 = UINT32_MAX */
	uint64_t max;   /* no sample still counted is larger */
	bool odd;       /* the next halving rounds up */
};

/* A |limit| of 1 is taken as 2. */
void quantile_init(struct quantile *q, uint32_t limit);
void quantile_add(struct quantile *q, uint64_t v);
/* Counts what was added so far half as much. */
void quantile_fade(struct quantile *q);
/*
 * Value v such that about |ppm| / 10^6 of the samples are <= v (the middle of
 * the bucket that holds this sample, at most max); |dflt| while there are no
 * samples.
 */
uint64_t quantile_get(const struct quantile *q, uint32_t ppm, uint64_t dflt);
/*
 * Samples below |v|; those in the bucket that holds |v| are not counted. So
 * it is exact where a bucket begins: at any v < 16, at 8 to 15 times any power
 * of two.
 */
uint32_t quantile_below(const struct quantile *q, uint64_t v);
/* Adds the counts of |from|. */
void quantile_merge(struct quantile *q, const struct quantile *from);

#endif
