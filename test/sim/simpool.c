#include "test/sim/simpool.h"

#include "test/sim/simmem.h"

/*
 * The pool's eight bytes at every multiple of STRIDE are in a table. Of any
 * STRIDE windows in a row that lie in the pool one is there; all are looked at,
 * and a small set of bits spares most of the look-ups.
 */
#define STRIDE    256
#define SKIP      64 /* what stands before the bytes of the stream */
#define MAYBE_LOG 16

struct entry {
	uint64_t key;
	uint32_t at; /* in strides, 1 more; 0: free */
};

struct simpool {
	const uint8_t *p;
	size_t len;
	struct entry *table;
	size_t mask;
	uint64_t maybe[(1 << MAYBE_LOG) / 64];
};

static uint64_t
window(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The bytes are random: any of them will do as their hash. */
static struct entry *
slot(const struct simpool *pool, uint64_t key)
{
	size_t i = (size_t)(key >> 32) & pool->mask;

	while (pool->table[i].at != 0 && pool->table[i].key != key)
		i = (i + 1) & pool->mask;
	return &pool->table[i];
}

struct simpool *
simpool_new(const uint8_t *p, size_t len)
{
	struct simpool *pool = sim_zalloc(1, sizeof(*pool));
	size_t n = len / STRIDE, cap = 64, i;
	uint64_t key;

	while (cap < 2 * n)
		cap *= 2;
	pool->p = p;
	pool->len = len;
	pool->mask = cap - 1;
	pool->table = sim_zalloc(cap, sizeof(*pool->table));
	for (i = 0; i < n; i++) {
		key = window(p + i * STRIDE);
		*slot(pool, key) = (struct entry){ key, (uint32_t)(i + 1) };
		key &= (1 << MAYBE_LOG) - 1;
		pool->maybe[key / 64] |= UINT64_C(1) << key % 64;
	}
	return pool;
}

void
simpool_free(struct simpool *pool)
{
	if (pool == NULL)
		return;
	mem_free(&sim_mem, pool->table);
	mem_free(&sim_mem, pool);
}

/* As long as it gets, both ways from p[at] == |where|. */
static void
grow(const struct simpool *pool, const uint8_t *p, size_t len, size_t at,
    const uint8_t *where, struct simpool_run *out)
{
	size_t before = SP_MIN(at, (size_t)(where - pool->p)), n = 0;
	size_t after = SP_MIN(len - at, (size_t)(pool->p + pool->len - where));

	while (n < before && p[at - n - 1] == where[-(ptrdiff_t)n - 1])
		n++;
	out->at = at - n;
	out->where = where - n;
	/* Usually all of it but the last few bytes. */
	for (n = 0; n + 64 <= after && memcmp(p + at + n, where + n, 64) == 0;)
		n += 64;
	while (n < after && p[at + n] == where[n])
		n++;
	out->len = at + n - out->at;
}

bool
simpool_find(const struct simpool *pool, const uint8_t *p, size_t len,
    struct simpool_run *out)
{
	const struct entry *e;
	uint64_t key, bit;

	if (len < SIMPOOL_MIN)
		return false;
	for (size_t at = SKIP; at < SKIP + STRIDE; at++) {
		key = window(p + at);
		bit = key & ((1 << MAYBE_LOG) - 1);
		if ((pool->maybe[bit / 64] >> bit % 64 & 1) == 0)
			continue;
		e = slot(pool, key);
		if (e->at == 0)
			continue;
		grow(pool, p, len, at, pool->p + (size_t)(e->at - 1) * STRIDE,
		    out);
		return out->len >= SIMPOOL_MIN;
	}
	return false;
}
