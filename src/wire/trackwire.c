#include "wire/trackwire.h"
#include "wire/uri.h"

/* ---- announce ----------------------------------------------------------- */

static const struct {
	const char *name;
	enum tw_event event;
} events[] = {
	{ "started", TW_EVENT_STARTED },
	{ "stopped", TW_EVENT_STOPPED },
	{ "completed", TW_EVENT_COMPLETED },
};

/* One parameter of an announce; |len| bytes at |s| are unescaped. */
struct param {
	const char *name;
	size_t len; /* of it */
	int (*set)(struct tw_announce *a, const char *s, size_t len);
	bool required;
	bool live; /* of the live extension */
};

#define VALUE_MAX 256 /* no value that means anything is longer */

static int
set_bytes(uint8_t out[20], const char *s, size_t len)
{
	if (len != 20)
		return SP_ERR_SYNTAX;
	memcpy(out, s, 20);
	return 0;
}

static int
set_info_hash(struct tw_announce *a, const char *s, size_t len)
{
	return set_bytes(a->info_hash, s, len);
}

static int
set_peer_id(struct tw_announce *a, const char *s, size_t len)
{
	return set_bytes(a->peer_id, s, len);
}

static int
set_port(struct tw_announce *a, const char *s, size_t len)
{
	uint64_t v;
	int r;

	if ((r = uri_get_u64(&v, s, len, UINT16_MAX)) < 0)
		return r;
	a->port = (uint16_t)v;
	return v == 0 ? SP_ERR_RANGE : 0;
}

static int
set_uploaded(struct tw_announce *a, const char *s, size_t len)
{
	return uri_get_u64(&a->uploaded, s, len, UINT64_MAX);
}

static int
set_downloaded(struct tw_announce *a, const char *s, size_t len)
{
	return uri_get_u64(&a->downloaded, s, len, UINT64_MAX);
}

static int
set_left(struct tw_announce *a, const char *s, size_t len)
{
	return uri_get_u64(&a->left, s, len, UINT64_MAX);
}

/* BEP 21's "paused" and what others invent are updates like any other. */
static int
set_event(struct tw_announce *a, const char *s, size_t len)
{
	size_t i;

	a->event = TW_EVENT_NONE;
	for (i = 0; i < SP_LEN(events); i++)
		if (len == strlen(events[i].name) &&
		    memcmp(s, events[i].name, len) == 0)
			a->event = events[i].event;
	return 0;
}

/* Some clients write -1 for "as many as you like". */
static int
set_numwant(struct tw_announce *a, const char *s, size_t len)
{
	uint64_t v;
	bool neg = len > 0 && s[0] == '-';
	int r;

	if ((r = uri_get_u64(&v, s + neg, len - neg, INT32_MAX)) < 0)
		return r;
	a->numwant = neg ? -1 : (int32_t)v;
	return 0;
}

static bool
is_true(const char *s, size_t len)
{
	return len > 0 && !(len == 1 && s[0] == '0');
}

static int
set_compact(struct tw_announce *a, const char *s, size_t len)
{
	a->compact = is_true(s, len);
	return 0;
}

static int
set_no_peer_id(struct tw_announce *a, const char *s, size_t len)
{
	a->no_peer_id = is_true(s, len);
	return 0;
}

/*
 * By custom 8 hex digits, but BEP 7 has it as any text: the rest is folded
 * (FNV-1a), which is enough to recognise the same client.
 */
static int
set_key(struct tw_announce *a, const char *s, size_t len)
{
	uint32_t hex = 0, fold = UINT32_C(2166136261);
	bool is_hex = len <= 8;
	size_t i;
	int d;

	for (i = 0; i < len; i++) {
		d = buf_hex_digit(s[i]);
		is_hex = is_hex && d >= 0;
		hex = hex << 4 | (uint32_t)(d & 15);
		fold = (fold ^ (uint8_t)s[i]) * UINT32_C(16777619);
	}
	a->has_key = len > 0;
	a->key = is_hex ? hex : fold;
	return 0;
}

