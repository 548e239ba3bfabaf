#ifndef SRC_WIRE_METAINFO_H
#define SRC_WIRE_METAINFO_H

/*
 * BitTorrent metainfo (.torrent): version 2 (BEP 52), version 1 (BEP 3), and
 * hybrids of both, whose files begin at pieces of their own, by padding files
 * (BEP 47). Pure, canonical bencoding.
 *
 * The `pieces root' of a file is the root of spate's records, and its `piece
 * layers' follow from the leaf hashes of a record's envelope: a torrent of
 * pieces that were signed is written without a look at their bytes.
 *
 *	file of 5 blocks, pieces of 2 blocks      root
 *	                                   .-------^------.
 *	                                  .^.            .^.
 *	piece layer                      A   B          C   0'
 *	                                / \ / \        / \
 *	leaves                          0 1 2 3        4  0
 *
 * 0 is a hash of zeros, 0' the root of two of them; the layer is A B C. A file
 * of one piece or less has no layer, an empty one no root.
 *
 * Trackers are BEP 12's announce-list flattened; each is written as a tier of
 * its own. Web seeds are BEP 19's url-list.
 */

#include "base/buf.h"
#include "base/hash.h"
#include "wire/limits.h"

enum metainfo_version {
	METAINFO_V1 = 1 << 0,
	METAINFO_V2 = 1 << 1,
};
#define METAINFO_HYBRID (METAINFO_V1 | METAINFO_V2)

#define METAINFO_PIECE_MIN LIM_BLOCK
#define METAINFO_PIECE_MAX (UINT32_C(1) << 26)
#define METAINFO_DEPTH     10  /* components of a path */
#define METAINFO_NAME      255 /* bytes of a component */

struct metainfo_text {
	const char *p; /* not terminated */
	size_t len;
};

struct metainfo_file {
	/* Components joined by '/'; none is empty, "." or "..", or has control
	 * bytes, '/' or '\\' in it. */
	struct metainfo_text path;
	uint64_t length;     /* [0, INT64_MAX / 2] */
	const uint8_t *root; /* V2: HASH_LEN, not looked at for length 0 */
	/*
	 * V2 and longer than a piece, one of both: the hashes of the blocks
	 * (hash_leaf_count * HASH_LEN), or of the pieces (metainfo_pieces *
	 * HASH_LEN), which the reader gives.
	 */
	const uint8_t *leaves;
	const uint8_t *layer;
	/*
	 * Of a hybrid: SHA-1 of its pieces (metainfo_pieces * HASH_SHA1_LEN),
	 * the last one with the padding that follows it in it
	 * (metainfo_sha1). NULL where V1 alone was read.
	 */
	const uint8_t *sha1;
};

/* Texts and hashes are borrowed, from the caller or from what was read. */
struct metainfo {
	unsigned version; /* of enum metainfo_version */
	/* Power of two, METAINFO_PIECE_MIN.._MAX; of V1 alone any from 1. */
	uint32_t piece_length;
	struct metainfo_text name; /* a component */
	struct metainfo_text comment, created_by;
	int64_t created; /* seconds since 1970, 0 not told */
	bool private;
	size_t n_files; /* [1, LIM_METAINFO_FILES] */
	struct metainfo_file *files;
	size_t n_trackers, n_seeds;
	struct metainfo_text trackers[LIM_TRACKERS];
	struct metainfo_text seeds[LIM_ORIGINS];
	/*
	 * V1: hashes of all files, one behind the other. The reader gives them;
	 * they are written when V1 is written alone, without padding.
	 */
	const uint8_t *pieces;
	size_t n_pieces;
	/* Of the reader; who writes leaves them zero. */
	const struct sp_mem *mem;
	struct sp_buf text;        /* owns the paths; files are owned too */
	struct metainfo_text info; /* the dictionary's bytes */
	uint8_t v1[HASH_SHA1_LEN]; /* info-hash by SHA-1, V1 only */
	uint8_t v2[HASH_LEN];      /* by SHA-256, V2 only */
};

/*
 * Order of files in both versions: by components, bytewise. A file that is
 * another's directory, or there twice, is next to it.
 */
int metainfo_compare(const struct metainfo_text *a,
    const struct metainfo_text *b);
bool metainfo_is_path(const struct metainfo_text *path);
uint64_t metainfo_pieces(uint64_t length, uint32_t piece_length);
/* Least power of two, as a count of blocks: 0 for one block, 1 for two. */
unsigned metainfo_level(uint32_t piece_length);
/*
 * Hash of a hybrid's piece, of which |len| bytes are its file's; |pad|: all but
 * those of the last file are filled up. SP_ERR_UNSUPPORTED (hash_sha1v).
 */
int metainfo_sha1(uint8_t out[HASH_SHA1_LEN], const uint8_t *p, size_t len,
    uint32_t piece_length, bool pad);

/*
 * Appends the whole, or the info dictionary alone. SP_ERR_ARG: a value that is
 * not allowed, files that are not in order, pieces that do not fit them;
 * SP_ERR_EXISTS: a path that is there twice, or a directory too; SP_ERR_HASH:
 * |leaves| do not give the root; b->err. |bad| (may be NULL) gets the file that
 * it was, else n_files.
 */
int metainfo_write(struct sp_buf *b, const struct metainfo *m, size_t *bad);
int metainfo_write_info(struct sp_buf *b, const struct metainfo *m,
    size_t *bad);

/*
 * Reads one of either version. It is checked that layers give their roots, and
 * that both halves of a hybrid have the same files. Borrows |p|; metainfo_fini
 * after success. Codes of bencode_check (strict); SP_ERR_SYNTAX, SP_ERR_RANGE,
 * SP_ERR_TOOBIG (LIM_METAINFO*), SP_ERR_HASH (layer), SP_ERR_UNSUPPORTED (a
 * later meta version), SP_ERR_NOMEM; *why is static text for people. Padding
 * files are left out; trackers and web seeds that are too many, too long or not
 * http(s) or udp are skipped.
 */
int metainfo_read(struct metainfo *out, const struct sp_mem *mem,
    const uint8_t *p, size_t len, const char **why);
void metainfo_fini(struct metainfo *m);

/*
 * Appends the magnet link (BEP 9, 52) of what was read; the info-hashes, name,
 * trackers, web seeds.
 */
void metainfo_magnet(struct sp_buf *b, const struct metainfo *m);

#endif
