#include "tools/plan.h"

#include "wire/uri.h"

void
plan_init(struct plan *p, const struct sp_mem *mem)
{
	memset(p, 0, sizeof(*p));
	p->mem = mem;
	p->pl.mem = mem;
}

void
plan_fini(struct plan *p)
{
	for (size_t i = 0; i < p->n_tracks; i++) {
		mem_free(p->mem, p->tracks[i].name);
		mem_free(p->mem, p->tracks[i].uri);
		mem_free(p->mem, p->tracks[i].head);
	}
	for (size_t i = 0; i < p->n_refs; i++)
		mem_free(p->mem, p->attrs[i]);
	m3u8_fini(&p->pl);
	mem_free(p->mem, p->lines);
	mem_free(p->mem, p->text);
	plan_init(p, p->mem);
}

/* ---- attributes --------------------------------------------------------- */

static struct manifest_text
text_attr(struct m3u8_span attrs, const char *name)
{
	struct manifest_text t = { 0 };
	struct m3u8_span v;

	if (m3u8_attr(attrs, name, &v, NULL) && v.len <= LIM_TITLE) {
		t.p = v.p;
		t.len = v.len;
	}
	return t;
}

static uint32_t
num_attr(struct m3u8_span attrs, const char *name)
{
	struct m3u8_span v;
	uint64_t n;

	if (!m3u8_attr(attrs, name, &v, NULL) ||
	    uri_get_u64(&n, v.p, v.len, UINT32_MAX) < 0)
		return 0;
	return (uint32_t)n;
}

static void
set_resolution(struct manifest_track *t, struct m3u8_span attrs)
{
	struct m3u8_span v;
	const char *x;
	uint64_t w, h;

	if (!m3u8_attr(attrs, "RESOLUTION", &v, NULL))
		return;
	x = memchr(v.p, 'x', v.len);
	if (x == NULL || uri_get_u64(&w, v.p, (size_t)(x - v.p), 65535) < 0 ||
	    uri_get_u64(&h, x + 1, v.len - (size_t)(x - v.p) - 1, 65535) < 0)
		return;
	t->width = (uint16_t)w;
	t->height = (uint16_t)h;
}

static bool
is_subtitles(struct m3u8_span attrs)
{
	struct m3u8_span v;

	return m3u8_attr(attrs, "TYPE", &v, NULL) && v.len == 9 &&
	       memcmp(v.p, "SUBTITLES", 9) == 0;
}

static void
describe(struct manifest_track *t, const struct m3u8_ref *ref)
{
	t->container = MANIFEST_OTHER;
	t->bandwidth_bps = num_attr(ref->attrs, "BANDWIDTH");
	t->codecs = text_attr(ref->attrs, "CODECS");
	t->name = text_attr(ref->attrs, "NAME");
	t->language = text_attr(ref->attrs, "LANGUAGE");
	set_resolution(t, ref->attrs);
	if (ref->kind == M3U8_REF_MEDIA && is_subtitles(ref->attrs))
		t->container = MANIFEST_TEXT;
}

/* ---- tracks and references ---------------------------------------------- */

static size_t
without_query(struct m3u8_span uri)
{
	size_t n = 0;

	while (n < uri.len && uri.p[n] != '?' && uri.p[n] != '#')
		n++;
	return n;
}

/* Index of the track with that URI, made if it is new. */
static int
track_for(struct plan *p, const struct m3u8_ref *ref)
{
	struct plan_track *t;

	for (size_t i = 0; i < p->n_tracks; i++)
		if (strlen(p->tracks[i].uri) == ref->uri.len &&
		    memcmp(p->tracks[i].uri, ref->uri.p, ref->uri.len) == 0)
			return (int)i;
	if (p->n_tracks == LIM_TRACKS)
		return SP_ERR_FULL;
	t = &p->tracks[p->n_tracks];
	memset(t, 0, sizeof(*t));
	t->id = t->m.id = (uint8_t)p->n_tracks;
	describe(&t->m, ref);
	p->n_tracks++;
	t->uri = mem_dup(p->mem, ref->uri.p, ref->uri.len);
	t->name = mem_dup(p->mem, ref->uri.p, without_query(ref->uri));
	if (t->uri == NULL || t->name == NULL)
		return SP_ERR_NOMEM;
	return (int)p->n_tracks - 1;
}

