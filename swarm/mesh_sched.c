#include "swarm/mesh_int.h"

void
mesh_dirty(struct mesh *m, sp_time delay)
{
	sp_time at = SP_MAX(m->now + delay, m->sched_last + m->sched_gap);

	m->sched_at = SP_MIN(m->sched_at, at);
}

/* The playout delay is what has to be, or who has fixed it hears of it. */
static void
raise_delay(struct mesh *m, uint8_t track, bool missed)
{
	struct playhead *ph = &m->play[track];
	sp_time needed = mesh_delay_needed(m), fixed = m->play_conf.delay;

	m->play_conf.least = needed;
	if (playhead_raise(ph, &m->play_conf, missed,
		playhead_target(&m->window, track), m->now)) {
		log_msg(m->conf.log, LOG_LEVEL_INFO,
		    "play: delay raised track=%u ms=%lld", track,
		    (long long)(ph->delay / SP_MS));
		mesh_retime(m, track);
	}
	if (fixed != 0 && delay_warns(&m->delay, needed, fixed))
		log_msg(m->conf.log, LOG_LEVEL_WARN,
		    "play: pieces come late, the delay is too short ms=%lld "
		    "needed_ms=%lld",
		    (long long)(fixed / SP_MS), (long long)(needed / SP_MS));
}

/* Counts pieces whose time has come, and stalls: runs of missed ones. */
static void
count_due(struct mesh *m, uint8_t track, sp_time *next)
{
	struct playhead *ph = &m->play[track];
	const struct window_track *w = &m->window.tracks[track];
	struct piece *pc;
	uint64_t n;
	sp_time due;

	if (!ph->fixed)
		return;
	for (n = SP_MAX(ph->due_scan, w->first); n < w->edge; n++) {
		pc = mesh_find(m, track, n);
		if (pc == NULL || pc->due_counted) {
			ph->due_scan += pc != NULL && ph->due_scan == n;
			continue;
		}
		due = playhead_due(ph, &m->window, pc);
		if (due > m->now) {
			*next = SP_MIN(*next, due);
			return;
		}
		ph->due_scan = n + 1;
		pc->due_counted = true;
		m->st.due++;
		mesh_solo_due(m, pc);
		if (piece_is_complete(pc) && pc->done_at <= due) {
			ph->missing = false;
			raise_delay(m, track, false);
			continue;
		}
		m->st.missed++;
		pc->missed = true;
		m->st.stalls += !ph->missing;
		ph->missing = true;
		raise_delay(m, track, true);
	}
}

/* By when a viewer who starts now should have its first piece. */
static sp_time
startup_deadline(struct mesh *m)
{
	sp_time wait = 600 * SP_MS + (sp_time)rng_below(&m->rng, 200) * SP_MS;

	/* nobody to wait for */
	if (m->announced && m->contacts.n == 0)
		wait = 50 * SP_MS;
	return m->now + wait + mesh_fetch_guard(m, 0);
}

static void
begin(struct mesh *m, uint8_t track)
{
	struct playhead *ph = &m->play[track];
	const struct piece *pc;

	if (!playhead_begin(ph, &m->play_conf, &m->window, track,
		startup_deadline(m), m->now))
		return;
	ph->due_scan = ph->start;
	mesh_retime(m, track);
	/* it may be here already: of another player, or come meanwhile */
	pc = mesh_find(m, track, ph->start);
	if (pc != NULL && piece_is_complete(pc))
		mesh_play_begins(m, pc);
}

static void
run_playheads(struct mesh *m, sp_time *next)
{
	struct playhead *ph;
	uint32_t lost;
	sp_time gap = MESH_SCHED_LONG;
	bool waits = false;
	uint8_t t;

	for (t = 0; t < LIM_TRACKS; t++) {
		ph = &m->play[t];
		if (!ph->on)
			continue;
		gap = SP_MIN(gap, ph->delay / 100);
		waits |= !ph->fixed;
		/* a window comes as a burst; its middle is no place to start */
		if (!ph->started && m->now < m->record_at + MESH_BURST &&
		    m->now < ph->on_at + SP_S) {
			*next = SP_MIN(*next, m->record_at + MESH_BURST);
			continue;
		}
		if (!ph->started)
			begin(m, t);
		count_due(m, t, next);
		if (playhead_advance(ph, &m->window, t, m->now, &lost))
			m->changed |= MESH_CHANGED_RECORDS;
		m->st.lost += lost;
		*next = SP_MIN(*next, playhead_next(ph, &m->window, t, m->now));
	}
	mesh_weigh_start(m, waits, next);
	/* a hundredth of the delay: the longer it is, the less hurry */
	m->sched_gap = SP_MAX(gap, MESH_SCHED_GAP);
}

sp_time
mesh_delay_needed(const struct mesh *m)
{
	return delay_needed(&m->delay, mesh_fetch_ttfb(m));
}

void
mesh_sched(struct mesh *m)
{
	sp_time next = SP_NEVER;

	run_playheads(m, &next);
	mesh_time_out(m, &next);
	if (!m->conf.seeder)
		mesh_request_run(m, &next);
	if (next != SP_NEVER)
		mesh_dirty(m, SP_MAX(next - m->now, 0));
}
