#include "tools/place.h"

#include "wire/uri.h"

#define FILE_ROOT "file:///"

struct m3u8_span
place_span(const char *s)
{
	struct m3u8_span v = { s, strlen(s) };

	return v;
}

bool
place_is_file(const char *url)
{
	return strncmp(url, FILE_ROOT, strlen(FILE_ROOT)) == 0;
}

/* Length of |url| without query and fragment. */
static size_t
path_end(const char *url)
{
	return strcspn(url, "?#");
}

/* Offset of the path, 0 when there is none. */
static size_t
path_start(const char *url)
{
	const char *p = strstr(url, "://");
	size_t at;

	if (p == NULL)
		return 0;
	at = (size_t)(p - url) + 3;
	at += strcspn(url + at, "/?#");
	return url[at] == '/' ? at : 0;
}

int
place_dir(struct sp_buf *b, const char *url)
{
	size_t start = path_start(url), n = path_end(url);

	if (start == 0)
		return SP_ERR_SYNTAX;
	while (url[n - 1] != '/')
		n--;
	buf_put(b, url, n);
	return b->err;
}

int
place_host(struct sp_buf *b, const char *url)
{
	size_t start = path_start(url);

	if (start == 0)
		return SP_ERR_SYNTAX;
	buf_put(b, url, start + 1);
	return b->err;
}

static bool
has_dots(const char *p, size_t len)
{
	size_t n;

	for (;; p += n + 1, len -= n + 1) {
		for (n = 0; n < len && p[n] != '/';)
			n++;
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return true;
		if (n == len)
			return false;
	}
}

int
place_file(struct sp_buf *b, const char *url)
{
	size_t skip = strlen(FILE_ROOT);
	char path[LIM_URI];
	int n;

	if (!place_is_file(url) || path_end(url) < skip)
		return SP_ERR_SYNTAX;
	n = uri_unescape(path, sizeof(path), url + skip, path_end(url) - skip,
	    false);
	if (n <= 0 || memchr(path, '\0', (size_t)n) != NULL ||
	    has_dots(path, (size_t)n))
		return SP_ERR_SYNTAX;
	buf_put(b, path, (size_t)n);
	return b->err;
}

static bool
below(struct place_uri *out, const char *base, const char *url, size_t len)
{
	struct m3u8_span u = { url, len }, rel;

	if (m3u8_relative(place_span(base), u, &rel) == 0 ||
	    !uri_is_relative(rel.p, rel.len))
		return false;
	out->p = rel.p;
	out->len = rel.len;
	return true;
}

void
place_uri(struct place_uri *out, const char *url, const char *source,
    const char *const *origins, size_t n)
{
	size_t len = strcspn(url, "#");

	memset(out, 0, sizeof(*out));
	if (below(out, source, url, len))
		return;
	for (size_t i = 0; i < n; i++)
		if (below(out, origins[i], url, len))
			return;
	if (!uri_is_http(url, len))
		return;
	out->p = url;
	out->len = len;
	out->absolute = true;
}

void
place_public(struct sp_buf *b, const char *url, const char *source,
    const char *origin)
{
	struct m3u8_span rel;

	if (origin != NULL &&
	    m3u8_relative(place_span(source), place_span(url), &rel) > 0) {
		buf_put_str(b, origin);
		buf_put(b, rel.p, rel.len);
	} else if (!place_is_file(url)) {
		buf_put_str(b, url);
	}
}
