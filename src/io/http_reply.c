#include "io/http_int.h"

#include <strings.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>

#define HTTP_GZIP_MIN 512 /* a packet's worth is not worth it */

static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} names[] = {
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
		{ 416, "Range Not Satisfiable" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};
	size_t i;

	for (i = 0; i < SP_LEN(names); i++)
		if (names[i].status == status)
			return names[i].text;
	return "Status";
}

static bool
has_body(const struct http_req *r, int status)
{
	return r->method != HTTP_M_HEAD && status != 204 && status != 304 &&
	       status >= 200;
}

void
http_header(struct http_req *r, const char *name, const char *value)
{
	/* evhttp refuses CR and LF; a missing header beats a split one. */
	evhttp_add_header(evhttp_request_get_output_headers(r->ev), name,
	    value);
}

static void
set_length(struct http_req *r, int status, uint64_t length)
{
	char text[24];

	if (status == 204 || status == 304)
		return;
	snprintf(text, sizeof(text), "%" PRIu64, length);
	http_header(r, "Content-Length", text);
}

/* ---- whole replies ---- */

static void
release(const void *data SP_UNUSED, size_t len SP_UNUSED, void *arg)
{
	free(arg);
}

static void
send_whole(struct http_req *r, int status, const void *body, size_t len,
    uint8_t *owned)
{
	struct evhttp_request *ev = r->ev;
	struct evbuffer *b;
	int rc = -1;

	if ((b = evbuffer_new()) != NULL && len > 0) {
		rc = owned != NULL
			 ? evbuffer_add_reference(b, owned, len, release, owned)
			 : evbuffer_add(b, body, len);
	}
	if (owned != NULL && rc < 0)
		free(owned);
	if (b == NULL || (len > 0 && rc < 0)) {
		if (b != NULL)
			evbuffer_free(b);
		http_cut(r);
		return;
	}
	http_req_over(r);
	evhttp_send_reply(ev, status, reason(status), b);
	evbuffer_free(b);
}

void
http_reply(struct http_req *r, int status, const char *type, const void *body,
    size_t len)
{
	uint8_t *packed = NULL;
	size_t n;

	if (type != NULL)
		http_header(r, "Content-Type", type);
	if (type != NULL && http_is_text(type) && len >= HTTP_GZIP_MIN) {
		http_header(r, "Vary", "Accept-Encoding");
		if (http_wants_gzip(r))
			packed = http_gzip(body, len, &n);
	}
	if (packed != NULL) {
		http_header(r, "Content-Encoding", "gzip");
		len = n;
	}
	set_length(r, status, len);
	if (has_body(r, status)) {
		send_whole(r, status, body, len, packed);
	} else {
		free(packed);
		send_whole(r, status, NULL, 0, NULL);
	}
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
	http_header(r, "Content-Type", type);
	if (rc == 1)
		http_header(r, "Content-Range", http_range_text(&g, len, text));
	set_length(r, 200, n);
	if (!has_body(r, 200))
		send_whole(r, rc == 1 ? 206 : 200, NULL, 0, NULL);
	else
		send_whole(r, rc == 1 ? 206 : 200,
		    n == 0 ? NULL : (const uint8_t *)data + g.first, n, NULL);
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

/* ---- streamed replies ---- */

void
http_start(struct http_req *r, int status, const char *type, int64_t length)
{
	assert(!r->started && "a reply starts once");
	if (type != NULL)
		http_header(r, "Content-Type", type);
	/*
	 * With a Content-Length, evhttp does not chunk. Without one, HTTP/1.0
	 * ends at close.
	 */
	if (length >= 0)
		set_length(r, status, (uint64_t)length);
	else if (has_body(r, status) && r->ev->major == 1 && r->ev->minor == 0)
		http_header(r, "Connection", "close");
	r->left = length;
	r->started = true;
	evhttp_send_reply_start(r->ev, status, reason(status));
}

static void
drained(struct evhttp_connection *ec SP_UNUSED, void *arg)
{
	struct http_req *r = arg;

	if (r->drained_cb != NULL)
		r->drained_cb(r->drained_ctx, r);
}

/* Sends |b|, of |len| bytes, if |rc| is 0; takes it. */
static int
send_chunk(struct http_req *r, struct evbuffer *b, size_t len, int rc)
{
	if (rc == 0) {
		if (r->left >= 0)
			r->left -= (int64_t)len;
		evhttp_send_reply_chunk_with_cb(r->ev, b, drained, r);
	}
	if (b != NULL)
		evbuffer_free(b);
	return rc;
}

static int
may_write(const struct http_req *r, size_t len)
{
	assert(r->started && "http_start comes first");
	if (r->gone)
		return SP_ERR_CLOSED;
	return r->left >= 0 && len > (uint64_t)r->left ? SP_ERR_TOOBIG : 0;
}

int
http_write(struct http_req *r, const void *p, size_t len)
{
	struct evbuffer *b;
	int rc;

	if ((rc = may_write(r, len)) < 0)
		return rc;
	if ((b = evbuffer_new()) == NULL || evbuffer_add(b, p, len) < 0)
		rc = SP_ERR_NOMEM;
	return send_chunk(r, b, len, rc);
}

struct http_blob {
	size_t refs, len;
	uint8_t p[];
};

struct http_blob *
http_blob_new(const void *p, size_t len)
{
	struct http_blob *b = malloc(sizeof(*b) + len);

	if (b == NULL)
		return NULL;
	b->refs = 1;
	b->len = len;
	memcpy(b->p, p, len);
	return b;
}

void
http_blob_free(struct http_blob *b)
{
	if (b != NULL && --b->refs == 0)
		free(b);
}

size_t
http_blob_len(const struct http_blob *b)
{
	return b->len;
}

static void
blob_sent(const void *data SP_UNUSED, size_t len SP_UNUSED, void *arg)
{
	http_blob_free(arg);
}

int
http_write_shared(struct http_req *r, struct http_blob *blob)
{
	struct evbuffer *b;
	int rc;

	if ((rc = may_write(r, blob->len)) < 0)
		return rc;
	if ((b = evbuffer_new()) == NULL ||
	    evbuffer_add_reference(b, blob->p, blob->len, blob_sent, blob) < 0)
		rc = SP_ERR_NOMEM;
	else
		blob->refs++;
	return send_chunk(r, b, blob->len, rc);
}

void
http_end(struct http_req *r)
{
	struct evhttp_request *ev = r->ev;

	assert(r->started && "http_start comes first");
	if (r->left > 0 && r->method != HTTP_M_HEAD) {
		http_cut(r);
		return;
	}
	http_req_over(r);
	evhttp_send_reply_end(ev);
}
