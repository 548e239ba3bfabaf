#ifndef TRACKER_POOL_H
#define TRACKER_POOL_H

/*
 * The peers of one family and scope in one swarm: one block of memory.
 *
 *	struct pool | entry 0 .. cap-1 | index
 *
 * An entry is what a compact reply has of the peer (IP and port, big-endian: 6
 * bytes, or 18) and two bytes of the owner's, its mark. The |len| that are used
 * come first, and of them the |seeds| that seed, so that whom a seeder may be
 * handed is one run of entries and needs no copy of anything.
 *
 * Pools of more than POOL_SCAN have an index: slots of 1, 2 or 4 bytes, as many
 * as it takes for |cap|, with an entry's number + 1 or 0, linear probing from
 * the hash of the peer's host. All ports of one host are in one run of slots
 * therefore, which is how they are counted, and the owner keeps them few.
 * Of loopback addresses there are as many as one likes: there the port is
 * hashed too.
 *
 * Growing or shrinking a pool fills its index again: 1 ms for 200,000 peers.
 */

#include "base/rng.h"
#include "tracker/budget.h"
#include "tracker/scope.h"

#define POOL_SCAN 8 /* so many are looked through without an index */
#define POOL_NONE UINT32_MAX
#define POOL_MAX  (UINT32_C(1) << 30) /* entries */

/* A class is POOL_V6 | scope * POOL_SCOPE. */
#define POOL_V6      1
#define POOL_SCOPE   2
#define POOL_CLASSES (POOL_SCOPE * SCOPE_COUNT)

#define POOL_V4_BYTES 6 /* of a compact peer */
#define POOL_V6_BYTES 18
#define POOL_V4_ENTRY 8
#define POOL_V6_ENTRY 20

struct pool {
	struct pool *next; /* the owner's: another pool of the swarm */
	uint32_t len, seeds, cap;
	uint8_t class;
	uint8_t zero[3];
	uint8_t bytes[]; /* entries and index, aligned to 8 */
};

/* What all pools of an owner share. */
struct pool_env {
	struct budget mem;
	uint64_t secret[2]; /* of the hash */
};

/* A peer's endpoint as pools look for it. */
struct pool_key {
	uint8_t at[POOL_V6_BYTES]; /* IP and port as in an entry */
	uint8_t class;
	uint32_t hash;
};

/* |addr| has a family. */
struct pool_key pool_key(const struct pool_env *env,
    const struct sp_addr *addr);
struct sp_addr pool_addr(const struct pool *p, uint32_t at);

static_assert(offsetof(struct pool, bytes) % 8 == 0, "entries are aligned");

/* A pool without entries. SP_ERR_FULL, SP_ERR_NOMEM. */
int pool_new(struct pool **out, struct pool_env *env, uint8_t class);
void pool_free(struct pool *p, struct pool_env *env);
/*
 * Number of the entry at |k|'s endpoint, or POOL_NONE; then *ports, which may
 * be NULL, is how many entries its host has (not for loopback: 0).
 */
uint32_t pool_find(const struct pool *p, const struct pool_key *k,
    uint32_t *ports);
/* The last entry before |end| with |k|'s IP, at any port, or POOL_NONE. */
uint32_t pool_last_of(const struct pool *p, const struct pool_key *k,
    uint32_t end);
/*
 * Adds an entry that is not there; the pool may move. SP_ERR_FULL,
 * SP_ERR_NOMEM: nothing has changed.
 */
int pool_add(struct pool **p, struct pool_env *env, const struct pool_key *k,
    bool seeds, uint16_t mark);
/*
 * Removes it: at most two others take the places of those that went before,
 * and none that stood in front of |at| moves.
 */
void pool_del(struct pool *p, const struct pool_env *env, uint32_t at);
/* Gives memory back when more than half of it is not used; the pool may move.
 */
void pool_trim(struct pool **p, struct pool_env *env);
/* Makes it seed or not; returns where it stands then. */
uint32_t pool_set_seeds(struct pool *p, const struct pool_env *env, uint32_t at,
    bool seeds);
uint16_t pool_mark(const struct pool *p, uint32_t at);
void pool_set_mark(struct pool *p, uint32_t at, uint16_t mark);

/* Entries |from| and after it of |p|. */
struct pool_span {
	const struct pool *p;
	uint32_t from;
};
/*
 * Writes |want| different peers of the |n| spans (at most SCOPE_COUNT, of one
 * family), or all that there are, as compact bytes, and returns how many. The
 * entry |self| of the span |self_span| is left out; POOL_NONE: none.
 *
 * The spans, one after the other, make a ring. It is cut into |want| parts from
 * a random place on, and a random peer of each part is taken: everybody is
 * equally likely, and neighbours in the ring are less likely to come together
 * than others. Costs two numbers of |rng|.
 */
size_t pool_sample(const struct pool_span *v, size_t n, size_t self_span,
    uint32_t self, struct sp_rng *rng, uint8_t *out, size_t want);

/* For tests: whether all entries are found, and the index has nothing else. */
bool pool_is_sound(const struct pool *p, const struct pool_env *env);

#endif
