#ifndef SRC_IO_HPARSE_H
#define SRC_IO_HPARSE_H

/*
 * HTTP/1 requests out of bytes: no sockets, no memory of its own, no clock.
 * The grammar of headers is libhttp-parser's (RFC 9112); what it is lenient
 * about and must not be behind a proxy is refused here: header names with
 * blanks, folded lines, several Host fields, carriage returns without a line
 * feed, any Transfer-Encoding but one `chunked' of HTTP/1.1.
 *
 * The caller holds the bytes of a request, from its first one on, in one
 * buffer, which may move and grow between calls, and calls hparse_run after
 * each read. The strings of a complete request are NUL-terminated inside that
 * buffer: a request costs no allocation and no copy.
 *
 *	for (;;) {
 *		rc = hparse_run(&p, buf, &len);
 *		if (rc == HPARSE_MORE)
 *			... read behind buf + len, on with the loop
 *		if (rc == HPARSE_BAD)
 *			... answer p.status, close
 *		... p.path, p.query, hparse_header(&p, buf, "Range")
 *		... the next request begins at buf + p.at:
 *		hparse_init(&p, max_head, max_uri, max_body);
 *	}
 */

#include "base/err.h"

enum hparse_rc {
	HPARSE_MORE,
	HPARSE_DONE,
	HPARSE_BAD, /* |status| says how; no more bytes may be given */
};

enum hparse_stage {
	HPARSE_HEAD,
	HPARSE_BODY,
};

/* What comes next of a chunked body. */
enum hparse_chunk {
	HPARSE_CHUNK_SIZE,
	HPARSE_CHUNK_DATA,
	HPARSE_CHUNK_END, /* the end of the line behind the data */
	HPARSE_CHUNK_TRAILER,
};

struct hparse {
	union {
		uint64_t align;
		uint8_t bytes[32];
	} parser;         /* libhttp-parser's */
	uint8_t *buf;     /* during hparse_run */
	uint32_t at;      /* bytes consumed */
	uint32_t url;     /* offset of the request's target */
	uint32_t url_len; /* raw */
	uint32_t path;    /* decoded, with a NUL, begins with '/' */
	uint32_t query;   /* raw, with a NUL */
	uint32_t fields;  /* header lines are from here */
	uint32_t fields_end;
	uint32_t body;
	uint32_t body_len;
	uint32_t left;     /* bytes of the body, or of its chunk, to come */
	uint32_t trailers; /* bytes of them */
	uint32_t max_head, max_uri, max_body;
	uint16_t status; /* of HPARSE_BAD: 400 405 413 414 431 501 505 */
	uint8_t stage;   /* of enum hparse_stage */
	uint8_t chunk;   /* of enum hparse_chunk */
	uint8_t method;  /* index in libhttp-parser's enum; hparse_method */
	bool keep;       /* the client would use the connection again */
	bool old;        /* HTTP/1.0 */
	bool chunked;
	bool usual;    /* a GET without a word of Upgrade */
	bool expect;   /* 100-continue, and the body is not there yet */
	bool complete; /* all of it is in the buffer */
};

/*
 * At most |max_head| bytes of request line and header (431, 414), |max_uri|
 * of target (414; not more than |max_head|), |max_body| of decoded body
 * (413).
 */
void hparse_init(struct hparse *p, uint32_t max_head, uint32_t max_uri,
    uint32_t max_body);
/*
 * Looks at the bytes behind p->at. *len may shrink: the framing of a chunked
 * body is taken out. All of |*len| counts, bytes of later requests too; those
 * are left alone.
 */
enum hparse_rc hparse_run(struct hparse *p, uint8_t *buf, size_t *len);
/* "GET"; static. After the header is complete. */
const char *hparse_method(const struct hparse *p);
/*
 * Value of the first field |name| (any case), without blanks around it and
 * NUL-terminated in |buf|; NULL: there is none. Of a complete request.
 */
const char *hparse_header(const struct hparse *p, uint8_t *buf,
    const char *name);
/* The same of each field |name|: *at is 0 at first. NULL at the end. */
const char *hparse_each(const struct hparse *p, uint8_t *buf, const char *name,
    uint32_t *at);
/* Is |word| (any case) one of the comma-separated words of |list|, or NULL? */
bool hparse_has_word(const char *list, const char *word);

/*
 * Percent-decoding to at most size - 1 bytes and a NUL; |out| may be |s|.
 * Returns the length, SP_ERR_SYNTAX, SP_ERR_TOOBIG.
 */
int http_unescape(const char *s, size_t len, bool plus, char *out, size_t size);

#endif
