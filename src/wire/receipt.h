#ifndef SRC_WIRE_RECEIPT_H
#define SRC_WIRE_RECEIPT_H

/*
 * A batch of receipts: what one viewer got from each of its neighbours, bytes
 * that it has verified, signed by the one who got them. It goes to the tracker
 * (POST /live/<info-hash>/receipts), which so learns who uploads without having
 * to believe who says so of himself.
 *
 *	u8 version = 1, info-hash, Ed25519 public key of the receiver,
 *	u64 slice, u8 number of slices, u8 number of entries, entries,
 *	signature: Ed25519 under the label "spate receipt 1" of all before it
 * and an entry:
 *	peer-id of who gave, u32 bytes, u8 flags
 * Entries are in the order of peer-ids, none twice.
 *
 * Time is that of the channel, the one in which records say when a piece was
 * available: slice n lasts from n * 10 s to (n + 1) * 10 s, and the batch
 * covers the |slices| that end with |slice|. A tracker takes each slice of a
 * viewer once.
 *
 * The receiver is whose peer-id follows from the key: link_peerid of its form
 * on Curve25519, which is the static key of the viewer's handshakes.
 */

#include "base/buf.h"
#include "base/hash.h"
#include "wire/limits.h"
#include "wire/link.h"

#define RECEIPT_SLICE_MS 10000
#define RECEIPT_ENTRY    (LINK_PEERID_LEN + 4 + 1)
#define RECEIPT_HEAD     (1 + LINK_INFOHASH_LEN + HASH_PK_LEN + 8 + 1 + 1)
#define RECEIPT_MAX      (RECEIPT_HEAD + LIM_RECEIPTS * RECEIPT_ENTRY + HASH_SIG_LEN)

enum receipt_flag {
	RECEIPT_BAD = 1 << 0, /* it sent a block that failed its hash */
};

struct receipt_entry {
	uint8_t peer_id[LINK_PEERID_LEN];
	uint32_t bytes; /* as many as fit */
	uint8_t flags;  /* RECEIPT_*; others are kept */
};

struct receipt {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t key[HASH_PK_LEN];
	uint64_t slice;
	uint8_t slices; /* [1, LIM_RECEIPT_SPAN], at most slice + 1 */
	uint8_t n;      /* [1, LIM_RECEIPTS] */
	struct receipt_entry entries[LIM_RECEIPTS];
};

/* Appends the batch, signed; out->key is that of |sk|. Errors are in b->err. */
void receipt_seal(struct sp_buf *b, const struct receipt *r,
    const uint8_t sk[HASH_SK_LEN]);
/*
 * Takes a batch apart; the signature is not looked at. SP_ERR_SHORT,
 * SP_ERR_SYNTAX (version, bytes left over), SP_ERR_RANGE (numbers),
 * SP_ERR_CANON (order).
 */
int receipt_open(struct receipt *out, const uint8_t *p, size_t len);
/* The signature of what receipt_open took. 0 or SP_ERR_SIG. */
int receipt_verify(const struct receipt *r, const uint8_t *p, size_t len);
/* Whose receipts they are. SP_ERR_SIG: the key is none. */
int receipt_peerid(uint8_t out[LINK_PEERID_LEN],
    const uint8_t key[HASH_PK_LEN]);

#endif
