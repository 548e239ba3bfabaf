#ifndef SRC_WIRE_URI_H
#define SRC_WIRE_URI_H

/*
 * What links, records, manifests and announces share about text that others
 * chose: URIs, playlist lines, percent-encoding (RFC 3986), query strings.
 */

#include "base/buf.h"
#include "wire/limits.h"

/* Without control bytes (0..31, 127). Bytes above 127 are let through. */
bool uri_is_text(const char *s, size_t len);
/* Starts with |prefix| (lower case) in any case. */
bool uri_has_prefix(const char *s, size_t len, const char *prefix);
/*
 * Whole playlist lines: each starts with '#' and ends with '\n'; no control
 * bytes but tabs. True for none. At most LIM_LINES bytes.
 */
bool uri_is_lines(const char *s, size_t len);
/*
 * "http://" or "https://" in any case, a host, 1..LIM_URI bytes, and no
 * control byte, space, fragment or backslash (which some URL parsers take for
 * a slash).
 */
bool uri_is_http(const char *s, size_t len);
/*
 * A path below a base: 1..LIM_URI bytes, does not start with '/', no ':' in
 * its first segment (so no scheme), no segment ".." of the path ("%2e" counts
 * as a dot, as it does for web servers), and no bytes that uri_is_http refuses.
 */
bool uri_is_relative(const char *s, size_t len);

/*
 * Decodes percent-encoding, and '+' to a space if |plus|. Returns the length,
 * SP_ERR_SYNTAX (bad escape), SP_ERR_TOOBIG (more than |size| bytes). No NUL.
 */
int uri_unescape(char *out, size_t size, const char *s, size_t len, bool plus);
/* All but RFC 3986's unreserved characters become %XX, upper case. */
void uri_put_escaped(struct sp_buf *b, const void *p, size_t len);
void uri_put_u64(struct sp_buf *b, uint64_t v); /* decimal */
/*
 * Digits only: SP_ERR_SYNTAX (also when there are none), SP_ERR_RANGE when
 * above |max|.
 */
int uri_get_u64(uint64_t *out, const char *s, size_t len, uint64_t max);

/* One "key=value" of a query string, still escaped; borrows it. */
struct uri_param {
	const char *key, *value;
	size_t key_len, value_len;
	bool has_value; /* there was a '=' */
};

/* Parameter from *at on, which starts at 0. False at the end. */
bool uri_query_next(struct uri_param *out, const char *q, size_t len,
    size_t *at);
/* The key, once unescaped, is |key|. */
bool uri_param_is(const struct uri_param *p, const char *key);

#endif
