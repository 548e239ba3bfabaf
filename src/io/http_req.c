#include "io/http_int.h"

#include <strings.h>

#include "io/sock.h"

static uint8_t *
bytes(const struct http_req *r)
{
	return r->c->base;
}

enum http_method
http_req_method(const struct http_req *r)
{
	return r->method;
}

const char *
http_req_path(const struct http_req *r)
{
	return (const char *)bytes(r) + r->c->parse.path;
}

const char *
http_req_query(const struct http_req *r)
{
	return (const char *)bytes(r) + r->c->parse.query;
}

int
http_req_param(const struct http_req *r, const char *name, unsigned nth,
    char *out, size_t size)
{
	return http_query_param(http_req_query(r), name, nth, out, size);
}

const char *
http_req_header(const struct http_req *r, const char *name)
{
	return hparse_header(&r->c->parse, bytes(r), name);
}

const uint8_t *
http_req_body(struct http_req *r, size_t *len)
{
	*len = r->c->parse.body_len;
	return bytes(r) + r->c->parse.body;
}

struct sp_addr
http_req_from(const struct http_req *r)
{
	return r->from;
}

struct loop *
http_req_loop(const struct http_req *r)
{
	return r->c->http->loop;
}

bool
http_wants_upgrade(const struct http_req *r, const char *protocol)
{
	return r->method == HTTP_M_GET && !r->c->parse.old &&
	       !r->c->parse.usual &&
	       hparse_has_word(http_req_header(r, "Connection"), "upgrade") &&
	       hparse_has_word(http_req_header(r, "Upgrade"), protocol);
}

void
http_as_is(struct http_req *r)
{
	r->as_is = true;
}

void
http_give_up(struct http_req *r, sp_time t)
{
	if (!r->gone)
		sock_give_up(r->c->fd, t);
}

size_t
http_backlog(const struct http_req *r)
{
	return hconn_backlog(r->c);
}

void
http_on_drained(struct http_req *r, void (*cb)(void *ctx, struct http_req *r),
    void *ctx)
{
	r->drained_cb = cb;
	r->drained_ctx = ctx;
}

void
http_on_gone(struct http_req *r, void (*cb)(void *ctx, struct http_req *r),
    void *ctx)
{
	r->gone_cb = cb;
	r->gone_ctx = ctx;
}
