#ifndef TOOLS_ARCHIVE_MEDIA_H
#define TOOLS_ARCHIVE_MEDIA_H

/* Where the pieces of a channel are: a directory, or an origin's base URL. */

#include "io/origin.h"
#include "tools/grab.h"
#include "wire/record.h"

struct archive_media {
	struct loop *loop;
	struct origin *origin;
	struct grab_source src;
	char *base;     /* URL with a slash at its end; NULL: a directory */
	char why[200];  /* of the last failure, for people */
	uint8_t *bytes; /* of the last piece, owned */
};

/* |arg| is borrowed for life. False after a complaint. */
bool archive_media_open(struct archive_media *m, const char *arg);
void archive_media_close(struct archive_media *m);
/*
 * The bytes of a piece, checked against its record; valid until the next call.
 * NULL with m->why.
 */
const uint8_t *archive_media_get(struct archive_media *m,
    const struct record *r);
/*
 * Is there a file of |len| bytes at |path| below the directory? True for URLs:
 * nobody is asked. False with m->why.
 */
bool archive_media_look(struct archive_media *m, const char *path,
    uint64_t len);

#endif
