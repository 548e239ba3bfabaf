#ifndef SRC_WIRE_VERIFY_H
#define SRC_WIRE_VERIFY_H

/*
 * Checks what a seeder has signed: envelopes of manifests and records, alone,
 * one after the other, or as frames of a tracker's feed (wire/trackwire.h),
 * which may be mixed. For each record: form, leaf hashes against the root,
 * signature, and its place in the chain of its track.
 *
 * Pure. The caller keeps the bytes:
 *
 *	while ((n = verify_next(&v, p, len, end, &row)) > 0) {
 *		show(&row);
 *		p += n;
 *		len -= n;
 *	}
 */

#include "base/hash.h"
#include "wire/manifest.h"
#include "wire/record.h"
#include "wire/trackwire.h"

/* The newest record of a track. */
struct verify_track {
	bool known;
	uint32_t epoch;
	uint64_t number;
	uint8_t digest[HASH_LEN];
};

struct verify {
	bool has_pk; /* given, or taken from the first manifest */
	uint8_t pk[HASH_PK_LEN];
	struct verify_track tracks[LIM_TRACK_INIT + LIM_TRACKS];
	uint64_t manifests, records, failed; /* rows so far */
};

enum verify_kind {
	VERIFY_MANIFEST,
	VERIFY_RECORD,
	VERIFY_FRAME, /* HELLO, ALIVE, a type that is not known */
};

/* What was read; borrows the input. */
struct verify_row {
	enum verify_kind kind;
	bool framed;
	struct tw_frame frame; /* with framed */
	/*
	 * 0; SP_ERR_SIG; SP_ERR_HASH; SP_ERR_WRONGCHAN; SP_ERR_CHAIN (|prev|
	 * is not the digest of the track's last record); SP_ERR_STALE (number
	 * or epoch do not grow); SP_ERR_NOTFOUND (a record before any
	 * manifest and no key was given); codes of the decoders.
	 */
	int err;
	/*
	 * The record starts a track here: nothing before it was seen, or the
	 * epoch is newer.
	 */
	bool first;
	bool decoded; /* the next two hold something */
	struct record_env env;
	struct manifest manifest;
};

/* |pk| NULL: the first manifest's. */
void verify_init(struct verify *v, const uint8_t *pk);
/*
 * Bytes used; 0 when there is nothing or (unless |end|) more is needed;
 * negative when the input is neither a frame nor an envelope: it cannot be
 * read on. SP_ERR_SHORT: it ends in the middle of something.
 */
int verify_next(struct verify *v, const uint8_t *p, size_t len, bool end,
    struct verify_row *row);

#endif
