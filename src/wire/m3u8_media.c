#include "wire/m3u8_in.h"

static int
bad_number(struct m3u8_in *in, int err, const char *syntax)
{
	return m3u8_fail(in, err,
	    err == SP_ERR_RANGE ? "number out of range" : syntax);
}

int
m3u8_in_target(struct m3u8_in *in, struct m3u8_span v)
{
	uint64_t n;
	int rv = m3u8_get_u64(v, UINT32_MAX, &n);

	if (rv < 0)
		return bad_number(in, rv, "bad EXT-X-TARGETDURATION");
	in->out->media.target_s = (uint32_t)n;
	in->has_target = true;
	return 0;
}

int
m3u8_in_sequence(struct m3u8_in *in, struct m3u8_span v)
{
	int rv;

	if (in->out->media.n_segments > 0)
		return m3u8_fail(in, SP_ERR_SYNTAX,
		    "EXT-X-MEDIA-SEQUENCE after the first segment");
	rv = m3u8_get_u64(v, LIM_NUMBER - 1, &in->out->media.media_sequence);
	if (rv < 0)
		return bad_number(in, rv, "bad EXT-X-MEDIA-SEQUENCE");
	return 0;
}

int
m3u8_in_dseq(struct m3u8_in *in, struct m3u8_span v)
{
	uint64_t n;
	int rv;

	if (in->out->media.n_segments > 0 || in->seg.discontinuity)
		return m3u8_fail(in, SP_ERR_SYNTAX,
		    "EXT-X-DISCONTINUITY-SEQUENCE comes too late");
	rv = m3u8_get_u64(v, UINT32_MAX, &n);
	if (rv < 0)
		return bad_number(in, rv, "bad EXT-X-DISCONTINUITY-SEQUENCE");
	in->out->media.discontinuity_sequence = (uint32_t)n;
	in->seg.dseq = (uint32_t)n;
	return 0;
}

int
m3u8_in_type(struct m3u8_in *in, struct m3u8_span v)
{
	if (m3u8_span_is(v, "EVENT"))
		in->out->media.type = M3U8_EVENT;
	else if (m3u8_span_is(v, "VOD"))
		in->out->media.type = M3U8_VOD;
	else
		return m3u8_fail(in, SP_ERR_SYNTAX, "bad EXT-X-PLAYLIST-TYPE");
	return 0;
}

int
m3u8_in_endlist(struct m3u8_in *in, struct m3u8_span v)
{
	(void)v;
	in->out->media.endlist = true;
	return 0;
}

int
m3u8_in_iframes(struct m3u8_in *in, struct m3u8_span v)
{
	(void)v;
	in->out->media.iframes_only = true;
	return 0;
}

int
m3u8_in_inf(struct m3u8_in *in, struct m3u8_span v)
{
	const char *comma = memchr(v.p, ',', v.len);
	struct m3u8_span number = v;
	int rv;

	if (in->has_inf)
		return m3u8_fail(in, SP_ERR_SYNTAX, "EXTINF without URI");
	if (comma != NULL) {
		number.len = (size_t)(comma - v.p);
		in->seg.title.p = comma + 1;
		in->seg.title.len = v.len - number.len - 1;
	}
	rv = m3u8_get_duration(number, &in->seg.duration_us);
	if (rv < 0)
		return bad_number(in, rv, "bad duration in EXTINF");
	in->has_inf = true;
	return 0;
}

int
m3u8_in_byterange(struct m3u8_in *in, struct m3u8_span v)
{
	bool has_offset;
	int rv;

	if (in->seg.has_range)
		return m3u8_fail(in, SP_ERR_SYNTAX,
		    "two EXT-X-BYTERANGE for one segment");
	rv = m3u8_get_range(v, &in->seg.length, &in->seg.offset, &has_offset);
	if (rv < 0)
		return bad_number(in, rv, "bad EXT-X-BYTERANGE");
	in->seg.has_range = true;
	in->implicit = !has_offset;
	return 0;
}

int
m3u8_in_discontinuity(struct m3u8_in *in, struct m3u8_span v)
{
	(void)v;
	if (in->seg.dseq == UINT32_MAX)
		return m3u8_fail(in, SP_ERR_RANGE, "too many discontinuities");
	in->seg.dseq++;
	in->seg.discontinuity = true;
	return 0;
}

static struct m3u8_span
key_format(struct m3u8_span line)
{
	struct m3u8_span f = { "identity", 8 };

	m3u8_attr(line, "KEYFORMAT", &f, NULL);
	return f;
}

int
m3u8_in_key(struct m3u8_in *in, struct m3u8_span line)
{
	struct m3u8_span method, uri;
	unsigned i;
	int rv = m3u8_check_attrs(in, m3u8_value(line));

	if (rv < 0)
		return rv;
	if (!m3u8_attr(line, "METHOD", &method, NULL))
		return m3u8_fail(in, SP_ERR_SYNTAX, "EXT-X-KEY without METHOD");
	if (m3u8_span_is(method, "NONE")) {
		in->seg.n_keys = 0;
		return 0;
	}
	rv = m3u8_get_uri(in, m3u8_value(line), LIM_LINES, &uri);
	if (rv == SP_ERR_NOTFOUND)
		return m3u8_fail(in, SP_ERR_SYNTAX, "EXT-X-KEY without URI");
	if (rv < 0)
		return rv;
	for (i = 0; i < in->seg.n_keys; i++)
		if (m3u8_span_eq(key_format(in->seg.keys[i]), key_format(line)))
			break;
	if (i == M3U8_MAX_KEYS)
		return m3u8_fail(in, SP_ERR_TOOBIG, "too many key formats");
	in->seg.keys[i] = line;
	in->seg.n_keys = SP_MAX(in->seg.n_keys, i + 1);
	return 0;
}

