#ifndef SWARM_TAP_H
#define SWARM_TAP_H

/*
 * One origin, as far as asking it goes: how fast it answers, whether it rests,
 * and how many transfers it gets at once (SCHEDULER.md section 5, origin
 * protection).
 *
 * The window of transfers is additive up, multiplicative down: one more after
 * as many good transfers as the window has, halved by a refusal (429, 503) or
 * when the first byte took thrice the median. What began before the last
 * halving does not halve again.
 *
 * A transfer that has not begun to answer for longer than tap_patience hangs.
 * It no longer counts, and after two of them, until something answers, one
 * transfer at a time is tried: an origin that is back is found within that
 *time.
 *
 *	tap_may, then tap_begin    a transfer starts
 *	tap_hangs                  it hangs: tap_end does not follow
 *	tap_back                   it answers after all
 *	tap_answers                the head of any transfer is here
 *	tap_ok, tap_failed         how it went, if that says something
 *	tap_end                    it is over, in any case
 */

#include "base/quantile.h"
#include "base/tstamp.h"

#define TAP_MARGIN    (150 * SP_MS)
#define TAP_TTFB      (300 * SP_MS) /* assumed before there are samples */
#define TAP_RATE      500           /* bytes per ms, likewise */
#define TAP_GRAIN_MAX 4
#define TAP_FADE      (30 * SP_S)  /* half-life of what was measured */
#define TAP_SHORT     (256 * 1024) /* bytes: too few to tell a rate by */
#define TAP_TINY      (64 * 1024)  /* too few to tell anything */
/* Bytes per ms: as fast as where all transfers are short it may seem. */
#define TAP_RATE_SHORT (2 * TAP_RATE)

struct tap {
	struct quantile ttfb_us;
	struct quantile rate; /* bytes per ms of whole transfers */
	sp_time ttfb_worst;   /* q99.9 */
	uint64_t rate_worst;  /* q05 */
	sp_time ttfb_usual;   /* smoothed; what is left when the */
	uint64_t rate_usual;  /* samples have faded */
	sp_time fade_at;      /* they count half from then on */
	bool long_seen;       /* a transfer of TAP_SHORT or more */
	uint32_t fails;       /* in a row */
	sp_time failed_at;    /* the last of them */
	bool no_range;        /* it answers a Range with the whole resource */
	sp_time down_until;   /* not asked before */
	bool told;            /* by the origin itself: no success ends it */
	uint32_t window, window_max; /* transfers at once */
	uint32_t out;                /* that are under way */
	uint32_t good;               /* since the window changed */
	sp_time cut_at;              /* it was halved */
	uint32_t hangs;              /* in a row, since something answered */
	uint32_t grain;              /* see tap_grain */
	sp_time grain_at;            /* it changed, or was confirmed */
};

/* |window_max| transfers at once; 0: none. */
void tap_init(struct tap *t, uint32_t window_max);
/* Whether one more transfer may begin now. */
bool tap_may(const struct tap *t, sp_time now);
void tap_begin(struct tap *t);
/* A transfer whose head came at |first| ended well. */
void tap_ok(struct tap *t, sp_time began, sp_time first, sp_time now);
/*
 * It brought |bytes| in the time |took| between its first bytes and its end.
 * What came with the first is not counted, or who waited for it would seem
 * fast. That others were under way at the same time is no excuse: a line that
 * loses packets is as slow for one alone. Less than TAP_SHORT says nothing once
 * there was more; until then, as where all pieces are small, it may tell that
 * the origin is faster than TAP_RATE.
 */
void tap_flow(struct tap *t, uint64_t bytes, sp_time took, sp_time now);
/* Time goes by: the first minute, with all its transfers at once, is forgotten.
 */
void tap_age(struct tap *t, sp_time now);
/*
 * It failed as a whole (network, 429, 5xx): rests 0.25, 0.5 ... 4 s, or for
 * |retry_after| when that is longer (at most 30 s). What began before it failed
 * last does not count, but for its |retry_after|. |refused|: by 429 or 503,
 * which halves the window too.
 */
void tap_failed(struct tap *t, bool refused, sp_time retry_after, sp_time began,
    sp_time now);
void tap_end(struct tap *t);
/* How long a transfer may take to begin to answer. */
sp_time tap_patience(const struct tap *t);
void tap_hangs(struct tap *t, sp_time began, sp_time now);
void tap_back(struct tap *t);
void tap_answers(struct tap *t);

/*
 * Who is refused asks for more at once instead: what is cut into n parts
 * usually is cut into n >> grain. One more with each refusal, one less after
 * 20 s without; 0..TAP_GRAIN_MAX.
 */
unsigned tap_grain(struct tap *t, sp_time now);

/* g = q99.9(ttfb) + bytes / q05(rate) + margin. */
sp_time tap_guard(const struct tap *t, uint64_t bytes);
/*
 * Bytes that one transfer that is asked for now brings within |left|, by the
 * slowest rates seen; or in the time that another one takes to begin.
 */
uint64_t tap_within(const struct tap *t, sp_time left);
/* When |bytes| that are asked for now are here, as a rule. */
sp_time tap_eta(const struct tap *t, uint64_t bytes);

#endif
