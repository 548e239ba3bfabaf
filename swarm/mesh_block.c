#include "swarm/mesh_int.h"

/* Whoever else was asked need not send it. */
static void
cancel_others(struct mesh *m, struct piece *pc, uint32_t index)
{
	struct pw_block_ref ref = { pc->rec.number, (uint16_t)index,
		pc->rec.track };
	struct peer *p;
	unsigned i;
	int r;

	if (pc->pending[index] == 0)
		return;
	MESH_SLOTS (m->asked, i) {
		p = m->peers[i];
		if ((r = peer_request_find(p, &ref)) < 0)
			continue;
		pw_put_cancel(mesh_say(m, p), ref);
		peer_request_del(p, (uint32_t)r);
		pc->pending[index]--;
		pc->n_pending--;
		/* it may have left already */
		p->strays -= p->strays > 0;
	}
}

/* What was there before we came has no lag. */
static void
count_lag(struct mesh *m, const struct playhead *ph, const struct piece *pc)
{
	sp_time lag = SP_MAX(m->now - pc->avail_at, 0);

	if (pc->avail_at < ph->on_at)
		return;
	quantile_add(&m->st.lag, (uint64_t)(lag / SP_US));
	if (ph->fixed)
		delay_sample(&m->delay, lag,
		    m->now > playhead_due(ph, &m->window, pc), ph->delay,
		    mesh_fetch_ttfb(m));
}

void
mesh_play_begins(struct mesh *m, const struct piece *pc)
{
	struct playhead *ph = &m->play[pc->rec.track];

	if (pc->rec.number != ph->start || !playhead_first(ph, m->now))
		return;
	if (m->st.startup < 0)
		m->st.startup = m->now - ph->on_at;
	mesh_retime(m, pc->rec.track);
}

static void
piece_done(struct mesh *m, struct piece *pc)
{
	struct playhead *ph;
	sp_time since;

	pc->done_at = m->now;
	pc->lost = false;
	m->st.pieces++;
	mesh_fetch_prune(m, pc);
	if (pc->rec.track >= LIM_TRACKS)
		return;
	ph = &m->play[pc->rec.track];
	if (!ph->started || pc->rec.number < ph->start)
		return;
	if (pc->missed) {
		since =
		    SP_MAX(playhead_due(ph, &m->window, pc), m->stalled_till);
		m->st.stalled += SP_MAX(m->now - since, 0);
		m->stalled_till = m->now;
	}
	count_lag(m, ph, pc);
	mesh_play_begins(m, pc);
}

/* On to those that it is to be pushed to. */
static void
share(struct mesh *m, struct piece *pc, uint32_t index, int slot)
{
	uint32_t i;

	if (!(m->conf.without & MESH_WITHOUT_SMALL)) {
		mesh_push_block(m, pc, index, slot);
		return;
	}
	for (i = 0; i < pc->blocks; i++)
		mesh_push_block(m, pc, i, slot);
}

/*
 * A block has come from a neighbour: how quickly do such spread? We do not
 * count: that one gives it to us at once says nothing of the others.
 */
static void
watch(struct mesh *m, const struct piece *pc, uint32_t index)
{
	if (index == piece_probe(pc) && pc->heard_at != SP_NEVER)
		rescue_pace_add(&m->pace, m->now - pc->heard_at, pc->heard_n,
		    mesh_have_probe(m, pc));
}

int
mesh_block(struct mesh *m, struct piece *pc, uint32_t index, const uint8_t *p,
    size_t len, int slot)
{
	int rv;

	if (slot < 0 && piece_holds(pc, index)) {
		m->st.origin_waste_bytes += len;
		return SP_ERR_EXISTS;
	}
	rv = m->crypto->block(pc->leaves + (size_t)index * HASH_LEN, p, len);
	if (rv < 0) {
		m->st.bad_bytes += len;
		return rv;
	}
	/* what a neighbour sends tells of it, even if it is not needed */
	if (piece_holds(pc, index)) {
		m->st.dup_bytes += len;
		return SP_ERR_EXISTS;
	}
	if ((rv = window_put(&m->window, pc, index, p, len)) < 0)
		return rv;
	mesh_fetch_held(pc, index);
	if (m->conf.seeder) {
		/* its own bytes: neither from peers nor from the origin */
	} else if (slot >= 0) {
		m->st.peer_bytes += len;
		watch(m, pc, index);
		ledger_gave(&m->ledger, m->peers[slot]->id, len);
		ratemeter_add(&m->peer_meter, len, m->now);
	} else {
		m->st.origin_bytes += len;
		ratemeter_add(&m->origin_meter, len, m->now);
	}
	cancel_others(m, pc, index);
	mesh_push_needless(m, pc, index, slot);
	if (mesh_may_share(m, pc)) {
		mesh_news_block(m, pc, index, slot < 0);
		share(m, pc, index, slot);
	}
	m->changed |= MESH_CHANGED_BLOCKS;
	if (piece_is_complete(pc))
		piece_done(m, pc);
	mesh_dirty(m, 0);
	return 0;
}
