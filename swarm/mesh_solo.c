#include "swarm/mesh_int.h"

/* Slots that hold some of the two newest pieces of what is followed. */
static uint64_t
up_to_date(const struct mesh *m)
{
	const struct window_track *w;
	const struct piece *pc;
	uint64_t set = 0, n;
	uint32_t i;
	uint8_t t;

	for (t = 0; t < LIM_TRACKS; t++) {
		w = &m->window.tracks[t];
		if (!m->play[t].on)
			continue;
		for (n = SP_MAX(w->first + 2, w->edge) - 2; n < w->edge; n++) {
			pc = mesh_find(m, t, n);
			for (i = 0; pc != NULL && i < pc->blocks; i++)
				set |= holders_of(&pc->holders, i);
		}
	}
	return set;
}

static void
changed(struct mesh *m, const char *why)
{
	m->st.instant = m->solo.on;
	m->st.instants += m->solo.on;
	log_msg(m->conf.log, LOG_LEVEL_INFO, "origin: %s why=%s",
	    m->solo.on ? "all is fetched at once" : "others are waited for",
	    why);
	mesh_dirty(m, 0);
}

static bool
is_meant(const struct mesh *m)
{
	return !m->conf.seeder && m->n_origins > 0 &&
	       !(m->conf.without & MESH_WITHOUT_PLAN);
}

void
mesh_solo_look(struct mesh *m)
{
	uint64_t others = m->contacts.n, good = 0;
	unsigned i;

	if (!is_meant(m))
		return;
	/* the tracker counts us too */
	if (m->swarm_size > 0)
		others = m->swarm_size - 1;
	if (m->solo.on)
		MESH_SLOTS (m->open &up_to_date(m), i)
			if (peer_is_credible(m->peers[i]))
				good |= MESH_BIT(i);
	if (solo_look(&m->solo, (unsigned)__builtin_popcountll(m->open),
		(unsigned)__builtin_popcountll(good), others, m->now))
		changed(m, m->solo.on ? "few neighbours" : "good neighbours");
}

/*
 * In the middle of its time: do neighbours have it? Where they lack it too all
 * are in want, and the ramp brings copies to them: who then fetched everything
 * at once would only take what others cannot have. What was there before we
 * came is in haste from the first: that neighbours did not bring it in time
 * tells nothing of them.
 */
void
mesh_solo_middle(const struct mesh *m, struct piece *pc, sp_time deadline)
{
	const struct playhead *ph = &m->play[pc->rec.track % LIM_TRACK_INIT];
	uint32_t i, there = 0;

	if (pc->offer_known || m->now - pc->avail_at < deadline - m->now)
		return;
	pc->offer_known = true;
	if (pc->avail_at < ph->on_at)
		return;
	for (i = 0; i < pc->blocks; i++)
		there += !piece_holds(pc, i) &&
			 (holders_of(&pc->holders, i) & m->open) != 0;
	pc->offered = 2 * there > pc->blocks;
}

void
mesh_solo_rescue(struct piece *pc)
{
	/* next to nothing of it came */
	pc->rescued |= pc->offered && pc->n_held * 10 < pc->blocks;
}

void
mesh_solo_due(struct mesh *m, const struct piece *pc)
{
	if (is_meant(m) &&
	    solo_piece(&m->solo, pc->rec.track, pc->rescued, m->now))
		changed(m, "neighbours did not bring it");
}
