#ifndef SWARM_WINDOW_H
#define SWARM_WINDOW_H

/*
 * The sliding window: records and blocks of every track, newest at the edge.
 *
 * Each track holds pieces [first, edge), kept in a ring of slots by number;
 * a slot may be empty (record not known). Advancing forgets what left.
 * A piece begins with its record and fills block by block; blocks go to a
 * store that the host may replace.
 */

#include "base/err.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "swarm/duty.h"
#include "swarm/holders.h"
#include "wire/record.h"

/*
 * Where blocks live. The default keeps one heap buffer per piece; the
 * simulator's keeps nothing.
 */
struct window_store {
	void *ctx;
	/* Handle for a piece, NULL when there is no memory. */
	void *(*piece_new)(void *ctx, const struct sp_mem *mem,
	    const struct record *rec);
	void (*piece_free)(void *ctx, const struct sp_mem *mem, void *piece,
	    const struct record *rec);
	/* Takes a verified block; 0 or SP_ERR_NOMEM. Copies. */
	int (*put)(void *ctx, void *piece, const struct record *rec,
	    uint32_t index, const uint8_t *p, size_t len);
	/* Bytes of a block that was put; holds until piece_free. */
	const uint8_t *(*get)(void *ctx, void *piece, const struct record *rec,
	    uint32_t index);
	/* A copy of an envelope, NULL when there is no memory, and the end of
	 * one; both NULL: on the heap. */
	uint8_t *(*env_dup)(void *ctx, const struct sp_mem *mem,
	    const struct record *rec, const uint8_t *env, size_t len);
	void (*env_free)(void *ctx, const struct sp_mem *mem,
	    const struct record *rec, uint8_t *env);
};
extern const struct window_store window_store_heap;

enum piece_block {
	PIECE_BLOCK_MISSING = 0,
	PIECE_BLOCK_HELD = 1,
};

struct piece {
	struct record rec; /* borrows env */
	uint8_t *env;      /* the envelope, owned */
	size_t env_len;
	const uint8_t *leaves; /* in env */
	uint8_t digest[HASH_LEN];
	void *data;         /* the store's, NULL before the first block */
	uint64_t *held;     /* bitmap of held blocks, bit i of word i / 64 */
	uint8_t *pending;   /* per block: requests to peers in flight */
	uint8_t *sent;      /* per block: how often we sent it, up to 255 */
	uint64_t *fetching; /* bitmap: on its way from the origin */
	uint32_t blocks, n_held, n_pending, n_fetching;
	struct holders holders; /* neighbours by slot, as the mesh has them */
	struct duty duty;       /* stripes that are ours to fetch */
	uint16_t heard;         /* stripes that somebody else has, or fetches */
	uint8_t stripes;        /* of duty; 0: nothing is */
	sp_time known_at;       /* record came */
	sp_time avail_at; /* availability at the origin on the local clock */
	sp_time done_at;  /* complete; SP_NEVER before */
	sp_time want_at;  /* a player has asked for it then; SP_NEVER */
	sp_time deadline; /* SP_NEVER: not followed */
	sp_time heard_at; /* of block piece_probe; SP_NEVER: not yet */
	uint8_t heard_n;  /* of so many neighbours at that time */
	uint8_t tries;    /* failed origin fetches */
	sp_time retry_at; /* no origin fetch before */
	bool from_peer;   /* record came from a peer or is our own */
	bool due_counted, missed, lost;
	bool offer_known, offered; /* neighbours had it when there was time */
	bool rescued; /* it was, and fetched at the guard time all the same */
};

struct window_track {
	bool used;
	uint64_t first, edge; /* numbers; equal: empty */
	struct piece **ring;  /* cap slots, cap a power of two */
	uint32_t cap;
};

struct window {
	const struct sp_mem *mem;
	const struct window_store *store;
	struct window_track tracks[LIM_TRACKS];
	struct window_track inits[LIM_TRACKS];
	uint64_t bytes; /* of held blocks */
};

void window_init(struct window *w, const struct sp_mem *mem,
    const struct window_store *store);
void window_fini(struct window *w);

/* NULL: id out of range. */
struct window_track *window_track(struct window *w, uint8_t track);
const struct window_track *window_track_const(const struct window *w,
    uint8_t track);
/* NULL: not known or left. */
struct piece *window_piece(const struct window *w, uint8_t track,
    uint64_t number);

/*
 * Adds the record of a taken-apart and verified envelope (copies the bytes).
 * Grows the window up to LIM_WINDOW_PIECES; a number beyond pushes the oldest
 * out, one before the window is SP_ERR_STALE, a known one SP_ERR_EXISTS (same
 * digest) or SP_ERR_EQUIV. SP_ERR_CHAIN: a neighbour in the same epoch is
 * known and its digest is not our prev (or our digest not its prev).
 * SP_ERR_NOMEM.
 */
int window_add(struct window *w, const struct record_env *env,
    const uint8_t *bytes, size_t len, sp_time now, struct piece **out);
/* Forgets every piece of |track| below |number|. */
void window_advance(struct window *w, uint8_t track, uint64_t number);

/*
 * Stores a verified block. SP_ERR_EXISTS when held already, SP_ERR_NOMEM.
 */
int window_put(struct window *w, struct piece *pc, uint32_t index,
    const uint8_t *p, size_t len);
/* NULL if not held. */
const uint8_t *window_get(const struct window *w, const struct piece *pc,
    uint32_t index);
/* Drops the blocks, keeps the record. */
void window_drop(struct window *w, struct piece *pc);

static inline bool
piece_holds(const struct piece *pc, uint32_t i)
{
	return pc->held[i / 64] >> (i % 64) & 1;
}

static inline bool
piece_fetches(const struct piece *pc, uint32_t i)
{
	return pc->fetching[i / 64] >> (i % 64) & 1;
}

/* The one of its blocks whose spreading is watched. */
static inline uint32_t
piece_probe(const struct piece *pc)
{
	return (uint32_t)(pc->rec.number % pc->blocks);
}

static inline bool
piece_is_complete(const struct piece *pc)
{
	return pc->n_held == pc->blocks;
}

#endif
