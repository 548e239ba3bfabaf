#include "swarm/fetchq.h"
#include "swarm/mesh_int.h"

#define GUARD_SHARE 2 /* of the playout delay, at most, is the guard time */

/* of slack, for what a neighbour has been asked for and may refuse */
#define PENDING_GRACE (500 * SP_MS)
#define KEPT_MIN      SP_S         /* so long who has said so is believed */
#define ASK_AGAIN     (50 * SP_MS) /* when no origin may be asked */

enum need {
	NEED_NOT,
	NEED_AHEAD, /* or now, at the guard time */
	NEED_DUTY,
};

/* Neighbours whose word is worth waiting for: who claims all and gives nothing
 * must not keep everybody from the origin. */
static uint64_t
credible(const struct mesh *m)
{
	uint64_t set = 0;
	unsigned i;

	MESH_SLOTS (m->open, i)
		if (peer_is_credible(m->peers[i]))
			set |= UINT64_C(1) << i;
	return set;
}

/* Nobody is waited for, but for what is on its way. */
static void
needs_all(const struct piece *pc, uint8_t *need)
{
	uint32_t i;

	for (i = 0; i < pc->blocks; i++)
		if (!piece_holds(pc, i) && !piece_fetches(pc, i) &&
		    pc->pending[i] == 0)
			need[i] = NEED_AHEAD;
}

/*
 * At the guard time it is fetched whatever others claim; what is on its way
 * from one of them at that of so many bytes.
 */
static void
needs_now(struct mesh *m, const struct wanted *w, uint8_t *need, sp_time *next)
{
	const struct piece *pc = w->pc;
	sp_time last = w->deadline - PENDING_GRACE -
		       mesh_fetch_guard(m, (uint64_t)pc->n_pending * LIM_BLOCK);
	uint32_t i;

	for (i = 0; i < pc->blocks; i++) {
		if (piece_holds(pc, i) || piece_fetches(pc, i))
			continue;
		if (pc->pending[i] == 0 || last <= m->now)
			need[i] = NEED_AHEAD;
		else
			*next = SP_MIN(*next, last);
	}
}

/* What stands for the ramp's |at| where it is left out. */
static sp_time
without(const struct mesh *m, const struct piece *pc, sp_time at, sp_time last)
{
	if (m->conf.without & MESH_WITHOUT_PLAN)
		return SP_MIN(last,
		    pc->avail_at +
			rescue_random(m->seed, pc->rec.track, pc->rec.number));
	return m->conf.without & MESH_WITHOUT_RAMP ? last : at;
}

/*
 * Whom those believe who have a duty, or back it up: who has delivered. That
 * one calls itself a seeder is only its word.
 */
static uint64_t
proven(const struct mesh *m, uint64_t believed)
{
	uint64_t set = 0;
	unsigned i;

	MESH_SLOTS (believed, i)
		if (m->peers[i]->blocks_ok > 0)
			set |= MESH_BIT(i);
	return set;
}

/*
 * Before, only what nobody is known to hold or expect: when it is our duty, or
 * when our own draw says so.
 */
static void
needs_early(struct mesh *m, const struct wanted *w, sp_time guard,
    uint64_t believed, uint8_t *need, sp_time *next)
{
	const struct piece *pc = w->pc;
	const struct holders *hs = &pc->holders;
	sp_time tau, shift, at, duty, last = w->deadline - guard, end;
	unsigned grain = tap_grain(&m->taps[0], m->now);
	uint64_t trusted, sure = proven(m, believed);
	uint32_t i;

	/* half of the time is the ramp's, or all would fetch at its end */
	end = SP_MIN(mesh_duty_end(m, pc),
	    pc->avail_at + SP_MAX(last - pc->avail_at, 0) / 2);
	tau = rescue_tau(last - end, SP_MAX(m->swarm_size, m->contacts.n));
	if (mesh_duty_is_on(m))
		tau = SP_MIN(tau, m->pace.tau);
	shift = rescue_shift(mesh_uplink(m), mesh_piece_bps(pc), tau);
	*next = SP_MIN(*next, last);
	for (i = 0; i < pc->blocks; i++) {
		if (piece_holds(pc, i) || piece_fetches(pc, i) ||
		    pc->pending[i] > 0)
			continue;
		duty = mesh_duty_at(m, pc, i);
		trusted = duty == SP_NEVER ? believed : sure;
		if (((holders_of(hs, i) | holders_expect(hs, i, m->now)) &
			trusted) != 0)
			continue;
		if (duty == SP_NEVER && mesh_push_expects(m, pc, i, next))
			continue;
		at = rescue_threshold(m->seed, pc->rec.track, pc->rec.number,
		    m->conf.without & MESH_WITHOUT_SMALL
			? 0
			: rescue_stripe_of(i, pc->blocks) >> grain,
		    guard, tau);
		at = SP_CLAMP(w->deadline - at - shift, end, last);
		if (m->conf.without != 0)
			at = without(m, pc, at, last);
		if (duty <= m->now)
			need[i] = NEED_DUTY;
		else if (at <= m->now)
			need[i] = NEED_AHEAD;
		else
			*next = SP_MIN(*next, SP_MIN(at, duty));
	}
}

