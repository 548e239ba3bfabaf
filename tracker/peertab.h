#ifndef TRACKER_PEERTAB_H
#define TRACKER_PEERTAB_H

/*
 * Storage of the registry: peers, swarms, and where each peer stands.
 *
 * Peers lie in one array and are named by their index, which stays while the
 * peer lives. A swarm has one array of such indices, cut into consecutive
 * runs, one per class (family, seeding, scope); run k ends at end[k]:
 *
 *	class   0     1      2   3 ...
 *	v       4 9 2 7 5 11     8 ...
 *	end     3     6      6   7 ...
 *
 * Putting a peer into a class moves one index of every later class to the end
 * of its run, which costs at most PEERTAB_CLASSES steps; a random peer of any
 * set of classes is one index away. Peers are also in a ring of buckets by the
 * time at which they expire, doubly linked.
 */

#include "base/addr.h"
#include "base/map.h"
#include "base/mem.h"
#include "tracker/scope.h"
#include "wire/link.h"

#define PEERTAB_NONE     UINT32_MAX
#define PEERTAB_BUCKET_S 8 /* width of a bucket */

/* A class is PEERTAB_SEED | PEERTAB_V6 | scope * PEERTAB_SCOPE. */
#define PEERTAB_SEED    1
#define PEERTAB_V6      2
#define PEERTAB_SCOPE   4
#define PEERTAB_SCOPES  SCOPE_COUNT
#define PEERTAB_CLASSES (PEERTAB_SCOPE * PEERTAB_SCOPES)

struct peertab_peer {
	uint8_t id[LINK_PEERID_LEN];
	uint32_t ip;         /* peertab_addr: IPv4, or where the IPv6 is */
	uint32_t swarm;      /* index of its swarm; PEERTAB_NONE: free */
	uint32_t pos;        /* in the swarm's array; when free: next free */
	uint32_t prev, next; /* in its bucket */
	uint16_t born_s;     /* modulo 2^16: peertab_age */
	uint16_t due; /* bucket number, counted from time 0, modulo 2^16 */
	uint16_t port;
	uint8_t up; /* of its uplink: peertab_up_pack */
	uint8_t class : 4;
	bool completed : 1; /* has been counted as a download */
	bool live : 1;      /* relays: it told of uplink and reach */
	bool reachable : 1; /* so it says */
	bool away : 1;      /* its last stream has ended */
};

static_assert(sizeof(struct peertab_peer) == 48, "there are millions");

struct peertab_swarm {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint32_t end[PEERTAB_CLASSES]; /* the last is the number of peers */
	uint32_t *v;
	uint32_t cap; /* of v */
	uint32_t downloaded;
	uint32_t changes; /* peertab.changes when its peers changed last */
	uint32_t next;    /* when free: next free */
	bool used;
};

#define PEERTAB_OLD_S 32768

#define PEERTAB_SHARDS 64

/* Part of the index from (swarm, IP, port) to the peer: peertab_index.c. */
struct peertab_shard {
	uint32_t *v;
	uint32_t len, cap;
};

struct peertab {
	const struct sp_mem *mem;
	struct peertab_shard shards[PEERTAB_SHARDS];
	uint64_t secret[2];
	struct map *hashes; /* info-hash -> swarm */
	struct peertab_peer *peers;
	uint8_t *tracks;    /* by peer: what it watches + 1; 0: not told */
	uint8_t (*ip6)[16]; /* of IPv6 peers; when free: next free */
	uint32_t ip6_len, ip6_cap, ip6_free;
	uint16_t *nets; /* by peer below nets_len: peertab_set_net; or NULL */
	uint32_t nets_len;
	struct peertab_swarm *swarms;
	uint32_t *bucket;   /* heads */
	uint32_t n_buckets; /* a power of two */
	uint32_t n_peers;
	uint32_t peers_len, peers_cap, peers_free, max_peers;
	uint32_t swarms_len, swarms_cap, swarms_free, max_swarms;
	uint64_t count[PEERTAB_CLASSES]; /* peers of each class, all swarms */
	uint32_t changes; /* grows when a peer comes, goes or is another */
};

