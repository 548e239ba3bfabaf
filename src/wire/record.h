#ifndef SRC_WIRE_RECORD_H
#define SRC_WIRE_RECORD_H

/*
 * The signed description of one piece, and the envelope in which it travels.
 *
 * A record is a canonical bencoded dictionary; the envelope is
 *
 *	d 1:h <leaf hashes, 32 bytes each> 1:r <record> 1:s 64:<signature> e
 *
 * and the signature covers the record's bytes under the label "spate record 1"
 * (hash_sign). Leaf hashes are not signed: they are checked against the root.
 * A record's digest is the SHA-256 of its bytes; the next record of the track
 * carries it as |prev|, which makes the track an append-only log.
 *
 * Keys of the dictionary (absent = 0 / empty / none):
 *	a  availability at the origin, ms since 1970, seeder's clock
 *	d  duration, microseconds
 *	e  epoch                          f  flags
 *	i  number of the init piece in track |t| + LIM_TRACK_INIT
 *	k  playlist lines of the keys in force (EXT-X-KEY), '\n' after each
 *	l  length in bytes                m  other playlist lines, '\n' each
 *	n  number                         o  byte offset in the origin's
 *resource p  digest of the previous record  q  discontinuity sequence r  Merkle
 *root                    t  track u  origin-relative URI            x  absolute
 *URI (instead of u)
 */

#include "base/buf.h"
#include "base/hash.h"
#include "wire/limits.h"

enum record_flag {
	RECORD_INIT = 1 << 0,        /* an init section, track >= 128 */
	RECORD_INDEPENDENT = 1 << 1, /* starts with a key frame */
	RECORD_DISCONTINUITY = 1
			       << 2, /* EXT-X-DISCONTINUITY stands before it */
	RECORD_PART = 1 << 3,        /* low-latency part */
	RECORD_GAP = 1 << 4,         /* EXT-X-GAP: no bytes, length 0 */
	RECORD_LAST = 1 << 5,        /* the track ends with this piece */
};

#define RECORD_FLAGS_KNOWN 0x3f
#define RECORD_NO_INIT     UINT64_MAX

/* A decoded record. Text and raw borrow the bytes that were decoded. */
struct record {
	uint64_t number; /* [0, LIM_NUMBER) */
	uint64_t init;   /* RECORD_NO_INIT or number of the init piece */
	uint64_t offset; /* of the piece in its origin resource */
	int64_t avail_ms;
	uint32_t epoch;
	uint32_t duration_us; /* 0 for init pieces */
	uint32_t length; /* bytes, 0 only with RECORD_GAP; <= LIM_PIECE_BYTES */
	uint32_t dseq;   /* discontinuities of the track so far, own included */
	uint16_t flags;
	uint8_t track;
	bool has_range; /* o was given: the resource is larger than the piece */
	bool absolute;  /* uri is x, else u */
	uint8_t root[HASH_LEN];
	uint8_t prev[HASH_LEN]; /* zeros in the first record of a track */
	const char *uri;
	size_t uri_len;
	const char *keys; /* whole lines */
	size_t keys_len;
	const char *lines;
	size_t lines_len;
};

/* An envelope taken apart; borrows it. */
struct record_env {
	struct record rec;
	const uint8_t *raw; /* the record's bytes */
	size_t raw_len;
	const uint8_t *leaves; /* n_leaves * 32 */
	size_t n_leaves;
	const uint8_t *sig;
};

/* Appends the dictionary. SP_ERR_ARG for values out of range, b->err. */
int record_encode(struct sp_buf *b, const struct record *r);
/*
 * Strict: SP_ERR_SYNTAX, SP_ERR_CANON, SP_ERR_RANGE, SP_ERR_TOOBIG. Refused
 * besides: control bytes or line breaks in uri, keys/lines that are not whole
 * lines starting with '#', ".." path segments or scheme in a relative uri.
 */
int record_decode(struct record *out, const uint8_t *p, size_t len);

/* Signs and wraps; |leaves| must give the record's root (SP_ERR_HASH). */
int record_seal(struct sp_buf *b, const struct record *r, const uint8_t *leaves,
    size_t n_leaves, const uint8_t sk[HASH_SK_LEN]);
/*
 * Takes an envelope apart and checks it: form, number of leaves, root. Does
 * not check the signature.
 */
int record_open(struct record_env *out, const uint8_t *p, size_t len);
/* SP_ERR_SIG. */
int record_verify(const struct record_env *env, const uint8_t pk[HASH_PK_LEN]);
void record_digest(uint8_t out[HASH_LEN], const struct record_env *env);

uint32_t record_blocks(const struct record *r); /* number of blocks */
/* Bytes of block |i|, i < record_blocks. */
uint32_t record_block_len(const struct record *r, uint32_t i);

#endif
