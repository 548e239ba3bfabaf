#ifndef SRC_IO_WS_H
#define SRC_IO_WS_H

/*
 * WebSockets of a server (RFC 6455), on connections that io/http hands over:
 * the handshake, messages, pings to who is silent, and limits. Any page may
 * connect: Origin is not looked at.
 *
 * Callbacks run from the loop only, never from inside a call, but for |gone| in
 * ws_free. A socket that cannot go on (an error, too much unsent) is cut a
 * moment later, when the loop runs; until then it takes and drops what is sent.
 */

#include "io/http.h"

struct ws;     /* one socket */
struct ws_set; /* all of a server */

struct ws_conf {
	unsigned max;         /* sockets; the next gets 503 */
	size_t max_message;   /* bytes; longer ones end it (1009) */
	unsigned max_partial; /* sockets in the middle of a message (1013) */
	size_t max_backlog;   /* bytes unsent: who has more does not read */
	sp_time ping;         /* who is silent so long is pinged, ... */
	sp_time timeout;      /* ... cut when that is not answered so long; also
			       * for a message to be complete, and a Close */
};

struct ws_calls {
	/*
	 * A socket opens; what is kept for it, NULL: none (503). |id| is not
	 * used by another one until |gone| has returned.
	 */
	void *(*open)(void *ctx, struct ws *w, uint32_t id,
	    const struct sp_addr *from);
	/* A message, |text| or not; |p| until the return. */
	void (*message)(void *ctx, struct ws *w, bool text, const uint8_t *p,
	    size_t len);
	/* It is closed; what |open| returned may go. */
	void (*gone)(void *ctx, struct ws *w);
};

/* SP_ERR_NOMEM. */
int ws_new(struct ws_set **out, struct loop *l, const struct ws_conf *conf,
    const struct ws_calls *calls, void *ctx);
/* After the HTTP server; gone is called for all sockets. NULL is fine. */
void ws_free(struct ws_set *s);
/*
 * Says goodbye (1001) to |n| sockets, those that are silent longest, so that
 * their clients come again elsewhere.
 */
void ws_leave(struct ws_set *s, size_t n);

/*
 * Answers a request that http_wants_upgrade to "websocket": 101, and it is a
 * socket; else 400, 426 (not version 13), or 503.
 */
void ws_take(struct ws_set *s, struct http_req *r);

uint32_t ws_id(const struct ws *w);
/* NULL when there is none. */
struct ws *ws_get(const struct ws_set *s, uint32_t id);
void *ws_data(const struct ws *w); /* what |open| returned */
struct sp_addr ws_from(const struct ws *w);
/* One text message. SP_ERR_CLOSED: it is on its way out. */
int ws_send(struct ws *w, const void *p, size_t len);
/* Says Close with |code| (enum wsframe_code), and ends it. */
void ws_close(struct ws *w, unsigned code);

struct ws_stats {
	uint64_t open; /* now */
	uint64_t opened, refused;
	uint64_t messages_in, messages_out, bytes_in, bytes_out;
	uint64_t slow;     /* cut: did not read */
	uint64_t timeouts; /* cut: silent, or never done */
	uint64_t broken;   /* closed: broke the rules */
};
struct ws_stats ws_stats(const struct ws_set *s);

#endif
