#ifndef TOOLS_ARCHIVE_PLAN_H
#define TOOLS_ARCHIVE_PLAN_H

/*
 * What an archive consists of, and the names of its files. All of it follows
 * from the records, the stem and what is lost, so who verifies makes it anew
 * and compares. Pure.
 *
 *	seg000001.ts     a piece, at its place below the origin
 *	STEM/t0/17.ts    a piece with a place of its own: number 17 of track 0
 *	STEM/t0/i5.mp4   the same of an init piece
 *	STEM.m3u8        what players open
 *	STEM-t0.m3u8     playlists of tracks, when there are several
 *	STEM.spate       manifest and records
 *
 * A piece gets a place of its own when it is a range of a larger resource, when
 * its URI is absolute or cannot be a path, and when a later piece has the same
 * path and other bytes: what the origin has there now is the later one's. Paths
 * are URIs without their query, unescaped.
 *
 * What is lost keeps its place in the playlists, as a gap.
 */

#include "tools/archive_span.h"
#include "wire/metainfo.h"

#define ARCHIVE_RECORDS  ".spate"
#define ARCHIVE_PLAYLIST ".m3u8"
#define ARCHIVE_STEM_MAX 128

/* Letters, digits and "._-" that do not begin with '.' or '-'. */
bool archive_is_stem(const char *s, size_t len);

/*
 * Gives each piece its path. SP_ERR_NOMEM. Pieces of no bytes, and init pieces
 * that none of the others needs, have none.
 */
int archive_plan(struct archive_span *s, const char *stem);

/* Why its file is not there; NULL when it is, or when there is none to be. */
const char *archive_lost(const struct archive_span *s,
    const struct archive_piece *a);

/*
 * Pieces with a file, by path, for archive_find; *out is malloc-ed. Returns
 * their number, SP_ERR_NOMEM.
 */
int archive_index(const struct archive_piece ***out,
    const struct archive_span *s);
const struct archive_piece *archive_find(const struct archive_piece **v,
    size_t n, const struct metainfo_text *path); /* NULL: none */

/* Appends STEM.spate; b->err. */
int archive_records(struct sp_buf *b, const struct archive_span *s);

/* Ids of the tracks with pieces, in order; returns their number. */
size_t archive_tracks(const struct archive_span *s, uint8_t out[LIM_TRACKS]);
/* Appends the playlist of a track; b->err. */
int archive_media_list(struct sp_buf *b, const struct archive_span *s,
    uint8_t track);
/* Appends the master playlist; b->err. */
int archive_master_list(struct sp_buf *b, const struct archive_span *s,
    const char *stem);

/* A small file: playlists and records. */
struct archive_small {
	char path[ARCHIVE_STEM_MAX + 16];
	struct sp_buf text;
	uint8_t root[HASH_LEN];
	uint8_t *leaves; /* of text, owned */
	uint8_t *sha1;   /* the same, of a hybrid */
};
#define ARCHIVE_SMALL (LIM_TRACKS + 2)
/*
 * All of them: playlists, then records; returns their number, or b->err,
 * SP_ERR_NOMEM, SP_ERR_NOTFOUND (no pieces).
 */
int archive_small(struct archive_small out[ARCHIVE_SMALL],
    const struct archive_span *s, const char *stem);
void archive_small_fini(struct archive_small *v, int n);

/*
 * The files of the torrent, in its order: small ones and pieces that are not
 * lost; *out is malloc-ed, paths, roots and leaves are borrowed. Returns their
 * number; SP_ERR_NOMEM, SP_ERR_TOOBIG.
 */
int archive_files(struct metainfo_file **out, const struct archive_span *s,
    const struct archive_small *small, int n_small);

#endif
