#include "io/http_proxy.h"

#include "base/buf.h"

#define V1_MAX  107 /* with CR LF; of the specification */
#define V2_HEAD 16

static const uint8_t v2_signature[12] = { '\r', '\n', '\r', '\n', 0, '\r', '\n',
	'Q', 'U', 'I', 'T', '\n' };

/* ---- networks ---- */

int
http_net_parse(struct http_net *out, const char *text)
{
	const char *slash = strchr(text, '/'), *s;
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	unsigned bits = 0;

	if (addr_parse(&out->addr, text, len) < 0 || out->addr.port != 0)
		return SP_ERR_SYNTAX;
	out->bits = out->addr.family == 4 ? 32 : 128;
	if (slash == NULL)
		return 0;
	if (slash[1] == '\0')
		return SP_ERR_SYNTAX;
	for (s = slash + 1; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return SP_ERR_SYNTAX;
		bits = bits * 10 + (unsigned)(*s - '0');
		if (bits > out->bits)
			return SP_ERR_RANGE;
	}
	out->bits = bits;
	return 0;
}

static bool
net_has(const struct http_net *n, const struct sp_addr *a)
{
	unsigned whole = n->bits / 8, rest = n->bits % 8;

	if (a->family == 0 || a->family != n->addr.family ||
	    memcmp(a->ip, n->addr.ip, whole) != 0)
		return false;
	return rest == 0 ||
	       (a->ip[whole] ^ n->addr.ip[whole]) >> (8 - rest) == 0;
}

bool
http_net_has(const struct http_net *nets, size_t n, const struct sp_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (net_has(&nets[i], a))
			return true;
	return false;
}

/* ---- the PROXY protocol ---- */

/* The |nth| word of a line of |len| bytes. */
static const char *
word(const char *line, size_t len, unsigned nth, size_t *n)
{
	const char *end = line + len, *next;

	for (; nth > 0; nth--) {
		line = memchr(line, ' ', (size_t)(end - line));
		if (line == NULL)
			return NULL;
		line++;
	}
	next = memchr(line, ' ', (size_t)(end - line));
	*n = (size_t)((next != NULL ? next : end) - line);
	return line;
}

static int
port_of(const char *s, size_t len, uint16_t *out)
{
	unsigned v = 0;

	if (len == 0 || len > 5)
		return SP_ERR_SYNTAX;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return SP_ERR_SYNTAX;
		v = v * 10 + (unsigned)(s[i] - '0');
	}
	*out = (uint16_t)v;
	return v > 65535 ? SP_ERR_SYNTAX : 0;
}

/* "PROXY TCP4 198.51.100.1 203.0.113.2 35646 80\r\n" */
static int
parse_v1(const uint8_t *p, size_t len, struct sp_addr *client)
{
	const uint8_t *nl = memchr(p, '\n', SP_MIN(len, (size_t)V1_MAX));
	const char *line = (const char *)p, *w;
	size_t n, size;
	uint16_t port;

	if (nl == NULL)
		return len < V1_MAX ? SP_ERR_SHORT : SP_ERR_TOOBIG;
	size = (size_t)(nl - p);
	if (nl[-1] != '\r')
		return SP_ERR_SYNTAX;
	w = word(line, size - 1, 1, &n);
	if (w != NULL && n == 7 && memcmp(w, "UNKNOWN", 7) == 0)
		return (int)size + 1;
	if (w == NULL || n != 4 || memcmp(w, "TCP", 3) != 0 ||
	    (w[3] != '4' && w[3] != '6'))
		return SP_ERR_SYNTAX;
	w = word(line, size - 1, 2, &n);
	if (w == NULL || addr_parse(client, w, n) < 0 || client->port != 0)
		return SP_ERR_SYNTAX;
	w = word(line, size - 1, 4, &n);
	if (w == NULL || port_of(w, n, &port) < 0)
		return SP_ERR_SYNTAX;
	client->port = port;
	return (int)size + 1;
}

static int
parse_v2(const uint8_t *p, size_t len, struct sp_addr *client)
{
	struct sp_rd rd = buf_rd(p, len);
	uint8_t command, family;
	const uint8_t *ip;
	size_t size;

	if (len < V2_HEAD)
		return SP_ERR_SHORT;
	buf_get_span(&rd, sizeof(v2_signature));
	command = buf_get_u8(&rd);
	family = buf_get_u8(&rd);
	size = buf_get_u16(&rd);
	if (size + V2_HEAD > PROXY_MAX)
		return SP_ERR_TOOBIG;
	if (command != 0x20 && command != 0x21)
		return SP_ERR_SYNTAX;
	if (buf_get_left(&rd) < size)
		return SP_ERR_SHORT;
	rd.end = rd.p + size;
	/* LOCAL: a health check of the proxy's own; other families: none. */
	if (command == 0x21 && (family == 0x11 || family == 0x21)) {
		ip = buf_get_span(&rd, family == 0x11 ? 4 : 16);
		buf_get_span(&rd, family == 0x11 ? 4 : 16);
		if (ip != NULL)
			*client = addr_make(family == 0x11 ? 4 : 6, ip,
			    buf_get_u16(&rd));
		buf_get_u16(&rd);
		if (rd.bad)
			return SP_ERR_SYNTAX;
	}
	return (int)size + V2_HEAD;
}

int
proxy_parse(const uint8_t *p, size_t len, struct sp_addr *client)
{
	static const char v1[] = "PROXY ";

	memset(client, 0, sizeof(*client));
	if (memcmp(p, v2_signature, SP_MIN(len, sizeof(v2_signature))) == 0)
		return parse_v2(p, len, client);
	if (memcmp(p, v1, SP_MIN(len, sizeof(v1) - 1)) == 0)
		return len < sizeof(v1) - 1 ? SP_ERR_SHORT
					    : parse_v1(p, len, client);
	return SP_ERR_NOTFOUND;
}

/* ---- X-Forwarded-For ---- */

bool
proxy_forwarded(struct sp_addr *at, const char *list,
    const struct http_net *proxies, size_t n)
{
	const char *s, *item, *end = list + strlen(list);
	struct sp_addr next;

	/* From the end: what a proxy says counts, then what that one said. */
	do {
		for (s = end; s > list && s[-1] != ','; s--)
			;
		item = s + strspn(s, " \t");
		for (; end > item && (end[-1] == ' ' || end[-1] == '\t'); end--)
			;
		if (end < item ||
		    addr_parse(&next, item, (size_t)(end - item)) < 0)
			return false;
		*at = next;
		end = s - 1;
		if (!http_net_has(proxies, n, at))
			return false;
	} while (s > list);
	return true;
}
