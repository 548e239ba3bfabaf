#ifndef SRC_IO_HTTP_H
#define SRC_IO_HTTP_H

/*
 * A small HTTP/1.1 server on evhttp: for the local edge, the tracker's HTTP
 * faces and the tests' origins.
 *
 * A request lives from its handler call until exactly one of these: the
 * return of http_reply*, http_end, http_cut, or the return of its gone
 * callback. In between it may wait as long as it likes (deferred reply). A
 * handler that returns without a reply and without having called
 * http_on_gone keeps the request all the same; when its client leaves, the
 * request is freed silently, so whoever keeps one sets http_on_gone.
 */

#include "base/addr.h"
#include "io/loop.h"

struct http;
struct http_req;

enum http_method {
	HTTP_M_GET = 1 << 0,
	HTTP_M_HEAD = 1 << 1,
	HTTP_M_POST = 1 << 2,
	HTTP_M_PUT = 1 << 3,
	HTTP_M_DELETE = 1 << 4,
	HTTP_M_OPTIONS = 1 << 5,
};

struct http_conf {
	unsigned methods;   /* of HTTP_M_*, others get 405; 0 = GET HEAD */
	size_t max_headers; /* bytes; 0 = 16 KiB */
	size_t max_body;    /* bytes, larger gets 413; 0 = 64 KiB */
	sp_time timeout;    /* silent connection; 0 = 30 s */
	/*
	 * With check_host, a request whose Host is not loopback (127.0.0.1,
	 * [::1], localhost) nor one of |hosts| gets 403 (DNS rebinding).
	 * Borrowed until http_free.
	 */
	bool check_host;
	const char *const *hosts;
	size_t nhosts;
};

typedef void (*http_handler)(void *ctx, struct http_req *r);

/* |conf| may be NULL. SP_ERR_NOMEM. */
int http_new(struct http **out, struct loop *l, const struct http_conf *conf,
    http_handler handler, void *ctx);
/*
 * Cuts all connections; gone callbacks of open requests run inside. Not from
 * a handler or a callback of one of its requests.
 */
void http_free(struct http *h);
/*
 * Any number of listeners. |bound| (may be NULL) gets the address with the
 * port that the kernel gave for 0. SP_ERR_IO (errno), SP_ERR_EXISTS,
 * SP_ERR_FULL.
 */
int http_listen(struct http *h, const struct sp_addr *addr,
    struct sp_addr *bound);
/* Closes the listeners; connections go on. */
void http_unlisten(struct http *h);
/* Requests that are not answered yet, streamed replies among them. */
size_t http_open(const struct http *h);

/* ---- the request ---- */

enum http_method http_req_method(const struct http_req *r);
/* Percent-decoded, starts with '/'; a path with %00 never gets here (400). */
const char *http_req_path(const struct http_req *r);
/* Raw, without '?'; "" when there is none. */
const char *http_req_query(const struct http_req *r);
/*
 * |nth| (from 0) value of |name| in the query, decoded (bytes, may hold NULs;
 * a NUL that is not counted is added). Returns the length; SP_ERR_NOTFOUND,
 * SP_ERR_TOOBIG (size - 1 < length), SP_ERR_SYNTAX (bad escape).
 */
int http_req_param(const struct http_req *r, const char *name, unsigned nth,
    char *out, size_t size);
/* The same on any query string: pure. */
int http_query_param(const char *query, const char *name, unsigned nth,
    char *out, size_t size);
/* NULL when absent. Name without regard to case. */
const char *http_req_header(const struct http_req *r, const char *name);
const uint8_t *http_req_body(struct http_req *r, size_t *len);
struct sp_addr http_req_from(const struct http_req *r);
struct loop *http_req_loop(const struct http_req *r);

/* ---- the reply ---- */

/* Before http_reply or http_start. Values with CR or LF are dropped. */
void http_header(struct http_req *r, const char *name, const char *value);
/*
 * The whole reply. |type| may be NULL when len is 0. Answers HEAD with the
 * right length and no body, and gzips text (text, JSON, m3u8, XML; from
 * 512 bytes) for who accepts it.
 */
