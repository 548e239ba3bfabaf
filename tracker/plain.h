#ifndef TRACKER_PLAIN_H
#define TRACKER_PLAIN_H

/*
 * Ordinary swarms: announces of any BitTorrent client in, compact peers out.
 * Swarms of live channels are not here (tracker/registry.h), but their
 * info-hashes are known, so that one look tells which of the two it is.
 *
 * A peer is (info-hash, IP, port); no peer-id is kept. A swarm has one dense
 * pool of peers for each family and scope (tracker/pool.h, tracker/scope.h), in
 * which seeders come first, so an asker gets addresses of its own family, no
 * seeder is handed a seeder, and of all who may be handed out everybody is
 * equally likely. The asker never gets its own endpoint. Addresses that cannot
 * be dialled (port 0, multicast, ...) are never stored.
 *
 * What it costs, all told, with glibc's malloc: 11 bytes an IPv4 peer in swarms
 * of a hundred, 60 in swarms of two.
 *
 * Time is cut into ticks of PLAIN_TICK_S. A swarm hangs in a wheel at the tick
 * when the first of its peers may expire; then all of its peers are looked at,
 * and it is hung up again. No call looks at more than PLAIN_TICK_MAX peers for
 * that, and none moves more than one shard of the index or one pool.
 *
 * When there is no room (max_peers, max_swarms, max_bytes), in this order:
 *
 *  1. what has expired is removed;
 *  2. swarms with a single peer are forgotten, of those the first whose peer
 *     would expire first;
 *  3. the peer is answered, but not stored (SP_ERR_FULL).
 *
 * A full swarm (max_swarm_peers) and a host with too many ports in it
 * (max_ip_ports) get 3 at once.
 *
 * Nothing here is shared with the rest of struct track: who calls only plain_*
 * needs to lock only that. One caller at a time.
 */

#include "base/addr.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "tracker/access.h"
#include "tracker/scope.h"
#include "tracker/shareout.h"
#include "wire/trackwire.h"

#define PLAIN_TICK_S   32
#define PLAIN_TICK_MAX 4096 /* peers that one call looks at to expire them */

/* Most that max_peers and max_swarms may be. */
#define PLAIN_MAX (1u << 30)

struct plain_conf {
	enum scope_lan lan;
	uint32_t max_peers; /* in all swarms */
	uint32_t max_swarms;
	uint32_t max_swarm_peers; /* per swarm */
	/* Of one host (addr_host) in one swarm; loopback is not counted. */
	uint32_t max_ip_ports;
	uint64_t max_bytes;      /* as budget.h counts; 0: no ceiling */
	uint32_t interval_s;     /* [60, 86400]; told with +-10 % jitter */
	uint32_t min_interval_s; /* told with it */
	uint32_t numwant;        /* when the client names none (or <= 0) */
	/*
	 * May be NULL. Borrowed; whoever changes the lists may do so only while
	 * nobody is in a plain_* call, and drops what is denied afterwards.
	 */
	const struct access *access;
	/* May be NULL. Borrowed: is told of all announces that are taken. */
	struct shareout *shareout;
};

/* Where an info-hash may stand: plain_warm's. */
struct plain_hint {
	uint64_t hash;
	uint32_t swarm;
};

/* An announce. */
struct plain_ask {
	const uint8_t *info_hash; /* LINK_INFOHASH_LEN bytes */
	const uint8_t *peer_id;   /* LINK_PEERID_LEN bytes; NULL: not told */
	struct sp_addr addr;      /* the IP as seen, the port as announced */
	enum tw_event event;
	bool seeds;      /* left is 0 */
	int32_t numwant; /* <= 0: the default; cut to LIM_NUMWANT */
	const struct plain_hint *hint; /* of this info-hash; may be NULL */
};

/* What it got. */
struct plain_answer {
	uint32_t interval_s, min_interval_s;
	/* Of both families; the asker included, if it is stored. */
	uint32_t complete, incomplete;
	size_t n_peers; /* of 6 bytes (IPv4) or 18 (IPv6) */
	/*
	 * 0: the peer is stored (or was removed: stopped). Otherwise it was
	 * answered without being stored: SP_ERR_FULL, SP_ERR_NOMEM,
	 * SP_ERR_DENIED (address not handed out by this tracker).
	 */
	int store;
};

/* Of a live channel, or for one: ask track_announce. */
#define PLAIN_LIVE 1

struct plain;

/*
 * 1 M peers, 100 k swarms, 200 k per swarm, 64 ports, no ceiling, 1800 s, 60 s,
 * 50.
 */
void plain_conf_init(struct plain_conf *c);
/* SP_ERR_ARG (a value of |conf| out of range), SP_ERR_NOMEM. */
int plain_new(struct plain **out, const struct plain_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now);
void plain_free(struct plain *p);
/*
 * Takes max_swarm_peers, min_interval_s and numwant of |conf|; who is stored
 * stays. SP_ERR_ARG.
 */
int plain_relimit(struct plain *p, const struct plain_conf *conf);

