#include "swarm/mesh_int.h"

#define WANT_RUN   LIM_RECORD_WANT
#define WANT_QUEUE (256 * 1024) /* bytes that may wait for a neighbour */
#define WANT_REPLY (96 * 1024)  /* bytes of records that one want may bring */

/* ---- telling ---- */

/* False: there are as many as there may be, or no memory for more. */
static bool
more_news(struct mesh *m)
{
	unsigned cap = SP_MIN(2 * m->cap_news, MESH_NEWS);
	struct news *v;

	if (cap == m->cap_news)
		return false;
	v = mem_resize(m->mem, m->news, cap, sizeof(*v));
	if (v == NULL)
		return false;
	m->news = v;
	m->cap_news = cap;
	return true;
}

struct news *
mesh_news(struct mesh *m, uint8_t track, uint64_t number, sp_time delay)
{
	struct news *n;
	unsigned i;

	m->news_at = SP_MIN(m->news_at,
	    SP_MAX(m->now + delay, m->news_last + 5 * SP_MS));
	for (i = 0; i < m->n_news; i++)
		if (m->news[i].number == number && m->news[i].track == track)
			return &m->news[i];
	if (m->n_news == m->cap_news && !more_news(m))
		mesh_news_flush(m);
	n = &m->news[m->n_news++];
	memset(n, 0, sizeof(*n));
	n->track = track;
	n->number = number;
	return n;
}

/* Bits of |w| as the wire has them, without leading and trailing zeros. */
static bool
bits_group(struct pw_have_group *g, uint8_t out[LIM_PIECE_BLOCKS / 8],
    const uint64_t *w, uint32_t blocks)
{
	uint32_t i, lo = UINT32_MAX, hi = 0;

	memset(out, 0, (blocks + 7) / 8);
	for (i = 0; i < blocks; i++) {
		if (!(w[i / 64] >> (i % 64) & 1))
			continue;
		out[i / 8] |= (uint8_t)(0x80 >> i % 8);
		lo = SP_MIN(lo, i / 8);
		hi = i / 8;
	}
	if (lo == UINT32_MAX)
		return false;
	g->first = (uint16_t)(lo * 8);
	g->n_bytes = (uint8_t)(hi - lo + 1);
	g->bits = out + lo;
	return true;
}

/* An open have message of one neighbour: tracks change, groups add up. */
struct teller {
	struct sp_buf *b;
	struct pw_open open;
	uint8_t track;
	bool begun;
};

static void
tell(struct teller *t, uint8_t track, uint64_t base, struct pw_have_group *g)
{
	if (t->begun && (t->track != track || g->number < t->open.base ||
			    !pw_have_add(&t->open, t->b, g))) {
		pw_end(&t->open, t->b);
		t->begun = false;
	} else if (t->begun) {
		return;
	}
	pw_have_begin(&t->open, t->b, track, base);
	t->track = track;
	t->begun = true;
	pw_have_add(&t->open, t->b, g);
}

/* Of blocks 64 * i ... in |set|, those that the neighbour does not hold. */
static uint64_t
lacking(const struct holders *hs, unsigned slot, uint32_t i, uint64_t set)
{
	uint64_t rest, bit;

	for (rest = set; rest != 0; rest &= rest - 1) {
		bit = rest & -rest;
		if (hs->held[64 * i + (uint32_t)__builtin_ctzll(rest)] >> slot &
		    1)
			set &= ~bit;
	}
	return set;
}

/* Only what the neighbour lacks is news to it. */
static void
tell_piece(struct teller *t, unsigned slot, const struct news *n,
    const struct piece *pc)
{
	const struct holders *hs = &pc->holders;
	uint8_t bits[LIM_PIECE_BLOCKS / 8];
	uint64_t w[LIM_PIECE_BLOCKS / 64];
	struct pw_have_group g = { .number = n->number };
	uint32_t i, words = (pc->blocks + 63) / 64;

	if (hs->all >> slot & 1)
		return;
	if (n->all) {
		g.kind = PW_HAVE_ALL;
		tell(t, n->track, n->number, &g);
		return;
	}
	if (n->known && !(hs->told >> slot & 1)) {
		g.kind = PW_HAVE_KNOWN;
		tell(t, n->track, n->number, &g);
	}
	for (i = 0; i < words; i++)
		w[i] = lacking(hs, slot, i, n->held[i]);
	g.kind = PW_HAVE_BLOCKS;
	if (bits_group(&g, bits, w, pc->blocks))
		tell(t, n->track, n->number, &g);
	for (i = 0; i < words; i++)
		w[i] = lacking(hs, slot, i, n->arriving[i] & ~pc->held[i]);
	g.kind = PW_HAVE_ARRIVING;
	if (bits_group(&g, bits, w, pc->blocks))
		tell(t, n->track, n->number, &g);
}

