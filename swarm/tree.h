#ifndef SWARM_TREE_H
#define SWARM_TREE_H

/*
 * One viewer's place in the push trees of one track (SCHEDULER.md section 3).
 *
 * Each stripe of a piece (swarm/duty.h) has a tree of its own: who is on duty
 * for it is the root, and a child gets every block of the stripe pushed by its
 * parent as soon as that has verified it. Trees are made by subscription: each
 * neighbour tells, by stripe, when blocks come to it and how long they wait
 * there on their way to a child; a viewer asks the one that comes to the least
 * sum, and moves when another would be better by TREE_GAIN. So the trees find
 * their shape by what is measured, and nothing is ever rebuilt as a whole.
 *
 * Who has uplink for many children has them in few stripes (inner ones, drawn
 * from its seed), so that trees are flat. Where a parent has no place left, a
 * child with children of its own takes that of a much weaker one; who finds no
 * parent at all is squeezed in, up to a quarter more than there is room for.
 *
 * The trees are per-stripe multicast trees in the manner of SplitStream (Castro
 * et al. 2003) and Coolstreaming+. Pure: the mesh carries the messages and
 * gives the neighbours' slots.
 */

#include "base/rng.h"
#include "base/tstamp.h"
#include "wire/peerwire.h"

#define TREE_SLOTS      64
#define TREE_NOBODY     UINT8_MAX
#define TREE_DEPTH_MAX  12         /* a deeper one is a loop */
#define TREE_FANOUT_MIN 6          /* children planned for an inner stripe: */
#define TREE_FANOUT_MAX 12         /* fewer, and more hops are slow ones */
#define TREE_ANSWER     SP_S       /* then who was asked has said no */
#define TREE_REFUSED    (2 * SP_S) /* before it is asked again */
#define TREE_STAY       (5 * SP_S) /* in one place, before another is sought */
#define TREE_MOVE_GAP   SP_S       /* between moves, of whatever stripe */
#define TREE_GAIN       (300 * SP_MS) /* that is worth a move */
#define TREE_LATE       (800 * SP_MS) /* arrival before there are samples */
#define TREE_LATE_MIN   (300 * SP_MS) /* blocks are waited for, at least */
#define TREE_WISH       (500 * SP_MS) /* what a planned parent is worth */
#define TREE_SERVED     (2 * SP_S) /* what a parent had begun takes to come */
#define TREE_MISSES     4          /* points: 2 for silence, 1 for late */

struct tree_stripe {
	uint64_t children; /* slots */
	uint64_t strong;   /* of them, those that have children themselves */
	uint64_t fresh;    /* of them, those that get no piece < fresh_from */
	uint64_t leaving;  /* no children; they get pieces < leave_from yet */
	uint64_t fresh_from, leave_from;
	uint8_t weight[TREE_SLOTS]; /* of children, see wire/peerwire.h */

	uint8_t parent;         /* slot or TREE_NOBODY */
	uint8_t asked;          /* whose answer is awaited, or TREE_NOBODY */
	uint8_t depth;          /* 0 root; PW_DEPTH_NONE: not attached */
	uint8_t misses;         /* points, in a row */
	struct pw_accept above; /* the path from the root to the parent */
	uint64_t asked_from;    /* piece, from which it was asked for */
	uint64_t notice;  /* that piece the parent will not send; 0: it will */
	uint64_t refused; /* slots that said no, since refused_at */
	sp_time refused_at, asked_at;
	sp_time since;          /* the parent took us */
	sp_time got_at;         /* its last block came */
	sp_time pulled_at;      /* a block came that had to be asked for */
	sp_time served_till;    /* a former parent sends what it had begun */
	uint64_t judged;        /* pieces below were looked at for misses */
	sp_time late, late_dev; /* arrival after availability, smoothed */
};

struct tree {
	uint8_t k;      /* stripes in use */
	uint8_t fanout; /* children planned in an inner stripe; 0: a leaf */
	uint8_t weight; /* of ours, in inner stripes */
	uint16_t roots; /* stripes that begin with us */
	uint16_t inner; /* stripes that we have children in */
	uint32_t room;  /* children in all stripes, as planned */
	uint32_t edges; /* there are */
	sp_time wait[2], wait_dev[2]; /* of pushes: to leaves, to others */
	sp_time moved_at;
	uint16_t planned; /* stripes that are to be inner, if any are */
	/* Slots of planned parents, or TREE_NOBODY; where that is news. */
	uint8_t wish[PW_STRIPES];
	uint16_t wish_new;
	struct tree_stripe stripes[PW_STRIPES];
	struct pw_tree ads[TREE_SLOTS]; /* of the neighbours */
	uint64_t told;                  /* those that have sent one */
	uint8_t blame[TREE_SLOTS]; /* left, and nothing came in time since */
	sp_time forgiven_at;       /* these were halved */
};

void tree_init(struct tree *t);

/*
 * Children of one stripe that an uplink of |bps| bytes per second serves best
 * at one-way |delay|: f (ln f - 1) = delay * bps / block, within
 * TREE_FANOUT_MIN..MAX. (A piece comes as a burst of blocks: the last child
 * waits for all of them, and so do those below it.)
 */
