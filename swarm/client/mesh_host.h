#ifndef SWARM_CLIENT_MESH_HOST_H
#define SWARM_CLIENT_MESH_HOST_H

/*
 * Drives one struct mesh on a loop: neighbours over TCP, announces and the
 * live feed of the trackers, fetches from the origins, and the timer.
 *
 * Both programs use it. A viewer (spate) sets nothing but the defaults; a
 * seeder (spate-seed) sets conf.mesh.seeder: then there is no live feed and
 * no origin, the announce says left=0, and the program hands in its own
 * records:
 *
 *	mesh_host_conf_init(&conf);
 *	conf.mesh.seeder = true; ... pk, secret, trackers, port
 *	mesh_host_new(&h, &conf, loop, origin, &ops, ctx);
 *	mesh_record(mesh_host_mesh(h), env, len, false, loop_now(loop));
 *	mesh_supply(mesh_host_mesh(h), track, number, p, len, loop_now(loop));
 *	mesh_host_kick(h);
 *
 * Whoever calls an input of the mesh himself calls mesh_host_kick afterwards.
 *
 * Trackers: announces go to all of them, at the mesh's times; the first good
 * answer counts, the peers of later ones are added. The feed is read from the
 * first tracker that gives one, and moves to the next when that one fails.
 *
 * To the tracker of the feed go receipts, and with conf.telemetry how the
 *viewer fares (wire/telemetry.h), for its operator.
 *
 * Origins are, in this order and each once: conf.origins, then those of the
 * manifest. A private or loopback address is fetched from only if its host is
 * named by conf.origins or with conf.mesh.lan.
 */

#include "io/conn.h"
#include "io/loop.h"
#include "io/mcast.h"
#include "io/origin.h"
#include "swarm/mesh.h"
#include "wire/head.h"

#define MESH_HOST_TRACKERS (2 * LIM_TRACKERS)
#define MESH_HOST_ORIGINS  (2 * LIM_ORIGINS)
#define MESH_HOST_LISTEN   4
#define MESH_HOST_ITEMS    2

#define MESH_HOST_TELEMETRY (30 * SP_S) /* what viewers take */

struct mesh_host;

/*
 * The DHT: peers, and the channel's head. With conf.mesh.lan it is one of a
 * network of its own: no node of the internet is asked, and many nodes may
 * share an address.
 */
struct mesh_host_dht_conf {
	bool on;
	/* "host:port" to begin with, instead of well-known ones. */
	const char *const *bootstrap;
	size_t n_bootstrap;
	/*
	 * Where it listens; none: all addresses, or with conf.mesh.lan the one
	 * from which the first of |bootstrap| is reached.
	 */
	struct sp_addr listen[2];
	size_t n_listen;
	const char *state; /* file that keeps its nodes; NULL: none */
};

struct mesh_host_conf {
	/* listen_port is filled in. */
	struct mesh_conf mesh;
	/*
	 * Where neighbours connect; port 0: the kernel's choice (the same for
	 * all). None: nobody can connect to us.
	 */
	struct sp_addr listen[MESH_HOST_LISTEN];
	size_t n_listen;
	/* Announce URLs, http or https, as in links. Copied. */
	const char *const *trackers;
	size_t n_trackers;
	/* Base URLs that the user or the link gave. Copied. */
	const char *const *origins;
	size_t n_origins;
	/* Of the link. Borrowed until mesh_host_new returns. */
	const struct sp_addr *peers;
	size_t n_peers;
	struct mesh_host_dht_conf dht; /* borrowed likewise */
	bool no_origin;                /* never fetch from an origin */
	/* Ask gateways for the port, unless it is of this machine only. */
	bool map_port;
	/* Find peers on our own network: MCAST_* bits; 0: not. */
	unsigned lsd;
	const char *congestion;   /* sock_congestion; NULL: the system's */
	bool no_feed;             /* no live feed (a seeder never has one) */
	sp_time telemetry;        /* between posts of how it fares; 0: none */
	const struct sp_log *log; /* borrowed for life; NULL = silent */
};

struct mesh_host_ops {
	/*
	 * Players' things have changed: MESH_CHANGED_*. Called at most once per
	 * round of the loop, never from inside a call of this module.
	 */
	void (*changed)(void *ctx, unsigned what);
	/*
	 * A tracker answered for the first time, stopped answering, or answers
	 * again. |why| is NULL when it works.
	 */
	void (*tracker)(void *ctx, const char *url, const char *why);
	/* After mesh_host_leave: all is told, or 2 s have passed. */
	void (*left)(void *ctx);
	/*
	 * What mesh_host_head gave was put: |stored| nodes have taken it, and
	 * |seen| is the greatest seq that any had, -1 none. When that is
	 * greater, the head is not newer than all before it.
	 */
	void (*head)(void *ctx, int64_t seen, uint32_t stored);
	/* A node has this one, whose signature has to be verified. */
	void (*item)(void *ctx, const char *salt, const struct head_item *it);
	/* Likewise as |head|, of what mesh_host_item gave. */
	void (*item_put)(void *ctx, const char *salt, int64_t seen,
	    uint32_t stored);
};