void http_reply(struct http_req *r, int status, const char *type,
    const void *body, size_t len);
/* |text| as text/plain with a newline. */
void http_reply_text(struct http_req *r, int status, const char *text);
/* |data| from |range| on: 206 with Content-Range, or 200, or 416. */
void http_reply_range(struct http_req *r, const char *type, const void *data,
    size_t len);
/* 405 with Allow. */
void http_reply_method(struct http_req *r, unsigned allowed);

/*
 * A streamed reply. |length| >= 0 is sent as Content-Length, and exactly that
 * many bytes must follow (http_end with fewer cuts the connection, so that
 * the client sees it); -1 is chunked, or until close for HTTP/1.0.
 * For HEAD call http_start and http_end alike; bytes are swallowed.
 */
void http_start(struct http_req *r, int status, const char *type,
    int64_t length);
/* SP_ERR_TOOBIG: more than |length|; SP_ERR_CLOSED; SP_ERR_NOMEM. */
int http_write(struct http_req *r, const void *p, size_t len);
/*
 * Bytes that many replies carry: copied once, and there until the last reply
 * has sent them and who made them has let them go. NULL: no memory.
 */
struct http_blob;
struct http_blob *http_blob_new(const void *p, size_t len);
void http_blob_free(struct http_blob *b); /* NULL is fine */
size_t http_blob_len(const struct http_blob *b);
/* As http_write. */
int http_write_shared(struct http_req *r, struct http_blob *b);
void http_end(struct http_req *r);
/* Drops the connection in the middle: the client sees a truncated reply. */
void http_cut(struct http_req *r);

/* From now on the connection is as with sock_give_up. */
void http_give_up(struct http_req *r, sp_time t);
/* Bytes that were written and are not yet with the kernel. */
size_t http_backlog(const struct http_req *r);
/* Called when the backlog of a streamed reply reached 0. */
void http_on_drained(struct http_req *r,
    void (*cb)(void *ctx, struct http_req *r), void *ctx);
/* The client left before the end. |r| is freed after the callback. */
void http_on_gone(struct http_req *r, void (*cb)(void *ctx, struct http_req *r),
    void *ctx);

/* ---- helpers ---- */

struct http_range {
	uint64_t first;
	uint64_t last; /* inclusive */
};
/*
 * Range header |text| (may be NULL) on an entity of |size| bytes. 1 and *out:
 * one satisfiable range; 0: none, or one that is to be ignored (other unit,
 * several ranges, bad syntax): reply 200; SP_ERR_RANGE: reply 416. Pure.
 */
int http_range_parse(const char *text, uint64_t size, struct http_range *out);
/* Content-Range for a 206; needs 80 bytes. Returns |out|. */
const char *http_range_text(const struct http_range *g, uint64_t size,
    char out[80]);
/* 416 with Content-Range. */
void http_reply_416(struct http_req *r, uint64_t size);

/*
 * Is |host| (a Host header, any port) loopback or one of |names|? NULL is
 * not. Pure.
 */
bool http_host_ok(const char *host, const char *const *names, size_t n);
/*
 * Does the request come from a page of this server or from no page at all?
 * (No Origin header, or one whose host part is the Host header's.)
 */
bool http_origin_ok(const struct http_req *r);
/*
 * `Authorization: Bearer TOKEN` or `token=TOKEN` in the query, in constant
 * time. True when |token| is NULL or empty: no token is asked for.
 */
bool http_token_ok(const struct http_req *r, const char *token);
/* Allow-Origin |origin| ("*"), Expose-Headers for lengths, ranges, date. */
void http_cors(struct http_req *r, const char *origin);
/* Answers OPTIONS: 204 with Allow and the CORS preflight headers. */
void http_reply_preflight(struct http_req *r, const char *origin,
    unsigned methods);
/* Would this request take gzip? */
bool http_wants_gzip(const struct http_req *r);
/* gzip of |len| bytes: malloc-ed, caller frees. NULL without memory. */
uint8_t *http_gzip(const void *p, size_t len, size_t *out_len);

#endif
