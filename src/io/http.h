#ifndef SRC_IO_HTTP_H
#define SRC_IO_HTTP_H

/*
 * An HTTP/1.1 server: for the local edge, the tracker's HTTP faces and the
 * tests' origins. Keep-alive and pipelining, HTTP/1.0, chunked bodies,
 * Expect, TLS, clients behind proxies; every buffer has a maximum.
 *
 * A request lives from its handler call until exactly one of these: the
 * return of http_reply*, http_end, http_cut, or the return of its gone
 * callback. In between it may wait as long as it likes (deferred reply);
 * requests that its client sent behind it wait too, and are answered in
 * order. A handler that returns without a reply and without having called
 * http_on_gone keeps the request all the same; when its client leaves, the
 * request is freed silently, so whoever keeps one sets http_on_gone.
 *
 * What http_req_path, _query, _header and _body return is borrowed: inside
 * the handler until it returns or replies, later until the next return to
 * the event loop.
 */

#include "base/addr.h"
#include "base/log.h"
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

/* Addresses that have their first |bits| bits in common with |addr|. */
struct http_net {
	struct sp_addr addr;
	unsigned bits;
};

/* "ADDRESS" or "ADDRESS/BITS". SP_ERR_SYNTAX, SP_ERR_RANGE. Pure. */
int http_net_parse(struct http_net *out, const char *text);
/* Is |a| in one of them? Pure. */
bool http_net_has(const struct http_net *nets, size_t n,
    const struct sp_addr *a);

struct http_conf {
	unsigned methods;   /* of HTTP_M_*, others get 405; 0 = GET HEAD */
	size_t max_headers; /* bytes, larger get 431; 0 = 16 KiB */
	size_t max_uri;     /* bytes, longer gets 414; 0 = max_headers */
	size_t max_body;    /* bytes, larger gets 413; 0 = 64 KiB */
	/*
	 * A request's header must be here so long after its first byte, its
	 * body, if it has one, at 4 KiB/s; else 408. A connection without a
	 * request, and a client that takes nothing of its reply, are cut after
	 * the same time. 0 = 30 s.
	 */
	sp_time timeout;
	/*
	 * Connections in all (0 = 16,384) and of one host as addr_host has it
	 * (0 = no limit). At the first the one that is idle longest gives way,
	 * or else one whose request takes long; who comes is shut out if there
	 * is none. Loopback and proxies do not count as hosts, unless
	 * |loopback_too|.
	 */
	unsigned max_conns;
	unsigned max_host_conns;
	bool loopback_too;
	/*
	 * Bytes of requests that are not complete or not answered yet, of all
	 * connections. Beyond it those are cut whose requests are the longest
	 * under way. 0 = 64 MiB.
	 */
	size_t max_held;
	/*
	 * With check_host, a request whose Host is not loopback (127.0.0.1,
	 * [::1], localhost) nor one of |hosts| gets 403 (DNS rebinding).
	 * Borrowed until http_free.
	 */
	bool check_host;
	const char *const *hosts;
	size_t nhosts;
	/*
	 * Who is believed about the client: X-Forwarded-For, and PROXY
	 * protocol 1 and 2 ahead of the first request or of TLS. Borrowed.
	 */
	const struct http_net *proxies;
	size_t nproxies;
	const struct sp_log *log; /* may be NULL. Borrowed */
};

struct http_stats {
	uint64_t accepted;
	uint64_t refused;  /* all connections in use, or no descriptors */
	uint64_t capped;   /* one host had too many */
	uint64_t evicted;  /* gave way */
	uint64_t timeouts; /* of any kind */
	uint64_t requests; /* that a handler was called for */
	uint64_t bad;      /* that were answered with 400 to 505 before that */
	uint64_t tls_failed;
	uint64_t open; /* connections now */
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
 * SP_ERR_NOMEM.
 */
int http_listen(struct http *h, const struct sp_addr *addr,
    struct sp_addr *bound);
/* The same with TLS, once http_tls was given a certificate. */
int http_listen_tls(struct http *h, const struct sp_addr *addr,
    struct sp_addr *bound);
/*
 * Reads the PEM files of a certificate (with its chain) and its key, for
 * connections from now on; those that are there keep theirs. On SP_ERR_SYNTAX
 * (they cannot be used; |why|, |size| bytes, says it) and SP_ERR_NOMEM the
 * old ones stay.
 */
int http_tls(struct http *h, const char *cert, const char *key, char *why,
    size_t size);
/* Closes the listeners; connections go on until their requests are answered. */
void http_unlisten(struct http *h);
/* Requests that are not answered yet, streamed replies among them. */
size_t http_open(const struct http *h);
struct http_stats http_stats(const struct http *h);

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
/* The client, as a listed proxy tells it. */
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
/* Before http_reply: what follows is text that gzip makes no smaller. */
void http_as_is(struct http_req *r);
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
/*
 * SP_ERR_TOOBIG: more than |length|; SP_ERR_CLOSED: the client has left, gone
 * comes; SP_ERR_NOMEM, SP_ERR_FULL (HTTP_BACKLOG_MAX): cut it.
 */
#define HTTP_BACKLOG_MAX ((size_t)64 << 20)
int http_write(struct http_req *r, const void *p, size_t len);
/*
 * Bytes that many replies carry: they are copied here, and once more only for
 * clients that do not take them at once. NULL: no memory.
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
/*
 * Called from the loop when the backlog of a streamed reply, which was more
 * than 0 when a call returned, has reached 0. Bytes that the kernel takes at
 * once never were a backlog.
 */
void http_on_drained(struct http_req *r,
    void (*cb)(void *ctx, struct http_req *r), void *ctx);
/* The client left before the end. |r| is freed after the callback. */
void http_on_gone(struct http_req *r, void (*cb)(void *ctx, struct http_req *r),
    void *ctx);

/* ---- other protocols ---- */

/* Does the client ask for |protocol| ("websocket") by HTTP/1.1's Upgrade? */
bool http_wants_upgrade(const struct http_req *r, const char *protocol);
/*
 * Answers 101 with Upgrade: |protocol|, Connection: Upgrade and what
 * http_header gave. From then on the connection carries bytes: |data| is
 * called from the loop with what the client sends, never from inside this
 * call; http_write sends, http_end closes once all is sent, http_cut at once;
 * http_backlog, http_on_drained, http_on_gone and http_give_up are as for
 * streams. Nothing is cut for being silent, only for taking nothing while
 * there is a backlog for |timeout|.
 */
void http_upgrade(struct http_req *r, const char *protocol,
    void (*data)(void *ctx, struct http_req *r, const uint8_t *p, size_t len),
    void *ctx);
/* Stops and goes on reading of an upgraded connection. */
void http_pause(struct http_req *r, bool pause);

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
