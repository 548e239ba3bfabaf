#ifndef SRC_IO_HPARSE_INT_H
#define SRC_IO_HPARSE_INT_H

/*
 * What the files of io/hparse share:
 *
 *	hparse.c        the header, by libhttp-parser, and what is asked of it
 *	hparse_usual.c  the header of nearly all requests, in one pass
 *	hparse_body.c   bodies
 */

#include <strings.h>

#include "io/hparse.h"

static inline bool
hparse_text_is(const uint8_t *s, size_t len, const char *text)
{
	return len == strlen(text) &&
	       strncasecmp((const char *)s, text, len) == 0;
}

/* What is said of |p| that cannot be a request: HPARSE_BAD. */
enum hparse_rc hparse_bad(struct hparse *p, unsigned status);

/*
 * Takes the header of a GET by HTTP/1.1 without a body that is in the buffer
 * as a whole, and in which nothing is unusual; all but path and query is set
 * then. False: libhttp-parser is to say what it is; nothing has changed.
 */
bool hparse_usual(struct hparse *p, const uint8_t *buf, size_t len);
/* May this be the name of a header field? */
bool hparse_is_name(const uint8_t *s, size_t len);

/* The body, from p->at on: as hparse_run. */
enum hparse_rc hparse_body(struct hparse *p, uint8_t *buf, size_t *len);

#endif
