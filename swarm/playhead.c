#include "swarm/playhead.h"

#define DURATION(pc) ((sp_time)(pc)->rec.duration_us * SP_US)
#define TARGET_SPAN  8  /* pieces that playhead_target looks at */
#define STARTUP_SPAN 16 /* pieces whose deadline counts from the start */

void
playhead_follow(struct playhead *ph, sp_time now)
{
	memset(ph, 0, sizeof(*ph));
	ph->on = true;
	ph->on_at = now;
}

void
playhead_stop(struct playhead *ph)
{
	memset(ph, 0, sizeof(*ph));
}

sp_time
playhead_target(const struct window *w, uint8_t track)
{
	const struct window_track *t = window_track_const(w, track);
	const struct piece *pc;
	sp_time target = 0;
	uint64_t n;
	int i;

	for (n = t->edge, i = 0; n > t->first && i < TARGET_SPAN; i++) {
		pc = window_piece(w, track, --n);
		if (pc != NULL)
			target = SP_MAX(target, DURATION(pc));
	}
	return target;
}

static void
choose_delay(struct playhead *ph, const struct playhead_conf *conf,
    sp_time target)
{
	ph->delay = conf->delay;
	if (ph->delay != 0)
		return;
	ph->delay = SP_MAX(2 * target + SP_S, PLAYHEAD_DELAY_MIN);
	ph->delay = SP_MAX(ph->delay, conf->least);
	if (conf->delay_max > 0)
		ph->delay = SP_MIN(ph->delay, conf->delay_max);
}

/* The first piece that is played, when |due| is the newest due one. */
static uint64_t
first_played(const struct window *w, uint8_t track, uint64_t due)
{
	const struct window_track *t = window_track_const(w, track);
	sp_time back = 0;
	uint64_t n, first = due;

	for (n = due; n > t->first && back < PLAYHEAD_BACK;) {
		const struct piece *pc = window_piece(w, track, --n);

		/* a hole has no record to fetch by, nor a known duration */
		back += pc == NULL ? PLAYHEAD_BACK : DURATION(pc);
		if (pc != NULL)
			first = n;
	}
	return first;
}

bool
playhead_begin(struct playhead *ph, const struct playhead_conf *conf,
    const struct window *w, uint8_t track, sp_time base, sp_time now)
{
	const struct window_track *t = window_track_const(w, track);
	const struct piece *pc;
	uint64_t n, due;

	if (!ph->on || ph->started || t->first == t->edge)
		return false;
	choose_delay(ph, conf, playhead_target(w, track));
	for (n = due = t->first; n < t->edge; n++) {
		pc = window_piece(w, track, n);
		if (pc != NULL && pc->avail_at + ph->delay <= now)
			due = n;
	}
	ph->start = first_played(w, track, due);
	ph->edge = ph->scan = ph->start;
	ph->base = base;
	ph->started = true;
	return true;
}

sp_time
playhead_due(const struct playhead *ph, const struct window *w,
    const struct piece *pc)
{
	const struct piece *q;
	sp_time due, at;
	uint64_t n;

	if (!ph->started || pc->rec.number < ph->start)
		return SP_NEVER;
	due = pc->avail_at + ph->delay;
	if (pc->rec.number - ph->start >= STARTUP_SPAN)
		return due;
	for (at = ph->base, n = ph->start; n < pc->rec.number; n++) {
		q = window_piece(w, pc->rec.track, n);
		at += q == NULL ? DURATION(pc) : DURATION(q);
	}
	return SP_MAX(due, at);
}

sp_time
playhead_deadline(const struct playhead *ph, const struct window *w,
    const struct piece *pc)
{
	sp_time due = playhead_due(ph, w, pc), at;

	if (due == SP_NEVER || pc->rec.number - ph->start >= STARTUP_SPAN)
		return due;
	/* the swarm's schedule is kept from here on */
	if (pc->avail_at > ph->on_at)
		return pc->avail_at + ph->delay;
	at = ph->base + (sp_time)(pc->rec.number - ph->start) *
			    SP_MAX(DURATION(pc) * 3 / 4, PLAYHEAD_STEP);
	return SP_MIN(due, SP_MAX(at, pc->avail_at + ph->delay));
}

