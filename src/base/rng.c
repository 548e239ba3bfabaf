#include "base/rng.h"

static uint64_t
splitmix(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint64_t
rotl(uint64_t x, unsigned k)
{
	return x << k | x >> (64 - k);
}

void
rng_seed(struct sp_rng *r, uint64_t seed)
{
	for (size_t i = 0; i < SP_LEN(r->s); i++)
		r->s[i] = splitmix(&seed);
}

uint64_t
rng_u64(struct sp_rng *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t
rng_below(struct sp_rng *r, uint64_t n)
{
	uint64_t skip, v;

	assert(n > 0 && "no number is below 0");
	/* 2^64 mod n values too many: leave out the lowest ones. */
	skip = (0 - n) % n;
	do
		v = rng_u64(r);
	while (v < skip);
	return v % n;
}

void
rng_shuffle(struct sp_rng *r, void *v, size_t n, size_t size)
{
	uint8_t tmp[256], *p = v, *a, *b;

	assert(size <= sizeof(tmp) && "elements larger than 256 bytes");
	for (size_t i = n; i > 1; i--) {
		a = p + (i - 1) * size;
		b = p + (size_t)rng_below(r, i) * size;
		if (a == b)
			continue;
		memcpy(tmp, a, size);
		memcpy(a, b, size);
		memcpy(b, tmp, size);
	}
}

uint32_t
rng_log2_inv_of(uint64_t u)
{
	uint32_t frac = 0, bit;
	uint64_t m;
	int lz;

	if (u == UINT64_MAX)
		return 0;
	/*
	 * x = u + 1 = 2^(63 - lz) * m with m in [1, 2), here in 1/2^31.
	 * Squaring m doubles its logarithm; whether the square reaches 2
	 * is the next binary digit.
	 */
	u++;
	lz = __builtin_clzll(u);
	m = u << lz >> 32;
	for (int i = 0; i < 16; i++) {
		m = m * m >> 31;
		/* No branch: it would be guessed wrong half the time. */
		bit = (uint32_t)(m >> 32);
		m >>= bit;
		frac = frac << 1 | bit;
	}
	return ((uint32_t)(lz + 1) << 16) - frac;
}

uint32_t
rng_log2_inv(struct sp_rng *r)
{
	return rng_log2_inv_of(rng_u64(r));
}
