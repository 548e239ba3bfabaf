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
 * Keys of the dictionary. One that would be 0, empty or all zeros is left out
 * (o and i excepted, where 0 is a value):
 *
 *	a	availability at the origin, ms since 1970, seeder's clock
 *	d	duration, microseconds
 *	e	epoch
 *	f	flags
 *	i	number of the init piece in track t + LIM_TRACK_INIT
 *	k	playlist lines of the keys in force (EXT-X-KEY), whole lines
 *	l	length in bytes
 *	m	other playlist lines, whole lines
 *	n	number
 *	o	byte offset in the origin's resource
 *	p	digest of the previous record
 *	q	discontinuity sequence
 *	r	Merkle root
 *	t	track
 *	u	origin-relative URI
 *	x	absolute URI (instead of u)
 *
 * The protocol grows by new keys and flags: unknown keys are skipped on
 * decoding and unknown flags are kept. So encoding what was decoded gives the
 * same bytes when there were no unknown keys; who passes a record on sends the
 * bytes that came. The envelope has these three keys and no other, since
 * anybody could add unsigned ones.
 */

#include "base/buf.h"
#include "base/hash.h"
#include "wire/limits.h"

enum record_flag {
	RECORD_INIT = 0x01,          /* an init section, track >= 128 */
	RECORD_INDEPENDENT = 0x02,   /* starts with a key frame */
	RECORD_DISCONTINUITY = 0x04, /* EXT-X-DISCONTINUITY stands before */
	RECORD_PART = 0x08,          /* low-latency part */
	RECORD_GAP = 0x10,           /* EXT-X-GAP: no bytes, length 0 */
	RECORD_LAST = 0x20,          /* the track ends with this piece */
};

#define RECORD_FLAGS_KNOWN 0x3f
#define RECORD_NO_INIT     UINT64_MAX

/*
 * A decoded record. Text and raw borrow the bytes that were decoded.
 *
 * Text: uri follows uri_is_relative or, with absolute, uri_is_http
 * (wire/uri.h); keys and lines follow uri_is_lines.
 */
struct record {
	uint64_t number; /* [0, LIM_NUMBER) */
	uint64_t init;   /* number of the init piece or RECORD_NO_INIT; */
	/* init pieces have none */
	uint64_t offset; /* of the piece in its origin resource; with */
	/* length at most INT64_MAX */
	int64_t avail_ms; /* [0, LIM_AVAIL_MS] */
	uint32_t epoch;
	uint32_t duration_us; /* [0, LIM_DURATION_US], 0 for init pieces */
	uint32_t length;      /* [0, LIM_PIECE_BYTES], 0 iff RECORD_GAP */
	uint32_t dseq;        /* discontinuities so far, own included */
	uint16_t flags;
	uint8_t track; /* [0, LIM_TRACKS), for an init piece */
	/* + LIM_TRACK_INIT */
	bool has_range;         /* o was given: the resource is larger */
	bool absolute;          /* uri is x, else u; false without a uri */
	uint8_t root[HASH_LEN]; /* zeros iff RECORD_GAP */
	uint8_t prev[HASH_LEN]; /* zeros in the first record of a track */
	const char *uri;
	size_t uri_len;   /* 0: the origin does not have it */
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

/*
 * Appends the dictionary. SP_ERR_ARG for values outside the ranges above
 * (nothing is appended), b->err.
 */
int record_encode(struct sp_buf *b, const struct record *r);
/*
 * Strict. SP_ERR_SHORT, SP_ERR_SYNTAX (not a dictionary, types, text, sizes
 * of hashes), SP_ERR_CANON (also keys that should have been left out),
 * SP_ERR_RANGE (numbers, or values that contradict each other), SP_ERR_TOOBIG
 * (LIM_RECORD, LIM_URI, LIM_LINES, LIM_BENCODE_DEPTH).
 */
int record_decode(struct record *out, const uint8_t *p, size_t len);

/*
 * Signs and wraps. SP_ERR_ARG as record_encode, or |n_leaves| is not
 * hash_leaf_count of the length; SP_ERR_HASH when |leaves| do not give the
 * record's root; b->err, SP_ERR_NOMEM.
 */
int record_seal(struct sp_buf *b, const struct record *r, const uint8_t *leaves,
    size_t n_leaves, const uint8_t sk[HASH_SK_LEN]);
/*
 * Takes an envelope apart and checks it: form, number of leaves, root. Does
 * not check the signature. Errors as record_decode, SP_ERR_HASH (root), and
 * SP_ERR_TOOBIG for LIM_ENVELOPE.
 */
int record_open(struct record_env *out, const uint8_t *p, size_t len);
/* SP_ERR_SIG. */
int record_verify(const struct record_env *env, const uint8_t pk[HASH_PK_LEN]);
void record_digest(uint8_t out[HASH_LEN], const struct record_env *env);

uint32_t record_blocks(const struct record *r); /* number of blocks */
/* Bytes of block |i|, i < record_blocks. */
uint32_t record_block_len(const struct record *r, uint32_t i);

#endif
