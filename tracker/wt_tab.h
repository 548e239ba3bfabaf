#ifndef TRACKER_WT_TAB_H
#define TRACKER_WT_TAB_H

/*
 * The tables of wt: swarms, their peers, and the connections. Peers and
 * swarms are numbered; numbers are used again. A swarm has its leechers first
 * in its array, then its seeders, so that either can be drawn from at once. A
 * peer stands in two lists more: its connection's, and that of all by age;
 * in both the one that is silent longest is first.
 */

#include "base/map.h"
#include "base/ratelim.h"
#include "tracker/wt.h"

#define WT_NONE UINT32_MAX

struct wt_list {
	uint32_t first, last; /* peers; WT_NONE: it is empty */
};

struct wt_link {
	uint32_t next, prev;
};

struct wt_peer {
	uint8_t id[LINK_PEERID_LEN];
	uint32_t swarm, at;   /* number, and where in its array */
	uint32_t conn;        /* the host's number */
	uint32_t seen_s;      /* last announce */
	struct wt_link of[2]; /* WT_BY_CONN; WT_BY_AGE, free ones by next */
	bool seed;
};

enum wt_by {
	WT_BY_CONN,
	WT_BY_AGE,
};

struct wt_swarm {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint32_t *v; /* numbers of peers; NULL: the swarm is free */
	uint32_t n, cap;
	uint32_t leechers; /* v[0..leechers) */
	uint32_t next;     /* free one */
};

struct wt_conn {
	struct sp_addr host; /* addr_host, without port */
	struct wt_list peers;
	uint32_t n;
	struct ratelim in;
};

/* Keys have no padding. */
struct wt_key {
	uint32_t swarm;
	uint8_t peer_id[LINK_PEERID_LEN];
};

struct wt_tab {
	const struct sp_mem *mem;
	struct wt_peer *peers;
	struct wt_swarm *swarms;
	uint32_t n_peers, cap_peers, free_peer; /* n: ever used */
	uint32_t n_swarms, cap_swarms, free_swarm;
	uint32_t live_peers, live_swarms, seeders;
	struct wt_list age;
	struct map *by_id;   /* struct wt_key -> uint32_t */
	struct map *by_hash; /* info-hash -> uint32_t */
	struct map *conns;   /* uint32_t -> struct wt_conn */
	struct map *hosts;   /* struct sp_addr -> uint32_t connections */
};

/* SP_ERR_ARG, SP_ERR_NOMEM; wt_tab_fini is right after either. */
int wt_tab_init(struct wt_tab *t, const struct sp_mem *mem, uint32_t max_conns,
    uint32_t max_peers, uint64_t seed);
void wt_tab_fini(struct wt_tab *t);

/* WT_NONE when there is none. */
uint32_t wt_tab_swarm(const struct wt_tab *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);
uint32_t wt_tab_peer(const struct wt_tab *t, uint32_t swarm,
    const uint8_t peer_id[LINK_PEERID_LEN]);
/* NULL; valid until one is opened or closed. */
struct wt_conn *wt_tab_conn(const struct wt_tab *t, uint32_t conn);

/*
 * A new leecher of |conn|, which is there, seen at |s|; its swarm is made if
 * need be. SP_ERR_NOMEM, SP_ERR_FULL; nothing is kept then.
 */
int wt_tab_add(struct wt_tab *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t peer_id[LINK_PEERID_LEN], uint32_t conn, uint32_t s,
    uint32_t *out);
/* An empty swarm goes with its last peer. */
void wt_tab_del(struct wt_tab *t, uint32_t peer);
void wt_tab_seed(struct wt_tab *t, uint32_t peer, bool seed);
/* It announced itself at |s|, by |conn|. */
void wt_tab_seen(struct wt_tab *t, uint32_t peer, uint32_t conn, uint32_t s);
struct wt_counts wt_tab_counts(const struct wt_tab *t, uint32_t swarm);
bool wt_tab_is_sound(const struct wt_tab *t);

#endif
