#include "base/addr.h"

#include "base/map.h"

static const uint8_t v4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xff };

struct sp_addr
addr_make(int family, const void *ip, uint16_t port)
{
	struct sp_addr a = { .port = port };
	const uint8_t *b = ip;

	if (family == 6 && memcmp(b, v4_mapped, sizeof(v4_mapped)) == 0) {
		family = 4;
		b += sizeof(v4_mapped);
	}
	if (family == 4)
		memcpy(a.ip, b, 4);
	else if (family == 6)
		memcpy(a.ip, b, 16);
	else
		return (struct sp_addr){ .family = 0 };
	a.family = (uint8_t)family;
	return a;
}

bool
addr_ip_eq(const struct sp_addr *a, const struct sp_addr *b)
{
	return a->family == b->family &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool
addr_eq(const struct sp_addr *a, const struct sp_addr *b)
{
	return a->port == b->port && addr_ip_eq(a, b);
}

static char *
put_num(char *out, unsigned v, unsigned base)
{
	static const char digit[] = "0123456789abcdef";
	char tmp[8];
	size_t n = 0;

	do {
		tmp[n++] = digit[v % base];
		v /= base;
	} while (v > 0);
	while (n > 0)
		*out++ = tmp[--n];
	return out;
}

static unsigned
group(const struct sp_addr *a, int i)
{
	return (unsigned)a->ip[2 * i] << 8 | a->ip[2 * i + 1];
}

/* First longest run of two or more zero groups: RFC 5952, 4.2. */
static int
zero_run(const struct sp_addr *a, int *len)
{
	int best = -1, n;

	*len = 1;
	for (int i = 0; i < 8; i += n + 1) {
		for (n = 0; i + n < 8 && group(a, i + n) == 0;)
			n++;
		if (n > *len) {
			best = i;
			*len = n;
		}
	}
	return best;
}

static char *
put_v6(char *out, const struct sp_addr *a)
{
	int run, len;

	run = zero_run(a, &len);
	for (int i = 0; i < 8; i++) {
		if (i == run) {
			*out++ = ':';
			*out++ = ':';
			i += len - 1;
			continue;
		}
		if (i > 0 && i != run + len)
			*out++ = ':';
		out = put_num(out, group(a, i), 16);
	}
	return out;
}

static char *
put_ip(char *out, const struct sp_addr *a)
{
	if (a->family == 6)
		return put_v6(out, a);
	if (a->family != 4) {
		*out++ = '-';
		return out;
	}
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*out++ = '.';
		out = put_num(out, a->ip[i], 10);
	}
	return out;
}

const char *
addr_ip_str(const struct sp_addr *a, char out[ADDR_STRLEN])
{
	*put_ip(out, a) = '\0';
	return out;
}

const char *
addr_str(const struct sp_addr *a, char out[ADDR_STRLEN])
{
	char *p = out;

	if (a->family == 6)
		*p++ = '[';
	p = put_ip(p, a);
	if (a->family == 6)
		*p++ = ']';
	if (a->family != 0) {
		*p++ = ':';
		p = put_num(p, a->port, 10);
	}
	*p = '\0';
	return out;
}

/* Cursor of the parser. */
struct scan {
	const char *p, *end;
};

static bool
at_char(const struct scan *s, char c)
{
	return s->p < s->end && *s->p == c;
}

static bool
skip_char(struct scan *s, char c)
{
	if (!at_char(s, c))
		return false;
	s->p++;
	return true;
}

/* Decimal without leading zeros, at most |max|; -1. */
static long
scan_dec(struct scan *s, long max)
{
	const char *start = s->p;
	long v = 0;

	for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++) {
		v = v * 10 + (*s->p - '0');
		if (v > max || (s->p > start && *start == '0'))
			return -1;
	}
	return s->p > start ? v : -1;
}

static bool
scan_v4(struct scan *s, uint8_t *ip)
{
	long v;

	for (int i = 0; i < 4; i++) {
		if (i > 0 && !skip_char(s, '.'))
			return false;
		v = scan_dec(s, 255);
		if (v < 0)
			return false;
		ip[i] = (uint8_t)v;
	}
	return true;
}

/* One to four hex digits; -1. */
static long
scan_group(struct scan *s)
{
	const char *start = s->p;
	long v = 0;
	char c;

	for (; s->p < s->end && s->p - start < 4; s->p++) {
		c = *s->p;
		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | ((c | 0x20) - 'a' + 10);
		else
			break;
	}
	return s->p > start ? v : -1;
}