void
mesh_news_flush(struct mesh *m)
{
	struct teller t;
	const struct piece *pc;
	unsigned i, k;

	MESH_SLOTS (m->open, i) {
		t = (struct teller){ .b = &m->peers[i]->plain };
		for (k = 0; k < m->n_news; k++) {
			pc = mesh_find(m, m->news[k].track, m->news[k].number);
			if (pc != NULL)
				tell_piece(&t, i, &m->news[k], pc);
		}
		if (t.begun)
			pw_end(&t.open, mesh_say(m, m->peers[i]));
	}
	m->n_news = 0;
}

static void
snapshot_track(struct mesh *m, struct teller *t, uint8_t track)
{
	const struct window_track *w = window_track(&m->window, track);
	struct pw_have_group g;
	uint8_t bits[LIM_PIECE_BLOCKS / 8];
	const struct piece *pc;
	uint64_t n;

	for (n = w->first; n < w->edge; n++) {
		pc = mesh_find(m, track, n);
		if (pc == NULL)
			continue;
		g = (struct pw_have_group){ .number = n };
		if (!mesh_may_share(m, pc) || pc->n_held == 0)
			g.kind = PW_HAVE_KNOWN;
		else if (piece_is_complete(pc))
			g.kind = PW_HAVE_ALL;
		else
			g.kind = PW_HAVE_BLOCKS;
		if (g.kind == PW_HAVE_BLOCKS)
			bits_group(&g, bits, pc->held, pc->blocks);
		tell(t, track, n, &g);
	}
}

void
mesh_have_snapshot(struct mesh *m, struct peer *p)
{
	struct teller t = { .b = mesh_say(m, p) };
	uint8_t i;

	for (i = 0; i < LIM_TRACKS; i++) {
		snapshot_track(m, &t, (uint8_t)(i + LIM_TRACK_INIT));
		snapshot_track(m, &t, i);
	}
	if (t.begun)
		pw_end(&t.open, t.b);
}

/* ---- learning ---- */

void
mesh_have_early(struct mesh *m, struct piece *pc)
{
	uint8_t track = pc->rec.track;
	struct havemap *h;
	unsigned i;

	MESH_SLOTS (m->open, i) {
		h = &m->peers[i]->have;
		holders_take(&pc->holders, i,
		    havemap_row(h, track, pc->rec.number));
		havemap_forget(h, track, pc->rec.number);
	}
}

void
mesh_have_forget(struct mesh *m, unsigned slot)
{
	const struct window_track *w;
	struct piece *pc;
	uint64_t n;
	unsigned i;

	for (i = 0; i < 2 * LIM_TRACKS; i++) {
		w = i < LIM_TRACKS ? &m->window.tracks[i]
				   : &m->window.inits[i - LIM_TRACKS];
		for (n = w->first; n < w->edge; n++) {
			pc = w->ring[n & (w->cap - 1)];
			if (pc != NULL)
				holders_forget(&pc->holders, slot);
		}
	}
}

/* Told of a piece that we have. */
static void
note_group(struct mesh *m, struct piece *pc, unsigned slot,
    const struct pw_have_group *g)
{
	struct holders *hs = &pc->holders;
	sp_time told = holders_told(hs, slot, m->now);

	if (told >= 0 && (g->kind == PW_HAVE_ALL || g->kind == PW_HAVE_BLOCKS))
		quantile_add(&m->kept_us, (uint64_t)told / SP_US);
	if (g->kind == PW_HAVE_ALL)
		holders_all(hs, slot);
	else if (g->kind == PW_HAVE_GONE)
		holders_gone(hs, slot);
	else
		holders_add(hs, slot, g->first, g->bits, g->n_bytes,
		    g->kind == PW_HAVE_ARRIVING, m->now);
}

