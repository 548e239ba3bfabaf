#ifndef TRACKER_DAEMON_HOST_INT_H
#define TRACKER_DAEMON_HOST_INT_H

/*
 * The tracker's host from inside. It is made of parts (the core, the HTTP
 * faces, and what else answers or shares); each has its file, its row in the
 * table of track_host.c and its member here.
 */

#include "io/http.h"
#include "tracker/daemon/locks.h"
#include "tracker/daemon/report.h"
#include "tracker/daemon/streams.h"
#include "tracker/daemon/track_host.h"

/* Between lines about one kind of trouble. */
#define HOST_WARN_GAP  (10 * SP_S)
#define HOST_REPLY_MAX (4u << 20)

#define HOST_SECRET 32

struct track_host {
	struct loop *loop;
	const struct options *opts;
	const struct sp_log *log;
	struct locks locks;
	struct track *track;
	struct streams *streams;
	struct networks *networks; /* NULL: none */
	struct http *http;
	struct http_net *proxies;
	struct http *admin;   /* NULL: no listener of its own */
	struct ws_host *ws;   /* NULL: no WebSocket */
	struct udp_host *udp; /* NULL: not wanted */
	struct io_timer timer;
	struct sp_buf buf;        /* of the reply under way */
	struct redis_host *redis; /* NULL: alone */
	struct report report;
	struct watch *watch; /* watch.c */
	/*
	 * Drawn at random, or our predecessor's: what clients hold of one
	 * process is good for its successor (connection ids of UDP).
	 */
	uint8_t secret[HOST_SECRET];
	sp_time started, next_warn;
};

/*
 * A part. Any function may be NULL. They are called in the order of the table;
 * stop in the opposite one, also when start failed or never came.
 */
struct host_part {
	const char *name;
	/* 0, or an error; |why| (OPTIONS_WHY) may say more, else stays "". */
	int (*start)(struct track_host *h, char *why);
	/* As track_host_listen. */
	int (*listen)(struct track_host *h, const char **where);
	/* As track_host_serve. */
	int (*serve)(struct track_host *h);
	/* Each PLAN_GAP, with both locks. */
	void (*tick)(struct track_host *h, sp_time now);
	/* Then, with the lock of the track alone: what takes its time. */
	void (*later)(struct track_host *h, sp_time now);
	/* SIGHUP; without locks. False: something stays as it was. */
	bool (*reload)(struct track_host *h);
	/*
	 * Lets nobody in any more; who is in stays. The successor has the same
	 * sockets, so they are closed, not shut down.
	 */
	void (*drain)(struct track_host *h);
	/* Brings h->report up to date; with both locks. */
	void (*report)(struct track_host *h);
	void (*stop)(struct track_host *h);
};

/* Calls report of all parts. */
void host_report(struct track_host *h);
/* |path|, or NULL, as it is in our root directory. */
const char *host_path(const struct track_host *h, const char *path);

/* ---- faces.c ---- */

extern const struct host_part faces_part;

/* ---- watch.c ---- */

extern const struct host_part watch_part;

/* ---- routes.c ---- */

#define ROUTES_METHODS (HTTP_M_GET | HTTP_M_HEAD | HTTP_M_POST)

/* Handlers of the two HTTP servers; |ctx| is the host. */
void routes_handle(void *ctx, struct http_req *r);
void routes_handle_admin(void *ctx, struct http_req *r);

#endif
