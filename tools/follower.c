#include "tools/follower.h"

#include "tools/follower_int.h"

struct follower {
	const struct sp_mem *mem;
	struct follower_conf conf;
	bool based;     /* base and gen hold something */
	uint32_t gen;   /* counts bases, from 1 */
	int64_t base;   /* the newest that tracks share */
	uint32_t dseq;  /* with which it began */
	uint64_t floor; /* numbers are above it; 0: any */
	uint32_t floor_dseq;
	uint64_t top; /* highest number of any track */
	bool has_top;
	struct follower_track tracks[LIM_TRACKS];
};

/* One call of follower_feed. */
struct feed {
	struct follower *f;
	struct follower_track *t;
	const struct m3u8_media *pl;
	const char *url;
	int64_t now_ms;
	enum follower_verdict verdict;
	size_t from;
	/* What will hold when all goes well. */
	bool shares; /* the follower's base is new */
	uint32_t gen;
	int64_t base;
	uint32_t dseq; /* of the first new segment, own tag included */
	uint64_t missed;
	struct follower_seg *head, *tail;
	struct follower_mark last;
	unsigned added;
};

int
follower_new(struct follower **out, const struct follower_conf *conf,
    const struct sp_mem *mem)
{
	struct follower *f = mem_zalloc(mem, 1, sizeof(*f));

	if (f == NULL)
		return SP_ERR_NOMEM;
	f->mem = mem;
	f->conf = *conf;
	for (size_t i = 0; i < LIM_TRACKS; i++)
		f->tracks[i].behind_ms = -1;
	*out = f;
	return 0;
}

void
follower_free(struct follower *f)
{
	if (f == NULL)
		return;
	for (unsigned i = 0; i < LIM_TRACKS; i++)
		while (f->tracks[i].head != NULL)
			follower_pop(f, i);
	mem_free(f->mem, f);
}

static void
reach(struct follower *f, uint64_t number)
{
	if (!f->has_top || number > f->top)
		f->top = number;
	f->has_top = true;
}

void
follower_above(struct follower *f, uint64_t number, uint32_t dseq)
{
	f->floor = SP_MAX(f->floor, number);
	f->floor_dseq = SP_MAX(f->floor_dseq, dseq);
}

int
follower_restore(struct follower *f, unsigned track,
    const struct follower_mark *m)
{
	struct follower_track *t;

	if (track >= LIM_TRACKS)
		return SP_ERR_RANGE;
	t = &f->tracks[track];
	t->known = t->restored = true;
	t->last = *m;
	t->base = (int64_t)m->number - (int64_t)m->source_seq;
	t->fed_ms = m->avail_ms;
	follower_see(t, m);
	reach(f, m->number);
	if (!f->based) {
		f->based = true;
		f->gen = 1;
		f->base = t->base;
	}
	t->gen = t->base == f->base ? f->gen : 0;
	return 0;
}

/* ---- the base ----------------------------------------------------------- */

static uint64_t
seq_of(const struct feed *d, size_t i)
{
	return d->pl->media_sequence + i;
}

/* Numbers of |base| lie beside those of the other tracks. */
static bool
is_near(const struct feed *d, int64_t base)
{
	int64_t edge = base + (int64_t)seq_of(d, d->pl->n_segments - 1);
	int64_t top = (int64_t)d->f->top;

	return edge >= 0 && edge > top - LIM_WINDOW_PIECES &&
	       edge < top + LIM_WINDOW_PIECES;
}

/* A base by which segment |from| gets the next number above all others. */
static void
new_base(struct feed *d)
{
	struct follower *f = d->f;
	uint64_t next = f->has_top ? f->top + 1 : f->conf.first_number;

	next = SP_MAX(next, f->floor + 1);
	d->base = (int64_t)next - (int64_t)seq_of(d, d->from);
	d->gen = f->gen + 1;
	d->shares = true;
}

static void
base_of_first(struct feed *d)
{
	struct follower *f = d->f;

	d->dseq = SP_MAX(d->pl->segments[d->from].dseq, f->floor_dseq);
	if (!f->based) {
		new_base(d);
		return;
	}
	d->base = f->base;
	d->gen = f->gen;
	if (is_near(d, d->base))
		return;
	/* Sequences have nothing in common: let the edges meet. */
	d->base = (int64_t)f->top - (int64_t)seq_of(d, d->pl->n_segments - 1);
	d->gen = 0;
}

static uint32_t
next_dseq(const struct follower *f)
{
	uint32_t top = 0;

	for (size_t i = 0; i < LIM_TRACKS; i++)
		if (f->tracks[i].known)
			top = SP_MAX(top, f->tracks[i].last.dseq);
	return top + 1;
}

