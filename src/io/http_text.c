#include "io/http_int.h"

#include <strings.h>

#include <zlib.h>

/* ---- methods ---- */

static const struct {
	enum http_method method;
	const char *name;
} methods[] = {
	{ HTTP_M_GET, "GET" },
	{ HTTP_M_HEAD, "HEAD" },
	{ HTTP_M_POST, "POST" },
	{ HTTP_M_PUT, "PUT" },
	{ HTTP_M_DELETE, "DELETE" },
	{ HTTP_M_OPTIONS, "OPTIONS" },
};

enum http_method
http_method_of(const char *name)
{
	size_t i;

	for (i = 0; i < SP_LEN(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return methods[i].method;
	return 0;
}

const char *
http_allow_text(unsigned allowed, char out[64])
{
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < SP_LEN(methods); i++)
		if (allowed & methods[i].method)
			n += (size_t)snprintf(out + n, 64 - n, "%s%s",
			    n > 0 ? ", " : "", methods[i].name);
	return out;
}

/* ---- ranges ---- */

static const char *
digits(const char *s, uint64_t *out, bool *any)
{
	uint64_t v = 0;
	unsigned d;

	*any = false;
	for (; *s >= '0' && *s <= '9'; s++) {
		d = (unsigned)(*s - '0');
		/* Beyond any entity; it saturates and is judged as such. */
		v = v > (UINT64_MAX - d) / 10 ? UINT64_MAX : v * 10 + d;
		*any = true;
	}
	*out = v;
	return s;
}

int
http_range_parse(const char *s, uint64_t size, struct http_range *out)
{
	uint64_t a, b;
	bool has_a, has_b;

	if (s == NULL || strncasecmp(s, "bytes=", 6) != 0)
		return 0;
	for (s += 6; *s == ' '; s++)
		;
	s = digits(s, &a, &has_a);
	if (*s++ != '-')
		return 0;
	s = digits(s, &b, &has_b);
	for (; *s == ' '; s++)
		;
	if (*s != '\0' || (!has_a && !has_b) || (has_a && has_b && b < a))
		return 0;
	if (!has_a) {
		if (b == 0 || size == 0)
			return SP_ERR_RANGE;
		out->first = b < size ? size - b : 0;
		out->last = size - 1;
		return 1;
	}
	if (a >= size)
		return SP_ERR_RANGE;
	out->first = a;
	out->last = has_b && b < size ? b : size - 1;
	return 1;
}

const char *
http_range_text(const struct http_range *g, uint64_t size, char out[80])
{
	snprintf(out, 80, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, g->first,
	    g->last, size);
	return out;
}

/* ---- queries ---- */

int
http_query_param(const char *query, const char *name, unsigned nth, char *out,
    size_t size)
{
	size_t len, klen, nlen = strlen(name);
	const char *p = query, *eq;

	while (*p != '\0') {
		len = strcspn(p, "&");
		eq = memchr(p, '=', len);
		klen = eq != NULL ? (size_t)(eq - p) : len;
		if (klen == nlen && memcmp(p, name, nlen) == 0 && nth-- == 0) {
			p += eq != NULL ? klen + 1 : len;
			len -= eq != NULL ? klen + 1 : len;
			return http_unescape(p, len, true, out, size);
		}
		p += len;
		if (*p == '&')
			p++;
	}
	return SP_ERR_NOTFOUND;
}

/* ---- who asks ---- */

/* Length of the host part of a Host header; 0 when it is malformed. */
static size_t
host_part(const char *host)
{
	const char *end, *p;

	if (*host == '[') {
		if ((end = strchr(host, ']')) == NULL)
			return 0;
		end++;
	} else {
		end = host + strcspn(host, ":");
	}
	if (*end == '\0')
		return (size_t)(end - host);
	if (*end != ':')
		return 0;
	for (p = end + 1; *p != '\0'; p++)
		if (*p < '0' || *p > '9')
			return 0;
	return (size_t)(end - host);
}

static bool
host_is(const char *host, size_t len, const char *name)
{
	/* "localhost." is a name for the same host. */
	if (len > 0 && host[len - 1] == '.')
		len--;
	return strlen(name) == len && strncasecmp(host, name, len) == 0;
}

bool
http_host_ok(const char *host, const char *const *names, size_t n)
{
	static const char *const own[] = { "127.0.0.1", "[::1]", "localhost" };
	size_t i, len;

	if (host == NULL || (len = host_part(host)) == 0)
		return false;
	for (i = 0; i < SP_LEN(own); i++)
		if (host_is(host, len, own[i]))
			return true;
	for (i = 0; i < n; i++)
		if (host_is(host, len, names[i]))
			return true;
	return false;
}

bool
http_origin_ok(const struct http_req *r)
{
	const char *origin = http_req_header(r, "Origin");
	const char *host = http_req_header(r, "Host");
	const char *p;

	if (origin == NULL)
		return true;
	if (host == NULL || (p = strstr(origin, "://")) == NULL)
		return false;
	/* Host and port: another port is another owner. */
	return strcasecmp(p + 3, host) == 0;
}

/* Takes the same time wherever the first difference is. */
static bool
token_eq(const char *a, const char *b)
{
	size_t i, la = strlen(a), lb = strlen(b);
	unsigned diff = la != lb;

	for (i = 0; i < la; i++)
		diff |=
		    (unsigned char)a[i] ^ (unsigned char)b[lb > 0 ? i % lb : 0];
	return diff == 0;
}

bool
http_token_ok(const struct http_req *r, const char *token)
{
	const char *auth;
	char given[256];

	if (token == NULL || *token == '\0')
		return true;
	auth = http_req_header(r, "Authorization");
	if (auth != NULL && strncasecmp(auth, "Bearer ", 7) == 0)
		return token_eq(auth + 7, token);
	if (http_req_param(r, "token", 0, given, sizeof(given)) < 0)
		return false;
	return token_eq(given, token);
}

/* ---- compression ---- */

/* Is the weight behind a coding, " ;q=0.00", none? */
static bool
is_refused(const char *s, size_t len)
{
	const char *q = len > 0 ? memchr(s, '=', len) : NULL;
	size_t n = q == NULL ? 0 : strspn(q + 1, "0.");

	return n > 0 && (q + 1 + n == s + len || strchr(" \t", q[1 + n]));
}

bool
http_wants_gzip(const struct http_req *r)
{
	const char *p = http_req_header(r, "Accept-Encoding");
	size_t len;

	while (p != NULL && *p != '\0') {
		p += strspn(p, " ,");
		len = strcspn(p, ",");
		if (len >= 4 && strncasecmp(p, "gzip", 4) == 0 &&
		    (len == 4 || p[4] == ';' || p[4] == ' '))
			return !is_refused(p + 4, len - 4);
		p += len;
	}
	return false;
}

bool
http_is_text(const char *type)
{
	static const char *const kinds[] = {
		"text/",
		"application/json",
		"application/vnd.apple.mpegurl",
		"application/xml",
		"application/dash+xml",
		"application/javascript",
		"image/svg+xml",
	};
	size_t i;

	for (i = 0; i < SP_LEN(kinds); i++)
		if (strncasecmp(type, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

uint8_t *
http_gzip(const void *p, size_t len, size_t *out_len)
{
	z_stream z;
	uint8_t *out;
	size_t size;
	int rc;

	memset(&z, 0, sizeof(z));
	/* 15 + 16: the gzip wrapper. Level 4: a playlist costs 20 us. */
	if (len > UINT_MAX / 2 || deflateInit2(&z, 4, Z_DEFLATED, 15 + 16, 8,
				      Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	size = deflateBound(&z, (uLong)len);
	if ((out = malloc(size)) == NULL) {
		deflateEnd(&z);
		return NULL;
	}
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)size;
	rc = deflate(&z, Z_FINISH);
	*out_len = size - z.avail_out;
	deflateEnd(&z);
	if (rc != Z_STREAM_END) {
		free(out);
		return NULL;
	}
	return out;
}
