#ifndef TRACKER_PLAIN_INT_H
#define TRACKER_PLAIN_INT_H

/*
 * What the files of struct plain share; nobody else includes it.
 *
 *	plain.c           its life, scrapes, marks
 *	plain_announce.c  who comes, stays and goes, and whom he is told of
 *	plain_swarm.c     where swarms stand: index, wheel, pools
 *	plain_save.c      all of them, told to another process
 *	plain_tick.c      time: what expires, and whom newcomers push out
 *	plain_sound.c     whether all of it agrees
 *
 * Swarms are named by a number; PLAIN_BLOCK of them lie in one block of memory,
 * so that none ever moves. The index is cut into shards by the hash of the
 * info-hash, each a table of (tag, number) pairs with linear probing:
 *
 *	hash   63 .. 32      31 ..     low bits
 *	       tag: place    unused    shard
 *
 * The tag alone gives a pair's place, so a shard that grows, by a half when
 * four fifths are used, looks at nothing else.
 */

#include "tracker/plain.h"

#include "base/rng.h"
#include "tracker/pool.h"

#define PLAIN_NONE  UINT32_MAX
#define PLAIN_BLOCK 256

/* A peer's mark: flags, and the tick at which it expires, modulo 2^14. */
#define MARK_COMPLETED 0x8000 /* has been counted as a download */
#define MARK_FOREIGN   0x4000 /* another tracker told of it */
#define MARK_TICK      0x3fff
#define MARK_AHEAD     0x3000 /* so far ahead a tick may lie, at most */
#define MARK_BEHIND    0x0fff /* and so far behind: together all there are */

#define SWARM_USED 1
#define SWARM_LIVE 2 /* a mark: no pools */
#define SWARM_LONE 4 /* hung up with one peer: in the other wheel */
#define SWARM_HUNG 8 /* in a list */

struct swarm {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint32_t downloaded;
	uint32_t prev, next; /* in the wheel, or of live ones; next free */
	uint16_t due;        /* tick modulo 2^16 */
	uint8_t flags;
	uint32_t len;       /* peers */
	struct pool *pools; /* of at most POOL_CLASSES */
};

struct pair {
	uint32_t tag;
	uint32_t swarm; /* number + 1; 0: free */
};

struct shard {
	struct pair *v;
	uint32_t len, cap;
};

/* A look through a swarm that one call did not end. */
struct sweep {
	uint32_t swarm; /* PLAIN_NONE: none */
	uint32_t at;    /* entries of the pool still to be seen */
	uint8_t class;  /* the pool's */
	bool cut;       /* by the end of a call, so some may have been missed */
	int64_t soonest; /* the tick at which the first of the others expires */
};

struct plain {
	struct plain_conf conf;
	struct pool_env env;
	uint64_t key[2]; /* of the index */
	struct sp_rng rng;
	struct shard *shards;
	uint32_t shard_mask;
	struct swarm **blocks;
	uint32_t n_blocks, blocks_cap;
	uint32_t swarms_len, swarms_free; /* list by next */
	uint32_t lives;                   /* list of live ones by next */
	/* Heads of the lists of swarms due: of many peers, of one. */
	uint32_t *wheel[2];
	uint32_t wheel_mask;
	struct sweep sweep;
	sp_time start;     /* of tick 0 */
	sp_time next;      /* when tick |turn| comes, or earlier */
	int64_t tick;      /* now */
	int64_t turn;      /* all before it have been dealt with */
	int64_t lone_from; /* before it no swarm of one peer is due */
	uint32_t max_ttl;  /* ticks */
	uint32_t tenth_s;  /* of the interval */
	uint32_t n_swarms; /* but live ones */
	uint64_t peers;
	uint64_t count[POOL_CLASSES][2]; /* peers: leechers, seeders */
	struct plain_stats stats;        /* what only grows, and foreign */
};

/* ---- plain_swarm.c ------------------------------------------------------- */

int plain_init_swarms(struct plain *p);
void plain_fini_swarms(struct plain *p);
struct swarm *plain_swarm(const struct plain *p, uint32_t i);
uint64_t plain_hash(const struct plain *p, const uint8_t *info_hash);
/* Number or PLAIN_NONE. */
uint32_t plain_find(const struct plain *p, uint64_t hash,
    const uint8_t *info_hash);
/* A step of plain_warm. */
void plain_fetch(const struct plain *p, struct plain_hint *h, int step);
/*
 * A new one without peers, in no list. SP_ERR_FULL (the ceiling: max_swarms is
 * not looked at), SP_ERR_NOMEM.
 */
int plain_swarm_add(struct plain *p, uint64_t hash, const uint8_t *info_hash,
    uint32_t *out);
/* Forgets it and its peers; returns how many they were. */
uint32_t plain_swarm_del(struct plain *p, uint32_t i);
/* Puts it into the list where it belongs; |due| in ticks, not before turn. */
void plain_hang(struct plain *p, uint32_t i, int64_t due);
void plain_unhang(struct plain *p, uint32_t i);
/* The tick of a mark, or of a swarm's due. */
int64_t plain_mark_tick(const struct plain *p, uint16_t mark);
int64_t plain_due_tick(const struct plain *p, uint16_t due);
/* NULL: none of that class. */
struct pool *plain_pool(const struct swarm *s, uint8_t class);
/* Adds a peer that is not there. SP_ERR_FULL (ceiling), SP_ERR_NOMEM. */
int plain_peer_add(struct plain *p, uint32_t i, const struct pool_key *k,
    bool seeds, uint16_t mark);
/*
 * Removes one. An empty pool stays until plain_pool_trim, which gives back
 * memory, and an empty swarm until plain_swarm_del.
 */
void plain_peer_del(struct plain *p, uint32_t i, struct pool *pool,
    uint32_t at);
void plain_pool_trim(struct plain *p, uint32_t i, uint8_t class);

/* ---- plain_announce.c ---------------------------------------------------- */

/* By the access lists. */
bool plain_permits(const struct plain *p, const uint8_t *info_hash);
/* Ticks for which a peer is kept that was told |interval_s|. */
uint32_t plain_ttl(uint32_t interval_s);
void plain_count(const struct swarm *s, uint32_t *complete,
    uint32_t *incomplete);

/* ---- plain_tick.c -------------------------------------------------------- */

/* Forgets one swarm of one peer, but not |keep|. False: there is none. */
bool plain_evict(struct plain *p, uint32_t keep);

#endif
