#include "test/sim/dist.h"

#define PARETO_MAX 50
#define NORMAL_SUM 12 /* uniforms of variance 1/12 */
#define PPM        1000000

/* 2^(1/2), 2^(1/4), 2^(1/8), ... in 1/2^31 */
static const uint32_t exp2_root[16] = { 0xb504f334u, 0x9837f052u, 0x8b95c1e4u,
	0x85aac368u, 0x82cd8699u, 0x8164d1f4u, 0x80b1ed50u, 0x8058d7d3u,
	0x802c6437u, 0x8016302fu, 0x800b179du, 0x80058bafu, 0x8002c5d0u,
	0x800162e6u, 0x8000b173u, 0x800058b9u };

/* m * v in 1/2^31, without overflow for m in [2^31, 2^32). */
static int64_t
scale(int64_t v, uint64_t m)
{
	uint64_t hi = (uint64_t)v >> 31, lo = (uint64_t)v & 0x7fffffff;

	if (hi > (uint64_t)INT64_MAX >> 33)
		return INT64_MAX;
	return (int64_t)(hi * m + (lo * m >> 31));
}

int64_t
dist_exp2(int64_t v, int64_t e)
{
	uint64_t m = (uint64_t)1 << 31;
	int64_t whole = e >> 16;

	for (unsigned i = 0; i < 16; i++)
		if (e >> (15 - i) & 1)
			m = m * exp2_root[i] >> 31;
	v = scale(v, m);
	if (whole <= 0)
		return whole > -63 ? v >> -whole : 0;
	return whole < 62 && v <= INT64_MAX >> whole ? v << whole : INT64_MAX;
}

int64_t
dist_lognormal(struct sp_rng *r, int64_t median, uint32_t sigma_ppm)
{
	int64_t z = 0; /* in 1/65536 */

	for (unsigned i = 0; i < NORMAL_SUM; i++)
		z += (int64_t)(rng_u64(r) >> 48);
	z -= NORMAL_SUM / 2 * 65536;
	/* log2(e) = 1.442695 */
	return dist_exp2(median,
	    z * (int64_t)sigma_ppm / 1000000 * 1442695 / 1000000);
}

static unsigned
mix_percent(uint64_t k)
{
	static const struct {
		unsigned upto, percent;
	} step[] = { { 20, 8 }, { 50, 34 }, { 80, 84 }, { 95, 250 },
		{ 100, 500 } };
	uint64_t at = k * 61 % 100;
	size_t i = 0;

	while (at >= step[i].upto)
		i++;
	return step[i].percent;
}

int64_t
dist_mix(const struct dist *d, uint64_t k)
{
	int64_t v = d->a * mix_percent(k) / 100;

	/* Without a factor the mean is 0.995. */
	return d->b > 0 ? v / 1000 * d->b / 1000 + v % 1000 * d->b / PPM : v;
}

void
dist_mix_fit(struct dist *d, uint64_t n)
{
	uint64_t sum = 0;

	for (uint64_t k = 0; k < n; k++)
		sum += mix_percent(k);
	d->b = sum > 0 ? (int64_t)(n * 100 * PPM / sum) : 0;
}

/* x_min * u^(-1/shape), where the mean is x_min * shape / (shape - 1). */
static int64_t
pareto(const struct dist *d, struct sp_rng *r)
{
	int64_t shape = d->b > 0 ? d->b : DIST_SHAPE, v;

	v = d->a / shape * (shape - PPM) + d->a % shape * (shape - PPM) / shape;
	v = dist_exp2(v, (int64_t)rng_log2_inv(r) * PPM / shape);
	return SP_MIN(v, PARETO_MAX * d->a);
}

int64_t
dist_draw(const struct dist *d, struct sp_rng *r)
{
	switch (d->kind) {
	case DIST_UNIFORM:
		return d->a +
		       (int64_t)rng_below(r, (uint64_t)(d->b - d->a) + 1);
	case DIST_PARETO:
		return pareto(d, r);
	case DIST_MIX:
		return dist_mix(d, rng_below(r, 100));
	case DIST_FIXED:
	default:
		return d->a;
	}
}