bool
playhead_first(struct playhead *ph, sp_time now)
{
	if (!ph->started || ph->fixed)
		return false;
	ph->fixed = true;
	/* late or early, the player's clock starts with the first piece */
	ph->base = now;
	return true;
}

bool
playhead_raise(struct playhead *ph, const struct playhead_conf *conf,
    bool missed, sp_time target, sp_time now)
{
	sp_time delay = ph->delay + SP_MAX(target / 2, 250 * SP_MS);

	if (conf->delay != 0 || !ph->fixed)
		return false;
	if (ph->raised_at != 0 && now - ph->raised_at < target)
		return false;
	if (!missed)
		delay = SP_MIN(delay, conf->least);
	delay = SP_MIN(delay, conf->delay_max);
	if (delay <= ph->delay)
		return false;
	ph->delay = delay;
	ph->raised_at = now;
	return true;
}

sp_time
playhead_patience(const struct piece *pc)
{
	return 4 * SP_S + 2 * DURATION(pc);
}

/*
 * Whether the piece at |n| will not be waited for. A hole (no record) counts
 * from when the record behind it became due.
 */
static bool
give_up(const struct playhead *ph, const struct window *w, uint8_t track,
    uint64_t n, sp_time now)
{
	const struct window_track *t = window_track_const(w, track);
	const struct piece *pc = window_piece(w, track, n), *later;
	uint64_t k;

	if (n < t->first)
		return true;
	for (k = n + 1, later = NULL; k < t->edge && later == NULL; k++) {
		later = window_piece(w, track, k);
		if (later != NULL && !piece_is_complete(later))
			later = NULL;
	}
	if (later == NULL)
		return false;
	if (pc == NULL)
		pc = later;
	return now > playhead_due(ph, w, pc) + playhead_patience(pc);
}

/* Skips over [scan, ...) that is complete or lost. */
static void
move_scan(struct playhead *ph, struct window *w, uint8_t track, sp_time now,
    uint32_t *lost)
{
	const struct window_track *t = window_track_const(w, track);
	struct piece *pc;

	for (; ph->scan < t->edge; ph->scan++) {
		pc = window_piece(w, track, ph->scan);
		if (pc != NULL && (piece_is_complete(pc) || pc->lost))
			continue;
		if (!give_up(ph, w, track, ph->scan, now))
			return;
		if (pc != NULL)
			pc->lost = true;
		(*lost)++;
	}
}

bool
playhead_advance(struct playhead *ph, struct window *w, uint8_t track,
    sp_time now, uint32_t *lost)
{
	const struct piece *pc;
	uint64_t before = ph->edge;

	*lost = 0;
	if (!ph->started)
		return false;
	move_scan(ph, w, track, now, lost);
	for (; ph->edge < ph->scan; ph->edge++) {
		pc = window_piece(w, track, ph->edge);
		if (pc == NULL)
			continue;
		if (!pc->lost && pc->avail_at + ph->delay > now)
			break;
		/* A source may come back after its end. */
		ph->ended = (pc->rec.flags & RECORD_LAST) != 0;
	}
	return ph->edge != before;
}

sp_time
playhead_next(const struct playhead *ph, const struct window *w, uint8_t track,
    sp_time now)
{
	const struct window_track *t = window_track_const(w, track);
	const struct piece *pc;
	sp_time at = SP_NEVER;

	if (!ph->started)
		return SP_NEVER;
	pc = ph->edge < ph->scan ? window_piece(w, track, ph->edge) : NULL;
	if (pc != NULL)
		at = pc->avail_at + ph->delay;
	if (ph->scan < t->edge) {
		pc = window_piece(w, track, ph->scan);
		if (pc != NULL)
			at = SP_MIN(at, playhead_due(ph, w, pc) +
					    playhead_patience(pc) + 1);
		else
			at = SP_MIN(at, now + SP_S);
	}
	/* what patience has run out for waits for a later piece to complete */
	return at <= now ? now + 250 * SP_MS : at;
}
