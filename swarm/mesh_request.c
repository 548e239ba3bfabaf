#include "swarm/mesh_int.h"

#define PICK_AGAIN   (100 * SP_MS)
#define BUDGET_MIN   32            /* requests in flight in all, at least */
#define FETCH_Q95    (400 * SP_MS) /* assumed before there are samples */
#define HEDGE_SHARE  25            /* one request in so many may be a hedge */
#define ORIGIN_HEDGE (300 * SP_MS) /* of slack */
#define HEDGE_AGE    (200 * SP_MS)
#define Q95_KEEP     (200 * SP_MS)
#define HEDGES_FREE  4 /* before shares mean anything */

/* ---- what is wanted ---- */

static size_t
wanted_track(struct mesh *m, uint8_t track, struct wanted *v, size_t n,
    size_t max)
{
	const struct window_track *w = window_track(&m->window, track);
	struct playhead *ph = track < LIM_TRACKS ? &m->play[track] : NULL;
	struct piece *pc;
	uint64_t k = w->first, scan = 0;

	if (ph != NULL) {
		scan = ph->scan;
		/* below that no player waits */
		ph->asked = SP_MAX(ph->asked, w->first);
		k = SP_MAX(k, SP_MIN(scan, ph->asked));
	}
	for (; k < w->edge && n < max; k++) {
		pc = mesh_find(m, track, k);
		if (pc == NULL || pc->deadline == SP_NEVER ||
		    piece_is_complete(pc)) {
			if (ph != NULL && ph->asked == k)
				ph->asked++;
			continue;
		}
		/* behind the playhead, or given up: only for who asks */
		if ((k < scan || pc->lost) && pc->want_at == SP_NEVER) {
			if (ph != NULL && ph->asked == k)
				ph->asked++;
			continue;
		}
		v[n++] = (struct wanted){ pc, pc->deadline };
	}
	return n;
}

static size_t
wanted_all(struct mesh *m, struct wanted *v, size_t max)
{
	struct wanted tmp;
	size_t n = 0, i, k;
	uint8_t t;

	for (t = 0; t < LIM_TRACKS; t++) {
		if (!m->play[t].on)
			continue;
		n = wanted_track(m, (uint8_t)(t + LIM_TRACK_INIT), v, n, max);
		n = wanted_track(m, t, v, n, max);
	}
	/* nearly sorted already: deadlines grow with numbers */
	for (i = 1; i < n; i++) {
		tmp = v[i];
		for (k = i; k > 0 && v[k - 1].deadline > tmp.deadline; k--)
			v[k] = v[k - 1];
		v[k] = tmp;
	}
	return n;
}

static sp_time
fetch_q95(const struct mesh *m)
{
	return (sp_time)quantile_get(&m->fetch_us, 950000, FETCH_Q95 / SP_US) *
	       SP_US;
}

struct pass {
	struct picker_block blocks[MESH_CANDIDATES];
	struct picker_choice choices[MESH_CANDIDATES];
	struct picker_peer peers[PICKER_PEERS];
	struct wanted wanted[MESH_WANTED];
	size_t n_wanted;
};

/*
 * Whether a block that is asked of one neighbour may be asked of another; its
 * holders are then those that are left. Lowers *next to when it may be.
 */
static bool
may_hedge(const struct mesh *m, const struct wanted *w, uint32_t index,
    uint64_t *holders, sp_time *next)
{
	const struct piece *pc = w->pc;
	struct pw_block_ref ref = { pc->rec.number, (uint16_t)index,
		pc->rec.track };
	sp_time at = w->deadline - 2 * m->q95, slow;
	const struct peer *p;
	unsigned i;
	int r;

	if (pc->pending[index] != 1)
		return false;
	if (at > m->now) {
		*next = SP_MIN(*next, at);
		return false;
	}
	MESH_SLOTS (m->asked, i) {
		p = m->peers[i];
		if ((r = peer_request_find(p, &ref)) < 0)
			continue;
		*holders &= ~(UINT64_C(1) << i);
		slow =
		    SP_MAX(p->fetch + 2 * p->fetch_var, PEER_TIMEOUT_MIN / 2);
		at = SP_MAX(at, p->req[r].sent_at + slow + 1);
		if (*holders != 0 && at > m->now)
			*next = SP_MIN(*next, at);
		return at <= m->now;
	}
	return false;
}

