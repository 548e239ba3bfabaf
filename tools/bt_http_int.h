#ifndef TOOLS_BT_HTTP_INT_H
#define TOOLS_BT_HTTP_INT_H

/*
 * bt_http.c has the loop, bt_http_conn.c the connections, bt_http_req.c what is
 * asked and whether the answer is one.
 */

#include "base/buf.h"
#include "tools/bt_check.h"
#include "tools/bt_http.h"

#define HTTP_PIPELINE 64
#define HTTP_IN       65536
#define HTTP_OUT      (HTTP_PIPELINE * 8192)

/* A request that is open. */
struct ask {
	bool scrape;
	struct bt_peer peer; /* scrape: its swarm is the first */
	uint32_t number;     /* FILL: of the peer; VERIFY: of the scrape */
	uint32_t n_hashes;
	sp_time due;
};

struct conn {
	int fd;          /* -1: none */
	uint32_t source; /* it is always from there */
	struct ask ask[HTTP_PIPELINE];
	uint32_t head, n; /* those open: from ask[head] on, n of them */
	struct sp_buf out;
	uint8_t *in; /* HTTP_IN */
	size_t in_len;
	bool waits; /* for room to write */
};

struct bt_http {
	const struct bt_options *o;
	struct bt_result *res;
	struct bt_check check;
	struct sp_rng rng;
	enum bt_mode mode;
	int epoll;
	struct conn *conn; /* |n_conns| */
	uint32_t n_conns;
	/* Those without an open request, by source. */
	struct conn **idle[LOAD_SOURCES];
	uint32_t n_idle[LOAD_SOURCES];
	uint32_t turn;
	uint32_t next, end; /* FILL, VERIFY */
	uint32_t *again;    /* as many as can be open */
	uint32_t n_again;
	struct sp_buf query;
	uint64_t n_open; /* requests */
	sp_time begun, stop, heard, swept;
	bool sending;
};

/* ---- bt_http_conn.c ---- */

int bt_http_open(struct bt_http *h);
void bt_http_close(struct bt_http *h);
/*
 * Sends as many as may be open on one connection, the first due at |due|.
 * Returns their number.
 */
uint32_t bt_http_send(struct bt_http *h, sp_time due, uint32_t most);
/* What has come, at most |wait| later; returns how many answers. */
uint32_t bt_http_receive(struct bt_http *h, sp_time wait);
/* Gives up what has been open for too long. */
void bt_http_sweep(struct bt_http *h, sp_time now);

/* ---- bt_http_req.c ---- */

bool bt_http_has_more(const struct bt_http *h);
/* The source that the next request has to come from, if it matters. */
bool bt_http_next_source(const struct bt_http *h, uint32_t *out);
/* Appends the next request to c->out; false: there is none. */
bool bt_http_draw(struct bt_http *h, struct conn *c, sp_time due);
/*
 * Takes one reply from the start of what came. Bytes used; 0: it is not whole;
 * SP_ERR_SYNTAX: nobody can tell where it ends. |eof|: no more will come.
 * *last becomes true when the connection ends with it.
 */
int bt_http_reply(struct bt_http *h, struct conn *c, bool eof, bool *last,
    sp_time now);

#endif
