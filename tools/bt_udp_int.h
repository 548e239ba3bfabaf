#ifndef TOOLS_BT_UDP_INT_H
#define TOOLS_BT_UDP_INT_H

/*
 * bt_udp.c has the loop, bt_udp_sock.c the sockets and batches, bt_udp_req.c
 * what is asked and whether the answer is one.
 */

#include "tools/bt_check.h"
#include "tools/bt_udp.h"
#include "wire/udpwire.h"

#define UDP_BATCH    64
#define UDP_PACKET   2048
#define UDP_CONN_AGE (50 * SP_S) /* BEP 15: a client uses an id for 60 s */

/* A request that is open. Its place in the array is the low half of its tid. */
struct slot {
	uint32_t tid;
	bool busy;
	bool own; /* a connect that was not asked for by the mode */
	uint8_t action, source;
	struct bt_peer peer;
	uint32_t number;   /* FILL: of the peer; VERIFY: the first swarm */
	uint32_t n_hashes; /* SCRAPE */
	sp_time due;
};

struct source {
	int fd;
	struct sp_addr addr;
	uint64_t conn_id;
	sp_time conn_at; /* 0: none */
	bool connecting;
};

struct bt_udp {
	const struct bt_options *o;
	struct bt_result *res;
	struct bt_check check;
	struct sp_rng rng;
	enum bt_mode mode;
	struct source source[LOAD_SOURCES];
	uint32_t turn; /* source that sends next */
	struct slot slot[BT_WINDOW_MAX];
	uint32_t free[BT_WINDOW_MAX];
	uint32_t n_free;
	uint16_t generation;
	/* FILL and VERIFY: numbers that have not been sent, sent in vain. */
	uint32_t next, end;
	uint32_t again[BT_WINDOW_MAX];
	uint32_t n_again;
	struct sp_buf out[UDP_BATCH];
	uint8_t in[UDP_BATCH][UDP_PACKET];
	sp_time begun, stop, heard, swept;
	bool sending;
};

/* ---- bt_udp_sock.c ---- */

int bt_udp_open(struct bt_udp *u);
void bt_udp_close(struct bt_udp *u);
/*
 * Up to |n| requests from one source, the first of them due at |due|, then one
 * each |gap|; returns how many went.
 */
uint32_t bt_udp_send(struct bt_udp *u, uint32_t n, sp_time due, sp_time gap);
/* What has come; returns how many packets. */
uint32_t bt_udp_receive(struct bt_udp *u);
/* Waits until something comes, at most for |wait|. */
void bt_udp_wait(struct bt_udp *u, sp_time wait);

/* ---- bt_udp_req.c ---- */

/* There is something to send. */
bool bt_udp_has_more(const struct bt_udp *u);
/* FILL: the source that the next request has to come from. */
bool bt_udp_next_source(const struct bt_udp *u, uint32_t *out);
/*
 * Takes a slot for the next request of source |s| and writes it to |b|. NULL:
 * there is nothing to send.
 */
struct slot *bt_udp_draw(struct bt_udp *u, uint32_t s, struct sp_buf *b,
    sp_time due);
/* Looks at a packet that came to source |s|. */
void bt_udp_reply(struct bt_udp *u, uint32_t s, const uint8_t *p, size_t len,
    sp_time now);
/* Gives the slot back; |again|: the request was not answered. */
void bt_udp_done(struct bt_udp *u, struct slot *sl, bool again);

#endif