/* Defaults: mesh_conf_init, no listening, no trackers, no origins. */
void mesh_host_conf_init(struct mesh_host_conf *conf);
/*
 * |loop| and |origin| are borrowed for life; |conf| is copied, |ops| (members
 * may be NULL) is borrowed. SP_ERR_EXISTS: the port is in use; SP_ERR_IO
 * (errno); SP_ERR_ARG; SP_ERR_NOMEM.
 */
int mesh_host_new(struct mesh_host **out, const struct mesh_host_conf *conf,
    struct loop *loop, struct origin *origin, const struct mesh_host_ops *ops,
    void *ctx);
/* Cuts everything at once. NULL is fine. Not from a callback of ops. */
void mesh_host_free(struct mesh_host *h);

struct mesh *mesh_host_mesh(struct mesh_host *h);
/* Does what the mesh wants done, soon (in the next round of the loop). */
void mesh_host_kick(struct mesh_host *h);
/* Port that neighbours connect to, 0: none. */
uint16_t mesh_host_port(const struct mesh_host *h);
/* The same for who is beyond a gateway that has given another one. */
uint16_t mesh_host_outside_port(const struct mesh_host *h);

/*
 * Seeder: puts |it| into the DHT, again and again until a node has taken it or
 * the next one comes. SP_ERR_CLOSED: there is no DHT.
 */
int mesh_host_head(struct mesh_host *h, const struct head_item *it);

/*
 * Other items of the channel in the DHT, at most MESH_HOST_ITEMS of them. |it|
 * is the newest that the caller knows: a seeder puts it at once, and again each
 * 10 to 15 minutes; who looks for it puts it where it is missing. Looking: at
 * the start and each 10 to 20 minutes, by ops.item. SP_ERR_CLOSED: there is no
 * DHT, or too many.
 */
int mesh_host_item(struct mesh_host *h, const char *salt,
    const struct head_item *it);
int mesh_host_item_look(struct mesh_host *h, const char *salt);

/* Says goodbye to peers and trackers; ops.left follows. Only once. */
void mesh_host_leave(struct mesh_host *h);

/* ---- for status pages ---- */

struct mesh_host_tracker {
	const char *url;
	bool ok;           /* the last announce was answered */
	bool feed;         /* the live feed comes from here */
	uint64_t answers;  /* announces that were answered */
	uint64_t failures; /* announces that were not */
	uint32_t complete, incomplete;
	const char *error; /* of the last failure, "" when ok */
};
/* Number of trackers; |out| is filled for i below it. Texts borrow |h|. */
size_t mesh_host_trackers(const struct mesh_host *h);
void mesh_host_tracker(const struct mesh_host *h, size_t i,
    struct mesh_host_tracker *out);
struct mesh_host_dht {
	bool ready;        /* nodes have been found */
	uint16_t port;     /* UDP */
	uint32_t nodes;    /* known, as of the call before */
	uint64_t searches; /* for peers */
	uint64_t peers;    /* that these brought */
	uint64_t announces;
	uint64_t head_seq; /* 0: there is no head */
	uint64_t heads;    /* that came, and were right */
	uint64_t refused;  /* that were not */
	uint64_t puts;
	uint32_t stored; /* nodes that took the last one */
	/* On the wire, as of the call before. */
	uint64_t bytes_in, bytes_out;
};
/* False: there is no DHT. */
bool mesh_host_dht(struct mesh_host *h, struct mesh_host_dht *out);
struct mesh_host_reach {
	bool mapped;
	const char *by;         /* "upnp", "natpmp" (or PCP); "" not mapped */
	uint16_t port;          /* on the gateway */
	const char *why;        /* it is not mapped; "": not known yet */
	struct sp_addr outside; /* as nodes of the DHT see us, or unset */
};
/* False: it is not asked for. */
bool mesh_host_reach(const struct mesh_host *h, struct mesh_host_reach *out);
struct mesh_host_lsd {
	unsigned networks; /* that the last round went to */
	uint64_t said;     /* rounds */
	uint64_t heard;    /* members of the channel, that spoke */
	uint64_t peers;    /* of them, those that were new */
	uint64_t foreign;  /* others that spoke */
};
/* False: there is no local discovery. */
bool mesh_host_lsd(const struct mesh_host *h, struct mesh_host_lsd *out);
/* Base URLs in use; NULL at the end. */
const char *mesh_host_origin(const struct mesh_host *h, size_t i);
/* How we look from outside (BEP 24); family 0: not known. */
struct sp_addr mesh_host_external(const struct mesh_host *h);

/* ---- URLs of a tracker, also for who publishes. Pure. ---- */

/*
 * Appends the URL of a path of the live extension: the announce URL |tracker|
 * up to its last '/', then "live/<info-hash>/|what|".
 *	http://t:8000/announce, "stream" -> http://t:8000/live/<hex>/stream
 */
void mesh_host_live_url(struct sp_buf *b, const char *tracker,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const char *what);

#endif
