#include "swarm/client/hls_out.h"

#include "wire/m3u8.h"
#include "wire/uri.h"

#define END_WAIT (30 * SP_S)

#define TAG_INDEPENDENT "#EXT-X-INDEPENDENT-SEGMENTS\n"

/* ---- numbering ---- */

static uint8_t *
seq_mark(struct hls_seq *s, uint64_t number)
{
	return &s->mark[number % SP_LEN(s->mark)];
}

/*
 * The first piece, or the first after a pause in which nobody watched: what
 * was listed before is far away and needs no tag.
 */
static void
seq_begin(struct hls_seq *s, uint64_t number, const struct record *rec)
{
	uint64_t dseq = rec->dseq;

	if (rec->flags & RECORD_DISCONTINUITY && dseq > 0)
		dseq--;
	if (s->begun)
		hls_seq_advance(s, s->end);
	s->first = s->end = number;
	s->msn = number - SP_MIN(s->lost, number);
	s->dseq = SP_MAX(s->dseq, dseq);
	s->begun = true;
	s->broken = false;
}

void
hls_seq_note(struct hls_seq *s, uint64_t number, const struct record *rec)
{
	uint8_t mark = 0;

	if (s->begun && number < s->end)
		return;
	if (!s->begun || number > s->end) {
		if (rec == NULL)
			return;
		seq_begin(s, number, rec);
	}
	if (s->end - s->first == SP_LEN(s->mark))
		hls_seq_advance(s, s->first + 1);
	if (rec == NULL) {
		mark = HLS_MARK_LOST;
		s->lost++;
		s->broken = true;
	} else if (rec->flags & RECORD_GAP && rec->duration_us == 0) {
		mark = HLS_MARK_LOST;
		s->lost++;
	} else {
		if (s->broken || rec->flags & RECORD_DISCONTINUITY)
			mark = HLS_MARK_DISC;
		s->broken = false;
	}
	*seq_mark(s, number) = mark;
	s->end = number + 1;
}

void
hls_seq_advance(struct hls_seq *s, uint64_t number)
{
	uint8_t mark;

	for (; s->first < number && s->first < s->end; s->first++) {
		mark = *seq_mark(s, s->first);
		s->msn += !(mark & HLS_MARK_LOST);
		s->dseq += (mark & HLS_MARK_DISC) != 0;
	}
}

/* ---- media playlist ---- */

struct writer {
	struct sp_buf *b;
	const struct hls_media *m;
	uint64_t init; /* in force */
	const char *keys;
	size_t keys_len;
};

static void
put_u64(struct sp_buf *b, const char *tag, uint64_t v)
{
	buf_put_str(b, tag);
	buf_put_dec(b, (int64_t)v);
	buf_put_u8(b, '\n');
}

static const struct record *
listed(const struct hls_media *m, uint64_t number)
{
	const struct hls_seq *s = m->seq;

	if (s->mark[number % SP_LEN(s->mark)] & HLS_MARK_LOST)
		return NULL;
	return m->piece(m->ctx, number);
}

static bool
text_has(const char *s, size_t len, const char *what)
{
	return len > 0 && memmem(s, len, what, strlen(what)) != NULL;
}

/* What all listed pieces together say of the header. */
struct summary {
	unsigned version;
	uint32_t target_s;
	bool independent;
};

static void
summarize(struct summary *out, const struct hls_media *m)
{
	const struct record *rec;
	uint64_t n;
	uint32_t s;

	out->version = 3;
	out->target_s = 1;
	out->independent = m->seq->first < m->seq->end;
	for (n = m->seq->first; n < m->seq->end; n++) {
		if ((rec = listed(m, n)) == NULL)
			continue;
		s = (rec->duration_us + 500000) / 1000000;
		out->target_s = SP_MAX(out->target_s, s);
		if (text_has(rec->keys, rec->keys_len, "KEYFORMAT"))
			out->version = SP_MAX(out->version, 5);
		if (rec->init != RECORD_NO_INIT)
			out->version = SP_MAX(out->version, 6);
		if (rec->flags & RECORD_GAP)
			out->version = SP_MAX(out->version, 8);
		if (!(rec->flags & RECORD_INDEPENDENT))
			out->independent = false;
	}
	if (m->track->container == MANIFEST_FMP4)
		out->version = SP_MAX(out->version, 7);
	if (m->track->target_s > 0)
		out->target_s = m->track->target_s;
}

