#ifndef TRACKER_DUTY_ROSTER_H
#define TRACKER_DUTY_ROSTER_H

/*
 * Who is admitted to a channel's duty roster (SCHEDULER.md section 2).
 *
 * Each viewer is of a grade, and the lower one goes first:
 *
 *	grade   reachable   uplink           age       admitted
 *	0       yes         known, >= 2 r    >= 60 s   all, up to LIM_ROSTER
 *	1       yes         known, >= 2 r    any       up to DUTY_MIN in all
 *	2       yes         any, or nobody   any       up to DUTY_FEW in all
 *	                    got anything
 *	3       any         any              any       up to DUTY_FEW in all
 *
 * r is the bitrate of the largest track; a member keeps its grade down to 1.5
 * r. Trees begin with the members (swarm/tree.h): a weak one there is worse
 * than one duty more for a strong one. So weak ones are admitted only when
 * there would be fewer than DUTY_FEW without them: eight viewers who have just
 * come have a roster all the same. At most DUTY_NET are of one /24 (IPv4) or
 * /48 (IPv6), but for private addresses, and when there would be fewer than
 * DUTY_FEW. (A limit per network operator needs a database of networks; there
 * is none.)
 *
 * Within a grade members come before others, so that a roster does not change
 * without need, then the larger weight, then the lower peer-id:
 *	weight = min(uplink, 8 r) * (a / (a + 3 s))^1.5 * rep,   a = age + 1 s
 * where an unknown uplink counts as r, and rep (tracker/rep.h), what others
 * say they got of it in parts of that uplink, as 1/16 at least. The second
 * factor is the chance that somebody of that age is there for a while yet,
 * with Pareto lifetimes. A member's weight moves at a whole draw only
 * (tracker/duties.h), and only if it is off by more than a quarter.
 *
 *	duty_draft_init(&d, &old, r, whole);
 *	for each viewer
 *		duty_draft_offer(&d, &viewer);
 *	duty_draft_end(&d, &new);
 */

#include "wire/roster.h"

#define DUTY_MIN   32
#define DUTY_FEW   8 /* up to these weak ones, and many of one network */
#define DUTY_NET   2
#define DUTY_AGE_S 60
#define DUTY_REP   1024 /* a sixty-fourth: below, nobody got anything */

/* A viewer that relays, as the registry knows it. */
struct duty_viewer {
	uint8_t peer_id[LINK_PEERID_LEN];
	struct sp_addr addr;
	uint32_t age_s;
	uint32_t up_kbps; /* 0: not known */
	bool reachable;
	uint32_t rep; /* [0, 65536]; tracker/rep.h */
	bool judged;  /* that is more than a first guess */
};

struct duty_candidate {
	struct roster_entry e;
	uint8_t grade;
	bool member;
};

/* One selection under way. */
struct duty_draft {
	const struct roster *old;
	uint32_t rate_kbps;
	bool whole;
	size_t n, spare_n;
	struct duty_candidate best[LIM_ROSTER]; /* in order, best first */
	/* Left out because of where they are; in order as well. */
	struct duty_candidate spare[DUTY_MIN];
};

/*
 * Borrows |old|, whose addresses are the true ones, until duty_draft_end.
 * |rate_kbps| is r; 0: not known yet, some usual one is taken. |whole|:
 * weights of members may move.
 */
void duty_draft_init(struct duty_draft *d, const struct roster *old,
    uint32_t rate_kbps, bool whole);
/*
 * In any order, which does not matter but for a viewer that comes twice: of
 * one peer-id the better one counts.
 */
void duty_draft_offer(struct duty_draft *d, const struct duty_viewer *v);
/* Sets n and entries of |out|, nothing else. */
void duty_draft_end(const struct duty_draft *d, struct roster *out);

/* (a / (a + 3))^1.5 in 1/65536, for a in seconds. */
uint32_t duty_stability(uint32_t a_s);

#endif
