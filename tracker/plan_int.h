#ifndef TRACKER_PLAN_INT_H
#define TRACKER_PLAN_INT_H

/*
 * What the parts of the plan share; nobody else includes it.
 *
 *	plan.c       who is there, when
 *	plan_shape.c how many children, in which stripes
 *	plan_pick.c  edges: where in a tree
 *	plan_root.c  where trees begin
 */

#include "base/rng.h"
#include "tracker/plan.h"

#define K          PLACES_STRIPES
#define UP_ASSUMED 8000 /* kbit/s, of who does not know */

struct viewer {
	uint8_t id[LINK_PEERID_LEN];
	struct sp_addr addr;
	uint32_t parent[K]; /* PLAN_NONE: none; when free [0]: next free */
	uint32_t *kids;     /* viewer << 4 | stripe; growing memory */
	sp_time joined, raised_at;
	uint32_t up_kbps; /* 0: not known */
	uint16_t n_kids, cap_kids;
	uint16_t links; /* different ones among them */
	uint16_t inner; /* stripes that it may have children in */
	uint16_t dirty; /* stripes that have changed since they were told */
	uint16_t ready; /* those that may be told now */
	uint8_t room;   /* children in all stripes */
	uint8_t fanout; /* planned for each inner stripe */
	bool used : 1;
	bool relays : 1;
	bool doubtful : 1;
	bool grown : 1; /* PLAN_AGE has passed */
	bool reshaped : 1,
	    told_shape : 1; /* inner has changed; and may be told */
};

static_assert(sizeof(struct viewer) <= 152, "there are many");
static_assert(PLAN_MAX <= UINT32_MAX >> 4, "names of kids");

/* Who may be a parent in a stripe. */
struct inners {
	uint32_t *v;
	uint32_t n, cap;
};

struct plan {
	const struct sp_mem *mem;
	struct sp_rng rng;
	struct viewer *v;
	uint32_t len, cap, free, max; /* len: ever used; free: first, or NONE */
	uint32_t n;
	struct inners inners[K];
	uint32_t root[K];
	uint32_t room[K]; /* of inner ones, for that stripe */
	uint32_t kbps;
	unsigned k;
	uint8_t track;
	bool tell_private;
	uint32_t rho; /* part of uplinks that is used, 1/1000 */
	sp_time ran_at, run_at;
	uint32_t turn; /* of who is looked at first */
	bool thorough; /* all candidates are looked at, if need be */
	uint32_t sunk; /* to be looked at since a root has changed, twice */
	uint64_t moves;
};

static inline uint32_t
kid_name(uint32_t viewer, unsigned s)
{
	return viewer << 4 | s;
}

/* plan_pick.c */
/* Finds a place for |i| in stripe |s|; false: there is none. */
bool plan_attach(struct plan *p, uint32_t i, unsigned s);
/* From its parent; what is below it stays there. */
void plan_detach(struct plan *p, uint32_t i, unsigned s);
/* Up, with all that is below, if there is a place that is less deep. */
void plan_lift(struct plan *p, uint32_t i, unsigned s);
/* Lets it go and finds it another place. */
void plan_oust(struct plan *p, uint32_t i, unsigned s);
/* The parent and two others, as they are told. */
void plan_place(struct plan *p, uint32_t i, unsigned s, struct place *out);
/* plan_shape.c */
/* How many children it should have. */
unsigned plan_fair_room(const struct plan *p, uint32_t i);
/* |room| children, in as many stripes as they fill. */
void plan_reshape(struct plan *p, uint32_t i, unsigned room);
/* The same with what is fair; small changes are not worth any move. */
void plan_refit(struct plan *p, uint32_t i);
/* Its part of p->room is added, or taken away. */
void plan_count_room(struct plan *p, uint32_t i, bool add);
/* It is not inner in |s| any more. */
void plan_quit(struct plan *p, uint32_t i, unsigned s);
/* plan_root.c */
/*
 * Lifts those who stand too deep since roots have changed. False: there are
 * more.
 */
bool plan_flatten(struct plan *p);
/* plan.c */
/* plan_run has something to do at |at|, or as soon as it may. */
void plan_run_by(struct plan *p, sp_time at);
/* The parent in |s| is another. */
void plan_mark(struct plan *p, uint32_t i, unsigned s);

#endif
