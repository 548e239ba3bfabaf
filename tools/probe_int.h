#ifndef TOOLS_PROBE_INT_H
#define TOOLS_PROBE_INT_H

/*
 * What the parts of spate-probe share:
 *
 *	probe_run.c  one after the other begins, until all are through
 *	probe_net.c  interfaces, multicast, our port, the way back to it
 *	probe_lt.c   the gateway, the DHT
 *	probe_web.c  trackers, the origin
 *	probe_udp.c  trackers by UDP
 *
 * Each has a begin, which returns SP_ERR_* when it is not worth going on, and
 * says when it is through.
 */

#include "io/conn.h"
#include "io/origin.h"
#include "lt/lt.h"
#include "tools/probe.h"
#include "tools/probe_options.h"
#include "wire/link.h"
#include "wire/lsd.h"

struct probe;

struct probe_ask {
	struct probe *p;
	struct probe_tracker *t;
	struct origin_fetch *f;
	sp_time begun;
	int udp_fd; /* -1: none */
	struct io_watch *udp;
	uint32_t tid;
	unsigned sent; /* by UDP */
	sp_time udp_begun;
};

struct probe_session {
	struct probe *p;
	struct lt_session *s;
	struct io_watch *w;
};

struct probe {
	struct loop *loop;
	struct origin *origin;
	const struct probe_options *o;
	const struct link *link; /* NULL: none */
	const char *url;         /* of the origin; NULL: none */
	struct probe_facts f;
	struct io_timer tick;
	sp_time begun, bye; /* bye: since when we say good-bye, 0 not yet */

	/* net */
	struct conn_listener *listeners[2];
	struct mcast *m[2];
	uint8_t nonce[LSD_NONCE_LEN];
	struct conn *back; /* dialled to ourselves */

	/* lt */
	struct probe_session gateway, dht;
	uint32_t map;
	bool no_gateway;
	sp_time mapped_at, looked_at;
	uint8_t lookup[LINK_INFOHASH_LEN];

	/* web */
	uint8_t info_hash[LINK_INFOHASH_LEN], peer_id[LINK_PEERID_LEN];
	struct probe_ask asks[PROBE_TRACKERS];
	struct origin_fetch *window, *media;
	sp_time media_begun, met_at; /* a tracker told of peers */
};

/* Asks all; what it found is in p->f. SP_ERR_*, complained about. */
int probe_run(struct probe *p);

int probe_net_begin(struct probe *p);
bool probe_net_is_through(const struct probe *p, sp_time now);
/* Tries the way through the gateway, once it is known. */
void probe_net_tick(struct probe *p, sp_time now);
void probe_net_end(struct probe *p);

int probe_lt_begin(struct probe *p);
bool probe_lt_is_through(const struct probe *p, sp_time now);
void probe_lt_tick(struct probe *p, sp_time now);
void probe_lt_end(struct probe *p);

int probe_web_begin(struct probe *p);
bool probe_web_is_through(const struct probe *p, sp_time now);
/* Tells trackers that we are not there any more. */
void probe_web_bye(struct probe *p);
bool probe_web_said_bye(const struct probe *p);
void probe_web_end(struct probe *p);

/* |t|'s host, by UDP at |addr|. What fails is unknown. */
void probe_udp_ask(struct probe_ask *a, const struct sp_addr *addr);
void probe_udp_tick(struct probe *p, sp_time now);
void probe_udp_end(struct probe_ask *a);

#endif
