#include "wire/m3u8.h"

#include "wire/m3u8_in.h"

int
m3u8_fail(struct m3u8_in *in, int err, const char *what)
{
	in->what = what;
	return err;
}

int
m3u8_keep(struct m3u8_in *in, struct m3u8_span *lines, unsigned *n,
    unsigned max, struct m3u8_span line)
{
	if (*n == max)
		return m3u8_fail(in, SP_ERR_TOOBIG, "too many other tags");
	lines[(*n)++] = line;
	return 0;
}

int
m3u8_check_uri(struct m3u8_in *in, struct m3u8_span uri, size_t max)
{
	size_t i;

	if (uri.len == 0)
		return m3u8_fail(in, SP_ERR_SYNTAX, "empty URI");
	if (uri.len > max)
		return m3u8_fail(in, SP_ERR_TOOBIG, "URI is too long");
	for (i = 0; in->has_define && i + 1 < uri.len; i++)
		if (uri.p[i] == '{' && uri.p[i + 1] == '$')
			return m3u8_fail(in, SP_ERR_UNSUPPORTED,
			    "variable in a URI");
	return 0;
}

int
m3u8_get_uri(struct m3u8_in *in, struct m3u8_span attrs, size_t max,
    struct m3u8_span *uri)
{
	bool quoted;
	int rv = m3u8_check_attrs(in, attrs);

	if (rv < 0)
		return rv;
	if (!m3u8_attr(attrs, "URI", uri, &quoted))
		return SP_ERR_NOTFOUND;
	if (!quoted)
		return m3u8_fail(in, SP_ERR_SYNTAX, "URI without quotes");
	return m3u8_check_uri(in, *uri, max);
}

static int
in_nothing(struct m3u8_in *in, struct m3u8_span v)
{
	(void)in;
	(void)v;
	return 0;
}

static int
in_again(struct m3u8_in *in, struct m3u8_span v)
{
	(void)v;
	return m3u8_fail(in, SP_ERR_SYNTAX, "EXTM3U in mid-file");
}

static int
in_skip(struct m3u8_in *in, struct m3u8_span v)
{
	(void)v;
	return m3u8_fail(in, SP_ERR_UNSUPPORTED, "delta update");
}

static int
in_version(struct m3u8_in *in, struct m3u8_span v)
{
	uint64_t n;
	int rv = m3u8_get_u64(v, UINT32_MAX, &n);

	if (rv == 0 && n == 0)
		rv = SP_ERR_RANGE;
	if (rv < 0)
		return m3u8_fail(in, rv, "bad EXT-X-VERSION");
	in->out->media.version = in->out->master.version = (uint32_t)n;
	return 0;
}

/* A header line that is kept, by a playlist of either kind. */
static int
in_head(struct m3u8_in *in, struct m3u8_span line)
{
	struct m3u8 *m = in->out;

	if (m->kind == M3U8_MASTER)
		return m3u8_keep(in, m->master.lines, &m->master.n_lines,
		    M3U8_MAX_HEAD, line);
	return m3u8_keep(in, m->media.head, &m->media.n_head, M3U8_MAX_HEAD,
	    line);
}

static int
in_independent(struct m3u8_in *in, struct m3u8_span line)
{
	in->out->media.independent = true;
	return in->out->kind == M3U8_MASTER ? in_head(in, line) : 0;
}

static int
in_define(struct m3u8_in *in, struct m3u8_span line)
{
	in->has_define = true;
	return in_head(in, line);
}

/* A line that belongs to the segment that follows. */
static int
in_line(struct m3u8_in *in, struct m3u8_span line)
{
	if (in->out->kind == M3U8_MASTER)
		return in_head(in, line);
	return m3u8_keep(in, in->seg.lines, &in->seg.n_lines, M3U8_MAX_LINES,
	    line);
}

enum tag_flag {
	TAG_MEDIA = 1 << 0,  /* only in media playlists */
	TAG_MASTER = 1 << 1, /* only in master playlists */
	TAG_HEAD = 1 << 2,   /* among the header lines of a media playlist */
	TAG_ONCE = 1 << 3,   /* twice is an error */
	TAG_BARE = 1 << 4,   /* has no value */
	TAG_LINE = 1 << 5,   /* its function wants the whole line */
};

struct tag {
	const char *name;
	size_t len;
	unsigned flags;
	int (*fn)(struct m3u8_in *in, struct m3u8_span v);
};

