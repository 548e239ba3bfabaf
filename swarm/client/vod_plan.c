#include "swarm/client/vod_plan.h"

/* A deadline is told again when it has come so much nearer. */
#define NEARER     SP_S
#define AHEAD      4          /* windows, of VOD_P_AHEAD */
#define TAIL_AFTER (SP_S / 2) /* of a file that nobody reads yet */

struct due {
	uint32_t piece;
	sp_time at;
	bool told;
};

struct due_list {
	struct due v[VOD_DUE_MAX];
	size_t n;
};

struct vod_plan {
	const struct sp_mem *mem;
	uint32_t n, piece_len;
	uint64_t total;
	const uint8_t *have; /* while a plan is made and pulled */
	sp_time now;
	struct due_list old, due; /* in force, as wanted */
	uint32_t scan;            /* priorities are pulled from here */
	bool clear;               /* of all deadlines, to be pulled */
	uint8_t *prio;            /* in force */
	uint8_t *want;
};

uint64_t
vod_plan_edge(uint64_t n)
{
	return SP_MIN(n, SP_CLAMP(n / 512, VOD_EDGE_MIN, VOD_EDGE_MAX));
}

uint64_t
vod_plan_window(uint64_t rate_bps, uint32_t piece_len)
{
	uint64_t rate = SP_CLAMP(rate_bps, VOD_RATE_MIN, VOD_WINDOW_MAX);
	uint64_t w =
	    SP_CLAMP(rate * VOD_WINDOW_S, VOD_WINDOW_MIN, VOD_WINDOW_MAX);

	return SP_MAX(w, 2 * (uint64_t)piece_len);
}

int
vod_plan_new(struct vod_plan **out, const struct sp_mem *mem, uint32_t n_pieces,
    uint32_t piece_len, uint64_t total)
{
	struct vod_plan *p;

	*out = NULL;
	if (n_pieces == 0 || piece_len == 0)
		return SP_ERR_ARG;
	if ((p = mem_zalloc(mem, 1, sizeof(*p))) == NULL)
		return SP_ERR_NOMEM;
	p->mem = mem;
	p->n = n_pieces;
	p->piece_len = piece_len;
	p->total = total;
	p->prio = mem_alloc(mem, 2 * (size_t)n_pieces);
	if (p->prio == NULL) {
		vod_plan_free(p);
		return SP_ERR_NOMEM;
	}
	p->want = p->prio + n_pieces;
	vod_plan_reset(p);
	*out = p;
	return 0;
}

void
vod_plan_free(struct vod_plan *p)
{
	if (p == NULL)
		return;
	mem_free(p->mem, p->prio);
	mem_free(p->mem, p);
}

void
vod_plan_reset(struct vod_plan *p)
{
	memset(p->prio, VOD_P_USUAL, p->n);
	memset(p->want, VOD_P_USUAL, p->n);
	p->old.n = p->due.n = 0;
	p->scan = p->n;
}

/* ---- what is wanted ---- */

static uint32_t
piece_of(const struct vod_plan *p, uint64_t at)
{
	return (uint32_t)SP_MIN(at / p->piece_len, (uint64_t)p->n);
}

/* One past the last piece that has bytes before |to|. */
static uint32_t
piece_end(const struct vod_plan *p, uint64_t to)
{
	return (uint32_t)SP_MIN((to + p->piece_len - 1) / p->piece_len,
	    (uint64_t)p->n);
}

static void
paint(struct vod_plan *p, uint64_t from, uint64_t to, uint8_t prio)
{
	uint32_t i, end = piece_end(p, to);

	for (i = piece_of(p, from); from < to && i < end; i++)
		p->want[i] = SP_MAX(p->want[i], prio);
}

static struct due *
find(struct due_list *l, uint32_t piece)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].piece == piece)
			return &l->v[i];
	return NULL;
}

static void
add_due(struct vod_plan *p, uint32_t piece, sp_time at)
{
	struct due *d = find(&p->due, piece);

	if (d == NULL && p->due.n < VOD_DUE_MAX) {
		d = &p->due.v[p->due.n++];
		*d = (struct due){ .piece = piece, .at = at };
	}
	if (d == NULL)
		return;
	d->at = SP_MIN(d->at, at);
	p->want[piece] = VOD_P_DUE;
}