/* BEP 3 allows a name here, which nobody resolves: as if not given. */
static int
set_ip(struct tw_announce *a, const char *s, size_t len)
{
	if (addr_parse(&a->ip, s, len) < 0)
		memset(&a->ip, 0, sizeof(a->ip));
	a->ip.port = 0;
	return 0;
}

static int
set_up(struct tw_announce *a, const char *s, size_t len)
{
	uint64_t v;

	if (uri_get_u64(&v, s, len, UINT32_MAX) == 0) {
		a->up_kbps = (uint32_t)v;
		a->live = true;
	}
	return 0;
}

static int
set_rc(struct tw_announce *a, const char *s, size_t len)
{
	uint64_t v;

	if (uri_get_u64(&v, s, len, UINT32_MAX) == 0) {
		a->reachable = v == 1;
		a->live = true;
	}
	return 0;
}

static int
set_tk(struct tw_announce *a, const char *s, size_t len)
{
	uint64_t v;

	if (uri_get_u64(&v, s, len, LIM_TRACKS - 1) == 0) {
		a->track = (uint8_t)v;
		a->has_track = true;
	}
	return 0;
}

static int
parse_boot(uint64_t *out, const char *s, size_t len)
{
	size_t i;
	int d;

	*out = 0;
	if (len == 0 || len > 16)
		return SP_ERR_SYNTAX;
	for (i = 0; i < len; i++) {
		if ((d = buf_hex_digit(s[i])) < 0)
			return SP_ERR_SYNTAX;
		*out = *out << 4 | (uint64_t)d;
	}
	return 0;
}

/* BOOT.SEQ */
static int
parse_since(struct tw_since *out, const char *s, size_t len)
{
	const char *dot = len > 0 ? memchr(s, '.', len) : NULL;
	size_t head;
	int r;

	if (dot == NULL)
		return SP_ERR_SYNTAX;
	head = (size_t)(dot - s);
	if ((r = parse_boot(&out->boot, s, head)) < 0)
		return r;
	return uri_get_u64(&out->seq, dot + 1, len - head - 1, UINT64_MAX);
}

static int
set_lw(struct tw_announce *a, const char *s, size_t len)
{
	a->window = parse_since(&a->since, s, len) == 0;
	if (!a->window)
		a->since = (struct tw_since){ 0 };
	a->window = a->window || (len == 1 && s[0] == '1');
	return 0;
}

#define NAME(s) s, sizeof(s) - 1

/* In the order in which most clients send them; what has to be comes first. */
static const struct param params[] = {
	{ NAME("info_hash"), set_info_hash, true, false },
	{ NAME("peer_id"), set_peer_id, true, false },
	{ NAME("port"), set_port, true, false },
	{ NAME("uploaded"), set_uploaded, false, false },
	{ NAME("downloaded"), set_downloaded, false, false },
	{ NAME("left"), set_left, false, false },
	{ NAME("event"), set_event, false, false },
	{ NAME("numwant"), set_numwant, false, false },
	{ NAME("compact"), set_compact, false, false },
	{ NAME("no_peer_id"), set_no_peer_id, false, false },
	{ NAME("key"), set_key, false, false },
	{ NAME("ip"), set_ip, false, false },
	{ NAME("up"), set_up, false, true },
	{ NAME("rc"), set_rc, false, true },
	{ NAME("tk"), set_tk, false, true },
	{ NAME("lw"), set_lw, false, true },
};

/* What is known of a query while it is read. */
struct reading {
	uint32_t seen;    /* a bit for each parameter that was there */
	size_t next;      /* what is likely to come */
	bool live;        /* only what is of the live extension counts */
	const char *what; /* the name of the parameter at hand */
};

/* From the one that is |likely| on; SP_LEN(params): none. */
static size_t
find_name(const char *key, size_t len, size_t likely)
{
	size_t i = likely, n;

	for (n = 0; n < SP_LEN(params); n++, i++) {
		if (i >= SP_LEN(params))
			i = 0;
		if (params[i].len == len &&
		    memcmp(params[i].name, key, len) == 0)
			return i;
	}
	return SP_LEN(params);
}