/*
 * Takes an announce and writes as many compact peers (BEP 23, BEP 7: IP and
 * port, big-endian) into the |cap| bytes at |peers| as are wanted and fit: of
 * the asker's own family, 6 bytes each for IPv4, 18 for IPv6.
 *
 * stopped removes the entry and gives no peers. 0; PLAIN_LIVE: the info-hash is
 * marked, or |peer_id| is that of a viewer of ours: nothing was done and |out|
 * is not set. SP_ERR_DENIED: by the access lists. SP_ERR_RANGE: port 0 without
 * stopped, or an address that cannot be dialled; nothing was done.
 */
int plain_announce(struct plain *p, const struct plain_ask *ask, uint8_t *peers,
    size_t cap, struct plain_answer *out, sp_time now);
/*
 * What another tracker says of a peer, which expires |ttl_s| (at most what
 * the interval gives) from now unless it is heard of again. Whoever announced
 * itself here is known better and stays as it is: SP_ERR_EXISTS. |event|:
 * stopped removes it, completed counts as a download. 0; SP_ERR_FULL (nobody
 * is evicted for it), SP_ERR_NOMEM, SP_ERR_DENIED (lists, scope), SP_ERR_RANGE,
 * SP_ERR_NOTFOUND (stopped), PLAIN_LIVE.
 */
int plain_import(struct plain *p, const struct plain_ask *ask, uint32_t ttl_s,
    sp_time now);
/*
 * 0; zeros but for the info-hash: SP_ERR_NOTFOUND (no such swarm),
 * SP_ERR_DENIED, PLAIN_LIVE.
 */
int plain_scrape(const struct plain *p,
    const uint8_t info_hash[LINK_INFOHASH_LEN], struct tw_scrape_entry *out);
/*
 * For batches: has the memory brought near that an announce or scrape of
 * |info_hash| will look at, in steps, each of which follows what the one before
 * has brought: step 0 for all of the batch, then step 1 for all, and so on.
 * Step 0 sets |h|. Changes nothing else; meanwhile nothing may change.
 */
#define PLAIN_WARM_STEPS 3
void plain_warm(const struct plain *p, struct plain_hint *h,
    const uint8_t info_hash[LINK_INFOHASH_LEN], int step);
/*
 * Iterates all swarms but live ones: *it starts at 0; false at the end.
 * Meanwhile nothing may change, but for dropping the swarm just returned.
 */
bool plain_next(const struct plain *p, size_t *it, struct tw_scrape_entry *out);
/* Forgets a swarm, or a mark. SP_ERR_NOTFOUND. */
int plain_drop(struct plain *p, const uint8_t info_hash[LINK_INFOHASH_LEN]);

/*
 * Forgets who is at |addr| (port 0: at any port) in all swarms; returns how
 * many entries that were. Looks at all swarms, for port 0 at all their peers: a
 * hundredth of a second for a million.
 */
uint32_t plain_forget(struct plain *p, const struct sp_addr *addr);

/*
 * Marks an info-hash as that of a live channel, or takes the mark away. The
 * peers of an ordinary swarm of that name are forgotten. Marks count neither
 * as swarms nor against the ceiling. SP_ERR_NOMEM; 0 too when it is so already.
 */
int plain_set_live(struct plain *p, const uint8_t info_hash[LINK_INFOHASH_LEN],
    bool live);
/* Iterates the marks: *it starts at 0; as plain_next. */
bool plain_next_live(const struct plain *p, size_t *it,
    uint8_t out[LINK_INFOHASH_LEN]);

/* Removes what has expired (some of it: see above); returns how many. */
int plain_tick(struct plain *p, sp_time now);
/* When plain_tick has something to do; SP_NEVER when there is nobody. */
sp_time plain_deadline(const struct plain *p);

/*
 * For an upgrade: appends all swarms with their peers, 9 bytes of an IPv4 peer
 * and 28 of a swarm; b->err. And takes them in another process of this host,
 * within its limits and lists: returns how many peers are here now.
 * SP_ERR_SYNTAX; SP_ERR_FULL, SP_ERR_NOMEM: no more go in. What came before an
 * error stays.
 */
size_t plain_save_len(const struct plain *p); /* bytes that it appends */
int plain_save(const struct plain *p, struct sp_buf *b);
int64_t plain_load(struct plain *p, const uint8_t *v, size_t len, sp_time now);

struct plain_stats {
	uint64_t swarms, peers, peers4, peers6, seeders;
	uint64_t foreign;         /* of the peers: told of by other trackers */
	uint64_t bytes;           /* in use, as budget.h counts */
	uint64_t announces;       /* answered here: neither live nor refused */
	uint64_t announce_errors; /* refused */
	uint64_t denied;          /* of them, by the access lists */
	uint64_t peers_told;
	uint64_t expired, stopped, evicted; /* peers removed so far */
	uint64_t refused_full, refused_denied, refused_nomem;
};
void plain_stats(const struct plain *p, struct plain_stats *out);
/*
 * Walks everything and says whether counters, pools, the wheel and the index
 * agree: for tests and fuzzers.
 */
bool plain_is_sound(const struct plain *p);

#endif
