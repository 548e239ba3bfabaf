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
#include "wire/limits.h"
#include "wire/link.h"

#define PEERTAB_NONE     UINT32_MAX
#define PEERTAB_BUCKET_S 8 /* width of a bucket */

/* A class is PEERTAB_SEED | PEERTAB_V6 | scope * PEERTAB_SCOPE. */
#define PEERTAB_SEED    1
#define PEERTAB_V6      2
#define PEERTAB_SCOPE   4
#define PEERTAB_SCOPES  SCOPE_COUNT
#define PEERTAB_CLASSES (PEERTAB_SCOPE * PEERTAB_SCOPES)

#define PEERTAB_ID_LEN 12 /* of a peer-id, behind what all viewers' have */

struct peertab_peer {
	uint8_t id[PEERTAB_ID_LEN]; /* peertab_id: or where all of it is */
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

static_assert(sizeof(struct peertab_peer) == 40, "there are millions");

/* What had no room in it. */
struct peertab_more {
	uint8_t track : 6;    /* what it watches + 1; 0: not told */
	uint8_t other_id : 1; /* its peer-id is not as viewers' are */
	uint8_t foreign : 1;  /* it announced itself at another tracker only */
};

static_assert(sizeof(struct peertab_more) == 1 && LIM_TRACKS < 64,
    "a track has its number");

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

/* Part of an index to peers: peertab_index.c. */
struct peertab_shard {
	uint32_t *v;
	uint32_t len, cap;
};

enum peertab_by {
	PEERTAB_BY_ADDR, /* from (swarm, IP, port) */
	PEERTAB_BY_ID,   /* from (swarm, peer-id) to one who has it */
	PEERTAB_INDEXES,
};

/* Bytes that only some peers have, by number: peertab_side.c. */
struct peertab_side {
	uint8_t *v; /* a free place begins with the number of the next one */
	uint32_t size, len, cap, free;
};

struct peertab {
	const struct sp_mem *mem;
	struct peertab_shard index[PEERTAB_INDEXES][PEERTAB_SHARDS];
	uint64_t secret[2];
	struct map *hashes; /* info-hash -> swarm */
	struct peertab_peer *peers;
	struct peertab_more *more; /* by peer */
	struct peertab_side ip6;   /* addresses of IPv6 peers */
	struct peertab_side ids;   /* peer-ids that are not as viewers' are */
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
/*
 * A peer of |swarm| with that peer-id: of several the one that peertab_enter
 * came for first. PEERTAB_NONE.
 */
uint32_t peertab_find_id(const struct peertab *t, uint32_t swarm,
    const uint8_t peer_id[LINK_PEERID_LEN]);
/* Since it was born, in seconds; above PEERTAB_OLD_S only old. */
uint32_t peertab_age(const struct peertab *t, uint32_t peer, uint32_t now_s);
/* It is heard of: to be called more often than PEERTAB_OLD_S. */
void peertab_grow_old(struct peertab *t, uint32_t peer, uint32_t now_s);
struct sp_addr peertab_addr(const struct peertab *t, uint32_t peer);
/* Its IP alone, 4 or 16 bytes; borrows until a peer comes. */
static inline const uint8_t *
peertab_ip(const struct peertab *t, uint32_t peer)
{
	const struct peertab_peer *p = &t->peers[peer];

	return p->class & PEERTAB_V6 ? t->ip6.v + (size_t)p->ip * 16
				     : (const uint8_t *)&p->ip;
}
void peertab_id(const struct peertab *t, uint32_t peer,
    uint8_t out[LINK_PEERID_LEN]);
bool peertab_has_id(const struct peertab *t, uint32_t peer,
    const uint8_t peer_id[LINK_PEERID_LEN]);
/* Another one is there now. SP_ERR_NOMEM: it is as before. */
int peertab_set_id(struct peertab *t, uint32_t peer,
    const uint8_t peer_id[LINK_PEERID_LEN]);
/*
 * It is to be found by its peer-id, unless another one is found so. Without
 * memory it is not, until the next call.
 */
void peertab_enter(struct peertab *t, uint32_t peer);
/* Peers of its host (addr_host) in the swarm; not for loopback. */
uint32_t peertab_ports(const struct peertab *t, uint32_t swarm,
    const struct sp_addr *addr);
/*
 * Adds a peer that is not there, of |class|, in bucket |due|; the caller sets
 * born_s and completed. SP_ERR_FULL, SP_ERR_NOMEM: nothing has changed.
 */
int peertab_add(struct peertab *t, uint32_t swarm, const struct sp_addr *addr,
    const uint8_t peer_id[LINK_PEERID_LEN], uint8_t class, uint32_t due,
    uint32_t *out);
/* What is kept of an uplink: eighths of powers of two, rounded down. */
uint8_t peertab_up_pack(uint32_t kbps);
uint32_t peertab_up_kbps(uint8_t up);
/*
 * The number of its network (AS), 0: not known. Kept folded to 16 bits, which
 * is enough to find who is near, and not at all where there is no memory or
 * nobody's network is known.
 */
void peertab_set_net(struct peertab *t, uint32_t peer, uint32_t net);
static inline uint16_t
peertab_net(const struct peertab *t, uint32_t peer)
{
	return peer < t->nets_len ? t->nets[peer] : 0;
}
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

/* ---- peertab_index.c, peertab_side.c, for peertab alone ------------------ */

/* Room for one more by address. SP_ERR_NOMEM. */
int peertab_index_room(struct peertab *t, uint32_t swarm,
    const struct sp_addr *addr);
/* There is room; the peer has its swarm, class and address. */
void peertab_index_add(struct peertab *t, uint32_t peer);
/* Its name has not changed since. */
void peertab_index_del(struct peertab *t, uint32_t peer);
/* By its peer-id no longer. */
void peertab_leave(struct peertab *t, uint32_t peer);
/* Room for one more. SP_ERR_NOMEM. */
int peertab_side_room(const struct sp_mem *mem, struct peertab_side *s);
/* There is room. */
uint32_t peertab_side_put(struct peertab_side *s, const uint8_t *p);
void peertab_side_drop(struct peertab_side *s, uint32_t i);
/* The same for what |addr| and |peer_id| need. */
int peertab_name_room(struct peertab *t, const struct sp_addr *addr,
    const uint8_t *peer_id);
void peertab_name_set(struct peertab *t, uint32_t peer,
    const struct sp_addr *addr, const uint8_t *peer_id);
void peertab_name_drop(struct peertab *t, uint32_t peer);

bool peertab_is_sound(const struct peertab *t);

#endif