/* The attributes without their URI, which is ours to give. */
static int
copy_attrs(struct plan *p, struct m3u8_span attrs, struct manifest_text *out)
{
	struct sp_buf b;
	int rv;

	buf_init(&b, p->mem, LIM_LINES);
	rv = m3u8_attr_set(&b, attrs, "URI", NULL, 0, false);
	if (rv == 0) {
		p->attrs[p->n_refs] =
		    mem_dup(p->mem, b.len > 0 ? (const char *)b.p : "", b.len);
		if (p->attrs[p->n_refs] == NULL)
			rv = SP_ERR_NOMEM;
		out->p = p->attrs[p->n_refs];
		out->len = b.len;
	}
	buf_fini(&b);
	return rv;
}

static int
add_ref(struct plan *p, const struct m3u8_ref *ref)
{
	struct manifest_ref *out = &p->refs[p->n_refs];
	int track = -1, rv;

	if (ref->kind == M3U8_REF_IFRAME)
		return 0;
	if (p->n_refs == LIM_MASTER_REFS) {
		p->skipped++;
		return 0;
	}
	if (ref->uri.len > 0)
		track = track_for(p, ref);
	if (track == SP_ERR_FULL) {
		p->skipped++;
		return 0;
	}
	if (track == SP_ERR_NOMEM)
		return track;
	memset(out, 0, sizeof(*out));
	p->attrs[p->n_refs] = NULL;
	rv = copy_attrs(p, ref->attrs, &out->attrs);
	if (rv == SP_ERR_FULL) {
		p->skipped++;
		return 0;
	}
	if (rv < 0)
		return rv;
	out->kind = ref->kind == M3U8_REF_STREAM ? MANIFEST_REF_STREAM
						 : MANIFEST_REF_MEDIA;
	/* An index until plan_manifest. */
	out->track = (int16_t)track;
	p->n_refs++;
	return 0;
}

static int
join(struct plan *p, const struct m3u8_span *v, unsigned n, char **out)
{
	struct sp_buf b;
	int rv = 0;

	buf_init(&b, p->mem, LIM_LINES);
	for (unsigned i = 0; i < n; i++) {
		if (b.len + v[i].len + 1 > LIM_LINES)
			continue;
		buf_put(&b, v[i].p, v[i].len);
		buf_put_u8(&b, '\n');
	}
	*out = b.err == 0
		   ? mem_dup(p->mem, b.len > 0 ? (const char *)b.p : "", b.len)
		   : NULL;
	if (*out == NULL)
		rv = SP_ERR_NOMEM;
	buf_fini(&b);
	return rv;
}

static int
read_master(struct plan *p)
{
	const struct m3u8_master *m = &p->pl.master;
	int rv = join(p, m->lines, m->n_lines, &p->lines);

	for (size_t i = 0; i < m->n_refs && rv == 0; i++)
		rv = add_ref(p, &m->refs[i]);
	return rv == 0 && p->n_tracks == 0 ? SP_ERR_NOTFOUND : rv;
}

static int
read_single(struct plan *p)
{
	p->n_tracks = 1;
	p->tracks[0].m.container = MANIFEST_OTHER;
	p->tracks[0].name = mem_dup(p->mem, "", 0);
	return p->tracks[0].name != NULL ? 0 : SP_ERR_NOMEM;
}

int
plan_read(struct plan *p, const char *text, size_t len, struct m3u8_error *e)
{
	int rv;

	*e = (struct m3u8_error){ 0 };
	p->text = mem_dup(p->mem, text, len);
	if (p->text == NULL)
		return SP_ERR_NOMEM;
	rv = m3u8_parse(&p->pl, p->mem, p->text, len, e);
	if (rv == 0) {
		p->is_master = p->pl.kind == M3U8_MASTER;
		if (!p->is_master && p->pl.media.iframes_only)
			rv = SP_ERR_UNSUPPORTED;
		else
			rv = p->is_master ? read_master(p) : read_single(p);
	}
	if (rv < 0)
		plan_fini(p);
	return rv;
}

