#ifndef TOOLS_ARCHIVE_SPAN_H
#define TOOLS_ARCHIVE_SPAN_H

/*
 * A span of a channel: the records of its pieces in the order of signing, the
 * init pieces that they need, and the newest manifest.
 *
 * A piece belongs to a span of time if its middle does; its end is when the
 * origin had it. Renditions that are numbered alike are cut at the same
 * numbers.
 */

#include "io/when.h"
#include "wire/verify.h"

struct archive_piece {
	uint8_t *env; /* owned */
	size_t len;
	struct record_env e; /* borrows |env| */
	/* What archive_plan makes of it. */
	char *path;       /* in the torrent, owned; NULL: a gap, not needed */
	bool own;         /* a place of its own, not that at the origin */
	uint8_t *sha1;    /* of its pieces in a hybrid, owned */
	size_t same;      /* the piece whose file it is, mostly itself */
	const char *lost; /* of that piece: why there is none, static; NULL */
};

struct archive_span {
	uint8_t *manifest; /* owned */
	size_t manifest_len;
	struct manifest *m; /* owned, borrows |manifest| */
	struct archive_piece *v;
	size_t n, cap;
	unsigned holes; /* records that do not follow their predecessor */
};

struct archive_want {
	bool timed; /* the next two count, else all */
	struct when from, to;
	uint32_t tracks; /* by id */
};

/* Which record it was, for people. */
#define ARCHIVE_WHY 200

/*
 * Reads a journal or a feed, and checks signatures, leaf hashes and chains of
 * what is kept, by |pk| (NULL: by the key of the manifest). 0, or an error with
 * |why|. A hole is counted, and is no error.
 */
int archive_span_load(struct archive_span *out, const char *path,
    const struct archive_want *w, const uint8_t *pk, char why[ARCHIVE_WHY]);
void archive_span_fini(struct archive_span *s);

/* Start and end of a piece of media. */
int64_t archive_start_ms(const struct record *r);
/* Of all media; false if there is none. */
bool archive_span_times(const struct archive_span *s, int64_t *from,
    int64_t *to);

#endif
