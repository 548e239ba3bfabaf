#ifndef SRC_IO_ORIGIN_H
#define SRC_IO_ORIGIN_H

/*
 * Fetching over HTTP(S) with libcurl: Range requests to the origin, playlist
 * polls, publishing to the tracker (POST), and streams that never end.
 *
 * TLS is always verified, proxies come from the environment, redirects are
 * followed 5 times at most and to http and https only.
 */

#include "base/addr.h"
#include "io/loop.h"

struct origin;
struct origin_fetch;

struct origin_conf {
	const char *agent;   /* NULL = "spate/VERSION" */
	const char *ca_file; /* NULL = the system's */
	unsigned host_conns; /* connections per host; 0 = 6 */
	unsigned all_conns;  /* connections; 0 = 64 */
};

/* |conf| may be NULL. SP_ERR_NOMEM, SP_ERR_IO. */
int origin_new(struct origin **out, struct loop *l,
    const struct origin_conf *conf);
/* Cancels all fetches, without callbacks. Not from a callback of a fetch. */
void origin_free(struct origin *o);

/* Which addresses a fetch may connect to (loopback, private, link-local). */
enum origin_reach {
	/* Public ones only: for URLs that a peer or a record may choose. */
	ORIGIN_PUBLIC,
	/* Private ones too, until a public host was met: for URLs that the
	 * user gave. A public host can then not redirect into the LAN. */
	ORIGIN_AS_FIRST,
	ORIGIN_ANY,
};

struct origin_ask {
	const char *url;
	bool ranged;     /* send Range: bytes=offset-[offset+length-1] */
	uint64_t offset; /* needs ranged */
	uint64_t length; /* 0 = to the end */
	/* More body bytes end the fetch with ORIGIN_TOOBIG; 0 = 64 MiB;
	 * UINT64_MAX = no limit. */
	uint64_t max_bytes;
	sp_time timeout;   /* all of it; 0 = 30 s; SP_NEVER = none */
	sp_time connect;   /* 0 = 10 s */
	sp_time low_speed; /* under 100 B/s for so long; 0 = 10 s, SP_NEVER */
	enum origin_reach reach;
	const char *const *headers; /* "Name: value" */
	size_t nheaders;
	bool post; /* with the bytes below; else GET */
	bool head; /* HEAD */
	const void *body;
	size_t body_len;
	const char *body_type; /* Content-Type */
	bool gzip;             /* offer compression (playlists, JSON) */
	const char *user;      /* "name:password" for Basic, or NULL */
};

/* What the final response's head says (redirects are not shown). */
struct origin_head {
	int status;
	/*
	 * True: status 206, and the body starts at |first|. False with a
	 * ranged ask and status 200: the host ignored Range and sends the
	 * whole from byte 0; the caller may use it or stop.
	 */
	bool partial;
	uint64_t first;    /* 0 when not partial */
	uint64_t total;    /* of the entity; UINT64_MAX = unknown */
	uint64_t length;   /* of this body; UINT64_MAX = unknown */
	const char *type;  /* Content-Type, "" */
	const char *etag;  /* "" */
	const char *url;   /* after redirects */
	int64_t date_ms;   /* Date header, 0 = none */
	sp_time retry;     /* Retry-After as a delay, 0 = none */
	struct sp_addr ip; /* who answered */
};

enum origin_verdict {
	ORIGIN_GO,
	ORIGIN_STOP, /* done follows, with ORIGIN_STOPPED */
};

enum origin_result {
	ORIGIN_OK,        /* body complete, status 2xx */
	ORIGIN_STATUS,    /* complete, other status */
	ORIGIN_TRUNCATED, /* ended before its length */
	ORIGIN_CONNECT,   /* no name, no connection */
	ORIGIN_TLS,
	ORIGIN_SLOW,    /* a time-out, or too slow */
	ORIGIN_REFUSED, /* address, redirect or scheme that is not allowed */
	ORIGIN_TOOBIG,
	ORIGIN_STOPPED,
	ORIGIN_FAILED, /* anything else */
};

struct origin_done {
	enum origin_result result;
	int status;       /* 0 when no head came */
	uint64_t bytes;   /* body bytes from the network */
	sp_time first;    /* until the first byte of the body, 0 = none came */
	sp_time took;     /* all of it */
	sp_time retry;    /* as in the head */
	bool reused;      /* no new connection was made */
	const char *text; /* for logs */
};

struct origin_ops {
	/* May be NULL. Once, before data. */
	enum origin_verdict (*head)(void *ctx, struct origin_fetch *f,
	    const struct origin_head *h);
	/* May be NULL: bytes are counted only. */
	enum origin_verdict (*data)(void *ctx, struct origin_fetch *f,
	    const uint8_t *p, size_t len);
	/* The last call; |f| is freed after it. */
	void (*done)(void *ctx, struct origin_fetch *f,
	    const struct origin_done *d);
};

/*
 * Starts a fetch; no callback from inside. |ask| and all it points to is
 * copied. |ops| is borrowed until done. SP_ERR_NOMEM, SP_ERR_ARG (URL that is
 * not http or https; done is not called).
 */
int origin_get(struct origin *o, const struct origin_ask *ask,
    const struct origin_ops *ops, void *ctx, struct origin_fetch **out);
/* No further callback. Not after done; from other callbacks it is fine. */
void origin_cancel(struct origin_fetch *f);

/* "ok", "status", "truncated", ...: tokens for logs and metrics. */
const char *origin_result_name(enum origin_result r);

/* ---- whole body ---- */

/*
 * Fetches into memory and calls |cb| once. |body| is valid during the call
 * (NUL-terminated beyond |len|). |ask->max_bytes| 0 = 4 MiB here.
 */
typedef void (*origin_all_cb)(void *ctx, const struct origin_done *d,
    const struct origin_head *h, const uint8_t *body, size_t len);
int origin_all(struct origin *o, const struct origin_ask *ask, origin_all_cb cb,
    void *ctx, struct origin_fetch **out);

#endif
