#ifndef TEST_SIM_TRUTH_H
#define TEST_SIM_TRUTH_H

/*
 * The stream that everybody watches: bytes, records, the channel's key. A piece
 * of each track is made at a time, under the same number. Pieces are runs of
 * one pool of random bytes, each from another place, so that no viewer has to
 * keep any: a store's handle is the place in the pool.
 *
 * A block that is put into a store is compared with the truth; what differs
 * is counted and must stay 0 whatever polluters do.
 */

#include "base/buf.h"
#include "swarm/mesh.h"

#define TRUTH_TRACKS 8

struct truth_piece {
	uint64_t number;
	uint8_t track;
	sp_time avail; /* at the origin */
	const uint8_t *p;
	uint32_t len;
	const uint8_t *env; /* the record, sealed */
	size_t env_len;
	uint8_t digest[HASH_LEN];
};

struct truth;

struct truth_conf {
	uint64_t seed;
	size_t n_tracks;
	uint32_t piece_bytes[TRUTH_TRACKS];
	sp_time segment, window;
	sp_time start;   /* of piece 0 at the origin */
	int64_t wall_ms; /* at time 0 */
};

struct truth *truth_new(const struct truth_conf *conf);
void truth_free(struct truth *t);
const uint8_t *truth_pk(const struct truth *t);
const uint8_t *truth_manifest(const struct truth *t, size_t *len);

/* What all pieces are runs of. */
const uint8_t *truth_pool(const struct truth *t, size_t *len);

/* Makes the pieces of number truth_edge; false before their time. */
bool truth_make(struct truth *t, sp_time now);
sp_time truth_due(const struct truth *t); /* when the next is made */
uint64_t truth_edge(const struct truth *t);
/* NULL: not made yet. Pieces stay. */
const struct truth_piece *truth_piece(const struct truth *t, uint8_t track,
    uint64_t number);

/*
 * Compares what is put, keeps nothing. A polluter's gives |flip_ppm| of the
 * blocks, always the same ones, with one bit flipped.
 */
struct truth_store {
	const struct truth *truth;
	uint64_t wrong; /* blocks that were put and differ */
	uint32_t flip_ppm;
	uint8_t *lie; /* polluter: LIM_BLOCK bytes, else NULL */
};
void truth_store_init(struct truth_store *s, struct window_store *out,
    const struct truth *t, uint32_t flip_ppm);
void truth_store_fini(struct truth_store *s);

/*
 * Compares blocks with the truth instead of hashing them, and signatures with
 * those that were made. For one truth at a time: the table has no context.
 */
extern const struct mesh_crypto truth_crypto;
void truth_crypto_use(const struct truth *t);

#endif
