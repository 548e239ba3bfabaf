#include "swarm/mesh_int.h"

/*
 * Telling neighbours what is here, and when.
 *
 *	block from         to the hasty: they have no     to others
 *	                   parent for its stripe, back
 *	                   it up, or are new
 *	the origin         MESH_NEWS_FIRST                the same
 *	a peer, no trees   MESH_NEWS_GAP                  the same
 *	a peer             MESH_NEWS_GAP                  MESH_NEWS_REST
 *
 * To whom a parent pushes blocks it is of little use to know who else has them,
 * and by the time that it would be, most have come: what a neighbour holds
 * already is not told to it. So they are told seldom, in few messages: heads
 * and frames of haves cost more than what they say.
 */

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
		mesh_news_flush(m, true);
	n = &m->news[m->n_news++];
	memset(n, 0, sizeof(*n));
	n->track = track;
	n->number = number;
	return n;
}

/* The trees that the track is pushed in; NULL: it is not. */
static struct mesh_tree *
trees_of(const struct mesh *m, uint8_t track)
{
	return track < LIM_TRACKS ? m->trees[track] : NULL;
}

void
mesh_news_block(struct mesh *m, const struct piece *pc, uint32_t index,
    bool first)
{
	struct news *n = mesh_news(m, pc->rec.track, pc->rec.number,
	    first ? MESH_NEWS_FIRST : MESH_NEWS_GAP);
	bool wide = first || trees_of(m, pc->rec.track) == NULL;

	(wide ? n->held : n->pushed)[index / 64] |= UINT64_C(1) << index % 64;
	n->all = piece_is_complete(pc);
}

/* ---- messages ---- */

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

static void
tell_bits(struct teller *t, const struct news *n, const struct piece *pc,
    uint8_t kind, const uint64_t *w)
{
	uint8_t bits[LIM_PIECE_BLOCKS / 8];
	struct pw_have_group g = { .number = n->number, .kind = kind };

	if (bits_group(&g, bits, w, pc->blocks))
		tell(t, n->track, n->number, &g);
}

/* ---- whom, and when ---- */

/* It fetches stripe |s| from the origin if it hears of nothing. */
static bool
backs_up(const struct mesh *m, const struct mesh_tree *mt, unsigned s,
    unsigned slot)
{
	uint32_t id = mesh_short_id(m->peers[slot]->id);
	unsigned i;

	for (i = 0; i < SP_LEN(mt->backup[s]); i++)
		if (mt->backup[s][i] == id)
			return true;
	return false;
}

/*
 * Nobody pushes stripe |s| to the neighbour, so it has to ask for its blocks:
 * it has no trees, or has told that it has no parent there, or it may be
 * starting, with older pieces than those that are pushed. Or it is a backup.
 */
static bool
is_hasty(const struct mesh *m, const struct mesh_tree *mt, unsigned s,
    unsigned slot)
{
	return !(mt->tree.told >> slot & 1) ||
	       mt->tree.ads[slot].late[s] == PW_TREE_NEVER ||
	       backs_up(m, mt, s, slot) ||
	       m->now - m->peers[slot]->established_at < MESH_YOUNG;
}

/* Who is so from now on, whatever they tell, until the rest is told again. */
static void
freeze(struct mesh *m)
{
	struct mesh_tree *mt;
	unsigned t, s, i;

	for (t = 0; t < LIM_TRACKS; t++) {
		if ((mt = m->trees[t]) == NULL)
			continue;
		for (s = 0; s < PW_STRIPES; s++) {
			mt->hasty[s] = 0;
			MESH_SLOTS (m->open, i)
				if (is_hasty(m, mt, s, i))
					mt->hasty[s] |= MESH_BIT(i);
		}
	}
}

