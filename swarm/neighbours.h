#ifndef SWARM_NEIGHBOURS_H
#define SWARM_NEIGHBOURS_H

/*
 * Whom to dial and whom to let go (SCHEDULER.md section 6). Pure: views in,
 * an index out.
 *
 * A set of 24 is made of
 *	10 local	same LAN or /24 (/48), then same /16 (/32) for want of
 *			better knowledge of networks, then the lowest RTT
 *	 4 strong	of the roster by weight, then by what they say of
 *			themselves; stable ones first
 *	 8 random	whoever came longest ago
 *	 2 exploratory	the rest
 * and of another size in proportion. Nobody is told the class that he is of;
 * it follows anew from what is known each time, in that order, so who turns
 * out to be near moves up and another one falls out below.
 *
 * Exploratory ones that we dialled are rotated, which is how near ones are
 * found at all: RTT is only known of who is connected. Who came to us is left
 * to his own rotation, or the two of us would undo each other's choice.
 */

#include "base/addr.h"
#include "base/rng.h"
#include "base/tstamp.h"

#define NEIGH_ROTATE  (30 * SP_S)  /* between rotations, and a trial's least */
#define NEIGH_GRACE   (15 * SP_S)  /* before one may be the worst */
#define NEIGH_AWAY    (120 * SP_S) /* then who was let go may be dialled */
#define NEIGH_EXPLORE 2            /* let go in one rotation */
#define NEIGH_NET     2            /* others of a network that are sought */

enum neigh_class { NEIGH_LOCAL, NEIGH_STRONG, NEIGH_RANDOM, NEIGH_TRIED };

/* A neighbour. */
struct neigh_peer {
	uint32_t slot; /* the caller's name for it */
	struct sp_addr addr;
	sp_time srtt;           /* 0: not known yet */
	sp_time age;            /* since it is connected */
	uint32_t weight;        /* on the roster; 0: it is not */
	uint32_t up_kbps;       /* as it says; 0: it does not */
	uint64_t flow_bps;      /* of blocks, both ways, lately */
	bool ours;              /* we dialled it */
	bool keep;              /* it is never let go */
	enum neigh_class class; /* set by neigh_classify */
};

/* Somebody who could be dialled. */
struct neigh_contact {
	struct sp_addr addr;
	uint32_t weight; /* on the roster; 0: it is not, or not known */
};

/* What is wanted. */
struct neigh_want {
	struct sp_addr self; /* as the tracker sees us; family 0: not known */
	uint32_t n;          /* neighbours */
};

/* 0: same LAN or /24 (/48); 1: same /16 (/32); 2: neither, or not known. */
unsigned neigh_distance(const struct sp_addr *self, const struct sp_addr *a);
/* How many of |want| are to be of that class. */
uint32_t neigh_share(uint32_t want, enum neigh_class class);

/* Sets all classes; |v| is reordered: by class, best first. */
void neigh_classify(const struct neigh_want *w, struct neigh_peer *v, size_t n);
/*
 * Index of whom to dial, -1 when |n| is 0: near ones while there are too few,
 * then strong ones, then anybody, rather not of a network that NEIGH_NET
 * neighbours are of. |peers| also has those that are being dialled.
 */
int neigh_dial(const struct neigh_want *w, const struct neigh_contact *v,
    size_t n, const struct neigh_peer *peers, size_t n_peers,
    struct sp_rng *rng);
/*
 * Up to |max| slots to let go in a rotation, of |v| as classified: none unless
 * the set is full. Returns how many.
 */
size_t neigh_rotate(const struct neigh_want *w, const struct neigh_peer *v,
    size_t n, uint32_t *slots, size_t max);
/* Slot of the worst of too many, of |v| as classified; -1: all are new. */
int neigh_worst(const struct neigh_peer *v, size_t n);

#endif