static void
put_header(struct sp_buf *b, const struct hls_media *m)
{
	const struct manifest_text *head = &m->track->head;
	struct summary sum;

	summarize(&sum, m);
	buf_put_str(b, "#EXTM3U\n");
	put_u64(b, "#EXT-X-VERSION:", sum.version);
	put_u64(b, "#EXT-X-TARGETDURATION:", sum.target_s);
	put_u64(b, "#EXT-X-MEDIA-SEQUENCE:", m->seq->msn);
	if (m->seq->dseq > 0)
		put_u64(b, "#EXT-X-DISCONTINUITY-SEQUENCE:", m->seq->dseq);
	if (sum.independent && !text_has(head->p, head->len, TAG_INDEPENDENT))
		buf_put_str(b, TAG_INDEPENDENT);
	buf_put(b, head->p, head->len);
}

static void
put_keys(struct writer *w, const struct record *rec)
{
	if (rec->keys_len == w->keys_len &&
	    (rec->keys_len == 0 ||
		memcmp(rec->keys, w->keys, rec->keys_len) == 0))
		return;
	if (rec->keys_len == 0)
		buf_put_str(w->b, "#EXT-X-KEY:METHOD=NONE\n");
	else
		buf_put(w->b, rec->keys, rec->keys_len);
	w->keys = rec->keys;
	w->keys_len = rec->keys_len;
}

static void
put_map(struct writer *w, const struct record *rec)
{
	if (rec->init == w->init || rec->init == RECORD_NO_INIT)
		return;
	buf_put_str(w->b, "#EXT-X-MAP:URI=\"init-");
	buf_put_dec(w->b, (int64_t)rec->init);
	buf_put_str(w->b, ".mp4");
	buf_put_str(w->b, w->m->query);
	buf_put_str(w->b, "\"\n");
	w->init = rec->init;
}

static void
put_segment(struct writer *w, const struct record *rec, uint8_t mark)
{
	char ext[HLS_EXT_MAX];

	if (mark & HLS_MARK_DISC)
		buf_put_str(w->b, "#EXT-X-DISCONTINUITY\n");
	put_keys(w, rec);
	put_map(w, rec);
	buf_put(w->b, rec->lines, rec->lines_len);
	if (rec->flags & RECORD_GAP)
		buf_put_str(w->b, "#EXT-X-GAP\n");
	buf_put_str(w->b, "#EXTINF:");
	m3u8_put_duration(w->b, rec->duration_us);
	buf_put_str(w->b, ",\n");
	buf_put_dec(w->b, (int64_t)rec->number);
	buf_put_u8(w->b, '.');
	buf_put_str(w->b, hls_ext(w->m->track, rec, ext));
	buf_put_str(w->b, w->m->query);
	buf_put_u8(w->b, '\n');
}

int
hls_media_write(struct sp_buf *b, const struct hls_media *m)
{
	struct writer w = { .b = b, .m = m, .init = RECORD_NO_INIT };
	const struct record *rec;
	uint64_t n;

	put_header(b, m);
	for (n = m->seq->first; n < m->seq->end; n++)
		if ((rec = listed(m, n)) != NULL)
			put_segment(&w, rec,
			    m->seq->mark[n % SP_LEN(m->seq->mark)]);
	if (m->ended)
		buf_put_str(b, "#EXT-X-ENDLIST\n");
	return b->err;
}

uint64_t
hls_list_first(const struct hls_media *m, uint64_t first, uint64_t edge,
    uint64_t span_us)
{
	const struct record *rec;
	uint64_t n = edge, us = 0;
	unsigned count = 0;

	while (n > first && count < HLS_LIST_MAX) {
		if (count >= HLS_LIST_MIN && us >= span_us)
			break;
		if ((rec = m->piece(m->ctx, --n)) == NULL)
			continue;
		us += rec->duration_us;
		count++;
	}
	return n;
}

uint64_t
hls_list_span(uint32_t window_ms, uint32_t delay_ms, uint32_t target_s)
{
	/* one segment that the span cuts is listed whole, one is played */
	uint64_t off = 2000 * (uint64_t)target_s;
	uint64_t half = window_ms > delay_ms ? (window_ms - delay_ms) / 2 : 0;

	return half > off ? (half - off) * 1000 : 0;
}

/* ---- master playlist ---- */

static void
put_uri(struct sp_buf *b, unsigned track, const char *query)
{
	buf_put_str(b, "t/");
	buf_put_dec(b, track);
	buf_put_str(b, "/index.m3u8");
	buf_put_str(b, query);
}

