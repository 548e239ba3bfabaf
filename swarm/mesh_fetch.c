#include "swarm/mesh_int.h"

#define REQUEST  300           /* bytes of one, and its connection's share */
#define TRY_BASE (300 * SP_MS) /* before a piece is asked for again */
#define TRY_MAX  (4 * SP_S)

#define THIN_SHARE 3 /* of the stream's rate is an uplink that is thin */
#define SLOW_AFTER (200 * SP_MS) /* it is known how fast a transfer is */

int
mesh_origins(struct mesh *m, unsigned n, sp_time now)
{
	struct tap *v;
	unsigned i;

	m->now = now;
	n = SP_MIN(n, LIM_ORIGINS);
	/* none goes: a transfer of an origin that is no more has its own */
	if (n > m->n_taps) {
		v = mem_resize(m->mem, m->taps, n, sizeof(*v));
		if (v == NULL)
			return SP_ERR_NOMEM;
		m->taps = v;
		for (i = m->n_taps; i < n; i++)
			tap_init(&v[i], m->conf.fetches_max);
		m->n_taps = n;
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

static void
mark_all(struct mesh *m, const struct fetch *f, bool on)
{
	struct piece *pc = mesh_find(m, f->track, f->number);
	uint32_t i;

	if (pc == NULL)
		return;
	for (i = f->first; i < f->first + f->n; i++)
		mark(pc, i, on && !piece_holds(pc, i));
}

/* Counted twice, a piece would seem to be under way of which a part is not. */
void
mesh_fetch_held(struct piece *pc, uint32_t index)
{
	mark(pc, index, false);
}

/* What it has not brought is free for others. */
static void
release(struct mesh *m, struct fetch *f)
{
	if (!f->hung) {
		mark_all(m, f, false);
		tap_end(&m->taps[f->origin]);
	}
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

void
mesh_fetch_hangs(struct mesh *m, sp_time *next)
{
	struct fetch *f;
	struct tap *t;
	sp_time at;
	unsigned i;

	for (i = 0; m->n_fetches > 0 && i < MESH_FETCHES; i++) {
		f = &m->fetches[i];
		if (!f->used || f->head || f->hung)
			continue;
		t = &m->taps[f->origin];
		at = f->started + tap_patience(t);
		if (at > m->now) {
			*next = SP_MIN(*next, at);
			continue;
		}
		tap_hangs(t, f->started, m->now);
		mark_all(m, f, false);
		f->hung = true;
	}
}

/* Bytes per ms since they began to come; 0: it is too early to tell. */
static uint64_t
speed(const struct mesh *m, const struct fetch *f)
{
	sp_time since = m->now - f->data_at;

	return !f->data || since < SLOW_AFTER
		   ? 0
		   : f->bytes / (uint64_t)(since / SP_MS);
}

/*
 * Each transfer costs a thin line its request and the packets that open it, in
 * the queue in which all others' wait too.
 */
bool
mesh_fetch_is_cheap(const struct mesh *m, const struct piece *pc)
{
	return mesh_uplink(m) >= mesh_piece_bps(pc) / THIN_SHARE;
}

/*
 * The second half of what a transfer will not have brought by |deadline| is
 * left to another one.
 */
static void
halve(struct mesh *m, struct fetch *f, struct piece *pc, sp_time deadline)
{
	uint64_t rate = speed(m, f);
	uint32_t end = f->first + f->n, i;
	sp_time left;

	if (rate == 0 || f->at + 2 > end)
		return;
	left = (sp_time)((uint64_t)(end - f->at) * LIM_BLOCK / rate) * SP_MS;
	if (m->now + left <= deadline ||
	    left / 2 < m->taps[f->origin].ttfb_worst)
		return;
	f->n = f->at + (end - f->at + 1) / 2 - f->first;
	for (i = f->first + f->n; i < end; i++)
		mark(pc, i, false);
}

void
mesh_fetch_hurry(struct mesh *m, struct piece *pc, sp_time deadline,
    sp_time *next)
{
	sp_time soon = deadline - mesh_fetch_guard(m, pc->rec.length);
	struct fetch *f;
	unsigned i;

	if (pc->n_fetching == 0 || !mesh_fetch_is_cheap(m, pc) ||
	    mesh_fetch_choose(m, pc->tries) < 0)
		return;
	for (i = 0; i < MESH_FETCHES; i++) {
		f = &m->fetches[i];
		if (!f->used || f->hung || f->track != pc->rec.track ||
		    f->number != pc->rec.number || m->taps[f->origin].no_range)
			continue;
		halve(m, f, pc, deadline);
		*next = SP_MIN(*next, SP_MAX(m->now + SLOW_AFTER, soon));
	}
}

/* ---- choosing ---- */

/* Of the transfers that hang, the first to make room; -1: there is none. */
static int
oldest_hung(const struct mesh *m)
{
	int best = -1, i;

	for (i = 0; i < MESH_FETCHES; i++)
		if (m->fetches[i].used && m->fetches[i].hung &&
		    (best < 0 ||
			m->fetches[i].started < m->fetches[best].started))
			best = i;
	return best;
}

int
mesh_fetch_choose(const struct mesh *m, uint32_t tries)
{
	unsigned i, k;

	if (m->n_fetches >= m->conf.fetches_max && oldest_hung(m) < 0)
		return -1;
	for (i = 0; i < m->n_origins; i++) {
		k = (tries + i) % m->n_origins;
		if (tap_may(&m->taps[k], m->now))
			return (int)k;
	}
	return -1;
}

/* The one that is asked first: what it is known for is what is reckoned with */
static const struct tap *
first_tap(const struct mesh *m)
{
	unsigned i;

	for (i = 0; i < m->n_origins; i++)
		if (m->taps[i].down_until <= m->now)
			return &m->taps[i];
	return m->n_origins == 0 ? NULL : &m->taps[0];
}

sp_time
mesh_fetch_guard(const struct mesh *m, uint64_t bytes)
{
	const struct tap *t = first_tap(m);

	return t == NULL ? TAP_MARGIN : tap_guard(t, bytes);
}

sp_time
mesh_fetch_ttfb(const struct mesh *m)
{
	const struct tap *t = first_tap(m);

	return t == NULL ? 0 : t->ttfb_worst;
}

uint64_t
mesh_fetch_within(const struct mesh *m, sp_time left)
{
	const struct tap *t = first_tap(m);

	return t == NULL ? 0 : tap_within(t, left);
}

sp_time
mesh_fetch_eta(const struct mesh *m, uint64_t bytes)
{
	const struct tap *t = first_tap(m);

	return t == NULL ? SP_NEVER : tap_eta(t, bytes);
}

bool
mesh_fetch_start(struct mesh *m, struct piece *pc, unsigned origin,
    const struct rescue_range *r)
{
	struct mesh_act *a;
	struct fetch *f;
	struct news *n;
	uint32_t i, k;

	if (m->n_fetches >= m->conf.fetches_max)
		cancel(m, &m->fetches[oldest_hung(m)]);
	for (k = 0; k < MESH_FETCHES && m->fetches[k].used; k++)
		;
	f = &m->fetches[k];
	f->buf = mem_alloc(m->mem, LIM_BLOCK);
	a = f->buf == NULL ? NULL : mesh_act_push(m, MESH_FETCH);
	if (a == NULL) {
		mem_free(m->mem, f->buf);
		f->buf = NULL;
		return false;
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
	tap_begin(&m->taps[origin]);
	mesh_dirty(m, tap_patience(&m->taps[origin]));
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
	/* nobody should wait for what may not come */
	n = !mesh_serves(m) || m->taps[origin].hangs > 0
		? NULL
		: mesh_news(m, f->track, f->number, 0);
	for (i = r->first; i < r->first + r->n; i++) {
		if (piece_holds(pc, i))
			continue;
		mark(pc, i, true);
		if (n != NULL)
			n->arriving[i / 64] |= UINT64_C(1) << (i % 64);
	}
	return true;
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

	m->taps[f->origin].no_range = true;
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

/* What was tried beside it while it hung is not needed any more. */
static void
answered(struct mesh *m, struct fetch *f)
{
	struct fetch *g;
	unsigned k;

	tap_answers(&m->taps[f->origin]);
	if (f->hung) {
		f->hung = false;
		tap_back(&m->taps[f->origin]);
	}
	for (k = 0; k < MESH_FETCHES; k++) {
		g = &m->fetches[k];
		if (g->used && g != f && !g->head && g->track == f->track &&
		    g->number == f->number && g->first >= f->first &&
		    g->first + g->n <= f->first + f->n)
			cancel(m, g);
	}
	mark_all(m, f, true);
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
	if (at < want && !pc->rec.has_range) {
		take_whole(m, f, pc);
		want = 0;
	}
	f->head = true;
	f->first_byte = now;
	answered(m, f);
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
	if (f->data)
		f->bytes += len;
	else
		f->data_at = now;
	f->data = true;
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
	return 0;
}

/* When the piece may be asked for again, and whether the origin rests. */
static void
failed(struct mesh *m, struct fetch *f, struct piece *pc,
    enum mesh_fetch result, unsigned status, uint32_t retry_after_ms)
{
	bool whole_origin = result == MESH_FETCH_NET || status == 429 ||
			    (status >= 500 && status <= 599);

	m->st.fetch_errors++;
	/* that it hangs is known of one that did */
	if (whole_origin && (!f->hung || retry_after_ms > 0))
		tap_failed(&m->taps[f->origin], status == 429 || status == 503,
		    retry_after_ms * SP_MS, f->started, m->now);
	if (pc == NULL)
		return;
	pc->tries = (uint8_t)SP_MIN(pc->tries + 1, 200);
	/* it is the origin that rests; or there is another one to turn to */
	if (whole_origin || m->n_origins > pc->tries)
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
	struct tap *t;
	bool whole;

	m->now = now;
	if (f == NULL)
		return SP_ERR_NOTFOUND;
	t = &m->taps[f->origin];
	pc = mesh_find(m, f->track, f->number);
	whole = f->at >= f->first + f->n;
	if (f->fill > 0)
		m->st.origin_waste_bytes += f->fill;
	if (result == MESH_FETCH_OK && f->head) {
		tap_ok(t, f->started, f->first_byte, now);
		if (f->data)
			tap_flow(t, f->bytes, now - f->data_at, now);
	}
	if (result != MESH_FETCH_OK || f->bad > 0 || !whole)
		failed(m, f, pc, result, status, retry_after_ms);
	release(m, f);
	return 0;
}
