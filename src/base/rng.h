#ifndef SRC_BASE_RNG_H
#define SRC_BASE_RNG_H

/*
 * Seeded generator for decisions (xoshiro256**, seeded by splitmix64:
 * Blackman, Vigna 2018). Never for keys: those bytes come from the host.
 */

#include "base/base.h"

struct sp_rng {
	uint64_t s[4];
};

void rng_seed(struct sp_rng *r, uint64_t seed);
uint64_t rng_u64(struct sp_rng *r);
/* Uniform in [0, n), n > 0; without bias. */
uint64_t rng_below(struct sp_rng *r, uint64_t n);
/* Fisher-Yates over |n| elements of |size| bytes (size <= 256). */
void rng_shuffle(struct sp_rng *r, void *v, size_t n, size_t size);
/*
 * -log2(u) for uniform u in (0, 1], in 1/65536: exponential with mean
 * 1/ln 2; never above 64 << 16. Integer arithmetic only, so every compiler
 * gives the same.
 */
uint32_t rng_log2_inv(struct sp_rng *r);
/* The same for a given 64-bit hash. */
uint32_t rng_log2_inv_of(uint64_t u);

#endif
