#include "swarm/client/rungs.h"

#define RELOADS 2 /* of a playlist that may be missed, and */
#define LATE    (2 * SP_S)

static bool
is_variant(const struct manifest *m, uint8_t track)
{
	size_t i;

	for (i = 0; i < m->n_refs; i++)
		if (m->refs[i].kind == MANIFEST_REF_STREAM &&
		    m->refs[i].track == track)
			return true;
	return m->n_refs == 0;
}

void
rungs_read(struct rungs *r, const struct manifest *m)
{
	const struct manifest_track *t;
	struct rung g;
	size_t i, k;

	r->n = 0;
	for (i = 0; i < m->n_tracks; i++) {
		t = &m->tracks[i];
		if (!is_variant(m, t->id))
			continue;
		g = (struct rung){ t->id, t->width > 0, t->bandwidth_bps,
			t->target_s, &t->codecs };
		for (k = r->n++; k > 0 && r->v[k - 1].bps > g.bps; k--)
			r->v[k] = r->v[k - 1];
		r->v[k] = g;
	}
}

const struct rung *
rungs_find(const struct rungs *r, uint8_t track)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].track == track)
			return &r->v[i];
	return NULL;
}

/* "avc1" of "avc1.64001f,mp4a.40.2"; goes on behind it. */
static size_t
codec(const struct manifest_text *t, size_t *at, const char **out)
{
	size_t from = *at, len;

	for (; *at < t->len && t->p[*at] != ','; ++*at)
		;
	*out = t->p + from;
	for (len = 0; from + len < *at && (*out)[len] != '.'; len++)
		;
	*at += *at < t->len;
	return len;
}

/* Who can play the one can play the other. */
static bool
is_akin(const struct rung *a, const struct rung *b)
{
	size_t i = 0, k = 0, n, n2;
	const char *p, *p2;

	if (a->video != b->video)
		return false;
	while (i < a->codecs->len && k < b->codecs->len) {
		n = codec(a->codecs, &i, &p);
		n2 = codec(b->codecs, &k, &p2);
		if (n != n2 || memcmp(p, p2, n) != 0)
			return false;
	}
	return i == a->codecs->len && k == b->codecs->len;
}

static uint64_t
all_viewers(const struct rungs *r, const uint32_t viewers[LIM_TRACKS],
    const struct rung *g)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (is_akin(&r->v[i], g))
			n += viewers[r->v[i].track];
	return n;
}

uint32_t
rungs_thin(const struct rungs *r, const uint32_t viewers[LIM_TRACKS],
    uint64_t up_bps)
{
	uint64_t more[LIM_TRACKS] = { 0 }, n;
	const struct rung *g;
	uint32_t out = 0;
	size_t i, k;

	for (i = r->n; i-- > 1;) {
		g = &r->v[i];
		for (k = i; k > 0 && !is_akin(&r->v[k - 1], g); k--)
			;
		n = viewers[g->track] + more[i];
		/* we would be one more */
		if (k == 0 || n + 1 >= RUNGS_THIN || up_bps / 3 >= g->bps / 2 ||
		    all_viewers(r, viewers, g) + 1 < RUNGS_THIN)
			continue;
		out |= UINT32_C(1) << g->track;
		more[k - 1] += n;
	}
	return out;
}

int
rungs_wish(const struct rungs *r, int watched, uint32_t without,
    uint64_t down_bps)
{
	const struct rung *g;
	size_t i;

	for (i = r->n; i-- > 0;) {
		g = &r->v[i];
		if (g->track == watched)
			return watched;
		if ((without >> g->track & 1) && g->bps <= down_bps)
			return g->track;
	}
	return watched;
}

bool
rungs_is_left(const struct rung *r, sp_time asked, sp_time other, bool down,
    sp_time now)
{
	sp_time each = r->target_s * SP_S;

	return other > asked &&
	       now - asked > (down ? each + LATE / 2 : RELOADS * each + LATE);
}