/* How many neighbours have the block that is watched. */
unsigned
mesh_have_probe(const struct mesh *m, const struct piece *pc)
{
	if (pc->blocks == 0)
		return 0;
	return (unsigned)__builtin_popcountll(
	    holders_of(&pc->holders, piece_probe(pc)) & m->open);
}

static void
watch_probe(const struct mesh *m, struct piece *pc)
{
	unsigned n;

	if (pc->heard_at != SP_NEVER || (n = mesh_have_probe(m, pc)) == 0)
		return;
	pc->heard_at = m->now;
	pc->heard_n = (uint8_t)n;
}

/* Told of one whose record is not here yet. */
static void
note_early(const struct mesh *m, struct havemap *h, uint8_t track,
    const struct pw_have_group *g)
{
	if (g->kind == PW_HAVE_ALL)
		havemap_all(h, track, g->number);
	else if (g->kind == PW_HAVE_GONE)
		havemap_gone(h, track, g->number);
	else
		havemap_add(h, track, g->number, g->first, g->bits, g->n_bytes,
		    g->kind == PW_HAVE_ARRIVING, m->now);
}

/* Whether a piece that we have no record of could still be of use. */
static bool
is_news(const struct mesh *m, uint8_t track, uint64_t number)
{
	const struct window_track *w = window_track_const(&m->window, track);

	if (mesh_find(m, track, number) != NULL)
		return false;
	return !w->used || w->edge <= LIM_WINDOW_PIECES ||
	       number >= w->edge - LIM_WINDOW_PIECES;
}

/*
 * A full map of one track takes 150 KB: nobody gets 64 of them for a channel
 * of one track. Before the manifest is known any may exist.
 */
static bool
may_exist(const struct mesh *m, uint8_t track)
{
	return m->manifest == NULL ||
	       manifest_track(m->manifest, track % LIM_TRACK_INIT) != NULL ||
	       window_track_const(&m->window, track)->used;
}

void
mesh_have_recv(struct mesh *m, struct peer *p, struct pw_msg *msg)
{
	uint8_t track = msg->u.have.track;
	struct pw_have_group g;
	struct piece *pc;
	bool unknown = false, useful = false;
	const struct piece *newest;
	sp_time at;

	if (!may_exist(m, track))
		return;
	newest = mesh_newest(m, track);
	while (pw_have_next(msg, &g)) {
		pc = mesh_find(m, track, g.number);
		if (pc == NULL) {
			unknown |= is_news(m, track, g.number);
			note_early(m, &p->have, track, &g);
			continue;
		}
		useful |= pc->deadline != SP_NEVER && pc->n_held < pc->blocks;
		note_group(m, pc, p->slot, &g);
		watch_probe(m, pc);
		/* of the others it need not be known how far it is */
		if (pc == newest)
			havemap_saw(&p->have, track, g.number);
	}
	if (useful)
		mesh_dirty(m, 0);
	if (!unknown || m->conf.seeder)
		return;
	at = m->now + (m->feed_up ? MESH_FEED_GRACE : 20 * SP_MS);
	m->want_at = SP_MIN(m->want_at, at);
}

/* ---- records on request ---- */

void
mesh_want_recv(struct mesh *m, struct peer *p, const struct pw_msg *msg)
{
	struct sp_buf *b = mesh_say(m, p);
	size_t start = b->len;
	const struct piece *pc;
	unsigned i;

	for (i = 0; i < msg->u.want.count; i++) {
		pc = mesh_find(m, msg->u.want.track, msg->u.want.number + i);
		if (pc == NULL)
			continue;
		/* the rest is asked for again when this has arrived */
		if (b->len - start + pc->env_len > WANT_REPLY ||
		    b->len + p->unsent > WANT_QUEUE ||
		    !ratelim_take(&p->env_out, pc->env_len, m->now))
			break;
		pw_put_env(b, PW_RECORD, pc->env, pc->env_len);
	}
}

