#include "io/http_int.h"

#include <sys/uio.h>

#define HTTP_GZIP_MIN 512 /* a packet's worth is not worth it */

static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} names[] = {
		{ 101, "Switching Protocols" },
		{ 200, "OK" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 304, "Not Modified" },
		{ 307, "Temporary Redirect" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 416, "Range Not Satisfiable" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t i;

	for (i = 0; i < SP_LEN(names); i++)
		if (names[i].status == status)
			return names[i].text;
	return "Status";
}

bool
http_has_body(const struct http_req *r, int status)
{
	return r->method != HTTP_M_HEAD && status != 204 && status != 304 &&
	       status >= 200;
}

static bool
breaks(const char *s, size_t len)
{
	return memchr(s, '\n', len) != NULL || memchr(s, '\r', len) != NULL;
}

void
http_header(struct http_req *r, const char *name, const char *value)
{
	struct sp_buf *b = &r->c->head;
	size_t n = strlen(name), v = strlen(value);

	/* A missing header beats a split reply. */
	if (breaks(name, n) || breaks(value, v))
		return;
	buf_put(b, name, n);
	buf_put(b, ": ", 2);
	buf_put(b, value, v);
	buf_put(b, "\r\n", 2);
}

static void
put_status(struct sp_buf *b, int status)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\n";

	if (status == 200) {
		buf_put(b, ok, sizeof(ok) - 1);
		return;
	}
	buf_put_str(b, "HTTP/1.1 ");
	buf_put_dec(b, status);
	buf_put(b, " ", 1);
	buf_put_str(b, reason(status));
	buf_put(b, "\r\n", 2);
}

struct iovec
hconn_head(struct hconn *c, int status, const char *type, int64_t length)
{
	struct http *h = c->http;
	struct sp_buf *b = &h->line;

	buf_reset(b);
	put_status(b, status);
	if (type != NULL) {
		buf_put_str(b, "Content-Type: ");
		buf_put_str(b, type);
		buf_put_str(b, "\r\n");
	}
	if (length >= 0 && status != 204 && status != 304 && status >= 200) {
		buf_put_str(b, "Content-Length: ");
		buf_put_dec(b, length);
		buf_put(b, "\r\n", 2);
	}
	buf_put(b, c->head.p, c->head.len);
	buf_put(b, h->date, h->date_len);
	if (status == 101)
		;
	else if (!c->parse.keep)
		buf_put_str(b, "Connection: close\r\n");
	else if (c->parse.old)
		buf_put_str(b, "Connection: keep-alive\r\n");
	buf_put(b, "\r\n", 2);
	return (struct iovec){ b->p, b->len };
}

int
hconn_reply(struct hconn *c, const struct iovec *v, int n)
{
	int rc = c->http->line.err;

	if (rc == 0)
		rc = c->head.err;
	if (rc == 0)
		rc = hconn_send(c, v, n);
	if (rc < 0 && !c->broken) {
		c->broken = true;
		hconn_soon(c);
	}
	return rc;
}

/* ---- whole replies ---- */

static void
send_whole(struct http_req *r, int status, const char *type, const void *body,
    size_t len)
{
	struct hconn *c = r->c;
	struct iovec v[2];

	v[0] = hconn_head(c, status, type, (int64_t)len);
	v[1] = (struct iovec){ (void *)(uintptr_t)body, len };
	hconn_reply(c, v, len > 0 && http_has_body(r, status) ? 2 : 1);
	hconn_done(c);
}

void
http_reply(struct http_req *r, int status, const char *type, const void *body,
    size_t len)
{
	uint8_t *packed = NULL;
	size_t n;

	if (type != NULL && len >= HTTP_GZIP_MIN && !r->as_is &&
	    http_is_text(type)) {
		http_header(r, "Vary", "Accept-Encoding");
		if (http_wants_gzip(r))
			packed = http_gzip(body, len, &n);
	}
	if (packed != NULL) {
		http_header(r, "Content-Encoding", "gzip");
		send_whole(r, status, type, packed, n);
		free(packed);
	} else {
		send_whole(r, status, type, body, len);
	}
}

void
http_refuse(struct hconn *c, unsigned status)
{
	struct http_req *r = &c->req;

	memset(r, 0, sizeof(*r));
	r->c = c;
	r->method = HTTP_M_GET;
	r->open = true;
	c->parse.keep = false;
	c->lingering = true;
	buf_reset(&c->head);
	http_reply_text(r, (int)status, reason((int)status));
}

void
http_reply_text(struct http_req *r, int status, const char *text)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "%s\n", text);

	http_reply(r, status, "text/plain; charset=utf-8", line,
	    SP_MIN((size_t)n, sizeof(line) - 1));
}

void
http_reply_416(struct http_req *r, uint64_t size)
{
	char text[40];

	snprintf(text, sizeof(text), "bytes */%" PRIu64, size);
	http_header(r, "Content-Range", text);
	http_reply(r, 416, NULL, NULL, 0);
}

void
http_reply_range(struct http_req *r, const char *type, const void *data,
    size_t len)
{
	struct http_range g = { 0, len - 1 };
	int rc = http_range_parse(http_req_header(r, "Range"), len, &g);
	char text[80];
	size_t n;

	if (rc < 0) {
		http_reply_416(r, len);
		return;
	}
	n = len == 0 ? 0 : (size_t)(g.last - g.first + 1);
	http_header(r, "Accept-Ranges", "bytes");
	if (rc == 1)
		http_header(r, "Content-Range", http_range_text(&g, len, text));
	send_whole(r, rc == 1 ? 206 : 200, type,
	    n == 0 ? NULL : (const uint8_t *)data + g.first, n);
}

void
http_reply_method(struct http_req *r, unsigned allowed)
{
	char text[64];

	http_header(r, "Allow", http_allow_text(allowed, text));
	http_reply_text(r, 405, "this method is not for this URL");
}

void
http_cors(struct http_req *r, const char *origin)
{
	http_header(r, "Access-Control-Allow-Origin", origin);
	http_header(r, "Access-Control-Expose-Headers",
	    "Content-Length, Content-Range, Date");
	if (strcmp(origin, "*") != 0)
		http_header(r, "Vary", "Origin");
}

void
http_reply_preflight(struct http_req *r, const char *origin, unsigned methods)
{
	const char *want;
	char text[64];

	http_cors(r, origin);
	http_allow_text(methods, text);
	http_header(r, "Allow", text);
	http_header(r, "Access-Control-Allow-Methods", text);
	want = http_req_header(r, "Access-Control-Request-Headers");
	if (want != NULL)
		http_header(r, "Access-Control-Allow-Headers", want);
	http_header(r, "Access-Control-Max-Age", "600");
	http_reply(r, 204, NULL, NULL, 0);
}
