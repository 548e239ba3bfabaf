#include "swarm/rescue.h"

#include "base/map.h"
#include "base/rng.h"

#define PACE_SHARE 8 /* of which one is the newest sample's */

/* a tenth each second: log 2 / log (10 / 9) seconds for a half */
#define RANDOM_HALF (6579 * SP_MS)

sp_time
rescue_threshold(uint64_t seed, uint8_t track, uint64_t number, uint32_t stripe,
    sp_time guard, sp_time tau)
{
	uint64_t key[2] = { number, (uint64_t)track << 32 | stripe };
	uint64_t u = map_siphash(seed, 0, key, sizeof(key));

	return guard + tau / 65536 * rng_log2_inv_of(u);
}

sp_time
rescue_random(uint64_t seed, uint8_t track, uint64_t number)
{
	uint64_t key[2] = { number, (uint64_t)track << 32 };
	uint64_t u = map_siphash(seed, 0, key, sizeof(key));

	return RANDOM_HALF / 65536 * rng_log2_inv_of(u);
}

sp_time
rescue_tau(sp_time span, uint64_t n)
{
	sp_time steps = 66 - __builtin_clzll(SP_MAX(n, 1));

	return SP_CLAMP(span / steps, RESCUE_TAU_MIN, RESCUE_TAU_MAX);
}

void
rescue_pace_init(struct rescue_pace *p)
{
	p->tau = RESCUE_PACE;
}

void
rescue_pace_add(struct rescue_pace *p, sp_time took, unsigned from, unsigned to)
{
	int64_t log2; /* of to / from, in 1/65536 */
	sp_time tau;

	if (from == 0 || to < 2 * from || took < 0)
		return;
	log2 = (int64_t)rng_log2_inv_of((uint64_t)from << 32) -
	       (int64_t)rng_log2_inv_of((uint64_t)to << 32);
	tau = SP_CLAMP(took * 65536 / log2, RESCUE_PACE_MIN, RESCUE_PACE_MAX);
	p->tau = (p->tau * (PACE_SHARE - 1) + tau) / PACE_SHARE;
}

sp_time
rescue_shift(uint64_t up_bps, uint64_t stream_bps, sp_time tau)
{
	int64_t log2; /* of up / (2 * stream), in 1/65536 */

	if (up_bps == 0 || stream_bps == 0)
		return 0;
	log2 = (int64_t)rng_log2_inv_of(2 * stream_bps) -
	       (int64_t)rng_log2_inv_of(up_bps);
	return tau / 65536 * SP_CLAMP(log2, -4 * 65536, 4 * 65536);
}

uint32_t
rescue_stripes(uint32_t blocks)
{
	return SP_CLAMP(blocks / 4, 1, 8);
}

uint32_t
rescue_stripe_of(uint32_t index, uint32_t blocks)
{
	return index * rescue_stripes(blocks) / blocks;
}

size_t
rescue_ranges(uint32_t blocks, bool urgent, unsigned grain)
{
	size_t most = RESCUE_RANGES;

	if (urgent)
		most = SP_MIN(most, blocks / RESCUE_RANGE_BLOCKS);
	return SP_MAX(most >> grain, 1);
}

size_t
rescue_plan(const uint8_t *need, uint32_t blocks,
    struct rescue_range out[RESCUE_RANGES], size_t max)
{
	struct rescue_range r[RESCUE_RANGES + 1];
	uint32_t i, k, gap, best, missing = 0;
	size_t n = 0;

	for (i = 0; i < blocks; i++)
		missing += need[i] != 0;
	if (missing == 0)
		return 0;
	if (missing * 10 > blocks * 8) {
		out[0] = (struct rescue_range){ 0, blocks };
		return 1;
	}
	for (i = 0; i < blocks; i++) {
		if (need[i] == 0)
			continue;
		if (n > 0 && r[n - 1].first + r[n - 1].n == i) {
			r[n - 1].n++;
			continue;
		}
		r[n++] = (struct rescue_range){ i, 1 };
		if (n <= max)
			continue;
		/* one too many: bridge the smallest gap */
		for (best = 1, k = 1, gap = UINT32_MAX; k < n; k++)
			if (r[k].first - r[k - 1].first - r[k - 1].n < gap) {
				gap = r[k].first - r[k - 1].first - r[k - 1].n;
				best = k;
			}
		r[best - 1].n = r[best].first + r[best].n - r[best - 1].first;
		memmove(&r[best], &r[best + 1], (n - best - 1) * sizeof(r[0]));
		n--;
	}
	memcpy(out, r, n * sizeof(r[0]));
	return n;
}

size_t
rescue_split(struct rescue_range r[RESCUE_RANGES], size_t n, size_t max,
    uint32_t most)
{
	struct rescue_range *big;
	size_t i;

	for (; n > 0 && n < SP_MIN(max, RESCUE_RANGES); n++) {
		for (i = 1, big = &r[0]; i < n; i++)
			if (r[i].n > big->n)
				big = &r[i];
		if (big->n <= SP_MAX(most, 1))
			break;
		memmove(big + 2, big + 1,
		    (size_t)(&r[n] - big - 1) * sizeof(*big));
		big[1].n = big->n / 2;
		big->n -= big[1].n;
		big[1].first = big->first + big->n;
	}
	return n;
}

size_t
rescue_runs(const uint8_t *need, uint8_t what, uint32_t blocks,
    struct rescue_range *out, size_t max)
{
	uint32_t i, first;
	size_t n = 0;

	for (i = 0; i < blocks && n < max; i++) {
		if (need[i] != what)
			continue;
		for (first = i; i < blocks && need[i] == what; i++)
			;
		out[n++] = (struct rescue_range){ first, i - first };
	}
	return n;
}
