#ifndef TOOLS_FILEHASH_H
#define TOOLS_FILEHASH_H

/*
 * Makes a torrent of a set of files, some bytes at a time, so that a program
 * can do other things meanwhile.
 */

#include "tools/fileset.h"

struct filehash;

struct filehash_conf {
	unsigned version;      /* enum metainfo_version, or METAINFO_HYBRID */
	uint32_t piece_length; /* 0: about four thousand of them */
};

/*
 * Borrows |set| for life. SP_ERR_NOMEM, SP_ERR_TOOBIG (too many pieces for a
 * .torrent).
 */
int filehash_new(struct filehash **out, const struct fileset *set,
    const struct filehash_conf *conf);
void filehash_free(struct filehash *h); /* NULL is fine */
/*
 * Reads and hashes about |bytes|. 1: all is hashed; 0: not yet; SP_ERR_STALE: a
 * file is not as the set has it; SP_ERR_IO, SP_ERR_UNSUPPORTED (SHA-1). |why|
 * names the file.
 */
int filehash_step(struct filehash *h, size_t bytes, char why[FILESET_WHY_MAX]);
uint64_t filehash_done(const struct filehash *h); /* bytes */

/*
 * Appends the .torrent, after filehash_step has said 1. |about| lends created,
 * created_by, comment, trackers and seeds, and gets the info-hashes. Codes of
 * metainfo_write and metainfo_read.
 */
int filehash_write(struct filehash *h, struct sp_buf *b,
    struct metainfo *about);

#endif
