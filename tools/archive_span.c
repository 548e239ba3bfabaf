#include "tools/archive_span.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "io/loop.h"
#include "tools/journal.h"
#include "wire/link.h"

/* Renditions may be so far apart; what is not needed is dropped again. */
#define MARGIN_MS 60000

int64_t
archive_start_ms(const struct record *r)
{
	return r->avail_ms - r->duration_us / 1000;
}

static int64_t
middle(const struct record *r)
{
	return r->avail_ms - r->duration_us / 2000;
}

static bool
is_init(const struct record *r)
{
	return r->track >= LIM_TRACK_INIT;
}

/* ---- reading ------------------------------------------------------------ */

struct loader {
	struct archive_span *s;
	const struct archive_want *w;
	int64_t from, to;    /* with the margin */
	int64_t first, last; /* of all that is there */
	struct journal_head heads[LIM_TRACK_INIT + LIM_TRACKS];
};

static int
keep(struct archive_span *s, const uint8_t *p, size_t len)
{
	struct archive_piece *v = s->v, *a;
	size_t cap = s->cap;

	if (s->n == (size_t)2 * LIM_METAINFO_FILES)
		return SP_ERR_TOOBIG;
	if (s->n == cap) {
		cap = SP_MAX(2 * cap, (size_t)64);
		v = realloc(v, cap * sizeof(*v));
		if (v == NULL)
			return SP_ERR_NOMEM;
		s->v = v;
		s->cap = cap;
	}
	a = &v[s->n];
	memset(a, 0, sizeof(*a));
	a->env = malloc(len);
	if (a->env == NULL)
		return SP_ERR_NOMEM;
	memcpy(a->env, p, len);
	a->len = len;
	s->n++;
	return record_open(&a->e, a->env, len);
}

static int
keep_manifest(struct archive_span *s, const uint8_t *p, size_t len)
{
	uint8_t *copy = malloc(len);

	if (copy == NULL)
		return SP_ERR_NOMEM;
	memcpy(copy, p, len);
	free(s->manifest);
	s->manifest = copy;
	s->manifest_len = len;
	return 0;
}

/* Both of a span that was saved twice, or of two journals. */
static bool
is_repeated(struct loader *l, const struct record *r)
{
	struct journal_head *h = &l->heads[r->track];

	if (h->known && (r->epoch < h->epoch || r->number <= h->number))
		return true;
	*h = (struct journal_head){ true, r->epoch, r->number };
	return false;
}

static int
load_record(struct loader *l, const uint8_t *p, size_t len)
{
	struct record_env e;
	const struct record *r = &e.rec;
	int rv = record_open(&e, p, len);

	if (rv < 0 || is_repeated(l, r))
		return rv;
	if (is_init(r))
		return l->w->tracks >> (r->track - LIM_TRACK_INIT) & 1
			   ? keep(l->s, p, len)
			   : 0;
	l->first = SP_MIN(l->first, archive_start_ms(r));
	l->last = SP_MAX(l->last, r->avail_ms);
	if (!(l->w->tracks >> r->track & 1) || middle(r) < l->from ||
	    middle(r) >= l->to)
		return 0;
	return keep(l->s, p, len);
}

/* The manifest of a span is the last before its end, or else the first. */
static int
load_one(struct loader *l, const uint8_t *p, size_t len)
{
	if (!journal_is_manifest(p, len))
		return load_record(l, p, len);
	if (l->s->manifest != NULL && l->last > l->to)
		return 0;
	return keep_manifest(l->s, p, len);
}

static int
load_fd(struct loader *l, int fd, char why[ARCHIVE_WHY])
{
	struct journal_reader r;
	const uint8_t *p;
	size_t len;
	int rv;

	journal_reader_init(&r, fd, true);
	while ((rv = journal_next(&r, &p, &len)) > 0)
		if ((rv = load_one(l, p, len)) < 0)
			break;
	/* A seeder may be writing it. */
	if (rv == SP_ERR_SHORT && r.at > 0)
		rv = 0;
	if (rv < 0)
		snprintf(why, ARCHIVE_WHY, "at byte %" PRIu64 ": %s", r.at,
		    rv == SP_ERR_IO ? strerror(errno) : sp_strerror(rv));
	journal_reader_fini(&r);
	return rv;
}

