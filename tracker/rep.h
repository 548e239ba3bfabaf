#ifndef TRACKER_REP_H
#define TRACKER_REP_H

/*
 * What viewers are worth to each other, by the receipts of those whom they
 * gave something (wire/receipt.h; SCHEDULER.md section 6).
 *
 *	rep = EWMA(verified upload / claimed uplink) * diversity
 *
 * in 1/65536. Upload is summed over REP_SPAN; each span moves rep by a quarter
 * of the difference. The claimed uplink is cut at 8 r, as in the weights of
 * rosters, so min(u, 8 r) * rep is about what a viewer really uploads. Without
 * any receipt everybody begins at a quarter and falls: that is what is told of
 * viewers who neither sent receipts nor are named in any, and nothing is kept
 * of them. Who announces himself at another tracker, where his receipts go,
 * does not fall.
 *
 * A receipt counts if its signature is of the key that its viewer's peer-id is
 * made of, and that viewer has announced itself. Against viewers who are made
 * up to praise each other:
 *	- of a viewer younger than 60 s it counts a tenth;
 *	- diversity is 1/10 when all receipts of a span came from one network
 *	  (/24, /48; each private address is one), 1/2, 3/4 with two and three,
 *	  1 with four;
 *	- all that one viewer says it got is cut at twice the channel's rate.
 *
 * Two viewers of different networks who say that the same one sent them a bad
 * block: it is out of rosters while it stays. Who accuses must be there for
 * REP_ACCUSER_AGE and have a score of REP_ACCUSER: others say that it gave them
 * something. All of one network (/24, /48) can accuse REP_ACCUSE viewers in
 * REP_ACCUSE_SPAN: ids are free, networks are not.
 *
 * Who a viewer is: its peer-id, at the address that its receipts came from. A
 * peer-id that is announced from elsewhere gets no credit that is not its own.
 *
 * Memory is bounded by |max| viewers of whom there were receipts; while there
 * is no room, or was none in the last REP_KEEP, all of whom nothing is kept
 * have the rep of a newcomer. A viewer is forgotten REP_KEEP after its last
 * announce; at once when it stops, or another is where it was, if it has sent
 * no receipts: who has could send them again.
 */

#include "base/addr.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "tracker/registry.h"
#include "wire/receipt.h"
#include "wire/trackwire.h"

#define REP_ONE         65536
#define REP_START       (REP_ONE / 4)
#define REP_SPAN        (30 * SP_S)
#define REP_YOUNG       (60 * SP_S)
#define REP_KEEP        (300 * SP_S)
#define REP_CLOCK       (60000) /* ms that a viewer's clock may be off */
#define REP_MAX         (1u << 18)
#define REP_STRIKES     2
#define REP_ACCUSE      4
#define REP_ACCUSE_SPAN (600 * SP_S)
#define REP_ACCUSER     (REP_ONE / 16)
#define REP_ACCUSER_AGE (180 * SP_S) /* who gives nothing is below by then */

struct reps;

/* What is known of the channel. */
struct rep_chan {
	const uint8_t *info_hash; /* LINK_INFOHASH_LEN */
	uint32_t rate_kbps;       /* of its largest track; 0: not known */
	int64_t clock_ms;         /* stamp of its newest record; 0: none */
};

struct rep {
	uint32_t score; /* [0, REP_ONE] */
	bool judged;    /* two spans or more have passed */
	bool out;       /* see above */
};

/*
 * |registry| is borrowed for life: it knows who has announced himself. |max| is
 * cut at REP_MAX. SP_ERR_NOMEM.
 */
int reps_new(struct reps **out, const struct sp_mem *mem,
    const struct registry *registry, uint32_t max, uint64_t seed);
void reps_free(struct reps *r); /* NULL is fine */

/* A viewer has announced itself from |from|, and is registered or stops. */
void reps_seen(struct reps *r, const struct rep_chan *ch,
    const struct tw_announce *a, const struct sp_addr *from, sp_time now);
/* Another has announced itself from the address |from| of |peer_id|. */
void reps_left(struct reps *r, const struct rep_chan *ch,
    const uint8_t peer_id[LINK_PEERID_LEN], const struct sp_addr *from);
/*
 * A batch came from |from|. 0, or why none of it counts:
 *	codes of receipt_open
 *	SP_ERR_WRONGCHAN  of another channel
 *	SP_ERR_NOTFOUND   that viewer has not announced itself
 *	SP_ERR_STALE      this slice, or a later one, was there already; or the
 *	                  channel's clock is not near it
 *	SP_ERR_DENIED     a receipt to itself
 *	SP_ERR_SIG        not signed by whom it says
 */
int reps_take(struct reps *r, const struct rep_chan *ch, const uint8_t *p,
    size_t len, const struct sp_addr *from, sp_time now);
/* Of |peer| in the registry (peertab.h). */
struct rep reps_get(struct reps *r, const struct rep_chan *ch, uint32_t peer,
    sp_time now);

/* Forgets; it does not matter when exactly it is called. */
void reps_tick(struct reps *r, sp_time now);
size_t reps_len(const struct reps *r); /* viewers of whom it keeps anything */
bool reps_are_sound(const struct reps *r);

#endif
