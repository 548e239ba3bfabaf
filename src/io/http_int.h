#ifndef SRC_IO_HTTP_INT_H
#define SRC_IO_HTTP_INT_H

/*
 * What the files of io/http share:
 *
 *	http.c         the server, its limits and time-outs
 *	http_accept.c  listeners, connections per host, full tables
 *	http_life.c    a connection: from its making to its end
 *	http_conn.c    bytes to requests, requests to handlers
 *	http_wire.c    sending and closing, on a plain socket
 *	http_tls.c     the same with TLS
 *	http_proxy.c   what proxies tell of clients: pure
 *	http_req.c     what a handler asks of a request
 *	http_reply.c   heads, and whole replies
 *	http_stream.c  streamed replies, other protocols
 *	http_text.c    ranges, queries, hosts, gzip: pure
 *	hparse*.c      bytes to one request: pure
 *
 * Who frees: hconn_kill shuts a connection at once; its memory goes when the
 * last frame that works on it (hconn_enter, hconn_leave) has returned.
 */

#include <sys/queue.h>

#include "base/buf.h"
#include "io/hparse.h"
#include "io/http.h"

struct bufferevent;
struct event;
struct iovec;
struct map;
struct ssl_ctx_st;

struct http_req {
	struct hconn *c;
	enum http_method method;
	struct sp_addr from;
	bool open; /* the host has it */
	bool started;
	bool chunked;
	bool bodyless; /* HEAD, 204, 304: bytes are swallowed */
	bool as_is;    /* not compressed */
	bool gone;     /* inside the gone callback */
	int64_t left;  /* bytes of the promised length, -1 = none promised */
	void (*gone_cb)(void *ctx, struct http_req *r);
	void *gone_ctx;
	void (*drained_cb)(void *ctx, struct http_req *r);
	void *drained_ctx;
	void (*data_cb)(void *ctx, struct http_req *r, const uint8_t *p,
	    size_t len);
	void *data_ctx;
};

/* Time-outs: each kind has a list, in order of time. */
enum hconn_wait {
	HC_IDLE,   /* for a request's first byte */
	HC_HEAD,   /* for the rest of its header */
	HC_BODY,   /* for its body */
	HC_WRITE,  /* for the client to take something */
	HC_LINGER, /* for it to read why it was refused */
	HC_NONE,   /* for nobody, or for the host */
};
#define HC_WAITS HC_NONE

/* How bytes come and go: plain sockets, TLS. */
struct hwire {
	/* Bytes read, 0: end, SP_ERR_AGAIN, SP_ERR_CLOSED. */
	int (*read)(struct hconn *c, uint8_t *p, size_t len);
	/* Bytes taken (0 when full), SP_ERR_CLOSED. */
	int64_t (*write)(struct hconn *c, const struct iovec *v, int n);
	/* Changes of |want_read| and |want_write|. SP_ERR_NOMEM. */
	int (*want)(struct hconn *c);
	/* Bytes taken that are not with the kernel. */
	size_t (*backlog)(const struct hconn *c);
	/* No more is sent; what comes is still read. */
	void (*shut)(struct hconn *c);
	void (*close)(struct hconn *c);
};

struct hconn {
	struct http *http;
	const struct hwire *wire;
	struct event *rd, *wr;   /* of a plain socket; made when needed */
	struct bufferevent *bev; /* of TLS */
	int fd;
	enum hconn_wait wait;
	sp_time since; /* of |wait| */
	TAILQ_ENTRY(hconn) by_wait;
	TAILQ_ENTRY(hconn) by_soon;
	LIST_ENTRY(hconn) entry;
	unsigned frames;            /* that work on it */
	bool want_read, want_write; /* what is to be heard of */
	bool reads, writes;         /* what the loop has */
	bool soon;                  /* in the list */
	bool corked;                /* replies are gathered in http->tx */
	bool dead;                  /* closed; freed with the last frame */
	bool broken;                /* cannot be written */
	bool ending;                /* closes when all is sent */
	bool lingering;             /* refused; what comes is thrown away */
	bool eof;                   /* the client sends no more */
	bool paused;                /* http_pause */
	bool tls;                   /* is to begin with it */
	bool tls_up;                /* hands were shaken */
	bool tls_over;              /* no more can be read or written */
	bool proxied; /* the peer is a proxy, and may say for whom */
	bool opened;  /* what may come before the first request has */
	bool counted; /* of |host| */
	bool waited;  /* there was a backlog */
	struct sp_addr peer, client;
	struct hparse parse;
	uint8_t *base;      /* the present request's first byte */
	size_t len;         /* bytes there */
	struct sp_buf in;   /* what has to be kept of it between callbacks */
	struct sp_buf head; /* header lines of the reply */
	struct sp_buf out;  /* backlog, from |sent| on */
	size_t sent;
	size_t lingered; /* bytes thrown away */
	size_t held;     /* of http->held */
	struct http_req req;
};