/* The most frequent ones come first. */
#define TAG(s) s, sizeof(s) - 1
static const struct tag tags[] = {
	{ TAG("EXTINF"), TAG_MEDIA, m3u8_in_inf },
	{ TAG("EXT-X-PROGRAM-DATE-TIME"), TAG_MEDIA | TAG_LINE, m3u8_in_date },
	{ TAG("EXT-X-BYTERANGE"), TAG_MEDIA, m3u8_in_byterange },
	{ TAG("EXT-X-PART"), TAG_MEDIA, in_nothing },
	{ TAG("EXT-X-DISCONTINUITY"), TAG_MEDIA | TAG_BARE,
	    m3u8_in_discontinuity },
	{ TAG("EXT-X-KEY"), TAG_MEDIA | TAG_LINE, m3u8_in_key },
	{ TAG("EXT-X-MAP"), TAG_MEDIA, m3u8_in_map },
	{ TAG("EXT-X-GAP"), TAG_MEDIA | TAG_BARE, m3u8_in_gap },
	{ TAG("EXT-X-DATERANGE"), TAG_MEDIA | TAG_LINE, in_line },
	{ TAG("EXT-X-BITRATE"), TAG_MEDIA | TAG_LINE, in_line },
	{ TAG("EXT-X-PRELOAD-HINT"), TAG_MEDIA, in_nothing },
	{ TAG("EXT-X-RENDITION-REPORT"), TAG_MEDIA, in_nothing },
	{ TAG("EXT-X-SKIP"), TAG_MEDIA, in_skip },
	{ TAG("EXT-X-SERVER-CONTROL"), TAG_MEDIA | TAG_HEAD, in_nothing },
	{ TAG("EXT-X-PART-INF"), TAG_MEDIA | TAG_HEAD, in_nothing },
	{ TAG("EXT-X-TARGETDURATION"), TAG_MEDIA | TAG_HEAD | TAG_ONCE,
	    m3u8_in_target },
	{ TAG("EXT-X-MEDIA-SEQUENCE"), TAG_MEDIA | TAG_HEAD | TAG_ONCE,
	    m3u8_in_sequence },
	{ TAG("EXT-X-DISCONTINUITY-SEQUENCE"), TAG_MEDIA | TAG_HEAD | TAG_ONCE,
	    m3u8_in_dseq },
	{ TAG("EXT-X-PLAYLIST-TYPE"), TAG_MEDIA | TAG_HEAD | TAG_ONCE,
	    m3u8_in_type },
	{ TAG("EXT-X-I-FRAMES-ONLY"), TAG_MEDIA | TAG_HEAD | TAG_BARE,
	    m3u8_in_iframes },
	{ TAG("EXT-X-ALLOW-CACHE"), TAG_MEDIA | TAG_HEAD | TAG_LINE, in_head },
	{ TAG("EXT-X-ENDLIST"), TAG_MEDIA | TAG_BARE, m3u8_in_endlist },
	{ TAG("EXT-X-VERSION"), TAG_HEAD | TAG_ONCE, in_version },
	{ TAG("EXT-X-INDEPENDENT-SEGMENTS"), TAG_HEAD | TAG_BARE | TAG_LINE,
	    in_independent },
	{ TAG("EXT-X-START"), TAG_HEAD | TAG_LINE, in_head },
	{ TAG("EXT-X-DEFINE"), TAG_HEAD | TAG_LINE, in_define },
	{ TAG("EXT-X-STREAM-INF"), TAG_MASTER, m3u8_in_stream },
	{ TAG("EXT-X-MEDIA"), TAG_MASTER, m3u8_in_media },
	{ TAG("EXT-X-I-FRAME-STREAM-INF"), TAG_MASTER, m3u8_in_iframe },
	{ TAG("EXT-X-SESSION-DATA"), TAG_MASTER | TAG_LINE, in_head },
	{ TAG("EXT-X-SESSION-KEY"), TAG_MASTER | TAG_LINE, in_head },
	{ TAG("EXT-X-CONTENT-STEERING"), TAG_MASTER | TAG_LINE, in_head },
	{ TAG("EXTM3U"), TAG_BARE, in_again },
};
#undef TAG

_Static_assert(SP_LEN(tags) <= 64, "a bit for each in m3u8_in.seen");

static const struct tag *
find_tag(struct m3u8_span line)
{
	const char *colon;
	size_t i, len;

	if (line.len < 4 || memcmp(line.p, "#EXT", 4) != 0)
		return NULL;
	colon = memchr(line.p, ':', line.len);
	len = (colon != NULL ? (size_t)(colon - line.p) : line.len) - 1;
	for (i = 0; i < SP_LEN(tags); i++)
		if (tags[i].len == len &&
		    memcmp(tags[i].name, line.p + 1, len) == 0)
			return &tags[i];
	return NULL;
}

/*
 * Tags that are not known and stand among the header tags are header lines:
 * they would otherwise be signed with whichever segment comes first.
 */
static int
move_to_head(struct m3u8_in *in)
{
	struct m3u8_segment *s = &in->seg;
	unsigned i, n = 0;
	int rv;

	if (in->out->media.n_segments > 0)
		return 0;
	for (i = 0; i < s->n_lines; i++) {
		if (find_tag(s->lines[i]) != NULL) {
			s->lines[n++] = s->lines[i];
			continue;
		}
		rv = in_head(in, s->lines[i]);
		if (rv < 0)
			return rv;
	}
	s->n_lines = n;
	return 0;
}

