#include "io/http_int.h"

#include <sys/uio.h>

/* Streamed replies, and connections that carry something else. */

void
http_start(struct http_req *r, int status, const char *type, int64_t length)
{
	struct hconn *c = r->c;
	struct iovec v;

	assert(!r->started && "a reply starts once");
	r->left = length;
	r->started = true;
	r->bodyless = !http_has_body(r, status);
	if (length < 0 && !r->bodyless) {
		r->chunked = !c->parse.old;
		/* HTTP/1.0 sees the end by the connection's. */
		c->parse.keep &= r->chunked;
	}
	if (r->chunked)
		http_header(r, "Transfer-Encoding", "chunked");
	v = hconn_head(c, status, type, length);
	hconn_reply(c, &v, 1);
}

/* 1: |len| bytes more may be sent; 0: they are swallowed; or an error. */
static int
may_write(struct http_req *r, size_t len)
{
	assert(r->started && "http_start comes first");
	if (r->gone)
		return SP_ERR_CLOSED;
	if (r->left >= 0 && len > (uint64_t)r->left)
		return SP_ERR_TOOBIG;
	if (r->left >= 0)
		r->left -= (int64_t)len;
	return !r->bodyless && len > 0;
}

int
http_write(struct http_req *r, const void *p, size_t len)
{
	struct iovec v[3];
	char line[24];
	int n = may_write(r, len);

	if (n <= 0)
		return n;
	v[1] = (struct iovec){ (void *)(uintptr_t)p, len };
	if (!r->chunked)
		return hconn_send(r->c, v + 1, 1);
	n = snprintf(line, sizeof(line), "%zx\r\n", len);
	v[0] = (struct iovec){ line, (size_t)n };
	v[2] = (struct iovec){ (void *)(uintptr_t) "\r\n", 2 };
	return hconn_send(r->c, v, 3);
}

/* |text| is the chunk, and the bytes stand |head| from its begin. */
struct http_blob {
	size_t head, len;
	size_t text_len;
	uint8_t text[];
};

struct http_blob *
http_blob_new(const void *p, size_t len)
{
	struct http_blob *b = malloc(sizeof(*b) + len + 24);
	size_t head;

	if (b == NULL)
		return NULL;
	head = (size_t)snprintf((char *)b->text, 22, "%zx\r\n", len);
	memcpy(b->text + head, p, len);
	memcpy(b->text + head + len, "\r\n", 2);
	b->head = head;
	b->len = len;
	b->text_len = head + len + 2;
	return b;
}

void
http_blob_free(struct http_blob *b)
{
	free(b);
}

size_t
http_blob_len(const struct http_blob *b)
{
	return b->len;
}

/* The kernel takes it at once; only who is slow has a copy of the rest. */
int
http_write_shared(struct http_req *r, struct http_blob *b)
{
	struct iovec v = { b->text, b->text_len };
	int n = may_write(r, b->len);

	if (n <= 0)
		return n;
	if (!r->chunked)
		v = (struct iovec){ b->text + b->head, b->len };
	return hconn_send(r->c, &v, 1);
}

void
http_end(struct http_req *r)
{
	static const char last[] = "0\r\n\r\n";
	struct iovec v = { (void *)(uintptr_t)last, sizeof(last) - 1 };

	assert(r->started && "http_start comes first");
	if (r->left > 0 && !r->bodyless) {
		http_cut(r);
		return;
	}
	/* Without its end it is to be seen that the reply is cut. */
	if (r->chunked && hconn_send(r->c, &v, 1) < 0)
		r->c->parse.keep = false;
	hconn_done(r->c);
}

void
http_cut(struct http_req *r)
{
	r->open = false;
	/* What was gathered before it are whole replies. */
	if (r->c->corked)
		hconn_flush(r->c);
	hconn_kill(r->c);
}

/* ---- other protocols ---- */

void
http_upgrade(struct http_req *r, const char *protocol,
    void (*data)(void *ctx, struct http_req *r, const uint8_t *p, size_t len),
    void *ctx)
{
	struct hconn *c = r->c;
	struct iovec v;

	assert(!r->started && "a reply starts once");
	http_header(r, "Upgrade", protocol);
	http_header(r, "Connection", "Upgrade");
	r->started = true;
	r->left = -1;
	v = hconn_head(c, 101, NULL, -1);
	hconn_reply(c, &v, 1);
	r->data_cb = data;
	r->data_ctx = ctx;
	buf_fini(&c->head);
	/* What came behind the request waits for the loop. */
	if (!c->corked)
		hconn_soon(c);
}

void
http_pause(struct http_req *r, bool pause)
{
	struct hconn *c = r->c;

	c->paused = pause;
	if (r->gone)
		return;
	hconn_want_read(c, !pause && !c->eof);
	/* Bytes that came with the request may have waited. */
	if (!pause && c->in.len > 0)
		hconn_soon(c);
}