static size_t
param_of(const struct uri_param *p, size_t likely)
{
	size_t i = find_name(p->key, p->key_len, likely);
	char text[16];
	int n;

	if (i < SP_LEN(params) || memchr(p->key, '%', p->key_len) == NULL)
		return i;
	n = uri_unescape(text, sizeof(text), p->key, p->key_len, true);
	return n < 0 ? i : find_name(text, (size_t)n, likely);
}

static int
set_param(struct tw_announce *a, const struct uri_param *p, struct reading *rd)
{
	size_t i = param_of(p, rd->next);
	char value[VALUE_MAX];
	int n;

	if (i == SP_LEN(params) || (rd->seen >> i & 1) ||
	    (rd->live && !params[i].live))
		return 0;
	rd->seen |= UINT32_C(1) << i;
	rd->next = i + 1;
	rd->what = params[i].name;
	n = uri_unescape(value, sizeof(value), p->value, p->value_len, true);
	if (n < 0)
		return SP_ERR_SYNTAX;
	return params[i].set(a, value, (size_t)n);
}

int
tw_announce_parse(struct tw_announce *out, const char *q, size_t len,
    const char **what)
{
	struct reading rd = { 0 };
	struct uri_param p;
	size_t at = 0, i;
	int r = 0;

	memset(out, 0, sizeof(*out));
	out->compact = true;
	out->numwant = -1;
	*what = NULL;
	if (len > LIM_ANNOUNCE_URI)
		return SP_ERR_TOOBIG;
	while (r == 0 && uri_query_next(&p, q, len, &at))
		r = set_param(out, &p, &rd);
	*what = rd.what;
	if (r < 0)
		return r;
	for (i = 0; params[i].required; i++) {
		*what = params[i].name;
		if (!(rd.seen >> i & 1))
			return SP_ERR_NOTFOUND;
	}
	*what = NULL;
	return 0;
}

void
tw_announce_live(struct tw_announce *a, const char *q, size_t len)
{
	struct reading rd = { .live = true };
	struct uri_param p;
	size_t at = 0;

	while (uri_query_next(&p, q, len, &at))
		set_param(a, &p, &rd);
}

static void
put_bytes(struct sp_buf *b, const char *head, const uint8_t p[20])
{
	buf_put_str(b, head);
	uri_put_escaped(b, p, 20);
}

static void
put_number(struct sp_buf *b, const char *head, uint64_t v)
{
	buf_put_str(b, head);
	uri_put_u64(b, v);
}

static void
put_hex(struct sp_buf *b, uint64_t v, size_t digits)
{
	while (digits-- > 0)
		buf_put_u8(b,
		    (uint8_t) "0123456789abcdef"[v >> (4 * digits) & 15]);
}

static void
put_since(struct sp_buf *b, const struct tw_since *s)
{
	put_hex(b, s->boot, 16);
	buf_put_u8(b, '.');
	uri_put_u64(b, s->seq);
}

void
tw_announce_write(struct sp_buf *b, const struct tw_announce *a)
{
	char ip[ADDR_STRLEN];
	size_t i;

	put_bytes(b, "info_hash=", a->info_hash);
	put_bytes(b, "&peer_id=", a->peer_id);
	put_number(b, "&port=", a->port);
	put_number(b, "&uploaded=", a->uploaded);
	put_number(b, "&downloaded=", a->downloaded);
	put_number(b, "&left=", a->left);
	put_number(b, "&compact=", a->compact);
	if (a->no_peer_id)
		buf_put_str(b, "&no_peer_id=1");
	for (i = 0; i < SP_LEN(events); i++) {
		if (events[i].event != a->event)
			continue;
		buf_put_str(b, "&event=");
		buf_put_str(b, events[i].name);
	}
	if (a->numwant >= 0)
		put_number(b, "&numwant=", (uint64_t)a->numwant);
	if (a->has_key) {
		buf_put_str(b, "&key=");
		put_hex(b, a->key, 8);
	}
	if (a->ip.family != 0) {
		buf_put_str(b, "&ip=");
		buf_put_str(b, addr_ip_str(&a->ip, ip));
	}
	if (a->live) {
		put_number(b, "&up=", a->up_kbps);
		put_number(b, "&rc=", a->reachable);
	}
	if (a->has_track)
		put_number(b, "&tk=", a->track);
	if (a->window) {
		buf_put_str(b, "&lw=");
		put_since(b, &a->since);
	}
}

