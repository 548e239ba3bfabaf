#include "swarm/client/from_list.h"

#define NEVER INT64_MIN

/* When segment |i| begins, if |t| is when it should by those before it. */
static int64_t
start_of(const struct m3u8_segment *s, int64_t t)
{
	return s->has_pdt ? s->pdt_ms : t;
}

static int64_t
end_of(const struct m3u8_segment *s, int64_t start)
{
	return start == NEVER ? NEVER
			      : start + (int64_t)(s->duration_us / 1000);
}

int
from_list_times(const struct m3u8_media *m, int64_t *first, int64_t *last)
{
	int64_t t = NEVER, start;

	*first = *last = NEVER;
	for (size_t i = 0; i < m->n_segments; i++) {
		start = start_of(&m->segments[i], t);
		t = end_of(&m->segments[i], start);
		if (start == NEVER)
			continue;
		if (*first == NEVER)
			*first = start;
		*last = t;
	}
	return *first == NEVER ? SP_ERR_NOTFOUND : 0;
}

/* The segment that is played at |at|, and when it begins. */
static int
find(const struct m3u8_media *m, int64_t at, size_t *out, int64_t *begins)
{
	int64_t t = NEVER, start, first, last;

	if (from_list_times(m, &first, &last) < 0 || at < first)
		return SP_ERR_NOTFOUND;
	for (size_t i = 0; i < m->n_segments; i++) {
		start = start_of(&m->segments[i], t);
		t = end_of(&m->segments[i], start);
		if (start == NEVER || t <= at)
			continue;
		*out = i;
		*begins = start;
		return 0;
	}
	return SP_ERR_NOTFOUND;
}

bool
from_list_is_path(const struct m3u8_span *uri)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~%/";

	for (size_t i = 0; i < uri->len; i++)
		if (memchr(chars, uri->p[i], strlen(chars)) == NULL)
			return false;
	return true;
}

/* ---- writing ---- */

static bool
has(const struct m3u8_span *s, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= s->len; i++)
		if (memcmp(s->p + i, text, n) == 0)
			return true;
	return false;
}

/* Does it name media beside those that are listed? */
static bool
is_foreign(const struct m3u8_span *line)
{
	return m3u8_line_is(*line, "EXT-X-CONTENT-STEERING") ||
	       (m3u8_line_is(*line, "EXT-X-DATERANGE") &&
		   has(line, "X-ASSET-"));
}

static void
put_span(struct sp_buf *b, const struct m3u8_span *s)
{
	buf_put(b, s->p, s->len);
	buf_put_u8(b, '\n');
}

static void
put_lines(struct sp_buf *b, const struct m3u8_span *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_foreign(&v[i]))
			put_span(b, &v[i]);
}

static void
put_number(struct sp_buf *b, const char *tag, uint64_t v)
{
	buf_put_str(b, tag);
	buf_put_dec(b, v);
	buf_put_u8(b, '\n');
}

static void
put_header(struct sp_buf *b, const struct m3u8_media *m,
    const struct m3u8_segment *s)
{
	uint32_t dseq = s->dseq - (s->discontinuity ? 1 : 0);

	buf_put_str(b, "#EXTM3U\n");
	put_number(b, "#EXT-X-VERSION:", m->version);
	put_number(b, "#EXT-X-TARGETDURATION:", m->target_s);
	if (m->type == M3U8_VOD)
		buf_put_str(b, "#EXT-X-PLAYLIST-TYPE:VOD\n");
	put_number(b, "#EXT-X-MEDIA-SEQUENCE:", s->media_sequence);
	if (dseq > 0)
		put_number(b, "#EXT-X-DISCONTINUITY-SEQUENCE:", dseq);
	if (m->independent)
		buf_put_str(b, "#EXT-X-INDEPENDENT-SEGMENTS\n");
	for (unsigned i = 0; i < m->n_head; i++)
		if (!m3u8_line_is(m->head[i], "EXT-X-START"))
			put_lines(b, &m->head[i], 1);
}

