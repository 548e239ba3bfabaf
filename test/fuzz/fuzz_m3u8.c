/*
 * A playlist as an origin may send it. What is taken is within its limits and
 * lies inside the input; URIs survive resolving and making relative; attribute
 * lists survive editing. The first two lines of anything are also taken as
 * base and reference.
 */

#include "test/fuzz/fuzz.h"
#include "wire/m3u8.h"

static const char *in, *in_end;

static bool
same(struct m3u8_span a, const void *p, size_t len)
{
	return a.len == len && (len == 0 || memcmp(a.p, p, len) == 0);
}

/* One line of the input. */
static void
must_line(struct m3u8_span s)
{
	FUZZ_CHECK(s.len == 0 || (s.p >= in && s.p + s.len <= in_end));
	FUZZ_CHECK(s.len == 0 || memchr(s.p, '\n', s.len) == NULL);
	FUZZ_CHECK(s.len == 0 || memchr(s.p, '\0', s.len) == NULL);
}

static void
must_uri(struct m3u8_span s)
{
	must_line(s);
	FUZZ_CHECK(s.len > 0 && s.len <= LIM_URI);
}

static void
must_lines(const struct m3u8_span *v, unsigned n, unsigned max)
{
	unsigned i;

	FUZZ_CHECK(n <= max);
	for (i = 0; i < n; i++) {
		must_line(v[i]);
		FUZZ_CHECK(v[i].len >= 4 && memcmp(v[i].p, "#EXT", 4) == 0);
	}
}

/* |ref| resolved, in |out|; what does not come out as bytes has len 0. */
static struct m3u8_span
resolve(struct sp_buf *out, struct m3u8_span base, struct m3u8_span ref)
{
	struct m3u8_span url = { NULL, 0 };

	buf_init(out, &heap_mem, 1 << 20);
	if (m3u8_resolve(out, base, ref) == 0) {
		url.p = (const char *)out->p;
		url.len = out->len;
	}
	return url;
}

/*
 * What is relative leads back. Resolving again takes out dot segments that a
 * reference without a path has kept from the base, and then nothing more.
 */
static void
try_uri(struct m3u8_span base, struct m3u8_span ref)
{
	struct m3u8_span url, rest, back;
	struct sp_buf one, two, three;

	url = resolve(&one, base, ref);
	if (m3u8_relative(base, url, &rest) > 0) {
		back = resolve(&two, base, rest);
		FUZZ_CHECK(same(url, back.p, back.len));
		buf_fini(&two);
	}
	if (url.len > 0) {
		url = resolve(&two, base, url);
		back = resolve(&three, base, url);
		FUZZ_CHECK(url.len == 0 || same(url, back.p, back.len));
		buf_fini(&two);
		buf_fini(&three);
	}
	buf_fini(&one);
}

static void
try_attrs(struct m3u8_span line)
{
	static const char value[] = "a,b c";
	struct m3u8_span out, v;
	struct sp_buf b;
	bool quoted;
	int rv;

	buf_init(&b, &heap_mem, LIM_PLAYLIST + 100);
	rv = m3u8_attr_set(&b, line, "URI", value, 5, true);
	FUZZ_CHECK(rv == 0);
	out.p = (const char *)b.p;
	out.len = b.len;
	FUZZ_CHECK(m3u8_attr(out, "URI", &v, &quoted));
	FUZZ_CHECK(quoted && same(v, value, 5));
	buf_reset(&b);
	FUZZ_CHECK(m3u8_attr_set(&b, line, "URI", NULL, 0, false) == 0);
	out.p = (const char *)b.p;
	out.len = b.len;
	FUZZ_CHECK(!m3u8_attr(out, "URI", &v, NULL));
	buf_fini(&b);
}

static void
check_segment(const struct m3u8_segment *s)
{
	static const struct m3u8_span base = { "http://h/a/b/", 13 };
	unsigned i;

	must_uri(s->uri);
	must_line(s->title);
	FUZZ_CHECK(s->media_sequence < LIM_NUMBER);
	FUZZ_CHECK(!s->has_range ||
		   (s->length > 0 && s->offset <= INT64_MAX - s->length));
	FUZZ_CHECK(s->duration_us <= (UINT64_C(1) << 32) * 1000000);
	if (s->map.uri.len > 0)
		must_uri(s->map.uri);
	FUZZ_CHECK(s->n_keys <= M3U8_MAX_KEYS);
	for (i = 0; i < s->n_keys; i++) {
		must_line(s->keys[i]);
		FUZZ_CHECK(m3u8_line_is(s->keys[i], "EXT-X-KEY"));
		try_attrs(s->keys[i]);
	}
	must_lines(s->lines, s->n_lines, M3U8_MAX_LINES);
	try_uri(base, s->uri);
}

static void
check_playlist(const struct m3u8 *m)
{
	size_t i;

	FUZZ_CHECK(m->media.n_segments <= LIM_M3U8_SEGMENTS);
	must_lines(m->media.head, m->media.n_head, M3U8_MAX_HEAD);
	must_lines(m->media.tail, m->media.n_tail, M3U8_MAX_LINES);
	for (i = 0; i < m->media.n_segments; i++)
		check_segment(&m->media.segments[i]);
	FUZZ_CHECK(m->master.n_refs <= LIM_MASTER_REFS);
	must_lines(m->master.lines, m->master.n_lines, M3U8_MAX_HEAD);
	for (i = 0; i < m->master.n_refs; i++) {
		must_line(m->master.refs[i].attrs);
		must_line(m->master.refs[i].uri);
		try_attrs(m->master.refs[i].attrs);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct m3u8_span base, ref;
	struct m3u8_error e;
	struct m3u8 m;
	const char *lf;
	int rv;

	in = (const char *)p;
	in_end = in + len;
	rv = m3u8_parse(&m, &heap_mem, in, len, &e);
	FUZZ_CHECK((rv < 0) == (e.what != NULL));
	if (rv == 0) {
		check_playlist(&m);
		m3u8_fini(&m);
		return 0;
	}
	lf = len > 0 ? memchr(in, '\n', len) : NULL;
	if (lf == NULL)
		return 0;
	base = (struct m3u8_span){ in, (size_t)(lf - in) };
	ref = (struct m3u8_span){ lf + 1, (size_t)(in_end - lf - 1) };
	try_uri(base, ref);
	return 0;
}
