#ifndef TRACKER_WT_H
#define TRACKER_WT_H

/*
 * The tracker of WebRTC peers (WebTorrent), without sockets and without JSON:
 * swarms of peers behind connections, to whom offers and answers are relayed.
 * A browser cannot be dialled. It hands its tracker a few offers with each
 * announce; each goes to another peer of the swarm, and what that one answers
 * comes back the same way:
 *
 *	wt_open(w, 1, &a, now);			A connects
 *	wt_open(w, 2, &b, now);			B connects
 *	wt_announce(w, 2, {hash, B}, now);
 *	wt_next -> REPLY to 2: 0 complete, 1 incomplete
 *	wt_announce(w, 1, {hash, A, offers x and y}, now);
 *	wt_next -> REPLY to 1, OFFER x of A to 2	(y: nobody is left)
 *	wt_answer(w, 2, {hash, B, to A, x}, now);
 *	wt_next -> ANSWER x of B to 1
 *
 * A peer is (info-hash, peer-id) on the connection that announced it. Another
 * connection takes it over only from the same host (addr_host): peer-ids are
 * told to others with each offer, so who knows one could take the answers that
 * are meant for it. Until the first connection has ended, or the peer has
 * expired, others get SP_ERR_EXISTS.
 *
 * Who gets an offer is drawn anew each time, all with the same chance: seeders
 * get none of seeders, nobody its own. A peer goes when its connection ends,
 * when it says so, or three intervals after its last announce.
 *
 * What is full answers without keeping the peer (wt_act.full), and hands none
 * of its offers out: answers would not reach it. But
 *   - a connection with too many peers, in all or in one swarm, loses the one
 *     of them that is silent longest;
 *   - of all peers the one that is silent longest goes, once it is overdue
 *     (WT_OVERDUE of its interval has passed).
 */

#include "base/addr.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "wire/limits.h"
#include "wire/link.h"

#define WT_PEERS_MAX   (1u << 26) /* most that max_peers may be */
#define WT_COST        256        /* bytes that a message costs at least */
#define WT_OVERDUE_PCT 125
#define WT_TICK_MAX    4096 /* peers that a tick removes at most */

struct wt_conf {
	uint32_t max_conns;       /* open connections */
	uint32_t max_host_conns;  /* of one host; loopback is not counted */
	uint32_t max_conn_peers;  /* of one connection: swarms, mostly */
	uint32_t max_conn_swarm;  /* of one connection in one swarm */
	uint32_t max_swarm_peers; /* of one swarm */
	uint32_t max_peers;       /* of all */
	uint32_t interval_s;      /* told, +-10 %; [10, 86400] */
	/*
	 * Bytes a second from one connection (messages and WT_COST for each),
	 * and how many at once; rate 0: any. Loopback is not counted.
	 */
	uint32_t rate_bps, burst_bytes;
};

struct wt;

/* 100 k connections, 64 of a host, 256 peers of each and 4 in one swarm, 100 k
 * in a swarm, 500 k in all, 120 s, 64 KiB/s after 2 MiB. */
void wt_conf_init(struct wt_conf *c);
/* SP_ERR_ARG (a value out of range), SP_ERR_NOMEM. */
int wt_new(struct wt **out, const struct wt_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now);
void wt_free(struct wt *w); /* NULL is fine */

/*
 * A connection from |from|, which the host calls |conn|: any number that is not
 * in use. SP_ERR_FULL: of all or of this host there are too many;
 * SP_ERR_EXISTS, SP_ERR_NOMEM. Nothing is kept then.
 */
int wt_open(struct wt *w, uint32_t conn, const struct sp_addr *from,
    sp_time now);
/* It ended: its peers go. Fine when there is none. */
void wt_close(struct wt *w, uint32_t conn);
/*
 * A message of |bytes| came, good or bad. SP_ERR_LIMIT: more than a connection
 * may send; close it. SP_ERR_NOTFOUND.
 */