static void
base_of_restarted(struct feed *d)
{
	struct follower *f = d->f;
	int64_t edge = f->base + (int64_t)seq_of(d, d->pl->n_segments - 1);

	if (d->t->gen != f->gen && f->dseq > d->t->last.dseq &&
	    is_near(d, f->base) && edge > (int64_t)d->t->last.number) {
		d->base = f->base;
		d->gen = f->gen;
		d->dseq = f->dseq;
		return;
	}
	new_base(d);
	d->dseq = next_dseq(f);
}

static void
base_of_same(struct feed *d)
{
	const struct m3u8_segment *s;
	const struct follower_mark *m = &d->t->last;
	uint32_t tags;

	d->base = d->t->base;
	d->gen = d->t->gen;
	d->dseq = m->dseq;
	if (d->from >= d->pl->n_segments)
		return;
	s = &d->pl->segments[d->from];
	d->missed = s->media_sequence - m->source_seq - 1;
	tags = s->discontinuity;
	/* Tags of segments that were never seen; many sources do not count. */
	if (d->missed > 0 && s->dseq > m->source_dseq &&
	    s->dseq - m->source_dseq <= d->missed + 1)
		tags = SP_MAX(tags, s->dseq - m->source_dseq);
	d->dseq += tags;
}

/* ---- new segments ------------------------------------------------------- */

static void
mark_of(struct feed *d, const struct m3u8_segment *s, uint64_t number,
    struct follower_mark *m)
{
	*m = (struct follower_mark){
		.number = number,
		.source_seq = s->media_sequence,
		.dseq = d->dseq,
		.source_dseq = s->dseq,
		.what = follower_what(s),
		.pdt_ms = s->has_pdt ? SP_MAX(s->pdt_ms, 0) : -1,
	};
}

static void
append(struct feed *d, struct follower_seg *g)
{
	if (d->tail != NULL)
		d->tail->next = g;
	else
		d->head = g;
	d->tail = g;
	d->last = g->mark;
	d->added++;
}

static int
add_segment(struct feed *d, size_t i)
{
	const struct m3u8_segment *s = &d->pl->segments[i];
	int64_t number = d->base + (int64_t)s->media_sequence;
	bool known = d->t->known;
	struct follower_seg *g;
	int rv;

	if (i > d->from)
		d->dseq += s->discontinuity;
	if (number < 0 || (uint64_t)number <= d->f->floor ||
	    (known && (uint64_t)number <= d->t->last.number))
		return 0;
	if ((uint64_t)number >= LIM_NUMBER)
		return SP_ERR_RANGE;
	rv = follower_seg_new(&g, d->f->mem, s, d->url);
	if (rv < 0)
		return rv;
	mark_of(d, s, (uint64_t)number, &g->mark);
	g->independent = d->pl->independent;
	g->map_again = (known || d->added > 0) && d->dseq != d->last.dseq;
	append(d, g);
	return 0;
}

/* The source has ended: with the newest segment, or with one of its own. */
static int
add_end(struct feed *d)
{
	struct follower_seg *g;
	int rv;

	if (!d->pl->endlist || d->last.ended || (d->added == 0 && !d->t->known))
		return 0;
	if (d->added == 0) {
		if (d->last.number + 1 >= LIM_NUMBER)
			return SP_ERR_RANGE;
		rv = follower_seg_new(&g, d->f->mem, NULL, NULL);
		if (rv < 0)
			return rv;
		g->mark = d->last;
		g->mark.number++;
		g->gap = true;
		append(d, g);
	}
	d->tail->last = d->tail->mark.ended = d->last.ended = true;
	return 0;
}

static int
add_all(struct feed *d)
{
	int rv = 0;

	for (size_t i = d->from; i < d->pl->n_segments && rv == 0; i++)
		rv = add_segment(d, i);
	return rv == 0 ? add_end(d) : rv;
}

/* ---- availability ------------------------------------------------------- */

static int64_t
sum_ms(const struct follower_seg *g)
{
	uint64_t us = 0;

	for (; g != NULL; g = g->next)
		us += g->duration_us;
	return (int64_t)(us / 1000);
}

/*
 * When the newest of the new segments became available: now, or, after a
 * restart of the seeder, where the times before lead to if that is sensible.
 */
static int64_t
newest_avail(const struct feed *d, int64_t sum)
{
	int64_t target_ms = 1000 * (int64_t)SP_MIN(d->pl->target_s, 3600u);
	int64_t smooth = d->t->last.avail_ms + sum;

	if (d->t->restored && d->verdict == FOLLOWER_GOES_ON &&
	    d->missed == 0 && smooth <= d->now_ms &&
	    smooth >= d->now_ms - target_ms * 3 / 2)
		return smooth;
	return d->now_ms;
}