static bool
is_read(const struct vod_plan_in *in, const struct vod_span *s)
{
	size_t i;

	for (i = 0; i < in->n_readers; i++)
		if (in->readers[i].at >= s->from && in->readers[i].at < s->to)
			return true;
	return false;
}

/* All missing pieces of [from, to) are due at |at|. */
static void
due_all(struct vod_plan *p, uint64_t from, uint64_t to, sp_time at)
{
	uint32_t i, end = piece_end(p, to);

	for (i = piece_of(p, from); i < end; i++)
		if (!vod_bit(p->have, i))
			add_due(p, i, at);
}

static void
want_span(struct vod_plan *p, const struct vod_plan_in *in,
    const struct vod_span *s)
{
	uint64_t edge = vod_plan_edge(s->to - s->from);

	paint(p, s->from, s->to, s->prio);
	if (!s->edges)
		return;
	paint(p, s->from, s->from + edge, VOD_P_SOON);
	paint(p, s->to - edge, s->to, VOD_P_SOON);
	/* a player is likely to come, and will begin with these */
	if (is_read(in, s))
		return;
	due_all(p, s->from, s->from + edge, in->now);
	due_all(p, s->to - edge, s->to, in->now + TAIL_AFTER);
}

/* When a player that is at |at| needs |piece|. */
static sp_time
due_at(const struct vod_plan *p, const struct vod_reader *r, uint32_t piece)
{
	uint64_t rate = SP_MAX(r->rate_bps, VOD_RATE_MIN);
	uint64_t start = (uint64_t)piece * p->piece_len, ms;

	if (start <= r->at)
		return p->now;
	ms = (start - r->at) * 1000 / rate;
	return p->now + (sp_time)SP_MIN(ms, UINT64_C(600000)) * SP_MS;
}

static void
want_reader(struct vod_plan *p, const struct vod_reader *r, size_t share)
{
	uint64_t w = vod_plan_window(r->rate_bps, p->piece_len);
	uint64_t end = SP_MIN(r->end, p->total);
	uint64_t to = SP_MIN(r->at + w, end);
	uint32_t i, last = piece_end(p, to);

	if (r->at >= end)
		return;
	paint(p, r->at, SP_MIN(to + AHEAD * w, end), VOD_P_AHEAD);
	paint(p, r->at, to, VOD_P_SOON);
	for (i = piece_of(p, r->at); i < last && share > 0; i++) {
		if (vod_bit(p->have, i))
			continue;
		add_due(p, i, due_at(p, r, i));
		share--;
	}
}

/* ---- what differs ---- */

/* Those that go on keep the time that libtorrent was told, if it will do. */
static void
keep_told(struct vod_plan *p)
{
	const struct due *o;
	size_t i;

	for (i = 0; i < p->due.n; i++) {
		o = find(&p->old, p->due.v[i].piece);
		if (o == NULL || p->due.v[i].at < o->at - NEARER)
			continue;
		p->due.v[i].at = o->at;
		p->due.v[i].told = true;
	}
}

/* A piece that somebody waits for is news, and others had deadlines. */
static bool
has_jumped(struct vod_plan *p, const struct vod_plan_in *in)
{
	uint32_t piece;
	size_t i;

	for (i = 0; i < in->n_readers && p->old.n > 0; i++) {
		piece = piece_of(p, in->readers[i].at);
		if (!in->readers[i].idle && find(&p->due, piece) != NULL &&
		    find(&p->old, piece) == NULL)
			return true;
	}
	return false;
}

