#ifndef SWARM_CLIENT_HOST_INT_H
#define SWARM_CLIENT_HOST_INT_H

/*
 * What the parts of the mesh host share; nobody else includes it.
 *
 *	mesh_host.c     making, freeing, the pump, the timer, leaving
 *	host_conn.c     neighbours
 *	host_tracker.c  announces
 *	host_feed.c     the live feed
 *	host_fetch.c    transfers from the origins
 *	host_telemetry.c how it fares
 *	host_lsd.c      peers on our own network
 *	host_lt.c       the session of libtorrent, for these:
 *	host_reach.c    our port on the gateway
 *	host_dht.c      the DHT: searches, announces
 *	host_dht_head.c the channel's head there
 *	host_dht_conf.c what it is begun with, what is kept of it
 *	host_item.c     other items there
 *
 * Every event of the loop ends in host_pump.
 */

#include <sys/queue.h>

#include "base/rng.h"
#include "lt/lt.h"
#include "swarm/client/dht_plan.h"
#include "swarm/client/lsd_plan.h"
#include "swarm/client/mesh_host.h"
#include "swarm/stats.h"
#include "wire/lsd.h"
#include "wire/telemetry.h"

struct host_conn;
struct host_fetch;

struct host_tracker {
	struct mesh_host *h;
	char *url;
	enum origin_reach reach;
	struct origin_fetch *f; /* announce that is out */
	uint32_t announce;      /* its id */
	bool told;              /* ops.tracker was called */
	bool ok, last;          /* last: the event is STOPPED */
	bool far;               /* it sees us as the gateway shows us */
	uint16_t port;          /* that it was told */
	bool moving;            /* it is told that this one is gone */
	uint64_t answers, failures;
	uint32_t complete, incomplete;
	char error[80];
	struct tw_since since; /* of its feed */
};

struct host_origin {
	char *url; /* ends with '/' */
	enum origin_reach reach;
};

struct host_feed {
	struct origin_fetch *f;
	size_t tracker; /* which one */
	struct sp_buf in;
	struct io_timer timer; /* retry, or silence */
	unsigned fails;        /* in a row */
	bool hello, up;
	sp_time since;                 /* up since */
	struct roster roster;          /* as this stream has told it */
	struct places places;          /* likewise */
	struct origin_fetch *receipts; /* the post that is out */
};

struct host_telemetry {
	struct io_timer timer;
	struct origin_fetch *f; /* the post that is out */
	/* What was told, and when; the start is told once. */
	struct mesh_stats before;
	sp_time since;
	bool start_told;
};

struct host_lt {
	struct lt_session *s; /* NULL: nobody needs it */
	struct io_watch *w;
};

struct host_reach {
	bool on, mapped;
	uint32_t id;
	enum lt_way way;
	uint16_t port; /* on the gateway */
	struct sp_addr outside;
	char why[120]; /* it is not mapped */
};

#define HOST_DHT_PEERS 100 /* that one search may bring */

struct host_dht {
	bool on, ready;
	struct dht_plan plan;
	struct io_timer timer, window, save;
	/* searches */
	bool finding; /* one is under way, and has brought nothing yet */
	struct sp_addr seen[HOST_DHT_PEERS]; /* what it has brought */
	size_t n_seen;
	size_t n_known; /* by this one or the last */
	/* the head: what a viewer has, what a seeder puts */
	struct head_item head;
	uint64_t head_serial; /* of its manifest */
	int64_t put_seq;      /* of the PUT under way, or the last */
	int64_t got;          /* greatest seq of the GET under way, 0 none */
	bool told_old;
	/* what it is begun with, what is kept */
	char listen[2 * ADDR_STRLEN];
	char *bootstrap, *path; /* owned */
	uint8_t *saved;
	size_t saved_len;
	bool saving, save_failed;
	/* for status pages */
	uint16_t port;
	uint32_t nodes[2]; /* IPv4, IPv6 */
	uint32_t stored;
	uint64_t searches, peers, announces, heads, refused, puts;
	uint64_t bytes_in, bytes_out;
};

#define HOST_LSD_GROUPS 2 /* IPv4, IPv6 */

struct host_lsd {
	bool on;
	struct mcast *m[HOST_LSD_GROUPS]; /* NULL: not to be had */
	struct lsd_plan plan;
	struct io_timer timer;
	uint8_t nonce[LSD_NONCE_LEN]; /* of the last round */
	unsigned networks;            /* that took it */
	uint64_t said, heard, peers, foreign;
};

