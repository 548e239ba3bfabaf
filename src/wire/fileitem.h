#ifndef SRC_WIRE_FILEITEM_H
#define SRC_WIRE_FILEITEM_H

/*
 * Which torrent the files of a channel are: an item of the DHT as BEP 46 has
 * it, under the channel's key with the salt "file". A new version of the files
 * is another torrent, and an item with a greater seq.
 *
 * Its value is a canonical bencoded dictionary of at most LIM_HEAD bytes, of
 * which other clients know ih. A key that would be 0 or empty is left out;
 * unknown keys are skipped:
 *
 *	a	list of peers of the torrent, each 6 bytes (IPv4) or 18 (IPv6)
 *	ih	what trackers and the DHT know the torrent by: the info-hash of
 *		version 1 if it has one, else the first 20 bytes of version 2's
 *	m	info-hash of version 2, 32 bytes
 *	n	name of the torrent, at most LIM_TITLE bytes
 *	o	list of web seeds (BEP 19)
 *	p	port of the torrent at who signs, whose address is not told
 *	u	list of announce URLs
 *	v	version (1); without it the item is another client's, and right
 *
 * seq and signature are as with the head (wire/head.h), which lends its struct
 * head_item. The manifest carries the item too, so who has no DHT gets it from
 * trackers and neighbours.
 */

#include "wire/head.h"

#define FILEITEM_SALT   "file"
#define FILEITEM_ID_LEN 20
#define FILEITEM_PACKED (8 + HASH_SIG_LEN + LIM_HEAD)

struct fileitem {
	uint8_t id[FILEITEM_ID_LEN];
	bool has_v2;
	uint8_t v2[HASH_LEN];
	struct head_text name;
	uint16_t port; /* 0: not told */
	size_t n_peers, n_seeds, n_trackers;
	struct sp_addr peers[LIM_HEAD_PEERS]; /* none that is bogus */
	struct head_text seeds[LIM_HEAD_URLS], trackers[LIM_HEAD_URLS];
};

/*
 * Makes the item, signed. What does not fit into LIM_HEAD bytes is left out,
 * always the last of its kind: trackers but the first, then web seeds but the
 * first, then peers, the tracker, the web seed, the name. |f| must not borrow
 * *out. SP_ERR_ARG: a value that fileitem_open would not take, or |seq|.
 */
int fileitem_seal(struct head_item *out, const struct fileitem *f, int64_t seq,
    const uint8_t sk[HASH_SK_LEN]);
/* As head_open; out borrows |it|. */
int fileitem_open(struct fileitem *out, const struct head_item *it,
    const uint8_t pk[HASH_PK_LEN]);
/* As head_merge. */
int fileitem_merge(struct head_item *have, const struct head_item *in,
    const uint8_t pk[HASH_PK_LEN]);

/* Appends u64 seq, signature and value: the form it has in a manifest. */
void fileitem_pack(struct sp_buf *b, const struct head_item *it);
/* SP_ERR_SHORT, SP_ERR_TOOBIG; nothing else is looked at. */
int fileitem_unpack(struct head_item *out, const void *p, size_t len);

/* Appends the torrent's magnet link (BEP 9, 52) with all that is told. */
void fileitem_magnet(struct sp_buf *b, const struct fileitem *f);

#endif