static size_t
candidates_of(struct mesh *m, const struct wanted *w, uint32_t ref,
    struct picker_block *out, size_t max, sp_time *next)
{
	const struct piece *pc = w->pc;
	const struct holders *hs = &pc->holders;
	uint64_t holders;
	size_t n = 0;
	sp_time wait;
	uint32_t i;
	bool hedge, from_origin;

	/* all of it asked for, and time enough to wait for the answers */
	wait = SP_MAX(2 * m->q95, ORIGIN_HEDGE);
	if (pc->n_held + pc->n_fetching + pc->n_pending >= pc->blocks &&
	    w->deadline - m->now > wait) {
		*next = SP_MIN(*next, w->deadline - wait);
		return 0;
	}
	if ((hs->told & m->open) == 0)
		return 0;
	for (i = 0; i < pc->blocks && n < max; i++) {
		if (piece_holds(pc, i))
			continue;
		/* near the deadline peers may win, and after it that is no
		 * hedge any more but the only hope */
		from_origin = piece_fetches(pc, i);
		if (from_origin && w->deadline - m->now > ORIGIN_HEDGE) {
			*next = SP_MIN(*next, w->deadline - ORIGIN_HEDGE);
			continue;
		}
		holders = holders_of(hs, i) & m->open;
		hedge = pc->pending[i] > 0;
		if (holders == 0 || (w->deadline - m->now > 2 * m->q95 &&
					mesh_push_expects(m, pc, i, next)))
			continue;
		if (hedge && !may_hedge(m, w, i, &holders, next))
			continue;
		out[n++] = (struct picker_block){
			.holders = holders,
			.slack = w->deadline - m->now,
			.ref = ref << 10 | i,
			.len = record_block_len(&pc->rec, i),
			.hedge = hedge || (from_origin && w->deadline > m->now),
		};
	}
	return n;
}

static uint32_t
fill_peers(const struct mesh *m, struct picker_peer *v, sp_time *next)
{
	const struct peer *p;
	uint32_t in_flight = 0;
	unsigned i;

	memset(v, 0, PICKER_PEERS * sizeof(*v));
	MESH_SLOTS (m->used, i) {
		p = m->peers[i];
		v[i].rate_bps = peer_rate(p);
		v[i].srtt = p->srtt;
		v[i].inflight = p->n_req;
		v[i].inflight_bytes = p->req_bytes;
		v[i].room = peer_room(p, m->now);
		in_flight += p->n_req;
		if (p->alone_until > m->now)
			*next = SP_MIN(*next, p->alone_until);
	}
	return in_flight;
}

static void
request(struct mesh *m, const struct picker_choice *c, const struct wanted *w)
{
	struct piece *pc = w[c->ref >> 10].pc;
	struct pw_block_ref ref = { pc->rec.number, (uint16_t)(c->ref & 1023),
		pc->rec.track };
	struct peer *p = m->peers[c->slot];
	sp_time slack =
	    SP_CLAMP(w[c->ref >> 10].deadline - m->now, 0, UINT16_MAX * SP_MS);

	if (peer_request(p, &ref, record_block_len(&pc->rec, ref.index),
		c->hedge, m->now) < 0)
		return;
	m->asked |= MESH_BIT(p->slot);
	m->late_at = SP_MIN(m->late_at, p->req[p->n_req - 1].timeout_at);
	pw_put_request(mesh_say(m, p), ref, (uint16_t)(slack / SP_MS));
	pc->pending[ref.index]++;
	pc->n_pending++;
	m->st.requests++;
	m->st.hedges += c->hedge;
}

