#include "base/map.h"

/*
 * Entries lie densely in one array, in order of insertion except that a
 * deletion moves the last one into the hole. A table of 32-bit indices, at
 * most half full, finds them: linear probing, deletion shifts back, so there
 * are no tombstones to collect. For three keys:
 *
 *   index   . . 2 . 1 3 . .      entry number + 1, 0 is free
 *   entry   [hash val key] [hash val key] [hash val key]
 *
 * Iteration walks the entries from the last to the first: what a deletion
 * of the current entry moves into its place has been visited already.
 */

#define MAP_CAP_MIN 8

struct map {
	const struct sp_mem *mem;
	size_t key_size, val_size;
	size_t key_at; /* offset in an entry */
	size_t stride; /* bytes per entry */
	size_t max;
	uint64_t k0, k1;
	uint8_t *entry;  /* cap * stride bytes */
	uint32_t *index; /* mask + 1 slots */
	size_t mask;
	size_t len, cap;
};

#define ROTL(x, k) ((x) << (k) | (x) >> (64 - (k)))

/* Inlined whatever it costs: then |v| stays in registers. */
static inline __attribute__((always_inline)) void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROTL(v[1], 13) ^ v[0];
	v[0] = ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTL(v[1], 17) ^ v[2];
	v[2] = ROTL(v[2], 32);
}

static uint64_t
load_le(const uint8_t *p, size_t n)
{
	uint64_t x = 0;

	while (n-- > 0)
		x = x << 8 | p[n];
	return x;
}