int
tw_scrape_parse(uint8_t (*out)[LINK_INFOHASH_LEN], size_t max, const char *q,
    size_t len)
{
	char value[LINK_INFOHASH_LEN];
	struct uri_param p;
	size_t at = 0, n = 0;
	int r;

	if (len > LIM_SCRAPE_URI)
		return SP_ERR_TOOBIG;
	while (n < max && uri_query_next(&p, q, len, &at)) {
		if (!uri_param_is(&p, "info_hash"))
			continue;
		r = uri_unescape(value, sizeof(value), p.value, p.value_len,
		    true);
		if (r != LINK_INFOHASH_LEN)
			return SP_ERR_SYNTAX;
		memcpy(out[n++], value, LINK_INFOHASH_LEN);
	}
	return (int)n;
}

/* ---- since -------------------------------------------------------------- */

/*
 * The first |name| of a query, unescaped: its length; SP_ERR_NOTFOUND,
 * SP_ERR_SYNTAX, SP_ERR_TOOBIG.
 */
static int
find_param(char *value, size_t size, const char *name, const char *q,
    size_t len)
{
	struct uri_param p;
	size_t at = 0;

	do {
		if (!uri_query_next(&p, q, len, &at))
			return SP_ERR_NOTFOUND;
	} while (!uri_param_is(&p, name));
	return uri_unescape(value, size, p.value, p.value_len, true);
}

int
tw_since_parse(struct tw_since *out, const char *q, size_t len)
{
	char value[16 + 1 + 20];
	int n;

	memset(out, 0, sizeof(*out));
	n = find_param(value, sizeof(value), "since", q, len);
	if (n == SP_ERR_NOTFOUND)
		return 0;
	return parse_since(out, value, (size_t)SP_MAX(n, 0));
}

void
tw_since_write(struct sp_buf *b, const struct tw_since *s)
{
	buf_put_str(b, "since=");
	put_since(b, s);
}

/* ---- stream ------------------------------------------------------------- */

static uint32_t
parse_wait(const char *q, size_t len)
{
	char value[20];
	uint64_t v;
	int n = find_param(value, sizeof(value), "wait", q, len);

	if (n < 0 || uri_get_u64(&v, value, (size_t)n, UINT64_MAX) < 0)
		return 0;
	return (uint32_t)SP_MIN(v, LIM_WINDOW_WAIT);
}

int
tw_stream_parse(struct tw_stream *out, const char *q, size_t len)
{
	char value[VALUE_MAX];
	uint64_t port;
	int n, r;

	memset(out, 0, sizeof(*out));
	if ((r = tw_since_parse(&out->since, q, len)) < 0)
		return r;
	out->wait_s = parse_wait(q, len);
	n = find_param(value, sizeof(value), "port", q, len);
	if (n < 0 || uri_get_u64(&port, value, (size_t)n, UINT16_MAX) < 0 ||
	    port == 0)
		return 0;
	n = find_param(value, sizeof(value), "peer_id", q, len);
	if (n < 0 || set_bytes(out->peer_id, value, (size_t)n) < 0)
		return 0;
	out->port = (uint16_t)port;
	out->named = true;
	return 0;
}

void
tw_stream_write(struct sp_buf *b, const struct tw_stream *s)
{
	tw_since_write(b, &s->since);
	if (s->wait_s > 0)
		put_number(b, "&wait=", s->wait_s);
	if (!s->named)
		return;
	put_bytes(b, "&peer_id=", s->peer_id);
	put_number(b, "&port=", s->port);
}