static int
load(struct loader *l, const char *path, char why[ARCHIVE_WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rv;

	if (fd < 0) {
		snprintf(why, ARCHIVE_WHY, "%s", strerror(errno));
		return SP_ERR_IO;
	}
	memset(l->heads, 0, sizeof(l->heads));
	l->first = INT64_MAX;
	l->last = 0;
	rv = load_fd(l, fd, why);
	close(fd);
	return rv;
}

/* ---- time --------------------------------------------------------------- */

static int64_t
point(const struct loader *l, const struct when *t)
{
	switch (t->kind) {
	case WHEN_START:
		return l->first + t->ms;
	case WHEN_END:
		return l->last - t->ms;
	default:
		return t->ms;
	}
}

/* Relative times need to know all that there is. */
static int
settle_times(struct loader *l, const char *path, char why[ARCHIVE_WHY])
{
	const struct archive_want *w = l->w;
	int rv;

	l->from = INT64_MIN;
	l->to = INT64_MAX;
	if (!w->timed)
		return 0;
	if (w->from.kind != WHEN_AT || w->to.kind != WHEN_AT) {
		l->from = INT64_MAX; /* nothing is kept */
		if ((rv = load(l, path, why)) < 0)
			return rv;
		archive_span_fini(l->s);
		if (l->last == 0) {
			snprintf(why, ARCHIVE_WHY, "no pieces in it");
			return SP_ERR_NOTFOUND;
		}
	}
	l->from = point(l, &w->from);
	l->to = point(l, &w->to);
	if (l->from < l->to)
		return 0;
	snprintf(why, ARCHIVE_WHY, "the span of time is empty");
	return SP_ERR_RANGE;
}

/* ---- cutting ------------------------------------------------------------ */

struct cut {
	bool known;
	uint64_t first, last;
};

static void
find_cut(const struct archive_span *s, unsigned track, int64_t from, int64_t to,
    struct cut *c)
{
	c->known = false;
	for (size_t i = 0; i < s->n; i++) {
		const struct record *r = &s->v[i].e.rec;

		if (r->track != track || middle(r) < from || middle(r) >= to)
			continue;
		c->first = c->known ? SP_MIN(c->first, r->number) : r->number;
		c->last = c->known ? SP_MAX(c->last, r->number) : r->number;
		c->known = true;
	}
}

static const struct record *
find(const struct archive_span *s, unsigned track, uint64_t number)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].e.rec.track == track &&
		    s->v[i].e.rec.number == number)
			return &s->v[i].e.rec;
	return NULL;
}

/* Is |number| the same moment in both? */
static bool
is_alike(const struct archive_span *s, unsigned a, unsigned b, uint64_t number)
{
	const struct record *x = find(s, a, number), *y = find(s, b, number);

	return x != NULL && y != NULL &&
	       llabs(middle(x) - middle(y)) <= x->duration_us / 2000;
}

static void
drop(struct archive_piece *a)
{
	free(a->env);
	free(a->path);
	free(a->sha1);
}

/* Keeps media within its track's cut. */
static void
cut_media(struct archive_span *s, const struct cut cuts[LIM_TRACKS])
{
	const struct cut *c;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct record *r = &s->v[i].e.rec;

		c = is_init(r) ? NULL : &cuts[r->track];
		if (c != NULL &&
		    (!c->known || r->number < c->first || r->number > c->last))
			drop(&s->v[i]);
		else
			s->v[n++] = s->v[i];
	}
	s->n = n;
}

static void
cut_time(struct archive_span *s, int64_t from, int64_t to)
{
	struct cut cuts[LIM_TRACKS];
	const struct cut *first = NULL;

	for (unsigned t = 0; t < LIM_TRACKS; t++) {
		find_cut(s, t, from, to, &cuts[t]);
		if (!cuts[t].known)
			continue;
		if (first == NULL) {
			first = &cuts[t];
		} else if (is_alike(s, (unsigned)(first - cuts), t,
			       first->first) &&
			   is_alike(s, (unsigned)(first - cuts), t,
			       first->last)) {
			cuts[t] = *first;
		}
	}
	cut_media(s, cuts);
}