void
plan_keep(struct plan *p, const char *name, uint8_t id)
{
	struct plan_track *mine = NULL, *owner = NULL;

	for (size_t i = 0; i < p->n_tracks; i++) {
		if (strcmp(p->tracks[i].name, name) == 0 && mine == NULL)
			mine = &p->tracks[i];
		if (p->tracks[i].id == id)
			owner = &p->tracks[i];
	}
	if (mine == NULL || mine == owner)
		return;
	if (owner != NULL)
		owner->id = owner->m.id = mine->id;
	mine->id = mine->m.id = id;
}

/* ---- media playlists ---------------------------------------------------- */

static bool
ends_with(const char *p, size_t len, const char *const *suffixes)
{
	size_t n;

	for (; *suffixes != NULL; suffixes++) {
		n = strlen(*suffixes);
		if (len >= n && uri_has_prefix(p + len - n, n, *suffixes))
			return true;
	}
	return false;
}

static uint8_t
container(const struct plan_track *t, const struct m3u8_media *pl)
{
	static const char *const ts[] = { ".ts", ".mts", ".m2ts", ".mpegts",
		NULL };
	static const char *const mp4[] = { ".m4s", ".mp4", ".m4v", ".m4a",
		".cmfv", ".cmfa", ".cmft", NULL };
	static const char *const aac[] = { ".aac", ".ac3", ".ec3", ".mp3",
		NULL };
	static const char *const text[] = { ".vtt", ".webvtt", NULL };
	const struct m3u8_segment *s = &pl->segments[pl->n_segments - 1];
	size_t len = without_query(s->uri);

	if (s->map.uri.len > 0 || ends_with(s->uri.p, len, mp4))
		return MANIFEST_FMP4;
	if (ends_with(s->uri.p, len, ts))
		return MANIFEST_TS;
	if (ends_with(s->uri.p, len, aac))
		return MANIFEST_AAC;
	if (ends_with(s->uri.p, len, text))
		return MANIFEST_TEXT;
	return t->m.container;
}

int
plan_look(struct plan *p, size_t i, const struct m3u8_media *pl)
{
	struct plan_track *t = &p->tracks[i];
	uint32_t target = SP_MIN(pl->target_s, 3600u);
	uint8_t kind = pl->n_segments > 0 ? container(t, pl) : t->m.container;
	char *head;
	bool changed;

	if (join(p, pl->head, pl->n_head, &head) < 0)
		return SP_ERR_NOMEM;
	changed = !t->seen || t->m.target_s != target ||
		  t->m.container != kind || strcmp(head, t->head) != 0;
	mem_free(p->mem, t->head);
	t->head = head;
	t->seen = true;
	t->m.head = (struct manifest_text){ head, strlen(head) };
	t->m.target_s = target;
	t->m.container = kind;
	return changed;
}

bool
plan_measure(struct plan *p, size_t i, size_t bytes, uint32_t duration_us)
{
	struct plan_track *t = &p->tracks[i];

	if (duration_us == 0 || t->m.bandwidth_bps > 0)
		return false;
	t->peak_bps = SP_MAX(t->peak_bps,
	    (uint64_t)bytes * 8 * UINT64_C(1000000) / duration_us);
	if (++t->measured < PLAN_MEASURE)
		return false;
	/* Rounded up, so that it does not look more exact than it is. */
	t->m.bandwidth_bps = (uint32_t)SP_MIN((t->peak_bps / 10000 + 1) * 10000,
	    (uint64_t)UINT32_MAX);
	return true;
}

void
plan_manifest(const struct plan *p, struct manifest *m)
{
	m->n_tracks = p->n_tracks;
	for (size_t i = 0; i < p->n_tracks; i++)
		m->tracks[i] = p->tracks[i].m;
	m->n_refs = p->n_refs;
	for (size_t i = 0; i < p->n_refs; i++) {
		m->refs[i] = p->refs[i];
		if (m->refs[i].track >= 0)
			m->refs[i].track = p->tracks[m->refs[i].track].id;
	}
	if (p->lines != NULL)
		m->lines = (struct manifest_text){ p->lines, strlen(p->lines) };
}

uint32_t
plan_target(const struct plan *p)
{
	uint32_t most = 0;

	for (size_t i = 0; i < p->n_tracks; i++)
		most = SP_MAX(most, p->tracks[i].m.target_s);
	return most;
}
