#ifndef SWARM_CLIENT_DHT_PLAN_H
#define SWARM_CLIENT_DHT_PLAN_H

/*
 * When to ask the DHT for what. Pure: the time is an argument, chance is the
 * caller's.
 *
 *	what      at once, then                                  afterwards
 *	FIND      1, 2, 4 ... 60 s (15 m when the channel is     15 m; on a wish
 *	          known) until there are peers                   15 s after the
 *	                                                         last
 *	ANNOUNCE  5 s, 30 s (who was to keep it may have had     15 m
 *	          no time to be known)
 *	GET       1, 2, 4 ... 60 s while nothing else tells of   60 s after the
 *	          the channel                                    first, 20 to 40
 *m PUT       2, 4 ... 64 s until a node has taken it        never by itself
 *
 * Times but those of GET's last column are +-20 % while they grow, else +-10 %.
 *
 * A viewer puts back the head that it has, signed as it is, when
 *	- nobody has it any more, or only an older one: within 10 s;
 *	- its seeder has not renewed it for half an hour: with 8 viewers or
 *	  fewer each does so after each GET, of more as many,
 * unless it is more than a day old: then the channel is over.
 */

#include "base/rng.h"
#include "base/tstamp.h"

enum dht_what {
	DHT_FIND,
	DHT_ANNOUNCE,
	DHT_GET,
	DHT_PUT,
	DHT_WHATS,
};

#define DHT_BIT(what) (1u << (what))

#define DHT_WISH_GAP   (15 * SP_S)
#define DHT_FRESH_MS   (30 * 60 * 1000)
#define DHT_KEEP_MS    (24 * 3600 * 1000)
#define DHT_PUT_SPREAD (10 * SP_S)
#define DHT_PUTTERS    8

struct dht_plan {
	sp_time at[DHT_WHATS];   /* next one; SP_NEVER */
	sp_time last[DHT_WHATS]; /* last one; 0: none yet */
	unsigned n[DHT_WHATS];   /* without success, in a row */
	bool found;              /* the last search brought peers */
	bool known;              /* something has told of the channel */
	bool got;                /* there was a head */
	unsigned heads;          /* how often */
};

/* |get|: the head is looked for (a seeder has its own). */
void dht_plan_init(struct dht_plan *p, bool get, sp_time now);
/* There are nodes now: what came to nothing, or nowhere, is done again. */
void dht_plan_ready(struct dht_plan *p, sp_time now);
/* More peers would be of use. */
void dht_plan_wish(struct dht_plan *p, sp_time now);
/* From now on we are worth being found. Again is fine. */
void dht_plan_serve(struct dht_plan *p, sp_time now);
/* What was announced is not right any more. */
void dht_plan_moved(struct dht_plan *p, sp_time now);
/* The manifest is here: nobody waits for the head. */
void dht_plan_known(struct dht_plan *p);
/* Nodes know of a newer head. */
void dht_plan_look(struct dht_plan *p, sp_time now);
/* There is something (else) to put. */
void dht_plan_publish(struct dht_plan *p, sp_time now);

/* What is due, DHT_BIT of each; the next of these is set as if it failed. */
unsigned dht_plan_due(struct dht_plan *p, struct sp_rng *rng, sp_time now);
/* When dht_plan_due will have something; SP_NEVER. */
sp_time dht_plan_next(const struct dht_plan *p);

/* A search has brought peers. */
void dht_plan_peers(struct dht_plan *p, struct sp_rng *rng, sp_time now);
/*
 * A GET has ended. |found| is the greatest seq that it brought, 0 none; |have|
 * that of the head we have, 0 none, which is |age_ms| old; |peers|: how many of
 * the channel are known.
 */
void dht_plan_head(struct dht_plan *p, int64_t found, int64_t have,
    int64_t age_ms, uint32_t peers, struct sp_rng *rng, sp_time now);
/* |stored| nodes have taken what was put. */
void dht_plan_stored(struct dht_plan *p, uint32_t stored);

#endif
