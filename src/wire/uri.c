#include "wire/uri.h"

static bool
is_control(char c)
{
	return (uint8_t)c < 0x20 || c == 0x7f;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool
uri_is_text(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (is_control(s[i]))
			return false;
	return true;
}

bool
uri_is_lines(const char *s, size_t len)
{
	bool start = true;
	size_t i;

	if (len > LIM_LINES)
		return false;
	for (i = 0; i < len; i++) {
		if (start && s[i] != '#')
			return false;
		start = s[i] == '\n';
		if (!start && s[i] != '\t' && is_control(s[i]))
			return false;
	}
	return start;
}

static bool
is_uri_bytes(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || len > LIM_URI)
		return false;
	for (i = 0; i < len; i++)
		if (is_control(s[i]) || s[i] == ' ' || s[i] == '#' ||
		    s[i] == '\\')
			return false;
	return true;
}

bool
uri_has_prefix(const char *s, size_t len, const char *prefix)
{
	size_t i;

	for (i = 0; prefix[i] != '\0'; i++)
		if (i == len || lower(s[i]) != prefix[i])
			return false;
	return true;
}

bool
uri_is_http(const char *s, size_t len)
{
	size_t at;

	if (!is_uri_bytes(s, len))
		return false;
	if (uri_has_prefix(s, len, "http://"))
		at = 7;
	else if (uri_has_prefix(s, len, "https://"))
		at = 8;
	else
		return false;
	return at < len && s[at] != '/' && s[at] != '?' && s[at] != ':';
}

/* [s, s + len) is ".." with each dot plain or escaped. */
static bool
is_dotdot(const char *s, size_t len)
{
	size_t dots = 0, at = 0;

	while (at < len) {
		if (s[at] == '.')
			at++;
		else if (uri_has_prefix(s + at, len - at, "%2e"))
			at += 3;
		else
			return false;
		dots++;
	}
	return dots == 2;
}

bool
uri_is_relative(const char *s, size_t len)
{
	size_t i, start = 0;

	if (!is_uri_bytes(s, len) || s[0] == '/')
		return false;
	for (i = 0; i <= len; i++) {
		if (i < len && s[i] == ':' && start == 0)
			return false;
		if (i < len && s[i] != '/' && s[i] != '?')
			continue;
		if (is_dotdot(s + start, i - start))
			return false;
		if (i < len && s[i] == '?')
			break;
		start = i + 1;
	}
	return true;
}

int
uri_unescape(char *out, size_t size, const char *s, size_t len, bool plus)
{
	size_t n = 0, i;
	int high, low;
	char c;

	size = SP_MIN(size, (size_t)INT_MAX);
	for (i = 0; i < len; i++) {
		c = s[i];
		if (c == '%') {
			if (len - i < 3)
				return SP_ERR_SYNTAX;
			high = buf_hex_digit(s[i + 1]);
			low = buf_hex_digit(s[i + 2]);
			if ((high | low) < 0)
				return SP_ERR_SYNTAX;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (n == size)
			return SP_ERR_TOOBIG;
		out[n++] = c;
	}
	return (int)n;
}

static bool
is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void
uri_put_escaped(struct sp_buf *b, const void *p, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	const uint8_t *s = p;
	size_t i;

	for (i = 0; i < len; i++) {
		if (is_unreserved(s[i])) {
			buf_put_u8(b, s[i]);
			continue;
		}
		buf_put_u8(b, '%');
		buf_put_u8(b, (uint8_t)digits[s[i] >> 4]);
		buf_put_u8(b, (uint8_t)digits[s[i] & 15]);
	}
}

void
uri_put_u64(struct sp_buf *b, uint64_t v)
{
	char text[20];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	buf_put(b, text + at, sizeof(text) - at);
}

int
uri_get_u64(uint64_t *out, const char *s, size_t len, uint64_t max)
{
	uint64_t v = 0;
	bool over = false;
	size_t i;
	unsigned d;

	if (len == 0)
		return SP_ERR_SYNTAX;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return SP_ERR_SYNTAX;
		d = (unsigned)(s[i] - '0');
		over = over || v > UINT64_MAX / 10 || v * 10 > UINT64_MAX - d;
		v = v * 10 + d;
	}
	if (over || v > max)
		return SP_ERR_RANGE;
	*out = v;
	return 0;
}

bool
uri_query_next(struct uri_param *out, const char *q, size_t len, size_t *at)
{
	const char *end, *eq;
	size_t n;

	if (*at >= len)
		return false;
	end = memchr(q + *at, '&', len - *at);
	n = end != NULL ? (size_t)(end - (q + *at)) : len - *at;
	eq = n > 0 ? memchr(q + *at, '=', n) : NULL;
	out->key = q + *at;
	out->key_len = eq != NULL ? (size_t)(eq - out->key) : n;
	out->has_value = eq != NULL;
	out->value = eq != NULL ? eq + 1 : out->key + n;
	out->value_len = (size_t)(out->key + n - out->value);
	*at += n + 1;
	return true;
}

bool
uri_param_is(const struct uri_param *p, const char *key)
{
	size_t len = strlen(key);
	char text[32];
	int n;

	/* Most keys differ in the first byte, and no escape makes one longer.
	 */
	if (p->key_len < len || (len > 0 && p->key[0] != key[0] &&
				    p->key[0] != '%' && p->key[0] != '+'))
		return false;
	n = uri_unescape(text, sizeof(text), p->key, p->key_len, true);
	return n >= 0 && (size_t)n == len && memcmp(text, key, len) == 0;
}
