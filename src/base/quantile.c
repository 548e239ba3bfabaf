#include "base/quantile.h"

#define EXACT   16 /* values below are their own bucket */
#define SUBBITS 3  /* 8 sub-buckets per power of two */

/*
 * 0..15 are buckets 0..15. From there on the exponent and the three bits
 * below the leading one: 16 and 17 are bucket 16, 18 and 19 bucket 17, ...,
 * 30 and 31 bucket 23, 32..35 bucket 24; 2^64 - 1 is bucket 495.
 */
static size_t
bucket_of(uint64_t v)
{
	unsigned e;

	if (v < EXACT)
		return (size_t)v;
	e = 63 - (unsigned)__builtin_clzll(v);
	return EXACT + (e - 4) * 8 + ((v >> (e - SUBBITS)) & 7);
}

static uint64_t
bucket_low(size_t i)
{
	unsigned e;

	if (i < EXACT)
		return i;
	e = 4 + (unsigned)((i - EXACT) / 8);
	return (uint64_t)(8 + (i - EXACT) % 8) << (e - SUBBITS);
}

static uint64_t
bucket_width(size_t i)
{
	return i < EXACT ? 1 : (uint64_t)1 << ((i - EXACT) / 8 + 1);
}

void
quantile_init(struct quantile *q, uint32_t limit)
{
	memset(q, 0, sizeof(*q));
	q->limit = limit == 1 ? 2 : limit;
}

/*
 * Halves the counts of |q| (plus |from|, may be NULL). An odd sample is
 * carried to the next bucket above: dropping it would empty a histogram
 * of single samples; so the distribution stays within one sample. Starting
 * with a carry at every other time lets single outliers go on both sides:
 * without it one at the top would live on the carry of the rest for ever.
 */
static void
halve(struct quantile *q, const struct quantile *from)
{
	uint64_t sum, carry = q->odd;
	size_t top = 0;

	q->odd = !q->odd;
	q->total = 0;
	for (size_t i = 0; i < QUANTILE_BUCKETS; i++) {
		sum = carry + q->count[i];
		if (from != NULL)
			sum += from->count[i];
		q->count[i] = (uint32_t)(sum / 2);
		q->total += q->count[i];
		carry = sum % 2;
		if (q->count[i] > 0)
			top = i;
	}
	q->max = SP_MIN(q->max, bucket_low(top) + (bucket_width(top) - 1));
}

void
quantile_add(struct quantile *q, uint64_t v)
{
	uint32_t limit = q->limit > 0 ? q->limit : UINT32_MAX;

	if (q->total >= limit)
		halve(q, NULL);
	q->count[bucket_of(v)]++;
	q->total++;
	q->max = SP_MAX(q->max, v);
}

void
quantile_fade(struct quantile *q)
{
	halve(q, NULL);
}

uint64_t
quantile_get(const struct quantile *q, uint32_t ppm, uint64_t dflt)
{
	uint64_t rank, seen = 0, v;
	size_t i;

	if (q->total == 0)
		return dflt;
	rank = ((uint64_t)q->total * SP_MIN(ppm, 1000000u) + 999999) / 1000000;
	rank = SP_MAX(rank, 1u);
	for (i = 0; i < QUANTILE_BUCKETS - 1; i++) {
		seen += q->count[i];
		if (seen >= rank)
			break;
	}
	v = bucket_low(i) + bucket_width(i) / 2;
	return i < EXACT ? i : SP_MIN(v, q->max);
}

uint32_t
quantile_below(const struct quantile *q, uint64_t v)
{
	size_t i, end = bucket_of(v);
	uint32_t n = 0;

	for (i = 0; i < end; i++)
		n += q->count[i];
	return n;
}

void
quantile_merge(struct quantile *q, const struct quantile *from)
{
	q->max = SP_MAX(q->max, from->max);
	if (from->total > UINT32_MAX - q->total) {
		halve(q, from);
		return;
	}
	for (size_t i = 0; i < QUANTILE_BUCKETS; i++)
		q->count[i] += from->count[i];
	q->total += from->total;
}
