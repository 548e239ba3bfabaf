#ifndef TOOLS_PLACE_H
#define TOOLS_PLACE_H

/*
 * Where things are: URLs of the source, URIs in records, files. Pure.
 *
 * A source directory is the URL "file:///" and all below it; its files are
 * named as they would be on a web server.
 */

#include "base/buf.h"
#include "wire/limits.h"
#include "wire/m3u8.h"

struct m3u8_span place_span(const char *s);
bool place_is_file(const char *url);
/* Appends |url| up to and with its last slash, without query. SP_ERR_SYNTAX. */
int place_dir(struct sp_buf *b, const char *url);
/* Appends "scheme://host:port/". SP_ERR_SYNTAX. */
int place_host(struct sp_buf *b, const char *url);
/*
 * Appends the path, below the source's directory, of a "file:///" URL.
 * SP_ERR_SYNTAX (bad escape, a zero byte, ".." that was escaped).
 */
int place_file(struct sp_buf *b, const char *url);

/* How a record names a resource. */
struct place_uri {
	const char *p; /* borrows |url|; NULL: the origin does not have it */
	size_t len;
	bool absolute;
};
/*
 * |url| is absolute. Relative to |source| (the directory of the source's
 * playlist) or to one of the |n| |origins| when it lies below; else absolute
 * if http.
 */
void place_uri(struct place_uri *out, const char *url, const char *source,
    const char *const *origins, size_t n);

/*
 * Appends the URL of the playlist |url| as viewers would know it: below
 * |origin| if that is not NULL and |url| lies below |source|, else itself if
 * it is http. Nothing is appended when viewers cannot know it.
 */
void place_public(struct sp_buf *b, const char *url, const char *source,
    const char *origin);

#endif
