#ifndef TOOLS_SPOOL_H
#define TOOLS_SPOOL_H

/*
 * What a seeder has signed and the swarm may still ask for: the envelopes of
 * the window in the order of signing, and the newest manifest. Each tracker has
 * a cursor that says how far it has got. Pure.
 *
 * A tracker's answer moves its cursor (spool_answer):
 *
 *	answer                       cursor
 *	no code, or STALE            after what was sent
 *	another boot than before     back to the start: it has restarted
 *	NOTFOUND                     back to the start
 *	CHAIN                        back to the start, once; if it says so
 *	                             again, on: it lacks what we lack too, and
 *	                             will take records again when the gap has
 *	                             left the window
 *	anything else                on, so that one bad frame stops nothing
 */

#include "base/buf.h"
#include "base/hash.h"
#include "wire/record.h"
#include "wire/trackwire.h"

#define SPOOL_MAX 8192 /* records; the oldest give way */

struct spool_entry {
	uint64_t seq; /* counts what was added, from 1 */
	uint64_t number, init;
	int64_t avail_ms;
	uint32_t duration_ms;
	uint32_t epoch, dseq;
	uint8_t track;
	bool confirmed; /* some tracker has it */
	uint8_t digest[HASH_LEN];
	uint8_t *env; /* owned */
	size_t len;
};

struct spool {
	const struct sp_mem *mem;
	struct spool_entry *v; /* oldest first */
	size_t n, cap;
	uint64_t seq;
	uint8_t *manifest; /* owned, NULL none */
	size_t manifest_len;
	uint64_t manifest_seq; /* counts manifests, from 1 */
};

struct spool_cursor {
	uint64_t seq;          /* newest that was answered for */
	uint64_t manifest_seq; /* the same */
	uint64_t boot;         /* of the tracker, 0 unknown */
	bool again;            /* CHAIN was answered with everything */
};

/* How far a batch goes. */
struct spool_batch {
	uint64_t seq, manifest_seq;
	unsigned frames;
	bool whole; /* from the start of the window */
};

void spool_init(struct spool *s, const struct sp_mem *mem);
void spool_fini(struct spool *s);
/*
 * Adds a copy of a record's envelope. SP_ERR_EXISTS: that piece is there;
 * errors of record_open; SP_ERR_NOMEM.
 */
int spool_add(struct spool *s, const uint8_t *env, size_t len);
/* Replaces the manifest. SP_ERR_NOMEM. */
int spool_manifest(struct spool *s, const uint8_t *env, size_t len);
/* Newest entry of |track|, NULL if none. Valid until the next call. */
const struct spool_entry *spool_newest(const struct spool *s, uint8_t track);
/*
 * Drops what has left the window, seen from the newest record; init pieces
 * stay while something names them, and the newest of each track.
 */
void spool_trim(struct spool *s, uint32_t window_ms);

/*
 * Appends frames that the tracker at |c| lacks, up to |max| bytes but at least
 * one; with |beat| at least the manifest. b->err; out->frames may be 0.
 */
int spool_batch(const struct spool *s, const struct spool_cursor *c, bool beat,
    size_t max, struct sp_buf *b, struct spool_batch *out);

/* The reply to a publish. */
struct spool_reply {
	uint64_t boot;
	int64_t accepted, stale, failed;
	int code; /* SP_ERR_*, 0 none, SP_ERR_UNSUPPORTED one that is unknown */
	const char *text; /* failure reason, not terminated, borrows */
	size_t text_len;
};
/* Errors of bencode_check; SP_ERR_SYNTAX: not such a reply. */
int spool_reply_read(struct spool_reply *out, const uint8_t *p, size_t len);
/*
 * Moves |c| for the answer |r| to |b|; marks what was confirmed. True when
 * records were refused for good (see above).
 */
bool spool_answer(struct spool *s, struct spool_cursor *c,
    const struct spool_batch *b, const struct spool_reply *r);

#endif
