#ifndef SRC_WIRE_HEAD_H
#define SRC_WIRE_HEAD_H

/*
 * The head of a channel: where it stands and who knows of it, so small that it
 * fits into the DHT as a mutable item of BEP 44 under the channel's key, with
 * the salt "head". Whoever has the channel's key can ask for it, and only who
 * has the secret one can make it.
 *
 * Its value is a canonical bencoded dictionary of at most LIM_HEAD bytes. A key
 * that would be 0 or empty is left out; unknown keys are skipped, as in
 * records. Keys, where they are a manifest's with the same letters:
 *
 *	a	list of peers, each 6 bytes (IPv4) or 18 (IPv6), as BEP 23 and 7
 *	e	epoch
 *	m	digest of the newest manifest (manifest_digest)
 *	n	list of the newest pieces of tracks, in their order, each of
 *		41 bytes: u8 track, u64 number, digest of its record
 *	o	list of origin base URLs
 *	s	serial of that manifest
 *	u	list of tracker URLs
 *	v	version (1)
 *
 * seq, which BEP 44 has beside the value, is the time at which the item was
 * signed, in ms since 1970, or one more than the seq before it, whichever is
 * greater. The item with the greater seq counts; of two with the same seq, the
 * one that was known first.
 *
 * What is signed is not under a label as everything else (hash_sign), for any
 * node of the DHT must be able to check it. It begins with "4:salt4:head", so
 * it cannot be taken for a digest, which is what hash_sign signs.
 */

#include "base/addr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "wire/limits.h"

#define HEAD_SALT     "head"
#define HEAD_SALT_MAX LIM_SALT

/* An item as it is put and got; the key and the salt go without saying. */
struct head_item {
	int64_t seq; /* [1, LIM_AVAIL_MS]; 0: there is none */
	uint8_t sig[HASH_SIG_LEN];
	uint8_t v[LIM_HEAD];
	size_t len;
};

struct head_piece {
	uint8_t track;            /* [0, LIM_TRACKS), growing, each once */
	uint64_t number;          /* [0, LIM_NUMBER) */
	uint8_t digest[HASH_LEN]; /* of its record */
};

struct head_text {
	const char *p; /* not terminated */
	size_t len;
};

struct head {
	uint32_t epoch;
	uint64_t serial;            /* [0, INT64_MAX] */
	uint8_t manifest[HASH_LEN]; /* digest; all zeros: not told */
	size_t n_pieces, n_trackers, n_origins, n_peers;
	struct head_piece pieces[LIM_HEAD_PIECES];
	struct head_text trackers[LIM_HEAD_URLS], origins[LIM_HEAD_URLS];
	struct sp_addr peers[LIM_HEAD_PEERS]; /* none that is bogus */
};

/*
 * Appends what BEP 44 has signed for a mutable item, which is what the bencoded
 * dictionary of salt, seq and v has between its d and its e. No salt:
 * |salt_len| is 0. |v| is bencoded already. Errors stay in |b|; SP_ERR_ARG for
 * a salt above HEAD_SALT_MAX.
 */
void head_signed(struct sp_buf *b, const void *salt, size_t salt_len,
    int64_t seq, const void *v, size_t len);

/*
 * Makes the item, signed. What does not fit into LIM_HEAD bytes is left out,
 * always the last of its kind: origins but the first, then trackers but the
 * first, then peers, pieces but the first, the origin, the tracker, the piece.
 * |h| must not borrow *out. SP_ERR_ARG: a value that head_open would not take,
 * or |seq|.
 */
int head_seal(struct head_item *out, const struct head *h, int64_t seq,
    const uint8_t sk[HASH_SK_LEN]);
/*
 * Checks seq, signature and value; out borrows |it|. SP_ERR_SIG, SP_ERR_RANGE
 * (seq, numbers, peers), SP_ERR_TOOBIG, SP_ERR_UNSUPPORTED (another version),
 * SP_ERR_CANON, SP_ERR_SYNTAX and the other codes of bencode_check.
 */
int head_open(struct head *out, const struct head_item *it,
    const uint8_t pk[HASH_PK_LEN]);
/*
 * Takes |in| for *have when it is newer and right. 0: taken; SP_ERR_STALE:
 * older; SP_ERR_EXISTS: the same; SP_ERR_EQUIV: the same seq and another value;
 * else the code of head_open.
 */
int head_merge(struct head_item *have, const struct head_item *in,
    const uint8_t pk[HASH_PK_LEN]);
/*
 * The seq of the next item after one with |last| (0: none is known), signed at
 * |wall_ms|. SP_ERR_FULL: there is none.
 */
int64_t head_next(int64_t last, int64_t wall_ms);

#endif
