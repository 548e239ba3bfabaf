#ifndef TRACKER_REGISTRY_H
#define TRACKER_REGISTRY_H

/*
 * Who is in which swarm: announces in, random samples of peers out.
 *
 * A peer is (info-hash, IP, port): its peer-id is kept and told, but it is not
 * its identity, so that nobody can take over another's entry from elsewhere.
 * IPv4 and IPv6 are apart: an asker gets addresses of its own family. Entries
 * stand in a ring of time buckets by when they expire; nothing ever sweeps
 * over all peers.
 *
 * A swarm keeps its peers in pools by family, seeding or not, and scope of the
 * address (public, private, loopback), so that what may not be handed to an
 * asker is not even looked at and every other peer is equally likely:
 *
 *	asker      seeds are handed     scopes: tracker/scope.h
 *	seeder     never
 *	leecher    yes
 *
 * Addresses that cannot be dialled (port 0, multicast, ...) are never stored;
 * the asker never gets its own endpoint.
 */

#include "base/addr.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "tracker/peertab.h"
#include "tracker/scope.h"
#include "wire/trackwire.h"

/* Most that max_peers and max_swarms may be. */
#define REGISTRY_PEERS_MAX (1u << 27)

struct registry_conf {
	enum scope_lan lan;
	uint32_t max_peers; /* in all swarms */
	uint32_t max_swarms;
	uint32_t max_swarm_peers; /* per swarm */
	/* Of one host (addr_host) in one swarm; loopback is not counted. */
	uint32_t max_ip_ports;
	uint32_t interval_s;     /* of ordinary swarms, [60, 86400] */
	uint32_t min_interval_s; /* told with it */
	uint32_t numwant;        /* when the client names none (or <= 0) */
};

/* Live swarms; told with +-10 % jitter once the peer is two minutes old. */
#define REGISTRY_LIVE_YOUNG_S    120
#define REGISTRY_LIVE_FIRST_S    30
#define REGISTRY_LIVE_INTERVAL_S 120
#define REGISTRY_LIVE_MIN_S      10

#define REGISTRY_COUNTED 256 /* peers; all are looked at then */

/* What an announce got. */
struct registry_answer {
	uint32_t interval_s, min_interval_s;
	uint32_t complete, incomplete; /* of both families, asker included */
	/* Of a live swarm of at most REGISTRY_COUNTED: who watches what. */
	bool counted;
	uint8_t viewers[LIM_TRACKS]; /* the asker not among them */
	size_t n_peers;              /* written to the caller's array */
	/* At this IP and port was another, which is known no longer. */
	bool replaced;
	uint8_t was[LINK_PEERID_LEN];
	/*
	 * 0: the peer is stored (or was removed: stopped). Otherwise it was
	 * answered without being stored: SP_ERR_FULL, SP_ERR_NOMEM,
	 * SP_ERR_DENIED (address not handed out by this tracker).
	 */
	int store;
};

struct registry;

/* 1 M peers, 100 k swarms, 200 k per swarm, 64 ports, 1800 s, 60 s, 50. */
void registry_conf_init(struct registry_conf *c);
/* SP_ERR_ARG (a value of |conf| out of range), SP_ERR_NOMEM. */
int registry_new(struct registry **out, const struct registry_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now);
void registry_free(struct registry *r);
/* As plain_relimit. */
int registry_relimit(struct registry *r, const struct registry_conf *conf);

/*
 * Takes one announce that came from IP |from| (its port is not looked at) and
 * samples up to |max| peers into |peers|. |live|: the swarm has a live
 * channel. a->ip is ignored: an address is believed from the network only.
 *
 * stopped removes the entry (if the peer-id is that of the entry) and gives no
 * peers. numwant above LIM_NUMWANT is cut to it. SP_ERR_RANGE: port 0 without
 * stopped, or an address that cannot be dialled; nothing was done.
 */
int registry_announce(struct registry *r, const struct tw_announce *a,
    const struct sp_addr *from, bool live, struct tw_peer *peers, size_t max,
    struct registry_answer *out, sp_time now);
/* Zeros but for the info-hash when the swarm is not known (false). */
bool registry_scrape(const struct registry *r,
    const uint8_t info_hash[LINK_INFOHASH_LEN], struct tw_scrape_entry *out);
/*
 * Iterates all swarms: *it starts at 0; false at the end. Meanwhile the
 * registry must not change, but for dropping the swarm just returned.
 */
bool registry_next(const struct registry *r, size_t *it,
    struct tw_scrape_entry *out);
/* Forgets a swarm (denied from now on). SP_ERR_NOTFOUND. */
int registry_drop(struct registry *r,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);

/*
 * Forgets who is at |addr| (port 0: at any port) in one swarm, which goes with
 * its last peer. Returns how many that were; |was|: the peer-id of the last.
 */
uint32_t registry_forget(struct registry *r,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const struct sp_addr *addr,
    uint8_t was[LINK_PEERID_LEN]);

/*
 * Removes what expired, at most REGISTRY_TICK_MAX entries at a time (the rest
 * at the next call); announces do it too. Returns how many.
 */
#define REGISTRY_TICK_MAX 4096
int registry_tick(struct registry *r, sp_time now);
/* When registry_tick has something to do; SP_NEVER for an empty registry. */
sp_time registry_deadline(const struct registry *r);

struct registry_stats {
	uint64_t swarms, peers, peers4, peers6, seeders;
	uint64_t expired, stopped; /* entries removed so far */
	uint64_t refused_full, refused_denied, refused_nomem;
};
void registry_stats(const struct registry *r, struct registry_stats *out);
/*
 * The stream of |peer_id|, who announces itself from |addr| (IP and port), has
 * ended, or is there again: it is away, or not, until the next of these or of
 * its announces. True when that was news.
 */
bool registry_away(struct registry *r,
    const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t peer_id[LINK_PEERID_LEN], const struct sp_addr *addr,
    bool away);
/* For who chooses among the viewers of a swarm: read only. */
const struct peertab *registry_tab(const struct registry *r);
/* |now| as the peers' born_s are counted. */
uint32_t registry_seconds(const struct registry *r, sp_time now);

/*
 * Walks everything and says whether counters, pools, buckets and the index
 * agree: for tests and fuzzers.
 */
bool registry_is_sound(const struct registry *r);

#endif
