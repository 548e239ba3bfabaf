#ifndef TOOLS_CHECKPOINT_H
#define TOOLS_CHECKPOINT_H

/*
 * What a seeder must not forget, so that the channel goes on after a crash:
 * the head of each track's chain, where the source was, the epoch, and the
 * envelopes that no tracker has confirmed yet. Pure; text, one item per line:
 *
 *	spate-state 1
 *	channel PUBLIC-KEY
 *	epoch N
 *	serial N                         of the newest manifest
 *	head N                           seq of the newest head, if there is one
 *	track ID NUMBER SEQ DSEQ SOURCE-DSEQ WHAT PDT-MS AVAIL-MS ENDED DIGEST
 *	uri ID TEXT                      its playlist, as the source calls it
 *	init ID NUMBER ID-HASH ROOT DIGEST AVAIL-MS
 *	pending ENVELOPE                 hex
 *	end
 *
 * WHAT and ID-HASH are 16 hex digits, PDT-MS is "-" when there is none, keys
 * and digests are hex.
 */

#include "base/buf.h"
#include "base/hash.h"
#include "tools/follower.h"

#define CHECKPOINT_MAX     (8 * 1024 * 1024)
#define CHECKPOINT_PENDING 256 /* envelopes; the newest are kept */

struct checkpoint_track {
	bool used;
	char uri[LIM_URI + 1];
	struct follower_mark mark;
	uint8_t digest[HASH_LEN]; /* of the newest record */
	bool has_init;
	uint64_t init_number;
	uint64_t init_id; /* tells init sections apart: URI and range */
	int64_t init_avail_ms;
	uint8_t init_root[HASH_LEN];
	uint8_t init_digest[HASH_LEN];
};

struct checkpoint_env {
	uint8_t *p; /* owned */
	size_t len;
};

/* Large: keep it off small stacks. */
struct checkpoint {
	const struct sp_mem *mem;
	uint8_t pk[HASH_PK_LEN];
	uint32_t epoch;
	uint64_t serial;
	uint64_t head_seq; /* [0, LIM_AVAIL_MS] */
	struct checkpoint_track tracks[LIM_TRACKS];
	struct checkpoint_env pending[CHECKPOINT_PENDING];
	size_t n_pending;
};

struct checkpoint_error {
	unsigned line; /* from 1; 0: the file as a whole */
	const char *what;
};

void checkpoint_init(struct checkpoint *c, const struct sp_mem *mem);
void checkpoint_fini(struct checkpoint *c);
/*
 * SP_ERR_SYNTAX, SP_ERR_RANGE, SP_ERR_TOOBIG, SP_ERR_SHORT (no "end"),
 * SP_ERR_UNSUPPORTED (another version), SP_ERR_NOMEM. |c| is initialised, and
 * empty again after an error.
 */
int checkpoint_parse(struct checkpoint *c, const char *s, size_t len,
    struct checkpoint_error *e);
/* Appends the text; b->err. */
int checkpoint_write(struct sp_buf *b, const struct checkpoint *c);

#endif
