#include "swarm/mesh_int.h"

#define WANT_RUN   LIM_RECORD_WANT
#define WANT_QUEUE (256 * 1024) /* bytes that may wait for a neighbour */
#define WANT_REPLY (96 * 1024)  /* bytes of records that one want may bring */

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
