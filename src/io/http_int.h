#ifndef SRC_IO_HTTP_INT_H
#define SRC_IO_HTTP_INT_H

/* What the files of io/http share. */

#include "io/http.h"

struct evhttp_request;
struct evbuffer;

struct http_req {
	struct http *http;
	struct evhttp_request *ev;
	enum http_method method;
	char *path;
	bool started;
	bool gone;    /* inside the gone callback */
	int64_t left; /* bytes of the promised length, -1 = none promised */
	void (*gone_cb)(void *ctx, struct http_req *r);
	void *gone_ctx;
	void (*drained_cb)(void *ctx, struct http_req *r);
	void *drained_ctx;
};

/* Forgets |r|: evhttp and the host are done with it. */
void http_req_over(struct http_req *r);

/* "GET, HEAD" */
const char *http_allow_text(unsigned allowed, char out[64]);
/*
 * Percent-decoding to at most size - 1 bytes and a NUL. Returns the length,
 * SP_ERR_SYNTAX, SP_ERR_TOOBIG.
 */
int http_unescape(const char *s, size_t len, bool plus, char *out, size_t size);
/* Is it worth compressing? */
bool http_is_text(const char *type);

#endif
