#include "swarm/mesh_int.h"

#define REQUEST  300           /* bytes of one, and its connection's share */
#define TRY_BASE (300 * SP_MS) /* before a piece is asked for again */
#define TRY_MAX  (4 * SP_S)
/* a start waits this long more for blocks that neighbours are sending */
#define START_GRACE (500 * SP_MS)

int
mesh_origins(struct mesh *m, unsigned n, sp_time now)
{
	struct rescue_origin *v;
	unsigned i;

	m->now = now;
	n = SP_MIN(n, LIM_ORIGINS);
	if (n > m->n_origins) {
		v = mem_resize(m->mem, m->origins, n, sizeof(*v));
		if (v == NULL)
			return SP_ERR_NOMEM;
		m->origins = v;
		for (i = m->n_origins; i < n; i++)
			rescue_origin_init(&v[i]);
	}
	m->n_origins = n;
	mesh_dirty(m, 0);
	return 0;
}

static struct fetch *
find(struct mesh *m, uint32_t id)
{
	unsigned i;

	for (i = 0; i < MESH_FETCHES; i++)
		if (m->fetches[i].used && m->fetches[i].id == id)
			return &m->fetches[i];
	return NULL;
}

static void
mark(struct piece *pc, uint32_t i, bool on)
{
	uint64_t bit = UINT64_C(1) << (i % 64);

	if (on == ((pc->fetching[i / 64] & bit) != 0))
		return;
	pc->fetching[i / 64] ^= bit;
	pc->n_fetching += on ? 1 : UINT32_MAX;
}

/* What it has not brought is free for others. */
static void
release(struct mesh *m, struct fetch *f)
{
	struct piece *pc = mesh_find(m, f->track, f->number);
	uint32_t i;

	if (pc != NULL)
		for (i = f->first; i < f->first + f->n; i++)
			mark(pc, i, false);
	mem_free(m->mem, f->buf);
	memset(f, 0, sizeof(*f));
	m->n_fetches--;
	mesh_dirty(m, 0);
}

static void
cancel(struct mesh *m, struct fetch *f)
{
	struct mesh_act *a = mesh_act_push(m, MESH_UNFETCH);

	if (a != NULL)
		a->u.unfetch.fetch = f->id;
	release(m, f);
}

void
mesh_fetch_prune(struct mesh *m, const struct piece *pc)
{
	struct fetch *f;
	unsigned i;

	for (i = 0; i < MESH_FETCHES; i++) {
		f = &m->fetches[i];
		/* the one that brought the last block ends by itself */
		if (f->used && f->track == pc->rec.track &&
		    f->number == pc->rec.number && f->id != m->fetch_now)
			cancel(m, f);
	}
}

void
mesh_fetch_forget(struct mesh *m, uint8_t track, uint64_t number)
{
	struct fetch *f;
	unsigned i;

	for (i = 0; i < MESH_FETCHES; i++) {
		f = &m->fetches[i];
		if (f->used && f->track == track && f->number < number)
			cancel(m, f);
	}
}

void
mesh_fetch_fini(struct mesh *m)
{
	unsigned i;

	for (i = 0; i < MESH_FETCHES; i++)
		if (m->fetches[i].used)
			release(m, &m->fetches[i]);
}

bool
mesh_fetch_hangs(const struct mesh *m, const struct piece *pc, sp_time *next)
{
	const struct fetch *f;
	bool hangs = false;
	sp_time at;
	unsigned i;

	for (i = 0; pc->n_fetching > 0 && i < MESH_FETCHES; i++) {
		f = &m->fetches[i];
		if (!f->used || f->head || f->track != pc->rec.track ||
		    f->number != pc->rec.number)
			continue;
		at = f->started + RESCUE_MARGIN + RESCUE_TTFB;
		if (f->origin < m->n_origins)
			at = SP_MAX(at, f->started + RESCUE_MARGIN +
					    m->origins[f->origin].ttfb_worst);
		hangs |= at <= m->now;
		if (at > m->now)
			*next = SP_MIN(*next, at);
	}
	return hangs;
}

/* ---- choosing ---- */

/* The first origin that is not resting, beginning with the |tries|-th. */
static int
choose(const struct mesh *m, uint32_t tries)
{
	unsigned i, k;

	for (i = 0; i < m->n_origins; i++) {
		k = (tries + i) % m->n_origins;
		if (m->origins[k].down_until <= m->now)
			return (int)k;
	}
	return -1;
}

