#ifndef TRACKER_DUTIES_H
#define TRACKER_DUTIES_H

/*
 * The duty rosters of all live channels: when each is drawn, and what its
 * readers are told.
 *
 * A roster is drawn whole each DUTIES_DRAW_S: everybody is looked at, the
 * weights of members move, others come in, and its readers are told even if
 * nothing has changed. Between whole draws it is drawn when the swarm has
 * changed, DUTIES_GAP after the last time at the earliest: then members only
 * leave while DUTY_MIN are left, and others come in when they are fewer. Who
 * expires is noticed with either. Whose stream has ended
 * (tracker/presence.h) is as one who has left.
 *
 * An epoch lasts DUTIES_EPOCH_S. Ranks are drawn from its number
 * (wire/roster.h), and trees hang on who is first: inside of one they move
 * only as far as members and weights do.
 *
 * Private addresses are told as the registry tells them: to a reader whose own
 * address is of that kind.
 */

#include "base/buf.h"
#include "tracker/live.h"
#include "tracker/registry.h"
#include "tracker/rep.h"
#include "wire/roster.h"

#define DUTIES_GAP     SP_S
#define DUTIES_DRAW_S  20    /* between whole draws */
#define DUTIES_EPOCH_S 300   /* ranks are drawn anew: trees hang on them */
#define DUTIES_SCAN    16384 /* viewers that a whole draw looks at, at most */
#define DUTIES_FILL    512   /* and one in between, to fill gaps */

struct duties;

struct duties_conf {
	const struct live *live; /* these three are borrowed for life */
	const struct registry *registry;
	struct reps *reps;
	uint32_t max_channels;
	bool tell_private; /* all addresses to all (lan = yes) */
};

/* SP_ERR_NOMEM. */
int duties_new(struct duties **out, const struct duties_conf *conf,
    const struct sp_mem *mem, uint64_t seed);
void duties_free(struct duties *d); /* NULL is fine */

/*
 * Viewers or the window of a channel may have changed: it is drawn soon if so,
 * at |now| (which may be later) at the earliest. Without memory it has no
 * roster until the next call.
 */
void duties_touch(struct duties *d, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now);
/*
 * Another tracker drew |r|: its members, weights and epoch are told here at
 * once, and nothing is drawn here before |until|. SP_ERR_NOTFOUND: there is no
 * such channel here; SP_ERR_NOMEM.
 */
int duties_adopt(struct duties *d, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct roster *r, sp_time now, sp_time until);
/*
 * Draws what is due, until a roster changes: true, and which one. False: all
 * is done.
 */
bool duties_run(struct duties *d, uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now);
/* When duties_run has something to do; SP_NEVER. */
sp_time duties_deadline(const struct duties *d);

/*
 * Appends a ROSTER frame for a reader at |reader| who has |*version| (0: none)
 * and moves it: 1; 0 when there is nothing new; b->err (|*version| stays). A
 * channel that was forgotten and is back has nothing new before its next
 * roster: a reader keeps what it has, and then gets all of that one.
 */
int duties_feed(const struct duties *d,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const struct sp_addr *reader,
    uint64_t *version, struct sp_buf *b);
/* With all addresses; NULL when there is none. */
const struct roster *duties_get(const struct duties *d,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);
/* Members of all rosters. */
uint64_t duties_members(const struct duties *d);
/* For tests and fuzzers. */
bool duties_are_sound(const struct duties *d);

#endif
