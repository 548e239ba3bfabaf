#include "io/hparse.h"

#include <strings.h>

#include <http_parser.h>

#include "base/buf.h"

_Static_assert(sizeof(struct http_parser) <=
		   sizeof(((struct hparse *)NULL)->parser),
    "the parser's state fits");

static struct http_parser *
parser(struct hparse *p)
{
	return (struct http_parser *)(void *)p->parser.bytes;
}

static enum hparse_rc
bad(struct hparse *p, unsigned status)
{
	p->status = (uint16_t)status;
	return HPARSE_BAD;
}

/* ---- what libhttp-parser tells ---- */

static int
on_url(struct http_parser *hp, const char *at, size_t len)
{
	struct hparse *p = hp->data;

	if (p->url_len == 0)
		p->url = (uint32_t)((const uint8_t *)at - p->buf);
	p->url_len += (uint32_t)len;
	return 0;
}

static int
on_head(struct http_parser *hp)
{
	struct hparse *p = hp->data;

	p->keep = http_should_keep_alive(hp);
	p->old = hp->http_major == 1 && hp->http_minor == 0;
	p->method = (uint8_t)hp->method;
	p->chunked = (hp->flags & F_CHUNKED) != 0;
	/* So that it returns here, and goes on when it is called again. */
	http_parser_pause(hp, 1);
	return 0;
}

static int
on_body(struct http_parser *hp, const char *at, size_t len)
{
	struct hparse *p = hp->data;
	uint8_t *to = p->buf + p->body + p->body_len;

	if (len > p->max_body - p->body_len) {
		p->status = 413;
		return -1;
	}
	/* Behind a chunk's length there is room for its content. */
	if (to != (const uint8_t *)at)
		memmove(to, at, len);
	p->body_len += (uint32_t)len;
	return 0;
}

static int
on_complete(struct http_parser *hp)
{
	struct hparse *p = hp->data;

	p->complete = true;
	http_parser_pause(hp, 1);
	return 0;
}

static const struct http_parser_settings settings = {
	.on_url = on_url,
	.on_headers_complete = on_head,
	.on_body = on_body,
	.on_message_complete = on_complete,
};

void
hparse_init(struct hparse *p, uint32_t max_head, uint32_t max_uri,
    uint32_t max_body)
{
	memset(p, 0, sizeof(*p));
	p->max_head = max_head;
	p->max_uri = SP_MIN(max_uri, max_head);
	p->max_body = max_body;
	http_parser_init(parser(p), HTTP_REQUEST);
	parser(p)->data = p;
}

/* Status for what libhttp-parser does not take. */
static unsigned
refusal(const struct hparse *p, const uint8_t *buf, enum http_errno e)
{
	if (p->status != 0)
		return p->status;
	switch (e) {
	case HPE_INVALID_METHOD:
		return buf[0] >= 'A' && buf[0] <= 'Z' ? 501 : 400;
	case HPE_INVALID_VERSION:
		return 505;
	case HPE_HEADER_OVERFLOW:
		return p->fields == 0 ? 414 : 431;
	case HPE_INVALID_TRANSFER_ENCODING:
		return 501;
	default:
		return 400;
	}
}

/* HPARSE_DONE: libhttp-parser paused, behind the header or at the end. */
static enum hparse_rc
execute(struct hparse *p, uint8_t *buf, size_t len)
{
	struct http_parser *hp = parser(p);
	enum http_errno e;
	size_t n;

	/* To libhttp-parser no bytes mean the end. */
	if (len == p->at)
		return HPARSE_MORE;
	hp->data = p;
	p->buf = buf;
	n = http_parser_execute(hp, &settings, (const char *)buf + p->at,
	    len - p->at);
	p->at += (uint32_t)n;
	e = HTTP_PARSER_ERRNO(hp);
	if (e == HPE_OK)
		return HPARSE_MORE;
	if (e != HPE_PAUSED)
		return bad(p, refusal(p, buf, e));
	http_parser_pause(hp, 0);
	return HPARSE_DONE;
}

/* ---- the request line and the header ---- */

static bool
name_is_sound(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] == '"' || s[i] >= 127)
			return false;
	return len > 0;
}

/* Does what two parsers might read in two ways. */
static bool
fields_are_sound(const struct hparse *p, const uint8_t *buf)
{
	const uint8_t *s = buf + p->fields, *end = buf + p->fields_end;
	const uint8_t *nl, *colon;
	unsigned hosts = 0;

	while (s < end && *s != '\r' && *s != '\n') {
		nl = memchr(s, '\n', (size_t)(end - s));
		if (nl == NULL)
			return true;
		colon = memchr(s, ':', (size_t)(nl - s));
		if (colon == NULL || !name_is_sound(s, (size_t)(colon - s)))
			return false;
		if (colon - s == 4 &&
		    strncasecmp((const char *)s, "Host", 4) == 0 && hosts++ > 0)
			return false;
		s = nl + 1;
	}
	return true;
}

static bool
split_target(struct hparse *p, uint8_t *buf)
{
	char *url = (char *)buf + p->url, *end = url + p->url_len, *s;
	int n;

	/* The byte behind the target is a blank that nobody needs. */
	*end = '\0';
	if ((s = memchr(url, '#', p->url_len)) != NULL)
		*(end = s) = '\0';
	if (*url != '/' && *url != '?') {
		/* http://host/path, as a proxy is asked. */
		if ((s = strstr(url, "://")) == NULL)
			return false;
		url = s + 3 + strcspn(s + 3, "/?");
		if (*url != '/')
			return false;
	}
	s = memchr(url, '?', (size_t)(end - url));
	p->query = (uint32_t)((uint8_t *)(s != NULL ? s + 1 : end) - buf);
	if (s == NULL)
		s = end;
	*s = '\0';
	p->path = (uint32_t)((uint8_t *)url - buf);
	n = http_unescape(url, (size_t)(s - url), false, url,
	    (size_t)(s - url) + 1);
	return n > 0 && strlen(url) == (size_t)n && *url == '/';
}

