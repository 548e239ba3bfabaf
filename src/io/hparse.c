#include "io/hparse.h"

#include <strings.h>

#include <http_parser.h>

#include "base/buf.h"
#include "io/hparse_int.h"

_Static_assert(sizeof(struct http_parser) <=
		   sizeof(((struct hparse *)NULL)->parser),
    "the parser's state fits");

static struct http_parser *
parser(struct hparse *p)
{
	return (struct http_parser *)(void *)p->parser.bytes;
}

enum hparse_rc
hparse_bad(struct hparse *p, unsigned status)
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
	/* So that it returns here. The body is not its matter. */
	http_parser_pause(hp, 1);
	return 0;
}

static const struct http_parser_settings settings = {
	.on_url = on_url,
	.on_headers_complete = on_head,
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

/* HPARSE_DONE: libhttp-parser paused at the end of the header. */
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
		return hparse_bad(p, refusal(p, buf, e));
	return HPARSE_DONE;
}

/* ---- the request line and the header ---- */

/* Text without blanks around it, and how long that is. */
static const uint8_t *
trim(const uint8_t *s, const uint8_t *end, size_t *len)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (
	    end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	*len = (size_t)(end - s);
	return s;
}

/* One line, up to its line feed: 0, or a status. */
static unsigned
judge_field(struct hparse *p, const uint8_t *s, const uint8_t *nl,
    unsigned *hosts)
{
	const uint8_t *colon = memchr(s, ':', (size_t)(nl - s)), *cr;
	size_t len;

	cr = memchr(s, '\r', (size_t)(nl - s));
	if ((cr != NULL && cr != nl - 1) || colon == NULL ||
	    !hparse_is_name(s, (size_t)(colon - s)))
		return 400;
	len = (size_t)(colon - s);
	if (hparse_text_is(s, len, "Host") && (*hosts)++ > 0)
		return 400;
	if (!hparse_text_is(s, len, "Transfer-Encoding"))
		return 0;
	/* HTTP/1.0 does not have it, and once is enough. */
	if (p->old || p->chunked)
		return 400;
	s = trim(colon + 1, nl, &len);
	p->chunked = hparse_text_is(s, len, "chunked");
	return p->chunked ? 0 : 501;
}

/*
 * What two parsers might read in two ways: 0, or a status. libhttp-parser
 * takes whatever stands behind some carriage returns for a line feed.
 */
static unsigned
judge_fields(struct hparse *p, const uint8_t *buf)
{
	const uint8_t *s = buf + p->fields, *end = buf + p->fields_end, *nl;
	unsigned hosts = 0, status;

	while (s < end && *s != '\r' && *s != '\n') {
		nl = memchr(s, '\n', (size_t)(end - s));
		if (nl == NULL)
			return 400;
		if ((status = judge_field(p, s, nl, &hosts)) != 0)
			return status;
		s = nl + 1;
	}
	return end[-1] == '\n' && end - s == 1 + (*s == '\r') ? 0 : 400;
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
	unsigned status;
	uint8_t *nl;

	/* It stopped at the line feed that ends the header. */
	p->fields_end = p->body = ++p->at;
	if (p->url_len > p->max_uri)
		return hparse_bad(p, 414);
	if (p->fields_end > p->max_head)
		return hparse_bad(p, 431);
	nl = memchr(buf + p->url + p->url_len, '\n',
	    p->fields_end - p->url - p->url_len);
	p->fields = nl == NULL ? p->fields_end : (uint32_t)(nl + 1 - buf);
	if (hp->http_major != 1)
		return hparse_bad(p, p->url_len == 0 ? 400 : 505);
	if ((status = judge_fields(p, buf)) != 0)
		return hparse_bad(p, status);
	if (p->url_len == 0 || !split_target(p, buf))
		return hparse_bad(p, 400);
	p->stage = HPARSE_BODY;
	if (hp->content_length != UINT64_MAX && !p->chunked) {
		if (hp->content_length > p->max_body)
			return hparse_bad(p, 413);
		p->left = (uint32_t)hp->content_length;
	}
	if (p->left > 0 || p->chunked)
		p->expect = wants_continue(p, buf);
	return HPARSE_MORE;
}

enum hparse_rc
hparse_run(struct hparse *p, uint8_t *buf, size_t *len)
{
	enum hparse_rc rc;

	if (p->stage == HPARSE_HEAD) {
		if (p->at == 0 && hparse_usual(p, buf, *len)) {
			p->method = HTTP_GET;
			return split_target(p, buf) ? HPARSE_DONE
						    : hparse_bad(p, 400);
		}
		rc = execute(p, buf, *len);
		if (rc == HPARSE_MORE && p->at >= p->max_head)
			return hparse_bad(p,
			    memchr(buf, '\n', p->at) == NULL ? 414 : 431);
		if (rc != HPARSE_DONE)
			return rc;
		rc = head_done(p, buf);
		if (rc != HPARSE_MORE)
			return rc;
	}
	rc = hparse_body(p, buf, len);
	if (p->body_len > 0 || p->complete)
		p->expect = false;
	return rc;
}

/* ---- what is asked of it ---- */

const char *
hparse_method(const struct hparse *p)
{
	return http_method_str((enum http_method)p->method);
}

const char *
hparse_each(const struct hparse *p, uint8_t *buf, const char *name,
    uint32_t *at)
{
	uint8_t *s = buf + SP_MAX(*at, p->fields), *end = buf + p->fields_end;
	size_t len = strlen(name);
	uint8_t *eol, *v;

	for (; s < end; s = eol + 1) {
		/* An earlier call may have put a NUL for the line's end. */
		eol = s;
		while (eol < end && *eol != '\n' && *eol != '\0')
			eol++;
		if ((size_t)(eol - s) <= len || s[len] != ':' ||
		    strncasecmp((const char *)s, name, len) != 0)
			continue;
		*at = (uint32_t)(eol + 1 - buf);
		v = s + (trim(s + len + 1, eol, &len) - s);
		v[len] = '\0';
		return (const char *)v;
	}
	return NULL;
}

const char *
hparse_header(const struct hparse *p, uint8_t *buf, const char *name)
{
	uint32_t at = 0;

	return hparse_each(p, buf, name, &at);
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