/* Appends a group, or the four bytes of a dotted tail (RFC 4291, 2.2). */
static bool
scan_part(struct scan *s, uint8_t ip[16], size_t *n)
{
	struct scan dotted = *s;
	long v;

	if (*n <= 12 && scan_v4(&dotted, ip + *n)) {
		*s = dotted;
		*n += 4;
		return true;
	}
	v = scan_group(s);
	if (v < 0 || *n > 14 || at_char(s, '.'))
		return false;
	ip[(*n)++] = (uint8_t)(v >> 8);
	ip[(*n)++] = (uint8_t)v;
	return true;
}

static bool
at_v6_end(const struct scan *s)
{
	return s->p == s->end || *s->p == ']';
}

static bool
scan_v6(struct scan *s, uint8_t ip[16])
{
	size_t n = 0, gap = SIZE_MAX;
	const char *start = s->p, *part;

	memset(ip, 0, 16);
	while (!at_v6_end(s)) {
		if (gap == SIZE_MAX && s->end - s->p >= 2 && s->p[0] == ':' &&
		    s->p[1] == ':') {
			s->p += 2;
			gap = n;
			if (at_v6_end(s))
				break;
		} else if (s->p > start && !skip_char(s, ':')) {
			return false;
		}
		part = s->p;
		if (!scan_part(s, ip, &n))
			return false;
		/* A dotted tail ends the address. */
		if (memchr(part, '.', (size_t)(s->p - part)) != NULL &&
		    !at_v6_end(s))
			return false;
	}
	if (gap == SIZE_MAX)
		return n == 16;
	if (n > 14)
		return false;
	memmove(ip + gap + (16 - n), ip + gap, n - gap);
	memset(ip + gap, 0, 16 - n);
	return true;
}

int
addr_parse(struct sp_addr *out, const char *s, size_t len)
{
	struct scan sc = { s, s + len }, v4 = sc;
	uint8_t ip[16] = { 0 };
	int family = 4;
	bool may_port = true;
	long port = 0;

	if (scan_v4(&v4, ip)) {
		sc = v4;
	} else if (skip_char(&sc, '[')) {
		family = 6;
		if (!scan_v6(&sc, ip) || !skip_char(&sc, ']'))
			return SP_ERR_SYNTAX;
	} else {
		family = 6;
		may_port = false;
		if (!scan_v6(&sc, ip))
			return SP_ERR_SYNTAX;
	}
	if (may_port && skip_char(&sc, ':')) {
		port = scan_dec(&sc, 65535);
		if (port < 0)
			return SP_ERR_SYNTAX;
	}
	if (sc.p != sc.end)
		return SP_ERR_SYNTAX;
	*out = addr_make(family, ip, (uint16_t)port);
	return 0;
}

bool
addr_is_loopback(const struct sp_addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (a->family == 4)
		return a->ip[0] == 127;
	return a->family == 6 && memcmp(a->ip, one, sizeof(one)) == 0;
}

bool
addr_is_private(const struct sp_addr *a)
{
	const uint8_t *ip = a->ip;

	if (addr_is_loopback(a))
		return true;
	if (a->family == 4)
		return ip[0] == 10 || (ip[0] == 172 && ip[1] >> 4 == 1) ||
		       (ip[0] == 192 && ip[1] == 168) ||
		       (ip[0] == 169 && ip[1] == 254) ||
		       (ip[0] == 100 && ip[1] >> 6 == 1);
	return a->family == 6 && ((ip[0] & 0xfe) == 0xfc ||
				     (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80));
}

bool
addr_is_bogus(const struct sp_addr *a)
{
	static const uint8_t any[16];

	if (a->port == 0)
		return true;
	if (a->family == 4)
		return a->ip[0] == 0 || a->ip[0] >= 224;
	return a->family != 6 || a->ip[0] == 0xff ||
	       memcmp(a->ip, any, sizeof(any)) == 0;
}

bool
addr_same_net(const struct sp_addr *a, const struct sp_addr *b)
{
	if (a->family != b->family || a->family == 0)
		return false;
	return memcmp(a->ip, b->ip, a->family == 4 ? 3 : 6) == 0;
}

struct sp_addr
addr_host(const struct sp_addr *a)
{
	struct sp_addr host = *a;

	host.port = 0;
	if (a->family == 6 && !addr_is_private(a))
		memset(host.ip + 8, 0, 8);
	return host;
}