/* Written out, which compilers make one load of. */
static uint64_t
load_le8(const uint8_t *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	       (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	       (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

uint64_t
map_siphash(uint64_t k0, uint64_t k1, const void *p, size_t len)
{
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du,
		k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u };
	const uint8_t *in = p;
	uint64_t m, last = (uint64_t)(len & 0xff) << 56;

	for (; len >= 8; in += 8, len -= 8) {
		m = load_le8(in);
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	last |= load_le(in, len);
	v[3] ^= last;
	sip_round(v);
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static size_t
round8(size_t n)
{
	return (n + 7) / 8 * 8;
}

int
map_new(struct map **out, const struct sp_mem *mem, size_t key_size,
    size_t val_size, size_t max, uint64_t seed)
{
	struct map *m;

	*out = NULL;
	if (key_size < 1 || key_size > 64 || val_size > 4096 || max < 1 ||
	    max > MAP_MAX)
		return SP_ERR_ARG;
	m = mem_zalloc(mem, 1, sizeof(*m));
	if (m == NULL)
		return SP_ERR_NOMEM;
	m->mem = mem;
	m->key_size = key_size;
	m->val_size = val_size;
	m->key_at = sizeof(uint64_t) + round8(val_size);
	m->stride = m->key_at + round8(key_size);
	m->max = max;
	m->k0 = seed;
	m->k1 = map_siphash(seed, ~seed, "map", 3);
	*out = m;
	return 0;
}

void
map_free(struct map *m)
{
	if (m == NULL)
		return;
	mem_free(m->mem, m->entry);
	mem_free(m->mem, m->index);
	mem_free(m->mem, m);
}

size_t
map_len(const struct map *m)
{
	return m->len;
}

static uint8_t *
entry_at(const struct map *m, size_t i)
{
	return m->entry + i * m->stride;
}

static uint64_t
entry_hash(const struct map *m, size_t i)
{
	uint64_t h;

	memcpy(&h, entry_at(m, i), sizeof(h));
	return h;
}

/* Slot of |key|, or the free slot where it belongs. */
static size_t
find(const struct map *m, uint64_t h, const void *key)
{
	size_t slot = (size_t)h & m->mask, i;

	while (m->index[slot] != 0) {
		i = m->index[slot] - 1;
		if (entry_hash(m, i) == h &&
		    memcmp(entry_at(m, i) + m->key_at, key, m->key_size) == 0)
			break;
		slot = (slot + 1) & m->mask;
	}
	return slot;
}

/* Slot that holds entry |i|. */
static size_t
slot_of(const struct map *m, size_t i)
{
	size_t slot = (size_t)entry_hash(m, i) & m->mask;

	while (m->index[slot] != i + 1)
		slot = (slot + 1) & m->mask;
	return slot;
}

static void
reindex(struct map *m)
{
	size_t slot;

	for (size_t i = 0; i < m->len; i++) {
		slot = (size_t)entry_hash(m, i) & m->mask;
		while (m->index[slot] != 0)
			slot = (slot + 1) & m->mask;
		m->index[slot] = (uint32_t)(i + 1);
	}
}

static int
grow(struct map *m)
{
	size_t cap = SP_MAX(m->cap * 2, (size_t)MAP_CAP_MIN);
	uint32_t *index;
	uint8_t *entry;

	/* cap stays a power of two and the table has twice as many slots;
	 * only the entries are cut at max. */
	index = mem_zalloc(m->mem, cap * 2, sizeof(*index));
	if (index == NULL)
		return SP_ERR_NOMEM;
	entry = mem_resize(m->mem, m->entry, SP_MIN(cap, m->max), m->stride);
	if (entry == NULL) {
		mem_free(m->mem, index);
		return SP_ERR_NOMEM;
	}
	mem_free(m->mem, m->index);
	m->index = index;
	m->entry = entry;
	m->mask = cap * 2 - 1;
	m->cap = cap;
	reindex(m);
	return 0;
}

void *
map_get(const struct map *m, const void *key)
{
	size_t slot;

	if (m->len == 0)
		return NULL;
	slot = find(m, map_siphash(m->k0, m->k1, key, m->key_size), key);
	if (m->index[slot] == 0)
		return NULL;
	return entry_at(m, m->index[slot] - 1) + sizeof(uint64_t);
}

static int
insert(struct map *m, const void *key)
{
	uint64_t h = map_siphash(m->k0, m->k1, key, m->key_size);
	uint8_t *e;
	int rc;

	if (m->len >= m->max)
		return SP_ERR_FULL;
	if (m->len >= m->cap && (rc = grow(m)) != 0)
		return rc;
	e = entry_at(m, m->len);
	memset(e, 0, m->stride);
	memcpy(e, &h, sizeof(h));
	memcpy(e + m->key_at, key, m->key_size);
	m->index[find(m, h, key)] = (uint32_t)++m->len;
	return 0;
}

void *
map_put(struct map *m, const void *key, bool *fresh, int *err)
{
	void *val = map_get(m, key);
	int rc = 0;

	if (fresh != NULL)
		*fresh = false;
	if (val == NULL) {
		rc = insert(m, key);
		if (rc == 0) {
			val = entry_at(m, m->len - 1) + sizeof(uint64_t);
			if (fresh != NULL)
				*fresh = true;
		}
	}
	if (err != NULL)
		*err = rc;
	return val;
}

/* Frees |hole| and moves back the entries that had to probe past it. */
static void
close_slot(struct map *m, size_t hole)
{
	size_t slot = hole, home;

	for (;;) {
		slot = (slot + 1) & m->mask;
		if (m->index[slot] == 0)
			break;
		home = (size_t)entry_hash(m, m->index[slot] - 1) & m->mask;
		if (((slot - home) & m->mask) >= ((slot - hole) & m->mask)) {
			m->index[hole] = m->index[slot];
			hole = slot;
		}
	}
	m->index[hole] = 0;
}

int
map_del(struct map *m, const void *key)
{
	size_t slot, i, last;

	if (m->len == 0)
		return SP_ERR_NOTFOUND;
	slot = find(m, map_siphash(m->k0, m->k1, key, m->key_size), key);
	if (m->index[slot] == 0)
		return SP_ERR_NOTFOUND;
	i = m->index[slot] - 1;
	close_slot(m, slot);
	last = m->len - 1;
	if (i != last) {
		m->index[slot_of(m, last)] = (uint32_t)(i + 1);
		memcpy(entry_at(m, i), entry_at(m, last), m->stride);
	}
	m->len = last;
	return 0;
}

const void *
map_next(const struct map *m, size_t *it, void **val)
{
	size_t i = *it == 0 ? m->len : SP_MIN(*it - 1, m->len);
	uint8_t *e;

	if (i == 0) {
		*it = 1;
		return NULL;
	}
	*it = i;
	e = entry_at(m, i - 1);
	if (val != NULL)
		*val = e + sizeof(uint64_t);
	return e + m->key_at;
}