/* Who said that blocks come to it, and they do not, was late with them. */
static void
mind_promises(struct mesh *m, struct piece *pc)
{
	sp_time patience;
	unsigned i;

	if (pc->holders.coming == 0)
		return;
	patience = (sp_time)quantile_get(&m->kept_us, 950000,
		       HAVEMAP_ARRIVING / SP_US) *
		   SP_US;
	patience = SP_CLAMP(patience, KEPT_MIN, HAVEMAP_ARRIVING);
	MESH_SLOTS (holders_broken(&pc->holders, patience, m->now) & m->open, i)
		m->peers[i]->timeouts++;
}

/* Ranges beyond what the origin's window takes wait for those before them. */
static sp_time
in_turn(const struct mesh *m, const struct piece *pc)
{
	uint32_t runs = 0, i;
	bool held = true, had;
	size_t most;

	for (i = 0; i < pc->blocks; i++) {
		had = held;
		held = piece_holds(pc, i) || piece_fetches(pc, i);
		runs += had && !held;
	}
	most = rescue_ranges(pc->blocks, true, tap_grain(&m->taps[0], m->now));
	runs = (uint32_t)SP_CLAMP(runs, 1, most);
	return (runs - 1) / SP_MAX(m->taps[0].window, 1) * mesh_fetch_ttfb(m);
}

/*
 * need[] of the blocks that are to be fetched now; *next is lowered to when
 * that may change. Returns why.
 */
static enum fetch_class
needs(struct mesh *m, const struct wanted *w, uint64_t believed, uint8_t *need,
    sp_time *next)
{
	struct piece *pc = w->pc;
	const struct playhead *ph = &m->play[pc->rec.track % LIM_TRACK_INIT];
	sp_time guard = in_turn(m, pc) +
			mesh_fetch_guard(m,
			    (uint64_t)(pc->blocks - pc->n_held) * LIM_BLOCK);

	/*
	 * Half of the time is the neighbours' all the same: who fetched all of
	 * everything at once would never learn that its origin is quick again,
	 * and who starts would fetch all that the others have.
	 */
	if (ph->fixed || m->contacts.n > 0)
		guard = SP_MIN(guard,
		    SP_MAX(w->deadline - SP_MAX(pc->avail_at, ph->on_at), 0) /
			GUARD_SHARE);
	if (m->conf.without & MESH_WITHOUT_PLAN)
		guard = SP_MAX(guard, 2 * (sp_time)pc->rec.duration_us * SP_US);
	memset(need, NEED_NOT, pc->blocks);
	mind_promises(m, pc);
	mesh_duty_listen(m, pc, believed);
	mesh_solo_middle(m, pc, w->deadline);
	if (w->deadline - m->now > guard && m->solo.on) {
		needs_all(pc, need);
		*next = SP_MIN(*next, w->deadline - guard);
		return FETCH_SOLO;
	}
	if (w->deadline - m->now > guard) {
		needs_early(m, w, guard, believed, need, next);
		return FETCH_AHEAD;
	}
	needs_now(m, w, need, next);
	return ph->fixed ? FETCH_RESCUE : FETCH_FIRST;
}

static void
ask(struct mesh *m, struct fetchq *q, const struct wanted *w, uint32_t ref,
    enum fetch_class class, const struct rescue_range *r)
{
	struct fetch_ask a = { ref, r->first, r->n, class, w->deadline };