static bool
same_span(const struct m3u8_span *a, const struct m3u8_span *b)
{
	return a->len == b->len &&
	       (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

static void
put_keys(struct sp_buf *b, const struct m3u8_segment *s,
    const struct m3u8_segment *before)
{
	bool same = before != NULL && before->n_keys == s->n_keys;

	for (unsigned i = 0; same && i < s->n_keys; i++)
		same = same_span(&s->keys[i], &before->keys[i]);
	if (same || (before == NULL && s->n_keys == 0))
		return;
	if (s->n_keys == 0)
		buf_put_str(b, "#EXT-X-KEY:METHOD=NONE\n");
	for (unsigned i = 0; i < s->n_keys; i++)
		put_span(b, &s->keys[i]);
}

static void
put_map(struct sp_buf *b, const struct m3u8_map *m,
    const struct m3u8_map *before)
{
	if (m->uri.len == 0 ||
	    (before != NULL && same_span(&m->uri, &before->uri) &&
		m->has_range == before->has_range &&
		m->offset == before->offset && m->length == before->length))
		return;
	buf_put_str(b, "#EXT-X-MAP:URI=\"");
	buf_put(b, m->uri.p, m->uri.len);
	buf_put_u8(b, '"');
	if (m->has_range) {
		buf_put_str(b, ",BYTERANGE=\"");
		buf_put_dec(b, m->length);
		buf_put_u8(b, '@');
		buf_put_dec(b, m->offset);
		buf_put_u8(b, '"');
	}
	buf_put_u8(b, '\n');
}

/* "2026-11-23T20:15:00.000Z": days since 1970 as a date, by H. Hinnant. */
static void
put_time(struct sp_buf *b, int64_t ms)
{
	int64_t days = ms / 86400000, z = days + 719468, in_day;
	unsigned doe, yoe, doy, mp, day, month, year;
	char text[64];

	in_day = ms - days * 86400000;
	doe = (unsigned)(z % 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	day = doy - (153 * mp + 2) / 5 + 1;
	month = mp < 10 ? mp + 3 : mp - 9;
	year = yoe + (unsigned)(z / 146097) * 400 + (month <= 2);
	snprintf(text, sizeof(text),
	    "#EXT-X-PROGRAM-DATE-TIME:%04u-%02u-%02uT%02u:%02u:%02u.%03uZ\n",
	    year, month, day, (unsigned)(in_day / 3600000),
	    (unsigned)(in_day / 60000 % 60), (unsigned)(in_day / 1000 % 60),
	    (unsigned)(in_day % 1000));
	buf_put_str(b, text);
}

static void
put_segment(struct sp_buf *b, const struct m3u8_segment *s,
    const struct m3u8_segment *before)
{
	if (s->discontinuity)
		buf_put_str(b, "#EXT-X-DISCONTINUITY\n");
	put_keys(b, s, before);
	put_map(b, &s->map, before != NULL ? &before->map : NULL);
	put_lines(b, s->lines, s->n_lines);
	if (s->gap)
		buf_put_str(b, "#EXT-X-GAP\n");
	if (s->has_range) {
		buf_put_str(b, "#EXT-X-BYTERANGE:");
		buf_put_dec(b, s->length);
		buf_put_u8(b, '@');
		put_number(b, "", s->offset);
	}
	buf_put_str(b, "#EXTINF:");
	m3u8_put_duration(b, s->duration_us);
	buf_put_u8(b, ',');
	put_span(b, &s->title);
	put_span(b, &s->uri);
}

int
from_list_cut(struct sp_buf *b, const struct m3u8_media *m, int64_t at_ms)
{
	const struct m3u8_segment *s;
	int64_t begins;
	size_t first;
	int rv = find(m, at_ms, &first, &begins);

	if (rv < 0)
		return rv;
	s = &m->segments[first];
	put_header(b, m, s);
	if (!s->has_pdt)
		put_time(b, begins);
	for (size_t i = first; i < m->n_segments; i++)
		put_segment(b, &m->segments[i],
		    i > first ? &m->segments[i - 1] : NULL);
	put_lines(b, m->tail, m->n_tail);
	if (m->endlist)
		buf_put_str(b, "#EXT-X-ENDLIST\n");
	return b->err;
}

static void
put_ref(struct sp_buf *b, const struct m3u8_ref *r)
{
	static const char *const tags[] = {
		[M3U8_REF_STREAM] = "#EXT-X-STREAM-INF:",
		[M3U8_REF_MEDIA] = "#EXT-X-MEDIA:",
		[M3U8_REF_IFRAME] = "#EXT-X-I-FRAME-STREAM-INF:",
	};
	size_t prefix = strlen(FROM_PREFIX);
	char uri[sizeof(FROM_PREFIX) + LIM_URI];

	buf_put_str(b, tags[r->kind]);
	if (r->uri.len > LIM_URI)
		return;
	memcpy(uri, FROM_PREFIX, prefix);
	memcpy(uri + prefix, r->uri.p, r->uri.len);
	if (r->kind == M3U8_REF_STREAM) {
		put_span(b, &r->attrs);
		buf_put(b, uri, prefix + r->uri.len);
	} else if (r->uri.len > 0) {
		(void)m3u8_attr_set(b, r->attrs, "URI", uri,
		    prefix + r->uri.len, true);
	} else {
		buf_put(b, r->attrs.p, r->attrs.len);
	}
	buf_put_u8(b, '\n');
}

int
from_list_master(struct sp_buf *b, const struct m3u8_master *m)
{
	buf_put_str(b, "#EXTM3U\n");
	put_number(b, "#EXT-X-VERSION:", m->version);
	put_lines(b, m->lines, m->n_lines);
	for (size_t i = 0; i < m->n_refs; i++)
		put_ref(b, &m->refs[i]);
	return b->err;
}
