/*
 * What announces and scrapes look like. libhttp-parser takes some forty
 * instructions for each byte of them; here it is two to five. Whatever is not
 * as usual is left to it, so what is refused, and how, is its matter alone.
 */

#include "io/hparse_int.h"

#define METHOD   "GET /"
#define PROTOCOL " HTTP/1.1\r\n"

/* RFC 9110's tchar, by byte. */
static const uint64_t name_bytes[2] = {
	UINT64_C(0x03ff6cfa00000000), /* !#$%&'*+-. 0 to 9 */
	UINT64_C(0x57ffffffc7fffffe), /* A to Z ^_` a to z |~ */
};

static bool
is_name_byte(uint8_t c)
{
	return c < 128 && (name_bytes[c >> 6] >> (c & 63) & 1);
}

bool
hparse_is_name(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_name_byte(s[i]))
			return false;
	return len > 0;
}

/* What of a target neither ends it nor is anything but itself. */
static bool
is_target_byte(uint8_t c)
{
	return c > ' ' && c < 127 && c != '#';
}

/* The first byte that is not of a target. Eight at a time, then each. */
static const uint8_t *
skip_target(const uint8_t *s, const uint8_t *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t v, x;

	for (; end - s >= 8; s += 8) {
		memcpy(&v, s, 8);
		x = v ^ ones * '#';
		if (((v - ones * '!') | (v + ones) | v | ((x - ones) & ~x)) &
		    tops)
			break;
	}
	while (s < end && is_target_byte(*s))
		s++;
	return s;
}

/* Fields that change what becomes of the request or the connection. */
static bool
is_of_weight(const uint8_t *name, size_t len)
{
	static const char first[] = {
		[6] = 'e',  /* Expect */
		[7] = 'u',  /* Upgrade */
		[14] = 'c', /* Content-Length */
		[16] = 'p', /* Proxy-Connection */
		[17] = 't', /* Transfer-Encoding */
	};

	return len < sizeof(first) && first[len] == (*name | 0x20);
}

/* A field's value without blanks around it; NULL: nothing for here. */
static const uint8_t *
skip_value(const uint8_t *s, const uint8_t *end, const uint8_t **from,
    size_t *len)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	*from = s;
	while (s < end && ((*s >= ' ' && *s != 127) || *s == '\t'))
		s++;
	*len = (size_t)(s - *from);
	while (
	    *len > 0 && ((*from)[*len - 1] == ' ' || (*from)[*len - 1] == '\t'))
		--*len;
	return end - s >= 2 && s[0] == '\r' && s[1] == '\n' ? s + 2 : NULL;
}

/* The next line; NULL: nothing for here. */
static const uint8_t *
skip_field(const uint8_t *s, const uint8_t *end, bool *keep, unsigned *hosts)
{
	const uint8_t *name = s, *value;
	size_t len, value_len;

	while (s < end && is_name_byte(*s))
		s++;
	len = (size_t)(s - name);
	if (len == 0 || s == end || *s != ':' || is_of_weight(name, len))
		return NULL;
	s = skip_value(s + 1, end, &value, &value_len);
	if (s == NULL || (hparse_text_is(name, len, "Host") && ++*hosts > 1))
		return NULL;
	if (len == 10 && hparse_text_is(name, len, "Connection")) {
		if (hparse_text_is(value, value_len, "close"))
			*keep = false;
		else if (!hparse_text_is(value, value_len, "keep-alive"))
			return NULL;
	}
	return s;
}

bool
hparse_usual(struct hparse *p, const uint8_t *buf, size_t len)
{
	const uint8_t *end = buf + SP_MIN(len, (size_t)p->max_head), *s,
		      *fields;
	const size_t method = sizeof(METHOD) - 1,
		     version = sizeof(PROTOCOL) - 1;
	unsigned hosts = 0;
	bool keep = true;
	size_t url_len;

	if ((size_t)(end - buf) < method || memcmp(buf, METHOD, method) != 0)
		return false;
	s = skip_target(buf + method, end);
	url_len = (size_t)(s - buf) - (method - 1);
	if (url_len > p->max_uri || (size_t)(end - s) < version ||
	    memcmp(s, PROTOCOL, version) != 0)
		return false;
	fields = s += version;
	while (s < end && *s != '\r')
		if ((s = skip_field(s, end, &keep, &hosts)) == NULL)
			return false;
	if (end - s < 2 || s[1] != '\n')
		return false;
	p->url = (uint32_t)(method - 1);
	p->url_len = (uint32_t)url_len;
	p->fields = (uint32_t)(fields - buf);
	p->fields_end = p->body = p->at = (uint32_t)(s + 2 - buf);
	p->keep = keep;
	p->usual = p->complete = true;
	p->stage = HPARSE_BODY;
	return true;
}
