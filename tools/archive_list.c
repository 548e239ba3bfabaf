#include "tools/archive_plan.h"

#include "io/loop.h"
#include "wire/m3u8.h"
#include "wire/uri.h"

/* Playlists of an archive: RFC 8216, a presentation that is over. */

struct writer {
	struct sp_buf *b;
	const struct archive_span *s;
	uint8_t track;
	const struct record *last; /* the one before */
	uint64_t init;             /* in force */
	const char *keys;
	size_t keys_len;
};

static bool
has(const char *s, size_t len, const char *what)
{
	return len > 0 && memmem(s, len, what, strlen(what)) != NULL;
}

static void
put_number(struct sp_buf *b, const char *tag, uint64_t v)
{
	buf_put_str(b, tag);
	buf_put_dec(b, (int64_t)v);
	buf_put_u8(b, '\n');
}

/* Each component escaped. */
static void
put_path(struct sp_buf *b, const char *path)
{
	size_t n;

	for (;; path += n + 1) {
		n = strcspn(path, "/");
		uri_put_escaped(b, path, n);
		if (path[n] == '\0')
			return;
		buf_put_u8(b, '/');
	}
}

/* A gap of no duration only says that its track has ended. */
static bool
is_listed(const struct record *r, uint8_t track)
{
	return r->track == track && !(r->length == 0 && r->duration_us == 0);
}

/* ---- header ------------------------------------------------------------- */

struct summary {
	unsigned version;
	uint64_t target_s;
	bool any, independent;
	uint64_t first;
	uint32_t dseq;
};

static void
summarize(struct summary *out, const struct archive_span *s, uint8_t track)
{
	memset(out, 0, sizeof(*out));
	out->version = 3;
	out->target_s = 1;
	out->independent = true;
	for (size_t i = 0; i < s->n; i++) {
		const struct archive_piece *a = &s->v[i];
		const struct record *r = &a->e.rec;

		if (!is_listed(r, track))
			continue;
		if (!out->any) {
			out->first = r->number;
			out->dseq = r->dseq;
		}
		out->any = true;
		out->target_s = SP_MAX(out->target_s,
		    ((uint64_t)r->duration_us + 500000) / 1000000);
		if (has(r->keys, r->keys_len, "KEYFORMAT"))
			out->version = SP_MAX(out->version, 5u);
		if (r->init != RECORD_NO_INIT)
			out->version = SP_MAX(out->version, 7u);
		if (r->length == 0 || archive_lost(s, a) != NULL)
			out->version = SP_MAX(out->version, 8u);
		if (!(r->flags & RECORD_INDEPENDENT))
			out->independent = false;
	}
}

/* Lines of the live playlist, but those that speak of its edge. */
static void
put_head(struct sp_buf *b, const struct manifest_text *head)
{
	const char *p = head->p, *nl;
	size_t left = head->len, n;

	for (; left > 0; p += n, left -= n) {
		nl = memchr(p, '\n', left);
		n = nl != NULL ? (size_t)(nl - p) + 1 : left;
		if (!uri_has_prefix(p, n, "#ext-x-start:"))
			buf_put(b, p, n);
	}
}

static void
put_header(struct writer *w)
{
	static const char independent[] = "#EXT-X-INDEPENDENT-SEGMENTS\n";
	const struct manifest_track *t = manifest_track(w->s->m, w->track);
	struct sp_buf *b = w->b;
	struct summary sum;

	summarize(&sum, w->s, w->track);
	buf_put_str(b, "#EXTM3U\n");
	put_number(b, "#EXT-X-VERSION:", sum.version);
	put_number(b, "#EXT-X-TARGETDURATION:", sum.target_s);
	buf_put_str(b, "#EXT-X-PLAYLIST-TYPE:VOD\n");
	put_number(b, "#EXT-X-MEDIA-SEQUENCE:", sum.first);
	if (sum.dseq > 0)
		put_number(b, "#EXT-X-DISCONTINUITY-SEQUENCE:", sum.dseq);
	if (sum.independent &&
	    (t == NULL ||
		!has(t->head.p, t->head.len, "#EXT-X-INDEPENDENT-SEGMENTS")))
		buf_put_str(b, independent);
	if (t != NULL)
		put_head(b, &t->head);
}

/* ---- segments ----------------------------------------------------------- */

static void
put_keys(struct writer *w, const struct record *r)
{
	if (r->keys_len == w->keys_len &&
	    (r->keys_len == 0 || memcmp(r->keys, w->keys, r->keys_len) == 0))
		return;
	if (r->keys_len == 0)
		buf_put_str(w->b, "#EXT-X-KEY:METHOD=NONE\n");
	else
		buf_put(w->b, r->keys, r->keys_len);
	w->keys = r->keys;
	w->keys_len = r->keys_len;
}

static const struct archive_piece *
find_init(const struct writer *w, uint64_t number)
{
	for (size_t i = 0; i < w->s->n; i++) {
		const struct record *r = &w->s->v[i].e.rec;

		if (r->track == LIM_TRACK_INIT + w->track &&
		    r->number == number)
			return &w->s->v[i];
	}
	return NULL;
}

static void
put_map(struct writer *w, const struct record *r)
{
	const struct archive_piece *init;

	if (r->init == w->init || r->init == RECORD_NO_INIT)
		return;
	w->init = r->init;
	init = find_init(w, r->init);
	if (init == NULL || init->path == NULL)
		return;
	buf_put_str(w->b, "#EXT-X-MAP:URI=\"");
	put_path(w->b, init->path);
	buf_put_str(w->b, "\"\n");
}