sp_time
mesh_fetch_guard(const struct mesh *m, uint64_t bytes)
{
	int i = m->n_origins == 0 ? -1 : choose(m, 0);
	struct rescue_origin *o;

	if (m->n_origins == 0)
		return RESCUE_MARGIN;
	o = &m->origins[i < 0 ? 0 : i];
	return rescue_guard(o, bytes);
}

static void
start(struct mesh *m, struct piece *pc, unsigned origin,
    const struct rescue_range *r)
{
	struct mesh_act *a;
	struct fetch *f;
	struct news *n;
	uint32_t i, k;

	for (k = 0; k < MESH_FETCHES && m->fetches[k].used; k++)
		;
	f = &m->fetches[k];
	f->buf = mem_alloc(m->mem, LIM_BLOCK);
	a = f->buf == NULL ? NULL : mesh_act_push(m, MESH_FETCH);
	if (a == NULL) {
		mem_free(m->mem, f->buf);
		f->buf = NULL;
		return;
	}
	f->used = true;
	f->id = ++m->next_id;
	f->track = pc->rec.track;
	f->number = pc->rec.number;
	f->first = f->at = r->first;
	f->n = r->n;
	f->origin = origin;
	f->started = m->now;
	m->n_fetches++;
	m->st.fetches++;
	ratelim_charge(&m->up_limit, wirecost_sent(REQUEST), m->now);
	a->u.fetch.fetch = f->id;
	a->u.fetch.origin = origin;
	a->u.fetch.track = f->track;
	a->u.fetch.number = f->number;
	a->u.fetch.rec = &pc->rec;
	a->u.fetch.at = pc->rec.offset + (uint64_t)r->first * LIM_BLOCK;
	a->u.fetch.len = SP_MIN((uint64_t)r->n * LIM_BLOCK,
	    pc->rec.length - (uint64_t)r->first * LIM_BLOCK);
	a->u.fetch.whole = !pc->rec.has_range && r->n == pc->blocks;
	/* it cannot be played without */
	if (pc->rec.init != RECORD_NO_INIT)
		mesh_want(m, (uint8_t)(f->track + LIM_TRACK_INIT), pc->rec.init,
		    m->now);
	mesh_duty_count(m, pc, r->first, r->n);
	n = m->conf.no_upload ? NULL : mesh_news(m, f->track, f->number, 0);
	for (i = r->first; i < r->first + r->n; i++) {
		if (piece_holds(pc, i))
			continue;
		mark(pc, i, true);
		if (n != NULL)
			n->arriving[i / 64] |= UINT64_C(1) << (i % 64);
	}
}

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

static uint64_t
piece_bps(const struct piece *pc)
{
	return (uint64_t)pc->rec.length * 1000000 /
	       SP_MAX(pc->rec.duration_us, 1);
}