unsigned tree_fanout(uint64_t bps, sp_time delay);
/*
 * |k| stripes in use, room for |room| children (0: leaf), |fanout| planned for
 * each inner stripe; which those are is drawn from |seed|, roots come first and
 * then those that are planned.
 */
void tree_shape(struct tree *t, unsigned k, uint32_t room, unsigned fanout,
    uint64_t seed);
/*
 * The stripes that begin with us. Who becomes root leaves its parent: the
 * caller tells those in |left|, a slot by stripe or TREE_NOBODY.
 */
void tree_roots(struct tree *t, uint16_t roots, uint8_t left[PW_STRIPES]);

/*
 * What is to be told to the neighbours; |least|: how long a block is on its
 * way when nothing waits.
 */
void tree_ad(const struct tree *t, sp_time least, struct pw_tree *out);
/* What |slot| has told. */
void tree_told(struct tree *t, unsigned slot, const struct pw_tree *ad);
/* A block has waited so long on its way to a child. */
void tree_waited(struct tree *t, bool strong, sp_time wait);

struct tree_asker {
	unsigned slot;
	uint32_t id;    /* in a path */
	uint8_t weight; /* 0: has no children in this stripe */
	bool orphan;    /* has no parent */
	uint64_t from;  /* piece, from which it wants to be served */
};
/*
 * Somebody wants to be our child. True: it is one now; *evict is the slot of
 * one that gets no piece of |edge| and on any more, or TREE_NOBODY.
 */
bool tree_subscribe(struct tree *t, unsigned stripe,
    const struct tree_asker *who, uint64_t edge, uint8_t *evict);
/* |slot| gets no piece of |from| and on any more. */
void tree_unsubscribe(struct tree *t, unsigned stripe, unsigned slot,
    uint64_t from);
/*
 * There are more children than may be squeezed in: the uplink is slower than
 * was thought. A leaf has to go, rather one of a stripe that is not inner, or
 * any child if there is no room at all: false if there is none, or no need.
 */
bool tree_excess(const struct tree *t, unsigned *stripe, unsigned *slot);
/* The slots that are to get piece |number|. */
uint64_t tree_targets(struct tree *t, unsigned stripe, uint64_t number);
/* What a child is told of us. */
void tree_above(const struct tree *t, unsigned stripe, struct pw_accept *out);

/*
 * Whom to ask for |stripe| now, TREE_NOBODY: nobody, or an answer is awaited.
 * |open|: slots of neighbours; |srtt| by slot. The caller sends the question,
 * and notes asked_from.
 */
uint8_t tree_pick(struct tree *t, unsigned stripe, uint64_t open,
    const sp_time srtt[TREE_SLOTS], struct sp_rng *rng, sp_time now);
/* Its id and ours, as far as they go into a path. */
struct tree_ids {
	uint32_t its, ours;
};
/* The parent that was left, and whether the children are to be told. */
struct tree_move {
	uint8_t left; /* or TREE_NOBODY */
	bool moved;
};
/*
 * |slot| took us, or tells anew what is above it. False: it was not asked, or
 * that is a loop: it is to be told that we leave.
 */
bool tree_accepted(struct tree *t, unsigned stripe, unsigned slot,
    struct tree_ids ids, const struct pw_accept *a, struct tree_move *out,
    sp_time now);
/* |slot| said no, or no longer: then it sends what it has begun. */
void tree_refused(struct tree *t, unsigned stripe, unsigned slot, sp_time now);
/*
 * |slot| says that it will send nothing of piece |from| and on: if it is the
 * parent, another is sought meanwhile. It has said no by then: tree_over.
 */
void tree_notice(struct tree *t, unsigned stripe, unsigned slot, uint64_t from);
/* Whether the parent's notice is over, as there are pieces below |edge|. */
bool tree_over(const struct tree *t, unsigned stripe, uint64_t edge);
/* |slot| is gone. */
void tree_gone(struct tree *t, unsigned slot);
/*
 * Leaves the parent, which does not send: it is not asked again soon. Until it
 * sends something of any stripe, or for a while, that is after others, whatever
 * it says of itself.
 */
void tree_leave(struct tree *t, unsigned stripe, sp_time now);

/* A block of |stripe| came as it should, |late| after it was available. */
void tree_arrived(struct tree *t, unsigned stripe, sp_time late, sp_time now);
/* How long after availability what the parent sends is there: mean + 4 dev. */
sp_time tree_wait(const struct tree *t, unsigned stripe);
/*
 * Piece |number|, available at |avail|, should be there; |missing|: some of
 * |stripe| is not; what was asked for counts as missing too. True: the parent
 * has not sent for long enough to be left.
 */
bool tree_judge(struct tree *t, unsigned stripe, uint64_t number, sp_time avail,
    bool missing);

static inline bool
tree_is_child(const struct tree *t, unsigned stripe, unsigned slot)
{
	return t->stripes[stripe].children >> slot & 1;
}

#endif