int
m3u8_in_map(struct m3u8_in *in, struct m3u8_span v)
{
	struct m3u8_map map = { 0 };
	struct m3u8_span range;
	bool has_offset;
	int rv;

	rv = m3u8_get_uri(in, v, LIM_URI, &map.uri);
	if (rv == SP_ERR_NOTFOUND)
		return m3u8_fail(in, SP_ERR_SYNTAX, "EXT-X-MAP without URI");
	if (rv < 0)
		return rv;
	map.has_range = m3u8_attr(v, "BYTERANGE", &range, NULL);
	if (map.has_range) {
		rv = m3u8_get_range(range, &map.length, &map.offset,
		    &has_offset);
		if (rv < 0)
			return bad_number(in, rv, "bad BYTERANGE in EXT-X-MAP");
	}
	in->seg.map = map;
	return 0;
}

int
m3u8_in_date(struct m3u8_in *in, struct m3u8_span line)
{
	if (m3u8_get_date(m3u8_value(line), &in->seg.pdt_ms) < 0)
		return m3u8_fail(in, SP_ERR_SYNTAX,
		    "bad EXT-X-PROGRAM-DATE-TIME");
	in->seg.has_pdt = true;
	return m3u8_keep(in, in->seg.lines, &in->seg.n_lines, M3U8_MAX_LINES,
	    line);
}

int
m3u8_in_gap(struct m3u8_in *in, struct m3u8_span v)
{
	(void)v;
	in->seg.gap = true;
	return 0;
}

/* The range goes on where the previous segment's range ended. */
static int
segment_continue(struct m3u8_in *in)
{
	const struct m3u8_media *m = &in->out->media;
	const struct m3u8_segment *prev;
	uint64_t end;

	prev = m->n_segments > 0 ? &m->segments[m->n_segments - 1] : NULL;
	if (prev == NULL || !prev->has_range ||
	    !m3u8_span_eq(prev->uri, in->seg.uri))
		return m3u8_fail(in, SP_ERR_SYNTAX,
		    "EXT-X-BYTERANGE without offset has nothing to follow");
	end = prev->offset + prev->length;
	if (in->seg.length > INT64_MAX - end)
		return m3u8_fail(in, SP_ERR_RANGE, "number out of range");
	in->seg.offset = end;
	return 0;
}

static int
segment_push(struct m3u8_in *in)
{
	struct m3u8_media *m = &in->out->media;
	struct m3u8_segment *more;
	size_t cap;

	if (m->n_segments == LIM_M3U8_SEGMENTS)
		return m3u8_fail(in, SP_ERR_TOOBIG, "too many segments");
	if (m->n_segments == in->cap) {
		cap = SP_MIN(SP_MAX(in->cap * 2, 16), LIM_M3U8_SEGMENTS);
		more =
		    mem_resize(in->out->mem, m->segments, cap, sizeof(*more));
		if (more == NULL)
			return m3u8_fail(in, SP_ERR_NOMEM, "out of memory");
		m->segments = more;
		in->cap = cap;
	}
	m->segments[m->n_segments++] = in->seg;
	return 0;
}

int
m3u8_in_segment(struct m3u8_in *in, struct m3u8_span uri)
{
	const struct m3u8_media *m = &in->out->media;
	struct m3u8_segment next = { 0 };
	int rv;

	if (!in->has_inf)
		return m3u8_fail(in, SP_ERR_SYNTAX, "URI without EXTINF");
	rv = m3u8_check_uri(in, uri, LIM_URI);
	if (rv < 0)
		return rv;
	in->seg.uri = uri;
	in->seg.media_sequence = m->media_sequence + m->n_segments;
	if (in->seg.media_sequence >= LIM_NUMBER)
		return m3u8_fail(in, SP_ERR_RANGE, "number out of range");
	if (in->implicit && (rv = segment_continue(in)) < 0)
		return rv;
	rv = segment_push(in);
	if (rv < 0)
		return rv;
	next.dseq = in->seg.dseq;
	next.map = in->seg.map;
	next.n_keys = in->seg.n_keys;
	memcpy(next.keys, in->seg.keys, sizeof(next.keys));
	in->seg = next;
	in->has_inf = in->implicit = false;
	return 0;
}

int
m3u8_in_media_end(struct m3u8_in *in)
{
	struct m3u8_media *m = &in->out->media;

	if (in->has_inf)
		return m3u8_fail(in, SP_ERR_SYNTAX, "EXTINF without URI");
	m->n_tail = in->seg.n_lines;
	memcpy(m->tail, in->seg.lines, sizeof(m->tail));
	return 0;
}