/* Where a gap would be; nothing is loaded from there. */
static void
put_gap_uri(struct writer *w, const struct record *r)
{
	buf_put_str(w->b, "gap-");
	buf_put_dec(w->b, (int64_t)r->number);
	buf_put_u8(w->b, '\n');
}

static void
put_segment(struct writer *w, const struct archive_piece *a)
{
	const struct record *r = &a->e.rec;
	bool gap = a->path == NULL || archive_lost(w->s, a) != NULL;

	/* Numbers that were skipped are segments that are not there. */
	if (w->last != NULL &&
	    (r->number != w->last->number + 1 || r->epoch != w->last->epoch ||
		r->flags & RECORD_DISCONTINUITY))
		buf_put_str(w->b, "#EXT-X-DISCONTINUITY\n");
	put_keys(w, r);
	put_map(w, r);
	buf_put(w->b, r->lines, r->lines_len);
	if (gap)
		buf_put_str(w->b, "#EXT-X-GAP\n");
	buf_put_str(w->b, "#EXTINF:");
	m3u8_put_duration(w->b, r->duration_us);
	buf_put_str(w->b, ",\n");
	if (gap) {
		put_gap_uri(w, r);
	} else {
		put_path(w->b, a->path);
		buf_put_u8(w->b, '\n');
	}
	w->last = r;
}

int
archive_media_list(struct sp_buf *b, const struct archive_span *s,
    uint8_t track)
{
	struct writer w = { .b = b,
		.s = s,
		.track = track,
		.init = RECORD_NO_INIT };

	put_header(&w);
	for (size_t i = 0; i < s->n; i++)
		if (is_listed(&s->v[i].e.rec, track))
			put_segment(&w, &s->v[i]);
	buf_put_str(b, "#EXT-X-ENDLIST\n");
	return b->err;
}

/* ---- master ------------------------------------------------------------- */

static void
put_uri(struct sp_buf *b, const char *stem, int track)
{
	buf_put_str(b, stem);
	buf_put_str(b, "-t");
	buf_put_dec(b, track);
	buf_put_str(b, ARCHIVE_PLAYLIST);
}

static void
put_with_uri(struct sp_buf *b, const char *tag, const struct manifest_ref *r,
    const char *stem)
{
	struct m3u8_span attrs = { r->attrs.p, r->attrs.len };
	struct sp_buf uri;

	buf_put_str(b, tag);
	buf_init(&uri, io_mem(), LIM_URI);
	put_uri(&uri, stem, r->track);
	if (r->track < 0)
		buf_put(b, attrs.p, attrs.len);
	else if (uri.err == 0)
		m3u8_attr_set(b, attrs, "URI", (const char *)uri.p, uri.len,
		    true);
	else
		b->err = uri.err;
	buf_fini(&uri);
	buf_put_u8(b, '\n');
}

static void
put_ref(struct sp_buf *b, const struct manifest_ref *r, const char *stem,
    uint32_t tracks)
{
	bool here = r->track >= 0 && tracks >> r->track & 1;

	if (r->kind == MANIFEST_REF_MEDIA && (here || r->track < 0)) {
		put_with_uri(b, "#EXT-X-MEDIA:", r, stem);
	} else if (r->kind == MANIFEST_REF_STREAM && here) {
		buf_put_str(b, "#EXT-X-STREAM-INF:");
		buf_put(b, r->attrs.p, r->attrs.len);
		buf_put_u8(b, '\n');
		put_uri(b, stem, r->track);
		buf_put_u8(b, '\n');
	}
}

static bool
has_stream(const struct manifest *m, int track)
{
	for (size_t i = 0; i < m->n_refs; i++)
		if (m->refs[i].track == track &&
		    m->refs[i].kind != MANIFEST_REF_IFRAME)
			return true;
	return false;
}

/* A track that no line of the source's master playlist tells of. */
static void
put_variant(struct sp_buf *b, const struct manifest *m, uint8_t track,
    const char *stem)
{
	const struct manifest_track *t = manifest_track(m, track);

	buf_put_str(b, "#EXT-X-STREAM-INF:BANDWIDTH=");
	buf_put_dec(b,
	    t != NULL && t->bandwidth_bps > 0 ? t->bandwidth_bps : 1000000);
	if (t != NULL && t->width > 0 && t->height > 0) {
		buf_put_str(b, ",RESOLUTION=");
		buf_put_dec(b, t->width);
		buf_put_u8(b, 'x');
		buf_put_dec(b, t->height);
	}
	buf_put_u8(b, '\n');
	put_uri(b, stem, track);
	buf_put_u8(b, '\n');
}

int
archive_master_list(struct sp_buf *b, const struct archive_span *s,
    const char *stem)
{
	const struct manifest *m = s->m;
	uint8_t ids[LIM_TRACKS];
	size_t n = archive_tracks(s, ids);
	uint32_t tracks = 0;

	for (size_t i = 0; i < n; i++)
		tracks |= UINT32_C(1) << ids[i];
	buf_put_str(b, "#EXTM3U\n#EXT-X-VERSION:7\n");
	put_head(b, &m->lines);
	for (size_t i = 0; i < m->n_refs; i++)
		put_ref(b, &m->refs[i], stem, tracks);
	for (size_t i = 0; i < n; i++)
		if (!has_stream(m, ids[i]))
			put_variant(b, m, ids[i], stem);
	return b->err;
}
