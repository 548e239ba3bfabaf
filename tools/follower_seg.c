#include "tools/follower_int.h"

#define KEY_LINE (4 * LIM_LINES)

static struct m3u8_span
span(const char *s)
{
	struct m3u8_span v = { s, strlen(s) };

	return v;
}

static bool
is_value(struct m3u8_span line, const char *name, const char *value)
{
	struct m3u8_span v;

	return m3u8_attr(line, name, &v, NULL) && v.len == strlen(value) &&
	       memcmp(v.p, value, v.len) == 0;
}

/* The IV would be the source's media sequence number, which we replace. */
static bool
wants_iv(struct m3u8_span line)
{
	struct m3u8_span v;

	if (m3u8_attr(line, "IV", &v, NULL))
		return false;
	if (is_value(line, "METHOD", "AES-128"))
		return true;
	return is_value(line, "METHOD", "SAMPLE-AES") &&
	       (!m3u8_attr(line, "KEYFORMAT", &v, NULL) ||
		   is_value(line, "KEYFORMAT", "identity"));
}

static int
put_iv(struct sp_buf *b, struct m3u8_span line, uint64_t seq)
{
	char iv[2 + 32 + 1] = "0x";
	uint8_t v[16] = { 0 };

	for (size_t i = 0; i < 8; i++)
		v[15 - i] = (uint8_t)(seq >> (8 * i));
	buf_hex(iv + 2, v, sizeof(v));
	return m3u8_attr_set(b, line, "IV", iv, strlen(iv), false);
}

/* |line| with its URI made absolute. */
static int
put_absolute(struct sp_buf *b, struct m3u8_span line, const char *base)
{
	struct m3u8_span uri;
	struct sp_buf abs;
	int rv;

	if (base == NULL || !m3u8_attr(line, "URI", &uri, NULL)) {
		buf_put(b, line.p, line.len);
		return b->err;
	}
	buf_init(&abs, b->mem, KEY_LINE);
	rv = m3u8_resolve(&abs, span(base), uri);
	if (rv == 0)
		rv = m3u8_attr_set(b, line, "URI", (const char *)abs.p, abs.len,
		    true);
	else if (rv != SP_ERR_NOMEM)
		buf_put(b, line.p, line.len);
	buf_fini(&abs);
	return rv == SP_ERR_NOMEM ? rv : b->err;
}

static int
put_key(struct sp_buf *b, struct m3u8_span line, const char *base, uint64_t seq)
{
	struct sp_buf own;
	int rv;

	buf_init(&own, b->mem, KEY_LINE);
	rv = put_absolute(&own, line, base);
	if (rv == 0) {
		line.p = (const char *)own.p;
		line.len = own.len;
		if (!wants_iv(line) || put_iv(b, line, seq) < 0)
			buf_put(b, line.p, line.len);
		buf_put_u8(b, '\n');
	}
	buf_fini(&own);
	return rv < 0 ? rv : b->err;
}

/* Takes what was written out of |b| as a string. */
static int
take(const struct sp_mem *mem, struct sp_buf *b, char **out)
{
	int rv = b->err;

	if (rv == 0) {
		*out =
		    mem_dup(mem, b->len > 0 ? (const char *)b->p : "", b->len);
		rv = *out != NULL ? 0 : SP_ERR_NOMEM;
	}
	buf_fini(b);
	return rv;
}

static int
set_keys(struct follower_seg *g, const struct sp_mem *mem,
    const struct m3u8_segment *s, const char *base)
{
	struct sp_buf b;
	int rv;

	buf_init(&b, mem, M3U8_MAX_KEYS * (KEY_LINE + 64));
	for (unsigned i = 0; s != NULL && i < s->n_keys; i++) {
		rv = put_key(&b, s->keys[i], base, s->media_sequence);
		if (rv < 0) {
			buf_fini(&b);
			return rv;
		}
	}
	return take(mem, &b, &g->keys);
}

/* As many lines as a record may hold. */
static int
set_lines(struct follower_seg *g, const struct sp_mem *mem,
    const struct m3u8_segment *s)
{
	struct sp_buf b;

	buf_init(&b, mem, LIM_LINES);
	for (unsigned i = 0; s != NULL && i < s->n_lines; i++) {
		if (b.len + s->lines[i].len + 1 > LIM_LINES)
			continue;
		buf_put(&b, s->lines[i].p, s->lines[i].len);
		buf_put_u8(&b, '\n');
	}
	return take(mem, &b, &g->lines);
}

static int
set_uris(struct follower_seg *g, const struct sp_mem *mem,
    const struct m3u8_segment *s)
{
	g->uri = mem_dup(mem, s->uri.p, s->uri.len);
	if (g->uri == NULL)
		return SP_ERR_NOMEM;
	if (s->map.uri.len == 0)
		return 0;
	g->map.uri = mem_dup(mem, s->map.uri.p, s->map.uri.len);
	g->map.has_range = s->map.has_range;
	g->map.offset = s->map.offset;
	g->map.length = s->map.length;
	return g->map.uri != NULL ? 0 : SP_ERR_NOMEM;
}

int
follower_seg_new(struct follower_seg **out, const struct sp_mem *mem,
    const struct m3u8_segment *s, const char *base)
{
	struct follower_seg *g = mem_zalloc(mem, 1, sizeof(*g));
	int rv;

	if (g == NULL)
		return SP_ERR_NOMEM;
	rv = set_keys(g, mem, s, base);
	if (rv == 0)
		rv = set_lines(g, mem, s);
	if (rv == 0 && s != NULL) {
		rv = set_uris(g, mem, s);
		g->duration_us =
		    (uint32_t)SP_MIN(s->duration_us, LIM_DURATION_US);
		g->gap = s->gap;
		g->has_range = s->has_range;
		g->offset = s->offset;
		g->length = s->length;
	}
	if (rv < 0) {
		follower_seg_free(mem, g);
		return rv;
	}
	*out = g;
	return 0;
}

void
follower_seg_free(const struct sp_mem *mem, struct follower_seg *g)
{
	if (g == NULL)
		return;
	mem_free(mem, g->uri);
	mem_free(mem, g->map.uri);
	mem_free(mem, g->keys);
	mem_free(mem, g->lines);
	mem_free(mem, g);
}