	/* it is small, and without it no piece is of use: never too late */
	if (w->pc->rec.track >= LIM_TRACK_INIT && class == FETCH_RESCUE) {
		a.class = FETCH_FIRST;
		a.deadline = m->now;
	}
	fetchq_add(q, &a, mesh_fetch_eta(m, (uint64_t)r->n * LIM_BLOCK),
	    m->now);
}

/*
 * Ranges that would come too late are halved, as long as more may be asked; not
 * of the first piece, which is all that is asked for and has the line to
 * itself.
 */
static size_t
in_time(const struct mesh *m, const struct wanted *w,
    struct rescue_range r[RESCUE_RANGES], size_t n, size_t max)
{
	uint64_t most = mesh_fetch_within(m, w->deadline - m->now) / LIM_BLOCK;

	if (!m->play[w->pc->rec.track % LIM_TRACK_INIT].fixed ||
	    !mesh_fetch_is_cheap(m, w->pc))
		return n;
	return rescue_split(r, n, SP_MIN(max, m->taps[0].window),
	    (uint32_t)SP_CLAMP(most, RESCUE_RANGE_BLOCKS, LIM_PIECE_BLOCKS));
}

/* What a piece needs, cut into ranges: duties are never bridged. */
static void
ask_piece(struct mesh *m, struct fetchq *q, const struct wanted *w,
    uint32_t ref, uint64_t believed, sp_time *next)
{
	struct rescue_range r[DUTY_STRIPES];
	uint8_t need[LIM_PIECE_BLOCKS];
	enum fetch_class class = needs(m, w, believed, need, next);
	unsigned grain = tap_grain(&m->taps[0], m->now);
	size_t i, n, max;

	n = rescue_runs(need, NEED_DUTY, w->pc->blocks, r, DUTY_STRIPES);
	for (i = 0; i < n; i++)
		ask(m, q, w, ref, FETCH_DUTY, &r[i]);
	/* duties first: then it is known what is on its way */
	if (n > 0)
		return;
	max = rescue_ranges(w->pc->blocks, class != FETCH_AHEAD, grain);
	n = rescue_plan(need, w->pc->blocks, r, max);
	n = in_time(m, w, r, n, max);
	for (i = 0; i < n; i++)
		ask(m, q, w, ref, class, &r[i]);
}

/* Carries out what the origin may be asked for now. */
static void
grant(struct mesh *m, const struct fetch_ask *a, const struct wanted *w)
{
	struct rescue_range r = { a->first, a->n };
	struct piece *pc = w->pc;
	int origin;

	/* all of it came under way by an ask before this one */
	if (pc->n_held + pc->n_fetching >= pc->blocks)
		return;
	origin = mesh_fetch_choose(m, pc->tries);
	if (origin < 0)
		return;
	if (m->taps[origin].no_range && !pc->rec.has_range)
		r = (struct rescue_range){ 0, pc->blocks };
	if (!mesh_fetch_start(m, pc, (unsigned)origin, &r))
		return;
	/* another try is none more */
	if (a->class == FETCH_DUTY && m->taps[origin].hangs == 0)
		mesh_duty_count(m, pc, r.first, r.n);
	if (a->class == FETCH_RESCUE)
		mesh_solo_rescue(pc);
	m->st.rescues += a->class != FETCH_DUTY;
}

void
mesh_rescue(struct mesh *m, const struct wanted *v, size_t n, sp_time *next)
{
	uint64_t believed = credible(m);
	struct fetchq q;
	struct piece *pc;
	size_t i;

	if (m->n_origins == 0)
		return;
	for (i = 0; i < m->n_origins; i++)
		tap_age(&m->taps[i], m->now);
	fetchq_init(&q);
	for (i = 0; i < n; i++) {
		pc = v[i].pc;
		mesh_fetch_hurry(m, pc, v[i].deadline, next);
		if (pc->n_held + pc->n_fetching >= pc->blocks ||
		    pc->rec.uri_len == 0)
			continue;
		if (pc->retry_at > m->now)
			*next = SP_MIN(*next, pc->retry_at);
		else
			ask_piece(m, &q, &v[i], (uint32_t)i, believed, next);
	}
	for (i = 0; i < q.n; i++) {
		if (mesh_fetch_choose(m, v[q.v[i].ref].pc->tries) >= 0) {
			grant(m, &q.v[i], &v[q.v[i].ref]);
			continue;
		}
		*next = SP_MIN(*next, m->now + ASK_AGAIN);
		break;
	}
}