/* Of blocks 64 * i ... what is to be told to |slot| of |n|; it may hold it. */
static uint64_t
due(const struct mesh *m, const struct news *n, const struct piece *pc,
    unsigned slot, uint32_t i, bool rest)
{
	const struct mesh_tree *mt = trees_of(m, n->track);
	uint64_t bit, left, set = n->held[i] | n->pushed[i] | n->later[i];
	unsigned k = duty_stripes(pc->blocks), s;
	bool was_hasty;

	if (mt == NULL)
		return set;
	for (left = set & ~n->held[i]; left != 0; left &= left - 1) {
		bit = left & -left;
		s = duty_stripe(pc->blocks, k,
		    64 * i + (uint32_t)__builtin_ctzll(left));
		was_hasty = mt->hasty[s] >> slot & 1;
		if (n->later[i] & bit
			? !rest || was_hasty
			: !rest && !was_hasty && !is_hasty(m, mt, s, slot))
			set &= ~bit;
	}
	return set;
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

/* Something of it is told later than the rest. */
static bool
is_split(const struct news *n)
{
	unsigned i;

	for (i = 0; i < SP_LEN(n->later); i++)
		if ((n->pushed[i] | n->later[i]) != 0)
			return true;
	return false;
}

/* Only what the neighbour lacks is news to it. */
static void
tell_piece(const struct mesh *m, struct teller *t, unsigned slot,
    const struct news *n, const struct piece *pc, bool rest)
{
	const struct holders *hs = &pc->holders;
	uint64_t w[LIM_PIECE_BLOCKS / 64];
	struct pw_have_group g = { .number = n->number };
	uint32_t i, words = (pc->blocks + 63) / 64;

	if (hs->all >> slot & 1)
		return;
	if (n->all && (rest || !is_split(n))) {
		g.kind = PW_HAVE_ALL;
		tell(t, n->track, n->number, &g);
		return;
	}
	if (n->known && !(hs->told >> slot & 1)) {
		g.kind = PW_HAVE_KNOWN;
		tell(t, n->track, n->number, &g);
	}
	for (i = 0; i < words; i++)
		w[i] = lacking(hs, slot, i, due(m, n, pc, slot, i, rest));
	tell_bits(t, n, pc, PW_HAVE_BLOCKS, w);
	for (i = 0; i < words; i++)
		w[i] = lacking(hs, slot, i, n->arriving[i] & ~pc->held[i]);
	tell_bits(t, n, pc, PW_HAVE_ARRIVING, w);
}

/* How long the rest may wait. */
static sp_time
rest_gap(const struct mesh *m)
{
	sp_time gap = MESH_NEWS_REST;
	unsigned i;

	for (i = 0; i < LIM_TRACKS; i++)
		if (m->play[i].on)
			gap = SP_MIN(gap, m->play[i].delay / MESH_NEWS_PART);
	return SP_MAX(gap, MESH_NEWS_GAP);
}

/* What was told to some is kept for the others. */
static void
keep_rest(struct mesh *m)
{
	struct news *n;
	unsigned i, k, kept = 0;

	for (k = 0; k < m->n_news; k++) {
		n = &m->news[k];
		if (!is_split(n))
			continue;
		n->known = false;
		for (i = 0; i < SP_LEN(n->later); i++) {
			n->later[i] |= n->pushed[i];
			n->held[i] = n->pushed[i] = n->arriving[i] = 0;
		}
		if (kept != k)
			m->news[kept] = *n;
		kept++;
	}
	m->n_news = kept;
	if (kept == 0)
		m->rest_at = SP_NEVER;
	else if (m->rest_at == SP_NEVER)
		m->rest_at = m->now + rest_gap(m);
}

void
mesh_news_flush(struct mesh *m, bool rest)
{
	struct teller t;
	const struct piece *pc;
	unsigned i, k;

	MESH_SLOTS (m->open, i) {
		t = (struct teller){ .b = &m->peers[i]->plain };
		for (k = 0; k < m->n_news; k++) {
			pc = mesh_find(m, m->news[k].track, m->news[k].number);
			if (pc != NULL)
				tell_piece(m, &t, i, &m->news[k], pc, rest);
		}
		if (t.begun)
			pw_end(&t.open, mesh_say(m, m->peers[i]));
	}
	if (!rest) {
		keep_rest(m);
		return;
	}
	m->n_news = 0;
	m->rest_at = SP_NEVER;
	freeze(m);
}

/* ---- all at once ---- */

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

void
mesh_have_since(struct mesh *m, struct peer *p, uint8_t track, uint64_t from)
{
	const struct window_track *w = window_track(&m->window, track);
	struct teller t = { .b = mesh_say(m, p) };
	uint8_t bits[LIM_PIECE_BLOCKS / 8];
	struct pw_have_group g;
	const struct piece *pc;
	uint64_t n, coming[LIM_PIECE_BLOCKS / 64];
	uint32_t i;

	for (n = SP_MAX(from, w->first); n < w->edge; n++) {
		pc = mesh_find(m, track, n);
		if (pc == NULL)
			continue;
		g = (struct pw_have_group){ .number = n };
		g.kind = PW_HAVE_BLOCKS;
		if (mesh_may_share(m, pc) &&
		    bits_group(&g, bits, pc->held, pc->blocks))
			tell(&t, track, n, &g);
		memset(coming, 0, sizeof(coming));
		memcpy(coming, pc->fetching,
		    (pc->blocks + 63) / 64 * sizeof(coming[0]));
		for (i = 0; i < pc->blocks; i++)
			if (pc->pending[i] > 0)
				coming[i / 64] |= UINT64_C(1) << (i % 64);
		g.kind = PW_HAVE_ARRIVING;
		if (bits_group(&g, bits, coming, pc->blocks))
			tell(&t, track, n, &g);
	}
	if (t.begun)
		pw_end(&t.open, t.b);
}
