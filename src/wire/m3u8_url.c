#include "wire/m3u8.h"

/* RFC 3986 appendix B. An absent part has p == NULL, which differs from "". */
struct url {
	struct m3u8_span scheme, authority, path, query, fragment;
};

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct m3u8_span
span_from(const char *p, const char *end)
{
	struct m3u8_span s = { p, (size_t)(end - p) };

	return s;
}

/* First byte of [p, end) that is in |set|, or end. */
static const char *
find_any(const char *p, const char *end, const char *set)
{
	while (p < end && (*p == '\0' || strchr(set, *p) == NULL))
		p++;
	return p;
}

static bool
has_controls(struct m3u8_span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

/* End of the scheme's name when there is one, else NULL. */
static const char *
find_scheme(const char *p, const char *end)
{
	if (p == end || !is_alpha(*p))
		return NULL;
	while (p < end && (is_alpha(*p) || (*p >= '0' && *p <= '9') ||
			      *p == '+' || *p == '-' || *p == '.'))
		p++;
	return p < end && *p == ':' ? p : NULL;
}

static struct url
url_split(struct m3u8_span s)
{
	const char *p = s.len > 0 ? s.p : "", *end = p + s.len, *q;
	struct url u = { 0 };

	q = find_scheme(p, end);
	if (q != NULL) {
		u.scheme = span_from(p, q);
		p = q + 1;
	}
	if (end - p >= 2 && p[0] == '/' && p[1] == '/') {
		q = find_any(p + 2, end, "/?#");
		u.authority = span_from(p + 2, q);
		p = q;
	}
	q = find_any(p, end, "?#");
	u.path = span_from(p, q);
	p = q;
	if (p < end && *p == '?') {
		q = find_any(p + 1, end, "#");
		u.query = span_from(p + 1, q);
		p = q;
	}
	if (p < end)
		u.fragment = span_from(p + 1, end);
	return u;
}

static bool
is_rooted(const struct url *u)
{
	return u->path.len > 0 && u->path.p[0] == '/';
}

/* Drops the last segment and its slash of the path that starts at |start|. */
static void
path_pop(struct sp_buf *b, size_t start)
{
	while (b->len > start) {
		b->len--;
		if (b->p[b->len] == '/')
			break;
	}
}

/*
 * Section 5.2.4 for one stretch of a rooted path: appends "/" and each segment
 * of |s| to the path that starts at |start|. The final segment of the whole
 * path leaves its slash behind even when it is "." or "..".
 */
static void
path_put(struct sp_buf *b, size_t start, struct m3u8_span s, bool is_last)
{
	const char *p = s.p, *end = s.p + s.len, *q;
	bool dot, dots;

	for (;; p = q + 1) {
		q = find_any(p, end, "/");
		dot = q - p == 1 && p[0] == '.';
		dots = q - p == 2 && p[0] == '.' && p[1] == '.';
		if (dots)
			path_pop(b, start);
		if (!dot && !dots) {
			buf_put_u8(b, '/');
			buf_put(b, p, (size_t)(q - p));
		} else if (q == end && is_last) {
			buf_put_u8(b, '/');
		}
		if (q == end)
			return;
	}
}

/* A rooted path. */
static void
path_put_rooted(struct sp_buf *b, size_t start, struct m3u8_span path)
{
	path_put(b, start, span_from(path.p + 1, path.p + path.len), true);
}

/* Section 5.2.3: |ref| in place of what follows the base's last slash. */
static void
path_merge(struct sp_buf *b, size_t start, struct m3u8_span base,
    struct m3u8_span ref)
{
	size_t len = base.len;

	while (len > 0 && base.p[len - 1] != '/')
		len--;
	if (len > 1)
		path_put(b, start, span_from(base.p + 1, base.p + len - 1),
		    false);
	path_put(b, start, ref, true);
}

static void
part_put(struct sp_buf *b, const char *mark, struct m3u8_span s)
{
	if (s.p == NULL)
		return;
	buf_put_str(b, mark);
	buf_put(b, s.p, s.len);
}

/* Path and query of |r| as seen from |base|. */
static void
target_put(struct sp_buf *b, const struct url *base, const struct url *r)
{
	size_t start = b->len;

	if (is_rooted(r))
		path_put_rooted(b, start, r->path);
	else if (r->scheme.p != NULL || r->authority.p != NULL)
		buf_put(b, r->path.p, r->path.len); /* opaque, or empty */
	else if (r->path.len > 0)
		path_merge(b, start, base->path, r->path);
	else
		buf_put(b, base->path.p, base->path.len);
	if (r->query.p == NULL && r->path.len == 0 && r->scheme.p == NULL &&
	    r->authority.p == NULL)
		part_put(b, "?", base->query);
	else
		part_put(b, "?", r->query);
}

int
m3u8_resolve(struct sp_buf *b, struct m3u8_span base, struct m3u8_span ref)
{
	struct url u = url_split(base), r = url_split(ref);
	struct m3u8_span authority = r.authority;
	size_t begin = b->len, path;

	if (u.scheme.p == NULL || has_controls(base) || has_controls(ref))
		return SP_ERR_SYNTAX;
	if (r.scheme.p == NULL && u.authority.p == NULL && !is_rooted(&u))
		return SP_ERR_SYNTAX; /* nothing is relative to "data:..." */
	if (r.scheme.p == NULL && r.authority.p == NULL)
		authority = u.authority;
	part_put(b, "", r.scheme.p != NULL ? r.scheme : u.scheme);
	buf_put_u8(b, ':');
	part_put(b, "//", authority);
	path = b->len;
	target_put(b, &u, &r);
	if (b->err == 0 && authority.p == NULL && b->len - path >= 2 &&
	    b->p[path] == '/' && b->p[path + 1] == '/') {
		/* "/.//host" must not turn into an authority. */
		b->len = begin;
		return SP_ERR_SYNTAX;
	}
	part_put(b, "#", r.fragment);
	return b->err;
}

/* Length of the dot that |p| starts with: ".", "%2e", else 0. */
static size_t
dot_len(const char *p, const char *end)
{
	if (p < end && *p == '.')
		return 1;
	if (end - p >= 3 && p[0] == '%' && p[1] == '2' && (p[2] | 0x20) == 'e')
		return 3;
	return 0;
}

static bool
is_dot_segment(const char *p, const char *end)
{
	size_t n = dot_len(p, end);

	if (n == 0)
		return false;
	return p + n == end ||
	       (dot_len(p + n, end) > 0 && p + n + dot_len(p + n, end) == end);
}

static bool
has_dot_segment(struct m3u8_span path)
{
	const char *p = path.p, *end = path.p + path.len, *q;

	for (;; p = q + 1) {
		q = find_any(p, end, "/");
		if (is_dot_segment(p, q))
			return true;
		if (q == end)
			return false;
	}
}

/* Whether |path|, put after a slash, is a relative reference by itself. */
static bool
is_relative_path(struct m3u8_span path)
{
	const char *end = path.p + path.len, *q = find_any(path.p, end, "/");

	return (path.len == 0 || path.p[0] != '/') &&
	       memchr(path.p, ':', (size_t)(q - path.p)) == NULL;
}

size_t
m3u8_relative(struct m3u8_span base, struct m3u8_span url,
    struct m3u8_span *out)
{
	struct url b = url_split(base), u = url_split(url);
	struct m3u8_span rest;

	if (b.scheme.p == NULL || !is_rooted(&b) || b.query.p != NULL ||
	    b.fragment.p != NULL || base.p[base.len - 1] != '/' ||
	    url.len <= base.len || memcmp(url.p, base.p, base.len) != 0)
		return 0;
	/* The resolver would take dot segments out, of the base too. */
	rest = span_from(url.p + base.len, u.path.p + u.path.len);
	if (has_dot_segment(u.path) || !is_relative_path(rest))
		return 0;
	*out = span_from(url.p + base.len, url.p + url.len);
	return out->len;
}