/* The neighbours that have told of this piece. */
static unsigned
knowers(const struct mesh *m, uint8_t track, uint64_t number,
    uint8_t out[MESH_PEERS_MAX])
{
	unsigned i, n = 0;

	for (i = 0; i < MESH_PEERS_MAX; i++)
		if (m->peers[i] != NULL && m->peers[i]->established &&
		    !m->peers[i]->closing &&
		    havemap_row(&m->peers[i]->have, track, number) != NULL)
			out[n++] = (uint8_t)i;
	return n;
}

/*
 * One past the newest number worth asking for. A neighbour may claim any
 * number: what is beyond a window from our edge is believed as often as there
 * are neighbours who say so. Never would be wrong: our own window may be an
 * old one that somebody has replayed. *more: somebody claims more than we know.
 */
static uint64_t
want_edge(struct mesh *m, uint8_t track, const struct window_track *w,
    bool *more)
{
	uint64_t edge, near = 0, told = 0;
	unsigned i, n = 0;

	for (i = 0; i < MESH_PEERS_MAX; i++) {
		if (m->peers[i] == NULL || !m->peers[i]->established)
			continue;
		edge = havemap_edge(&m->peers[i]->have, track);
		if (edge == 0)
			continue;
		*more |= edge > w->edge;
		if (w->used && edge <= w->edge + LIM_WINDOW_PIECES)
			near = SP_MAX(near, edge);
		if (rng_below(&m->rng, ++n) == 0)
			told = edge;
	}
	if (w->used && told <= w->edge + LIM_WINDOW_PIECES)
		return near;
	return told;
}

/* Asked for so lately that the answer may be on its way. */
static bool
is_asked(const struct mesh *m, const struct want *a, uint64_t number)
{
	return a->hi != 0 && m->now - a->at < MESH_WANT_GAP &&
	       number >= a->lo && number < a->hi;
}

static void
note_asked(const struct mesh *m, struct want *a, uint64_t lo, uint64_t hi)
{
	if (a->hi == 0 || m->now - a->at >= MESH_WANT_GAP ||
	    lo > a->hi + LIM_WINDOW_PIECES || hi + LIM_WINDOW_PIECES < a->lo)
		*a = (struct want){ lo, hi, m->now };
	a->lo = SP_MIN(a->lo, lo);
	a->hi = SP_MAX(a->hi, hi);
}

/* Asks for runs of unknown records of one track; 0: nothing to wait for. */
static unsigned
want_track(struct mesh *m, uint8_t track)
{
	const struct window_track *w = window_track(&m->window, track);
	struct want before, *a;
	uint8_t who[MESH_PEERS_MAX];
	bool more = false;
	uint64_t lo, hi = want_edge(m, track, w, &more), n, run;
	unsigned k, asks = 0;

	if (hi == 0)
		return more;
	lo = SP_MAX(w->used ? w->first : 0,
	    hi > LIM_WINDOW_PIECES ? hi - LIM_WINDOW_PIECES : 0);
	a = &m->wants[track < LIM_TRACKS ? track
					 : track - LIM_TRACK_INIT + LIM_TRACKS];
	before = *a;
	for (n = lo; n < hi && asks < 8; n += run) {
		run = 1;
		if (mesh_find(m, track, n) != NULL ||
		    (k = knowers(m, track, n, who)) == 0)
			continue;
		if (is_asked(m, &before, n)) {
			asks += asks == 0;
			continue;
		}
		k = who[rng_below(&m->rng, k)];
		while (run < WANT_RUN && n + run < hi &&
		       mesh_find(m, track, n + run) == NULL &&
		       havemap_row(&m->peers[k]->have, track, n + run) != NULL)
			run++;
		pw_put_want(mesh_say(m, m->peers[k]), track, n, (uint8_t)run);
		note_asked(m, a, n, n + run);
		asks++;
	}
	return asks + more;
}

void
mesh_want_run(struct mesh *m)
{
	unsigned i, asks = 0;

	for (i = 0; i < LIM_TRACKS; i++) {
		asks += want_track(m, (uint8_t)(i + LIM_TRACK_INIT));
		asks += want_track(m, (uint8_t)i);
	}
	if (asks > 0)
		m->want_at = SP_MIN(m->want_at, m->now + MESH_WANT_GAP);
}
