#include "test/sim/series.h"

#include "test/sim/simmem.h"

#define BEFORE 10 /* s */
#define CALM   5  /* s */

void
series_add(struct series *s, const struct series_row *row)
{
	if (s->n == s->cap) {
		s->cap = SP_MAX(2 * s->cap, 64);
		s->v = sim_resize(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->n++] = *row;
}

void
series_fini(struct series *s)
{
	mem_free(&sim_mem, s->v);
	memset(s, 0, sizeof(*s));
}

/* The first row that is not before |at|; n if there is none. */
static size_t
row_at(const struct series *s, sp_time at)
{
	size_t i;

	for (i = 0; i < s->n && s->v[i].at < at; i++)
		;
	return i;
}

/* What the origin may send in CALM seconds when all is well. */
static uint64_t
usual(const struct series *s, size_t begin, const struct scenario *scn)
{
	size_t from = begin > BEFORE ? begin - BEFORE : 0;
	uint64_t one = (uint64_t)scn->stream.rate *
		       (uint64_t)(scn->stream.segment / SP_MS) / 1000;
	uint64_t sent = 0;

	if (begin > from)
		sent = (s->v[begin].origin_bytes - s->v[from].origin_bytes) *
		       CALM / (begin - from);
	return sent + sent / 2 + one;
}

static bool
is_calm(const struct series *s, size_t i, uint64_t most)
{
	for (size_t k = i; k <= i + CALM; k++)
		if (s->v[k].waiting > 0)
			return false;
	return s->v[i + CALM].origin_bytes - s->v[i].origin_bytes <= most;
}

static sp_time
one_recovery(const struct series *s, const struct scenario *scn, sp_time begin,
    sp_time end)
{
	size_t i = row_at(s, begin);
	uint64_t most;

	if (i == s->n)
		return 0;
	most = usual(s, i, scn);
	for (i = row_at(s, end); i + CALM < s->n; i++)
		if (is_calm(s, i, most))
			return s->v[i].at - end;
	return scn->run - end;
}

static bool
is_outage(enum scn_what what)
{
	return what == SCN_ORIGIN_DOWN || what == SCN_TRACKER_DOWN ||
	       what == SCN_SEEDER_DOWN;
}

/* Who is at the root of something may be among those who vanish. */
static bool
is_trouble(enum scn_what what)
{
	return is_outage(what) || what == SCN_ORIGIN_DEAD || what == SCN_CRASH;
}

sp_time
series_recovery(const struct series *s, const struct scenario *scn)
{
	sp_time worst = 0;

	for (size_t i = 0; i < scn->n_events; i++) {
		const struct scn_event *e = &scn->events[i];
		sp_time end = e->at;

		if (!is_trouble(e->what))
			continue;
		for (size_t k = i + 1; is_outage(e->what) && k < scn->n_events;
		     k++)
			if (scn->events[k].what == e->what + 1) {
				end = scn->events[k].at;
				break;
			}
		worst = SP_MAX(worst, one_recovery(s, scn, e->at, end));
	}
	return worst;
}

sp_time
series_polluted(const struct series *s, sp_time since)
{
	for (size_t i = s->n; i > 1; i--)
		if (s->v[i - 1].bad_bytes > s->v[i - 2].bad_bytes)
			return SP_MAX(s->v[i - 1].at - since, 0);
	return 0;
}
