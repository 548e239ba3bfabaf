#include "swarm/client/vod_link.h"

#include "base/buf.h"
#include "wire/uri.h"

#define SCHEME "magnet:?"
#define V1     "urn:btih:"
#define V2     "urn:btmh:"
#define KEY    "urn:btpk:"

/* One parameter's value: its length, SP_ERR_NOTFOUND at the end of all. */
static int
next_of(const char *text, size_t *at, const char *key, char *out, size_t size)
{
	struct uri_param p;
	int n;

	while (uri_query_next(&p, text, strlen(text), at)) {
		/* BEP 9: several are xt.1, xt.2 */
		if (!uri_param_is(&p, key) &&
		    !(strcmp(key, "xt") == 0 && p.key_len == 4 &&
			memcmp(p.key, "xt.", 3) == 0))
			continue;
		n = uri_unescape(out, size - 1, p.value, p.value_len, true);
		if (n < 0)
			continue;
		out[n] = '\0';
		return n;
	}
	return SP_ERR_NOTFOUND;
}

static bool
has(const char *text, const char *key, const char *prefix)
{
	size_t at = strlen(SCHEME);
	char value[256];
	int n;

	while ((n = next_of(text, &at, key, value, sizeof(value))) >= 0)
		if (uri_has_prefix(value, (size_t)n, prefix))
			return true;
	return false;
}

enum vod_link_kind
vod_link_kind(const char *text)
{
	if (!uri_has_prefix(text, strlen(text), SCHEME))
		return strstr(text, "://") == NULL ? VOD_LINK_FILE
						   : VOD_LINK_CHANNEL;
	if (has(text, "xs", KEY))
		return VOD_LINK_CHANNEL;
	if (has(text, "xt", V1) || has(text, "xt", V2))
		return VOD_LINK_TORRENT;
	return VOD_LINK_CHANNEL;
}

/* RFC 4648 without padding, any case. */
static int
unbase32(uint8_t out[20], const char *s)
{
	uint64_t bits = 0;
	unsigned n = 0;
	size_t k = 0;
	int v;

	for (; *s != '\0'; s++) {
		if (*s >= '2' && *s <= '7')
			v = *s - '2' + 26;
		else if ((*s | 32) >= 'a' && (*s | 32) <= 'z')
			v = (*s | 32) - 'a';
		else
			return SP_ERR_SYNTAX;
		bits = bits << 5 | (uint64_t)v;
		if ((n += 5) >= 8)
			out[k++] = (uint8_t)(bits >> (n -= 8));
	}
	return 0;
}

static int
read_v1(const char *s, uint8_t id[20])
{
	size_t len = strlen(s);

	if (len == 32)
		return unbase32(id, s);
	return buf_unhex(id, 20, s, len);
}

/* A multihash: SHA-256 (12), 32 bytes (20). */
static int
read_v2(const char *s, uint8_t id[20])
{
	uint8_t hash[34];

	if (buf_unhex(hash, sizeof(hash), s, strlen(s)) < 0 ||
	    hash[0] != 0x12 || hash[1] != 0x20)
		return SP_ERR_SYNTAX;
	memcpy(id, hash + 2, 20);
	return 0;
}

int
vod_link_id(const char *text, uint8_t id[20])
{
	size_t at = strlen(SCHEME);
	int n, rv = SP_ERR_NOTFOUND;
	char value[256];

	while ((n = next_of(text, &at, "xt", value, sizeof(value))) >= 0) {
		if (uri_has_prefix(value, (size_t)n, V1))
			return read_v1(value + strlen(V1), id);
		if (uri_has_prefix(value, (size_t)n, V2))
			rv = read_v2(value + strlen(V2), id);
	}
	return rv;
}

int
vod_link_seed(const char *text, size_t *at, char *out, size_t size)
{
	int n;

	*at = SP_MAX(*at, strlen(SCHEME));
	while ((n = next_of(text, at, "ws", out, size)) >= 0)
		if (uri_is_http(out, (size_t)n))
			return n;
	return n;
}

void
vod_link_name(const char *text, char *out, size_t size)
{
	size_t at = strlen(SCHEME);
	int n = next_of(text, &at, "dn", out, size);

	if (n < 0 || !uri_is_text(out, (size_t)n))
		out[0] = '\0';
}
