#ifndef SRC_BASE_MAP_H
#define SRC_BASE_MAP_H

/*
 * Hash map from fixed-size keys to fixed-size values, open addressing, keyed
 * hash (SipHash-2-4) so that a peer cannot choose colliding keys. Insertion
 * order does not matter to what lookups return; the order of iteration depends
 * on the sequence of calls alone, not on the seed. Memory grows with the number
 * of entries and stays until map_free. Keys are compared as bytes: a struct
 * used as key must have no padding. Values are aligned to 8 bytes.
 */

#include "base/err.h"
#include "base/mem.h"

#define MAP_MAX ((size_t)1 << 30) /* entries */

struct map;

/*
 * At most |max| (1..MAP_MAX) entries. key_size 1..64, val_size 0..4096.
 * SP_ERR_ARG, SP_ERR_NOMEM.
 */
int map_new(struct map **out, const struct sp_mem *mem, size_t key_size,
    size_t val_size, size_t max, uint64_t seed);
void map_free(struct map *m); /* NULL is fine */
size_t map_len(const struct map *m);
/* Value or NULL. Valid until the next put or del. */
void *map_get(const struct map *m, const void *key);
/*
 * Value of |key|, a zeroed new one if it was not there (*fresh, may be NULL,
 * tells). NULL on SP_ERR_FULL / SP_ERR_NOMEM, told in *err if not NULL.
 */
void *map_put(struct map *m, const void *key, bool *fresh, int *err);
/* SP_ERR_NOTFOUND. */
int map_del(struct map *m, const void *key);
/*
 * Iterate: *it starts at 0; returns the key and sets *val, NULL at the end.
 * Deleting the entry just returned is allowed, putting is not.
 */
const void *map_next(const struct map *m, size_t *it, void **val);

/* SipHash-2-4 of |len| bytes under (k0, k1). */
uint64_t map_siphash(uint64_t k0, uint64_t k1, const void *p, size_t len);

#endif