static int
read_tag(struct m3u8_in *in, struct m3u8_span line)
{
	const struct tag *t = find_tag(line);
	bool bare = memchr(line.p, ':', line.len) == NULL;
	uint64_t bit;
	int rv;

	if (in->has_stream)
		return m3u8_fail(in, SP_ERR_SYNTAX,
		    "EXT-X-STREAM-INF without URI");
	if (t == NULL)
		return in_line(in, line);
	if (t->flags & (in->out->kind == M3U8_MASTER ? TAG_MEDIA : TAG_MASTER))
		return m3u8_fail(in, SP_ERR_SYNTAX,
		    "tags of master and media playlists are mixed");
	if (bare != ((t->flags & TAG_BARE) != 0))
		return m3u8_fail(in, SP_ERR_SYNTAX,
		    bare ? "tag without value" : "tag takes no value");
	bit = UINT64_C(1) << (t - tags);
	if ((t->flags & TAG_ONCE) && (in->seen & bit))
		return m3u8_fail(in, SP_ERR_SYNTAX, "tag is there twice");
	in->seen |= bit;
	if (t->flags & TAG_HEAD) {
		rv = move_to_head(in);
		if (rv < 0)
			return rv;
	}
	return t->fn(in, t->flags & TAG_LINE ? line : m3u8_value(line));
}

/* Takes a line without its end off |rest|; false when there is none. */
static bool
next_line(struct m3u8_span *rest, struct m3u8_span *line)
{
	const char *lf;

	if (rest->len == 0)
		return false;
	lf = memchr(rest->p, '\n', rest->len);
	line->p = rest->p;
	line->len = lf != NULL ? (size_t)(lf - rest->p) : rest->len;
	rest->p += line->len + (lf != NULL);
	rest->len -= line->len + (lf != NULL);
	if (line->len > 0 && line->p[line->len - 1] == '\r')
		line->len--;
	return true;
}

static bool
is_blank(struct m3u8_span line)
{
	size_t i;

	for (i = 0; i < line.len; i++)
		if (line.p[i] != ' ' && line.p[i] != '\t')
			return false;
	return true;
}

static int
read_line(struct m3u8_in *in, struct m3u8_span line)
{
	size_t i;

	for (i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return m3u8_fail(in, SP_ERR_SYNTAX, "control byte");
	}
	if (in->line == 1) {
		if (line.len >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
			return m3u8_fail(in, SP_ERR_SYNTAX, "byte order mark");
		if (!m3u8_span_is(line, "#EXTM3U"))
			return m3u8_fail(in, SP_ERR_SYNTAX, "no EXTM3U");
		return 0;
	}
	if (is_blank(line))
		return 0;
	if (line.p[0] != '#')
		return in->out->kind == M3U8_MASTER
			   ? m3u8_in_stream_uri(in, line)
			   : m3u8_in_segment(in, line);
	if (line.len < 4 || memcmp(line.p, "#EXT", 4) != 0)
		return 0;
	return read_tag(in, line);
}

/* The first tag that only one kind of playlist has decides. */
static enum m3u8_kind
find_kind(struct m3u8_span rest)
{
	struct m3u8_span line;

	while (next_line(&rest, &line)) {
		const struct tag *t = find_tag(line);

		if (t != NULL && (t->flags & (TAG_MEDIA | TAG_MASTER)))
			return t->flags & TAG_MASTER ? M3U8_MASTER : M3U8_MEDIA;
	}
	return M3U8_MEDIA;
}

static int
read_end(struct m3u8_in *in)
{
	if (in->line == 0)
		return m3u8_fail(in, SP_ERR_SYNTAX, "empty");
	if (in->has_stream)
		return m3u8_fail(in, SP_ERR_SYNTAX,
		    "EXT-X-STREAM-INF without URI");
	if (in->out->kind == M3U8_MASTER)
		return 0;
	if (!in->has_target)
		return m3u8_fail(in, SP_ERR_SYNTAX, "no EXT-X-TARGETDURATION");
	return m3u8_in_media_end(in);
}

int
m3u8_parse(struct m3u8 *out, const struct sp_mem *mem, const char *s,
    size_t len, struct m3u8_error *e)
{
	struct m3u8_in in = { .out = out };
	struct m3u8_span rest = { s, len }, line;
	int rv = 0;

	memset(out, 0, sizeof(*out));
	out->mem = mem;
	out->media.version = out->master.version = 1;
	if (len > LIM_PLAYLIST)
		rv = m3u8_fail(&in, SP_ERR_TOOBIG, "playlist is too long");
	else
		out->kind = find_kind(rest);
	while (rv == 0 && next_line(&rest, &line)) {
		in.line++;
		rv = read_line(&in, line);
	}
	if (rv == 0)
		rv = read_end(&in);
	if (e != NULL)
		*e = (struct m3u8_error){ in.line, in.what };
	if (rv < 0)
		m3u8_fini(out);
	return rv;
}

void
m3u8_fini(struct m3u8 *m)
{
	mem_free(m->mem, m->media.segments);
	mem_free(m->mem, m->master.refs);
	m->media.segments = NULL;
	m->master.refs = NULL;
	m->media.n_segments = m->master.n_refs = 0;
}
