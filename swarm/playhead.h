#ifndef SWARM_PLAYHEAD_H
#define SWARM_PLAYHEAD_H

/*
 * Where playing stands in one followed track: which piece comes first, when
 * each one is due, and what a player may be told.
 *
 * A viewer plays D behind availability at the origin. Piece n is due, and
 * enters the local playlist, at avail(n) + D. Example: T = 2 s, D = 5 s, the
 * newest piece is 100, available 1 s ago.
 *
 *	piece   96    97    98    99   100
 *	age s  9.0   7.0   5.0   3.0   1.0
 *	due   -4.0  -2.0   0.0  +2.0  +4.0
 *
 * A viewer who joins now has 98 as the newest due one and starts before it, at
 * 97, so that a player has PLAYHEAD_BACK in hand, a segment at least; more
 * would be load, where many start. The pieces up to 98 are late by that
 *schedule: a player needs the first as soon as it can be had, and each further
 *one a duration later.
 *
 * Unless it is given D starts at 2 T + 1 s (at least PLAYHEAD_DELAY_MIN), or
 * more when it is known that more is needed (swarm/delay.h). It is raised by
 * T / 2 when a deadline was missed, and by no more towards what is needed, at
 * most once per T, up to the maximum given: what is listed comes later by as
 * much, and the player lives on what it has. It never falls while the track is
 * followed.
 */

#include "base/err.h"
#include "base/tstamp.h"
#include "swarm/window.h"

#define PLAYHEAD_STEP      (200 * SP_MS) /* between deadlines of the start */
#define PLAYHEAD_BACK      SP_S /* of media before the newest due one */
#define PLAYHEAD_DELAY_MIN (2 * SP_S)

struct playhead {
	bool on;      /* followed */
	bool started; /* start is chosen */
	bool fixed;   /* first piece is complete: base is when */
	bool ended;   /* the last piece is listed */
	sp_time on_at;
	sp_time base;  /* when the first piece is (was) needed */
	sp_time delay; /* D */
	sp_time raised_at;
	uint64_t start;    /* first piece that is played */
	uint64_t edge;     /* one past the last listed */
	uint64_t scan;     /* all of [start, scan) is complete or lost */
	uint64_t due_scan; /* deadlines below are counted */
	uint64_t asked;    /* below it no player waits for a piece */
	bool missing;      /* the last one counted was missed */
};

struct playhead_conf {
	sp_time delay; /* fixed D, 0 = derived */
	sp_time least; /* derived, it is at least this; 0 = not known */
	sp_time delay_max;
};

void playhead_follow(struct playhead *ph, sp_time now);
void playhead_stop(struct playhead *ph);
/*
 * Chooses the start when there are pieces; the first is to be there by |base|.
 * True when it just did (deadlines must be set anew).
 */
bool playhead_begin(struct playhead *ph, const struct playhead_conf *conf,
    const struct window *w, uint8_t track, sp_time base, sp_time now);
/* When |pc| is due; SP_NEVER before the start or when not followed. */
sp_time playhead_due(const struct playhead *ph, const struct window *w,
    const struct piece *pc);
/*
 * By when the scheduler should have it: as playhead_due; but of what was there
 * when we came each piece a quarter of its duration earlier than the one before
 * it (PLAYHEAD_STEP apart at least), and all later ones as the schedule of the
 * swarm says (avail + D), though a player is behind that at first.
 */
sp_time playhead_deadline(const struct playhead *ph, const struct window *w,
    const struct piece *pc);
/* The first piece is complete. True when deadlines must be set anew. */
bool playhead_first(struct playhead *ph, sp_time now);
/* A deadline was |missed| or kept: true when D was raised. */
bool playhead_raise(struct playhead *ph, const struct playhead_conf *conf,
    bool missed, sp_time target, sp_time now);
/*
 * Lists what may be listed now; moves scan. True when edge has moved. Gives
 * up on pieces that were missing for longer than playhead_patience while a
 * later one is complete (they are marked lost, *lost counts them).
 */
bool playhead_advance(struct playhead *ph, struct window *w, uint8_t track,
    sp_time now, uint32_t *lost);
/* When playhead_advance may have something to do, input aside. */
sp_time playhead_next(const struct playhead *ph, const struct window *w,
    uint8_t track, sp_time now);
/* How long a missing piece is waited for after its deadline. */
sp_time playhead_patience(const struct piece *pc);
/* Longest duration among the newest pieces; 0: none. */
sp_time playhead_target(const struct window *w, uint8_t track);

#endif