static bool
wants_continue(const struct hparse *p, uint8_t *buf)
{
	const char *v = hparse_header(p, buf, "Expect");

	return v != NULL && !p->old && strcasecmp(v, "100-continue") == 0;
}

/* The header is in the buffer as a whole. */
static enum hparse_rc
head_done(struct hparse *p, uint8_t *buf)
{
	const struct http_parser *hp = parser(p);
	uint64_t length = hp->content_length;
	uint8_t *nl;

	/* It stopped at the line feed that ends the header. */
	p->fields_end = p->at + 1;
	if (p->url_len > p->max_uri)
		return bad(p, 414);
	if (p->fields_end > p->max_head)
		return bad(p, 431);
	nl = memchr(buf + p->url + p->url_len, '\n',
	    p->fields_end - p->url - p->url_len);
	p->fields = nl == NULL ? p->fields_end : (uint32_t)(nl + 1 - buf);
	if (p->url_len == 0 || !fields_are_sound(p, buf))
		return bad(p, 400);
	if (hp->http_major != 1)
		return bad(p, 505);
	if (!split_target(p, buf))
		return bad(p, 400);
	p->body = p->fields_end;
	p->stage = HPARSE_BODY;
	if (length == UINT64_MAX || p->chunked)
		length = 0;
	if (length > p->max_body)
		return bad(p, 413);
	if (length > 0 || p->chunked)
		p->expect = wants_continue(p, buf);
	return HPARSE_MORE;
}

enum hparse_rc
hparse_run(struct hparse *p, uint8_t *buf, size_t *len)
{
	enum hparse_rc rc;
	size_t left;

	if (p->stage == HPARSE_HEAD) {
		rc = execute(p, buf, *len);
		if (rc == HPARSE_MORE && p->at >= p->max_head)
			return bad(p,
			    memchr(buf, '\n', p->at) == NULL ? 414 : 431);
		if (rc != HPARSE_DONE)
			return rc;
		rc = head_done(p, buf);
		if (rc != HPARSE_MORE)
			return rc;
	}
	rc = execute(p, buf, *len);
	if (rc == HPARSE_BAD)
		return rc;
	if (p->body_len > 0 || p->complete)
		p->expect = false;
	if (p->chunked) {
		/* What comes next is to stand behind the content. */
		left = *len - p->at;
		p->at = p->body + p->body_len;
		memmove(buf + p->at, buf + *len - left, left);
		*len = p->at + left;
	}
	return p->complete ? HPARSE_DONE : HPARSE_MORE;
}

/* ---- what is asked of it ---- */

const char *
hparse_method(const struct hparse *p)
{
	return http_method_str((enum http_method)p->method);
}

/* The first field |name| at or behind *|s|, which moves behind it. */
static const char *
next_field(uint8_t **s, uint8_t *end, const char *name)
{
	size_t len = strlen(name);
	uint8_t *eol, *v;

	for (; *s < end; *s = eol + 1) {
		/* An earlier call may have put a NUL for the line's end. */
		eol = *s;
		while (eol < end && *eol != '\n' && *eol != '\0')
			eol++;
		if ((size_t)(eol - *s) <= len || (*s)[len] != ':' ||
		    strncasecmp((const char *)*s, name, len) != 0)
			continue;
		v = *s + len + 1;
		*s = eol + 1;
		for (; v < eol && (*v == ' ' || *v == '\t'); v++)
			;
		for (; eol > v &&
		       (eol[-1] == ' ' || eol[-1] == '\t' || eol[-1] == '\r');
		     eol--)
			;
		*eol = '\0';
		return (const char *)v;
	}
	return NULL;
}

const char *
hparse_header(const struct hparse *p, uint8_t *buf, const char *name)
{
	uint8_t *s = buf + p->fields;

	return next_field(&s, buf + p->fields_end, name);
}

const char *
hparse_last(const struct hparse *p, uint8_t *buf, const char *name)
{
	uint8_t *s = buf + p->fields;
	const char *v, *last = NULL;

	while ((v = next_field(&s, buf + p->fields_end, name)) != NULL)
		last = v;
	return last;
}

bool
hparse_has_word(const char *list, const char *word)
{
	size_t len, n = strlen(word);

	while (list != NULL && *list != '\0') {
		list += strspn(list, " \t,");
		len = strcspn(list, ",");
		if (len >= n && strncasecmp(list, word, n) == 0 &&
		    strspn(list + n, " \t") == len - n)
			return true;
		list += len;
	}
	return false;
}

int
http_unescape(const char *s, size_t len, bool plus, char *out, size_t size)
{
	size_t i, n = 0;
	int hi, lo;
	char c;

	/* Most paths have nothing to decode, and are where they belong. */
	if (out == s && size > len && !plus && memchr(s, '%', len) == NULL)
		i = n = len;
	else
		i = 0;
	for (; i < len; i++) {
		c = s[i];
		if (c == '%') {
			if (len - i < 3)
				return SP_ERR_SYNTAX;
			hi = buf_hex_digit(s[i + 1]);
			lo = buf_hex_digit(s[i + 2]);
			if (hi < 0 || lo < 0)
				return SP_ERR_SYNTAX;
			c = (char)(hi * 16 + lo);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (n + 1 >= size)
			return SP_ERR_TOOBIG;
		out[n++] = c;
	}
	if (size == 0 || n > INT_MAX)
		return SP_ERR_TOOBIG;
	out[n] = '\0';
	return (int)n;
}