void
vod_plan_make(struct vod_plan *p, const struct vod_plan_in *in)
{
	size_t i, share, asking = 0;

	memset(p->want, VOD_P_NONE, p->n);
	p->due.n = 0;
	p->have = in->have;
	p->now = in->now;
	p->scan = 0;
	for (i = 0; i < in->n_readers; i++)
		asking += !in->readers[i].idle;
	share = VOD_DUE_MAX / SP_MAX(asking, (size_t)1);
	for (i = 0; i < in->n_readers; i++)
		want_reader(p, &in->readers[i],
		    in->readers[i].idle && asking > 0
			? 0
			: SP_MAX(share, (size_t)1));
	for (i = 0; i < in->n_spans; i++)
		want_span(p, in, &in->spans[i]);
	p->clear = has_jumped(p, in);
	if (!p->clear)
		keep_told(p);
}

static bool
next_clear(struct vod_plan *p, struct vod_act *act)
{
	if (!p->clear)
		return false;
	p->clear = false;
	/* libtorrent leaves them with a priority of its own */
	while (p->old.n > 0)
		p->prio[p->old.v[--p->old.n].piece] = UINT8_MAX;
	*act = (struct vod_act){ .type = VOD_ACT_CLEAR };
	return true;
}

static bool
next_undue(struct vod_plan *p, struct vod_act *act)
{
	struct due *o;
	size_t i;

	for (i = 0; i < p->old.n; i++) {
		o = &p->old.v[i];
		if (find(&p->due, o->piece) != NULL)
			continue;
		*act = (struct vod_act){ .type = VOD_ACT_UNDUE,
			.first = o->piece };
		p->prio[o->piece] = UINT8_MAX;
		*o = p->old.v[--p->old.n];
		return true;
	}
	return false;
}

static void
in_force(struct vod_plan *p, const struct due *d)
{
	struct due *o = find(&p->old, d->piece);

	if (o != NULL)
		*o = *d;
	else
		p->old.v[p->old.n++] = *d;
	p->prio[d->piece] = VOD_P_DUE;
}

static bool
next_due(struct vod_plan *p, struct vod_act *act)
{
	struct due *d = NULL;
	size_t i;

	for (i = 0; i < p->due.n; i++)
		if (!p->due.v[i].told && (d == NULL || p->due.v[i].at < d->at))
			d = &p->due.v[i];
	if (d == NULL)
		return false;
	d->told = true;
	in_force(p, d);
	*act = (struct vod_act){
		.type = VOD_ACT_DUE,
		.first = d->piece,
		.ms =
		    d->at <= p->now ? 0 : (uint32_t)((d->at - p->now) / SP_MS),
	};
	return true;
}

static bool
differs(const struct vod_plan *p, uint32_t i)
{
	return p->prio[i] != p->want[i] && !vod_bit(p->have, i);
}

/* One range for what is wanted alike, with what is so already in between. */
static bool
next_prio(struct vod_plan *p, struct vod_act *act)
{
	uint32_t i, first, end;
	uint8_t prio;

	while (p->scan < p->n && !differs(p, p->scan))
		p->scan++;
	if (p->scan >= p->n)
		return false;
	first = p->scan;
	end = first + 1;
	prio = p->want[first];
	for (i = first; i < p->n && p->want[i] == prio; i++)
		if (differs(p, i))
			end = i + 1;
	memset(p->prio + first, prio, end - first);
	p->scan = end;
	*act = (struct vod_act){ .type = VOD_ACT_PRIO,
		.first = first,
		.n = end - first,
		.prio = prio };
	return true;
}

bool
vod_plan_next(struct vod_plan *p, struct vod_act *act)
{
	return next_clear(p, act) || next_undue(p, act) || next_due(p, act) ||
	       next_prio(p, act);
}

void
vod_plan_got(struct vod_plan *p, uint32_t piece)
{
	struct due *o = find(&p->old, piece);

	if (o != NULL)
		*o = p->old.v[--p->old.n];
}

size_t
vod_plan_due(const struct vod_plan *p)
{
	return p->old.n;
}

bool
vod_plan_nth_due(const struct vod_plan *p, size_t k, uint32_t *piece,
    sp_time *at)
{
	if (k >= p->old.n)
		return false;
	*piece = p->old.v[k].piece;
	*at = p->old.v[k].at;
	return true;
}

uint8_t
vod_plan_want(const struct vod_plan *p, uint32_t piece)
{
	return p->want[piece];
}