struct host_item {
	char salt[HEAD_SALT_MAX + 1];
	struct head_item have;  /* seq 0: none */
	sp_time get_at, put_at; /* SP_NEVER: not */
	unsigned n_get, n_put;  /* without success, in a row */
	int64_t got;            /* greatest seq of the GET under way, 0 none */
};

struct mesh_host {
	struct loop *loop;
	struct origin *origin;
	struct mesh_host_conf conf;
	const struct mesh_host_ops *ops;
	void *ctx;
	struct mesh *mesh;
	struct sp_rng rng;

	struct io_timer timer; /* mesh_deadline */
	struct io_timer soon;  /* kick; ops.changed */
	struct io_timer acks;  /* host_conn_poll */
	bool polling;
	struct io_timer bye; /* leaving takes no longer */
	unsigned changed;    /* not told yet */
	bool leaving, left;

	struct conn_listener *listeners[MESH_HOST_LISTEN];
	size_t n_listeners;
	uint16_t port;
	LIST_HEAD(, host_conn) conns;
	uint32_t next_conn;

	struct host_tracker trackers[MESH_HOST_TRACKERS];
	size_t n_trackers;
	uint32_t announce; /* id of the newest one */
	struct mesh_act announce_act;
	bool announced; /* it was answered, or has failed everywhere */
	uint32_t key;   /* of announces */
	struct sp_addr external;
	struct host_feed feed;
	struct host_telemetry telemetry;
	struct host_lsd lsd;
	struct host_lt lt;
	struct host_reach reach;
	struct host_dht dht;
	struct host_item items[MESH_HOST_ITEMS];
	size_t n_items;
	struct io_timer item_timer;

	/* The first n_given are the user's. */
	struct host_origin origins[MESH_HOST_ORIGINS];
	size_t n_origins, n_given;
	bool told_refused; /* once is enough */
	LIST_HEAD(, host_fetch) fetches;
};

/* mesh_host.c */
/* Acts of the mesh, the timer, what has changed. After every input. */
void host_pump(struct mesh_host *h);

/* host_conn.c */
int host_conn_listen(struct mesh_host *h);
void host_conn_fini(struct mesh_host *h);
/* Looks what was acknowledged, and again while something is out. */
void host_conn_poll(struct mesh_host *h);
void host_conn_dial(struct mesh_host *h, const struct mesh_act *act);
void host_conn_send(struct mesh_host *h, const struct mesh_act *act);
void host_conn_close(struct mesh_host *h, const struct mesh_act *act);

/* host_tracker.c */
/* Known ones and those beyond the maximum are left out. SP_ERR_NOMEM. */
int host_tracker_add(struct mesh_host *h, const char *url, size_t len,
    enum origin_reach reach);
void host_tracker_fini(struct mesh_host *h);
void host_tracker_announce(struct mesh_host *h, const struct mesh_act *act);
/* Announces are out. */
bool host_tracker_busy(const struct mesh_host *h);

/* The port at which those reach us whom |t| tells of us. */
uint16_t host_tracker_port(const struct host_tracker *t);
/* Tells those that know another port than that at which we are reached. */
void host_tracker_again(struct mesh_host *h);
/* One that the head names: is announced to at once. */
void host_tracker_new(struct mesh_host *h, const char *url, size_t len,
    enum origin_reach reach);

/* host_feed.c */
int host_feed_init(struct mesh_host *h);
void host_feed_fini(struct mesh_host *h);
/* The stream of |t|, if it is his, is asked for with the port he now knows. */
void host_feed_again(struct mesh_host *h, const struct host_tracker *t);
/*
 * Takes what an announce brought of the window. Where the stream goes on is not
 * moved: there may be gaps.
 */
void host_feed_tail(struct mesh_host *h, const uint8_t *p, size_t len);
/* Posts them to the tracker of the feed. */
void host_feed_receipts(struct mesh_host *h, const struct mesh_act *act);
/*
 * POST of a path of the live extension to that tracker; |cb| gets the host.
 * SP_ERR_AGAIN: there is no feed now; codes of origin_all.
 */
int host_feed_post(struct mesh_host *h, const char *what, const uint8_t *p,
    size_t len, origin_all_cb cb, struct origin_fetch **out);