TAILQ_HEAD(hconn_list, hconn);

#define HTTP_PIPE (64 * 1024) /* read ahead while a reply is under way */
#define HTTP_RX   (64 * 1024) /* read at once */
#define HTTP_DATE 48          /* "Date: ...\r\n" and a NUL */

struct http_listener;

struct http {
	struct loop *loop;
	struct http_conf conf;
	http_handler handler;
	void *ctx;
	struct http_stats stats;
	LIST_HEAD(, hconn) conns;
	struct hconn_list wait[HC_WAITS];
	struct hconn_list soon;
	struct io_timer tick, next; /* time-outs; |soon| */
	sp_time period, now;        /* of the last tick, at most that old */
	struct map *hosts;          /* addr_host -> uint32_t connections */
	size_t held;                /* bytes of requests that are kept */
	LIST_HEAD(, http_listener) listeners;
	bool draining;          /* each connection ends with its request */
	struct ssl_ctx_st *tls; /* NULL: no certificate yet */
	struct io_timer pause;  /* no descriptors: accepts again */
	sp_time next_warn;
	int64_t date_s; /* of |date| */
	char date[HTTP_DATE];
	size_t date_len;
	struct sp_buf line;      /* a reply's head under way */
	struct sp_buf tx;        /* replies of one callback */
	uint8_t rx[HTTP_RX + 1]; /* the last is always 0 */
};

/* ---- http.c ---- */

/* The clock is read and the date is made anew. */
void http_clock(struct http *h);

/* ---- http_accept.c ---- */

int http_accept_init(struct http *h);
void http_accept_fini(struct http *h);
/* Counts |c| for its client; false: it has too many. */
bool http_host_add(struct http *h, struct hconn *c);
void http_host_del(struct http *h, struct hconn *c);
/* Makes room by the oldest that is idle or slow. False: there is none. */
bool http_evict(struct http *h);
/*
 * Counts what |c| keeps of requests. If all keep too much, those whose
 * requests are the longest under way go; |c| may be one of them.
 */
void http_hold(struct http *h, struct hconn *c);

/* ---- http_life.c ---- */

/* Takes |fd|, or closes it without memory. */
void hconn_new(struct http *h, int fd, const struct sp_addr *peer, bool tls);
/*
 * What comes ahead of the first request: a proxy's header, TLS. 0: all of it
 * did; SP_ERR_AGAIN; others: it is to be killed.
 */
int hconn_open(struct hconn *c);
/* Shuts it now; an open request's gone callback runs inside. */
void hconn_kill(struct hconn *c);
void hconn_enter(struct hconn *c);
/* False: it is freed. */
bool hconn_leave(struct hconn *c);
/* Work for the next round. */
void hconn_soon(struct hconn *c);
/* Lists it by what it waits for. */
void hconn_wait(struct hconn *c, enum hconn_wait w);
void hconn_parse_next(struct hconn *c);

/* ---- http_conn.c ---- */

/* There may be something to read. */
void hconn_readable(struct hconn *c);
/* There is room for something to be written. */
void hconn_writable(struct hconn *c);
/* What hconn_soon asked for. */
void hconn_step(struct hconn *c);
/* The reply is complete. */
void hconn_done(struct hconn *c);

/* ---- http_wire.c ---- */

extern const struct hwire hwire_plain;

/* Takes the socket out of the loop. */
void hconn_detach(struct hconn *c);
/* Sends |n| parts behind what waits; keeps the rest. Codes of http_write. */
int hconn_send(struct hconn *c, const struct iovec *v, int n);
/* Sends what was gathered and what waits. */
void hconn_flush(struct hconn *c);
size_t hconn_backlog(const struct hconn *c);
/* Reads or does not. */
void hconn_want_read(struct hconn *c, bool on);

/* ---- http_tls.c ---- */

/* From here on it is TLS. SP_ERR_NOMEM: also when there is no certificate. */
int hconn_tls(struct hconn *c);
void http_tls_free(struct http *h);

/* ---- http_reply.c ---- */

/* Does a reply with |status| have a body? */
bool http_has_body(const struct http_req *r, int status);
/*
 * The head of a reply, in http->line; |type| and |length| (-1) may be
 * missing. What becomes of the connection is what parse.keep says.
 */
struct iovec hconn_head(struct hconn *c, int status, const char *type,
    int64_t length);
/* Sends |n| parts; a reply that cannot be sent ends the connection. */
int hconn_reply(struct hconn *c, const struct iovec *v, int n);
/* A reply to what is no request; the connection ends. */
void http_refuse(struct hconn *c, unsigned status);

/* ---- http_text.c ---- */

/* "GET, HEAD" */
const char *http_allow_text(unsigned allowed, char out[64]);
/* Of "GET"; 0 when it is none of ours. */
enum http_method http_method_of(const char *name);
/* Is it worth compressing? */
bool http_is_text(const char *type);

#endif