static void
run_picker(struct mesh *m, struct pass *ps, sp_time *next)
{
	struct picker_conf conf;
	uint64_t budget;
	uint32_t in_flight;
	size_t i, n = 0, picked;

	if (m->now >= m->q95_at) {
		m->q95 = fetch_q95(m);
		m->q95_at = m->now + Q95_KEEP;
	}
	for (i = 0; i < ps->n_wanted && n < MESH_CANDIDATES; i++)
		n += candidates_of(m, &ps->wanted[i], (uint32_t)i,
		    ps->blocks + n, MESH_CANDIDATES - n, next);
	if (n == 0)
		return;
	in_flight = fill_peers(m, ps->peers, next);
	m->down_best =
	    SP_MAX(m->down_best, ratemeter_bps(&m->peer_meter, m->now));
	budget = SP_MAX(m->down_best * 45 / 100 / LIM_BLOCK, BUDGET_MIN);
	if (in_flight >= budget)
		return;
	conf.fetch_q95 = m->q95;
	conf.budget = (uint32_t)SP_MIN(budget - in_flight, MESH_CANDIDATES);
	conf.hedges =
	    (uint32_t)(m->st.requests / HEDGE_SHARE + HEDGES_FREE -
		       SP_MIN(m->st.hedges,
			   m->st.requests / HEDGE_SHARE + HEDGES_FREE));
	if (m->conf.without & MESH_WITHOUT_HEDGE)
		conf.hedges = 0;
	conf.one_over_x = m->conf.without & MESH_WITHOUT_ORDER;
	picked =
	    picker_pick(&conf, ps->blocks, n, ps->peers, &m->rng, ps->choices);
	/* what would come too late from who is free may be worth it soon */
	if (picked < n)
		*next = SP_MIN(*next, m->now + PICK_AGAIN);
	for (i = 0; i < picked; i++)
		request(m, &ps->choices[i], ps->wanted);
	*next = SP_MIN(*next, m->late_at);
}

/* What was not answered in time may be asked of others. */
void
mesh_time_out(struct mesh *m, sp_time *next)
{
	struct pw_block_ref ref;
	struct piece *pc;
	struct peer *p;
	unsigned i;
	uint32_t k;

	if (m->now < m->late_at) {
		*next = SP_MIN(*next, m->late_at);
		return;
	}
	m->late_at = SP_NEVER;
	MESH_SLOTS (m->asked, i) {
		p = m->peers[i];
		if (p->n_req == 0)
			m->asked &= ~MESH_BIT(i);
		for (k = 0; k < p->n_req;) {
			if (p->req[k].timeout_at > m->now) {
				m->late_at =
				    SP_MIN(m->late_at, p->req[k].timeout_at);
				k++;
				continue;
			}
			ref = p->req[k].ref;
			pc = mesh_find(m, ref.track, ref.number);
			if (pc != NULL && pc->pending[ref.index] > 0) {
				pc->pending[ref.index]--;
				pc->n_pending--;
			}
			pw_put_cancel(mesh_say(m, p), ref);
			peer_request_late(p, k, m->now);
			m->st.timeouts++;
		}
	}
	*next = SP_MIN(*next, m->late_at);
}

void
mesh_request_run(struct mesh *m, sp_time *next)
{
	struct pass *ps = mem_alloc(m->mem, sizeof(*ps));

	if (ps == NULL) {
		*next = SP_MIN(*next, m->now + 100 * SP_MS);
		return;
	}
	mesh_fetch_hangs(m, next);
	ps->n_wanted = wanted_all(m, ps->wanted, MESH_WANTED);
	run_picker(m, ps, next);
	mesh_rescue(m, ps->wanted, ps->n_wanted, next);
	mem_free(m->mem, ps);
}
