#ifndef TRACKER_PLAN_H
#define TRACKER_PLAN_H

/*
 * The push trees of one track, planned for all its viewers in one place
 * (SCHEDULER.md section 3): for each viewer and stripe a parent, and two others
 * in case that one cannot be had. Viewers take it as advice
 * (wire/places.h).
 *
 * Each stripe has a tree of its own. Its root is who is on duty for the stripe.
 * A viewer has room for as many children as all use the same part of their
 * uplinks,
 *
 *	room = min(0.75, 1.12 * n * r / sum u) * u / (r / k)
 *
 * and has them in few stripes, where it is inner: as many as give it
 * plan_fanout() children in each; those that have the least room of all. Who is
 * inner stands high: it takes the place of a leaf of a shallow parent, and the
 * leaf goes below it. Of parents with a place that least depth counts, then
 * standing, then who is connected with the child already.
 *
 * Nothing is ever built anew: who comes is put somewhere, the children of who
 * goes are, and who becomes stronger or root moves up. Depths are not kept but
 * counted upwards, which takes a few steps in trees that are flat. A viewer
 * costs about 150 bytes, and 4 for each child that it has.
 */

#include "base/addr.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "wire/places.h"

#define PLAN_NONE      UINT32_MAX
#define PLAN_DEPTH_MAX 11            /* below a parent that deep is nobody */
#define PLAN_GAP       (250 * SP_MS) /* between what one viewer is told */
#define PLAN_RETRY     SP_S          /* for who found no parent */
#define PLAN_AGE       (3 * SP_S)    /* of a viewer before it has children */
#define PLAN_RAISE     (10 * SP_S)   /* between announces at least */
#define PLAN_UNKNOWN   4             /* children of who knows no uplink yet */
#define PLAN_ROOM_MAX  160
#define PLAN_LINKS     40 /* different children: connections are limited */
#define PLAN_DRAWN     48 /* candidates for a parent that are looked at */
#define PLAN_TRIES     32 /* at all of them, in vain, in one run */
#define PLAN_NETS      3  /* networks of a viewer's parents, at least */
#define PLAN_MAX       (1u << 20) /* viewers */

struct plan;

/* At most |max| viewers. |tell_private|: all addresses to all. SP_ERR_NOMEM. */
int plan_new(struct plan **out, const struct sp_mem *mem, uint32_t max,
    bool tell_private, uint64_t seed);
void plan_free(struct plan *p); /* NULL is fine */

/*
 * The track: |kbps| and stripes in use [1, PLACES_STRIPES]. Nobody has a place
 * before.
 */
void plan_track(struct plan *p, uint8_t track, uint32_t kbps, unsigned k);

/* Children for an inner stripe of who uploads |kbps|; as tree_fanout. */
unsigned plan_fanout(uint64_t kbps);

/*
 * A viewer is there, of whom nothing is known: it has no children before
 * plan_weigh. Its name until it leaves, or PLAN_NONE: full, or no memory.
 */
uint32_t plan_join(struct plan *p, const uint8_t peer_id[LINK_PEERID_LEN],
    const struct sp_addr *addr, sp_time now);
void plan_leave(struct plan *p, uint32_t viewer, sp_time now);

/*
 * Who says now that it is strong and now that it is weak would have others move
 * each time: that it is stronger is believed PLAN_RAISE after the last time.
 */
struct plan_weight {
	uint32_t up_kbps; /* 0: not known */
	bool relays;      /* it may have children at all */
	bool doubtful;    /* of little worth so far: rather low */
};
void plan_weigh(struct plan *p, uint32_t viewer, const struct plan_weight *w,
    sp_time now);
/* Where the stripes begin; PLAN_NONE: nowhere. */
void plan_roots(struct plan *p, const uint32_t root[PLACES_STRIPES],
    sp_time now);

/*
 * Places those who have none, lets those grow who are old enough, and makes
 * known what has changed: true when plan_tell has something for anybody.
 */
bool plan_run(struct plan *p, sp_time now);
sp_time plan_deadline(const struct plan *p); /* SP_NEVER: nothing to do */
/*
 * What is to be told to the viewer: false, nothing. The stripes are in *told;
 * it counts as told then.
 */
bool plan_tell(struct plan *p, uint32_t viewer, struct places *out,
    uint16_t *told);
/* All of it is to be told again: there is another stream. */
void plan_untold(struct plan *p, uint32_t viewer);

/* For tests. */
uint32_t plan_len(const struct plan *p);
uint32_t plan_parent(const struct plan *p, uint32_t viewer, unsigned stripe);
/* PLAN_DEPTH_MAX + 1 and more: it hangs on no root. */
unsigned plan_depth(const struct plan *p, uint32_t viewer, unsigned stripe);
unsigned plan_room(const struct plan *p, uint32_t viewer);
uint64_t plan_moves(const struct plan *p); /* edges made so far */
size_t plan_bytes(const struct plan *p);   /* memory of viewers */
/*
 * No cycle; no more children than room; children and parents agree; no depth
 * above the limit; who is below a root is known to be.
 */
bool plan_is_sound(const struct plan *p);

#endif