/* #|tag|:|attrs| with the URI attribute set to the track's, if it has one. */
static void
put_ref_attr(struct sp_buf *b, const char *tag, const struct manifest_ref *r,
    const char *query)
{
	struct m3u8_span attrs = { r->attrs.p, r->attrs.len };
	struct sp_buf uri;

	buf_put_str(b, tag);
	if (r->track < 0) {
		buf_put(b, attrs.p, attrs.len);
	} else {
		buf_init(&uri, b->mem, LIM_URI);
		put_uri(&uri, (unsigned)r->track, query);
		if (uri.err == 0)
			m3u8_attr_set(b, attrs, "URI", (const char *)uri.p,
			    uri.len, true);
		else
			b->err = uri.err;
		buf_fini(&uri);
	}
	buf_put_u8(b, '\n');
}

static void
put_ref(struct sp_buf *b, const struct manifest *m,
    const struct manifest_ref *r, const char *query)
{
	if (r->track >= 0 && manifest_track(m, (uint8_t)r->track) == NULL)
		return;
	switch (r->kind) {
	case MANIFEST_REF_STREAM:
		if (r->track < 0)
			return;
		buf_put_str(b, "#EXT-X-STREAM-INF:");
		buf_put(b, r->attrs.p, r->attrs.len);
		buf_put_u8(b, '\n');
		put_uri(b, (unsigned)r->track, query);
		buf_put_u8(b, '\n');
		break;
	case MANIFEST_REF_MEDIA:
		put_ref_attr(b, "#EXT-X-MEDIA:", r, query);
		break;
	case MANIFEST_REF_IFRAME:
		if (r->track >= 0)
			put_ref_attr(b, "#EXT-X-I-FRAME-STREAM-INF:", r, query);
		break;
	}
}

/* A quoted string must not hold quotes. */
static void
put_quoted(struct sp_buf *b, const char *name, const struct manifest_text *t)
{
	if (t->len == 0 || memchr(t->p, '"', t->len) != NULL)
		return;
	buf_put_str(b, name);
	buf_put_u8(b, '"');
	buf_put(b, t->p, t->len);
	buf_put_u8(b, '"');
}

static void
put_variant(struct sp_buf *b, const struct manifest_track *t, const char *query)
{
	/* BANDWIDTH must be there; players only compare it. */
	uint32_t bps = t->bandwidth_bps == 0 ? 1000000 : t->bandwidth_bps;

	buf_put_str(b, "#EXT-X-STREAM-INF:BANDWIDTH=");
	buf_put_dec(b, bps);
	put_quoted(b, ",CODECS=", &t->codecs);
	if (t->width > 0 && t->height > 0) {
		buf_put_str(b, ",RESOLUTION=");
		buf_put_dec(b, t->width);
		buf_put_u8(b, 'x');
		buf_put_dec(b, t->height);
	}
	put_quoted(b, ",NAME=", &t->name);
	buf_put_u8(b, '\n');
	put_uri(b, t->id, query);
	buf_put_u8(b, '\n');
}

static bool
is_in(uint32_t set, int track)
{
	return track >= 0 && track < LIM_TRACKS && (set >> track & 1);
}

int
hls_master_write(struct sp_buf *b, const struct manifest *m, uint32_t without,
    const char *query)
{
	size_t i;

	buf_put_str(b, "#EXTM3U\n");
	put_u64(b, "#EXT-X-VERSION:", m->n_refs > 0 ? 7 : 3);
	buf_put(b, m->lines.p, m->lines.len);
	for (i = 0; i < m->n_refs; i++)
		if (m->refs[i].kind != MANIFEST_REF_STREAM ||
		    !is_in(without, m->refs[i].track))
			put_ref(b, m, &m->refs[i], query);
	for (i = 0; m->n_refs == 0 && i < m->n_tracks; i++)
		if (!is_in(without, m->tracks[i].id))
			put_variant(b, &m->tracks[i], query);
	return b->err;
}

bool
hls_is_over(sp_time age, uint32_t delay_ms)
{
	return age > delay_ms * SP_MS + END_WAIT;
}

int
hls_first_track(const struct manifest *m, uint32_t without)
{
	size_t i;

	for (i = 0; i < m->n_refs; i++)
		if (m->refs[i].kind == MANIFEST_REF_STREAM &&
		    m->refs[i].track >= 0 &&
		    !is_in(without, m->refs[i].track) &&
		    manifest_track(m, (uint8_t)m->refs[i].track) != NULL)
			return m->refs[i].track;
	for (i = 0; m->n_refs == 0 && i < m->n_tracks; i++)
		if (!is_in(without, m->tracks[i].id))
			return m->tracks[i].id;
	return m->n_tracks > 0 ? m->tracks[0].id : -1;
}