/* |span_s|: the furthest due time, from now, in seconds. SP_ERR_NOMEM. */
int peertab_init(struct peertab *t, const struct sp_mem *mem,
    uint32_t max_peers, uint32_t max_swarms, uint32_t span_s, uint64_t seed);
void peertab_fini(struct peertab *t);

/* Index or PEERTAB_NONE. */
uint32_t peertab_swarm(const struct peertab *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);
/* A new, empty swarm: index in *out. SP_ERR_FULL, SP_ERR_NOMEM. */
int peertab_swarm_add(struct peertab *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN], uint32_t *out);
/* Removes it with its peers; returns their number. */
uint32_t peertab_swarm_del(struct peertab *t, uint32_t swarm);
uint32_t peertab_swarm_len(const struct peertab_swarm *s);
/* Number of the swarm's peers that seed, or do not. */
uint32_t peertab_swarm_count(const struct peertab_swarm *s, bool seeds);

/* Peer at |addr| in |swarm|, or PEERTAB_NONE. */
uint32_t peertab_find(const struct peertab *t, uint32_t swarm,
    const struct sp_addr *addr);
/* Since it was born, in seconds; above PEERTAB_OLD_S only old. */
uint32_t peertab_age(const struct peertab *t, uint32_t peer, uint32_t now_s);
/* It is heard of: to be called more often than PEERTAB_OLD_S. */
void peertab_grow_old(struct peertab *t, uint32_t peer, uint32_t now_s);
struct sp_addr peertab_addr(const struct peertab *t, uint32_t peer);
/* Peers of its host (addr_host) in the swarm; not for loopback. */
uint32_t peertab_ports(const struct peertab *t, uint32_t swarm,
    const struct sp_addr *addr);
/*
 * Adds a peer that is not there, of |class|, in bucket |due|; the caller sets
 * id, born_s and completed. SP_ERR_FULL, SP_ERR_NOMEM: nothing has changed.
 */
int peertab_add(struct peertab *t, uint32_t swarm, const struct sp_addr *addr,
    uint8_t class, uint32_t due, uint32_t *out);
/* What is kept of an uplink: eighths of powers of two, rounded down. */
uint8_t peertab_up_pack(uint32_t kbps);
uint32_t peertab_up_kbps(uint8_t up);
/*
 * The number of its network (AS), 0: not known. Kept folded to 16 bits, which
 * is enough to find who is near, and not at all where there is no memory or
 * nobody's network is known.
 */
void peertab_set_net(struct peertab *t, uint32_t peer, uint32_t net);
uint16_t peertab_net(const struct peertab *t, uint32_t peer);
uint16_t peertab_net_fold(uint32_t net);
/* It is another one now, though it stands where it stood. */
void peertab_touch(struct peertab *t, uint32_t peer);
/* Moves it. */
void peertab_set_class(struct peertab *t, uint32_t peer, uint8_t class);
void peertab_set_due(struct peertab *t, uint32_t peer, uint32_t due);
/* Removes it, and its swarm when that was the last one. */
void peertab_del(struct peertab *t, uint32_t peer);
/* First peer in the bucket of |due|; follow next. Some may be due later. */
uint32_t peertab_due(const struct peertab *t, uint32_t due);

/* ---- peertab_index.c, for peertab.c alone -------------------------------- */

/* Room for one more there. SP_ERR_NOMEM. */
int peertab_index_room(struct peertab *t, uint32_t swarm,
    const struct sp_addr *addr);
/* There is room; the peer has its swarm, class and address. */
void peertab_index_add(struct peertab *t, uint32_t peer);
void peertab_index_del(struct peertab *t, uint32_t peer);
/* Room for one more IPv6 address. SP_ERR_NOMEM. */
int peertab_ip6_room(struct peertab *t);
void peertab_ip_set(struct peertab *t, struct peertab_peer *p,
    const struct sp_addr *addr);
void peertab_ip_free(struct peertab *t, const struct peertab_peer *p);

bool peertab_is_sound(const struct peertab *t);

#endif