/* host_telemetry.c */
int host_telemetry_init(struct mesh_host *h);
void host_telemetry_fini(struct mesh_host *h);
/*
 * What has happened from |before| to |now|, |span| apart, as it is told; the
 * start-up is left to the caller. Pure.
 */
void host_telemetry_fill(struct telemetry *t, const struct mesh_stats *now,
    const struct mesh_stats *before, sp_time span);

/* host_lsd.c */
/* Goes on without where there is no network for it. SP_ERR_NOMEM. */
int host_lsd_init(struct mesh_host *h);
void host_lsd_fini(struct mesh_host *h);
/* The mesh announces. */
void host_lsd_wish(struct mesh_host *h);

/* host_lt.c */
/* Opens the session if it is needed; goes on without when it cannot. NOMEM. */
int host_lt_init(struct mesh_host *h);
void host_lt_fini(struct mesh_host *h);

/* host_reach.c */
/* Settings of the session that port mapping needs; 0: it is not wanted. */
size_t host_reach_settings(struct mesh_host *h, struct lt_kv *out, size_t max);
/* Asks for the port. SP_ERR_NOMEM. */
int host_reach_start(struct mesh_host *h);
void host_reach_event(struct mesh_host *h, const struct lt_event *ev);
/* The port that others reach us at. */
uint16_t host_reach_port(const struct mesh_host *h);

/* host_dht.c; all but the first do nothing without DHT */
int host_dht_start(struct mesh_host *h);
void host_dht_fini(struct mesh_host *h);
void host_dht_event(struct mesh_host *h, const struct lt_event *ev);
/* Does what is due. */
void host_dht_run(struct mesh_host *h);
/* The mesh announces: is in want of peers. */
void host_dht_wish(struct mesh_host *h);
/* No tracker is left to answer it: true, and it is or will be answered. */
bool host_dht_answers(struct mesh_host *h);
/* Others reach us at another port. */
void host_dht_moved(struct mesh_host *h);
/* The manifest is here, or a new one. */
void host_dht_serve(struct mesh_host *h);
void host_dht_leave(struct mesh_host *h);
/* Nodes are being kept. */
bool host_dht_busy(const struct mesh_host *h);

/* host_dht_head.c */
void host_dht_item(struct mesh_host *h, const struct lt_item *in);
/* The GET has ended. */
void host_dht_got(struct mesh_host *h);
void host_dht_put(struct mesh_host *h);
void host_dht_was_put(struct mesh_host *h, const struct lt_event_put *ev);
/* Compares what is known of the manifest. */
void host_dht_manifest(struct mesh_host *h);
/* Adds those of the head. */
void host_dht_origins(struct mesh_host *h);

/* host_dht_conf.c */
/* Settings of the session that the DHT needs; 0: it is not wanted. */
size_t host_dht_settings(struct mesh_host *h, struct lt_kv *out, size_t max);
/* Nodes of an earlier run; NULL when there are none. */
void host_dht_state(struct mesh_host *h, const void **p, size_t *len);
/* libtorrent did not take them. */
void host_dht_state_bad(struct mesh_host *h);
void host_dht_save(struct mesh_host *h, const uint8_t *p, size_t len);
int host_dht_conf_start(struct mesh_host *h);
void host_dht_conf_fini(struct mesh_host *h);

/* host_item.c */
/* True: it is of an item, and done with. */
bool host_item_event(struct mesh_host *h, const struct lt_event *ev);
/* There are nodes now. */
void host_item_ready(struct mesh_host *h);
void host_item_fini(struct mesh_host *h);

/* host_fetch.c */
/* After those of the manifest; known ones are left out. */
void host_fetch_add(struct mesh_host *h, const char *url, size_t len);
/* The user's. SP_ERR_NOMEM. */
int host_fetch_init(struct mesh_host *h);
void host_fetch_fini(struct mesh_host *h);
/* The manifest's, anew. */
void host_fetch_manifest(struct mesh_host *h, const struct manifest *m);
void host_fetch_start(struct mesh_host *h, const struct mesh_act *act);
void host_fetch_stop(struct mesh_host *h, const struct mesh_act *act);
void host_fetch_stop_all(struct mesh_host *h);

/* ---- pure ---- */

#define HOST_AUTHORITY_MAX 300
/*
 * "http://host:port" of an http or https URL in lower case, with the port
 * even where it is the default. SP_ERR_SYNTAX: no such URL, or one with a
 * user name.
 */
int host_authority(char out[HOST_AUTHORITY_MAX], const char *url, size_t len);

#endif