int wt_charge(struct wt *w, uint32_t conn, size_t bytes, sp_time now);

struct wt_bytes {
	const uint8_t *p;
	size_t len;
};

/* Both opaque: what a client sent under |id| comes back under the same. */
struct wt_offer {
	struct wt_bytes id;  /* at most LIM_WT_OFFER_ID */
	struct wt_bytes sdp; /* at most LIM_WT_SDP */
};

enum wt_event {
	WT_EVENT_NONE,
	WT_EVENT_STARTED,
	WT_EVENT_STOPPED,
	WT_EVENT_COMPLETED,
};

enum wt_left {
	WT_LEFT_UNKNOWN, /* as before; a newcomer is a leecher */
	WT_LEFT_SOME,
	WT_LEFT_NONE, /* a seeder, and so is who says COMPLETED */
};

struct wt_announce {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t peer_id[LINK_PEERID_LEN];
	enum wt_event event;
	enum wt_left left;
	size_t n_offers; /* at most LIM_WT_OFFERS */
	struct wt_offer offers[LIM_WT_OFFERS];
};

struct wt_answer {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t peer_id[LINK_PEERID_LEN]; /* who answers */
	uint8_t to[LINK_PEERID_LEN];
	struct wt_offer offer;
};

/*
 * Both borrow |a| and what it points to until wt_next has said SP_ERR_AGAIN;
 * the next of these calls forgets what was not fetched.
 *
 * wt_announce: SP_ERR_NOTFOUND (no such connection), SP_ERR_EXISTS (above).
 * stopped removes the peer if it is this connection's, and relays nothing.
 *
 * wt_answer: SP_ERR_NOTFOUND: |peer_id| is not this connection's, or |to| is
 * not in the swarm (any more).
 */
int wt_announce(struct wt *w, uint32_t conn, const struct wt_announce *a,
    sp_time now);
int wt_answer(struct wt *w, uint32_t conn, const struct wt_answer *a,
    sp_time now);

struct wt_counts {
	uint32_t complete, incomplete;
};

enum wt_act_kind {
	WT_ACT_REPLY,  /* counts, interval_s, full */
	WT_ACT_OFFER,  /* peer_id, offer */
	WT_ACT_ANSWER, /* peer_id, offer (the id, and the answer's SDP) */
};

struct wt_act {
	enum wt_act_kind kind;
	uint32_t conn; /* whom to tell */
	const uint8_t *info_hash;
	const uint8_t *peer_id; /* from whom */
	const struct wt_offer *offer;
	struct wt_counts counts;
	uint32_t interval_s;
	bool full; /* the peer is not kept */
};

/* What is to be sent: the reply first. SP_ERR_AGAIN: nothing. */
int wt_next(struct wt *w, struct wt_act *act);

/* Zeros when the swarm is not known (false). */
bool wt_scrape(const struct wt *w, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct wt_counts *out);
/*
 * Iterates all swarms: *it starts at 0; NULL at the end. Meanwhile nothing but
 * the swarm just returned may be dropped.
 */
const uint8_t *wt_swarm_next(const struct wt *w, size_t *it,
    struct wt_counts *out);
/* Forgets a swarm and its peers (denied from now on). SP_ERR_NOTFOUND. */
int wt_drop(struct wt *w, const uint8_t info_hash[LINK_INFOHASH_LEN]);

/* Removes what expired, WT_TICK_MAX at most; returns how many. */
int wt_tick(struct wt *w, sp_time now);
/* When it has something to do; SP_NEVER. */
sp_time wt_deadline(const struct wt *w);

struct wt_stats {
	uint64_t conns, swarms, peers, seeders; /* now */
	uint64_t announces, offers, answers;    /* the last two: relayed */
	uint64_t expired, evicted;
	uint64_t refused_full, refused_id; /* not kept; of somebody else */
};
void wt_stats(const struct wt *w, struct wt_stats *out);
/* Walks everything: for tests and fuzzers. */
bool wt_is_sound(const struct wt *w);

#endif