/* Of init pieces stay those from the first that is named to the last. */
static void
cut_inits(struct archive_span *s)
{
	struct cut cuts[LIM_TRACKS] = { 0 }, *c;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct record *r = &s->v[i].e.rec;

		if (is_init(r) || r->init == RECORD_NO_INIT)
			continue;
		c = &cuts[r->track];
		c->first = c->known ? SP_MIN(c->first, r->init) : r->init;
		c->last = c->known ? SP_MAX(c->last, r->init) : r->init;
		c->known = true;
	}
	for (size_t i = 0; i < s->n; i++) {
		const struct record *r = &s->v[i].e.rec;

		c = is_init(r) ? &cuts[r->track - LIM_TRACK_INIT] : NULL;
		if (c != NULL &&
		    (!c->known || r->number < c->first || r->number > c->last))
			drop(&s->v[i]);
		else
			s->v[n++] = s->v[i];
	}
	s->n = n;
}

/* ---- checking ----------------------------------------------------------- */

static int
check_one(struct verify *v, struct verify_row *row, const uint8_t *p,
    size_t len, char why[ARCHIVE_WHY])
{
	int rv = verify_next(v, p, len, true, row);

	if (rv > 0)
		rv = row->err;
	if (rv == 0 || rv == SP_ERR_CHAIN)
		return rv;
	if (row->kind == VERIFY_MANIFEST)
		snprintf(why, ARCHIVE_WHY, "manifest: %s", sp_strerror(rv));
	else
		snprintf(why, ARCHIVE_WHY,
		    "record: %s track=%u number=%" PRIu64, sp_strerror(rv),
		    row->env.rec.track, row->env.rec.number);
	return rv;
}

static int
check_all(struct archive_span *s, const uint8_t *pk, struct verify *v,
    struct verify_row *row, char why[ARCHIVE_WHY])
{
	int rv;

	verify_init(v, pk);
	rv = check_one(v, row, s->manifest, s->manifest_len, why);
	for (size_t i = 0; i < s->n && rv == 0; i++) {
		rv = check_one(v, row, s->v[i].env, s->v[i].len, why);
		if (rv == SP_ERR_CHAIN) {
			s->holes++;
			rv = 0;
		}
	}
	return rv;
}

static int
check(struct archive_span *s, const uint8_t *pk, char why[ARCHIVE_WHY])
{
	struct verify_row *row = calloc(1, sizeof(*row));
	struct verify *v = calloc(1, sizeof(*v));
	int rv = SP_ERR_NOMEM;

	snprintf(why, ARCHIVE_WHY, "%s", sp_strerror(rv));
	s->m = calloc(1, sizeof(*s->m));
	if (row != NULL && v != NULL && s->m != NULL)
		rv = check_all(s, pk, v, row, why);
	if (rv == 0)
		rv = manifest_open(s->m, s->manifest, s->manifest_len, NULL);
	free(row);
	free(v);
	return rv;
}

int
archive_span_load(struct archive_span *out, const char *path,
    const struct archive_want *w, const uint8_t *pk, char why[ARCHIVE_WHY])
{
	struct loader l = { .s = out, .w = w };
	int64_t from, to;
	int rv;

	memset(out, 0, sizeof(*out));
	rv = settle_times(&l, path, why);
	from = l.from;
	to = l.to;
	if (w->timed) {
		l.from -= MARGIN_MS;
		l.to += MARGIN_MS;
	}
	if (rv == 0)
		rv = load(&l, path, why);
	if (rv == 0 && out->manifest == NULL) {
		snprintf(why, ARCHIVE_WHY, "no manifest in it");
		rv = SP_ERR_NOTFOUND;
	}
	if (rv == 0 && w->timed)
		cut_time(out, from, to);
	if (rv == 0) {
		cut_inits(out);
		rv = check(out, pk, why);
	}
	if (rv < 0)
		archive_span_fini(out);
	return rv;
}

bool
archive_span_times(const struct archive_span *s, int64_t *from, int64_t *to)
{
	bool any = false;

	*from = INT64_MAX;
	*to = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct record *r = &s->v[i].e.rec;

		if (is_init(r))
			continue;
		any = true;
		*from = SP_MIN(*from, archive_start_ms(r));
		*to = SP_MAX(*to, r->avail_ms);
	}
	return any;
}

void
archive_span_fini(struct archive_span *s)
{
	for (size_t i = 0; i < s->n; i++)
		drop(&s->v[i]);
	free(s->v);
	free(s->manifest);
	free(s->m);
	memset(s, 0, sizeof(*s));
}
