/*
 * Bodies of requests. Chunks are read to the letter of RFC 9112, section 7.1:
 * where one reader ends a line and another does not, the next request is
 * another one for each of them.
 */

#include "io/hparse_int.h"

#include "base/buf.h"

#define CHUNK_LINE 1024 /* bytes of a chunk's size with its extensions */

/*
 * The line at p->at, whose line feed may be missing yet: its length without
 * the line's end. SP_ERR_SHORT; SP_ERR_SYNTAX, also when it is longer than
 * |max|.
 */
static int
line_at(const struct hparse *p, const uint8_t *buf, size_t len, size_t max)
{
	const uint8_t *s = buf + p->at;
	size_t i, n = SP_MIN(len - p->at, max + 2);

	for (i = 0; i < n && s[i] != '\r'; i++)
		if ((s[i] < ' ' && s[i] != '\t') || s[i] == 127)
			return SP_ERR_SYNTAX;
	if (i > max || (i + 1 < n && s[i + 1] != '\n'))
		return SP_ERR_SYNTAX;
	return i + 1 < n ? (int)i : SP_ERR_SHORT;
}

/* "1f;name=value": 0, or a status. */
static unsigned
read_size(struct hparse *p, const uint8_t *s, size_t len)
{
	uint64_t v = 0;
	size_t i;
	int d;

	for (i = 0; i < len && (d = buf_hex_digit((char)s[i])) >= 0; i++) {
		v = v << 4 | (unsigned)d;
		if (v > p->max_body - p->body_len)
			return 413;
	}
	if (i == 0 || (i < len && s[i] != ';' && s[i] != ' ' && s[i] != '\t'))
		return 400;
	p->left = (uint32_t)v;
	p->chunk = v == 0 ? HPARSE_CHUNK_TRAILER : HPARSE_CHUNK_DATA;
	return 0;
}

/* They are read over, and are to be fields all the same. */
static unsigned
read_trailer(struct hparse *p, const uint8_t *s, size_t len)
{
	const uint8_t *colon;

	if (len == 0) {
		p->complete = true;
		return 0;
	}
	p->trailers += (uint32_t)len;
	if (p->trailers > p->max_head)
		return 431;
	colon = memchr(s, ':', len);
	if (colon == NULL || !hparse_is_name(s, (size_t)(colon - s)))
		return 400;
	return 0;
}

/* What is neither data nor whole yet stays where it is. */
static enum hparse_rc
read_line(struct hparse *p, const uint8_t *buf, size_t len)
{
	const uint8_t *s = buf + p->at;
	size_t max = p->chunk == HPARSE_CHUNK_TRAILER ? p->max_head
		     : p->chunk == HPARSE_CHUNK_SIZE  ? CHUNK_LINE
						      : 0;
	int n = line_at(p, buf, len, max);
	unsigned status = 0;

	if (n == SP_ERR_SHORT)
		return HPARSE_MORE;
	if (n < 0)
		return hparse_bad(p, 400);
	if (p->chunk == HPARSE_CHUNK_SIZE)
		status = read_size(p, s, (size_t)n);
	else if (p->chunk == HPARSE_CHUNK_TRAILER)
		status = read_trailer(p, s, (size_t)n);
	else
		p->chunk = HPARSE_CHUNK_SIZE;
	p->at += (uint32_t)n + 2;
	return status == 0 ? HPARSE_DONE : hparse_bad(p, status);
}

/* Puts what came of the data behind what came before. */
static void
take_data(struct hparse *p, uint8_t *buf, size_t len)
{
	uint32_t n = (uint32_t)SP_MIN((size_t)p->left, len - p->at);

	if (n > 0 && p->at != p->body + p->body_len)
		memmove(buf + p->body + p->body_len, buf + p->at, n);
	p->body_len += n;
	p->at += n;
	p->left -= n;
}

static enum hparse_rc
read_chunks(struct hparse *p, uint8_t *buf, size_t len)
{
	enum hparse_rc rc = HPARSE_DONE;

	while (rc == HPARSE_DONE && !p->complete) {
		if (p->chunk != HPARSE_CHUNK_DATA) {
			rc = read_line(p, buf, len);
			continue;
		}
		take_data(p, buf, len);
		if (p->left > 0)
			return HPARSE_MORE;
		p->chunk = HPARSE_CHUNK_END;
	}
	return rc;
}

enum hparse_rc
hparse_body(struct hparse *p, uint8_t *buf, size_t *len)
{
	enum hparse_rc rc;
	size_t rest;

	if (!p->chunked) {
		take_data(p, buf, *len);
		p->complete = p->left == 0;
		return p->complete ? HPARSE_DONE : HPARSE_MORE;
	}
	rc = read_chunks(p, buf, *len);
	/* What comes next is to stand behind the content. */
	rest = *len - p->at;
	p->at = p->body + p->body_len;
	memmove(buf + p->at, buf + *len - rest, rest);
	*len = p->at + rest;
	return rc;
}