/* At the guard time it is fetched whatever others claim. */
static void
needs_now(struct mesh *m, const struct wanted *w, sp_time guard, uint8_t *need,
    sp_time *next)
{
	const struct piece *pc = w->pc;
	sp_time slack = w->deadline - m->now;
	uint32_t i;

	for (i = 0; i < pc->blocks; i++) {
		if (piece_holds(pc, i) || piece_fetches(pc, i))
			continue;
		/* before the first piece nothing can stall yet */
		need[i] = pc->pending[i] == 0 ||
			  m->play[pc->rec.track % LIM_TRACK_INIT].fixed ||
			  slack <= guard - START_GRACE;
		if (!need[i])
			*next =
			    SP_MIN(*next, w->deadline - guard + START_GRACE);
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
 * Before, only what nobody is known to hold or expect: when it is our duty, or
 * when our own draw says so.
 */
static void
needs_early(struct mesh *m, const struct wanted *w, sp_time guard,
    uint64_t believed, uint8_t *need, sp_time *next)
{
	const struct piece *pc = w->pc;
	const struct holders *hs = &pc->holders;
	sp_time tau, shift, at, last = w->deadline - guard, end;
	uint32_t i;

	/* half of the time is the ramp's, or all would fetch at its end */
	end = SP_MIN(mesh_duty_end(m, pc),
	    pc->avail_at + SP_MAX(last - pc->avail_at, 0) / 2);
	tau = rescue_tau(last - end, SP_MAX(m->swarm_size, m->contacts.n));
	if (mesh_duty_is_on(m))
		tau = SP_MIN(tau, RESCUE_TAU);
	shift = rescue_shift(mesh_uplink(m), piece_bps(pc), tau);
	*next = SP_MIN(*next, last);
	for (i = 0; i < pc->blocks; i++) {
		if (piece_holds(pc, i) || piece_fetches(pc, i) ||
		    pc->pending[i] > 0 ||
		    ((holders_of(hs, i) | holders_expect(hs, i, m->now)) &
			believed) != 0)
			continue;
		at = rescue_threshold(m->seed, pc->rec.track, pc->rec.number,
		    m->conf.without & MESH_WITHOUT_SMALL
			? 0
			: rescue_stripe_of(i, pc->blocks),
		    guard, tau);
		at = SP_CLAMP(w->deadline - at - shift, end, last);
		if (m->conf.without != 0)
			at = without(m, pc, at, last);
		at = SP_MIN(at, mesh_duty_at(m, pc, i));
		if (at <= m->now)
			need[i] = 1;
		else
			*next = SP_MIN(*next, at);
	}
}

/*
 * need[] of the blocks that are to be fetched now; *next is lowered to when
 * that may change.
 */
static void
needs(struct mesh *m, const struct wanted *w, uint64_t believed, uint8_t *need,
    sp_time *next)
{
	struct piece *pc = w->pc;
	sp_time guard = mesh_fetch_guard(m,
	    (uint64_t)(pc->blocks - pc->n_held) * LIM_BLOCK);

	if (m->conf.without & MESH_WITHOUT_PLAN)
		guard = SP_MAX(guard, 2 * (sp_time)pc->rec.duration_us * SP_US);
	memset(need, 0, pc->blocks);
	mesh_duty_listen(m, pc, believed);
	if (w->deadline - m->now <= guard)
		needs_now(m, w, guard, need, next);
	else
		needs_early(m, w, guard, believed, need, next);
}

void
mesh_rescue(struct mesh *m, const struct wanted *v, size_t n, sp_time *next)
{
	struct rescue_range r[RESCUE_RANGES];
	uint8_t need[LIM_PIECE_BLOCKS];
	struct piece *pc;
	size_t i, k, ranges;
	uint64_t believed;
	int origin;

	if (m->n_origins == 0)
		return;
	believed = credible(m);
	for (i = 0; i < n; i++) {
		pc = v[i].pc;
		if (pc->n_held + pc->n_fetching >= pc->blocks ||
		    pc->rec.uri_len == 0)
			continue;
		if (pc->retry_at > m->now) {
			*next = SP_MIN(*next, pc->retry_at);
			continue;
		}
		origin = choose(m, pc->tries);
		if (origin < 0 || m->n_fetches >= m->conf.fetches_max) {
			*next = SP_MIN(*next, m->now + 50 * SP_MS);
			return;
		}
		needs(m, &v[i], believed, need, next);
		ranges = rescue_plan(need, pc->blocks, r);
		if (ranges > 0 && m->origins[origin].no_range &&
		    !pc->rec.has_range) {
			r[0] = (struct rescue_range){ 0, pc->blocks };
			ranges = 1;
		}
		m->st.rescues += ranges > 0;
		for (k = 0; k < ranges && m->n_fetches < m->conf.fetches_max;
		     k++)
			start(m, pc, (unsigned)origin, &r[k]);
	}
}

/* ---- transfers ---- */

/*
 * The origin sends the whole resource, whatever was asked for: then this
 * transfer brings the whole piece, others for it end, and from now on whole
 * pieces are asked for.
 */
static void
take_whole(struct mesh *m, struct fetch *f, struct piece *pc)
{
	unsigned k;
	uint32_t i;

	m->origins[f->origin].no_range = true;
	for (k = 0; k < MESH_FETCHES; k++)
		if (m->fetches[k].used && &m->fetches[k] != f &&
		    m->fetches[k].track == f->track &&
		    m->fetches[k].number == f->number)
			cancel(m, &m->fetches[k]);
	f->first = f->at = 0;
	f->n = pc->blocks;
	for (i = 0; i < pc->blocks; i++)
		if (!piece_holds(pc, i))
			mark(pc, i, true);
}

int
mesh_fetch_head(struct mesh *m, uint32_t fetch, uint64_t at, uint64_t total,
    sp_time now)
{
	struct fetch *f = find(m, fetch);
	struct piece *pc;
	uint64_t want;

	m->now = now;
	if (f == NULL)
		return SP_ERR_NOTFOUND;
	pc = mesh_find(m, f->track, f->number);
	if (pc == NULL)
		return SP_ERR_NOTFOUND;
	want = pc->rec.offset + (uint64_t)f->first * LIM_BLOCK;
	/* an origin without Range is read past what goes before, but not a film
	 */
	if (at > want || want - at > LIM_PIECE_BYTES)
		return SP_ERR_RANGE;
	/* a resource that is not what was signed need not be read */
	if (total != 0 && !pc->rec.has_range && total != pc->rec.length) {
		log_msg(m->conf.log, LOG_LEVEL_WARN,
		    "origin: wrong length track=%u piece=%llu has=%llu "
		    "record=%u",
		    pc->rec.track, (unsigned long long)pc->rec.number,
		    (unsigned long long)total, pc->rec.length);
		return SP_ERR_RANGE;
	}
	if (at < want && !pc->rec.has_range && f->origin < m->n_origins) {
		take_whole(m, f, pc);
		want = 0;
	}
	f->head = true;
	f->first_byte = now;
	f->skip = want - at;
	return 0;
}

/* A whole block of the transfer is in f->buf. */
static void
gathered(struct mesh *m, struct fetch *f, struct piece *pc)
{
	uint32_t index = f->at, len = f->fill;
	int rv;

	f->at++;
	f->fill = 0;
	mark(pc, index, false);
	m->fetch_now = f->id;
	rv = mesh_block(m, pc, index, f->buf, len, -1);
	m->fetch_now = 0;
	if (rv != SP_ERR_HASH)
		return;
	f->bad++;
	log_msg(m->conf.log, LOG_LEVEL_WARN,
	    "origin: wrong bytes track=%u piece=%llu block=%u", pc->rec.track,
	    (unsigned long long)pc->rec.number, index);
}

int
mesh_fetch_data(struct mesh *m, uint32_t fetch, const uint8_t *p, size_t len,
    sp_time now)
{
	struct fetch *f = find(m, fetch);
	struct piece *pc;
	uint32_t need;
	size_t n;

	m->now = now;
	ratelim_charge(&m->up_limit, wirecost_acks(len), now);
	if (f == NULL)
		return SP_ERR_NOTFOUND;
	pc = mesh_find(m, f->track, f->number);
	if (pc == NULL || !f->head)
		return SP_ERR_CLOSED;
	f->bytes += len;
	n = (size_t)SP_MIN(f->skip, len);
	f->skip -= n;
	m->st.origin_waste_bytes += n;
	for (p += n, len -= n; len > 0; p += n, len -= n) {
		if (f->at >= f->first + f->n) {
			m->st.origin_waste_bytes += len;
			return SP_ERR_CLOSED;
		}
		need = record_block_len(&pc->rec, f->at);
		n = SP_MIN(need - f->fill, len);
		memcpy(f->buf + f->fill, p, n);
		f->fill += (uint32_t)n;
		if (f->fill == need)
			gathered(m, f, pc);
	}
	return f->at >= f->first + f->n ? SP_ERR_CLOSED : 0;
}

/* When the piece may be asked for again, and whether the origin rests. */
static void
failed(struct mesh *m, struct fetch *f, struct piece *pc,
    enum mesh_fetch result, unsigned status, uint32_t retry_after_ms)
{
	bool whole_origin = result == MESH_FETCH_NET || status == 429 ||
			    (status >= 500 && status <= 599);

	m->st.fetch_errors++;
	if (f->origin < m->n_origins && whole_origin)
		rescue_origin_failed(&m->origins[f->origin],
		    retry_after_ms * SP_MS, m->now);
	if (pc == NULL)
		return;
	pc->tries = (uint8_t)SP_MIN(pc->tries + 1, 200);
	/* with another origin to turn to there is nothing to wait for */
	if (m->n_origins > pc->tries)
		return;
	pc->retry_at =
	    m->now + SP_MIN(TRY_BASE << SP_MIN(pc->tries, 5), TRY_MAX);
}

int
mesh_fetch_done(struct mesh *m, uint32_t fetch, enum mesh_fetch result,
    unsigned status, uint32_t retry_after_ms, sp_time now)
{
	struct fetch *f = find(m, fetch);
	struct piece *pc;
	bool whole;

	m->now = now;
	if (f == NULL)
		return SP_ERR_NOTFOUND;
	pc = mesh_find(m, f->track, f->number);
	whole = f->at >= f->first + f->n;
	if (f->fill > 0)
		m->st.origin_waste_bytes += f->fill;
	if (result == MESH_FETCH_OK && f->head && f->origin < m->n_origins)
		rescue_origin_ok(&m->origins[f->origin],
		    f->first_byte - f->started, f->bytes, now - f->first_byte);
	if (result != MESH_FETCH_OK || f->bad > 0 || !whole)
		failed(m, f, pc, result, status, retry_after_ms);
	release(m, f);
	return 0;
}