static void
set_avail(struct feed *d)
{
	int64_t sum = sum_ms(d->head), at = newest_avail(d, sum) - sum;
	int64_t floor = d->t->known ? d->t->last.avail_ms : 0;
	uint64_t us = 0;

	for (struct follower_seg *g = d->head; g != NULL; g = g->next) {
		us += g->duration_us;
		floor = SP_MAX(floor, at + (int64_t)(us / 1000));
		g->mark.avail_ms = SP_MIN(floor, (int64_t)LIM_AVAIL_MS);
	}
	if (d->tail != NULL)
		d->last.avail_ms = d->tail->mark.avail_ms;
}

/* ---- taking it over ----------------------------------------------------- */

static void
mark_left(struct feed *d)
{
	bool all = d->verdict == FOLLOWER_RESTARTED;

	for (struct follower_seg *g = d->t->head; g != NULL; g = g->next)
		if (all || (d->verdict != FOLLOWER_STALE &&
			       g->mark.source_seq < d->pl->media_sequence))
			g->left = true;
}

static void
enqueue(struct feed *d, struct follower_news *news)
{
	struct follower_track *t = d->t;

	if (d->head == NULL)
		return;
	for (struct follower_seg *g = d->head; g != NULL; g = g->next)
		follower_see(t, &g->mark);
	if (t->tail != NULL)
		t->tail->next = d->head;
	else
		t->head = d->head;
	t->tail = d->tail;
	t->waiting += d->added;
	while (t->waiting > FOLLOWER_QUEUE) {
		follower_pop(d->f, (unsigned)(t - d->f->tracks));
		news->dropped++;
	}
}

static void
commit(struct feed *d, struct follower_news *news)
{
	struct follower *f = d->f;
	struct follower_track *t = d->t;

	mark_left(d);
	if (d->shares) {
		f->based = true;
		f->base = d->base;
		f->gen = d->gen;
		f->dseq = d->dseq;
	}
	if (d->verdict == FOLLOWER_RESTARTED)
		memset(t->seen, 0, sizeof(t->seen));
	t->base = d->base;
	t->gen = d->gen;
	if (d->added > 0) {
		t->known = true;
		t->last = d->last;
		reach(f, d->last.number);
	}
	enqueue(d, news);
	t->restored = false;
	t->behind_ms = -1;
	t->first = d->pl->media_sequence;
	t->fed_ms = d->now_ms;
	news->added = d->added;
	news->missed = (unsigned)SP_MIN(d->missed, (uint64_t)UINT_MAX);
	news->restarted = d->verdict == FOLLOWER_RESTARTED;
	news->ended = t->last.ended;
}

static void
choose_base(struct feed *d)
{
	if (d->verdict == FOLLOWER_FIRST)
		base_of_first(d);
	else if (d->verdict == FOLLOWER_RESTARTED)
		base_of_restarted(d);
	else
		base_of_same(d);
}

int
follower_feed(struct follower *f, unsigned track, const struct m3u8_media *pl,
    const char *base, int64_t now_ms, struct follower_news *news)
{
	struct feed d = { .f = f, .pl = pl, .url = base, .now_ms = now_ms };
	uint32_t first_dseq;
	int rv;

	memset(news, 0, sizeof(*news));
	if (track >= LIM_TRACKS)
		return SP_ERR_RANGE;
	if (pl->n_segments == 0)
		return 0;
	d.t = &f->tracks[track];
	d.last = d.t->last;
	d.verdict = follower_judge(d.t, &f->conf, pl, now_ms, &d.from);
	if (d.verdict == FOLLOWER_STALE) {
		if (d.t->behind_ms < 0)
			d.t->behind_ms = now_ms;
		news->stale = true;
		return 0;
	}
	choose_base(&d);
	first_dseq = d.dseq;
	rv = add_all(&d);
	if (rv < 0) {
		while (d.head != NULL) {
			d.tail = d.head->next;
			follower_seg_free(f->mem, d.head);
			d.head = d.tail;
		}
		return rv;
	}
	set_avail(&d);
	d.dseq = first_dseq;
	commit(&d, news);
	return 0;
}

/* ---- the queue ---------------------------------------------------------- */

struct follower_seg *
follower_peek(struct follower *f, unsigned track)
{
	return track < LIM_TRACKS ? f->tracks[track].head : NULL;
}

void
follower_pop(struct follower *f, unsigned track)
{
	struct follower_track *t = &f->tracks[track];
	struct follower_seg *g = t->head;

	if (g == NULL)
		return;
	t->head = g->next;
	if (t->head == NULL)
		t->tail = NULL;
	t->waiting--;
	follower_seg_free(f->mem, g);
}

size_t
follower_waiting(const struct follower *f, unsigned track)
{
	return track < LIM_TRACKS ? f->tracks[track].waiting : 0;
}
